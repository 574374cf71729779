"""The page that turns by itself: what it asks, and when the answer is another one."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from invoices import actions
from invoices.models import Invoice
from payments import actions as payments
from portal.guard import LOOKS
from tests.payments.money import LATE, pay
from tests.portal.conftest import address

Make = Callable[..., Invoice]


def status(reader: Client, invoice: Invoice) -> dict[str, object]:
    response = reader.get(address(invoice, "status/"))
    assert response.status_code == 200 and response.headers["Cache-Control"] == "no-store"
    found: dict[str, object] = response.json()
    return found


def test_the_page_and_its_status_agree_until_something_happens(reader: Client, issued: Make) -> None:
    invoice = issued()
    before = status(reader, invoice)
    assert before["paid"] is False
    assert f'data-version="{before["version"]}"' in reader.get(address(invoice)).content.decode()
    pay(invoice, invoice.amount_due, invoice.issue_on)
    after = status(reader, invoice)
    assert after["paid"] is True and after["version"] != before["version"]


@pytest.mark.parametrize(
    "change",
    [
        lambda row: pay(row, 100, row.due_on),
        lambda row: actions.set_processing(row, row.amount_due),
        lambda row: payments.waive(row, reason="Bank was closed"),
        lambda row: actions.void(row),
    ],
    ids=["part", "processing", "waived", "void"],
)
def test_every_change_of_the_amount_is_another_version(
    reader: Client, issued: Make, change: Callable[[Invoice], object]
) -> None:
    invoice = issued(due_in=-9, payment_terms=LATE.as_dict())
    before = status(reader, invoice)
    change(invoice)
    assert status(reader, invoice) != before


def test_a_new_day_is_another_version(reader: Client, issued: Make) -> None:
    with time_machine.travel("2026-11-21T23:00:00Z", tick=False) as clock:
        invoice = issued()
        before = status(reader, invoice)
        clock.shift(timedelta(hours=5))
        assert status(reader, invoice) != before


def test_looking_costs_two_queries_and_leaves_nothing(reader: Client, issued: Make) -> None:
    invoice = issued()
    with CaptureQueriesContext(connection) as queries:
        response = reader.get(address(invoice, "status/"))
    assert len(queries) == 2 and len(response.content) < 100
    assert not response.cookies
    assert not invoice.views.exists()


@time_machine.travel("2026-11-21T12:00:30Z", tick=False)
def test_looking_all_the_time_is_refused_for_a_minute(reader: Client, issued: Make) -> None:
    invoice = issued()
    codes = [reader.get(address(invoice, "status/")).status_code for _ in range(LOOKS + 1)]
    assert set(codes[:-1]) == {200} and codes[-1] == 429
    assert reader.get(address(invoice)).status_code == 200


def test_links_that_are_gone_or_never_were_have_no_status(reader: Client, issued: Make) -> None:
    assert reader.get(address(actions.revoke_link(issued()), "status/")).status_code == 410
    assert reader.get("/i/wrong/status/").status_code == 404


def test_what_is_settled_is_not_asked_about_any_more(reader: Client, issued: Make) -> None:
    invoice = issued()
    assert "portal/status.js" in reader.get(address(invoice)).content.decode()
    pay(invoice, invoice.amount_due, invoice.issue_on)
    assert "portal/status.js" not in reader.get(address(invoice)).content.decode()


def test_the_page_may_ask_our_own_address_alone(reader: Client, issued: Make) -> None:
    assert "connect-src 'self';" in reader.get(address(issued())).headers["Content-Security-Policy"]


def test_without_script_a_link_looks_again(reader: Client, issued: Make) -> None:
    script = (settings.ROOT / "static" / "portal" / "status.js").read_text()
    assert "3000" in script and "15000" in script and "document.hidden" in script
