"""The screens of the reminder rule, as staff use them."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from businesses.events import record
from businesses.models import Business
from customers.models import Customer
from invoices.models import Invoice
from notifications import reminding
from notifications.mail.models import Message, Suppression
from notifications.models import Reminder, ReminderRule
from tests import factories

pytestmark = pytest.mark.django_db
RULE = {
    "is_active": "on", "chosen": ["-3", "0"], "others": "-20, 45", "every": "10", "until": "60",
    "send_hour": "10", "quiet_hour": "18",
}  # fmt: skip


@pytest.fixture
def browser(business: Business) -> Client:
    client = Client()
    client.force_login(factories.make_staff(business, "admin", language="en"))
    return client


def owed(customer: Customer) -> Invoice:
    """Issued today, due in twenty days."""
    today = customer.business.today()
    return factories.issue(factories.make_invoice(customer, issue_on=today, due_on=today + timedelta(20)))


def test_a_rule_is_saved_in_words_and_numbers(browser: Client, business: Business) -> None:
    answer = browser.post(f"/admin/reminders/?business={business.pk}", RULE)
    assert answer.status_code == 302
    rule = ReminderRule.objects.for_business(business).get()
    assert (rule.is_active, rule.steps, rule.every, rule.until) == (True, [-20, -3, 0, 45], 10, 60)
    assert (rule.send_hour, rule.quiet_hour) == (10, 18)
    page = browser.get("/admin/reminders/").content.decode()
    assert "20 days before" in page and "45 days after" in page


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"others": "soon"}, "Enter whole days"),
        ({"others": "999"}, "A step lies at most"),
        ({"quiet_hour": "9"}, "This hour must be later"),
        ({"every": "91"}, "less than or equal to 90"),
        ({"chosen": ["x"]}, ""),
    ],
)
def test_nonsense_is_told_and_not_saved(
    browser: Client, business: Business, changed: dict[str, Any], said: str
) -> None:
    answer = browser.post("/admin/reminders/", RULE | changed)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not ReminderRule.objects.for_business(business).exists()


def test_the_forecast_is_there_before_it_is_switched_on(browser: Client, customer: Customer) -> None:
    invoice = owed(customer)
    page = browser.get("/admin/reminders/")
    assert "if you switched them on now" in page.content.decode()
    assert {row.invoice for day in page.context["calendar"] for row, _words in day.rows} == {invoice}
    assert sum(day.count for day in page.context["calendar"]) == page.context["count"] > 3


def test_the_forecast_says_who_has_no_address(browser: Client, business: Business) -> None:
    owed(factories.make_customer(business, "No Address"))
    assert "1 invoice has nobody to write to" in browser.get("/admin/reminders/").content.decode()


def test_a_customer_gets_steps_of_their_own_none_or_those_of_everybody(
    browser: Client, customer: Customer
) -> None:
    path = f"/admin/customers/customer/{customer.pk}/reminders/"
    own = {"chosen": ["5"], "every": "0", "until": "90"}
    browser.post(path, {"whose": "own", **own})
    rule = ReminderRule.objects.for_business(customer.business).get()
    assert (rule.customer, rule.is_active, rule.steps) == (customer, True, [5])
    browser.post(path, {"whose": "none", **own})
    rule.refresh_from_db()
    assert not rule.is_active
    browser.post(path, {"whose": "", **own})
    assert not ReminderRule.objects.for_business(customer.business).exists()
    assert browser.get(path).status_code == 200


def test_an_invoice_says_its_next_reminder_and_can_be_paused(
    browser: Client, customer: Customer, business: Business
) -> None:
    reminding.save_rule(ReminderRule(business=business, is_active=True))
    invoice = owed(customer)
    page = f"/admin/invoices/invoice/{invoice.pk}/change/"
    assert "next reminder (10 days before)" in browser.get(page).content.decode()
    browser.post(f"/admin/invoices/invoice/{invoice.pk}/reminders/", {"pause": "1"})
    paused = browser.get(page).content.decode()
    assert "Paused for this invoice." in paused and "Resume reminders" in paused
    browser.post(f"/admin/invoices/invoice/{invoice.pk}/reminders/", {"resume": "1"})
    assert "Pause reminders" in browser.get(page).content.decode()


def test_the_invoice_s_page_leads_to_whatsapp(browser: Client, business: Business) -> None:
    page = "/admin/invoices/invoice/{}/change/"
    mobile = factories.make_customer(business, "Mobile", phone="+5511987654321")
    assert "https://wa.me/5511987654321?text=" in browser.get(page.format(owed(mobile).pk)).content.decode()
    silent = browser.get(page.format(owed(factories.make_customer(business, "Silent")).pk)).content.decode()
    assert "wa.me" not in silent and "no phone number that WhatsApp takes" in silent


def test_another_business_s_rule_is_out_of_reach(browser: Client, other_business: Business) -> None:
    theirs = f"/admin/reminders/?business={other_business.pk}"
    assert browser.get(theirs).status_code == 404
    assert browser.post(theirs, RULE).status_code == 404
    assert browser.get("/admin/reminders/?business=x").status_code == 200


def test_only_those_who_manage_change_the_rule(business: Business) -> None:
    client = Client()
    client.force_login(factories.make_staff(business, "biller", language="en"))
    assert client.post("/admin/reminders/", RULE).status_code == 403
    assert "disabled" in client.get("/admin/reminders/").content.decode()


def test_the_invoice_says_what_became_of_each_reminder(
    browser: Client, customer: Customer, business: Business
) -> None:
    reminding.save_rule(ReminderRule(business=business, is_active=True))
    invoice = owed(customer)
    page = f"/admin/invoices/invoice/{invoice.pk}/change/"
    for step, state, code in [
        (-10, "sent", ""),
        (-3, "failed", "mail_refused"),
        (0, "skipped", "unsubscribed"),
    ]:
        data = {"step": step, "day": "2026-03-02", "channel": "email", "part": 0}
        event = record("invoice.reminder_due", invoice, business=business.pk, data=data)
        Reminder.objects.create(
            invoice=invoice, step=step, channel="email", day=business.today(), at=event.at
        )
        Message.objects.create(
            business=business, event=event, invoice=invoice, kind="due_soon", address="a@example.com",
            language="en", state=state, code=code,
        )  # fmt: skip
    told = browser.get(page).context["reminders"]["told"]
    assert [[words for _tone, words, _address in one.states] for one in told] == [
        ["Sent"], ["Failed"], ["Blocked"],
    ]  # fmt: skip


def test_a_blocked_address_is_no_address(browser: Client, customer: Customer, business: Business) -> None:
    reminding.save_rule(ReminderRule(business=business, is_active=True))
    page = f"/admin/invoices/invoice/{owed(customer).pk}/change/"
    assert browser.get(page).context["reminders"]["has_address"]
    Suppression.objects.create(business=business, address=customer.email.lower(), reason="unsubscribed")
    assert "no e-mail address that takes reminders" in browser.get(page).content.decode()


def test_the_forecast_of_a_rule_that_is_off_counts_from_now(browser: Client, customer: Customer) -> None:
    """One that was switched off a month ago would not catch up what came up meanwhile."""
    business, today = customer.business, customer.business.today()
    stored = timezone.now() - timedelta(days=30)
    reminding.save_rule(ReminderRule(business=business, is_active=False, every=0, steps=[1]), now=stored)
    fields: dict[str, Any] = {"issue_on": today - timedelta(20), "due_on": today - timedelta(10)}
    factories.issue(factories.make_invoice(customer, **fields), at=timezone.now() - timedelta(days=20))
    assert browser.get("/admin/reminders/").context["count"] == 0
