"""What a business is owed and was paid lately, read once so that a whole bank file can be compared with it.

Amounts are minor units of the file's currency; invoices in another one are not looked at.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from businesses.models import Account, Business
from businesses.terms import Terms
from core.boleto_banks import label, max_number
from core.problems import Problem
from invoices.models import Invoice
from invoices.quote import Quote, quote
from invoices.schedule import MAX_PARTS
from invoices.status import Status
from payments import ledger
from payments.actions import TAKES_MONEY
from payments.bankfiles.movement import Movement
from payments.models import Allocation, Method, Payment

BATCH = 500
MAX_QUOTES = 150_000
"""Of invoices with a discount, fine or interest, one for each day. Past it they are found by their payer only."""
HEAVY = ("terms", "description", "search_text", "metadata", "extras", "recipients", "tip_percents")


class Owing:
    """An issued invoice and what it owes on a day. `taken` are the parts that a surer movement pays."""

    def __init__(self, invoice: Invoice) -> None:
        self.invoice = invoice
        self.debt = ledger.debt(invoice)
        self.is_steady = _without_days(self.debt.terms)
        self.taken: set[int] = set()

    @cached_property
    def tax_ids(self) -> frozenset[str]:
        found = {self.invoice.payer.get("tax_id", ""), self.invoice.customer.tax_id}
        return frozenset(filter(None, found))

    @cached_property
    def names(self) -> frozenset[str]:
        payer, customer = self.invoice.payer, self.invoice.customer
        found = {payer.get("name", ""), payer.get("legal_name", ""), customer.name, customer.legal_name}
        return frozenset(filter(None, found))

    @cached_property
    def _always(self) -> Quote:
        return quote(self.debt, self.invoice.due_on)

    def quote(self, on: date) -> Quote:
        return self._always if self.is_steady else quote(self.debt, on)

    def due(self, on: date, part: int | None) -> int:
        found = self.quote(on)
        return found.total if part is None else found.parts[part].total

    def known_part(self, part: int | None) -> int | None:
        return part if part is not None and part < len(self.debt.parts) else None

    def amounts(self, on: date) -> Iterator[tuple[int, int | None]]:
        """What could be paid on that day: everything, or one of several parts."""
        found = self.quote(on)
        yield found.total, None
        if sum(part.total > 0 for part in found.parts) > 1:
            yield from ((part.total, part.index) for part in found.parts if part.total > 0)

    def place_for(self, on: date, amount: int) -> "Place | None":
        """Where exactly this amount is due on that day."""
        places = (Place(self, part) for due, part in self.amounts(on) if due == amount)
        return next((place for place in places if place.is_free), None)

    @property
    def is_taken(self) -> bool:
        return len(self.taken) == len(self.debt.parts)

    def take(self, part: int | None) -> None:
        self.taken |= set(range(len(self.debt.parts))) if part is None else {part}


@dataclass(frozen=True)
class Place:
    """An invoice, or one part of it."""

    owing: Owing
    part: int | None

    @property
    def is_free(self) -> bool:
        return not self.owing.taken if self.part is None else self.part not in self.owing.taken


def _without_days(terms: Terms) -> bool:
    """Nothing that is due depends on the day."""
    return replace(terms, tolerance=0, moves_to_workday=True) == Terms()


class AmountsDue:
    """Where an amount is due on a day, for movements that come in the order of their days.

    What is due never falls from one day to the next, so that an invoice is quoted on a day only when an amount of
    that day lies between what it owed on the first and on the last day of all.
    """

    def __init__(self, owing: Iterable[Owing], movements: Sequence[Movement]) -> None:
        self._wanted: dict[date, list[int]] = defaultdict(list)
        for movement in sorted(movements, key=lambda movement: movement.amount):
            self._wanted[movement.on].append(movement.amount)
        self._steady: dict[int, list[Place]] = defaultdict(list)
        self._moving: list[tuple[Owing, int, int]] = []
        self._day: date | None = None
        self._today: dict[int, list[Place]] = {}
        self._quotes_left = MAX_QUOTES
        for row in owing if self._wanted else ():
            self._sort(row, min(self._wanted), max(self._wanted))

    def _sort(self, row: Owing, first: date, last: date) -> None:
        before, after = list(row.amounts(first)), list(row.amounts(last))
        if before == after:
            _add(self._steady, row, before)
        else:
            bounds = [amount for amount, _part in before + after]
            self._moving.append((row, min(bounds), max(bounds)))

    @property
    def is_exhausted(self) -> bool:
        """Whether invoices whose amount changes by the day are still compared."""
        return self._quotes_left <= 0

    def at(self, on: date, amount: int) -> list[Place]:
        """One place for each invoice that had been issued by then, the one due first in front."""
        found: dict[int, Place] = {}
        for place in [*self._steady.get(amount, []), *self._on(on).get(amount, [])]:
            if place.is_free and place.owing.invoice.issue_on <= on:
                found.setdefault(place.owing.invoice.pk, place)
        return sorted(found.values(), key=lambda place: (place.owing.invoice.due_on, place.owing.invoice.pk))

    def _on(self, on: date) -> dict[int, list[Place]]:
        if on != self._day:
            self._day, self._today = on, defaultdict(list)
            for row, least, most in self._moving:
                if self._quotes_left > 0 and _has_between(self._wanted[on], least, most):
                    self._quotes_left -= 1
                    _add(self._today, row, row.amounts(on))
        return self._today


def _has_between(amounts: Sequence[int], least: int, most: int) -> bool:
    place = bisect_left(amounts, least)
    return place < len(amounts) and amounts[place] <= most


def _add(table: dict[int, list[Place]], row: Owing, amounts: Iterable[tuple[int, int | None]]) -> None:
    for amount, part in amounts:
        table[amount].append(Place(row, part))


@dataclass
class Paid:
    """A payment that is here; one movement at most is taken for it."""

    pk: int
    source: str
    external_id: str
    on: date
    tax_ids: frozenset[str]
    names: frozenset[str]
    invoices: set[int] = field(default_factory=set)
    is_used: bool = False

    def is_another(self, origin: str) -> bool:
        """From a file of the same kind and account: there the bank's own ids tell movements apart."""
        return self.source == "bank" and self.external_id.startswith(f"{origin}-")


class Book:
    """Everything that the rules ask about. A few queries for a file, one more for a closed boleto that it names.

    `is_account_certain`: the file does not name another account than the one that was chosen.
    """

    def __init__(
        self,
        business: Business,
        account: Account | None,
        movements: Sequence[Movement],
        words_of: Callable[[Movement], Iterable[str]],
        *,
        is_account_certain: bool,
    ) -> None:
        self.account, self.is_account_certain = account, is_account_certain
        self._business = business
        currency = movements[0].currency if movements else business.currency
        rows = Invoice.objects.for_business(business).current().exclude(status=Status.DRAFT)
        rows = rows.filter(currency=currency).select_related("customer", "business").defer(*HEAVY)
        self._rows = rows.prefetch_related("allocations", "waivers")
        self.invoices: dict[int, Owing] = {}
        self.by_public_id: dict[str, Owing] = {}
        self.by_number: dict[str, Owing] = {}
        self._by_serial: dict[int, Place] = {}
        self.by_tax_id: dict[str, list[Owing]] = defaultdict(list)
        self._open(movements, words_of)
        self.payments = _paid(business, currency, movements)

    def _open(self, movements: Sequence[Movement], words_of: Callable[[Movement], Iterable[str]]) -> None:
        rows = self._rows.filter(status__in=TAKES_MONEY).order_by("due_on", "pk")
        self.waiting = [self._add(invoice) for invoice in rows]
        for owing in self.waiting:
            for tax_id in owing.tax_ids:
                self.by_tax_id[tax_id].append(owing)
        txids = {movement.txid[:24].lower() for movement in movements if movement.txid}
        numbers = {word for movement in movements for word in words_of(movement)}
        self._add_named("public_id__in", txids - set(self.by_public_id))
        wanted = numbers - set(self.by_number)
        self._add_named("number__in", wanted | {word.upper() for word in wanted})

    def _add_named(self, lookup: str, names: set[str]) -> None:
        for batch in _batches(sorted(names)):
            for invoice in self._rows.filter(**{lookup: batch}):
                self._add(invoice)

    def _add(self, invoice: Invoice) -> Owing:
        if invoice.pk in self.invoices:
            return self.invoices[invoice.pk]
        owing = self.invoices[invoice.pk] = Owing(invoice)
        self.by_public_id[invoice.public_id] = owing
        self.by_number[str(invoice.number).casefold()] = owing
        if self.account and invoice.account_id == self.account.pk and invoice.our_number is not None:
            several = len(owing.debt.parts) > 1
            for i in range(len(owing.debt.parts)):
                self._by_serial[invoice.our_number + i] = Place(owing, i if several else None)
        return owing

    def by_our_number(self, digits: str) -> Place | None:
        """Whose boleto it is: `our_number <= n < our_number + parts` of the chosen account."""
        serial = serial_of(digits, self.account) if self.account else None
        if serial is None or self.account is None:
            return None
        if serial not in self._by_serial:
            near = self._rows.filter(account=self.account, our_number__range=(serial - MAX_PARTS + 1, serial))
            last = near.order_by("-our_number").first()
            if last is not None:
                self._add(last)
        return self._by_serial.get(serial)

    def origin(self, movement: Movement) -> str:
        """Which account and kind of file it came by, as its fingerprint begins."""
        return fingerprint(self.account, movement).partition("-")[0]


def fingerprint(account: Account | None, movement: Movement) -> str:
    """The same for the same movement in another file of the account; CSV ids alone would not tell accounts apart."""
    return f"{account.pk if account else 0}:{movement.external_id}"


def serial_of(digits: str, account: Account) -> int | None:
    """Our own number in what the bank calls “nosso número”: without the agreement or wallet that some banks put in
    front, and without the check digit; None when the account makes no boletos or the digits are another's.
    """
    try:
        holder = account.bank_account()
        width = len(str(max_number(holder)))
    except Problem:
        return None
    for prefix in ("", holder.wallet, holder.agreement):
        rest = digits.removeprefix(prefix) if digits.startswith(prefix) else ""
        if len(rest) == width:
            return int(rest)
        if len(rest) == width + 1 and label(holder, int(rest[:-1])).endswith(f"-{rest[-1]}"):
            return int(rest[:-1])
    return int(digits) if digits and len(digits) < width else None


def _paid(business: Business, currency: str, movements: Sequence[Movement]) -> dict[int, list[Paid]]:
    """Payments of about these days and exactly these amounts, by amount."""
    if not movements:
        return {}
    days, amounts = [movement.on for movement in movements], {movement.amount for movement in movements}
    span = (min(days) - timedelta(days=4), max(days) + timedelta(days=4))
    rows = Payment.objects.for_business(business).filter(currency=currency, paid_on__range=span)
    rows = (
        rows.exclude(method__in=[Method.CASH, Method.CREDIT_CARD]).select_related("customer").order_by("pk")
    )
    found: dict[int, list[Paid]] = defaultdict(list)
    by_key: dict[int, Paid] = {}
    for row in rows.iterator(2000):
        if row.amount in amounts:
            by_key[row.pk] = _as_paid(row)
            found[row.amount].append(by_key[row.pk])
    for batch in _batches(sorted(by_key)):
        for payment, invoice in Allocation.objects.filter(payment__in=batch).values_list(
            "payment", "invoice"
        ):
            by_key[payment].invoices.add(invoice)
    return dict(found)


def _as_paid(row: Payment) -> Paid:
    tax_ids = {row.payer_tax_id, row.customer.tax_id if row.customer else ""}
    names = {row.payer_name, row.customer.name if row.customer else ""}
    return Paid(
        row.pk,
        row.source,
        row.external_id,
        row.paid_on,
        frozenset(filter(None, tax_ids)),
        frozenset(filter(None, names)),
    )


def _batches(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))
