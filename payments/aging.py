"""Who owes how much and for how long, as of any day; the past follows from effective dates, not from today's sums.

Principal only, in minor units: fine and interest are booked when they are paid. Nothing that has happened is dated
after today, so an account of a later day is today's with other ages.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, F, IntegerField, QuerySet, Sum, Value, When

from businesses.models import Business
from customers.models import Customer
from invoices.models import Invoice
from invoices.querysets import INVOICED, REMAINING
from invoices.schedule import Part, parts_of
from invoices.status import Status
from payments.effective import SETTLED, given_up, issued, standing
from payments.models import UNAPPLIED, Allocation, CreditNote, Payment, Refund

LIMITS = (0, 30, 60, 90)
"""The most days late of each bucket; the last bucket has no limit."""
GIVEN_UP, CREDIT = len(LIMITS) + 1, len(LIMITS) + 2

Cells = defaultdict[tuple[int, str], list[int]]


@dataclass(frozen=True)
class Aged:
    """What one customer owes in one currency: not due, 1-30, 31-60, 61-90 and over 90 days late.

    `given_up` is what uncollectible invoices still ask for; `credit` is money of theirs that no invoice has taken.
    """

    customer_id: int
    currency: str
    buckets: tuple[int, ...]
    given_up: int
    credit: int

    @property
    def total(self) -> int:
        """What open invoices ask for."""
        return sum(self.buckets)

    @property
    def balance(self) -> int:
        """The closing balance of the customer's statement."""
        return self.total + self.given_up - self.credit


def aging(
    businesses: Business | Iterable[Business], as_of: date, *, customer: Customer | None = None
) -> list[Aged]:
    """By currency, the largest total first; who owes nothing and has no credit is left out.

    A part of a schedule is as late as its own due date says; due dates are not moved to workdays here.
    """
    chosen = [businesses] if isinstance(businesses, Business) else businesses
    found = [row for business in chosen for row in _of_business(business, as_of, customer)]
    return sorted(found, key=lambda row: (row.currency, -row.total, -row.given_up, row.customer_id))


def totals(rows: Iterable[Aged]) -> dict[str, Aged]:
    """The sums of each currency; its `customer_id` is how many customers there are."""
    cells: Cells = defaultdict(_no_cells)
    count: defaultdict[str, int] = defaultdict(int)
    for row in rows:
        count[row.currency] += 1
        for i, amount in enumerate((*row.buckets, row.given_up, row.credit)):
            cells[0, row.currency][i] += amount
    return {currency: _aged(count[currency], currency, sums) for (_nobody, currency), sums in cells.items()}


def _no_cells() -> list[int]:
    return [0] * (CREDIT + 1)


def _aged(customer_id: int, currency: str, cells: list[int]) -> Aged:
    return Aged(customer_id, currency, tuple(cells[:GIVEN_UP]), cells[GIVEN_UP], cells[CREDIT])


def _of_business(business: Business, as_of: date, customer: Customer | None) -> Iterator[Aged]:
    """What is so now, with everything since that day taken back: recent days, the usual question, cost the least."""
    cells: Cells = defaultdict(_no_cells)
    for path, rows, amount in _whole(business, as_of, customer):
        named = rows.annotate(cell=_cell(business, as_of, path))
        for key, currency, cell, sum_ in _sums(
            named, amount, f"{path}customer_id", f"{path}currency", "cell"
        ):
            cells[key, currency][cell] += sum_
    for invoice in _scheduled(business, as_of, customer):
        _add_parts(cells, invoice, as_of)
    for path, rows, amount in _credits(business, as_of, customer):
        for key, currency, sum_ in _sums(rows, amount, f"{path}customer_id", f"{path}currency"):
            cells[key, currency][CREDIT] += sum_
    return (_aged(key, currency, sums) for (key, currency), sums in cells.items() if any(sums))


def _cell(business: Business, as_of: date, invoice: str = "") -> Case:
    late = [
        When(**{f"{invoice}due_on__gte": as_of - timedelta(days=most)}, then=Value(i))
        for i, most in enumerate(LIMITS)
    ]
    uncollectible = When(given_up(business, as_of, invoice), then=Value(GIVEN_UP))
    return Case(uncollectible, *late, default=Value(len(LIMITS)), output_field=IntegerField())


def _invoices(business: Business, as_of: date, customer: Customer | None) -> Any:
    """Issued and not void by then."""
    rows = Invoice.objects.for_business(business).exclude(status=Status.DRAFT)
    rows = rows.filter(customer=customer) if customer else rows
    return rows.filter(standing(business, as_of))


def _whole(business: Business, as_of: date, customer: Customer | None) -> Iterator[tuple[str, Any, Any]]:
    """Path to the invoice, rows and amount: what invoices due at once ask for now, and what lowered it since."""
    standing_then = standing(business, as_of, "invoice__")
    owner = {"invoice__customer": customer} if customer else {}
    since: dict[str, Any] = {"on__gt": as_of, "invoice__schedule": {}, **owner}
    # By key, because SQLite would look at the allocations of every invoice in order to find the few of these days.
    later = Allocation.objects.filter(on__gt=as_of).values("pk")
    unpaid = _invoices(business, as_of, customer).exclude(status=Status.PAID).filter(schedule={})
    notes = CreditNote.objects.for_business(business).filter(standing_then, **since)
    moves = Allocation.objects.filter(standing_then, pk__in=later, invoice__business=business, **since)
    yield "", unpaid, REMAINING
    yield "invoice__", notes, F("total")
    yield "invoice__", moves, SETTLED


@dataclass(frozen=True)
class _Scheduled:
    customer_id: int
    currency: str
    is_given_up: bool
    parts: Sequence[Part]
    settled: Mapping[int, int]
    credited: int

    def left(self) -> Iterator[tuple[date, int]]:
        """What is unpaid of each part; credit notes lower the last part first, as in `invoices.quote`."""
        credited = self.credited
        for i, part in reversed(list(enumerate(self.parts))):
            unpaid = part.amount - self.settled.get(i, 0)
            credit = min(credited, unpaid) if i else credited
            credited -= credit
            yield part.due_on, unpaid - credit


def _scheduled(business: Business, as_of: date, customer: Customer | None) -> Iterator[_Scheduled]:
    """Invoices in parts of which something was unpaid."""
    invoices = _invoices(business, as_of, customer).exclude(schedule={}).order_by()
    theirs = {"on__lte": as_of, "invoice__in": invoices.values("pk")}
    notes = CreditNote.objects.for_business(business).filter(**theirs)
    credited: dict[int, int] = dict(_sums(notes, F("total"), "invoice_id"))
    settled: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for key, part, amount in _sums(Allocation.objects.filter(**theirs), SETTLED, "invoice_id", "part"):
        settled[key][part] = amount
    names = ("pk", "customer_id", "currency", "is_given_up", "schedule", "invoiced")
    lost = Case(When(given_up(business, as_of), then=Value(True)), default=Value(False))
    rows = invoices.annotate(invoiced=INVOICED, is_given_up=lost)
    for key, owner, currency, is_lost, schedule, invoiced in rows.values_list(*names).iterator():
        credit = credited.get(key, 0)
        if invoiced - credit - sum(settled[key].values()):
            yield _Scheduled(owner, currency, is_lost, parts_of(schedule), settled[key], credit)


def _sums(rows: Any, amount: Any, *columns: str) -> Any:
    return rows.order_by().values(*columns).annotate(sum=Sum(amount)).values_list(*columns, "sum")


def _add_parts(cells: Cells, invoice: _Scheduled, as_of: date) -> None:
    mine = cells[invoice.customer_id, invoice.currency]
    for due_on, amount in invoice.left():
        late = (as_of - due_on).days
        bucket = next((i for i, most in enumerate(LIMITS) if late <= most), len(LIMITS))
        mine[GIVEN_UP if invoice.is_given_up else bucket] += amount


def _credits(business: Business, as_of: date, customer: Customer | None) -> Iterator[tuple[str, Any, Any]]:
    """Path to the payment, rows and amount: what is credit now, and what went back or was applied since."""
    money = Payment.objects.for_business(business).with_credit().filter(paid_on__lte=as_of)
    back = Refund.objects.for_business(business).filter(on__gt=as_of, payment__paid_on__lte=as_of)
    taken = Allocation.objects.filter(payment__business=business, payment__paid_on__lte=as_of)
    ahead = taken.filter(on__lte=as_of, invoice__issue_on__gt=as_of)
    sources: list[tuple[str, QuerySet[Any], Any]] = [
        ("", money, UNAPPLIED),
        ("payment__", back, F("amount")),
        ("payment__", taken.filter(on__gt=as_of), F("amount")),
        ("payment__", ahead.exclude(issued(business, as_of, "invoice__")), F("amount")),
    ]
    for path, rows, amount in sources:
        owner = {f"{path}customer": customer} if customer else {f"{path}customer__isnull": False}
        yield path, rows.filter(**owner), amount
