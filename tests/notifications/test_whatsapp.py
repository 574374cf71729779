"""The WhatsApp link that staff open: whose phone, what text, in which language, and how it is encoded."""

from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings

from businesses.models import Account, Business
from core.pix import read
from customers import actions as customers
from customers.models import Customer
from invoices import actions as invoices
from invoices.models import Invoice
from invoices.ways import txid
from notifications import whatsapp
from notifications.mail.letters import money_of
from notifications.mail.models import Kind, Message
from tests import factories
from tests.payments.money import pay

pytestmark = pytest.mark.django_db
BEFORE, AFTER = date(2026, 3, 10), date(2026, 3, 20)


@pytest.fixture
def ana(business: Business) -> Customer:
    return factories.make_customer(business, "Ana & Filhos + Cia", phone="(11) 98765-4321")


def issued(customer: Customer, **fields: Any) -> Invoice:
    account = Account.objects.create(business=customer.business, name="Pix", pix_key="contas@padaria.example")
    return factories.issue(factories.make_invoice(customer, account_id=account.pk, **fields))


def said(invoice: Invoice, on: date) -> str:
    (text,) = parse_qs(urlsplit(whatsapp.chat(invoice, on).url).query, strict_parsing=True)["text"]
    return text


def test_the_link_opens_a_chat_with_everything_written(ana: Customer) -> None:
    invoice = issued(ana, language="pt-br")
    address = urlsplit(whatsapp.chat(invoice, BEFORE).url)
    assert (address.scheme, address.netloc, address.path) == ("https", "wa.me", "/5511987654321")
    assert " " not in address.query and "+" not in address.query
    greeting, link, thanks, pix = said(invoice, BEFORE).split("\n\n")
    assert greeting == (
        f"Olá, Ana & Filhos + Cia! Aqui é Padaria São João Ltda. "
        f"Sua fatura {invoice.number}, de R$ 100,00, vence em 16/03/2026."
    )
    assert link == f"Para ver e pagar: {settings.SITE_URL}/i/{invoice.token}/"
    assert thanks.startswith("Se você já pagou")
    label, code = pix.split("\n")
    assert (label, read(code).amount) == ("Pix copia e cola:", 10000)


def test_late_it_says_so_with_the_amount_of_that_day(ana: Customer) -> None:
    invoice = issued(ana, language="en", payment_terms={"fine_percent": "2"})
    pay(invoice, 4000, on=date(2026, 3, 3))
    text = said(Invoice.objects.get(pk=invoice.pk), AFTER)
    assert "was due on 16 Mar 2026; today the amount is R$61.20." in text
    assert read(text.rpartition("\n")[2]).amount == 6120


def test_a_revoked_link_is_not_sent(ana: Customer) -> None:
    invoice = issued(ana)
    invoices.revoke_link(invoice)
    assert "/i/" not in said(Invoice.objects.get(pk=invoice.pk), BEFORE)


def test_without_a_phone_there_is_a_reason(customer: Customer, ana: Customer) -> None:
    assert whatsapp.chat(issued(customer), BEFORE) == whatsapp.Chat(reason=whatsapp.NO_PHONE)
    invoice = issued(ana)
    ana.phone = "+351912345678"
    customers.save(ana)
    changed = Invoice.objects.get(pk=invoice.pk)
    assert whatsapp.chat(changed, BEFORE).url.startswith("https://wa.me/351912345678?text=")


def test_nothing_is_asked_of_who_owes_nothing(ana: Customer) -> None:
    invoice = issued(ana)
    assert whatsapp.chat(issued(ana, live_mode=False), BEFORE).reason == whatsapp.NOT_LIVE
    pay(invoice, 10000)
    assert whatsapp.chat(Invoice.objects.get(pk=invoice.pk), BEFORE).reason == whatsapp.NOT_OPEN


def test_it_asks_for_the_part_that_is_due_as_the_e_mail_does(ana: Customer) -> None:
    parts = [{"due_on": "2026-03-16", "amount": 4000}, {"due_on": "2026-04-16", "amount": 6000}]
    invoice = issued(ana, language="en", schedule={"parts": parts}, payment_terms={"fine_percent": "2"})
    text = said(invoice, BEFORE)
    assert f"Part 1 of 2 of invoice {invoice.number}, of R$40.00, is due on 16 Mar 2026." in text
    late = said(invoice, AFTER)
    assert "Part 1 of 2" in late and "was due on 16 Mar 2026; today the amount is R$40.80." in late
    code = read(late.rpartition("\n")[2])
    assert (code.amount, code.txid) == (4080, txid(invoice, 0))
    message = Message(kind=Kind.OVERDUE, invoice=invoice, language="en")
    assert money_of(message, invoice, AFTER).amount == 4080
    pay(invoice, 4000, on=date(2026, 3, 10))
    assert "Part 2 of 2" in said(Invoice.objects.get(pk=invoice.pk), AFTER)
