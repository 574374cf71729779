"""Whole lists as files, in our own API."""

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from businesses.models import Business
from customers.models import Customer
from payments import actions
from tests import factories
from tests.api.words import fields_refused
from tests.gateway.calls import Caller
from tests.payments.money import pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(business: Business) -> Caller:
    return Caller(business, "faturo")


def table(call: Caller, path: str, delimiter: str = ",", **more: Any) -> list[dict[str, str]]:
    response = call.get(path, **more)
    assert response.status_code == 200 and response["Content-Type"] == "text/csv"
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))


def test_invoices_are_written_in_major_units(call: Caller, customer: Customer) -> None:
    draft = factories.make_invoice(customer)
    paid = actions.issue(factories.make_invoice(customer, [factories.line("120.50")]))
    pay(paid, 2000)
    rows = table(call, "/exports/invoices.csv")
    assert [(row["id"], row["number"], row["status"]) for row in rows] == [
        (draft.public_id, "", "draft"),
        (paid.public_id, paid.number, "open"),
    ]
    row = rows[1]
    assert (row["total"], row["amount_paid"], row["amount_remaining"]) == ("120.50", "20.00", "100.50")
    assert (row["customer"], row["customer_name"]) == (customer.public_id, "Maria Souza")
    assert (row["issue_on"], row["due_on"], row["currency"]) == ("2026-03-02", "2026-03-16", "BRL")
    assert [row["number"] for row in table(call, "/exports/invoices.csv?status=open")] == [paid.number]
    assert table(call, "/exports/invoices.csv?issue_from=2026-03-03") == []
    assert len(table(call, "/exports/invoices.csv?due_to=2026-03-16&issue_to=2026-03-02")) == 2


def test_payments_are_written(call: Caller, customer: Customer) -> None:
    payment = pay(actions.issue(factories.make_invoice(customer)), 4000, fee=100, note="=1+1")
    (row,) = table(call, "/exports/payments.csv?paid_from=2026-03-16&paid_to=2026-03-16")
    assert (row["id"], row["amount"], row["net"], row["method"]) == (
        payment.public_id,
        "40.00",
        "39.00",
        "pix",
    )
    assert row["note"] == "'=1+1"
    assert table(call, "/exports/payments.csv?paid_to=2026-03-15") == []


def test_no_cell_is_run_by_a_spreadsheet(call: Caller, business: Business) -> None:
    factories.make_customer(business, '=HYPERLINK("https://example.com")', external_id="@x", code="+1")
    (row,) = table(call, "/exports/customers.csv")
    assert [row[name][0] for name in ("name", "external_id", "code")] == ["'"] * 3


def test_who_asks_in_portuguese_gets_their_spreadsheet_s_marks(call: Caller, customer: Customer) -> None:
    factories.make_invoice(customer, [factories.line("120.50")])
    rows = table(call, "/exports/invoices.csv", ";", headers={"Accept-Language": "pt-BR"})
    assert [row["total"] for row in rows] == ["120,50"]


def test_a_file_holds_rows_of_one_s_own_business_only(call: Caller, other_business: Business) -> None:
    customer = factories.make_customer(other_business)
    pay(actions.issue(factories.make_invoice(customer)), 1000)
    for name in ("invoices", "payments", "customers"):
        assert table(call, f"/exports/{name}.csv") == []


def test_what_is_asked_wrongly_is_refused(call: Caller) -> None:
    for query in ("status=lost", "due_from=x", "limit=3"):
        assert fields_refused(call.get(f"/exports/invoices.csv?{query}")) == [query.partition("=")[0]]
    assert fields_refused(call.get("/exports/customers.csv?q=a")) == ["q"]


def test_a_file_costs_as_many_queries_for_many_as_for_few(call: Caller, customer: Customer) -> None:
    def queries(name: str) -> int:
        table(call, f"/exports/{name}.csv")
        with CaptureQueriesContext(connection) as found:
            table(call, f"/exports/{name}.csv")
        return len(found)

    pay(actions.issue(factories.make_invoice(customer)), 1000)
    few = [queries(name) for name in ("invoices", "payments", "customers")]
    for _ in range(5):
        pay(actions.issue(factories.make_invoice(customer)), 1000)
    assert [queries(name) for name in ("invoices", "payments", "customers")] == few == [2, 2, 2]
