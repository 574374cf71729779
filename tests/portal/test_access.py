"""Who gets to see an invoice by its link, and what every answer tells browsers and search engines."""

from collections.abc import Callable

import pytest
import time_machine
from django.test import Client

from core.ids import new_token
from customers.models import Customer
from invoices import actions
from invoices.models import Invoice
from portal.guard import MISSES
from tests import factories
from tests.portal.conftest import address, text

Make = Callable[..., Invoice]


def test_a_revoked_link_is_gone_with_a_helpful_page(reader: Client, issued: Make) -> None:
    invoice = actions.revoke_link(issued(language="en"))
    for rest in ("", "pdf/", "logo.png", "files/0/"):
        response = reader.get(address(invoice, rest))
        assert response.status_code == 410
        assert "This link is no longer valid" in text(response.content)
        assert "Maria" not in text(response.content)


def test_a_renewed_link_works_and_the_old_one_does_not(reader: Client, issued: Make) -> None:
    invoice = issued()
    old = address(invoice)
    actions.renew_link(invoice)
    assert reader.get(address(invoice)).status_code == 200
    assert reader.get(old).status_code == 410


@pytest.mark.parametrize("rest", ["", "/", "/pdf/", "/logo.png", "/files/0/", "/anything/else"])
def test_an_unknown_link_is_missing_in_the_page_s_look(reader: Client, db: None, rest: str) -> None:
    response = reader.get(f"/i/{new_token()}{rest}", headers={"Accept-Language": "en"})
    assert response.status_code == 404
    assert "There is no invoice here" in text(response.content)
    assert "portal/page.css" in response.content.decode()


@pytest.mark.parametrize("token", ["x", "%00", "a" * 500, "é", "..", "' OR 1=1 --", "\u202e"])
def test_a_malformed_link_is_no_server_error(reader: Client, db: None, token: str) -> None:
    assert reader.get(f"/i/{token}/").status_code in (400, 404)


def test_letters_of_a_link_matter(reader: Client, issued: Make) -> None:
    assert reader.get(f"/i/{issued().token.swapcase()}/").status_code == 404


def test_drafts_and_deleted_drafts_are_not_there(reader: Client, customer: Customer) -> None:
    draft = factories.make_invoice(customer)
    assert reader.get(address(draft)).status_code == 404
    assert reader.get(address(draft, "pdf/")).status_code == 404
    actions.delete(draft)
    assert reader.get(address(draft)).status_code == 404


def test_a_link_without_its_last_slash_works(reader: Client, issued: Make) -> None:
    assert reader.get(address(issued()).rstrip("/")).status_code == 200


def test_too_many_wrong_links_from_one_place_are_refused_for_a_minute(reader: Client, db: None) -> None:
    with time_machine.travel("2026-11-21T12:00:30Z", tick=False) as clock:
        codes = [reader.get(f"/i/{new_token()}/").status_code for _ in range(MISSES)]
        refused = reader.get(f"/i/{new_token()}/", headers={"Accept-Language": "en"})
        clock.shift(60)
        later = reader.get(f"/i/{new_token()}/").status_code
    assert set(codes) == {404} and later == 404
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "60"
    assert "Too many attempts" in text(refused.content)


@time_machine.travel("2026-11-21T12:00:30Z", tick=False)
def test_wrong_links_of_others_do_not_shut_out_a_payer(reader: Client, issued: Make) -> None:
    for _ in range(MISSES + 1):
        reader.get("/i/wrong/")
    assert reader.get(address(issued())).status_code == 200


@time_machine.travel("2026-11-21T12:00:30Z", tick=False)
def test_another_place_has_its_own_allowance(reader: Client, db: None) -> None:
    for _ in range(MISSES + 1):
        reader.get("/i/wrong/", REMOTE_ADDR="198.51.100.7")
    assert reader.get("/i/wrong/", REMOTE_ADDR="198.51.100.8").status_code == 404


@time_machine.travel("2026-11-21T12:00:30Z", tick=False)
def test_a_whole_ipv6_network_counts_as_one_place(reader: Client, db: None) -> None:
    codes = [reader.get("/i/x/", REMOTE_ADDR=f"2001:db8::{n:x}").status_code for n in range(MISSES + 1)]
    assert codes[-1] == 429


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options", "trace"])
def test_only_reading_is_allowed(issued: Make, method: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    for rest in ("", "pdf/", "logo.png", "files/0/"):
        response = getattr(strict, method)(address(issued(), rest))
        assert response.status_code == 405
        assert response.headers["Allow"] == "GET, HEAD"


def test_head_answers_like_get_without_a_body(reader: Client, issued: Make) -> None:
    response = reader.head(address(issued()))
    assert response.status_code == 200 and response.content == b""


@pytest.mark.parametrize("kind", ["page", "missing", "gone", "other", "refused", "logo", "pdf of none"])
def test_every_answer_keeps_out_of_indexes_referrers_and_caches(
    reader: Client, issued: Make, kind: str
) -> None:
    invoice = issued()
    addresses = {
        "page": address(invoice),
        "missing": "/i/wrong/",
        "other": "/i/a/b/c",
        "logo": address(invoice, "logo.png"),
        "gone": address(actions.revoke_link(issued())),
        "pdf of none": "/i/wrong/pdf/",
    }
    response = reader.post(address(invoice)) if kind == "refused" else reader.get(addresses[kind])
    assert response.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"
    assert not response.cookies


def test_the_policy_lets_in_nothing_but_our_own_files(reader: Client, issued: Make) -> None:
    policy = reader.get(address(issued())).headers["Content-Security-Policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == "'self'"
    assert rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    assert "unsafe" not in policy and "http" not in policy


def test_two_answers_have_two_nonces(reader: Client, issued: Make) -> None:
    where = address(issued())
    policies = {reader.get(where).headers["Content-Security-Policy"] for _ in range(2)}
    assert len(policies) == 2


def test_a_link_has_at_least_128_bits() -> None:
    assert len(new_token()) == 30 and new_token().isalnum()
