"""Links to pay: they lead to our page's Pix and boleto for a quarter of an hour, then say so."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from businesses.models import Account, Business
from customers.models import Customer
from invoices import schedule
from payments import actions as payments
from providers.aira import links
from tests.factories import DUE, line, make_invoice
from tests.gateway.calls import Caller
from tests.payments.money import issued
from tests.providers.aira.samples import LIST

pytestmark = pytest.mark.django_db
SITE = "http://127.0.0.1:8000"


def charges(call: Caller) -> Any:
    return call.get(LIST).json()[0]["payments"]


def opened(url: str) -> Any:
    assert url.startswith(f"{SITE}/pay/")
    return Client().get(url.removeprefix(SITE))


@pytest.mark.parametrize(
    "name, way, shows", [("pixLink", "pix", "br.gov.bcb.pix"), ("bankSlipLink", "boleto", "237-2")]
)
def test_a_link_opens_our_page_at_its_way(
    call: Caller, payer: Customer, account: Account, name: str, way: str, shows: str
) -> None:
    invoice = issued(payer, account_id=account.pk)
    response = opened(charges(call)[0][name])
    assert (response.status_code, response["Location"]) == (302, f"/i/{invoice.token}/#way-{way}")
    page = Client().get(response["Location"]).content.decode()
    assert f'id="way-{way}"' in page and shows in page


def test_each_part_has_its_own_links(call: Caller, payer: Customer, account: Account) -> None:
    parts = schedule.monthly(3000, DUE, 3)
    invoice = make_invoice(payer, [line("30")], schedule=parts, account_id=account.pk)
    payments.issue(invoice)
    found = charges(call)
    assert [each["amount"] for each in found] == [1000] * 3 and len({each["id"] for each in found}) == 3
    assert opened(found[1]["pixLink"])["Location"] == f"/i/{invoice.token}/?part=2#way-pix"
    assert Client().get(opened(found[1]["pixLink"])["Location"]).status_code == 200


def test_links_are_minted_for_each_answer_and_die_after_a_quarter_of_an_hour(
    call: Caller, payer: Customer, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued(payer, account_id=account.pk, language="pt-br")
    now = timezone.now().timestamp()
    monkeypatch.setattr("django.core.signing.time.time", lambda: now)
    url = charges(call)[0]["pixLink"]
    monkeypatch.setattr("django.core.signing.time.time", lambda: now + 14 * 60)
    assert opened(url).status_code == 302 and charges(call)[0]["pixLink"] != url
    monkeypatch.setattr("django.core.signing.time.time", lambda: now + 15 * 60 + 1)
    gone = opened(url)
    assert gone.status_code == 410 and "Este link não vale mais" in gone.content.decode()


@pytest.mark.parametrize("tamper", [
    lambda url: url[:-3] + ("a/" if url[-3:-1] != "a" else "b/"), lambda url: url.replace(".pix.", ".boleto."),
    lambda url: f"{SITE}/pay/nonsense/", lambda url: f"{SITE}/pay/{'x' * 500}/",
])  # fmt: skip
def test_a_link_that_was_changed_is_none(
    call: Caller, payer: Customer, account: Account, tamper: Any
) -> None:
    issued(payer, account_id=account.pk)
    assert opened(tamper(charges(call)[0]["pixLink"])).status_code == 404


def test_a_link_to_a_draft_or_to_another_business_s_invoice_leads_nowhere(
    payer: Customer, business: Business, other_business: Business
) -> None:
    draft, invoice = make_invoice(payer), issued(payer)
    for owner, row in ((business, draft), (other_business, invoice)):
        assert opened(links.made(owner.public_id, row.public_id, "pix", 0)).status_code == 404


def test_no_link_names_the_invoice_s_own(call: Caller, payer: Customer, account: Account) -> None:
    invoice = issued(payer, account_id=account.pk)
    assert invoice.token not in charges(call)[0]["pixLink"]
