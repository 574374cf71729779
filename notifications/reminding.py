"""The only writer of reminder rules, of pauses, and of the reminders themselves."""

import logging
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from businesses.events import Telling, record, record_many, save_recorded
from businesses.models import Business
from customers.models import Customer
from invoices.models import Invoice
from invoices.status import Status
from notifications.models_reminders import Reminder, ReminderPause, ReminderRule
from notifications.reminder_bills import EMAIL, NEEDED, Book, batches, candidate_keys
from notifications.reminders import Slot

logger = logging.getLogger(__name__)

AT_ONCE = 5000
"""Invoices of one business that one query finds at most."""


def save_rule(rule: ReminderRule, *, by: object = None, now: datetime | None = None) -> ReminderRule:
    """Store a business's or a customer's rule. It counts from now on: what it would have told before is not told."""
    rule.counted_at = now or timezone.now()
    rule.full_clean()
    save_recorded(rule, ("reminders.rule_created", "reminders.rule_updated"), by=by)
    return rule


def forget_rule(customer: Customer, *, by: object = None) -> None:
    """The business's rule counts for this customer again, from now on."""
    with transaction.atomic():
        rule = ReminderRule.objects.for_business(customer.business_id).filter(customer=customer).first()
        if rule is None:
            return
        data = {"customer": customer.name}
        record("reminders.rule_deleted", rule, business=customer.business_id, by=by, data=data)
        rule.delete()


def pause(invoice: Invoice, *, by: object = None, now: datetime | None = None) -> None:
    _set_pause(invoice, {"is_paused": True, "at": now or timezone.now()}, "invoice.reminders_paused", by)


def resume(invoice: Invoice, *, by: object = None, now: datetime | None = None) -> None:
    """Steps that came up meanwhile are not caught up."""
    _set_pause(invoice, {"is_paused": False, "at": now or timezone.now()}, "invoice.reminders_resumed", by)


def _set_pause(invoice: Invoice, values: dict[str, Any], kind: str, by: object) -> None:
    with transaction.atomic():
        _locked(invoice.business_id, [invoice.pk])
        before = ReminderPause.objects.filter(invoice=invoice).values_list("is_paused", flat=True).first()
        if bool(before) == values["is_paused"]:
            return
        ReminderPause.objects.update_or_create(invoice=invoice, defaults=values)
        record(kind, invoice, business=invoice.business_id, by=by)


def tick(now: datetime) -> int:
    """Tell every step whose moment has come, once, however often and on however many workers this runs."""
    rules = ReminderRule.objects.filter(customer=None, is_active=True).select_related("business")
    return sum(_tell_of(rule, now) for rule in rules.order_by("pk"))


def _tell_of(rule: ReminderRule, now: datetime) -> int:
    """One business's; a failure there is not the others'."""
    clock = rule.pure(rule.business)
    if rule.counted_at >= clock.moment(rule.business.today(now)) or not clock.is_open(now):
        return 0
    try:
        return _tell_all(rule, now)
    except Exception:
        logger.exception("reminders of business %s wait for the next run", rule.business_id)
        return 0


def _tell_all(rule: ReminderRule, now: datetime) -> int:
    """Page by page, so that many who are held back keep nobody else waiting; the day is done with the last page."""
    book, told, last = Book.of(rule.business), 0, 0
    while keys := candidate_keys(book, now, last, AT_ONCE):
        told += sum(_tell_some(rule.business, some, now) for some in batches(keys))
        last = keys[-1]
    ReminderRule.objects.filter(pk=rule.pk, counted_at=rule.counted_at).update(counted_at=now)
    return told


def _tell_some(business: Business, keys: Sequence[int], now: datetime) -> int:
    """With the invoices locked and everything read again: who has paid a moment ago is not reminded."""
    with transaction.atomic():
        rows = _locked(business.pk, keys)
        book = Book.of(business)
        book.read([row.pk for row in rows])
        found = [(row, slot) for row in rows if (slot := book.due(row, now))]
        _write(book, found, now)
    return len(found)


def _write(book: Book, found: Sequence[tuple[Invoice, Slot]], now: datetime) -> None:
    business, day = book.business, book.business.today(now)
    Reminder.objects.bulk_create(
        Reminder(invoice=row, part=book.part_of(row), step=slot.step, channel=EMAIL, day=day, at=now)
        for row, slot in found
    )
    record_many(
        Telling("invoice.reminder_due", f"invoice:{row.pk}", business.pk, _told(book, row, slot, day))
        for row, slot in found
    )


def _told(book: Book, row: Invoice, slot: Slot, day: date) -> dict[str, Any]:
    return {"step": slot.step, "day": day.isoformat(), "channel": EMAIL, "part": book.part_of(row)}


def _locked(business_id: int, keys: Sequence[int]) -> list[Invoice]:
    rows = Invoice.objects.for_business(business_id).filter(pk__in=keys).exclude(status=Status.DRAFT)
    return list(rows.select_for_update(no_key=True).only(*NEEDED).order_by("pk"))
