"""What is due on a day, and how money pays it: pure functions of parts, terms and what has already happened.

Nothing here is stored: the same debt quoted for the same day gives the same answer, line by line. Per part:

    total = amount - credited - paid - granted - discount + fine + interest - waived

Fine and interest start after the due day, moved to the next workday (Law 7.089/83). Interest is simple, exact, and
rounded half up once; money pays fine and interest before principal (Civil Code art. 354).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from businesses.terms import Terms
from core.problems import Problem
from core.workdays import next_workday
from invoices import rates
from invoices.schedule import Part

NOTHING: rates.Found = (0, {})


class StepKind(StrEnum):
    PRINCIPAL = "principal"
    PAID = "paid"
    CREDITED = "credited"
    DISCOUNT = "discount"
    FINE = "fine"
    INTEREST = "interest"
    WAIVED = "waived"


@dataclass(frozen=True)
class Move:
    """An allocation to a part that has happened, in minor units; negative ones take it back.

    `discount` is what was let go of the principal: an early discount or a small remainder written off.
    """

    part: int
    on: date
    principal: int
    discount: int = 0
    fine: int = 0
    interest: int = 0

    @property
    def money(self) -> int:
        return self.principal + self.fine + self.interest

    @property
    def settled(self) -> int:
        """How much less principal is owed."""
        return self.principal + self.discount


@dataclass(frozen=True)
class Waiver:
    """Staff let go of fine, interest or both: up to `amount` minor units over the invoice's life, or all (None)."""

    fine: bool
    interest: bool
    amount: int | None = None


@dataclass(frozen=True)
class Debt:
    """`credited`: minor units taken off by credit notes, as if they had never been owed."""

    currency: str
    parts: tuple[Part, ...]
    terms: Terms
    country: str
    moves: tuple[Move, ...] = ()
    credited: int = 0
    waivers: tuple[Waiver, ...] = ()


@dataclass(frozen=True)
class Step:
    """One line of the derivation, signed minor units; `data` holds what its words need."""

    kind: StepKind
    amount: int
    data: Mapping[str, Any] = field(default_factory=dict)
    part: int = 0


@dataclass(frozen=True)
class PartQuote:
    """In minor units. `paid` and `granted` (discounts and write-offs of the past) lowered the principal;
    `discount`, `fine` and `interest` are today's, `waived` is what staff let go of the last two."""

    index: int
    due_on: date
    late_from: date
    amount: int
    paid: int
    granted: int
    credited: int
    remaining: int
    discount: int
    fine: int
    interest: int
    waived_fine: int
    waived_interest: int
    days_late: int
    steps: tuple[Step, ...]

    @property
    def waived(self) -> int:
        return self.waived_fine + self.waived_interest

    @property
    def total(self) -> int:
        return self.remaining - self.discount + self.fine + self.interest - self.waived


@dataclass(frozen=True)
class Quote:
    """The sums are over all parts; `principal` is what is still unpaid of it."""

    on: date
    parts: tuple[PartQuote, ...]

    @property
    def principal(self) -> int:
        return sum(part.remaining for part in self.parts)

    @property
    def discount(self) -> int:
        return sum(part.discount for part in self.parts)

    @property
    def fine(self) -> int:
        return sum(part.fine for part in self.parts)

    @property
    def interest(self) -> int:
        return sum(part.interest for part in self.parts)

    @property
    def waived(self) -> int:
        return sum(part.waived for part in self.parts)

    @cached_property
    def total(self) -> int:
        return sum(part.total for part in self.parts)

    @property
    def steps(self) -> tuple[Step, ...]:
        """Part by part; they sum to the total."""
        return tuple(step for part in self.parts for step in part.steps)


@dataclass(frozen=True)
class Settlement:
    """How money pays a quote: the moves to store, how much principal was let go, and what nobody owed."""

    moves: tuple[Move, ...]
    write_off: int
    surplus: int


@dataclass
class _Account:
    """One part as it stands: `moves` are its own, `settled` the principal that they closed."""

    index: int
    part: Part
    moves: tuple[Move, ...]
    settled: int
    credited: int
    late_from: date
    debt: Debt
    on: date

    @property
    def remaining(self) -> int:
        return self.part.amount - self.credited - self.settled

    @property
    def is_late(self) -> bool:
        return self.on > self.late_from

    @cached_property
    def fine(self) -> rates.Found:
        """Once, on what was unpaid when the part became late; less what has been paid of it."""
        base = self.outstanding(self.late_from) if self.is_late else 0
        due = rates.fine(self.debt.terms, base) - sum(move.fine for move in self.moves)
        return max(0, due), {"percent": self.debt.terms.fine_percent, "base": base}

    @cached_property
    def interest(self) -> rates.Found:
        """On the principal of each span between payments; less what has been paid of it."""
        if not self.is_late or not self.debt.terms.interest:
            return NOTHING
        whole, data = rates.interest(self.debt.terms, self._spans(), self.debt.country)
        return max(0, whole - sum(move.interest for move in self.moves)), data

    def outstanding(self, day: date) -> int:
        """The principal that was unpaid when a day ended."""
        paid = sum(move.settled for move in self.moves if move.on <= day)
        return max(0, self.part.amount - self.credited - paid)

    def _spans(self) -> list[rates.Span]:
        """From the due day on; a payment lowers the principal from the next day on."""
        turns = sorted({move.on for move in self.moves if self.late_from < move.on < self.on})
        ends = pairwise([self.late_from, *turns, self.on])
        return [(start, end, self.outstanding(start)) for start, end in ends]


@dataclass
class _Purse:
    """What is left of a waiver that has a limit."""

    waiver: Waiver
    left: int

    def take(self, wanted: int) -> int:
        taken = min(wanted, self.left)
        self.left -= taken
        return taken


def quote(debt: Debt, on: date) -> Quote:
    """What is due on a day. What has been paid stays paid whatever the day; later moves lower no earlier interest."""
    accounts = _accounts(debt, on)
    waived = _waived(debt.waivers, accounts)
    return Quote(on, tuple(_part_quote(account, *waived[account.index]) for account in accounts))


def _accounts(debt: Debt, on: date) -> list[_Account]:
    moves: list[list[Move]] = [[] for _part in debt.parts]
    for move in debt.moves:
        moves[move.part].append(move)
    sums = (sum(move.settled for move in mine) for mine in moves)
    settled = [min(max(0, done), part.amount) for done, part in zip(sums, debt.parts, strict=True)]
    credited = _credited(debt, settled)
    return [
        _Account(i, part, tuple(moves[i]), settled[i], credited[i], _late_from(part, debt), debt, on)
        for i, part in enumerate(debt.parts)
    ]


def _late_from(part: Part, debt: Debt) -> date:
    return next_workday(part.due_on, debt.country) if debt.terms.moves_to_workday else part.due_on


def _credited(debt: Debt, settled: Sequence[int]) -> list[int]:
    """From the last part backwards, each by what is unpaid of it: a credit never lowers what has been paid."""
    left, found = debt.credited, []
    for part, done in zip(reversed(debt.parts), reversed(settled), strict=True):
        found.append(min(left, part.amount - done))
        left -= found[-1]
    return found[::-1]


def _waived(waivers: Sequence[Waiver], accounts: Sequence[_Account]) -> dict[int, tuple[int, int]]:
    """Fine and interest let go, by part. Settled parts come first: what was let go there is used up for good."""
    if not waivers:
        return dict.fromkeys(range(len(accounts)), (0, 0))
    narrow_first = sorted(waivers, key=lambda waiver: waiver.fine and waiver.interest)
    purses = [_Purse(waiver, waiver.amount) for waiver in narrow_first if waiver.amount is not None]
    all_fine = any(waiver.fine for waiver in waivers if waiver.amount is None)
    all_interest = any(waiver.interest for waiver in waivers if waiver.amount is None)
    found = {}
    for account in sorted(accounts, key=lambda account: account.remaining > 0):
        fine, interest = account.fine[0], account.interest[0]
        found[account.index] = (
            fine if all_fine else _taken(fine, [purse for purse in purses if purse.waiver.fine]),
            interest if all_interest else _taken(interest, [x for x in purses if x.waiver.interest]),
        )
    return found


def _taken(wanted: int, purses: Sequence[_Purse]) -> int:
    left = wanted
    for purse in purses:
        left -= purse.take(left)
    return wanted - left


def _part_quote(account: _Account, waived_fine: int, waived_interest: int) -> PartQuote:
    """A settled part owes nothing more, also no fine that nobody asked for in time."""
    is_open = account.remaining > 0
    terms, country, part = account.debt.terms, account.debt.country, account.part
    granted = min(max(sum(move.discount for move in account.moves), 0), account.settled)
    discount = rates.early(terms, part.due_on, account.on, account.remaining, country)
    fine, interest = (account.fine, account.interest) if is_open else (NOTHING, NOTHING)
    waived = (waived_fine, waived_interest) if is_open else (0, 0)
    lines: list[tuple[StepKind, int, dict[str, Any]]] = [
        (StepKind.PRINCIPAL, part.amount, {}),
        (StepKind.CREDITED, -account.credited, {}),
        (StepKind.PAID, granted - account.settled, {}),
        (StepKind.DISCOUNT, -granted, {"granted": True}),
        (StepKind.DISCOUNT, -discount[0], discount[1]),
        (StepKind.FINE, *fine),
        (StepKind.INTEREST, *interest),
        (StepKind.WAIVED, -sum(waived), {}),
    ]
    return PartQuote(
        index=account.index,
        due_on=part.due_on,
        late_from=account.late_from,
        amount=part.amount,
        paid=account.settled - granted,
        granted=granted,
        credited=account.credited,
        remaining=account.remaining,
        discount=discount[0],
        fine=fine[0],
        interest=interest[0],
        waived_fine=waived[0],
        waived_interest=waived[1],
        days_late=max(0, (account.on - account.late_from).days) if is_open else 0,
        steps=tuple(Step(*line, account.index) for line in lines if line[1] or line[0] == StepKind.PRINCIPAL),
    )


def settle(quote: Quote, amount: int, *, tolerance: int = 0, first: int | None = None) -> Settlement:
    """How `amount` minor units pay the quote: part `first`, then by due date; in a part fine, interest, principal.

    A part's discount is granted only when it is paid in full. When at most `tolerance` of everything due is missing,
    that much principal is let go. Raises Problem for a negative amount; no money does nothing.
    """
    if amount < 0:
        raise Problem(_("The amount must not be negative."), field="amount", code="negative")
    if not amount:
        return Settlement((), 0, 0)
    short = quote.total - amount
    forgives = 0 < short <= tolerance
    moves, surplus = _paid(quote, quote.total if forgives else amount, first)
    moves, write_off = _let_go(moves, short) if forgives else (moves, 0)
    return Settlement(tuple(moves), write_off, surplus)


def _paid(quote: Quote, amount: int, first: int | None) -> tuple[list[Move], int]:
    moves = []
    for part in sorted(quote.parts, key=lambda part: (part.index != first, part.due_on, part.index)):
        move = _payment(part, amount, quote.on)
        if move.money or move.discount:
            moves.append(move)
            amount -= move.money
    return moves, amount


def _payment(part: PartQuote, amount: int, on: date) -> Move:
    fine = min(amount, part.fine - part.waived_fine)
    interest = min(amount - fine, part.interest - part.waived_interest)
    amount -= fine + interest
    discount = part.discount if amount >= part.remaining - part.discount else 0
    principal = min(amount, part.remaining - discount)
    return Move(part.index, on, principal, discount, fine, interest)


def _let_go(moves: Sequence[Move], short: int) -> tuple[list[Move], int]:
    """Takes what is missing back out of the moves, the last one first; principal so taken is written off."""
    found, written = [], 0
    for move in reversed(moves):
        principal = min(short, move.principal)
        interest = min(short - principal, move.interest)
        fine = min(short - principal - interest, move.fine)
        short -= principal + interest + fine
        written += principal
        kept = (move.principal - principal, move.discount + principal, move.fine - fine)
        found.append(Move(move.part, move.on, *kept, move.interest - interest))
    return found[::-1], written
