"""Whether a reminder still makes sense when it is to be sent, and what it then is; the rule is asked again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from businesses.telling import End, Outcome
from notifications.mail.models import REMINDERS, Kind, Message
from notifications.reminder_bills import Book, Hold

WHY: dict[Hold, str] = {
    Hold.OFF: "reminders_off",
    Hold.CUSTOMER: "reminders_off",
    Hold.TEST: "reminders_off",
    Hold.PAUSED: "reminders_paused",
    Hold.CLOSED: "settled",
    Hold.PROCESSING: "paying",
    Hold.DISPUTED: "disputed",
}


@dataclass(frozen=True)
class Timely:
    """`obstacle`: why it does not go now."""

    kind: str
    obstacle: Outcome | None = None


def of(messages: Iterable[Message], now: datetime) -> dict[int, Timely]:
    """Of the reminders among these messages, by message."""
    found: dict[int, list[Message]] = {}
    for message in messages:
        if message.kind in REMINDERS and message.invoice:
            found.setdefault(message.business_id, []).append(message)
    return {key: timely for rows in found.values() for key, timely in _of_one(rows, now)}


def _of_one(messages: list[Message], now: datetime) -> Iterable[tuple[int, Timely]]:
    book = Book.of(messages[0].business)
    book.read([message.invoice_id for message in messages if message.invoice_id])
    return [(message.pk, _timely(book, message, now)) for message in messages]


def _timely(book: Book, message: Message, now: datetime) -> Timely:
    invoice = message.invoice
    assert invoice is not None
    last, today = book.bill(invoice).due_on, book.business.today(now)
    kind = kind_on(today, last)
    if hold := book.hold(invoice):
        return Timely(kind, Outcome(End.SKIPPED, WHY[hold]))
    if message.event.data.get("step", 0) <= 0 and today > last:
        return Timely(kind, Outcome(End.SKIPPED, "day_over"))
    opening = book.pure(book.rule_for(invoice.customer_id)).opening(now)
    wait = (opening - now).total_seconds()
    return Timely(kind, Outcome(End.LATER, "quiet_hours", not_before=wait) if wait > 0 else None)


def kind_on(today: date, last: date) -> str:
    """`last`: the last day on which it is paid in time."""
    if today == last:
        return Kind.DUE_TODAY
    return Kind.DUE_SOON if today < last else Kind.OVERDUE
