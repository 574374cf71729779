"""The reminder rule alone: which days, which hours, what is merged, missed and caught up."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.workdays import next_workday
from notifications.reminders import Bill, Rule, candidates, course, due, forecast

SAO_PAULO, LISBON = ZoneInfo("America/Sao_Paulo"), ZoneInfo("Europe/Lisbon")
RULE = Rule()
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def bill(due_on: date, issued_on: date = date(2026, 1, 2), after: datetime = LONG_AGO) -> Bill:
    return Bill(due_on, issued_on, after)


def local(rule: Rule, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=rule.zone)  # type: ignore[arg-type, misc]


def days(rule: Rule, one: Bill, start: date, count: int = 120) -> list[tuple[int, date]]:
    now = local(rule, start.year, start.month, start.day)
    return [(planned.step, planned.day) for planned in forecast(rule, one, now, start + timedelta(count))]


def test_the_usual_steps_go_on_every_week_for_ninety_days() -> None:
    offsets = RULE.offsets()
    assert offsets[:8] == [-10, -3, 0, 1, 3, 7, 14, 21]
    assert offsets[-1] == 84


def test_without_repeating_the_last_step_is_the_last() -> None:
    assert Rule(steps=(3, -1), every=0).offsets() == [-1, 3]
    assert Rule(steps=(), every=0).offsets() == []
    assert Rule(steps=(-3,), every=30, until=60).offsets() == [-3, 30, 60]


def test_each_step_has_its_day() -> None:
    """Due on Wednesday 11 March 2026, with no holiday nearby."""
    assert days(RULE, bill(date(2026, 3, 11)), date(2026, 2, 20), 30) == [
        (-10, date(2026, 3, 2)),  # Sunday the first moves to Monday
        (-3, date(2026, 3, 9)),  # as does Sunday the eighth
        (0, date(2026, 3, 11)),
        (1, date(2026, 3, 12)),
        (3, date(2026, 3, 14)),
        (7, date(2026, 3, 18)),
    ]


def test_a_sunday_s_step_is_told_on_monday_at_nine() -> None:
    one = bill(date(2026, 3, 11), after=datetime(2026, 3, 3, tzinfo=SAO_PAULO))
    sunday = datetime(2026, 3, 8, 12, tzinfo=SAO_PAULO)
    first = next(forecast(RULE, one, sunday, date(2026, 4, 1)))
    monday = datetime(2026, 3, 9, 9, tzinfo=SAO_PAULO)
    assert (first.step, first.at) == (-3, monday)
    assert due(RULE, one, sunday) is None
    assert due(RULE, one, monday - timedelta(minutes=1)) is None
    assert due(RULE, one, monday) is not None


def test_a_holiday_moves_a_step_even_on_a_saturday() -> None:
    """15 November 2025, the Republic's day, is a Saturday: Monday it is."""
    rule = Rule(steps=(1,), every=0)
    assert days(rule, bill(date(2025, 11, 14), date(2025, 10, 1)), date(2025, 11, 1)) == [
        (1, date(2025, 11, 17))
    ]
    portuguese = replace(rule, country="PT", zone=LISBON)
    assert days(portuguese, bill(date(2025, 11, 14), date(2025, 10, 1)), date(2025, 11, 1)) == [
        (1, date(2025, 11, 15))
    ]


def test_due_today_is_not_told_the_day_after() -> None:
    """Due on Sunday 15 March 2026 to the day, for whoever does not move to the next workday."""
    rule = Rule(steps=(0,), every=0)
    assert days(rule, bill(date(2026, 3, 15)), date(2026, 3, 1)) == []
    assert days(replace(rule, steps=(-1, 0, 2)), bill(date(2026, 3, 15)), date(2026, 3, 1)) == [
        (-1, date(2026, 3, 14)),
        (2, date(2026, 3, 17)),
    ]


def test_two_steps_of_one_day_are_one_reminder_the_later_step() -> None:
    """Good Friday 2026 is 3 April; 4 April is a Saturday, 5 April Easter."""
    rule = Rule(steps=(0, 1, 2, 3), every=0)
    assert days(rule, bill(date(2026, 4, 3)), date(2026, 3, 25)) == [
        (1, date(2026, 4, 4)),
        (3, date(2026, 4, 6)),
    ]


def test_nothing_is_told_before_the_invoice_was_there() -> None:
    issued = date(2026, 3, 9)
    assert days(RULE, bill(date(2026, 3, 11), issued), issued, 5) == [
        (0, date(2026, 3, 11)),
        (1, date(2026, 3, 12)),
        (3, date(2026, 3, 14)),
    ]
    assert days(RULE, bill(issued, issued), issued, 5)[0] == (1, date(2026, 3, 10))


def test_a_week_without_the_machine_is_caught_up_by_one_reminder() -> None:
    one = bill(date(2026, 3, 11), after=datetime(2026, 3, 10, 9, 1, tzinfo=SAO_PAULO))
    wednesday = datetime(2026, 3, 18, 10, tzinfo=SAO_PAULO)
    slot = due(RULE, one, wednesday)
    assert slot is not None and slot.step == 7
    assert due(RULE, replace(one, after=wednesday), wednesday + timedelta(hours=1)) is None
    assert days(RULE, one, date(2026, 3, 18), 7) == [(7, date(2026, 3, 18)), (14, date(2026, 3, 25))]


def test_what_was_to_come_before_the_due_date_is_not_told_after_it() -> None:
    rule = Rule(steps=(-3, 0), every=0)
    one = bill(date(2026, 3, 11))
    assert due(rule, one, datetime(2026, 3, 12, 10, tzinfo=SAO_PAULO)) is None
    assert due(rule, one, datetime(2026, 3, 11, 10, tzinfo=SAO_PAULO)) is not None


def test_a_step_that_was_told_is_not_told_again_nor_one_before_it() -> None:
    one = replace(bill(date(2026, 3, 11)), told=frozenset({1}))
    assert due(RULE, one, datetime(2026, 3, 12, 10, tzinfo=SAO_PAULO)) is None


@pytest.mark.parametrize(("hour", "is_open"), [(8, False), (9, True), (19, True), (20, False), (23, False)])
def test_quiet_hours(hour: int, is_open: bool) -> None:
    one = bill(date(2026, 3, 11))
    assert (due(RULE, one, datetime(2026, 3, 11, hour, 30, tzinfo=SAO_PAULO)) is not None) == is_open


def test_what_the_evening_missed_comes_in_the_morning() -> None:
    one = bill(date(2026, 3, 11))
    evening = datetime(2026, 3, 12, 21, tzinfo=SAO_PAULO)
    first = next(forecast(RULE, one, evening, date(2026, 3, 20)))
    assert (first.step, first.at) == (1, datetime(2026, 3, 13, 9, tzinfo=SAO_PAULO))


def test_leap_day() -> None:
    rule = Rule(steps=(-1, 0, 1), every=0)
    assert days(rule, bill(date(2024, 2, 29), date(2024, 1, 2)), date(2024, 2, 20)) == [
        (-1, date(2024, 2, 28)),
        (0, date(2024, 2, 29)),
        (1, date(2024, 3, 1)),
    ]
    a_year = Rule(steps=(), every=0, until=365)
    assert days(
        replace(a_year, steps=(365,)), bill(date(2024, 2, 29), date(2024, 1, 2)), date(2025, 2, 20)
    ) == [(365, date(2025, 2, 28))]


def test_nine_o_clock_is_nine_o_clock_on_both_sides_of_summer_time() -> None:
    """Lisbon's clocks go forward on Sunday 29 March 2026: nine is 9:00 UTC before and 8:00 UTC after."""
    rule = Rule(steps=(0, 2), every=0, zone=LISBON, country="PT")
    told = list(forecast(rule, bill(date(2026, 3, 28)), datetime(2026, 3, 20, tzinfo=UTC), date(2026, 5, 1)))
    assert [planned.at.astimezone(UTC) for planned in told] == [
        datetime(2026, 3, 28, 9, tzinfo=UTC),
        datetime(2026, 3, 30, 8, tzinfo=UTC),
    ]
    assert due(rule, bill(date(2026, 3, 28)), datetime(2026, 3, 30, 7, 59, tzinfo=UTC)) is None


rules = st.builds(
    Rule,
    steps=st.lists(st.integers(-30, 60), max_size=8, unique=True).map(tuple),
    every=st.integers(0, 30),
    until=st.integers(0, 120),
    send_hour=st.integers(8, 12),
    quiet_hour=st.integers(13, 20),
    zone=st.sampled_from([SAO_PAULO, LISBON, ZoneInfo("Asia/Kolkata"), ZoneInfo("America/New_York")]),
    country=st.sampled_from(["BR", "PT", "US", "XX"]),
)
somedays = st.dates(date(2025, 1, 1), date(2028, 12, 31))


@given(
    rules, somedays, st.integers(0, 60), st.integers(-60, 90), st.integers(0, 24 * 60 - 1), st.integers(0, 40)
)
def test_the_forecast_is_what_a_run_does(
    rule: Rule, due_on: date, lead: int, start: int, minute: int, backlog: int
) -> None:
    """Asked every hour for sixty days, the rule says what the forecast said, on the same days."""
    now = datetime.combine(due_on + timedelta(start), datetime.min.time(), tzinfo=UTC)
    now += timedelta(minutes=minute)
    one = Bill(due_on, due_on - timedelta(lead), now - timedelta(days=backlog))
    until = now.astimezone(rule.zone).date() + timedelta(days=60)
    promised = [(planned.step, planned.day) for planned in forecast(rule, one, now, until)]
    assert _run(rule, one, now, until) == promised
    assert len({day for _step, day in promised}) == len(promised)
    assert [step for step, _day in promised] == sorted({step for step, _day in promised})
    for _step, day in promised:
        assert rule.is_allowed(day) and day > one.issued_on


def _run(rule: Rule, one: Bill, now: datetime, until: date) -> list[tuple[int, date]]:
    """What is told is remembered, and the time up to which all is done with moves on, as the schedule does it."""
    told = []
    while (today := now.astimezone(rule.zone).date()) <= until:
        slot = due(rule, one, now)
        if slot is not None:
            told.append((slot.step, today))
            one = replace(one, told=one.told | {slot.step})
        if rule.is_open(now) and rule.moment(today) > one.after:
            one = replace(one, after=now)
        now += timedelta(minutes=30)
    return told


@given(rules, somedays, st.integers(0, 60), st.integers(0, 30), st.booleans())
def test_whoever_is_due_is_among_the_candidates(
    rule: Rule, printed: date, lead: int, backlog: int, moves: bool
) -> None:
    counted = next_workday(printed, rule.country) if moves else printed
    for slot in course(rule, counted):
        now = rule.moment(slot.day)
        after = now - timedelta(days=backlog, minutes=1)
        one = Bill(counted, printed - timedelta(lead), after)
        if due(rule, one, now):
            assert printed in candidates(rule.offsets(), rule, after, now)
