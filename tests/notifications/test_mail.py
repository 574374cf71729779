"""Who is mailed what, over real sockets: once, in their language, with the PDF, and never "sent" when it was not."""

import socket
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from businesses.events import record
from businesses.models import Business
from core.problems import Conflict, Problem
from customers.models import Customer
from invoices.models import Document
from notifications.mail import actions
from notifications.mail.models import Message, MessageState, Reason, Suppression
from outbox.models import Delivery
from payments import credit_notes
from payments.credit_notes import Credit
from payments.models import CreditNote, Receipt
from tests import factories
from tests.notifications.mailbox import (
    Mailbox,
    by_smtp,
    files_of,
    html_of,
    open_mailbox,
    subject,
    text_of,
)
from tests.notifications.mailing import MARIA, PDF, TERMS, frozen, issued, kinds_of, later, remind, work
from tests.notifications.mailing import billed as billed
from tests.notifications.mailing import mailbox as mailbox
from tests.notifications.mailing import morning as morning
from tests.payments.money import pay

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


def test_an_issued_invoice_is_mailed_once_with_its_pdf(mailbox: Mailbox, billed: Customer) -> None:
    invoice = issued(billed)
    work()
    work()
    [mail] = mailbox.taken
    assert mail["To"] == MARIA
    assert mail["From"].startswith("Padaria") and mail["Reply-To"] == "contas@padaria.example"
    assert subject(mail).startswith(f"Fatura {invoice.number} de Padaria")
    assert files_of(mail) == {f"{invoice.number}.pdf": PDF}
    link = f"/i/{invoice.token}/?m="
    for body in (text_of(mail), html_of(mail)):
        assert link in body and "R$" in body and "br.gov.bcb.pix" in body
    assert "List-Unsubscribe" not in mail
    message = Message.objects.get()
    assert (message.state, message.subject) == (MessageState.SENT, subject(mail))
    assert message.text.strip() == text_of(mail).replace("\r\n", "\n").strip()
    assert kinds_of(invoice, "invoice.se") == ["invoice.sent"]


def test_english_invoices_are_mailed_in_english(mailbox: Mailbox, billed: Customer) -> None:
    invoice = issued(billed, language="en")
    work()
    assert subject(mailbox.taken[0]).startswith(f"Invoice {invoice.number} from Padaria")
    assert "Hello Maria Souza," in text_of(mailbox.taken[0])


@pytest.mark.parametrize("language", ["pt-br", "en"])
@pytest.mark.parametrize(
    ("step", "kind", "words"),
    [
        (-3, "due_soon", {"pt-br": "Lembrete: a fatura", "en": "Reminder: invoice"}),
        (0, "due_today", {"pt-br": "vence hoje", "en": "is due today"}),
        (7, "overdue", {"pt-br": "venceu em", "en": "was due on"}),
    ],
)
def test_each_step_has_its_own_mail(
    mailbox: Mailbox, billed: Customer, step: int, kind: str, words: dict[str, str], language: str
) -> None:
    today = billed.business.today()
    due = today - timedelta(days=step)
    dates = {"issue_on": min(due, today), "due_on": due}
    invoice = issued(billed, language=language, **dates)
    work()
    remind(invoice, step)
    work()
    mail = mailbox.taken[-1]
    assert len(mailbox.taken) == 2
    assert words[language] in subject(mail)
    assert Message.objects.filter(kind=kind).count() == 1
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert files_of(mail)


def test_overdue_says_what_is_due_today(mailbox: Mailbox, billed: Customer) -> None:
    due = billed.business.today() - timedelta(days=40)
    invoice = issued(billed, issue_on=due, due_on=due, language="en", payment_terms=TERMS)
    remind(invoice, 40)
    work()
    assert "R$102.00" in text_of(mailbox.to(MARIA)[-1])


def test_a_reminder_of_a_paid_invoice_is_not_sent(mailbox: Mailbox, billed: Customer) -> None:
    invoice = issued(billed)
    work()
    remind(invoice, -3)
    pay(invoice, invoice.amount_due, billed.business.today())
    work()
    reminder = Message.objects.get(kind="due_soon")
    assert (reminder.state, reminder.code) == (MessageState.SKIPPED, "settled")


def test_payment_is_thanked_with_the_receipt(mailbox: Mailbox, billed: Customer) -> None:
    invoice = issued(billed)
    work()
    payment = pay(invoice, invoice.amount_due, billed.business.today())
    frozen(Receipt.objects.filter(payment=payment))
    work()
    mail = mailbox.taken[-1]
    assert subject(mail).startswith("Obrigado")
    assert list(files_of(mail)) == [f"receipt-{payment.public_id}.pdf"]


def test_a_credit_note_is_mailed(mailbox: Mailbox, billed: Customer) -> None:
    invoice = issued(billed)
    work()
    note = credit_notes.issue(invoice, [Credit(1000)], reason="too much")
    frozen(CreditNote.objects.filter(pk=note.pk))
    work()
    mail = mailbox.taken[-1]
    assert "R$ 10,00" in subject(mail).replace("\xa0", " ")
    assert note.number in text_of(mail)
    assert list(files_of(mail)) == [f"{note.number}.pdf"]


def test_a_failed_push_is_told_to_staff_once_an_hour(mailbox: Mailbox, billed: Customer, staff: Any) -> None:
    staff("finance", email="ana@padaria.example", language="en")
    staff("viewer", email="eve@padaria.example")
    invoice = issued(billed)
    for number in range(3):
        data = {"provider": "base39", "detail": f"No such account {number}"}
        record("invoice.push_failed", invoice, business=invoice.business_id, data=data)
        work()
    [mail] = mailbox.to("ana@padaria.example")
    assert str(invoice.number) in subject(mail) and "No such account 0" in text_of(mail)
    assert f"/admin/invoices/invoice/{invoice.pk}/change/" in html_of(mail)
    assert not mailbox.to("eve@padaria.example")


def test_while_the_mail_server_is_down_nothing_is_called_sent(billed: Customer) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with override_settings(**by_smtp(port)):
        invoice = issued(billed)
        work()
    message = Message.objects.get()
    assert (message.state, message.code, message.sent_at) == (MessageState.QUEUED, "mail_server", None)
    assert kinds_of(invoice, "invoice.sent") == []
    with open_mailbox() as mailbox:
        later()
        later()
        assert len(mailbox.taken) == 1
    message.refresh_from_db()
    assert (message.state, message.code) == (MessageState.SENT, "")


def test_an_unknown_address_gets_nothing_more(mailbox: Mailbox, billed: Customer) -> None:
    mailbox.answers[MARIA] = "550 5.1.1 no such user"
    invoice = issued(billed)
    work()
    message = Message.objects.get()
    assert (message.state, message.code) == (MessageState.BOUNCED, "unknown_address")
    assert kinds_of(invoice, "invoice.se") == ["invoice.send_failed"]
    assert Suppression.objects.get().reason == Reason.BOUNCED
    remind(invoice, 0)
    work()
    assert Message.objects.get(kind="due_today").state == MessageState.SKIPPED
    assert Delivery.objects.filter(channel="email").count() == 1
    with pytest.raises(Problem, match="maria@example.com"):
        actions.request_send(invoice)
    actions.lift(Suppression.objects.get())
    mailbox.answers.clear()
    actions.request_send(invoice)
    work()
    assert len(mailbox.taken) == 1


@pytest.mark.parametrize(
    ("where", "answer", "state", "code"),
    [
        (MARIA, "550 5.7.1 looks like spam", "failed", "mail_refused"),
        (MARIA, "550 go away", "failed", "mail_refused"),
        (MARIA, "553 5.1.7 bad sender", "failed", "mail_refused"),
        (MARIA, "550 blocked by 5.1.1.9", "failed", "mail_refused"),
        ("DATA", "554 no thanks", "failed", "mail_refused"),
        (MARIA, "450 greylisted", "queued", "mail_busy"),
        ("DATA", "451 later", "queued", "mail_busy"),
    ],
)
def test_a_refusal_is_no_bounce(
    mailbox: Mailbox, billed: Customer, where: str, answer: str, state: str, code: str
) -> None:
    mailbox.answers[where] = answer
    issued(billed)
    work()
    message = Message.objects.get()
    assert (message.state, message.code) == (state, code)
    assert message.detail == answer
    assert not Suppression.objects.exists()


def test_what_was_perhaps_taken_goes_again_under_the_same_id(mailbox: Mailbox, billed: Customer) -> None:
    mailbox.cuts_after_data = 1
    issued(billed)
    work()
    assert Message.objects.get().state == MessageState.QUEUED
    assert Delivery.objects.get(channel="email").is_unclear
    later()
    first, second = mailbox.taken
    assert first["Message-ID"] == second["Message-ID"]
    assert Message.objects.get().state == MessageState.SENT


def test_the_message_waits_for_the_pdf_then_goes_with_the_link(mailbox: Mailbox, billed: Customer) -> None:
    invoice = issued(billed)
    Document.objects.filter(invoice=invoice).update(key="", size=0)
    work()
    for _number in range(3):
        later()
        assert mailbox.taken == []
    assert Message.objects.get().code == "not_ready"
    later()
    assert files_of(mailbox.taken[0]) == {}


def test_each_address_gets_one(mailbox: Mailbox, business: Business) -> None:
    customer = factories.make_customer(
        business, email=MARIA, more_emails=["Maria@example.com", "office@example.com"]
    )
    issued(customer, recipients=("boss@example.com",))
    work()
    assert sorted(mail["To"] for mail in mailbox.taken) == ["boss@example.com", MARIA, "office@example.com"]


def test_without_an_address_sending_is_refused(mailbox: Mailbox, business: Business) -> None:
    invoice = issued(factories.make_customer(business))
    with pytest.raises(Problem, match="e-mail"):
        actions.request_send(invoice)
    work()
    assert not Message.objects.exists()


def test_only_issued_invoices_are_sent(business: Business, customer: Customer) -> None:
    with pytest.raises(Conflict):
        actions.request_send(factories.make_invoice(customer))


def test_a_business_may_keep_invoices_to_itself(mailbox: Mailbox, billed: Customer) -> None:
    settings = actions.settings_of(billed.business)
    settings.sends_issued = False
    actions.save_settings(settings)
    invoice = issued(billed)
    work()
    assert mailbox.taken == []
    actions.request_send(invoice, to=["boss@example.com"])
    work()
    assert [mail["To"] for mail in mailbox.taken] == ["boss@example.com"]


@pytest.mark.parametrize(
    ("extras", "count"),
    [
        ({"highlevel": {}}, 0),
        ({"highlevel": {"send": {"action": "email"}}}, 0),
        ({"fatoripay": {}}, 0),
        ({"fatoripay": {"notification_enabled": True}}, 1),
        ({"base39": {}}, 1),
    ],
)
def test_the_api_it_came_by_decides(
    mailbox: Mailbox, billed: Customer, extras: dict[str, Any], count: int
) -> None:
    issued(billed, extras=extras)
    work()
    assert len(mailbox.taken) == count


def test_tests_are_mailed_only_when_asked(mailbox: Mailbox, billed: Customer) -> None:
    invoice = issued(billed, live_mode=False)
    work()
    assert mailbox.taken == []
    actions.request_send(invoice)
    work()
    assert subject(mailbox.taken[0]).startswith("[")


def test_reading_by_the_link_marks_it_opened(mailbox: Mailbox, billed: Customer, client: Client) -> None:
    invoice = issued(billed)
    work()
    message = Message.objects.get()
    url = f"/i/{invoice.token}/?m={message.public_id}"
    client.get(url, headers={"user-agent": "GoogleImageProxy"})
    message.refresh_from_db()
    assert message.state == MessageState.SENT
    client.get(url, headers={"user-agent": "Mozilla/5.0 (Windows NT 10.0)"})
    message.refresh_from_db()
    assert message.state == MessageState.OPENED and message.opened_at


def test_reminders_can_be_stopped_from_the_mail(mailbox: Mailbox, billed: Customer, client: Client) -> None:
    invoice = issued(billed)
    remind(invoice, -3)
    work()
    mail = next(mail for mail in mailbox.taken if mail["List-Unsubscribe"])
    path = mail["List-Unsubscribe"].strip("<>").partition("//")[2].partition("/")[2]
    assert client.get(f"/{path}").status_code == 200
    assert not Suppression.objects.exists()
    done = client.post(
        f"/{path}", {"List-Unsubscribe": "One-Click"}, headers={"origin": "https://mail.example"}
    )
    assert done.status_code == 200
    assert Suppression.objects.get().reason == Reason.UNSUBSCRIBED
    remind(invoice, 0)
    work()
    assert Message.objects.get(kind="due_today").code == "unsubscribed"
    actions.request_send(invoice)
    work()
    assert Message.objects.filter(kind="issued", state=MessageState.SENT).count() == 2
    assert client.get("/mail/unsubscribe/forged:xxx/").status_code == 404


def test_old_news_is_mailed_to_nobody(mailbox: Mailbox, billed: Customer) -> None:
    today = billed.business.today()
    draft = factories.make_invoice(billed, issue_on=today, due_on=today)
    factories.issue(draft, at=timezone.now() - timedelta(days=30))
    work()
    assert mailbox.taken == [] and not Message.objects.exists()
