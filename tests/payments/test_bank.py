"""Bank files end to end: from bytes to paid invoices, once however often they come, and what people decide."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from businesses.events import broken_links
from businesses.models import Account, Business, Event
from core.problems import Conflict, Problem
from customers.models import Customer
from invoices import actions as invoices
from invoices.models import Invoice
from invoices.schedule import monthly
from invoices.ways import txid
from payments import bank, bank_entries
from payments.bankfiles.csvfile import guess
from payments.models import BankEntry, BankFile, Payment
from payments.tasks import apply_bank_entries
from tests.factories import CPF, DUE, make_customer
from tests.payments.bank_bytes import cnab240, cnab400, csv, itau, ofx
from tests.payments.money import LATE, issued, pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(business: Business) -> Account:
    return itau(business)


def take(account: Account, data: bytes, **more: Any) -> BankFile:
    return bank.import_file(account.business, "upload.bin", data, account=account, **more)


def only(file: BankFile) -> BankEntry:
    return file.entries.select_related("file", "business").get()


def payment_of(entry: BankEntry) -> Payment:
    assert entry.payment
    return entry.payment


def state(invoice: Invoice) -> tuple[str, int]:
    invoice.refresh_from_db()
    return invoice.status, invoice.amount_paid


FORMATS: dict[str, Callable[[Invoice], bytes]] = {
    "ofx": lambda invoice: ofx((10000, f"PIX RECEBIDO {txid(invoice)}"), (-500, "TARIFA")),
    "cnab400": lambda invoice: cnab400((invoice.our_number or 0, 9860, 140)),
    "cnab240": lambda invoice: cnab240((invoice.our_number or 0, 10000, 140)),
    "csv": lambda invoice: csv((f"{DUE:%d/%m/%Y}", "PIX RECEBIDO MARIA SOUZA", "100,00", CPF, "")),
}


@pytest.mark.parametrize("kind", FORMATS)
def test_from_bytes_to_a_paid_invoice(account: Account, customer: Customer, kind: str) -> None:
    invoice = issued(customer, account_id=account.pk)
    issued(customer, "70.00", account_id=account.pk)
    file = take(account, FORMATS[kind](invoice))
    entry = only(file)
    assert (file.kind, entry.state, state(invoice)) == (kind, "applied", ("paid", 10000))
    payment = payment_of(entry)
    assert (payment.source, payment.paid_on, payment.amount, payment.account) == ("bank", DUE, 10000, account)
    assert payment.fee == (140 if kind.startswith("cnab") else 0)
    assert payment.method == ("boleto" if kind.startswith("cnab") else "pix")
    assert payment.paid_at.astimezone(account.business.zone).hour == 12


def test_the_same_bytes_again_are_the_first_file(account: Account, customer: Customer) -> None:
    data = FORMATS["ofx"](issued(customer))
    first = take(account, data)
    assert take(account, data).pk == first.pk
    assert (BankFile.objects.count(), BankEntry.objects.count(), Payment.objects.count()) == (1, 1, 1)


def test_of_a_longer_statement_only_what_is_new_counts(account: Account, customer: Customer) -> None:
    first, second = issued(customer), issued(customer, "50.00")
    rows = (10000, f"PIX {txid(first)}"), (5000, f"PIX {txid(second)}")
    take(account, ofx(rows[0]))
    longer = take(account, ofx(*rows))
    assert only(longer).invoice == second
    assert Payment.objects.count() == 2


def test_two_accounts_may_use_the_same_ids(account: Account, customer: Customer) -> None:
    other = itau(account.business, name="Other")
    row = csv((f"{DUE:%d/%m/%Y}", "PIX RECEBIDO", "33,00", "", ""))
    take(account, row)
    bank.import_file(other.business, "x.csv", row + b"\n", account=other)
    assert BankEntry.objects.count() == 2


@pytest.mark.parametrize(("first", "second"), [("ofx", "cnab400"), ("cnab400", "ofx")])
def test_one_boleto_in_statement_and_return_is_one_payment(
    account: Account, customer: Customer, first: str, second: str
) -> None:
    invoice = issued(customer, account_id=account.pk)
    take(account, FORMATS[first](invoice))
    entry = only(take(account, FORMATS[second](invoice)))
    assert (entry.state, entry.payment) == ("suggested", Payment.objects.get())
    assert entry.reasons[-1]["code"] == "here"
    bank_entries.same_payment(entry)
    entry.refresh_from_db()
    assert (entry.state, Payment.objects.count(), state(invoice)) == ("applied", 1, ("paid", 10000))


def test_a_webhook_that_came_first_is_recognised(account: Account, customer: Customer) -> None:
    invoice = issued(customer)
    pay(invoice, 10000, DUE - timedelta(days=2), source="asaas")
    entry = only(take(account, FORMATS["csv"](invoice)))
    assert (entry.state, payment_of(entry).source) == ("suggested", "asaas")
    assert Payment.objects.count() == 1


def test_the_payer_of_another_open_invoice_pays_not_twice(account: Account, customer: Customer) -> None:
    """The provider told of this month's money; the statement's line must not pay next month's invoice."""
    pay(issued(customer), 10000, source="asaas")
    following = issued(customer)
    entry = only(take(account, FORMATS["csv"](following)))
    assert (entry.state, entry.reasons[-1]["code"], state(following)) == ("suggested", "here", ("open", 0))


def test_a_payment_told_of_while_the_file_is_compared_is_not_applied_again(
    account: Account, customer: Customer
) -> None:
    invoice = issued(customer, account_id=account.pk)
    data = FORMATS["cnab400"](invoice)
    examined = bank.examine(account.business, "x", data, account=account)
    file = bank._store(account.business, "x", "0" * 64, account, examined, None)
    pay(invoice, 10000, source="asaas")
    assert bank.apply_sure(file) == 0
    entry = only(file)
    assert (entry.state, entry.reasons[-1]["code"], Payment.objects.count()) == ("suggested", "here", 1)


def test_an_interrupted_import_goes_on_where_it_stopped(account: Account, customer: Customer) -> None:
    invoice = issued(customer)
    examined = bank.examine(account.business, "x", FORMATS["ofx"](invoice), account=account)
    file = bank._store(account.business, "x", "0" * 64, account, examined, None)
    assert (bank.apply_sure(file), bank.apply_sure(file), state(invoice)) == (1, 0, ("paid", 10000))


def test_the_schedule_goes_on_with_a_large_file(account: Account, customer: Customer) -> None:
    rows = [issued(customer) for _row in range(3)]
    data = ofx(*((10000, f"PIX {txid(row)}") for row in rows))
    file = take(account, data, at_once=1, by="user:ana")
    assert [entry.state for entry in file.entries.all()] == ["applied", "suggested", "suggested"]
    assert (bank.apply_pending(1), apply_bank_entries(), bank.apply_pending()) == (1, 1, 0)
    assert {state(row) for row in rows} == {("paid", 10000)}
    assert set(Event.objects.filter(kind="payment.received").values_list("actor", flat=True)) == {"user:ana"}


def test_what_was_set_aside_is_never_applied_by_itself_again(account: Account, customer: Customer) -> None:
    file = take(account, FORMATS["ofx"](issued(customer)), at_once=0)
    entry = only(file)
    bank_entries.dismiss(entry, "wrong")
    bank_entries.reopen(entry)
    assert (bank.apply_pending(), only(file).state) == (0, "suggested")


def test_one_payer_twice_in_one_file_is_two_payments(account: Account, customer: Customer) -> None:
    invoice = issued(customer)
    file = take(account, ofx((10000, f"PIX {txid(invoice)}"), (10000, f"PIX {txid(invoice)}")))
    assert [entry.state for entry in file.entries.all()] == ["applied", "applied"]
    assert sorted(payment.unapplied for payment in Payment.objects.all()) == [0, 10000]


def test_a_line_that_is_refused_loses_no_other(account: Account, customer: Customer) -> None:
    invoice, other = issued(customer, account_id=account.pk), issued(customer, "50.00", account_id=account.pk)
    tomorrow = account.business.today() + timedelta(days=1)
    numbers = [row.our_number or 0 for row in (invoice, other)]
    ahead = cnab400((numbers[0], 10000, 0), on=tomorrow).splitlines()
    both = cnab400((numbers[0], 10000, 0), (numbers[1], 5000, 0)).splitlines()
    both[1] = ahead[1]
    file = take(account, b"\r\n".join(both))
    refused, applied = file.entries.all()
    assert (refused.state, refused.reasons[-1]["code"]) == ("suggested", "refused")
    assert (applied.state, state(other), state(invoice)) == ("applied", ("paid", 5000), ("open", 0))
    assert bank.apply_sure(file) == 0


def test_nothing_below_the_threshold_is_applied_by_itself(account: Account, customer: Customer) -> None:
    invoice = issued(customer)
    entry = only(take(account, ofx((10000, "PIX RECEBIDO MARIA SOUZA"))))
    assert (entry.state, entry.invoice, entry.confidence, state(invoice)[0]) == (
        "suggested",
        invoice,
        75,
        "open",
    )
    bank_entries.confirm(entry)
    assert (only(entry.file).state, state(invoice)) == ("applied", ("paid", 10000))


def test_fees_gross_and_net_are_kept(account: Account, customer: Customer) -> None:
    invoice = issued(customer, account_id=account.pk)
    entry = only(take(account, cnab400((invoice.our_number or 0, 9860, 140))))
    assert (entry.amount, entry.fee, payment_of(entry).net) == (10000, 140, 9860)


def test_an_instalment_is_paid_by_its_own_boleto(account: Account, customer: Customer) -> None:
    schedule = monthly(9000, DUE, 3)
    invoice = issued(customer, "90.00", account_id=account.pk, schedule=schedule)
    take(account, cnab400(((invoice.our_number or 0) + 1, 3000, 0)))
    row = Payment.objects.get().allocations.get()
    assert (row.part, row.amount, state(invoice)) == (1, 3000, ("open", 3000))


def test_a_late_payment_is_sure_only_with_fine_and_interest(account: Account, customer: Customer) -> None:
    invoice = issued(customer, "1000.00", terms=LATE)
    late = DUE + timedelta(days=15)
    day = f"{late:%d/%m/%Y}"
    file = take(account, csv((day, "PIX", "1000,00", CPF, ""), (day, "PIX", "1025,00", CPF, "")))
    bare, exact = file.entries.all()
    assert (bare.state, exact.state, state(invoice)) == ("suggested", "applied", ("paid", 102500))


def test_another_banks_file_is_refused(account: Account) -> None:
    with pytest.raises(Problem) as refused:
        take(account, cnab400((1, 100, 0), bank="237"))
    assert (refused.value.field, BankFile.objects.count()) == ("account", 0)


def test_numbers_of_another_account_of_the_bank_prove_nothing(account: Account, customer: Customer) -> None:
    invoice = issued(customer, account_id=account.pk)
    entry = only(take(account, cnab400((invoice.our_number or 0, 10000, 0), account="999900111111")))
    assert (entry.state, entry.reasons[-1]["code"], state(invoice)[0]) == ("suggested", "account", "open")


HOSTILE: dict[str, bytes] = {
    "empty": b"",
    "nul": b"\0\0",
    "png": b"\x89PNG\r\n\x1a\n" + bytes(range(128, 256)),
    "large": b"x" * (5 * 1024 * 1024 + 1),
    "truncated": b"OFXHEADER:100\n<OFX><STMTTRN>",
    "entity": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><OFX></OFX>',
    "remittance": cnab400((1, 1, 0)).replace(b"02RETORNO", b"01REMESSA", 1),
    "page": b"<html><script>alert(1)</script></html>",
    "no_columns": b"a;b;c\n1;2;3\n",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_cannot_be_read_is_refused_and_nothing_stored(account: Account, kind: str) -> None:
    with pytest.raises(Problem) as refused:
        take(account, HOSTILE[kind])
    assert refused.value.text
    assert not BankFile.objects.exists() and not BankEntry.objects.exists()


def test_markup_and_long_texts_are_stored_as_text(account: Account) -> None:
    entry = only(take(account, ofx((100, "<b>x</b>" + "y" * 900))))
    assert (entry.state, len(entry.memo) <= 300) == ("unknown", True)


def test_a_confirmed_entry_can_pay_another_invoice(account: Account, customer: Customer) -> None:
    invoice, other = issued(customer), issued(customer, "80.00")
    entry = only(take(account, ofx((10000, "PIX RECEBIDO MARIA SOUZA"))))
    payment = bank_entries.confirm(entry, other, by="user:ana")
    assert (state(other), state(invoice)[0], payment.unapplied) == (("paid", 8000), "open", 2000)
    assert only(entry.file).invoice == other
    assert Event.objects.filter(kind="bank_entry.confirmed").get().actor == "user:ana"


def test_an_entry_can_be_kept_as_credit(account: Account, customer: Customer) -> None:
    entry = only(take(account, ofx((1234, "TED"))))
    payment = bank_entries.keep_as_credit(entry, customer)
    assert (payment.customer, payment.unapplied, payment.method) == (customer, 1234, "bank_transfer")
    assert only(entry.file).state == "applied"


def test_what_is_set_aside_can_be_taken_up_again(account: Account) -> None:
    entry = only(take(account, ofx((1234, "TED"))))
    with pytest.raises(Problem):
        bank_entries.dismiss(entry, " ")
    bank_entries.dismiss(entry, "owner's own money")
    assert (only(entry.file).state, only(entry.file).reasons[-1]["code"]) == ("dismissed", "dismissed")
    bank_entries.reopen(entry)
    assert (only(entry.file).state, only(entry.file).reasons) == ("unknown", [])


def test_an_entry_is_dealt_with_once(account: Account, customer: Customer) -> None:
    invoice = issued(customer)
    entry = only(take(account, ofx((10000, "PIX RECEBIDO MARIA SOUZA"))))
    second = only(entry.file)
    bank_entries.confirm(entry)
    for again in (
        lambda: bank_entries.confirm(second),
        lambda: bank_entries.keep_as_credit(second, customer),
        lambda: bank_entries.dismiss(second, "no"),
        lambda: bank_entries.reopen(second),
    ):
        with pytest.raises(Conflict):
            again()
    assert (Payment.objects.count(), state(invoice)) == (1, ("paid", 10000))


def test_rows_of_another_business_do_not_exist(
    account: Account, customer: Customer, other_business: Business
) -> None:
    foreign = make_customer(other_business)
    theirs = itau(other_business)
    entry = only(take(account, ofx((10000, "TED"))))
    for wrong in (
        lambda: bank_entries.keep_as_credit(entry, foreign),
        lambda: bank_entries.confirm(entry, issued(foreign)),
        lambda: bank.import_file(account.business, "x", ofx((1, "x")), account=theirs),
    ):
        with pytest.raises(Problem):
            wrong()
    assert (Payment.objects.count(), only(entry.file).state) == (0, "unknown")


def test_money_for_a_void_invoice_becomes_credit(account: Account, customer: Customer) -> None:
    invoice = issued(customer)
    invoices.void(invoice)
    entry = only(take(account, FORMATS["ofx"](invoice)))
    assert [reason["code"] for reason in entry.reasons] == ["txid", "amount_equal", "closed"]
    assert (entry.state, payment_of(entry).unapplied) == ("applied", 10000)


def test_a_mapping_reads_a_csv_with_other_headings(account: Account, customer: Customer) -> None:
    invoice = issued(customer)
    data = f"when;what;worth;who\n{DUE:%d/%m/%Y};x;100,00;{CPF}\n".encode()
    columns = {"date": "when", "amount": "worth", "tax_id": "who"}
    usual = guess(csv((f"{DUE:%d/%m/%Y}", "x", "1,00", "", "")))
    file = take(account, data, mapping=type(usual)(columns))
    assert (only(file).state, state(invoice)[0]) == ("applied", "paid")


def test_ignored_lines_are_kept_by_reason(account: Account) -> None:
    file = take(account, ofx((-100, "a"), (-200, "b"), (300, "c")))
    assert [len(row["lines"]) for row in file.ignored] == [2]


def test_events_follow_from_one_another(account: Account, customer: Customer) -> None:
    entry = only(take(account, ofx((10000, "TED"))))
    bank_entries.dismiss(entry, "no")
    bank_entries.reopen(entry)
    kinds = [event.kind for event in Event.objects.about(entry.file).order_by("id")]
    assert kinds == ["bank_file.imported", "bank_entry.dismissed", "bank_entry.reopened"]
    assert list(broken_links(Event.objects.order_by("subject", "id"))) == []
