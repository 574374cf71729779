"""Golden vectors and the rules of adding up, each with its source where there is one."""

from decimal import Decimal
from typing import Any

import pytest

from core.problems import Problem
from invoices.draft import ChargeDraft, DiscountDraft, InvoiceDraft, LineDraft, cleaned
from invoices.totals import Totals, compute
from tests.factories import line, make_draft, tax


def add_up(*lines: LineDraft, **fields: Any) -> Totals:
    return compute(cleaned(make_draft(1, lines, **fields)))


def percent(value: str, *products: str) -> DiscountDraft:
    return DiscountDraft(percent=Decimal(value), product_refs=products)


def amount(value: int, *products: str) -> DiscountDraft:
    return DiscountDraft(amount=value, product_refs=products)


def test_g1_document_003_adds_up() -> None:
    assert add_up(line("900.25", "5"), line("711.44", "2")).total == 592413


@pytest.mark.parametrize(("mode", "total"), [("line", 652781), ("document", 652780)])
def test_g2_discount_then_tax(mode: str, total: int) -> None:
    sums = add_up(line("348.35", "16", tax("22"), discount_percent=Decimal(4)), rounding_mode=mode)
    assert sums.total == total


@pytest.mark.parametrize(("lines", "taxed"), [([("13.60", "9")], 734), ([("13.60", "1")] * 9, 738)])
def test_g3_one_line_or_nine(lines: list[tuple[str, str]], taxed: int) -> None:
    assert add_up(*(line(*parts, tax("6")) for parts in lines)).tax == taxed


@pytest.mark.parametrize(("mode", "taxed"), [("line", 1534), ("tax", 1533), ("document", 1533)])
def test_g4_per_line_or_per_tax(mode: str, taxed: int) -> None:
    lines = line("55.55", "1", tax("23")), line("11.11", "1", tax("23"))
    assert add_up(*lines, rounding_mode=mode).tax == taxed


def test_g5_an_inclusive_tax_keeps_the_price() -> None:
    sums = add_up(line("0.65", "100", tax("21", inclusive=True)))
    assert (sums.total, sums.tax, sums.total - sums.tax) == (6500, 1128, 5372)


def test_g5_a_compound_tax_is_on_top_of_the_ones_before() -> None:
    assert add_up(line("100", "1", tax("19"), tax("1", compound=True))).total == 12019


def test_g7_a_discount_is_shared_out_over_the_lines() -> None:
    sums = add_up(line("33.33"), line("33.33"), line("33.34"), discount=amount(1000))
    assert [row.discount for row in sums.lines] == [333, 333, 334]
    assert sums.total == 9000


def test_an_exclusive_tax_comes_on_top() -> None:
    assert add_up(line("100", "1", tax("10"))).total == 11000


@pytest.mark.parametrize(("currency", "price", "quantity", "total"), [
    ("BRL", "0.0035", "1000", 350),
    ("BRL", "0.333333", "3", 100),
    ("JPY", "0.4", "3", 1),
    ("JPY", "1500", "2", 3000),
    ("BHD", "1.2345", "1", 1235),
    ("BRL", "0.005", "1", 1),
])  # fmt: skip
def test_a_line_is_rounded_once_in_its_currency(currency: str, price: str, quantity: str, total: int) -> None:
    assert add_up(line(price, quantity), currency=currency).total == total


def test_halves_to_even_when_the_business_says_so() -> None:
    lines = line("0.005"), line("0.015"), line("0.025")
    assert [row.total for row in add_up(*lines).lines] == [1, 2, 3]
    assert [row.total for row in add_up(*lines, rounding_rule="half_even").lines] == [0, 2, 2]


def test_a_withheld_tax_lowers_what_is_due_and_not_the_total() -> None:
    sums = add_up(line("1000", "1", tax("1.5", withheld=True)))
    assert (sums.total, sums.withheld, sums.amount_due) == (100000, 1500, 98500)


def test_a_withheld_tax_is_no_base_for_a_compound_one() -> None:
    sums = add_up(line("100", "1", tax("50", withheld=True), tax("10", compound=True)))
    assert (sums.total, sums.amount_due) == (11000, 6000)


def test_a_fixed_tax_counts_once_a_line() -> None:
    assert add_up(line("10", "3", tax(fixed=150)), line("5", "1", tax(fixed=150))).tax == 300


def test_an_inclusive_fixed_tax_keeps_the_price() -> None:
    sums = add_up(line("100", "1", tax("25", inclusive=True), tax(fixed=500, inclusive=True)))
    assert (sums.total, sums.lines[0].taxes, sums.lines[0].net) == (10000, (1900, 500), 7600)


def test_inclusive_and_exclusive_taxes_share_a_line() -> None:
    sums = add_up(line("121", "1", tax("21", inclusive=True), tax("10")))
    assert (sums.tax, sums.tax_included, sums.total) == (3100, 2100, 13100)


def test_a_line_discount_comes_before_the_documents() -> None:
    """(100 - 10 %) - 5 is 85; the other way round it would be 85.50."""
    discounted = line("100", discount_percent=Decimal(10))
    assert add_up(discounted, discount=amount(500)).total == 8500
    assert add_up(discounted, discount=percent("50")).total == 4500


def test_a_line_may_have_a_fixed_discount() -> None:
    sums = add_up(line("100", "1", tax("10"), discount_amount=3000))
    assert (sums.discount, sums.total) == (3000, 7700)


def test_a_scoped_discount_touches_its_products_only() -> None:
    lines = line("100", product_ref="a"), line("100", product_ref="b"), line("100")
    sums = add_up(*lines, discount=percent("10", "a"))
    assert [row.discount for row in sums.lines] == [1000, 0, 0]
    assert [row.discount for row in add_up(*lines, discount=amount(600, "a", "b")).lines] == [300, 300, 0]


def test_a_percentage_of_nothing_is_nothing() -> None:
    assert add_up(line("100", product_ref="a"), discount=percent("10", "other")).total == 10000


def test_a_discount_lowers_the_base_of_the_tax() -> None:
    assert add_up(line("100", "1", tax("10")), discount=amount(2000)).total == 8800


def test_charges_stand_outside_taxes_and_discounts() -> None:
    sums = add_up(line("100", "1", tax("10")), discount=percent("50"), charges=(ChargeDraft("fee", 1000),))
    assert (sums.charges, sums.total) == (1000, 6500)


def test_absolute_discount_and_tax_amounts_are_taken_as_they_are() -> None:
    sums = add_up(line("900.25", "5"), line("711.44", "2"), discount=amount(413), document_tax=100)
    assert (sums.subtotal, sums.discount, sums.tax, sums.total) == (592413, 413, 100, 592100)


def test_a_negative_line_is_a_credit_within_the_invoice() -> None:
    assert add_up(line("100", "1", tax("10")), line("-30", "1", tax("10"))).total == 7700


def test_taxes_are_summed_up_by_what_they_say() -> None:
    sums = add_up(line("100", "1", tax("10"), tax("5", name="ISS")), line("50", "1", tax("10")))
    assert [(row.tax.name, row.base, row.amount) for row in sums.taxes] == [
        ("tax 10", 15000, 1500),
        ("ISS", 10000, 500),
    ]


def test_an_invoice_without_lines_is_zero() -> None:
    assert add_up() == Totals((), (), 0, 0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(("lines", "fields"), [
    ([line("-0.01")], {}),
    ([line("10", discount_amount=1001)], {}),
    ([line("-10", discount_amount=1)], {}),
    ([line("10")], {"discount": amount(1001)}),
    ([line("10", product_ref="a")], {"discount": amount(1, "b")}),
    ([line("10", "1", tax("150", withheld=True))], {}),
    ([line("200"), line("-100", "1", tax("10", withheld=True))], {}),
    ([line("1000000000000", "1000000000")], {}),
    ([line("900000000000", "10"), line("900000000000", "10")], {}),
    ([line("900000000000", "10", *[tax("1000", compound=True)] * 10),
      line("-900000000000", "10", *[tax("1000", compound=True)] * 10)], {}),
], ids=["negative", "line discount", "discount on a credit", "discount", "discount of nothing", "withheld above total",
        "withheld below zero", "line too large", "total too large", "taxes too large"])  # fmt: skip
def test_what_cannot_be_an_invoice_is_a_problem(lines: list[LineDraft], fields: dict[str, Any]) -> None:
    with pytest.raises(Problem):
        add_up(*lines, **fields)


def test_a_document_fits_in_its_columns() -> None:
    draft: InvoiceDraft = make_draft(1, [line("999999999999.99", "10")])
    assert compute(cleaned(draft)).total == 999999999999990
