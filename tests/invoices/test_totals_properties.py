"""What holds for every invoice that adds up at all, found by trying hundreds of strange ones."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from businesses.models import RoundingMode, RoundingRule
from core.money import exponent
from core.problems import Problem
from invoices.draft import ChargeDraft, DiscountDraft, InvoiceDraft, LineDraft, TaxDraft, cleaned
from invoices.totals import ROUND, Totals, compute
from tests.factories import make_draft

PERCENTS = st.decimals(0, 100, places=2)
TAXES = st.builds(
    TaxDraft,
    name=st.sampled_from("abc"),
    percent=st.decimals(0, 60, places=4),
    fixed=st.sampled_from([0, 0, 0, 7]),
    inclusive=st.booleans(),
    compound=st.booleans(),
    withheld=st.booleans(),
)
LINES = st.builds(
    LineDraft,
    name=st.just("x"),
    unit_price=st.decimals(-50, 5000, places=6),
    quantity=st.decimals(Decimal("0.0001"), 500, places=4),
    discount_percent=st.sampled_from([Decimal(0), Decimal("12.5"), Decimal("33.3333")]),
    taxes=st.lists(TAXES, max_size=3).map(tuple),
    product_ref=st.sampled_from(["", "p", "q"]),
)
DISCOUNTS = st.one_of(
    st.builds(DiscountDraft, percent=PERCENTS),
    st.builds(DiscountDraft, amount=st.integers(0, 5000)),
    st.builds(DiscountDraft, percent=PERCENTS, product_refs=st.just(("p",))),
)
DRAFTS = st.builds(
    make_draft,
    customer=st.just(1),
    lines=st.lists(LINES, min_size=1, max_size=6),
    currency=st.sampled_from(["BRL", "JPY", "BHD"]),
    rounding_mode=st.sampled_from(RoundingMode.values),
    rounding_rule=st.sampled_from(RoundingRule.values),
    discount=DISCOUNTS,
    charges=st.lists(st.builds(ChargeDraft, name=st.just("fee"), amount=st.integers(0, 999)), max_size=2).map(
        tuple
    ),
    document_tax=st.sampled_from([0, 0, 13]),
)


def sums_of(draft: InvoiceDraft) -> Totals:
    try:
        return compute(cleaned(draft))
    except Problem:
        assume(False)
        raise


@given(DRAFTS)
@settings(max_examples=300)
def test_every_invoice_adds_up_to_the_last_unit(draft: InvoiceDraft) -> None:
    sums = sums_of(draft)
    assert sums.total == sums.subtotal - sums.discount + sums.tax - sums.tax_included + sums.charges
    assert sums.total == sum(row.total for row in sums.lines) + sums.charges + draft.document_tax
    assert sums.discount == sum(row.discount for row in sums.lines)
    assert sums.amount_due == sums.total - sums.withheld
    for row in sums.lines:
        assert row.total == row.gross - row.discount + row.tax - row.tax_included
    assert sum(row.amount for row in sums.taxes if not row.tax.withheld) == sums.tax - draft.document_tax
    assert 0 <= sums.withheld <= sums.total


@given(DRAFTS, st.randoms(use_true_random=False))
@settings(max_examples=150)
def test_the_order_of_lines_changes_nothing_but_the_order_of_the_answer(
    draft: InvoiceDraft, random: object
) -> None:
    sums = sums_of(draft)
    order = list(range(len(draft.lines)))
    random.shuffle(order)  # type: ignore[attr-defined]
    mixed = compute(cleaned(replace(draft, lines=tuple(draft.lines[i] for i in order))))
    assert replace(mixed, lines=(), taxes=()) == replace(sums, lines=(), taxes=())
    before = sorted((repr(line), row) for line, row in zip(draft.lines, map(repr, sums.lines), strict=True))
    after = sorted((repr(draft.lines[i]), row) for i, row in zip(order, map(repr, mixed.lines), strict=True))
    assert after == before


@given(DRAFTS)
@settings(max_examples=150)
def test_inclusive_taxes_keep_the_price_to_the_cent(draft: InvoiceDraft) -> None:
    lines = [
        replace(x, taxes=tuple(replace(t, inclusive=True, withheld=False) for t in x.taxes))
        for x in draft.lines
    ]
    draft = replace(draft, lines=tuple(lines), document_tax=0, charges=())
    sums = sums_of(draft)
    assert sums.total == sums.subtotal - sums.discount
    assert all(row.total == row.gross - row.discount for row in sums.lines)


@given(DRAFTS)
@settings(max_examples=150)
def test_a_total_is_within_a_unit_for_each_rounding_of_the_exact_one(draft: InvoiceDraft) -> None:
    draft = replace(draft, discount=DiscountDraft(), document_tax=0, charges=())
    draft = replace(draft, lines=tuple(replace(x, discount_percent=Decimal(0)) for x in draft.lines))
    sums = sums_of(draft)
    exact = sum((_exact(x, draft) for x in draft.lines), Fraction(0))
    roundings = sum(1 + len(x.taxes) for x in draft.lines)
    assert abs(sums.total - exact) <= roundings


def _exact(line: LineDraft, draft: InvoiceDraft) -> Fraction:
    """The line's amount with its exclusive taxes, by the definition rather than by the formula."""
    scale = 10 ** exponent(draft.currency)
    gross = Fraction(ROUND[draft.rounding_rule](Fraction(line.unit_price) * Fraction(line.quantity) * scale))
    low, high = -10 * abs(gross) - 10**6, 10 * abs(gross) + 10**6
    for _step in range(200):
        base = (low + high) / 2
        added, included = _taxes_on(line, base)
        low, high = (base, high) if base + included < gross else (low, base)
    return gross + added - included


def _taxes_on(line: LineDraft, base: Fraction) -> tuple[Fraction, Fraction]:
    added = included = Fraction(0)
    for tax in line.taxes:
        amount = (base + (added if tax.compound else 0)) * Fraction(tax.percent) / 100 + tax.fixed
        if not tax.withheld:
            added, included = added + amount, included + (amount if tax.inclusive else 0)
    return added, included
