"""What the page makes of its address: days, parts and tips, sensible ones and others."""

from datetime import date

import pytest
from django.utils import translation

from businesses.terms import Terms
from invoices.quote import Debt, Move, Quote, quote
from invoices.schedule import Part
from portal import asked

TODAY, DUE = date(2026, 11, 20), date(2026, 12, 1)
NONSENSE = ["", " ", "x", "-1", "0", "1e9", "٢", "9" * 5000, "2026-13-01", "💸", "1;2", "<b>", "NaN", "inf"]


@pytest.fixture(autouse=True)
def english() -> object:
    with translation.override("en"):
        yield


def three_parts(*moves: Move) -> Quote:
    parts = tuple(Part(date(2026, month, 1), 10000) for month in (11, 12, 12))
    return quote(Debt("BRL", parts, Terms(), "BR", moves), TODAY)


@pytest.mark.parametrize("text", ["2026-11-20", "2026-12-05", "2027-01-30"])
def test_any_day_until_sixty_days_after_the_due_date_can_be_asked_for(text: str) -> None:
    day = asked.day({"on": text}, TODAY, DUE)
    assert day.on.isoformat() == text and not day.problem


@pytest.mark.parametrize("text", ["2026-11-19", "2027-01-31", "20261205", "2026-W49-6", *NONSENSE[2:]])
def test_another_day_is_today_and_says_so(text: str) -> None:
    day = asked.day({"on": text}, TODAY, DUE)
    assert day.is_today
    assert day.problem == "Choose a day from today to 30 Jan 2027. This is what is due today."


def test_no_day_is_today_without_a_word() -> None:
    assert asked.day({}, TODAY, DUE).problem == asked.day({"on": ""}, TODAY, DUE).problem == ""


def test_long_after_the_due_date_the_days_ahead_can_still_be_asked_for() -> None:
    assert asked.day({}, TODAY, date(2020, 1, 1)).last == date(2027, 1, 19)


def test_without_a_word_it_is_the_oldest_part_that_is_not_settled() -> None:
    assert asked.part({}, three_parts()).part == 0
    assert asked.part({}, three_parts(Move(0, TODAY, 10000))).part == 1


def test_a_part_or_everything_can_be_chosen() -> None:
    assert asked.part({"part": "3"}, three_parts()) == asked.Chosen(2)
    assert asked.part({"part": "all"}, three_parts()) == asked.Chosen(None)


@pytest.mark.parametrize("text", ["4", "61", *NONSENSE[2:]])
def test_a_part_that_is_not_there_is_the_oldest_one_with_a_word(text: str) -> None:
    assert asked.part({"part": text}, three_parts()) == asked.Chosen(0, "There is no such part.")


def test_a_settled_part_cannot_be_paid_again() -> None:
    chosen = asked.part({"part": "1"}, three_parts(Move(0, TODAY, 10000)))
    assert chosen == asked.Chosen(1, "This part is settled.")


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("10%", 1000),
        ("10 %", 1000),
        ("12.5%", 1250),
        ("0,333%", 33),
        ("100%", 10000),
        ("7", 700),
        ("7,50", 750),
    ],
)
def test_a_tip_is_a_percentage_or_an_amount(text: str, amount: int) -> None:
    assert asked.tip({"tip": text}, 10000, "BRL") == asked.Tip(amount, text)


@pytest.mark.parametrize("text", ["101%", "100.01", "-5", "-5%", "1.234,56", "%", "1.001", *NONSENSE[5:]])
def test_no_other_tip_counts_and_the_reader_is_told(text: str) -> None:
    tip = asked.tip({"tip": text}, 10000, "BRL")
    assert tip.amount == 0 and tip.problem


def test_yen_take_no_cents_as_a_tip() -> None:
    assert asked.tip({"tip": "5.5"}, 1000, "JPY").problem
    assert asked.tip({"tip": "5.5%"}, 1000, "JPY").amount == 55
