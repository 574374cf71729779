"""Invoices as the reminder rule sees them: whose steps count, what holds them back, and what the next weeks bring."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import chain
from typing import Any, TypeVar

from django.db.models import Q, QuerySet

from businesses.models import Business
from core.workdays import next_workday
from customers.models import Customer
from invoices.models import Invoice
from invoices.quote import PartQuote
from invoices.status import Situation, Status
from notifications.mail import addresses
from notifications.mail.models import Kind, Message
from notifications.models_reminders import Reminder, ReminderPause, ReminderRule
from notifications.reminders import Bill, Planned, Rule, Slot, candidates, due, forecast
from payments import ledger
from payments.models import Allocation

Row = TypeVar("Row")

EMAIL = "email"
DAYS_AHEAD = 60
MOST_CLOSED = 14
"""No country closes for longer at a stretch."""
BATCH = 500
UNREAD = ("terms", "search_text")
MOST_READ = 500
"""Invoices that one forecast looks at; a page has to be there in a blink."""
NEEDED = (
    "business", "customer", "status", "number", "issue_on", "due_on", "live_mode", "deleted_at", "finalized_at",
    "payment_terms", "currency", "total", "withheld_total", "credit_total", "allowance_total", "surcharge_total",
    "amount_paid", "amount_processing", "recipients",
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
    told: dict[tuple[int, int], set[int]] = field(default_factory=lambda: defaultdict(set))
    parts: dict[int, PartQuote] = field(default_factory=dict)
    planned: dict[tuple[Rule, Bill, datetime, date], tuple[Planned, ...]] = field(default_factory=dict)
    disputed: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, business: Business) -> "Book":
        """The stored rules; the usual one, switched off, where there is none."""
        rows = list(ReminderRule.objects.for_business(business))
        main = next((row for row in rows if row.customer_id is None), None)
        own = {row.customer_id: row for row in rows if row.customer_id is not None}
        return cls(business, main or ReminderRule(business=business), own)

    def read(self, keys: Sequence[int]) -> None:
        """What else counts for these invoices: four queries, six when one of them has a payment schedule."""
        pauses = ReminderPause.objects.filter(invoice__in=keys)
        self.pauses.update((row.invoice_id, row) for row in pauses)
        self.parts.update(_open_parts(self.business, keys))
        found = Reminder.objects.filter(invoice__in=keys)
        for key, part, step in found.values_list("invoice", "part", "step"):
            self.told[key, part].add(step)
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
            Hold.PROCESSING: self._is_processing(invoice),
            Hold.DISPUTED: invoice.pk in self.disputed,
        }
        return next((reason for reason, counts in reasons.items() if counts), None)

    def part_of(self, invoice: Invoice) -> int:
        """The part that is asked for, the first being 0."""
        part = self.parts.get(invoice.pk)
        return part.index if part else 0

    def amount_of(self, invoice: Invoice) -> int:
        """What is unpaid of that part, in minor units."""
        part = self.parts.get(invoice.pk)
        return part.remaining if part else invoice.amount_remaining

    def _is_processing(self, invoice: Invoice) -> bool:
        if part := self.parts.get(invoice.pk):
            return invoice.amount_processing >= part.remaining
        return invoice.situation(invoice.due_on) == Situation.PROCESSING

    def _due_on(self, invoice: Invoice) -> date:
        if part := self.parts.get(invoice.pk):
            return part.late_from
        moves = invoice.payment_terms.get("moves_to_workday", True)
        return next_workday(invoice.due_on, self.business.country) if moves else invoice.due_on

    def bill(self, invoice: Invoice) -> Bill:
        zone, pause = self.business.zone, self.pauses.get(invoice.pk)
        rows = [self.main, self.rule_for(invoice.customer_id)]
        issued_at = invoice.finalized_at
        since = [*(row.counted_at for row in rows), pause.at if pause else None, issued_at]
        issued_on = issued_at.astimezone(zone).date() if issued_at else invoice.issue_on
        return Bill(
            self._due_on(invoice),
            max(issued_on, invoice.issue_on),
            max(at for at in since if at is not None),
            frozenset(self.told.get((invoice.pk, self.part_of(invoice)), ())),
        )

    def due(self, invoice: Invoice, now: datetime) -> Slot | None:
        if self.hold(invoice):
            return None
        return due(self.pure(self.rule_for(invoice.customer_id)), self.bill(invoice), now)

    def forecast(self, invoice: Invoice, now: datetime, until: date) -> Sequence[Planned]:
        """Worked out once for all invoices of the same facts."""
        if self.hold(invoice):
            return ()
        rule, bill = self.pure(self.rule_for(invoice.customer_id)), self.bill(invoice)
        before = bill.due_on + timedelta(min(rule.offsets(), default=0) - 1)
        facts = (rule, replace(bill, issued_on=max(bill.issued_on, before)), now, until)
        if facts not in self.planned:
            self.planned[facts] = tuple(forecast(*facts))
        return self.planned[facts]


def _open_parts(business: Business, keys: Sequence[int]) -> Iterator[tuple[int, PartQuote]]:
    rows = Invoice.objects.for_business(business).filter(pk__in=keys).exclude(schedule={})
    for row in rows.defer(*UNREAD).prefetch_related("allocations", "waivers"):
        row.business = business
        if part := ledger.first_open(ledger.owed(row, row.issue_on)):
            yield row.pk, part


@dataclass(frozen=True)
class Coming:
    """A reminder still to come, if nothing is paid before."""

    invoice: Invoice
    planned: Planned
    amount: int
    has_address: bool


@dataclass(frozen=True)
class Outlook:
    """The reminders to come, in the order of time, of `read` invoices out of `open` ones."""

    found: list[Coming]
    read: int
    open: int


def candidate_keys(book: Book, now: datetime, after: int, limit: int) -> list[int]:
    """Ids above `after` of open invoices that may have a step now, in order, without those that were told one today.

    By due date, and all that have a payment schedule: their parts have due dates of their own.
    """
    rule, today = book.pure(book.main), book.business.today(now)
    days = candidates(book.offsets, rule, book.main.counted_at, now)
    rows = Invoice.objects.for_business(book.business).open().filter(live_mode=True, pk__gt=after)
    rows = rows.filter(Q(due_on__in=sorted(days)) | ~Q(schedule={}))
    told = Reminder.objects.filter(invoice__in=rows.values("pk"), day=today).values_list("invoice", flat=True)
    return list(rows.exclude(pk__in=told).order_by("pk").values_list("pk", flat=True)[:limit])


def coming(
    business: Business,
    now: datetime,
    *,
    customer: Customer | None = None,
    days: int = DAYS_AHEAD,
    book: Book | None = None,
) -> Outlook:
    """The reminders of the next days, of the invoices whose due dates are nearest; nothing is written.

    `book` may hold a rule that is not stored yet, to see what it would do.
    """
    book = book or Book.of(business)
    until = business.today(now) + timedelta(days=days)
    offsets, slack = book.offsets or {0}, timedelta(MOST_CLOSED)
    first = min(business.today(now), business.today(book.main.counted_at)) - timedelta(max(offsets)) - slack
    rows = Invoice.objects.for_business(business).open().filter(live_mode=True)
    rows = rows.filter(Q(due_on__range=(first, until - timedelta(min(offsets)))) | ~Q(schedule={}))
    rows = rows.filter(customer=customer) if customer else rows
    mine = _nearest(rows.select_related("customer").only(*NEEDED, *CUSTOMER), business.today(now))
    found = [one for some in batches(mine) for one in _coming(book, some, now, until)]
    found.sort(key=lambda one: (one.planned.at, one.invoice.due_on, one.invoice.pk))
    return Outlook(found, len(mine), len(mine) if len(mine) < MOST_READ else rows.count())


def _nearest(rows: QuerySet[Invoice], today: date) -> list[Invoice]:
    """At most so many: half of them due before that day, or more when fewer are due later."""
    later = list(rows.filter(due_on__gte=today).order_by("due_on", "pk")[:MOST_READ])
    room = max(MOST_READ // 2, MOST_READ - len(later))
    before = list(rows.filter(due_on__lt=today).order_by("-due_on", "-pk")[:room])
    return [*before, *later[: MOST_READ - len(before)]]


CUSTOMER = ("customer__name", "customer__email", "customer__more_emails")


def _coming(book: Book, invoices: Sequence[Invoice], now: datetime, until: date) -> Iterator[Coming]:
    book.read([invoice.pk for invoice in invoices])
    reached = reachable(invoices)
    for invoice in invoices:
        amount, has_address = book.amount_of(invoice), invoice.pk in reached
        for planned in book.forecast(invoice, now, until):
            yield Coming(invoice, planned, amount, has_address)


def reachable(invoices: Sequence[Invoice]) -> set[int]:
    """Ids of those whose payer has an address that takes reminders; one query."""
    mine = {row.pk: addresses.of_invoice(row) for row in invoices}
    blocked = addresses.blocked({row.business_id for row in invoices}, chain.from_iterable(mine.values()))
    return {row.pk for row in invoices if any(_takes(blocked, row, address) for address in mine[row.pk])}


def _takes(blocked: Mapping[tuple[int, str], set[str]], invoice: Invoice, address: str) -> bool:
    reasons = blocked.get((invoice.business_id, address.lower()), ())
    return not addresses.is_blocked(reasons, Kind.OVERDUE)


def batches(rows: Sequence[Row]) -> Iterable[Sequence[Row]]:
    return (rows[start : start + BATCH] for start in range(0, len(rows), BATCH))


@dataclass(frozen=True)
class Standing:
    """What an invoice's page says of its reminders."""

    hold: Hold | None
    next: Planned | None
    told: list[Reminder]
    messages: dict[int, list[Message]]
    has_address: bool


def standing(invoice: Invoice, now: datetime) -> Standing:
    book = Book.of(invoice.business)
    book.read([invoice.pk])
    until = invoice.business.today(now) + timedelta(days=366 + 90)
    following = next(iter(book.forecast(invoice, now, until)), None)
    told = list(Reminder.objects.filter(invoice=invoice).order_by("at", "pk"))
    return Standing(
        book.hold(invoice), following, told, _messages(invoice, told), invoice.pk in reachable([invoice])
    )


def _messages(invoice: Invoice, told: Sequence[Reminder]) -> dict[int, list[Message]]:
    """By reminder; a message belongs to the event that was written with it."""
    mine = Message.objects.for_business(invoice.business_id).filter(invoice=invoice)
    rows = mine.filter(event__kind="invoice.reminder_due").select_related("event")
    found: dict[tuple[Any, ...], list[Message]] = defaultdict(list)
    for row in rows.defer("text", "html").order_by("pk"):
        found[row.event.data.get("part", 0), row.event.data["step"]].append(row)
    return {row.pk: found[row.part, row.step] for row in told}
