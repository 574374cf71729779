"""What holds for every debt, whatever its terms and however it is paid, found by trying hundreds of strange ones."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from businesses.terms import Interest, PerDay, Terms, Tier, check
from core.problems import Problem
from invoices.quote import Debt, Quote, Settlement, Waiver, quote, settle
from invoices.schedule import Part

START = date(2028, 1, 20)
DAYS = st.integers(-40, 120).map(lambda days: START + timedelta(days=days))
PERCENTS = st.sampled_from([Decimal(text) for text in ("0.0333", "1", "2", "10", "33.3333", "100")])
AMOUNTS = st.integers(1, 3000)
TIERS = st.one_of(
    st.builds(Tier, st.integers(0, 30), percent=PERCENTS), st.builds(Tier, st.integers(0, 30), amount=AMOUNTS)
)
EARLY = st.one_of(
    st.just({}),
    st.lists(TIERS, max_size=3, unique_by=lambda tier: tier.days).map(lambda tiers: {"tiers": tuple(tiers)}),
    st.builds(
        lambda mode, rate, amount: {
            "per_day": mode,
            **({"per_day_amount": amount} if mode.is_amount else {"per_day_percent": rate}),
        },
        st.sampled_from(PerDay.values[1:]).map(PerDay),
        PERCENTS,
        AMOUNTS,
    ),
)
FINES: st.SearchStrategy[dict[str, Decimal | int]] = st.one_of(
    st.just({}),
    PERCENTS.map(lambda percent: {"fine_percent": percent}),
    AMOUNTS.map(lambda amount: {"fine_amount": amount}),
)
INTERESTS = st.one_of(
    st.just({}),
    st.builds(
        lambda mode, rate, amount: {
            "interest": mode,
            **({"interest_amount": amount} if mode.is_amount else {"interest_percent": rate}),
        },
        st.sampled_from(Interest.values[1:]).map(Interest),
        PERCENTS,
        AMOUNTS,
    ),
)
TERMS = st.builds(
    lambda early, fine, interest, moves: Terms(**early, **fine, **interest, moves_to_workday=moves),
    EARLY,
    FINES,
    INTERESTS,
    st.booleans(),
)
PARTS = st.lists(st.builds(Part, DAYS, st.integers(1, 100_000)), min_size=1, max_size=4).map(
    lambda parts: tuple(sorted(parts, key=lambda part: part.due_on))
)
WAIVERS = st.lists(
    st.builds(Waiver, st.booleans(), st.booleans(), st.none() | st.integers(0, 3000)), max_size=3
).map(tuple)
DEBTS = st.builds(
    Debt,
    currency=st.just("BRL"),
    parts=PARTS,
    terms=TERMS,
    country=st.sampled_from(["BR", "US", ""]),
    credited=st.just(0) | st.integers(0, 50_000),
    waivers=WAIVERS,
)
MONEY = st.integers(0, 150_000)
PAYMENTS = st.lists(
    st.tuples(st.integers(0, 60), MONEY, st.none() | st.integers(0, 3), st.integers(0, 20)), max_size=5
)


def paid(debt: Debt, result: Settlement) -> Debt:
    return replace(debt, moves=debt.moves + result.moves)


def with_history(debt: Debt, payments: list[tuple[int, int, int | None, int]]) -> tuple[Debt, date]:
    """Payments one after another, each settled as quoted on its day."""
    day = START - timedelta(days=40)
    for wait, amount, first, tolerance in payments:
        day += timedelta(days=wait)
        debt = paid(debt, settle(quote(debt, day), amount, tolerance=tolerance, first=first))
    return debt, day


HISTORIES = st.builds(with_history, DEBTS, PAYMENTS)


def check_sums(debt: Debt, asked: Quote) -> None:
    for part in asked.parts:
        assert sum(step.amount for step in part.steps) == part.total
        assert part.amount - part.paid - part.granted - part.credited == part.remaining
        assert min(part.remaining, part.discount, part.fine, part.interest, part.waived, part.total) >= 0
        assert part.discount <= part.remaining
        assert part.waived_fine <= part.fine and part.waived_interest <= part.interest
        assert not (part.discount and part.fine + part.interest)
    assert asked.total == sum(step.amount for step in asked.steps) >= 0
    settled = sum(move.settled for move in debt.moves)
    assert asked.principal == max(0, sum(part.amount for part in debt.parts) - settled - debt.credited)


@given(HISTORIES, st.integers(0, 90))
@settings(max_examples=200, deadline=None)
def test_a_quote_adds_up_and_is_never_negative(history: tuple[Debt, date], wait: int) -> None:
    debt, day = history
    check_sums(debt, quote(debt, day + timedelta(days=wait)))


@given(HISTORIES, st.integers(0, 90), MONEY, st.none() | st.integers(0, 3), st.integers(0, 50))
@settings(max_examples=200, deadline=None)
def test_no_money_is_lost_or_made(
    history: tuple[Debt, date], wait: int, amount: int, first: int | None, tolerance: int
) -> None:
    debt, day = history
    asked = quote(debt, day + timedelta(days=wait))
    result = settle(asked, amount, tolerance=tolerance, first=first)
    assert sum(move.money for move in result.moves) + result.surplus == amount
    assert all(min(move.principal, move.discount, move.fine, move.interest) >= 0 for move in result.moves)
    assert result.surplus == max(0, amount - asked.total) if amount else result.surplus == 0
    assert 0 <= result.write_off <= tolerance


@given(HISTORIES, st.integers(0, 90), MONEY, st.none() | st.integers(0, 3))
@settings(max_examples=300, deadline=None)
def test_a_payment_lowers_the_total_by_itself_but_for_a_discount_it_does_not_earn(
    history: tuple[Debt, date], wait: int, amount: int, first: int | None
) -> None:
    """Exactly by itself, plus what the discount of the one part that it pays only in part becomes smaller."""
    debt, day = history
    asked = quote(debt, day + timedelta(days=wait))
    result = settle(asked, amount, first=first)
    after = quote(paid(debt, result), asked.on)
    pairs = list(zip(asked.parts, after.parts, strict=True))
    lost = [before.discount - now.discount for before, now in pairs if now.remaining]
    assert sum(1 for loss in lost if loss) <= 1 and all(loss >= 0 for loss in lost)
    assert after.total == max(0, asked.total - amount) + (sum(lost) if amount else 0)


@given(HISTORIES, st.integers(0, 90), st.integers(0, 50), st.integers(0, 100_000))
@settings(max_examples=200, deadline=None)
def test_the_exact_total_settles_and_more_comes_back(
    history: tuple[Debt, date], wait: int, short: int, more: int
) -> None:
    debt, day = history
    asked = quote(debt, day + timedelta(days=wait))
    assume(asked.total > short)
    exact, over, under = (
        settle(asked, asked.total),
        settle(asked, asked.total + more),
        settle(asked, asked.total - short, tolerance=50),
    )
    assert (exact.surplus, exact.write_off) == (0, 0)
    assert (over.moves, over.surplus) == (exact.moves, more)
    for result in (exact, over, under):
        for later in (0, 365):
            after = quote(paid(debt, result), asked.on + timedelta(days=later))
            assert (after.total, after.principal) == (0, 0)


@given(DEBTS, PAYMENTS, st.integers(0, 90))
@settings(max_examples=150, deadline=None)
def test_waivers_with_a_limit_never_let_go_more_than_it(
    debt: Debt, payments: list[tuple[int, int, int | None, int]], wait: int
) -> None:
    limited = tuple(replace(waiver, amount=waiver.amount or 0) for waiver in debt.waivers)
    debt, day = with_history(replace(debt, waivers=limited), payments)
    asked = quote(debt, day + timedelta(days=wait))
    useful = [waiver.amount or 0 for waiver in limited if waiver.fine or waiver.interest]
    assert asked.waived <= sum(useful)
    assume(asked.total)
    assert quote(paid(debt, settle(asked, asked.total)), asked.on + timedelta(days=400)).waived == 0


@given(DEBTS, DAYS)
@settings(max_examples=30, deadline=None)
def test_the_same_question_has_the_same_answer_a_thousand_times(debt: Debt, day: date) -> None:
    before = repr(debt)
    first = quote(debt, day)
    assert all(quote(debt, day) == first for _time in range(100 if len(debt.parts) > 1 else 1000))
    assert repr(debt) == before


@given(DEBTS, DAYS, st.integers(0, 60))
@settings(max_examples=200, deadline=None)
def test_waiting_never_makes_it_cheaper(debt: Debt, day: date, wait: int) -> None:
    """With one step of discount at most: nothing forbids a later one that takes off more."""
    debt = replace(debt, terms=replace(debt.terms, tiers=debt.terms.tiers[:1]))
    assert quote(debt, day).total <= quote(debt, day + timedelta(days=wait)).total


@given(TERMS)
def test_the_terms_tried_here_are_terms_that_are_allowed(terms: Terms) -> None:
    try:
        check(terms)
    except Problem as problem:
        raise AssertionError(problem.field) from problem
