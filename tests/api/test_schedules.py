"""The parts in which invoices are to be paid, in our own API."""

from typing import Any

import pytest

from api import wire
from api.schedules import ScheduleAnswer, SchedulePart
from businesses.models import Business
from customers.models import Customer
from invoices.models import Invoice
from payments import actions
from tests import factories
from tests.api.words import fields_refused, listed, queries_of, said
from tests.gateway.calls import Caller
from tests.payments.money import pay

pytestmark = pytest.mark.django_db
DAYS = ("2026-03-16", "2026-04-16", "2026-05-16")


@pytest.fixture
def call(business: Business) -> Caller:
    return Caller(business, "faturo")


def make(customer: Customer, *days: str, total: str = "100.00", issue: bool = True) -> Invoice:
    parts = [{"due_on": day, "percent": str(100 // len(days))} for day in days]
    invoice = factories.make_invoice(
        customer, [factories.line(total)], schedule={"parts": parts} if parts else {}
    )
    return actions.issue(invoice) if issue else invoice


def told(rows: list[Any]) -> list[tuple[Any, ...]]:
    return [(row["number"], row["part"], row["due_on"], row["amount"]) for row in rows]


def test_parts_come_in_the_order_of_their_due_dates(call: Caller, customer: Customer) -> None:
    first = make(customer, *DAYS[:2])
    second = make(customer, DAYS[0], DAYS[2])
    make(customer)
    make(customer, *DAYS[:2], issue=False)
    found = listed(call.get("/schedules"), SchedulePart)
    assert told(found) == [
        (first.number, 0, DAYS[0], 5000),
        (second.number, 0, DAYS[0], 5000),
        (first.number, 1, DAYS[1], 5000),
        (second.number, 1, DAYS[2], 5000),
    ]
    assert {(row["invoice"], row["customer"]) for row in found} == {
        (first.public_id, customer.public_id),
        (second.public_id, customer.public_id),
    }


def test_pages_follow_each_other(call: Caller, customer: Customer) -> None:
    for _ in range(3):
        make(customer, *DAYS[:2])
    everything = listed(call.get("/schedules"), SchedulePart)
    found, path = [], "/schedules?limit=2"
    while path:
        page = said(call.get(path), wire.Page[SchedulePart])
        found += page["data"]
        path = page["next"] and f"/schedules?limit=2&cursor={page['next']}"
    assert found == everything and len(found) == 6


def test_lists_are_narrowed(call: Caller, customer: Customer, business: Business) -> None:
    other = factories.make_customer(business, "Other")
    mine, theirs = make(customer, *DAYS[:2]), make(other, *DAYS[:2])
    due = listed(call.get(f"/schedules?due_from={DAYS[1]}&due_to={DAYS[1]}"), SchedulePart)
    assert [(row["invoice"], row["part"]) for row in due] == [(mine.public_id, 1), (theirs.public_id, 1)]
    of_other = listed(call.get(f"/schedules?customer={other.public_id}"), SchedulePart)
    assert {row["invoice"] for row in of_other} == {theirs.public_id} and len(of_other) == 2
    assert listed(call.get(f"/schedules?customer={'0' * 24}"), SchedulePart) == []
    assert call.get("/schedules?limit=1&fields=part").json()["data"] == [{"part": 0}]


@pytest.mark.parametrize("query", ["cursor=x", "due_from=tomorrow", "customer=7", "status=open"])
def test_a_parameter_that_is_wrong_or_unknown_is_refused(call: Caller, query: str) -> None:
    assert fields_refused(call.get(f"/schedules?{query}")) == [query.partition("=")[0]]


def test_a_payment_shows_in_its_part(call: Caller, customer: Customer) -> None:
    invoice = make(customer, *DAYS[:2])
    pay(invoice, 3000, on=factories.ISSUED)
    parts = said(call.get(f"/invoices/{invoice.public_id}/schedule"), ScheduleAnswer)["data"]
    assert [(part["part"], part["paid"], part["remaining"]) for part in parts] == [
        (0, 3000, 2000),
        (1, 0, 5000),
    ]
    assert listed(call.get("/schedules"), SchedulePart) == parts


def test_an_invoice_without_a_schedule_has_one_part(call: Caller, customer: Customer) -> None:
    invoice = make(customer)
    parts = said(call.get(f"/invoices/{invoice.public_id}/schedule"), ScheduleAnswer)["data"]
    assert told(parts) == [(invoice.number, 0, factories.DUE.isoformat(), 10_000)]


def test_nothing_is_left_of_a_void_invoice(call: Caller, customer: Customer) -> None:
    invoice = make(customer, *DAYS[:2])
    actions.void(invoice)
    parts = said(call.get(f"/invoices/{invoice.public_id}/schedule"), ScheduleAnswer)["data"]
    assert [(part["amount"], part["remaining"], part["total"]) for part in parts] == [(5000, 0, 0)] * 2
    assert listed(call.get("/schedules"), SchedulePart) == []


def test_another_business_s_invoices_do_not_exist(call: Caller, other_business: Business) -> None:
    customer = factories.make_customer(other_business)
    invoice = make(customer, *DAYS[:2])
    assert listed(call.get("/schedules"), SchedulePart) == []
    assert listed(call.get(f"/schedules?customer={customer.public_id}"), SchedulePart) == []
    assert call.get(f"/invoices/{invoice.public_id}/schedule").status_code == 404


def test_a_list_costs_as_many_queries_for_many_as_for_few(call: Caller, customer: Customer) -> None:
    make(customer, *DAYS[:2])
    few = queries_of(call, "/schedules?limit=100")
    for _ in range(8):
        make(customer, *DAYS[:2])
    assert queries_of(call, "/schedules?limit=100") == few == 5
