"""Payments and credit notes on the page, and who gets at their papers."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from businesses.models import Account, Business
from core import paper
from invoices.models import Invoice
from invoices.schedule import monthly
from payments import credit_notes
from payments.actions import Target, receive
from payments.credit_notes import Credit
from payments.models import Payment
from payments.refunds import GivenBack, refund
from portal.guard import ORDERS
from tests.factories import line
from tests.payments.money import incoming, pay
from tests.portal.conftest import address, text
from tests.portal.test_files import body

Make = Callable[..., Invoice]


def said(reader: Client, invoice: Invoice) -> str:
    return text(reader.get(address(invoice)).content)


def test_a_payment_stands_there_with_date_method_amount_and_receipt(reader: Client, issued: Make) -> None:
    invoice = issued(language="en")
    payment = pay(invoice, 4000, invoice.issue_on, method="boleto")
    page = reader.get(address(invoice)).content.decode()
    assert re.search(r"Payments Boleto R\$40\.00 \d+ \w+ 20\d\d Receipt \(PDF\)", text(page.encode()))
    assert address(invoice, f"receipts/{payment.public_id}/") in page


def test_a_paid_invoice_keeps_its_receipts(reader: Client, issued: Make) -> None:
    invoice = issued(language="en")
    pay(invoice, invoice.amount_due, invoice.issue_on)
    page = said(reader, invoice)
    assert "Thank you!" in page and "Receipt (PDF)" in page and "How to pay" not in page


def test_a_tip_is_told_beside_the_amount(reader: Client, issued: Make) -> None:
    invoice = issued(language="en")
    pay(invoice, 11000, invoice.issue_on, tip=1000, method="credit_card")
    assert "plus a tip of R$10.00" in said(reader, invoice)


def test_money_that_was_taken_back_is_told(reader: Client, issued: Make) -> None:
    invoice = issued(language="en")
    payment = pay(invoice, 10000, invoice.issue_on)
    refund(payment, GivenBack(2500, reason="Broken", reopen=True))
    page = said(reader, invoice)
    assert "R$25.00 of it was taken back" in page and "Amount due R$25.00" in page


def test_credit_notes_stand_there_with_their_reason(reader: Client, issued: Make) -> None:
    invoice = issued(language="en")
    note = credit_notes.issue(invoice, [Credit(1500)], reason="Agreed discount")
    page = reader.get(address(invoice)).content.decode()
    assert f"Credit note {note.number} -R$15.00" in text(page.encode())
    assert "Agreed discount" in page and address(invoice, f"credits/{note.public_id}/") in page


def test_the_receipt_is_downloaded_and_stays_the_same(reader: Client, issued: Make, media: Path) -> None:
    invoice = issued()
    payment = pay(invoice, 4000, invoice.issue_on)
    first, second = (reader.get(address(invoice, f"receipts/{payment.public_id}/")) for _ in range(2))
    assert body(first).startswith(b"%PDF-") and body(first) == body(second)
    assert first.headers["Content-Disposition"].startswith("attachment;")
    assert first.headers["Cache-Control"] == "private, no-cache"


def test_the_credit_note_is_downloaded(reader: Client, issued: Make, media: Path) -> None:
    invoice = issued()
    note = credit_notes.issue(invoice, [Credit(1500)], reason="Agreed")
    assert body(reader.get(address(invoice, f"credits/{note.public_id}/"))).startswith(b"%PDF-")


def test_papers_are_reached_only_by_the_link_of_their_own_invoice(reader: Client, issued: Make) -> None:
    mine, other = issued(), issued()
    payment = pay(mine, 4000, mine.issue_on)
    note = credit_notes.issue(mine, [Credit(1500)], reason="Agreed")
    for rest in (f"receipts/{payment.public_id}/", f"credits/{note.public_id}/", "receipts/0/", "credits/x/"):
        assert reader.get(address(other, rest)).status_code == 404


def test_money_that_went_to_no_invoice_has_no_receipt_here(
    reader: Client, business: Business, issued: Make
) -> None:
    invoice = issued()
    payment, _is_new = receive(business, incoming(100, invoice.issue_on), customer=invoice.customer)
    assert reader.get(address(invoice, f"receipts/{payment.public_id}/")).status_code == 404


def test_one_payment_of_two_invoices_is_on_both_with_its_share(reader: Client, issued: Make) -> None:
    first, second = issued(language="en"), issued(language="en")
    money = incoming(15000, first.issue_on)
    receive(first.business, money, [Target(first.pk), Target(second.pk)])
    assert Payment.objects.for_business(first.business).count() == 1
    assert "Payments Pix R$100.00" in said(reader, first)
    assert "Payments Pix R$50.00" in said(reader, second)


def test_a_receipt_that_cannot_be_made_says_when_to_try_again(
    reader: Client, issued: Make, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = issued(language="en")
    payment = pay(invoice, 4000, invoice.issue_on)
    monkeypatch.setattr(paper, "MAX_BYTES", 10)
    response = reader.get(address(invoice, f"receipts/{payment.public_id}/"))
    assert response.status_code == 503 and "The PDF is not ready yet" in text(response.content)


@pytest.fixture
def in_parts(issued: Make, business: Business) -> Invoice:
    account = Account.objects.create(business=business, name="Main", pix_key="a@b.example")
    due_on = issued().due_on
    return issued(lines=[line("100")], account_id=account.pk, schedule=monthly(10000, due_on, 2))


def test_the_carne_is_downloaded(reader: Client, in_parts: Invoice) -> None:
    response = reader.get(address(in_parts, "carne/"))
    assert body(response).startswith(b"%PDF-")
    assert f'filename="carne-{in_parts.number}.pdf"' in response.headers["Content-Disposition"]


def test_only_an_open_schedule_has_a_carne(reader: Client, in_parts: Invoice, issued: Make) -> None:
    assert reader.get(address(issued(), "carne/")).status_code == 404
    pay(in_parts, in_parts.amount_due, in_parts.issue_on)
    assert reader.get(address(in_parts, "carne/")).status_code == 404


def test_one_place_cannot_order_carnes_without_end(reader: Client, issued: Make) -> None:
    where = address(issued(), "carne/")
    codes = [reader.get(where).status_code for _ in range(ORDERS + 1)]
    assert codes == [404] * ORDERS + [429]
