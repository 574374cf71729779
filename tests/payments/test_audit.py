"""Whoever moves money in the database behind our back is found out: each tampering is named."""

from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection

from core import files
from customers.models import Customer
from invoices.models import Invoice
from payments import actions, credit_notes, intents
from payments.audit import breaches
from payments.credit_notes import Credit
from payments.models import CreditNote, Payment, Receipt
from payments.refunds import GivenBack, refund
from tests.factories import make_customer
from tests.payments.money import LATE, incoming, issued, pay

pytestmark = pytest.mark.django_db


def sql(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture
def money(customer: Customer) -> dict[str, int]:
    """A paid invoice with a tip, a refund, credit and two credit notes; another that is open."""
    invoice = issued(customer, terms=LATE)
    payment = pay(invoice, 13000, tip=500)
    refund(payment, GivenBack(1000))
    for amount in (2000, 1000):
        credit_notes.issue(invoice, [Credit(amount, invoice.lines.get().pk)], reason="agreed")
    other = issued(customer)
    assert list(breaches()) == []
    notes = CreditNote.objects.order_by("pk")
    return {
        "invoice": invoice.pk,
        "payment": payment.pk,
        "other": other.pk,
        "stranger": make_customer(customer.business, "Other").pk,
        "note": notes[0].pk,
        "second": notes[1].pk,
    }


@pytest.fixture
def loose(db: None) -> Iterator[None]:
    """What someone with the password of the database could do."""
    if connection.vendor == "postgresql":
        sql(
            "SET CONSTRAINTS ALL IMMEDIATE",
            "ALTER TABLE businesses_event DISABLE TRIGGER businesses_event_no_update",
        )
    else:
        sql("DROP TRIGGER businesses_event_no_update")
    yield


TAMPERED = {
    "applied": ("UPDATE payments_payment SET applied = applied - 1 WHERE id = {payment}", "payment"),
    "amount": ("UPDATE payments_payment SET amount = amount + 1 WHERE id = {payment}", "payment"),
    "currency": ("UPDATE payments_payment SET currency = 'EUR' WHERE id = {payment}", "payment"),
    "tip": ("UPDATE payments_payment SET tip = tip + 1 WHERE id = {payment}", "payment"),
    "refunded": ("UPDATE payments_payment SET refunded = refunded - 1 WHERE id = {payment}", "payment"),
    "nobody's": ("UPDATE payments_payment SET customer_id = NULL WHERE id = {payment}", "payment"),
    "a refund gone": ("DELETE FROM payments_refund WHERE payment_id = {payment}", "payment"),
    "paid": ("UPDATE invoices_invoice SET amount_paid = 1 WHERE id = {other}", "other"),
    "surcharge": ("UPDATE invoices_invoice SET surcharge_total = 1 WHERE id = {other}", "other"),
    "allowance": ("UPDATE invoices_invoice SET allowance_total = 1 WHERE id = {other}", "other"),
    "credited": ("UPDATE invoices_invoice SET credit_total = 1 WHERE id = {other}", "other"),
    "a note's split": (
        "UPDATE payments_creditnote SET reduces = reduces + 1, gives_back = gives_back - 1 WHERE id = {note}",
        "note",
    ),
    "a note's number": ("UPDATE payments_creditnote SET number = 'NC-1' WHERE id = {note}", "note"),
    "a note's line": (
        "UPDATE payments_creditnoteline SET amount = amount - 1 WHERE credit_note_id = {note}",
        "note",
    ),
    "a note's currency": ("UPDATE payments_creditnote SET currency = 'EUR' WHERE id = {note}", "note"),
}
NAMED = {"payment": "(payment:{payment})", "other": "(invoice:{other})", "note": "(creditnote:{note})"}


@pytest.mark.parametrize("what", TAMPERED)
def test_a_changed_row_is_named(money: dict[str, int], what: str) -> None:
    statement, named = TAMPERED[what]
    sql(statement.format(**money))
    found = list(breaches())
    assert found
    assert all(NAMED[named].format(**money) in breach for breach in found)


def test_an_allocation_that_was_changed_shows_on_both_sides(money: dict[str, int]) -> None:
    sql(
        f"UPDATE payments_allocation SET amount = amount - 1, principal = principal - 1 "
        f"WHERE id = (SELECT MIN(id) FROM payments_allocation WHERE payment_id = {money['payment']})"
    )
    found = "\n".join(breaches())
    assert f"(payment:{money['payment']}): applied is" in found
    assert f"(invoice:{money['invoice']}): amount_paid is" in found


def test_money_that_was_moved_to_another_invoice_is_named_there_too(money: dict[str, int]) -> None:
    sql(f"UPDATE payments_allocation SET invoice_id = {money['other']} WHERE amount > 0")
    found = "\n".join(breaches())
    assert f"more was taken back than it had on invoice:{money['invoice']}" in found
    assert f"(invoice:{money['other']}): amount_paid is 0" in found


def test_money_on_another_businesss_invoice_is_named(money: dict[str, int], other_business: object) -> None:
    foreign = issued(make_customer(other_business))  # type: ignore[arg-type]
    sql(f"UPDATE payments_allocation SET invoice_id = {foreign.pk}")
    assert any("of another business or in another currency" in breach for breach in breaches())


def test_a_line_that_was_credited_twice_is_named(money: dict[str, int]) -> None:
    key = money["invoice"]
    sql(f"UPDATE payments_creditnoteline SET amount = 9999 WHERE credit_note_id = {money['note']}")
    assert f"invoice:{key}: 10999 was credited of a line of 10000" in list(breaches())
    other_line = f"(SELECT id FROM invoices_line WHERE invoice_id = {money['other']})"
    sql(f"UPDATE payments_creditnoteline SET line_id = {other_line}")
    assert sum("which is not its own" in breach for breach in breaches()) == 2


def _without_note(key: int) -> None:
    sql(
        f"DELETE FROM payments_creditnoteline WHERE credit_note_id = {key}",
        f"DELETE FROM payments_creditnote WHERE id = {key}",
    )


@pytest.mark.parametrize(("which", "place"), [("note", 1), ("second", 2)])
def test_a_credit_note_that_is_gone_is_a_gap(money: dict[str, int], which: str, place: int) -> None:
    _without_note(money[which])
    found = "\n".join(breaches())
    assert f"no credit note has number {place}" in found
    assert f"creditnote:{money[which]} has a history, but its row is gone" in found
    assert f"(invoice:{money['invoice']}): credit_total is 3000" in found


def test_credit_notes_out_of_order_are_named(money: dict[str, int]) -> None:
    sql(
        f"UPDATE payments_creditnote SET series_place = 99 WHERE id = {money['note']}",
        f"UPDATE payments_creditnote SET series_place = 1 WHERE id = {money['second']}",
        f"UPDATE payments_creditnote SET series_place = 2 WHERE id = {money['note']}",
    )
    assert any("issued before the number that precedes it" in breach for breach in breaches())


def test_a_payment_whose_history_was_edited_is_named(money: dict[str, int], loose: None) -> None:
    key = money["payment"]
    sql(f"UPDATE businesses_event SET data = '{{}}' WHERE subject = 'payment:{key}'")
    found = list(breaches())
    assert any("does not tell that 13000 BRL came in" in breach for breach in found)
    assert any("its history tells of 0" in breach for breach in found)


def test_a_charge_that_waits_on_a_paid_invoice_is_named(customer: Customer) -> None:
    invoice = issued(customer)
    intents.create(invoice, method="credit_card", provider="stripe", amount=10000)
    sql("UPDATE payments_paymentintent SET status = 'open'")
    pay(invoice, 10000)
    assert list(breaches()) == []
    sql("UPDATE payments_paymentintent SET status = 'open'")
    assert [breach.rpartition(": ")[2] for breach in breaches()] == [
        "it is paid, but 1 charges at providers still wait"
    ]


def test_voiding_leaves_no_charge_that_waits(customer: Customer) -> None:
    invoice = issued(customer)
    intents.create(invoice, method="credit_card", provider="stripe", amount=10000)
    actions.void(invoice)
    assert list(breaches()) == []
    sql("UPDATE payments_paymentintent SET status = 'open'")
    assert [breach.rpartition(": ")[2] for breach in breaches()] == [
        "it is void, but 1 charges at providers still wait"
    ]


SHA = "0f115db062b7c0dd030b16878c99dea5c354b49dc37b38eb8846179c7783e9d7"


@pytest.mark.parametrize("model", [Receipt, CreditNote])
def test_a_paper_that_changed_or_vanished_is_named(
    money: dict[str, int], media: Path, model: type[Receipt | CreditNote]
) -> None:
    key = files.store("documents", "pdf", b"%PDF-1")
    row = model.objects.earliest("pk")
    model.objects.filter(pk=row.pk).update(key=key, sha256=SHA)
    assert [breach.rpartition(key)[2] for breach in breaches()] == [" has changed"]
    default_storage.delete(key)
    assert [breach.rpartition(key)[2] for breach in breaches()] == [" is gone"]


def test_a_voucher_that_vanished_is_named(customer: Customer, media: Path) -> None:
    pay(issued(customer), 100, attachment="attachments/slip.pdf")
    assert [breach.rpartition(": ")[2] for breach in breaches()] == ["attachments/slip.pdf is gone"]


def test_the_command_names_what_is_wrong_with_money(money: dict[str, int]) -> None:
    out = StringIO()
    call_command("audit", stdout=out)
    sql(TAMPERED["applied"][0].format(**money))
    with pytest.raises(CommandError, match="1 found"):
        call_command("audit", stdout=out)
    assert f"(payment:{money['payment']})" in out.getvalue()


def test_somebody_elses_invoice_may_be_paid(customer: Customer) -> None:
    other = issued(make_customer(customer.business, "Daughter"))
    news = incoming(10000)
    actions.receive(customer.business, news, [actions.Target(other.pk)], customer=customer)
    assert Invoice.objects.get(pk=other.pk).status == "paid"
    assert list(breaches()) == []


def test_more_than_a_chunk_takes_no_more_queries_a_row(
    customer: Customer,
    money: dict[str, int],
    monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    for _time in range(5):
        pay(issued(customer), 10000)
    monkeypatch.setattr("invoices.audit_common.CHUNK", 2)
    assert list(breaches()) == []
    monkeypatch.undo()
    with django_assert_max_num_queries(40):  # type: ignore[attr-defined]
        list(breaches())
    assert Payment.objects.count() == 6
