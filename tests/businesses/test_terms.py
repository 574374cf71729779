"""The rules of discount, fine and interest: what makes sense, how they are stored, what they are called elsewhere."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from businesses.terms import Interest, PerDay, Terms, Tier, check, warnings
from core.problems import Problem

D = Decimal
PERCENTS = st.decimals(0, 100, places=4)
AMOUNTS = st.integers(0, 10**12)
TERMS = st.builds(
    Terms,
    tiers=st.lists(st.builds(Tier, st.integers(-5, 400), PERCENTS, AMOUNTS), max_size=3).map(tuple),
    per_day=st.sampled_from(PerDay),
    per_day_percent=PERCENTS,
    per_day_amount=AMOUNTS,
    fine_percent=PERCENTS,
    fine_amount=AMOUNTS,
    interest=st.sampled_from(Interest),
    interest_percent=PERCENTS,
    interest_amount=AMOUNTS,
    moves_to_workday=st.booleans(),
    tolerance=AMOUNTS,
)


def refused(terms: Terms) -> tuple[str, str]:
    with pytest.raises(Problem) as caught:
        check(terms)
    return caught.value.field, str(caught.value.code)


@given(TERMS)
def test_terms_survive_json_exactly(terms: Terms) -> None:
    again = Terms.of(terms.as_dict())
    assert again == terms
    assert again.as_dict() == terms.as_dict()


def test_no_terms_are_terms_that_charge_nothing() -> None:
    assert Terms.of({}) == Terms() == check(Terms())
    assert warnings(Terms()) == []


def test_a_rate_written_in_exponents_is_stored_plainly() -> None:
    assert Terms(fine_percent=D("1E+1")).as_dict()["fine_percent"] == "10"


@pytest.mark.parametrize(
    ("value", "field", "code"),
    [
        ({"fine": 2}, "terms.fine", "unknown"),
        ({"fine_percent": 2.5}, "terms.fine_percent", "type"),
        ({"fine_percent": True}, "terms.fine_percent", "type"),
        ({"fine_percent": "1E+999999"}, "terms.fine_percent", "number"),
        ({"fine_percent": "0.00001"}, "terms.fine_percent", "number"),
        ({"fine_percent": 10**5000}, "terms.fine_percent", "too_large"),
        ({"fine_amount": "5"}, "terms.fine_amount", "type"),
        ({"fine_amount": 10**30}, "terms.fine_amount", "too_large"),
        ({"interest": "weekly"}, "terms.interest", "type"),
        ({"per_day": None}, "terms.per_day", "type"),
        ({"moves_to_workday": 1}, "terms.moves_to_workday", "type"),
        ({"tiers": {}}, "terms.tiers", "type"),
        ({"tiers": [5]}, "terms.tiers.0", "type"),
        ({"tiers": [{"days": 1}, {"days": "2"}]}, "terms.tiers.1.days", "type"),
        ({"tiers": [{}] * 10_000}, "terms.tiers", "too_many"),
        ([], "terms", "type"),
    ],
)
def test_what_is_no_terms_is_refused_by_its_place(value: Any, field: str, code: str) -> None:
    with pytest.raises(Problem) as caught:
        Terms.of(value)
    assert (caught.value.field, caught.value.code) == (field, code)


@pytest.mark.parametrize(
    ("terms", "field", "code"),
    [
        (Terms(tiers=(Tier(1, D(5)),) * 4), "terms.tiers", "too_many"),
        (Terms(tiers=(Tier(5, D(5)), Tier(5, D(2)))), "terms.tiers.1.days", "duplicate"),
        (Terms(tiers=(Tier(5, D(5)), Tier(-1, D(2)))), "terms.tiers.1.days", "after_due"),
        (Terms(tiers=(Tier(10**9, D(5)),)), "terms.tiers.0.days", "too_large"),
        (Terms(tiers=(Tier(5, D(5), 100),)), "terms.tiers.0.amount", "both"),
        (Terms(tiers=(Tier(5),)), "terms.tiers.0", "required"),
        (Terms(tiers=(Tier(5, D(101)),)), "terms.tiers.0.percent", "percent"),
        (Terms(tiers=(Tier(5, amount=-1),)), "terms.tiers.0.amount", "negative"),
        (Terms(tiers=(Tier(5, D(5)),), per_day="amount", per_day_amount=1), "terms.per_day", "both"),
        (Terms(per_day="amount"), "terms.per_day_amount", "required"),
        (Terms(per_day="percent", per_day_percent=D(1), per_day_amount=1), "terms.per_day_amount", "mode"),
        (Terms(per_day_percent=D(1)), "terms.per_day_percent", "mode"),
        (Terms(per_day="daily"), "terms.per_day", "choice"),
        (Terms(fine_percent=D(2), fine_amount=1), "terms.fine_amount", "both"),
        (Terms(fine_percent=D("-1")), "terms.fine_percent", "percent"),
        (Terms(fine_percent=D("NaN")), "terms.fine_percent", "percent"),
        (Terms(fine_percent=D("0.00001")), "terms.fine_percent", "decimals"),
        (Terms(interest="percent_month"), "terms.interest_percent", "required"),
        (Terms(interest="amount_day", interest_percent=D(1)), "terms.interest_percent", "mode"),
        (Terms(interest="percent_day", interest_amount=1), "terms.interest_percent", "required"),
        (Terms(interest_amount=1), "terms.interest_amount", "mode"),
        (Terms(interest="weekly"), "terms.interest", "choice"),
        (Terms(tolerance=-1), "terms.tolerance", "negative"),
        (Terms(fine_amount=10**16), "terms.fine_amount", "too_large"),
    ],
)
def test_terms_that_make_no_sense_are_refused_by_their_place(terms: Terms, field: str, code: str) -> None:
    assert refused(terms) == (field, code)


def test_full_terms_pass() -> None:
    terms = Terms(
        tiers=(Tier(10, D(10)), Tier(5, amount=500), Tier(0, D(1))),
        fine_percent=D(2),
        interest=Interest.AMOUNT_WORKDAY,
        interest_amount=33,
        tolerance=5,
    )
    assert check(terms) is terms


@pytest.mark.parametrize(
    ("terms", "count"),
    [
        (Terms(fine_percent=D(2), interest="percent_month", interest_percent=D(1)), 0),
        (Terms(fine_percent=D("2.01")), 1),
        (Terms(fine_percent=D(10), interest="percent_day", interest_percent=D("0.0334")), 2),
        (Terms(interest="percent_day", interest_percent=D("0.0333")), 0),
        (Terms(interest="percent_year", interest_percent=D(12)), 0),
        (Terms(interest="percent_year_workdays", interest_percent=D("12.0001")), 1),
        (Terms(interest="percent_month_workdays", interest_percent=D("1.5")), 1),
        (Terms(interest="percent_workday", interest_percent=D("0.05")), 1),
        (Terms(interest="amount_day", interest_amount=10**6, fine_amount=10**6), 0),
    ],
)
def test_rates_above_the_usual_ones_are_pointed_out(terms: Terms, count: int) -> None:
    assert len(warnings(check(terms))) == count


def test_modes_bear_the_central_banks_numbers() -> None:
    assert [mode.number for mode in Interest] == [0, 1, 2, 3, 4, 5, 6, 7, 8]
    assert Interest.PERCENT_MONTH.number == 3
    assert Interest.PERCENT_MONTH_WORKDAYS.number == 7
    assert {mode.value: mode.number for mode in PerDay} == {
        "": 0,
        "amount": 3,
        "amount_workday": 4,
        "percent": 5,
        "percent_workday": 6,
    }
