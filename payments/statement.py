"""A customer's statement: what they owed when a period began, what happened in it, what they owed when it ended.

At today's date the closing balance is what open and uncollectible invoices still ask for, less the customer's credit.
Amounts are minor units; dates are days in the business's time zone.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import F, Q, QuerySet, Sum, Value
from django.utils.translation import gettext_lazy as _

from businesses.models import Business
from customers.models import Customer
from invoices.models import Invoice
from invoices.querysets import INVOICED, REMAINING
from invoices.status import Status
from payments.effective import issued, issued_on, until
from payments.models import Allocation, CreditNote, Method, Payment, Refund, RefundKind

NAMED = 3
"""How many invoice numbers a payment's row shows."""


class Kind(models.TextChoices):
    """What a row is, in the order of rows of one day."""

    INVOICE = "invoice", _("Invoice")
    CREDIT_NOTE = "credit_note", _("Credit note")
    VOID = "void", _("Invoice voided")
    GIVEN_UP = "given_up", _("Marked uncollectible, still owed")
    PAYMENT = "payment", _("Payment")
    FOR_OTHERS = "for_others", _("Paid for another customer")
    BY_OTHERS = "by_others", _("Paid by another customer")
    DISCOUNT = "discount", _("Early discount")
    WRITE_OFF = "write_off", _("Written off")
    CHARGES = "charges", _("Fine and interest")
    REFUND = "refund", _("Refund")
    CHARGEBACK = "chargeback", _("Chargeback")


ORDER = {kind: place for place, kind in enumerate(Kind)}


@dataclass(frozen=True)
class Row:
    """`amount` is what the customer owes more (less when negative); `balance` what they owe after it.

    `subject` and `key` say whose page tells more: an "invoice" or a "payment" and its id.
    """

    on: date
    kind: Kind
    detail: str
    document: str
    amount: int
    balance: int
    subject: str
    key: int

    @property
    def text(self) -> str:
        return f"{self.kind.label} · {self.detail}" if self.detail else str(self.kind.label)


@dataclass(frozen=True)
class Statement:
    currency: str
    start: date
    end: date
    opening: int
    rows: tuple[Row, ...]
    closing: int


@dataclass(frozen=True)
class _Source:
    """Rows of one kind. `day` names the column of their day or instant, `invoice` the path to the invoice that they
    wait for; rows of several allocations of a day become one for each of `each`.
    """

    kind: Kind
    rows: QuerySet[Any]
    amount: Any
    day: str = ""
    invoice: str | None = None
    number: str = ""
    detail: str = ""
    subject: str = "invoice"
    key: str = "invoice_id"
    each: str = "pk"

    def by(self, business: Business, day: date) -> Q:
        """Those that had happened when a day ended."""
        waits = Q() if self.invoice is None else issued(business, day, self.invoice)
        if self.day.endswith("_at"):
            return waits & Q(**{f"{self.day}__lt": until(business, day)})
        return waits & Q(**{f"{self.day}__lte": day}) if self.day else waits

    def columns(self) -> dict[str, Any]:
        named = {"day": self.day, "number": self.number, "detail": self.detail, "key": self.key}
        if self.invoice is not None:
            named |= {"dated": f"{self.invoice}issue_on", "final": f"{self.invoice}finalized_at"}
        return {f"its_{name}": F(column) for name, column in named.items() if column}


def statement(customer: Customer, start: date, end: date, *, currency: str) -> Statement:
    """Both days included. The same period gives the same rows whenever it is asked for, but for news that came late.

    A tip is no part of what was owed and is left out.
    """
    sources = _sources(customer, currency)
    before = start - timedelta(days=1)
    opening = sum(_sum(source, customer.business, before) for source in sources)
    numbers = _numbers(customer, currency)
    found = [row for source in sources for row in _rows(source, customer.business, before, end, numbers)]
    rows = tuple(_with_balances(sorted(found, key=_place), opening))
    return Statement(currency, start, end, opening, rows, rows[-1].balance if rows else opening)


def currencies(customer: Customer) -> list[str]:
    """Those of the customer's issued invoices and payments; the business's own when there are none."""
    invoices, money = _invoices(customer), _payments(customer)
    found = {*invoices.order_by().values_list("currency", flat=True).distinct()}
    found |= {*money.order_by().values_list("currency", flat=True).distinct()}
    return sorted(found, key=lambda code: (code != customer.business.currency, code)) or [
        customer.business.currency
    ]


def _invoices(customer: Customer) -> QuerySet[Any]:
    rows = Invoice.objects.for_business(customer.business_id).exclude(status=Status.DRAFT)
    return rows.filter(customer=customer)


def _payments(customer: Customer) -> QuerySet[Any]:
    return Payment.objects.for_business(customer.business_id).filter(customer=customer)


def _sources(customer: Customer, currency: str) -> list[_Source]:
    return [*_of_invoices(customer, currency), *_of_money(customer, currency), *_of_moves(customer, currency)]


def _of_invoices(customer: Customer, currency: str) -> Iterator[_Source]:
    invoices = _invoices(customer).filter(currency=currency)
    own = {"invoice": "", "number": "number", "key": "pk"}
    yield _Source(Kind.INVOICE, invoices, INVOICED, **own)
    void = invoices.filter(status=Status.VOID)
    yield _Source(Kind.VOID, void, -1 * (REMAINING), "voided_at", **own)
    lost = invoices.filter(uncollectible_at__isnull=False)
    yield _Source(Kind.GIVEN_UP, lost, Value(0), "uncollectible_at", **own)
    notes = CreditNote.objects.for_business(customer.business_id)
    notes = notes.filter(invoice__customer=customer, currency=currency)
    yield _Source(Kind.CREDIT_NOTE, notes, -F("total"), "on", "invoice__", "number", "invoice__number")


def _of_money(customer: Customer, currency: str) -> Iterator[_Source]:
    money = _payments(customer).filter(currency=currency)
    own = {"detail": "method", "subject": "payment"}
    yield _Source(Kind.PAYMENT, money, F("tip") - F("amount"), "paid_on", key="pk", **own)
    back = Refund.objects.for_business(customer.business_id)
    back = back.filter(payment__customer=customer, payment__currency=currency)
    for kind, refund_kind in ((Kind.REFUND, RefundKind.REFUND), (Kind.CHARGEBACK, RefundKind.CHARGEBACK)):
        yield _Source(kind, back.filter(kind=refund_kind), F("amount"), "on", key="payment_id", **own)


def _of_moves(customer: Customer, currency: str) -> Iterator[_Source]:
    own = {"day": "on", "invoice": "invoice__", "number": "invoice__number", "each": "payment_id"}
    moves = Allocation.objects.filter(invoice__currency=currency)
    mine = moves.filter(invoice__customer=customer)
    yield _Source(Kind.CHARGES, mine, F("fine") + F("interest"), **own)
    yield _Source(Kind.DISCOUNT, mine, -F("discount"), **own)
    yield _Source(Kind.WRITE_OFF, mine, -F("write_off"), **own)
    yield _Source(Kind.BY_OTHERS, mine.exclude(payment__customer=customer), -F("amount"), **own)
    given = moves.filter(payment__customer=customer).exclude(invoice__customer=customer)
    yield _Source(Kind.FOR_OTHERS, given, F("amount"), **own)


def _sum(source: _Source, business: Business, day: date) -> int:
    return source.rows.filter(source.by(business, day)).aggregate(sum=Sum(source.amount))["sum"] or 0


def _rows(
    source: _Source, business: Business, before: date, end: date, numbers: dict[int, str]
) -> Iterator[Row]:
    columns = source.columns()
    found = source.rows.filter(source.by(business, end)).exclude(source.by(business, before)).order_by()
    for row in found.values(source.each, **columns).annotate(sum=Sum(source.amount)):
        if row["sum"] or source.kind == Kind.GIVEN_UP:
            yield _row(source, business, row, numbers)


def _row(source: _Source, business: Business, row: dict[str, Any], numbers: dict[int, str]) -> Row:
    detail = row.get("its_detail", "")
    document = row.get("its_number", "") or numbers.get(row["its_key"], "")
    return Row(
        on=_day(business, row),
        kind=source.kind,
        detail=str(Method(detail).label) if source.detail == "method" else detail,
        document=document,
        amount=row["sum"],
        balance=0,
        subject=source.subject,
        key=row["its_key"],
    )


def _day(business: Business, row: dict[str, Any]) -> date:
    days = [issued_on(business, row["its_dated"], row["its_final"])] if "its_dated" in row else []
    if "its_day" in row:
        day = row["its_day"]
        days.append(business.today(day) if isinstance(day, datetime) else day)
    return max(days)


def _numbers(customer: Customer, currency: str) -> dict[int, str]:
    """The invoices that each payment paid."""
    moves = Allocation.objects.filter(payment__customer=customer, payment__currency=currency)
    found: defaultdict[int, list[str]] = defaultdict(list)
    for key, number in moves.order_by("invoice_id").values_list("payment_id", "invoice__number").distinct():
        found[key].append(str(number))
    return {
        key: ", ".join(list_[:NAMED]) + ("…" if len(list_) > NAMED else "") for key, list_ in found.items()
    }


def _place(row: Row) -> tuple[date, int, int]:
    return row.on, ORDER[row.kind], row.key


def _with_balances(rows: Iterable[Row], balance: int) -> Iterator[Row]:
    for row in rows:
        balance += row.amount
        yield Row(**{**row.__dict__, "balance": balance})
