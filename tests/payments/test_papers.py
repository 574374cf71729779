"""Receipts, credit notes and booklets: what stands on them, and that what was frozen stays."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from businesses.models import Account, Business
from core.paper import PaperError
from core.problems import Conflict
from customers.models import Customer
from invoices import actions as invoices
from invoices import schedule, ways
from invoices.models import Invoice
from payments import actions, credit_notes, papers
from payments.actions import Target
from payments.credit_notes import Credit
from payments.models import CreditNote, Payment, Receipt
from payments.tasks import freeze_papers
from tests.factories import DUE, issue, line, make_customer, make_invoice
from tests.payments.money import LATE, incoming, issued, pay
from tests.pictures import decoded

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]

BRADESCO = {"bank_code": "237", "branch": "1234", "number": "67890", "wallet": "09"}


def words(content: bytes) -> str:
    """The text of all pages, with plain spaces."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


def pages(content: bytes) -> int:
    return len(PdfReader(io.BytesIO(content)).pages)


def in_parts(
    customer: Customer, count: int = 3, account: dict[str, str] | None = None, **fields: Any
) -> Invoice:
    """An issued invoice of 10.00 a part."""
    values = {
        "name": "Main",
        "pix_key": "contas@padaria.example",
        **(BRADESCO if account is None else account),
    }
    row = Account.objects.create(business=customer.business, **values)
    parts = schedule.monthly(count * 1000, DUE, count)
    return issue(
        make_invoice(customer, [line("10", str(count))], account_id=row.pk, schedule=parts, **fields)
    )


def codes(invoice: Invoice, parts: range) -> set[str]:
    """What the slips of these parts are to decode to."""
    slips = ways.slips(invoice)
    due = schedule.parts_of(invoice.schedule)
    return {ways.pix_code(invoice, due[n].amount, n) for n in parts} | {
        slips[n].barcode for n in parts if slips and not slips[n].is_sample
    }


def test_a_receipt_says_who_paid_how_much_for_which_invoices(customer: Customer) -> None:
    one, two = (issued(customer) for _ in range(2))
    payment, _is_new = actions.receive(
        customer.business, incoming(25000, tip=1500), [Target(one.pk), Target(two.pk)]
    )
    text = words(papers.receipt(payment).content)
    assert (
        "Recebemos de Maria Souza, CPF 071.201.889-17 a importância de R$ 250,00 em 16/03/2026 (Pix), "
        f"referente às faturas {one.number}, {two.number}."
    ) in text
    for row in ("Faturas R$ 200,00", "Gorjeta R$ 15,00", "Crédito do cliente R$ 35,00"):
        assert row in text
    assert "Total recebido R$ 250,00" in text


def test_a_receipt_tells_fine_and_interest_apart(customer: Customer) -> None:
    invoice = issued(customer, "1000.00", terms=LATE)
    text = words(papers.receipt(pay(invoice, 102500, DUE + timedelta(days=15))).content)
    assert "Valor principal R$ 1.000,00 · Multa R$ 20,00 · Juros R$ 5,00" in text


def test_a_receipt_names_the_parts_that_it_paid(customer: Customer) -> None:
    text = words(papers.receipt(pay(in_parts(customer), 2000)).content)
    assert "parcela 1 de 3" in text and "parcela 2 de 3" in text and "parcela 3" not in text


def test_a_receipt_speaks_its_customers_language(business: Business) -> None:
    customer = make_customer(business, "Jane Roe", language="en")
    text = words(papers.receipt(pay(issued(customer), 10000)).content)
    assert "We received R$100.00 from Jane Roe on 16 Mar 2026 (Pix) for invoice" in text


def test_money_that_nobody_claimed_has_a_receipt_too(business: Business) -> None:
    money = incoming(5000, payer_name="José", payer_tax_id="***.123.456-**")
    payment, _is_new = actions.receive(business, money)
    text = words(papers.receipt(payment).content)
    assert "José" in text and "Crédito do cliente R$ 50,00" in text
    anonymous, _is_new = actions.receive(business, incoming(5000))
    assert "Pagador não identificado" in words(papers.receipt(anonymous).content)


def test_a_receipt_is_frozen_whatever_changes_later(customer: Customer) -> None:
    payment = pay(issued(customer), 10000)
    first = papers.receipt(payment)
    Business.objects.update(legal_name="Renamed Ltda")
    Customer.objects.update(name="Somebody else")
    again = papers.receipt(Payment.objects.get())
    assert (again.content, again.filename) == (first.content, f"receipt-{payment.public_id}.pdf")
    assert Receipt.objects.get().sha256


def test_a_payment_without_a_row_for_its_receipt_gets_one(customer: Customer) -> None:
    payment = pay(issued(customer), 10000)
    Receipt.objects.all().delete()
    assert papers.receipt(payment).content.startswith(b"%PDF-")
    assert Receipt.objects.get().payment == payment


@pytest.mark.parametrize("language", ["pt-br", "en"])
def test_a_credit_note_says_what_it_corrects_and_where_the_money_went(
    customer: Customer, language: str
) -> None:
    invoice = issued(customer, language=language)
    pay(invoice, 8000)
    credits = [Credit(4000, invoice.lines.get().pk), Credit(1000, name="Goodwill")]
    note = credit_notes.issue(invoice, credits, reason="Half of it was late")
    shown = papers.credit_note(note)
    text = words(shown.content)
    rows = {
        "pt-br": ("Total creditado R$ 50,00", "Abatido do valor a pagar R$ 20,00", "devolvido R$ 30,00"),
        "en": ("Total credited R$50.00", "Taken off what was due R$20.00", "returned R$30.00"),
    }[language]
    assert all(row in text for row in (*rows, str(invoice.number), "Half of it was late", "Goodwill"))
    assert shown.filename == f"{note.number}.pdf"
    assert papers.credit_note(CreditNote.objects.for_business(note.business_id).get()) == shown


def test_the_schedule_makes_what_is_missing(customer: Customer) -> None:
    invoice = issued(customer)
    payment = pay(invoice, 8000)
    credit_notes.issue(invoice, [Credit(1000)], reason="x")
    assert freeze_papers() == 2
    assert freeze_papers() == 0
    assert papers.receipt(payment).content.startswith(b"%PDF-")


def test_what_failed_once_waits_for_the_schedule_or_for_staff(customer: Customer, media: Path) -> None:
    payment = pay(issued(customer), 10000)
    (media / "documents").write_text("in the way")
    assert freeze_papers() == 0
    (media / "documents").unlink()
    with pytest.raises(PaperError) as refused:
        papers.receipt(payment)
    assert refused.value.reason == "pending"
    assert papers.receipt(payment, retry=True).content.startswith(b"%PDF-")


def test_every_slip_of_a_booklet_decodes_from_its_picture(customer: Customer) -> None:
    invoice = in_parts(customer, 4, payment_terms=LATE.as_dict())
    content = papers.carne(invoice)
    assert pages(content) == 2
    assert decoded(content) == codes(invoice, range(4))
    assert len(codes(invoice, range(4))) == 8


def test_a_settled_part_is_marked_and_cannot_be_paid_again(customer: Customer) -> None:
    invoice = in_parts(customer, 3)
    pay(invoice, 1000)
    content = papers.carne(invoice)
    assert decoded(content) == codes(invoice, range(1, 3))
    assert words(content).count("PAGO") == 1


def test_sample_slips_in_a_booklet_cannot_be_scanned(customer: Customer) -> None:
    invoice = in_parts(customer, 2, account={}, payable_with=("boleto", "pix"))
    content = papers.carne(invoice)
    assert decoded(content) == codes(invoice, range(2))
    assert words(content).count("AMOSTRA – NÃO PAGÁVEL") == 2


def test_sixty_parts_make_twenty_pages(business: Business) -> None:
    customer = make_customer(business, "Nome comprido " * 14)
    content = papers.carne(in_parts(customer, 60))
    assert pages(content) == 20
    assert "60/60" in words(content)


def test_only_an_open_invoice_with_parts_has_a_booklet(customer: Customer) -> None:
    voided = invoices.void(in_parts(customer))
    draft = make_invoice(customer, schedule=schedule.monthly(10000, DUE, 2))
    test = in_parts(customer, live_mode=False)
    for invoice in (issued(customer), voided, draft, test):
        with pytest.raises(Conflict):
            papers.carne(invoice)
