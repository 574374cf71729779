"""Money: exact, rounded once, shared out to the last cent, and deaf to hostile text."""

import time
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import (
    MAX_MINOR,
    apportion,
    bounded_number,
    exponent,
    format_money,
    major_units,
    minor_units,
    round_half_even,
    round_half_up,
    share_out,
)
from core.problems import Problem

HOSTILE = [
    "1E+999999", "1e400", "NaN", "sNaN", "Infinity", "-inf", "１２", "١٢", "1_000", "0x10", "1,5", "1.2.3", "--1", "+1",
    ".5", "5.", "1 000", "1\x00", "1\n2", "", " ", "-", "9" * 5000, "0." + "0" * 5000, "1" * 1_000_000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:12]))
def test_hostile_numbers_are_refused_at_once(text: str) -> None:
    start = time.perf_counter()
    with pytest.raises(Problem):
        bounded_number(text, places=2)
    assert time.perf_counter() - start < 0.05


@pytest.mark.parametrize("text", ["0", "-1", "12.34", " 7 \n", "999999999999999", "007"])
def test_plain_numbers_are_read(text: str) -> None:
    assert bounded_number(text, places=2) == Decimal(text.strip())


def test_too_many_decimals_are_refused() -> None:
    with pytest.raises(Problem):
        bounded_number("1.001", places=2)


@pytest.mark.parametrize("number", ["1E+999999", "1E-999999", "NaN", "Infinity"])
def test_absurd_decimals_are_refused_at_once(number: str) -> None:
    start = time.perf_counter()
    with pytest.raises(Problem):
        minor_units(Decimal(number), "BRL")
    assert time.perf_counter() - start < 0.05


@pytest.mark.parametrize(("currency", "places"), [("BRL", 2), ("JPY", 0), ("BHD", 3), ("EUR", 2), ("CLP", 0)])
def test_each_currency_has_its_own_decimals(currency: str, places: int) -> None:
    assert exponent(currency) == places
    assert major_units(minor_units(Decimal(7), currency), currency) == 7


def test_a_yen_has_no_cents() -> None:
    with pytest.raises(Problem):
        minor_units(Decimal("1.5"), "JPY")


def test_an_unknown_currency_is_the_callers_fault() -> None:
    with pytest.raises(Problem):
        exponent("XX0")


def test_amounts_beyond_the_column_are_refused() -> None:
    assert minor_units(Decimal(MAX_MINOR).scaleb(-2), "BRL") == MAX_MINOR
    with pytest.raises(Problem):
        minor_units(Decimal(MAX_MINOR), "BRL")


@pytest.mark.parametrize(
    ("value", "up", "even"), [("0.5", 1, 0), ("1.5", 2, 2), ("2.5", 3, 2), ("-0.5", -1, 0), ("2.49", 2, 2)]
)
def test_halves_round_as_the_rule_says(value: str, up: int, even: int) -> None:
    assert round_half_up(Fraction(value)) == up
    assert round_half_even(Fraction(value)) == even


def test_g7_a_hundred_in_three() -> None:
    assert share_out(10000, [1, 1, 1]) == [3334, 3333, 3333]


def test_g7_5924_13_in_seven() -> None:
    assert share_out(592413, [1] * 7) == [84631] * 3 + [84630] * 4


def test_g7_ten_over_three_lines() -> None:
    assert share_out(1000, [3333, 3333, 3334]) == [333, 333, 334]


def test_nothing_to_weigh_by_shares_equally() -> None:
    assert share_out(5, [0, 0]) == [3, 2]
    assert share_out(0, []) == []


@given(
    st.integers(-(10**15), 10**15),
    st.lists(st.fractions(0, 10**9, max_denominator=10**6), min_size=1, max_size=60),
)
def test_sharing_out_is_exact_and_fair(total: int, weights: list[Fraction]) -> None:
    parts = share_out(total, weights)
    whole = sum(weights) or len(weights)
    fair = [Fraction(total) * (weight if sum(weights) else 1) / whole for weight in weights]
    assert sum(parts) == total
    assert all(abs(part - exact) < 1 for part, exact in zip(parts, fair, strict=True))


@given(st.lists(st.fractions(-(10**9), 10**9, max_denominator=10**4), max_size=60))
def test_apportioned_parts_stand_next_to_their_exact_values(exact: list[Fraction]) -> None:
    total = round_half_up(sum(exact, Fraction(0)))
    parts = apportion(exact, total)
    assert sum(parts) == total
    assert all(abs(part - value) <= 1 for part, value in zip(parts, exact, strict=True))


@given(st.integers(-MAX_MINOR, MAX_MINOR), st.sampled_from(["BRL", "JPY", "BHD"]))
def test_minor_and_major_units_are_the_same_money(amount: int, currency: str) -> None:
    assert minor_units(major_units(amount, currency), currency) == amount


@given(st.text(max_size=40))
def test_any_text_is_a_number_or_a_problem(text: str) -> None:
    for read in (lambda: bounded_number(text, places=6), lambda: exponent(text)):
        try:
            read()
        except Problem as problem:
            assert problem.text


def test_money_is_written_as_people_write_it() -> None:
    assert format_money(123456, "BRL", "pt-br").replace("\xa0", " ") == "R$ 1.234,56"
    assert format_money(1234, "JPY", "en") == "¥1,234"
