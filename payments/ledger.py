"""An invoice's debt from its rows, and the rows that say where a payment's money went or was taken back from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, Max, Q, Sum
from django.db.models.functions import Coalesce

from businesses.terms import Terms
from invoices.balance import Movement
from invoices.models import Invoice
from invoices.quote import Debt, Move, PartQuote, Quote, Settlement, Waiver, quote
from invoices.schedule import Part, parts_of
from payments.models import Allocation, Payment

MONEY = ("principal", "interest", "fine")
"""What is given back first to last: the law lets interest and fine be earned before principal."""
LET_GO = ("discount", "write_off")
OF_SETTLING = Q(amount__gte=0) | Q(write_off__lt=0)
"""Rows that wrote off a missing remainder, or asked for it again; the others are refunds that let principal go."""


def debt(invoice: Invoice) -> Debt:
    """Everything the amount due on a day follows from. Three queries; none when the rows are prefetched."""
    moves = [
        Move(row.part, row.on, row.principal, row.discount + row.write_off, row.fine, row.interest)
        for row in invoice.allocations.all()
    ]
    return Debt(
        invoice.currency,
        tuple(parts(invoice)),
        Terms.of(invoice.payment_terms),
        country(invoice),
        tuple(moves),
        invoice.credit_total,
        tuple(Waiver(row.fine, row.interest, row.amount) for row in invoice.waivers.all()),
    )


def owed(invoice: Invoice, on: date) -> Quote:
    """What is due on a day of the business's calendar, and why."""
    return quote(debt(invoice), on)


def first_open(quoted: Quote) -> PartQuote | None:
    """The part that is asked for first: the earliest with principal unpaid."""
    unpaid = (part for part in quoted.parts if part.remaining)
    return min(unpaid, key=lambda part: part.due_on, default=None)


def asked(invoice: Invoice, today: date) -> tuple[Quote, PartQuote | None]:
    """What a message asks for: the first open part as on its due day, or as today when that is over."""
    now = owed(invoice, today)
    part = first_open(now)
    if part is None:
        return now, None
    quoted = owed(invoice, max(part.late_from, today))
    return quoted, quoted.parts[part.index]


def parts(invoice: Invoice) -> list[Part]:
    """The parts of its schedule, or all of it in one."""
    return parts_of(invoice.schedule) or [Part(invoice.due_on, invoice.amount_invoiced)]


def country(invoice: Invoice) -> str:
    """Whose holidays count: the issuer's, as it was at issue."""
    return str(invoice.issuer.get("address", {}).get("country") or invoice.business.country)


def write(payment: Payment, invoice: Invoice, settlement: Settlement) -> Movement:
    """Store where the money went; returns what it does to the invoice."""
    left = settlement.write_off
    rows = []
    for move in reversed(settlement.moves):
        written_off = min(left, move.discount)
        left -= written_off
        rows.append(_row(payment, invoice, move, written_off))
    return _stored(payment, rows[::-1])


def _row(payment: Payment, invoice: Invoice, move: Move, written_off: int) -> Allocation:
    return Allocation(
        payment=payment,
        invoice=invoice,
        part=move.part,
        on=move.on,
        amount=move.principal + move.fine + move.interest,
        principal=move.principal,
        fine=move.fine,
        interest=move.interest,
        discount=move.discount - written_off,
        write_off=written_off,
    )


def _stored(payment: Payment, rows: Sequence[Allocation]) -> Movement:
    Allocation.objects.bulk_create(rows)
    money = sum(row.amount for row in rows)
    Payment.objects.for_business(payment.business_id).filter(pk=payment.pk).update(
        applied=F("applied") + money
    )
    payment.applied += money
    return Movement(
        money,
        sum(row.fine + row.interest for row in rows),
        sum(row.discount + row.write_off for row in rows),
    )


@dataclass(frozen=True)
class Share:
    """What a payment has on one part of an invoice, all its rows together.

    `write_off` is without what a refund let go: that stays let go. `last_on` is the day of the latest row.
    """

    payment_id: int
    part: int
    last_on: date
    principal: int
    interest: int
    fine: int
    discount: int
    write_off: int

    @property
    def money(self) -> int:
        return self.principal + self.interest + self.fine


def shares(invoice: Invoice, payment: Payment | None = None) -> list[Share]:
    """The last part first and the newest payment first: the order in which money is taken back."""
    rows = invoice.allocations.all() if payment is None else invoice.allocations.filter(payment=payment)
    names = (*MONEY, *LET_GO)
    sums: dict[str, Any] = {f"{name}_sum": Sum(name) for name in names}
    sums["write_off_sum"] = Coalesce(Sum("write_off", filter=OF_SETTLING), 0)
    found: Iterable[Any] = rows.order_by().values("payment_id", "part").annotate(last_on=Max("on"), **sums)
    held = [share for share in map(_share, found) if share.money]
    return sorted(held, key=lambda share: (-share.part, -share.payment_id))


def _share(row: dict[str, Any]) -> Share:
    sums = {name: row[f"{name}_sum"] for name in (*MONEY, *LET_GO)}
    return Share(row["payment_id"], row["part"], row["last_on"], **sums)


def take_back(
    invoice: Invoice, payment: Payment, amount: int, on: date, *, reopen: bool, only_principal: bool = False
) -> Movement:
    """Take `amount` of a payment off an invoice, never before the day it came there; what it does to the invoice.

    `reopen`: the invoice asks for it again. Otherwise the principal is let go. With `only_principal` nothing else is
    touched: a credit note lowers the debt itself.
    """
    rows = []
    for share in shares(invoice, payment):
        taken = min(amount, share.principal if only_principal else share.money)
        if taken:
            rows.append(_reversal(invoice, payment, share, taken, on, reopen, only_principal))
            amount -= taken
    return _stored(payment, rows)


def _reversal(
    invoice: Invoice,
    payment: Payment,
    share: Share,
    amount: int,
    on: date,
    reopen: bool,
    only_principal: bool,
) -> Allocation:
    taken = dict(_spread(share, amount))
    let_go = {"discount": 0, "write_off": 0}
    if reopen and amount == share.money and not only_principal:
        let_go = {"discount": -share.discount, "write_off": -share.write_off}
    if not reopen and not only_principal:
        let_go["write_off"] = taken["principal"]
    return Allocation(
        payment=payment,
        invoice=invoice,
        part=share.part,
        on=max(on, share.last_on),
        amount=-amount,
        **{name: -value for name, value in taken.items()},
        **let_go,
    )


def _spread(share: Share, amount: int) -> Iterable[tuple[str, int]]:
    for name in MONEY:
        part = min(amount, getattr(share, name))
        amount -= part
        yield name, part
