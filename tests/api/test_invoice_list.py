"""The list of invoices: its filters against plain Python, its pages while rows come and go."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.invoice_wire import Invoice
from businesses.models import Business
from customers.models import Customer
from invoices import actions as invoices
from invoices.models import Invoice as InvoiceRow
from invoices.status import Situation, Status
from payments import actions as payments
from tests import factories
from tests.api.papers import create
from tests.api.words import fields_refused, listed
from tests.gateway.calls import Caller
from tests.payments.money import pay

pytestmark = pytest.mark.django_db


def pages(call: Caller, query: str, between: Callable[[], object] = lambda: None) -> list[str]:
    """The ids on all pages, by `next`; the Link header says the same."""
    found: list[str] = []
    path = f"/invoices?{query}"
    while path:
        answer = call.get(path)
        page = answer.json()
        found += [row["id"] for row in page["data"]]
        path = f"/invoices?{query}&cursor={page['next']}" if page["next"] else ""
        if page["next"]:
            address = answer["Link"].removeprefix("<").removesuffix('>; rel="next"')
            assert call.client.get(address, headers=call.headers).json()["data"]
        assert ("Link" in answer) == bool(page["next"])
        between()
    return found


def test_pages_neither_repeat_nor_skip_while_invoices_come_and_go(call: Caller, customer: Customer) -> None:
    days = [date(2026, 3, 1) + timedelta(days=i // 4) for i in range(20)]
    rows = [factories.make_invoice(customer, issue_on=day, due_on=date(2026, 6, 1)) for day in days]
    before = [row.public_id for row in reversed(rows)]

    def disturb() -> None:
        for day in (days[0], days[10], days[-1], date(2026, 5, 1)):
            factories.make_invoice(customer, issue_on=day, due_on=date(2026, 6, 1))

    found = pages(call, "limit=3", disturb)
    assert len(found) == len(set(found))
    assert [key for key in found if key in before] == before
    gone = InvoiceRow.objects.get(public_id=before[5])
    first = call.get("/invoices?limit=100").json()["data"]
    invoices.delete(gone)
    after = call.get("/invoices?limit=100").json()["data"]
    assert [row["id"] for row in after] == [row["id"] for row in first if row["id"] != gone.public_id]


def test_a_cursor_is_for_its_list_only(call: Caller) -> None:
    for _ in range(2):
        create(call)
    cursor = call.get("/invoices?limit=1").json()["next"]
    assert call.get(f"/invoices?limit=1&cursor={cursor}").status_code == 200
    for wrong in ("x", "gAAAA", cursor[:-4], cursor[:50] + "A" + cursor[51:], "%00", "é"):
        assert call.get(f"/invoices?cursor={wrong}").status_code in (400, 422), wrong
    assert fields_refused(call.get(f"/payments?cursor={cursor}")) == ["cursor"]


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=101", "limit=x", "status=late", "situation=late", "customer=1", "currency=brl", "statsu=open",
     "issue_from=2026-02-30", "due_to=99999-01-01", "created_from=tomorrow"],
)  # fmt: skip
def test_a_filter_that_makes_no_sense_is_refused(call: Caller, query: str) -> None:
    assert fields_refused(call.get(f"/invoices?{query}")) == [query.partition("=")[0]]


FILTERS: dict[str, Callable[[dict[str, Any], str], bool]] = {
    "status": lambda row, said: row["status"] in said.split(","),
    "situation": lambda row, said: row["situation"] in said.split(","),
    "customer": lambda row, said: row["customer"] == said,
    "currency": lambda row, said: row["currency"] == said,
    "external_id": lambda row, said: row["external_id"] == said,
    "number": lambda row, said: row["number"] == said,
    "issue_from": lambda row, said: row["issue_on"] >= said,
    "issue_to": lambda row, said: row["issue_on"] <= said,
    "due_from": lambda row, said: row["due_on"] >= said,
    "due_to": lambda row, said: row["due_on"] <= said,
    "q": lambda row, said: said.casefold() in (row["title"] + str(row["number"] or "")).casefold(),
}


@pytest.fixture
def shelf(business: Business, customer: Customer) -> list[dict[str, Any]]:
    """Forty invoices in every situation there is, as plain answers in the order of the list."""
    other = factories.make_customer(business, "Outro")
    today = business.today()
    for i in range(40):
        issue_on = today + timedelta(days=(i * 7) % 25 - 18)
        invoice = factories.make_invoice(
            (customer, other)[i % 3 == 0],
            title=("Alpha", "Beta", "")[i % 3],
            external_id=f"X{i % 5}" if i % 2 else "",
            currency=("BRL", "BRL", "USD")[i % 3],
            issue_on=issue_on,
            due_on=issue_on + timedelta(days=i % 12),
        )
        _move(invoice, i % 8)
    found: list[dict[str, Any]] = listed(Caller(business, "faturo").get("/invoices?limit=100"), Invoice)
    assert {row["situation"] for row in found} == set(Situation)
    return found


def _move(invoice: InvoiceRow, step: int) -> None:
    if step == 0:
        return
    invoice = factories.issue(invoice)
    day = min(invoice.due_on, invoice.business.today())
    acts: dict[int, Callable[[], object]] = {
        2: lambda: invoices.set_processing(invoice, invoice.amount_remaining),
        3: lambda: pay(invoice, 10_000, day),
        4: lambda: pay(invoice, 3_000, day),
        5: lambda: payments.void(invoice),
        6: lambda: invoices.mark_uncollectible(invoice),
    }
    if step in acts:
        acts[step]()


def test_filters_find_what_plain_python_finds(call: Caller, shelf: list[dict[str, Any]]) -> None:
    days = st.sampled_from(sorted({row["issue_on"] for row in shelf} | {row["due_on"] for row in shelf}))
    words = {
        "status": st.lists(st.sampled_from(Status.values), min_size=1, max_size=3).map(",".join),
        "situation": st.lists(st.sampled_from(Situation.values), min_size=1, max_size=3).map(",".join),
        "customer": st.sampled_from(sorted({row["customer"] for row in shelf})),
        "currency": st.sampled_from(["BRL", "USD", "EUR"]),
        "external_id": st.sampled_from(["X1", "X2", "nope"]),
        "number": st.sampled_from([str(row["number"]) for row in shelf if row["number"]][:5]),
        "q": st.sampled_from(["alpha", "BETA", "00003", "zzz"]),
        **dict.fromkeys(("issue_from", "issue_to", "due_from", "due_to"), days),
    }

    @settings(max_examples=60)
    @given(asked=st.fixed_dictionaries({}, optional=words), limit=st.integers(3, 100))
    def agree(asked: dict[str, str], limit: int) -> None:
        naive = [row["id"] for row in shelf if all(FILTERS[name](row, said) for name, said in asked.items())]
        query = "&".join(f"{name}={said}" for name, said in asked.items())
        assert pages(call, f"{query}&limit={limit}".lstrip("&")) == naive

    agree()


def test_created_days_are_those_of_the_business(call: Caller, business: Business) -> None:
    create(call)
    today = business.today()
    assert len(pages(call, f"created_from={today}&created_to={today}")) == 1
    assert pages(call, f"created_from={today + timedelta(days=1)}") == []
    assert pages(call, f"created_to={today - timedelta(days=1)}") == []
