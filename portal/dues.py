"""What is due on the day that the reader chose, why, and what each part of a schedule has come to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from businesses.terms import Terms
from core.languages import language
from invoices.models import Invoice
from invoices.quote import Debt, PartQuote, Quote, quote
from invoices.quote_words import explain, rules
from payments import ledger
from portal import asked, words
from portal.asked import ALL, Chosen, Day

KEPT = ("lang", "on", "part", "tip")
"""What a link within the page repeats of its address, each as the page understood it."""


@dataclass(frozen=True)
class Due:
    """`quote` is of the day chosen, `now` of today: a card is charged at once, whatever day was looked at."""

    debt: Debt
    quote: Quote
    now: Quote
    day: Day
    chosen: Chosen
    query: Mapping[str, str]

    @property
    def amount(self) -> int:
        """Minor units, of the part chosen or of everything."""
        return self._share(self.quote)

    @property
    def amount_now(self) -> int:
        return self._share(self.now)

    def _share(self, quote: Quote) -> int:
        return quote.total if self.chosen.part is None else quote.parts[self.chosen.part].total

    @property
    def shown(self) -> Quote:
        """Only the part chosen, so that its lines need not say whose they are."""
        if self.chosen.part is None:
            return self.quote
        return Quote(self.quote.on, (self.quote.parts[self.chosen.part],))

    @property
    def due_on(self) -> date:
        """Of the part chosen, or of the oldest one that is unpaid."""
        parts = self.shown.parts
        return min((part.due_on for part in parts if part.remaining), default=parts[-1].due_on)

    @property
    def is_scheduled(self) -> bool:
        return len(self.quote.parts) > 1

    @property
    def moves(self) -> bool:
        """Whether another day may have another amount."""
        terms = self.debt.terms
        return bool(terms.tiers or terms.per_day or terms.fine_percent or terms.fine_amount or terms.interest)

    def repeated(self, *names: str) -> list[tuple[str, str]]:
        """For a form's hidden fields: what of these the address has."""
        return [(name, self.query[name]) for name in names if self.query.get(name)]

    def address(self, invoice: Invoice, **changes: str) -> str:
        """The page as it is, but for `changes`; an empty value drops its name."""
        values = {name: self.query.get(name, "") for name in KEPT} | changes
        kept = urlencode({name: value for name, value in values.items() if value})
        return reverse("portal:page", args=[invoice.token]) + (f"?{kept}" if kept else "")


@dataclass(frozen=True)
class Why:
    """Lines that add up to the amount, and the rules behind them."""

    rows: list[tuple[str, str]]
    amount: str
    rules: list[str]


@dataclass(frozen=True)
class Row:
    """A part of the schedule; `href` chooses it, and a settled one cannot be chosen."""

    label: str
    day: str
    amount: str
    state: str
    tone: str
    href: str
    is_chosen: bool


def of(invoice: Invoice, query: Mapping[str, str], today: date) -> Due:
    """No queries when allocations and waivers are prefetched."""
    debt = ledger.debt(invoice)
    now = quote(debt, today)
    chosen = asked.part(query, now)
    last = now.parts[-1 if chosen.part is None else chosen.part].due_on
    day = asked.day(query, today, last)
    return Due(debt, now if day.is_today else quote(debt, day.on), now, day, chosen, _understood(query, day))


def _understood(query: Mapping[str, str], day: Day) -> dict[str, str]:
    kept = {name: query[name] for name in ("lang", "part", "tip") if query.get(name)}
    return kept if day.is_today else kept | {"on": day.on.isoformat()}


def label(due: Due) -> str:
    """What the amount at the head is called."""
    part = "" if due.chosen.part is None else part_name(due.quote, due.chosen.part)
    values = {"part": part, "day": words.day(due.day.on)}
    if part:
        return part if due.day.is_today else _("%(part)s, on %(day)s") % values
    if due.day.is_today:
        return _("Amount due today") if due.amount != due.quote.principal else _("Amount due")
    return _("Amount due on %(day)s") % values


def part_name(quote: Quote, part: int) -> str:
    return _("Part %(number)d of %(count)d") % {"number": part + 1, "count": len(quote.parts)}


def why(due: Due, currency: str) -> Why:
    """No rows when nothing but the amount itself is to be told."""
    speech = language()
    rows = explain(due.shown, currency, speech)
    return Why(
        rows if len(rows) > 1 and (len(due.shown.parts) == 1) else [],
        words.money(due.amount, currency),
        _rules(due, currency, speech),
    )


def _rules(due: Due, currency: str, speech: str) -> list[str]:
    parts = due.shown.parts
    if len(parts) > 1:
        return []
    return rules(_to_come(due), currency, parts[0].due_on, speech, amount=parts[0].remaining)


def _to_come(due: Due) -> Terms:
    """Without the discounts that nobody can have any more."""
    terms, due_on = due.debt.terms, due.shown.parts[0].due_on
    tiers = [tier for tier in terms.tiers if due_on - timedelta(tier.days) >= due.day.today]
    return replace(terms, tiers=tuple(tiers), per_day=terms.per_day if due.day.today < due_on else "")


def rows(due: Due, invoice: Invoice, *, choosable: bool) -> Iterator[Row]:
    """The schedule, part by part; none without one."""
    for part in due.quote.parts if due.is_scheduled else ():
        state, tone = _state(part, due)
        can_choose = choosable and part.remaining > 0
        yield Row(
            part_name(due.quote, part.index),
            words.day(part.due_on),
            words.money(part.total if part.remaining else part.amount, invoice.currency),
            state,
            tone,
            due.address(invoice, part=str(part.index + 1), tip="") if can_choose else "",
            choosable and part.index == due.chosen.part,
        )


def _state(part: PartQuote, due: Due) -> tuple[str, str]:
    if not part.remaining:
        return (_("Paid"), "good") if part.paid or part.granted else (_("Credited"), "neutral")
    if part.due_on < due.day.on:
        return _("Overdue"), "bad"
    return (_("Partially paid"), "warn") if part.paid else (_("Open"), "info")


def everything(due: Due, invoice: Invoice) -> Row | None:
    """All that is left at once; None when that is one part."""
    if sum(part.remaining > 0 for part in due.quote.parts) < 2:
        return None
    amount = words.money(due.quote.total, invoice.currency)
    href = due.address(invoice, part=ALL, tip="")
    return Row(_("Everything at once"), "", amount, "", "", href, due.chosen.part is None)
