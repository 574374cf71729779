"""Workdays: weekends, national holidays, the banks' own days, and counting without walking."""

import time
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.workdays import is_workday, next_workday, workdays_between

DAYS = st.dates(date(1990, 1, 1), date(2200, 12, 31))


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 1, 1),
        date(2026, 2, 16),  # Carnival Monday
        date(2026, 2, 17),  # Carnival Tuesday
        date(2026, 4, 3),  # Good Friday
        date(2026, 4, 21),
        date(2026, 5, 1),
        date(2026, 6, 4),  # Corpus Christi
        date(2026, 9, 7),
        date(2026, 10, 12),
        date(2026, 11, 2),
        date(2026, 11, 20),  # national since 2024
        date(2026, 12, 25),
        date(2026, 11, 21),  # a Saturday
        date(2026, 11, 22),
    ],
)
def test_no_payment_clears_in_brazil_on(day: date) -> None:
    assert not is_workday(day, "BR")


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 2, 18),  # Ash Wednesday: from noon, but the day counts
        date(2026, 10, 28),  # public servants only
        date(2026, 12, 24),
        date(2026, 12, 31),  # no counters, but payments clear
        date(2023, 11, 20),  # not yet national
        date(2026, 7, 9),  # São Paulo only
    ],
)
def test_payments_clear_in_brazil_on(day: date) -> None:
    assert is_workday(day, "BR")


def test_a_state_adds_its_own_holidays_and_an_unknown_one_adds_none() -> None:
    assert not is_workday(date(2026, 7, 9), "BR", "SP")
    assert is_workday(date(2026, 7, 9), "BR", "ZZ")
    assert not is_workday(date(2026, 9, 7), "BR", "ZZ")


@pytest.mark.parametrize("country", ["", "XX", "br", "HolidayBase", "B" * 10_000])
def test_an_unknown_country_has_weekends_only(country: str) -> None:
    assert is_workday(date(2026, 12, 25), country)
    assert not is_workday(date(2026, 12, 26), country)


def test_another_country_has_its_own_holidays() -> None:
    assert not is_workday(date(2026, 7, 3), "US")  # Independence Day, observed
    assert is_workday(date(2026, 9, 7), "PT")


def test_the_next_workday_skips_a_long_weekend() -> None:
    assert next_workday(date(2026, 2, 14), "BR") == date(2026, 2, 18)
    assert next_workday(date(2026, 2, 18), "BR") == date(2026, 2, 18)
    assert next_workday(date(2027, 1, 1), "BR") == date(2027, 1, 4)


def test_workdays_are_counted_after_the_first_day_up_to_the_last() -> None:
    assert workdays_between(date(2026, 2, 13), date(2026, 2, 18), "BR") == 1
    assert workdays_between(date(2026, 2, 18), date(2026, 2, 18), "BR") == 0
    assert workdays_between(date(2026, 2, 19), date(2026, 2, 18), "BR") == 0
    assert workdays_between(date(2027, 2, 19), date(2026, 2, 18), "BR") == 0


def test_the_years_have_the_workdays_that_banks_count() -> None:
    years = {2024: 253, 2025: 252, 2026: 249}
    counted = {y: workdays_between(date(y - 1, 12, 31), date(y, 12, 31), "BR") for y in years}
    assert counted == years


@given(DAYS, st.integers(0, 800), st.sampled_from(["BR", "US", "AE", "XX"]))
@settings(max_examples=60, deadline=None)
def test_counting_agrees_with_walking(start: date, span: int, country: str) -> None:
    walked = sum(is_workday(start + timedelta(days=i), country) for i in range(1, span + 1))
    assert workdays_between(start, start + timedelta(days=span), country) == walked


def test_the_longest_span_is_counted_at_once() -> None:
    began = time.process_time()
    assert workdays_between(date.min, date.max, "BR") > 2_600_000
    assert time.process_time() - began < 3
