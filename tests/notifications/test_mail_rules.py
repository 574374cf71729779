"""What e-mails look at when they go: hours, dates, pauses, who asked already, and whom trouble is told to."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.test import Client, override_settings

from businesses.events import record
from businesses.models import Business, Event
from core.ids import new_public_id
from customers.models import Customer
from notifications import actions as webhooks
from notifications import reminding
from notifications.mail import actions, links
from notifications.mail.models import Message, MessageState
from notifications.models import Pause, ReminderRule, WebhookEndpoint
from outbox.models import Delivery, Route
from providers.models import Connection, PushOn
from tests import factories
from tests.notifications.mailbox import Mailbox, subject, text_of
from tests.notifications.mailing import MARIA, MORNING, issued, remind, work
from tests.notifications.mailing import billed as billed
from tests.notifications.mailing import mailbox as mailbox
from tests.notifications.mailing import morning as morning
from tests.payments.money import pay

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]
SUNDAY = MORNING + timedelta(days=4)
ANA, BOB = "ana@padaria.example", "bob@padaria.example"


def reminder() -> Message:
    return Message.objects.filter(kind__in=("due_soon", "due_today", "overdue")).get()


def test_a_paused_invoice_is_not_reminded_of(mailbox: Mailbox, billed: Customer) -> None:
    invoice = issued(billed)
    work()
    remind(invoice, -3)
    reminding.pause(invoice)
    work()
    assert (reminder().state, reminder().code) == (MessageState.SKIPPED, "reminders_paused")
    assert len(mailbox.taken) == 1


def test_who_has_no_reminders_gets_none(mailbox: Mailbox, billed: Customer) -> None:
    invoice = issued(billed)
    remind(invoice, -3)
    ReminderRule.objects.create(business=billed.business, customer=billed, is_active=False)
    work()
    assert reminder().code == "reminders_off"


def test_on_a_sunday_a_reminder_waits_for_monday_morning(mailbox: Mailbox, billed: Customer) -> None:
    invoice = issued(billed)
    work()
    with time_machine.travel(SUNDAY):
        remind(invoice, -3)
        work()
        assert (reminder().state, reminder().code) == (MessageState.QUEUED, "quiet_hours")
        waiting = Delivery.objects.get(state="waiting", channel="email")
        assert waiting.due_at - waiting.created_at > timedelta(hours=22)
        assert not Route.objects.filter(name="email:smtp", closed_until__isnull=False).exists()
    assert len(mailbox.taken) == 1


def test_a_step_up_to_the_due_day_is_not_sent_after_it(mailbox: Mailbox, billed: Customer) -> None:
    due = billed.business.today() - timedelta(days=1)
    invoice = issued(billed, issue_on=due, due_on=due)
    work()
    remind(invoice, 0)
    work()
    assert (reminder().state, reminder().code) == (MessageState.SKIPPED, "day_over")


def test_the_day_of_sending_says_what_a_reminder_is(mailbox: Mailbox, billed: Customer) -> None:
    invoice = issued(billed, due_on=billed.business.today())
    work()
    remind(invoice, -3)
    work()
    assert reminder().kind == "due_today"
    assert "vence hoje" in subject(mailbox.taken[-1])


def test_a_due_day_when_banks_are_closed_says_until_when(mailbox: Mailbox, billed: Customer) -> None:
    invoice = issued(billed, due_on=SUNDAY.date(), language="en")
    work()
    remind(invoice, -3)
    work()
    assert "payable until" in text_of(mailbox.taken[-1])


@pytest.mark.parametrize("extras", [{"fatoripay": {}}, {"highlevel": {"send": {"action": "sms"}}}])
def test_reminders_follow_the_api_it_came_by(
    mailbox: Mailbox, billed: Customer, extras: dict[str, Any]
) -> None:
    remind(issued(billed, extras=extras), -3)
    work()
    assert mailbox.taken == [] and not Message.objects.exists()


def test_brought_along_invoices_are_not_mailed_nor_thanked_for(mailbox: Mailbox, billed: Customer) -> None:
    long_ago = billed.business.today() - timedelta(days=40)
    invoice = issued(billed, issue_on=long_ago, due_on=long_ago)
    pay(invoice, invoice.amount_due, long_ago)
    work()
    assert not Message.objects.exists()


def test_sending_right_after_issuing_mails_once(mailbox: Mailbox, billed: Customer) -> None:
    invoice = issued(billed)
    actions.request_send(invoice)
    work()
    assert len(mailbox.taken) == 1
    actions.request_send(invoice)
    work()
    assert len(mailbox.taken) == 2


def connect(business: Business, **fields: Any) -> Connection:
    return Connection.objects.create(
        business=business, provider="base39", base_url="https://base39.example", **fields
    )


def test_what_is_mailed_by_itself_is_pushed_where_sent_ones_are(mailbox: Mailbox, billed: Customer) -> None:
    connect(billed.business, push_on=PushOn.SEND, health="paused")
    invoice = issued(billed)
    work()
    work()
    assert [mail["To"] for mail in mailbox.taken] == [MARIA]
    assert Delivery.objects.filter(channel="push", event__kind="invoice.send_requested").count() == 1
    assert Event.objects.about(invoice).filter(kind="invoice.send_requested").count() == 1


def endpoint(business: Business) -> WebhookEndpoint:
    return WebhookEndpoint.objects.create(
        business=business, url="https://a.example/", name="Shop", secret="s" * 40
    )


def test_each_paused_webhook_is_told_to_those_who_may_open_it(
    mailbox: Mailbox, billed: Customer, staff: Any
) -> None:
    staff("admin", email=ANA, language="en")
    staff("finance", email=BOB, language="en")
    for _number in range(2):
        webhooks.pause(endpoint(billed.business), Pause.EXHAUSTED)
    work()
    mails = mailbox.to(ANA)
    assert len(mails) == 2 and not mailbox.to(BOB)
    assert "it failed for three days" in text_of(mails[0]) and "exhausted" not in text_of(mails[0])


def test_what_a_person_paused_is_no_trouble(mailbox: Mailbox, billed: Customer, staff: Any) -> None:
    staff("admin", email=ANA)
    webhooks.pause(endpoint(billed.business), Pause.PERSON)
    work()
    assert mailbox.taken == []


def test_failures_that_come_together_are_told_once(mailbox: Mailbox, billed: Customer, staff: Any) -> None:
    staff("finance", email=BOB, language="en")
    for _number in range(3):
        data = {"provider": "base39", "code": "unauthorized", "detail": "401"}
        record("invoice.push_failed", issued(billed), business=billed.business, data=data)
    work()
    [mail] = mailbox.to(BOB)
    assert "The credentials are not accepted" in text_of(mail) and "401" in text_of(mail)


def test_a_mail_server_that_dawdles_is_cut_off(mailbox: Mailbox, billed: Customer) -> None:
    mailbox.dawdles = 8
    with override_settings(CALL_DEADLINE=1):
        issued(billed)
        work()
    message = Message.objects.get()
    assert (message.state, message.code) == (MessageState.QUEUED, "mail_cut")


def test_many_readers_behind_one_address_may_unsubscribe(
    mailbox: Mailbox, billed: Customer, client: Client
) -> None:
    """Mail programs post for their users from few addresses."""
    invoice = issued(billed)
    remind(invoice, -3)
    work()
    kept = reminder()
    for number in range(15):
        other = Message.objects.create(
            business=billed.business, event=kept.event, invoice=invoice, kind="due_soon",
            address=f"p{number}@example.com", language="en", public_id=new_public_id(),
        )  # fmt: skip
        path = urlsplit(links.unsubscribe(other)).path
        assert client.post(path).status_code == 200


def test_a_second_business_does_not_silence_the_first(mailbox: Mailbox, billed: Customer) -> None:
    other = factories.make_business(email="other@example.com")
    for business in (billed.business, other):
        webhooks.pause(endpoint(business), Pause.GONE)
    work()
    assert len(mailbox.taken) == 2
