"""Whoever edits the database behind our back is found out: each tampering is named, and nothing else is."""

from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection

from core import files
from customers.models import Customer
from invoices import actions
from invoices.audit import breaches
from invoices.audit_common import CHUNK
from invoices.models import Document, Invoice
from tests.factories import issue, line, make_customer, make_invoice, tax

pytestmark = pytest.mark.django_db


def sql(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture
def issued(customer: Customer) -> list[Invoice]:
    invoices = [issue(make_invoice(customer, [line("10", "3", tax("10")), line("5")])) for _place in range(3)]
    actions.apply_payment(invoices[2], 100)
    assert list(breaches()) == []
    return invoices


@pytest.fixture
def editable_events(db: None) -> Iterator[None]:
    """What someone with the password of the database could do."""
    if connection.vendor == "postgresql":
        sql("SET CONSTRAINTS ALL IMMEDIATE")
        sql("ALTER TABLE businesses_event DISABLE TRIGGER businesses_event_no_update")
    else:
        sql("DROP TRIGGER businesses_event_no_update")
    yield


THEIR_LINES = "(SELECT id FROM invoices_line WHERE invoice_id = {id})"
COLUMNS = {
    "total": "UPDATE invoices_invoice SET total = total + 100, subtotal = subtotal + 100 WHERE id = {id}",
    "customer": "UPDATE invoices_invoice SET customer_id = {customer} WHERE id = {id}",
    "number": "UPDATE invoices_invoice SET number = '2026-99999' WHERE id = {id}",
    "parties": """UPDATE invoices_invoice SET payer = '{{"name": "other"}}' WHERE id = {id}""",
    "line text": "UPDATE invoices_line SET name = 'Other' WHERE invoice_id = {id}",
    "line sum": "UPDATE invoices_line SET gross = gross + 1, total = total + 1 WHERE invoice_id = {id}",
    "price": "UPDATE invoices_line SET unit_price = unit_price * 2 WHERE invoice_id = {id}",
    "tax": "UPDATE invoices_linetax SET amount = 1 WHERE line_id IN " + THEIR_LINES,
    "status": "UPDATE invoices_invoice SET status = 'void' WHERE id = {id}",
    "paid": "UPDATE invoices_invoice SET amount_paid = 100 WHERE id = {id}",
    "version": "UPDATE invoices_invoice SET version = 9 WHERE id = {id}",
    "digest": "UPDATE invoices_invoice SET content_digest = 'x' WHERE id = {id}",
    "tax gone": "DELETE FROM invoices_linetax WHERE line_id IN " + THEIR_LINES,
}


@pytest.mark.parametrize("what", COLUMNS)
def test_a_changed_invoice_is_named(issued: list[Invoice], what: str) -> None:
    other = make_customer(issued[0].business, "Other").pk
    sql(COLUMNS[what].format(id=issued[1].pk, customer=other))
    found = list(breaches())
    assert found
    assert all(f"(invoice:{issued[1].pk})" in breach for breach in found)


def _delete(invoice: Invoice) -> None:
    line_ids = f"(SELECT id FROM invoices_line WHERE invoice_id = {invoice.pk})"
    sql(
        f"DELETE FROM invoices_linetax WHERE line_id IN {line_ids}",
        f"DELETE FROM invoices_line WHERE invoice_id = {invoice.pk}",
        f"DELETE FROM invoices_document WHERE invoice_id = {invoice.pk}",
        f"DELETE FROM invoices_invoice WHERE id = {invoice.pk}",
    )


@pytest.mark.parametrize("place", [1, 2, 3])
def test_a_deleted_invoice_is_a_gap(issued: list[Invoice], place: int) -> None:
    key = issued[place - 1].pk
    _delete(issued[place - 1])
    assert [breach.partition(": ")[2] for breach in breaches()][:1] == [f"no invoice has number {place}"]
    assert f"invoice:{key} has a history, but its row is gone" in list(breaches())


def test_a_counter_set_back_or_removed_is_named(issued: list[Invoice]) -> None:
    sql("UPDATE invoices_sequence SET next_place = 2")
    assert any("the counter stands at 2" in breach for breach in breaches())
    sql("DELETE FROM invoices_sequence")
    assert any("there are numbers but no counter" in breach for breach in breaches())


def test_numbers_given_out_of_order_are_named(issued: list[Invoice]) -> None:
    first, second = issued[0].pk, issued[1].pk
    sql(
        f"UPDATE invoices_invoice SET series_place = 99 WHERE id = {first}",
        f"UPDATE invoices_invoice SET series_place = 1 WHERE id = {second}",
        f"UPDATE invoices_invoice SET series_place = 2 WHERE id = {first}",
    )
    assert any("issued before the number that precedes it" in breach for breach in breaches())


EVENTS: dict[str, Callable[[int], str]] = {
    "edited": lambda key: f"UPDATE businesses_event SET actor = 'user:eve' WHERE subject = 'invoice:{key}'",
    "first gone": lambda key: (
        f"DELETE FROM businesses_event WHERE subject = 'invoice:{key}' AND kind LIKE '%created'"
    ),
    "last gone": lambda key: (
        f"DELETE FROM businesses_event WHERE subject = 'invoice:{key}' AND kind LIKE '%finalized'"
    ),
    "all gone": lambda key: f"DELETE FROM businesses_event WHERE subject = 'invoice:{key}'",
}


@pytest.mark.parametrize("what", EVENTS)
def test_an_edited_or_deleted_event_is_named(issued: list[Invoice], editable_events: None, what: str) -> None:
    key = issued[1].pk
    sql(EVENTS[what](key))
    found = list(breaches())
    assert found
    assert all(f"invoice:{key}" in breach for breach in found)


def test_a_deleted_last_event_that_changed_no_amount_is_named(
    issued: list[Invoice], editable_events: None
) -> None:
    actions.renew_link(issued[0])
    sql("DELETE FROM businesses_event WHERE kind = 'invoice.link_renewed'")
    assert ["version 2" in breach and "version 3" in breach for breach in breaches()] == [True]


def test_a_file_that_changed_or_vanished_is_named(issued: list[Invoice], media: Path) -> None:
    key = files.store("documents", "pdf", b"%PDF-1")
    sha = "0f115db062b7c0dd030b16878c99dea5c354b49dc37b38eb8846179c7783e9d7"
    Document.objects.filter(invoice=issued[0]).update(key=key, sha256=sha)
    assert [breach.rpartition(key)[2] for breach in breaches()] == [" has changed"]
    default_storage.delete(key)
    assert [breach.rpartition(key)[2] for breach in breaches()] == [" is gone"]


def test_a_half_written_file_is_named(issued: list[Invoice], media: Path) -> None:
    (media / "documents").mkdir()
    (media / "documents" / "x.pdf.tmp").write_bytes(b"")
    assert list(breaches()) == ["documents/x.pdf.tmp was never finished"]


def test_the_command_fails_when_something_is_wrong(customer: Customer) -> None:
    invoice = issue(make_invoice(customer))
    out = StringIO()
    call_command("audit", stdout=out)
    assert "Everything is as it must be." in out.getvalue()
    sql(COLUMNS["version"].format(id=invoice.pk))
    with pytest.raises(CommandError, match="1 found"):
        call_command("audit", stdout=out)
    assert f"(invoice:{invoice.pk})" in out.getvalue()


def test_more_than_a_chunk_takes_no_more_queries_a_row(
    issued: list[Invoice],
    monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    assert CHUNK >= 100
    monkeypatch.setattr("invoices.audit_common.CHUNK", 2)
    assert list(breaches()) == []
    monkeypatch.setattr("invoices.audit_common.CHUNK", CHUNK)
    with django_assert_max_num_queries(25):  # type: ignore[attr-defined]
        list(breaches())
