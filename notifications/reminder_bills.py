"""Invoices as the reminder rule sees them: whose steps count, what holds them back, and what the next weeks bring."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from businesses.models import Business
from core.workdays import next_workday
from customers.models import Customer
from invoices.models import Invoice
from invoices.status import Situation, Status
from notifications.models_reminders import Reminder, ReminderPause, ReminderRule
from notifications.reminders import Bill, Planned, Rule, Slot, candidates, due, forecast
from payments.models import Allocation

EMAIL = "email"
DAYS_AHEAD = 60
MOST_CLOSED = 14
"""No country closes for longer at a stretch."""
BATCH = 500
NEEDED = (
    "business", "customer", "status", "number", "issue_on", "due_on", "live_mode", "deleted_at", "finalized_at",
    "payment_terms", "currency", "total", "withheld_total", "credit_total", "allowance_total", "surcharge_total",
    "amount_paid", "amount_processing", "recipients", "payer",
)  # fmt: skip


class Hold(StrEnum):
    """Why nobody is reminded of an invoice."""

    OFF = "off"
    CUSTOMER = "customer"
    PAUSED = "paused"
    CLOSED = "closed"
    TEST = "test"
    PROCESSING = "processing"
    DISPUTED = "disputed"


@dataclass
class Book:
    """The rules of a business and of those of its customers who have their own; what holds single invoices back."""

    business: Business
    main: ReminderRule
    own: dict[int, ReminderRule] = field(default_factory=dict)
    pauses: dict[int, ReminderPause] = field(default_factory=dict)
    told: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    disputed: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, business: Business) -> "Book":
        """The stored rules; the usual one, switched off, where there is none."""
        rows = list(ReminderRule.objects.for_business(business))
        main = next((row for row in rows if row.customer_id is None), None)
        own = {row.customer_id: row for row in rows if row.customer_id is not None}
        return cls(business, main or ReminderRule(business=business), own)

    def read(self, keys: Sequence[int]) -> None:
        """What else counts for these invoices: three queries."""
        pauses = ReminderPause.objects.filter(invoice__in=keys)
        self.pauses.update((row.invoice_id, row) for row in pauses)
        for key, step in Reminder.objects.filter(invoice__in=keys).values_list("invoice", "step"):
            self.told[key].add(step)
        disputes = Allocation.objects.filter(invoice__in=keys, payment__disputed_at__isnull=False)
        self.disputed.update(disputes.values_list("invoice", flat=True))

    @property
    def offsets(self) -> set[int]:
        """Of all rules together."""
        rules = [self.main, *(row for row in self.own.values() if row.is_active)]
        return {step for row in rules for step in self.pure(row).offsets()}

    def pure(self, row: ReminderRule) -> Rule:
        return row.pure(self.business, self.main)

    def rule_for(self, customer_id: int) -> ReminderRule:
        return self.own.get(customer_id, self.main)

    def hold(self, invoice: Invoice) -> Hold | None:
        """The first reason; None when its steps are told."""
        pause = self.pauses.get(invoice.pk)
        reasons = {
            Hold.CLOSED: invoice.status != Status.OPEN or invoice.amount_remaining <= 0,
            Hold.TEST: not invoice.live_mode,
            Hold.OFF: not self.main.is_active,
            Hold.CUSTOMER: not self.rule_for(invoice.customer_id).is_active,
            Hold.PAUSED: pause is not None and pause.is_paused,
            Hold.PROCESSING: invoice.situation(invoice.due_on) == Situation.PROCESSING,
            Hold.DISPUTED: invoice.pk in self.disputed,
        }
        return next((reason for reason, counts in reasons.items() if counts), None)

    def bill(self, invoice: Invoice) -> Bill:
        zone, pause = self.business.zone, self.pauses.get(invoice.pk)
        rows = [self.main, self.rule_for(invoice.customer_id)]
        issued_at = invoice.finalized_at
        since = [*(row.counted_at for row in rows), pause.at if pause else None, issued_at]
        issued_on = issued_at.astimezone(zone).date() if issued_at else invoice.issue_on
        moves = invoice.payment_terms.get("moves_to_workday", True)
        return Bill(
            next_workday(invoice.due_on, self.business.country) if moves else invoice.due_on,
            max(issued_on, invoice.issue_on),
            max(at for at in since if at is not None),
            frozenset(self.told.get(invoice.pk, ())),
        )

    def due(self, invoice: Invoice, now: datetime) -> Slot | None:
        if self.hold(invoice):
            return None
        return due(self.pure(self.rule_for(invoice.customer_id)), self.bill(invoice), now)

    def forecast(self, invoice: Invoice, now: datetime, until: date) -> Iterator[Planned]:
        if self.hold(invoice):
            return iter(())
        return forecast(self.pure(self.rule_for(invoice.customer_id)), self.bill(invoice), now, until)


@dataclass(frozen=True)
class Coming:
    """A reminder still to come, if nothing is paid before."""

    invoice: Invoice
    planned: Planned

    @property
    def has_address(self) -> bool:
        return bool(self.invoice.customer.emails or self.invoice.recipients)


def candidate_keys(book: Book, now: datetime, limit: int) -> list[int]:
    """Ids of open invoices that may have a step now, without those that were told one today; by due date, an index."""
    rule, today = book.pure(book.main), book.business.today(now)
    days = candidates(book.offsets, rule, book.main.counted_at, now)
    rows = Invoice.objects.for_business(book.business).open().filter(live_mode=True, due_on__in=sorted(days))
    told = Reminder.objects.filter(invoice__in=rows.values("pk"), day=today).values_list("invoice", flat=True)
    return list(rows.exclude(pk__in=told).order_by("pk").values_list("pk", flat=True)[:limit])


def coming(
    business: Business,
    now: datetime,
    *,
    customer: Customer | None = None,
    days: int = DAYS_AHEAD,
    book: Book | None = None,
) -> list[Coming]:
    """The reminders of the next days, in the order of time; nothing is written.

    `book` may hold a rule that is not stored yet, to see what it would do.
    """
    book = book or Book.of(business)
    until = business.today(now) + timedelta(days=days)
    offsets, slack = book.offsets or {0}, timedelta(MOST_CLOSED)
    first = min(business.today(now), business.today(book.main.counted_at)) - timedelta(max(offsets)) - slack
    rows = Invoice.objects.for_business(business).open().filter(live_mode=True)
    rows = rows.filter(due_on__range=(first, until - timedelta(min(offsets))))
    rows = rows.filter(customer=customer) if customer else rows
    rows = rows.select_related("customer").only(*NEEDED, *CUSTOMER)
    found = [one for some in _batches(list(rows.order_by("pk"))) for one in _coming(book, some, now, until)]
    return sorted(found, key=lambda one: (one.planned.at, one.invoice.due_on, one.invoice.pk))


CUSTOMER = ("customer__name", "customer__email", "customer__more_emails")


def _coming(book: Book, invoices: Sequence[Invoice], now: datetime, until: date) -> Iterator[Coming]:
    book.read([invoice.pk for invoice in invoices])
    for invoice in invoices:
        yield from (Coming(invoice, planned) for planned in book.forecast(invoice, now, until))


def _batches(rows: Sequence[Invoice]) -> Iterable[Sequence[Invoice]]:
    return (rows[start : start + BATCH] for start in range(0, len(rows), BATCH))


@dataclass(frozen=True)
class Standing:
    """What an invoice's page says of its reminders."""

    hold: Hold | None
    next: Planned | None
    told: list[Reminder]


def standing(invoice: Invoice, now: datetime) -> Standing:
    book = Book.of(invoice.business)
    book.read([invoice.pk])
    until = invoice.business.today(now) + timedelta(days=366 + 90)
    following = next(book.forecast(invoice, now, until), None)
    told = Reminder.objects.filter(invoice=invoice).order_by("at")
    return Standing(book.hold(invoice), following, list(told))
