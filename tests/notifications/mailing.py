"""Issued invoices, frozen PDFs and reminders for tests of e-mails, on a morning on which reminders may go out."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from businesses.events import record
from businesses.models import Account, Business, Event
from core.clock import database_now
from customers.models import Customer
from invoices.models import Document, Invoice
from notifications.models import ReminderRule
from outbox import engine
from outbox.models import Delivery
from tests import factories
from tests.notifications.mailbox import Mailbox, open_mailbox

MORNING = datetime(2026, 3, 11, 13, tzinfo=UTC)
"""A Wednesday, ten o'clock in São Paulo."""


@pytest.fixture
def morning() -> Iterator[None]:
    with time_machine.travel(MORNING):
        yield


PDF = b"%PDF-1.7 an invoice"
TERMS = {"fine_percent": "2"}
MARIA = "maria@example.com"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with open_mailbox() as found:
        yield found


@pytest.fixture
def billed(business: Business, customer: Customer) -> Customer:
    """Can be asked for Pix; the customer has one address."""
    Account.objects.create(business=business, name="Main", pix_key="contas@padaria.example", is_default=True)
    return customer


def frozen(rows: Any) -> None:
    key = default_storage.save("documents/mail.pdf", ContentFile(PDF))
    rows.update(key=key, size=len(PDF))


def issued(customer: Customer, **fields: Any) -> Invoice:
    """Issued today, due in ten days unless told otherwise, its PDF frozen."""
    today = customer.business.today()
    dates = {"issue_on": today, "due_on": today + timedelta(days=10)}
    account = Account.objects.for_business(customer.business).filter(is_default=True).first()
    given = {"account_id": account.pk} if account else {}
    invoice = factories.issue(factories.make_invoice(customer, **{**dates, **given, **fields}))
    frozen(Document.objects.filter(invoice=invoice))
    return invoice


def work() -> None:
    engine.drain(5)


def later() -> None:
    """As if the time of the next try had come."""
    Delivery.objects.filter(channel="email", state="waiting").update(due_at=database_now())
    work()


def remind(invoice: Invoice, step: int) -> None:
    """As the rule does it."""
    ReminderRule.objects.get_or_create(business=invoice.business, customer=None, defaults={"is_active": True})
    data = {"step": step, "channel": "email"}
    record("invoice.reminder_due", invoice, business=invoice.business_id, data=data)


def kinds_of(invoice: Invoice, prefix: str) -> list[str]:
    found = Event.objects.about(invoice).filter(kind__startswith=prefix).order_by("pk")
    return list(found.values_list("kind", flat=True))
