"""The one place that adds up: a draft goes in, every amount of the invoice comes out. Pure and exact.

Per line: quantity x unit price, rounded once; line discount; its share of the document's discount; taxes, inclusive
ones taken out of the price, compound ones on top of those before. Taxes are rounded per line, per tax or per document,
as the business chose. For every invoice, to the minor unit:

    total = subtotal - discount + (tax - tax_included) + charges        amount_due = total - withheld
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _

from core.money import apportion, bounded_minor, exponent, round_half_even, round_half_up, share_out
from core.problems import Problem
from invoices.draft import InvoiceDraft, LineDraft, TaxDraft

Round = Callable[[Fraction], int]
ROUND: dict[str, Round] = {"half_up": round_half_up, "half_even": round_half_even}


@dataclass(frozen=True)
class LineTotals:
    """In minor units. `gross` as entered; `total` what the line adds to the invoice; `taxes` follows the draft's."""

    gross: int
    discount: int
    taxes: tuple[int, ...]
    tax: int
    tax_included: int

    @property
    def net(self) -> int:
        return self.gross - self.discount - self.tax_included

    @property
    def total(self) -> int:
        return self.net + self.tax


@dataclass(frozen=True)
class TaxTotal:
    """One row of the tax summary: all lines' amounts of taxes that say the same."""

    tax: TaxDraft
    base: int
    amount: int


@dataclass(frozen=True)
class Totals:
    lines: tuple[LineTotals, ...]
    taxes: tuple[TaxTotal, ...]
    subtotal: int
    discount: int
    tax: int
    tax_included: int
    charges: int
    total: int
    withheld: int

    @property
    def amount_due(self) -> int:
        return self.total - self.withheld


def compute(draft: InvoiceDraft) -> Totals:
    """Add up a draft. The order of its lines changes nothing but the order of the answer."""
    order = sorted(range(len(draft.lines)), key=lambda i: _money_key(draft.lines[i]))
    ranked = [draft.lines[i] for i in order]
    rounded = _lines(draft, ranked, order)
    lines: list[LineTotals] = [rounded[0]] * len(ranked) if ranked else []
    for place, line in zip(order, rounded, strict=True):
        lines[place] = line
    return _document(draft, lines)


def _money_key(line: LineDraft) -> tuple[object, ...]:
    """Lines with the same key are interchangeable in every sum; ties between others never depend on their order."""
    taxes = [(t.percent, t.fixed, t.inclusive, t.compound, t.withheld, t.name) for t in line.taxes]
    return (
        line.unit_price,
        line.quantity,
        line.discount_percent,
        line.discount_amount,
        line.product_ref,
        taxes,
    )


def _lines(draft: InvoiceDraft, lines: Sequence[LineDraft], order: Sequence[int]) -> list[LineTotals]:
    rounding = ROUND[draft.rounding_rule]
    scale = 10 ** exponent(draft.currency)
    grosses = [bounded_minor(rounding(Fraction(x.unit_price) * Fraction(x.quantity) * scale)) for x in lines]
    keep_exact = draft.rounding_mode == "document"
    own = [_own_discount(*parts) for parts in zip(lines, grosses, order, strict=True)]
    if not keep_exact:
        own = [Fraction(rounding(discount)) for discount in own]
    shares = _shares(
        draft, lines, [g - d for g, d in zip(grosses, own, strict=True)], None if keep_exact else rounding
    )
    exact = [a + b for a, b in zip(own, shares, strict=True)]
    discounts = apportion(exact, rounding(sum(exact, Fraction(0))))
    entries = [_taxes(line, g - d) for line, g, d in zip(lines, grosses, exact, strict=True)]
    amounts = _rounded(lines, entries, draft.rounding_mode, rounding)
    return [_line(*parts) for parts in zip(lines, grosses, discounts, amounts, strict=True)]


def _own_discount(line: LineDraft, gross: int, place: int) -> Fraction:
    discount = gross * Fraction(line.discount_percent) / 100 + line.discount_amount
    if discount > max(gross, 0):
        raise Problem(
            _("The discount is larger than the line."),
            field=f"lines.{place}.discount_percent",
            code="discount",
        )
    return discount


def _shares(
    draft: InvoiceDraft, lines: Sequence[LineDraft], nets: Sequence[Fraction], rounding: Round | None
) -> list[Fraction]:
    """Each line's part of the document's discount; exact where `rounding` is None."""
    scope = set(draft.discount.product_refs)
    weights = [
        max(n, Fraction(0)) if not scope or x.product_ref in scope else Fraction(0)
        for x, n in zip(lines, nets, strict=True)
    ]
    whole = sum(weights, Fraction(0))
    discount = whole * Fraction(draft.discount.percent) / 100 + draft.discount.amount
    if discount > whole:
        raise Problem(_("The discount is larger than what it applies to."), field="discount", code="discount")
    if not discount:
        return [Fraction(0)] * len(lines)
    if rounding is None:
        return [discount * weight / whole for weight in weights]
    return [Fraction(part) for part in share_out(rounding(discount), weights)]


def _taxes(line: LineDraft, after_discount: Fraction | int) -> list[Fraction]:
    """The exact amount of each tax. Each is linear in the base, `p * base + q`, so inclusive ones can be solved for."""
    terms: list[tuple[Fraction, Fraction]] = []
    sum_p = sum_q = included_p = included_q = Fraction(0)
    for tax in line.taxes:
        rate = Fraction(tax.percent) / 100
        p, q = (
            rate * (1 + sum_p if tax.compound else 1),
            Fraction(tax.fixed) + (rate * sum_q if tax.compound else 0),
        )
        terms.append((p, q))
        if tax.withheld:
            continue
        sum_p, sum_q = sum_p + p, sum_q + q
        if tax.inclusive:
            included_p, included_q = included_p + p, included_q + q
    base = (after_discount - included_q) / (1 + included_p)
    if base < 0 <= after_discount:
        raise Problem(_("The taxes in the price are more than the price."), field="lines", code="tax")
    return [p * base + q for p, q in terms]


def _rounded(
    lines: Sequence[LineDraft], entries: Sequence[Sequence[Fraction]], mode: str, rounding: Round
) -> list[list[int]]:
    """Round the taxes once per bucket (line, tax or document) and hand the bucket's amount back to its entries."""
    buckets: dict[object, list[tuple[int, int]]] = {}
    for i, line in enumerate(lines):
        for j, tax in enumerate(line.taxes):
            buckets.setdefault(_bucket(mode, i, j, tax), []).append((i, j))
    amounts = [[0] * len(line.taxes) for line in lines]
    for places in buckets.values():
        exact = [entries[i][j] for i, j in places]
        for (i, j), amount in zip(places, apportion(exact, rounding(sum(exact, Fraction(0)))), strict=True):
            amounts[i][j] = amount
    return amounts


def _bucket(mode: str, line: int, place: int, tax: TaxDraft) -> object:
    side = (tax.inclusive and not tax.withheld, tax.withheld)
    if mode == "document":
        return side
    if mode == "tax":
        return (*side, tax.name, tax.percent, tax.fixed, tax.compound)
    return (line, "included") if side[0] else (line, place)


def _line(line: LineDraft, gross: int, discount: int, amounts: Sequence[int]) -> LineTotals:
    added = [(tax, amount) for tax, amount in zip(line.taxes, amounts, strict=True) if not tax.withheld]
    return LineTotals(
        gross=gross,
        discount=discount,
        taxes=tuple(bounded_minor(amount, field="lines") for amount in amounts),
        tax=sum(amount for _tax, amount in added),
        tax_included=sum(amount for tax, amount in added if tax.inclusive),
    )


def _document(draft: InvoiceDraft, lines: Sequence[LineTotals]) -> Totals:
    subtotal = sum(line.gross for line in lines)
    discount = sum(line.discount for line in lines)
    tax = sum(line.tax for line in lines) + draft.document_tax
    included = sum(line.tax_included for line in lines)
    charges = sum(charge.amount for charge in draft.charges)
    total = bounded_minor(subtotal - discount + tax - included + charges, field="total")
    taxes = _tax_totals(draft, lines)
    withheld = sum(row.amount for row in taxes if row.tax.withheld)
    if total < 0 or not 0 <= withheld <= total:
        raise Problem(_("The total is negative; use a credit note instead."), field="total", code="negative")
    return Totals(tuple(lines), taxes, subtotal, discount, tax, included, charges, total, withheld)


def _tax_totals(draft: InvoiceDraft, lines: Sequence[LineTotals]) -> tuple[TaxTotal, ...]:
    rows: dict[object, TaxTotal] = {}
    for line, sums in zip(draft.lines, lines, strict=True):
        for tax, amount in zip(line.taxes, sums.taxes, strict=True):
            key = (tax.name, tax.percent, tax.fixed, tax.inclusive, tax.compound, tax.withheld)
            row = rows.get(key, TaxTotal(tax, 0, 0))
            rows[key] = TaxTotal(tax, row.base + sums.net, row.amount + amount)
    return tuple(rows.values())
