"""Drafts to rows and back: what is read is what was written; the columns refuse what the actions never write."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import Error, IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from businesses.models import Account, Business, Event
from core.problems import Problem
from customers.models import Customer
from invoices import actions, rows
from invoices.audit import breaches
from invoices.draft import AttachmentDraft, ChargeDraft, InvoiceDraft, cleaned
from invoices.models import Invoice, Line
from invoices.totals import compute
from tests.factories import issue, line, make_draft, make_invoice, make_product, make_tax, tax
from tests.invoices.test_totals_properties import DRAFTS

pytestmark = pytest.mark.django_db
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
EXTRA = st.fixed_dictionaries(
    {},
    optional={
        "title": TEXT,
        "description": TEXT,
        "external_id": TEXT,
        "metadata": st.dictionaries(TEXT, TEXT, max_size=3),
        "extras": st.dictionaries(TEXT, st.lists(st.integers() | TEXT, max_size=3), max_size=3),
        "recipients": st.just(("a@example.com",)),
        "payable_with": st.lists(st.sampled_from(["pix", "boleto"]), max_size=2).map(tuple),
        "tip_percents": st.lists(st.decimals(0, 100, places=2), max_size=3).map(tuple),
        "period_start": st.dates(date(2026, 1, 1), date(2026, 1, 31)),
        "period_end": st.dates(date(2026, 2, 1), date(2026, 12, 31)),
        "attachments": st.just((AttachmentDraft("a", "https://example.com/a"),)),
    },
)


@given(DRAFTS, EXTRA)
@settings(max_examples=25)
def test_what_is_read_is_what_was_written(
    customer: Customer, draft: InvoiceDraft, extra: dict[str, Any]
) -> None:
    values = {name: getattr(draft, name) for name in draft.__dataclass_fields__} | extra
    try:
        draft = cleaned(InvoiceDraft(**{**values, "customer_id": customer.pk}))
        totals = compute(draft)
    except Problem:
        return
    with transaction.atomic():
        invoice = actions.create(customer.business, draft)
        invoice.refresh_from_db()
        read = rows.read(invoice)
        transaction.set_rollback(True)
    assert read == draft
    assert compute(read) == totals
    assert [x.extras for x in read.lines] == [x.extras for x in draft.lines]


def test_everything_that_a_draft_points_at_comes_back(customer: Customer) -> None:
    product = make_product(customer.business)
    owned_tax = make_tax(customer.business)
    account = Account.objects.create(business=customer.business, name="Pix")
    price = product.prices.get()
    full = line(
        "9.99",
        "2",
        tax("5", tax_id=owned_tax.pk),
        product_id=product.pk,
        price_id=price.pk,
        product_ref="ref",
    )
    draft = cleaned(make_draft(customer, [full], account_id=account.pk, charges=(ChargeDraft("fee", 5),)))
    assert rows.read(actions.create(customer.business, draft)) == draft


def test_a_revision_replaces_lines_and_charges(customer: Customer) -> None:
    invoice = make_invoice(customer, [line("1"), line("2")], charges=(ChargeDraft("fee", 5),))
    actions.revise(invoice, make_draft(customer, [line("3")]), version=1)
    assert (invoice.total, invoice.lines.count(), invoice.charges.count()) == (300, 1, 0)


BROKEN: dict[str, dict[str, Any]] = {
    "total": {"total": 1},
    "paid beyond due": {"amount_paid": 10001},
    "paid below zero": {"amount_paid": -1},
    "withheld below zero": {"withheld_total": -1},
    "draft with a number": {"number": "1"},
    "open without a number": {"status": "open"},
    "due before issue": {"due_on": date(2020, 1, 1)},
}


@pytest.mark.parametrize("what", BROKEN)
def test_the_database_refuses_a_row_that_cannot_be(customer: Customer, what: str) -> None:
    invoice = make_invoice(customer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Invoice.objects.filter(pk=invoice.pk).update(**BROKEN[what])


def test_the_database_refuses_a_deleted_issued_invoice(customer: Customer) -> None:
    invoice = issue(make_invoice(customer))
    with pytest.raises(IntegrityError), transaction.atomic():
        Invoice.objects.filter(pk=invoice.pk).update(deleted_at=invoice.finalized_at)


@pytest.mark.parametrize("values", [{"total": 1}, {"quantity": Decimal(0)}, {"quantity": Decimal(-1)}])
def test_the_database_refuses_a_line_that_cannot_be(customer: Customer, values: dict[str, Any]) -> None:
    invoice = make_invoice(customer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Line.objects.filter(invoice=invoice).update(**values)


def test_the_database_refuses_a_number_twice(customer: Customer) -> None:
    first, second = issue(make_invoice(customer)), issue(make_invoice(customer))
    with pytest.raises(IntegrityError), transaction.atomic():
        Invoice.objects.filter(pk=second.pk).update(number=first.number)


@pytest.mark.parametrize("price", ["1E+30", "NaN"])
def test_a_poisoned_number_never_gets_into_a_row(customer: Customer, price: str) -> None:
    invoice = make_invoice(customer)
    with pytest.raises(ValidationError), transaction.atomic():
        Line.objects.filter(invoice=invoice).update(unit_price=Decimal(price))
    assert [str(x.unit_price) for x in invoice.lines.all()] == ["100.000000"]


def test_a_business_has_one_default_account(business: Business) -> None:
    Account.objects.create(business=business, name="a", is_default=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Account.objects.create(business=business, name="b", is_default=True)


def test_the_database_refuses_to_rewrite_history(customer: Customer) -> None:
    with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE businesses_event SET kind = 'x'")


def test_deleted_history_is_refused_or_found_out(customer: Customer) -> None:
    """SQLite has no trigger against it, because its test suite could then never empty the table."""
    make_invoice(customer)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM businesses_event")
    except Error as error:
        assert "append-only" in str(error)
    else:
        assert connection.vendor == "sqlite"
        assert any("history" in breach for breach in breaches())


@pytest.mark.parametrize("change", [lambda rows: rows.update(kind="x"), lambda rows: rows.delete()])
def test_no_query_rewrites_history(customer: Customer, change: Callable[[Any], object]) -> None:
    with pytest.raises(TypeError):
        change(Event.objects.all())
    assert Event.objects.about(customer).count() == 1
