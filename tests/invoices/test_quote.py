"""What is due on a day: golden figures, each way of counting, and how money pays it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from businesses.terms import Interest, PerDay, Terms, Tier
from core.problems import Problem
from invoices.quote import Debt, Move, Quote, Settlement, StepKind, Waiver, quote, settle
from invoices.schedule import Part

D = Decimal
DUE = date(2026, 11, 10)  # a Tuesday
USUAL = Terms(fine_percent=D(2), interest=Interest.PERCENT_MONTH, interest_percent=D(1))


def owing(amount: int, terms: Terms = USUAL, *, due: date = DUE, **more: object) -> Debt:
    return Debt("BRL", (Part(due, amount),), terms, "BR", **more)  # type: ignore[arg-type]


def late(debt: Debt, days: int) -> Quote:
    return quote(debt, debt.parts[0].due_on + timedelta(days=days))


def paid(debt: Debt, result: Settlement) -> Debt:
    return Debt(**{**vars(debt), "moves": debt.moves + result.moves})


def kinds(asked: Quote) -> dict[str, int]:
    return {step.kind.value: step.amount for step in asked.steps}


@pytest.mark.parametrize(
    ("amount", "days", "fine", "interest", "total"),
    [
        (100000, 15, 2000, 500, 102500),
        (48434, 7, 969, 113, 49516),
        (592413, 45, 11848, 8886, 613147),
        (99, 1, 2, 0, 101),
    ],
)
def test_the_golden_totals(amount: int, days: int, fine: int, interest: int, total: int) -> None:
    asked = late(owing(amount), days)
    assert (asked.fine, asked.interest, asked.total) == (fine, interest, total)
    assert asked.parts[0].days_late == days


@pytest.mark.parametrize(("days", "total"), [(-5, 95000), (0, 100000), (15, 102500)])
def test_before_on_and_after_the_due_date(days: int, total: int) -> None:
    terms = Terms(**{**vars(USUAL), "tiers": (Tier(5, D(5)),)})
    assert late(owing(100000, terms), days).total == total


def test_the_derivation_is_told_line_by_line() -> None:
    asked = late(owing(100000, credited=10000, moves=(Move(0, DUE, 20000, discount=1000),)), 15)
    assert [(step.kind.value, step.amount) for step in asked.steps] == [
        ("principal", 100000),
        ("credited", -10000),
        ("paid", -20000),
        ("discount", -1000),
        ("fine", 1380),
        ("interest", 345),
    ]
    assert sum(step.amount for step in asked.steps) == asked.total == 70725


def test_what_is_due_on_a_holiday_is_late_after_the_next_workday() -> None:
    saturday = date(2026, 2, 14)  # before Carnival
    debt = owing(100000, due=saturday)
    assert [late(debt, days).total for days in (1, 4, 5)] == [100000, 100000, 102033]
    assert late(debt, 5).parts[0].late_from == date(2026, 2, 18)
    strict = owing(100000, Terms(**{**vars(USUAL), "moves_to_workday": False}), due=saturday)
    assert late(strict, 1).total == 102033


@pytest.mark.parametrize(
    ("mode", "rate", "interest"),
    [
        (Interest.AMOUNT_DAY, 33, 990),
        (Interest.PERCENT_DAY, "0.0333", 999),
        (Interest.PERCENT_MONTH, "1", 1000),
        (Interest.PERCENT_YEAR, "12", 986),
        (Interest.AMOUNT_WORKDAY, 33, 33 * 21),
        (Interest.PERCENT_WORKDAY, "0.05", 1050),
        (Interest.PERCENT_MONTH_WORKDAYS, "1", 1000),
        (Interest.PERCENT_YEAR_WORKDAYS, "12", 1000),
    ],
)
def test_each_way_of_counting_interest(mode: Interest, rate: int | str, interest: int) -> None:
    """From 10 November to 10 December 2026: 30 days, 22 weekdays; 20 November is a holiday."""
    name = "interest_amount" if isinstance(rate, int) else "interest_percent"
    terms = Terms(interest=mode, **{name: rate if isinstance(rate, int) else D(rate)})  # type: ignore[arg-type]
    assert late(owing(100000, terms), 30).interest == interest


@pytest.mark.parametrize(
    ("mode", "rate", "discount"),
    [
        (PerDay.AMOUNT, 10, 300),
        (PerDay.PERCENT, "0.01", 300),
        (PerDay.AMOUNT_WORKDAY, 10, 200),
        (PerDay.PERCENT_WORKDAY, "0.01", 200),
    ],
)
def test_each_way_of_counting_days_paid_early(mode: PerDay, rate: int | str, discount: int) -> None:
    """From 11 October to 10 November 2026: 30 days, 22 weekdays; 12 October and 2 November are holidays."""
    name = "per_day_amount" if isinstance(rate, int) else "per_day_percent"
    terms = Terms(per_day=mode, **{name: rate if isinstance(rate, int) else D(rate)})  # type: ignore[arg-type]
    debt = owing(100000, terms)
    assert late(debt, -30).discount == discount
    assert late(debt, 0).discount == late(debt, 1).discount == 0


def test_the_step_of_discount_is_the_one_the_day_still_reaches() -> None:
    terms = Terms(tiers=(Tier(0, D(1)), Tier(10, D(10)), Tier(5, amount=700)))
    debt = owing(10005, terms)
    discounts = [late(debt, days).discount for days in (-11, -10, -9, -5, -4, 0, 1)]
    assert discounts == [1001, 1001, 700, 700, 100, 100, 0]


def test_a_discount_never_exceeds_what_remains() -> None:
    assert late(owing(500, Terms(tiers=(Tier(0, amount=700),))), 0).total == 0
    assert late(owing(500, Terms(per_day="percent", per_day_percent=D(50))), -3).total == 0


def test_interest_falls_with_the_principal_after_a_payment() -> None:
    debt = owing(100000)
    debt = paid(debt, settle(late(debt, 15), 52500))
    assert debt.moves == (Move(0, DUE + timedelta(days=15), 50000, fine=2000, interest=500),)
    assert late(debt, 15).total == 50000
    assert late(debt, 45).interest == 500
    assert late(debt, 45).total == 50500


def test_a_payment_on_the_last_day_lowers_the_fine_and_one_after_it_does_not() -> None:
    on_time, too_late = (owing(100000, moves=(Move(0, DUE + timedelta(n), 40000),)) for n in (0, 1))
    assert late(on_time, 2).fine == 1200
    assert late(too_late, 2).fine == 2000


def test_a_payment_recorded_for_a_later_day_is_never_asked_for_again() -> None:
    debt = owing(100000, moves=(Move(0, DUE + timedelta(days=20), 60000),))
    assert late(debt, 10).principal == 40000
    assert late(debt, 10).interest == 333


def test_a_payment_taken_back_is_owed_again_with_its_fine() -> None:
    debt = owing(100000)
    debt = paid(debt, settle(late(debt, 15), 102500))
    back = tuple(Move(0, move.on, -move.principal, 0, -move.fine, -move.interest) for move in debt.moves)
    debt = paid(debt, Settlement(back, 0, 0))
    assert late(debt, 15).total == 102500


def test_a_settled_part_owes_no_fine() -> None:
    assert late(owing(100000, moves=(Move(0, DUE + timedelta(days=3), 100000),)), 90).total == 0


def test_a_fixed_fine_is_charged_once() -> None:
    debt = owing(100000, Terms(fine_amount=990))
    assert [late(debt, days).fine for days in (0, 1, 400)] == [0, 990, 990]


def test_a_credit_counts_as_never_owed_from_the_last_part_back() -> None:
    parts = tuple(Part(DUE + timedelta(days=30 * n), 10000) for n in range(3))
    debt = Debt("BRL", parts, USUAL, "BR", credited=15000)
    asked = quote(debt, DUE + timedelta(days=90))
    assert [part.credited for part in asked.parts] == [0, 5000, 10000]
    assert [part.fine for part in asked.parts] == [200, 100, 0]


def test_a_credit_never_lowers_what_has_been_paid() -> None:
    parts = (Part(DUE, 10000), Part(DUE + timedelta(days=30), 10000))
    debt = Debt("BRL", parts, USUAL, "BR", moves=(Move(1, DUE, 6000),), credited=5000)
    assert [part.remaining for part in quote(debt, DUE).parts] == [9000, 0]


def test_a_leap_day_counts() -> None:
    debt = owing(100000, Terms(interest="percent_day", interest_percent=D("0.1")), due=date(2028, 2, 25))
    asked = quote(debt, date(2028, 3, 1))
    assert (asked.parts[0].days_late, asked.interest) == (5, 500)
    leap = owing(100000, due=date(2028, 2, 29))  # Carnival Tuesday
    assert quote(leap, date(2028, 3, 1)).total == 100000
    assert quote(leap, date(2028, 3, 2)).total == 102033


def test_waivers_take_off_fine_and_interest_up_to_their_limit() -> None:
    def waived(*waivers: Waiver) -> tuple[int, int]:
        asked = late(owing(100000, waivers=waivers), 15)
        assert sum(step.amount for step in asked.steps) == asked.total
        return asked.waived, asked.total

    assert waived(Waiver(True, True)) == (2500, 100000)
    assert waived(Waiver(True, False)) == (2000, 100500)
    assert waived(Waiver(False, True, 300)) == (300, 102200)
    assert waived(Waiver(True, True, 100), Waiver(True, False, 1950)) == (2050, 100450)
    assert waived(Waiver(True, True, 10**9), Waiver(True, False)) == (2500, 100000)


def test_a_waiver_spent_on_a_settled_part_is_spent() -> None:
    parts = (Part(DUE, 10000), Part(DUE + timedelta(days=30), 10000))
    debt = Debt("BRL", parts, Terms(fine_percent=D(2)), "BR", waivers=(Waiver(True, False, 150),))
    debt = paid(debt, settle(quote(debt, DUE + timedelta(days=10)), 10050))
    after = quote(debt, DUE + timedelta(days=60))
    assert [part.total for part in after.parts] == [0, 10200]


def test_money_pays_fine_then_interest_then_principal() -> None:
    asked = late(owing(100000), 15)
    assert [settle(asked, amount).moves[0].fine for amount in (1500, 2000)] == [1500, 2000]
    assert settle(asked, 2300).moves == (Move(0, asked.on, 0, fine=2000, interest=300),)
    assert settle(asked, 102600) == Settlement((Move(0, asked.on, 100000, 0, 2000, 500),), 0, 100)


def test_a_discount_is_granted_only_when_the_part_is_paid_in_full() -> None:
    debt = owing(100000, Terms(tiers=(Tier(0, D(5)),)))
    asked = late(debt, -1)
    assert settle(asked, 95000).moves == (Move(0, asked.on, 95000, 5000),)
    assert settle(asked, 94999).moves == (Move(0, asked.on, 94999),)
    half = paid(debt, settle(asked, 50000))
    assert late(half, -1).total == 47500


def test_cents_within_the_tolerance_are_let_go() -> None:
    debt = owing(100000)
    asked = late(debt, 15)
    result = settle(asked, 102495, tolerance=5)
    assert result == Settlement((Move(0, asked.on, 99995, 5, 2000, 500),), 5, 0)
    assert late(paid(debt, result), 60).total == 0
    assert settle(asked, 102494, tolerance=5).write_off == 0


def test_a_tolerance_larger_than_the_principal_lets_the_fine_go_too() -> None:
    debt = owing(3, Terms(fine_amount=10))
    result = settle(late(debt, 1), 8, tolerance=5)
    assert result == Settlement((Move(0, DUE + timedelta(days=1), 0, 3, 8, 0),), 3, 0)
    assert late(paid(debt, result), 9).total == 0


def test_no_money_does_nothing_and_negative_money_is_refused() -> None:
    asked = late(owing(3), 0)
    assert settle(asked, 0, tolerance=5) == Settlement((), 0, 0)
    with pytest.raises(Problem):
        settle(asked, -1)


def test_the_chosen_part_is_paid_first() -> None:
    parts = tuple(Part(DUE + timedelta(days=30 * n), 10000) for n in range(3))
    asked = quote(Debt("BRL", parts, USUAL, "BR"), DUE)
    result = settle(asked, 15000, first=2)
    assert [(move.part, move.principal) for move in result.moves] == [(2, 10000), (0, 5000)]


def test_a_currency_without_cents_and_a_country_without_holidays_work_alike() -> None:
    debt = Debt("JPY", (Part(DUE, 1000),), USUAL, "")
    assert quote(debt, DUE + timedelta(days=15)).total == 1025


def test_lines_of_nothing_are_left_out() -> None:
    assert kinds(late(owing(100000), 0)) == {StepKind.PRINCIPAL.value: 100000}
