"""A second set of books: what invoices and payments must come to, kept in plain Python beside the database.

Prices come from the pure `quote` of this history; what money does with them, and what is taken back, is told here.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from businesses.terms import Terms
from invoices.quote import Debt, Move, Quote, Waiver, quote
from invoices.schedule import Part

TAKES_MONEY = ("open", "uncollectible")
NAMES = ("principal", "interest", "fine", "discount", "write_off")


class Refused(Exception):
    """What the real thing must refuse as well."""


@dataclass
class Entry:
    """Money of one payment on one part of one invoice."""

    payment: int
    part: int
    on: date
    principal: int = 0
    interest: int = 0
    fine: int = 0
    discount: int = 0
    write_off: int = 0
    is_gift: bool = False
    """Its write-off is principal that a refund let go: not asked for again."""

    @property
    def money(self) -> int:
        return self.principal + self.interest + self.fine


@dataclass
class Paper:
    """An issued invoice; `lines` holds what each line came to and what was credited of it."""

    customer: int
    parts: tuple[Part, ...]
    terms: Terms
    lines: list[list[int]]
    status: str = "open"
    credited: int = 0
    entries: list[Entry] = field(default_factory=list)
    waivers: list[Waiver] = field(default_factory=list)

    def sum(self, *names: str) -> int:
        return sum(getattr(entry, name) for entry in self.entries for name in names)

    @property
    def invoiced(self) -> int:
        return sum(part.amount for part in self.parts)

    @property
    def allowed(self) -> int:
        return self.sum("discount", "write_off")

    @property
    def remaining(self) -> int:
        return self.invoiced - self.credited - self.allowed - self.sum("principal")

    def quote(self, on: date) -> Quote:
        moves = tuple(
            Move(row.part, row.on, row.principal, row.discount + row.write_off, row.fine, row.interest)
            for row in self.entries
        )
        waivers = tuple(self.waivers)
        return quote(Debt("BRL", self.parts, self.terms, "BR", moves, self.credited, waivers), on)

    def settle_status(self) -> None:
        if not self.remaining:
            self.status = "paid"
        elif self.status == "paid":
            self.status = "open"

    def columns(self) -> tuple[str, int, int, int, int]:
        """Status, paid, surcharge, allowance, credited: as the row of the database must have them."""
        surcharge = self.sum("fine", "interest")
        return self.status, self.sum("principal") + surcharge, surcharge, self.allowed, self.credited

    def shares(self, payment: int | None = None) -> list[tuple[int, int]]:
        """(payment, part) pairs that hold money: the last part first, the newest payment first."""
        held: Counter[tuple[int, int]] = Counter()
        for row in self.entries:
            if payment in (None, row.payment):
                held[row.part, row.payment] += row.money
        return [(key, part) for (part, key), money in sorted(held.items(), reverse=True) if money]

    def held(self, name: str, payment: int, part: int | None = None) -> int:
        return sum(getattr(row, name) for row in self.of(payment, part))

    def of(self, payment: int, part: int | None = None) -> list[Entry]:
        return [row for row in self.entries if row.payment == payment and part in (None, row.part)]


@dataclass
class Money:
    customer: int
    currency: str
    amount: int
    tip: int
    paid_on: date
    refunded: int = 0
    lost: bool = False
    disputed: bool = False


@dataclass
class Books:
    papers: dict[int, Paper] = field(default_factory=dict)
    money: dict[int, Money] = field(default_factory=dict)

    def applied(self, key: int) -> int:
        return sum(paper.held("money", key) for paper in self.papers.values())

    def unapplied(self, key: int) -> int:
        row = self.money[key]
        return row.amount - row.tip - row.refunded - self.applied(key)

    def pay(
        self, key: int, invoice: int, on: date, most: int | None = None, first: int | None = None
    ) -> None:
        """What a payment does to an invoice on a day."""
        paper = self.papers[invoice]
        purse = self.unapplied(key) if most is None else min(most, self.unapplied(key))
        if paper.status not in TAKES_MONEY or self.money[key].currency != "BRL" or purse <= 0:
            return
        asked = paper.quote(on)
        short = asked.total - purse
        forgiven = short if 0 < short <= paper.terms.tolerance else 0
        rows = list(_spent(asked, purse + forgiven, key, first))
        for row in reversed(rows):
            forgiven = _forgive(row, forgiven)
        paper.entries += rows
        paper.settle_status()

    def give_back(self, key: int, amount: int, on: date, *, reopen: bool) -> None:
        row = self.money[key]
        if not 0 < amount <= row.amount - row.refunded:
            raise Refused
        left = amount - min(amount, self.unapplied(key))
        for _key, paper in sorted(self.papers.items(), reverse=True):
            left -= _taken(paper, key, left, on, reopen)
        row.tip -= left
        row.refunded += amount

    def credit(self, invoice: int, amount: int, on: date, line: int | None) -> list[tuple[int, int]]:
        """A credit note; returns the payments that it frees money of, and how much."""
        paper = self.papers[invoice]
        if paper.status not in (*TAKES_MONEY, "paid"):
            raise Refused
        if line is not None and amount > paper.lines[line][0] - paper.lines[line][1]:
            raise Refused
        most = paper.invoiced - paper.credited - paper.allowed
        if amount > most:
            raise Refused
        left = max(0, paper.sum("principal") - (most - amount))
        freed = []
        for key, part in paper.shares():
            taken = min(left, paper.held("principal", key, part))
            if taken:
                last = max(row.on for row in paper.of(key, part))
                paper.entries.append(Entry(key, part, max(on, last), principal=-taken))
                freed.append((key, taken))
            left -= taken
        paper.credited += amount
        if line is not None:
            paper.lines[line][1] += amount
        paper.settle_status()
        return freed

    def credits_of(self, customer: int) -> list[int]:
        """Payments with something left, the oldest first."""
        mine = [key for key, row in self.money.items() if (row.customer, row.currency) == (customer, "BRL")]
        return sorted(filter(self.unapplied, mine), key=lambda key: (self.money[key].paid_on, key))

    def use_credit(self, invoice: int, on: date) -> None:
        for key in self.credits_of(self.papers[invoice].customer):
            self.pay(key, invoice, on)


def _spent(asked: Quote, purse: int, payment: int, first: int | None) -> Iterator[Entry]:
    """Fine, interest, principal of each part, the wanted one first; a discount only with all of the principal."""
    for part in sorted(asked.parts, key=lambda part: (part.index != first, part.due_on, part.index)):
        fine = min(purse, part.fine - part.waived_fine)
        interest = min(purse - fine, part.interest - part.waived_interest)
        left = purse - fine - interest
        granted = part.discount if left >= part.remaining - part.discount else 0
        principal = min(left, part.remaining - granted)
        if fine + interest + principal + granted:
            yield Entry(payment, part.index, asked.on, principal, interest, fine, granted)
        purse = left - principal


def _forgive(row: Entry, short: int) -> int:
    """Missing cents: of the principal they are written off, fine and interest are just not collected."""
    principal = min(short, row.principal)
    interest = min(short - principal, row.interest)
    fine = min(short - principal - interest, row.fine)
    row.principal -= principal
    row.write_off += principal
    row.interest -= interest
    row.fine -= fine
    return short - principal - interest - fine


def _taken(paper: Paper, payment: int, most: int, on: date, reopen: bool) -> int:
    """Principal, then interest, then fine. Let go, unless the invoice is to ask for it again."""
    left = most
    for key, part in paper.shares(payment):
        rows = paper.of(key, part)
        held = {name: sum(getattr(row, name) for row in rows) for name in ("money", *NAMES)}
        row = Entry(key, part, max(on, *(row.on for row in rows)))
        for name in ("principal", "interest", "fine"):
            share = min(left, held[name])
            setattr(row, name, -share)
            left -= share
        if not row.money:
            continue
        if reopen and -row.money == held["money"]:
            row.discount = -held["discount"]
            row.write_off = -sum(row.write_off for row in rows if not row.is_gift)
        elif not reopen:
            row.write_off, row.is_gift = -row.principal, True
        paper.entries.append(row)
        paper.settle_status()
    return most - left
