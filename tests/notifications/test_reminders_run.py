"""Reminders as the schedule tells them: what sixty days bring, what stops them, and that each is told once."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from businesses.models import Business, Event
from customers.models import Customer
from invoices import actions as invoices
from invoices.models import Invoice
from invoices.status import Status
from notifications import reminding
from notifications.models import Reminder, ReminderRule
from notifications.reminder_bills import Book, Hold, coming, standing
from payments.models import Payment
from tests import factories
from tests.payments.money import pay
from tests.races import race

pytestmark = pytest.mark.django_db
START = datetime(2026, 2, 20, 15, tzinfo=UTC)
"""Friday, noon in São Paulo."""


def switch_on(business: Business, customer: Customer | None = None, **fields: Any) -> ReminderRule:
    rule = ReminderRule(business=business, customer=customer, **{"is_active": True, **fields})
    return reminding.save_rule(rule, now=fields.get("counted_at", START))


def owed(customer: Customer, due_on: date = date(2026, 3, 11), **fields: Any) -> Invoice:
    """Issued on the first of February 2026, for 100.00."""
    fields = {"issue_on": date(2026, 2, 1), "due_on": due_on, **fields}
    invoice = factories.make_invoice(customer, **fields)
    return factories.issue(invoice, at=datetime(2026, 2, 1, 12, tzinfo=UTC))


def run(days: int, start: datetime = START, each_day: Callable[[datetime], Any] = lambda _now: None) -> None:
    """The schedule, twice a day: at noon and at midnight of São Paulo."""
    for hours in range(0, days * 24, 12):
        now = start + timedelta(hours=hours)
        each_day(now)
        reminding.tick(now)


def told(*rows: Invoice) -> list[tuple[int, str]]:
    found = Reminder.objects.filter(invoice__in=rows) if rows else Reminder.objects.all()
    return [(row.step, str(row.day)) for row in found.order_by("at", "pk")]


SIXTY_DAYS = [
    (-10, "2026-03-02"), (-3, "2026-03-09"), (0, "2026-03-11"), (1, "2026-03-12"), (3, "2026-03-14"),
    (7, "2026-03-18"), (14, "2026-03-25"), (21, "2026-04-01"), (28, "2026-04-08"), (35, "2026-04-15"),
]  # fmt: skip


def test_sixty_days_of_an_invoice_that_nobody_pays(business: Business, customer: Customer) -> None:
    """Sundays 1 and 8 March move to Mondays."""
    switch_on(business)
    invoice = owed(customer)
    promised = [(one.planned.step, str(one.planned.day)) for one in coming(business, START)]
    assert told() == []
    run(60)
    assert told(invoice) == promised == SIXTY_DAYS
    events = Event.objects.about(invoice).filter(kind="invoice.reminder_due").order_by("pk")
    assert [event.data for event in events] == [
        {"step": step, "day": day, "channel": "email"} for step, day in SIXTY_DAYS
    ]


def test_paying_on_the_second_day_after_the_due_date_stops_the_rest(
    business: Business, customer: Customer
) -> None:
    switch_on(business)
    invoice = owed(customer)

    def pay_on_day_two(now: datetime) -> None:
        if now.date() == date(2026, 3, 13) and Invoice.objects.get(pk=invoice.pk).status == Status.OPEN:
            pay(invoice, 10000)

    run(60, each_day=pay_on_day_two)
    assert told(invoice) == SIXTY_DAYS[:4]


def test_a_part_payment_does_not_stop_them(business: Business, customer: Customer) -> None:
    switch_on(business)
    invoice = owed(customer)
    pay(invoice, 4000)
    run(34)
    assert told(invoice) == SIXTY_DAYS[:7]


@pytest.mark.parametrize(
    ("stop", "hold"),
    [
        (lambda row: invoices.void(row), Hold.CLOSED),
        (lambda row: invoices.mark_uncollectible(row), Hold.CLOSED),
        (lambda row: invoices.set_processing(row, 10000), Hold.PROCESSING),
        (lambda row: reminding.pause(row), Hold.PAUSED),
    ],
)
def test_what_stops_an_invoice(business: Business, customer: Customer, stop: Any, hold: Hold) -> None:
    switch_on(business)
    invoice, other = owed(customer), owed(customer)
    stop(invoice)
    run(21)
    assert told(invoice) == []
    assert told(other) == SIXTY_DAYS[:4]
    assert standing(Invoice.objects.get(pk=invoice.pk), START).hold == hold


def test_a_dispute_stops_them(business: Business, customer: Customer) -> None:
    switch_on(business)
    invoice = owed(customer)
    pay(invoice, 4000)
    Payment.objects.for_business(business).update(disputed_at=START)
    run(20)
    assert told(invoice) == []


def test_drafts_tests_and_nothing_to_pay_are_left_alone(business: Business, customer: Customer) -> None:
    switch_on(business)
    factories.make_invoice(customer, issue_on=date(2026, 2, 1), due_on=date(2026, 3, 11))
    owed(customer, live_mode=False)
    owed(customer, lines=[factories.line("0")])
    run(60)
    assert told() == []


def test_a_rule_that_is_off_tells_nobody(business: Business, customer: Customer) -> None:
    owed(customer)
    run(20)
    switch_on(business, is_active=False)
    run(20)
    assert told() == []


def test_switching_on_tells_nothing_of_the_past(business: Business, customer: Customer) -> None:
    """Old debts are not all written to on one morning."""
    late = owed(customer, date(2026, 2, 10))
    switch_on(business)
    run(2)
    assert told(late) == []
    run(20)
    assert told(late)[0] == (14, "2026-02-24")


def test_a_week_without_the_machine_brings_one_reminder(business: Business, customer: Customer) -> None:
    switch_on(business)
    invoice = owed(customer)
    run(18)
    before = told(invoice)
    run(1, START + timedelta(days=26))
    assert told(invoice) == [*before, (7, "2026-03-18")]


def test_a_customer_may_have_other_steps_or_none(business: Business, customer: Customer) -> None:
    switch_on(business)
    spared = factories.make_customer(business, "Spared")
    switch_on(business, spared, is_active=False)
    gentle = factories.make_customer(business, "Gentle")
    switch_on(business, gentle, steps=[5], every=0)
    rows = [owed(who) for who in (spared, gentle, customer)]
    run(60)
    assert [told(row) for row in rows] == [[], [(5, "2026-03-16")], SIXTY_DAYS]
    reminding.forget_rule(gentle)
    assert not ReminderRule.objects.for_business(business).filter(customer=gentle).exists()
    assert Event.objects.filter(kind="reminders.rule_deleted").count() == 1


def test_going_on_after_a_pause_catches_nothing_up(business: Business, customer: Customer) -> None:
    switch_on(business)
    invoice = owed(customer)
    reminding.pause(invoice, now=START)
    run(20)
    reminding.resume(invoice, now=START + timedelta(days=20))
    reminding.resume(invoice, now=START + timedelta(days=20))
    run(5, START + timedelta(days=20))
    assert told(invoice) == [(3, "2026-03-14")]
    kinds = Event.objects.about(invoice).filter(kind__startswith="invoice.reminders_")
    assert list(kinds.order_by("pk").values_list("kind", flat=True)) == [
        "invoice.reminders_paused", "invoice.reminders_resumed",
    ]  # fmt: skip


def test_an_invoice_due_on_a_sunday_is_paid_in_time_on_monday(business: Business, customer: Customer) -> None:
    """Law 7.089/83: so nobody is told on Monday that they are late."""
    switch_on(business)
    invoice = owed(customer, date(2026, 3, 15))
    run(30)
    assert (0, "2026-03-16") in told(invoice)
    assert (1, "2026-03-17") in told(invoice)


def test_the_due_date_of_a_business_counts_in_its_own_zone(
    other_business: Business, business: Business
) -> None:
    """Nine in Lisbon is six in the morning in São Paulo."""
    for one in (business, other_business):
        switch_on(one)
    rows = [owed(factories.make_customer(one), date(2026, 3, 11)) for one in (other_business, business)]
    reminding.tick(datetime(2026, 3, 11, 9, 30, tzinfo=UTC))
    assert [bool(told(row)) for row in rows] == [True, False]


def test_a_day_of_ticks_tells_once(business: Business, customer: Customer) -> None:
    switch_on(business)
    rows = [owed(customer) for _ in range(3)]
    for minute in range(1440):
        reminding.tick(datetime(2026, 3, 11, 3, tzinfo=UTC) + timedelta(minutes=minute))
    assert [told(row) for row in rows] == [[(0, "2026-03-11")]] * 3


def test_the_database_itself_refuses_a_second_row(customer: Customer) -> None:
    row = {"invoice": owed(customer), "step": 1, "channel": "email", "day": date(2026, 3, 12), "at": START}
    Reminder.objects.create(**row)
    with pytest.raises(IntegrityError):
        Reminder.objects.create(**row)


def test_when_nothing_is_due_a_tick_asks_once(business: Business, customer: Customer) -> None:
    switch_on(business)
    owed(customer)
    reminding.tick(START)
    with CaptureQueriesContext(connection) as asked:
        reminding.tick(START + timedelta(minutes=1))
    assert len(asked) == 1


@pytest.mark.django_db(transaction=True)
def test_four_workers_tell_each_step_once(business: Business) -> None:
    customer = factories.make_customer(business, email="ana@example.com")
    switch_on(business)
    rows = [owed(customer) for _ in range(40)]
    now = datetime(2026, 3, 12, 12, 30, tzinfo=UTC)
    ended = race(4, lambda _number: [reminding.tick(now + timedelta(seconds=second)) for second in range(3)])
    assert [one for one in ended if isinstance(one, Exception)] == []
    assert sum(sum(one) for one in ended if isinstance(one, list)) == len(rows)
    assert [told(row) for row in rows] == [[(1, "2026-03-12")]] * len(rows)
    assert Event.objects.filter(kind="invoice.reminder_due").count() == len(rows)


@pytest.mark.django_db(transaction=True)
def test_whoever_pays_while_the_tick_runs_is_told_before_or_not_at_all(business: Business) -> None:
    """A payment that is on record first leaves no reminder after it."""
    customer = factories.make_customer(business)
    switch_on(business)
    rows = [owed(customer) for _ in range(12)]
    now = datetime(2026, 3, 12, 12, 30, tzinfo=UTC)

    def act(number: int) -> None:
        if number:
            for row in rows[number - 1 :: 2]:
                pay(row, 10000, external_id=f"p{row.pk}")
        else:
            reminding.tick(now)

    assert [one for one in race(3, act) if isinstance(one, Exception)] == []
    for row in rows:
        kinds = list(Event.objects.about(row).order_by("pk").values_list("kind", flat=True))
        assert "invoice.reminder_due" not in kinds[kinds.index("invoice.paid") :]


steps = st.lists(st.integers(-20, 30), min_size=0, max_size=6, unique=True)


class TheForecast(TestCase):
    @settings(max_examples=8)
    @given(
        steps=steps,
        own=st.none() | steps,
        every=st.integers(0, 20),
        until=st.integers(0, 60),
        dues=st.lists(st.integers(1, 70), min_size=1, max_size=4),
        zone=st.sampled_from(["America/Sao_Paulo", "Europe/Lisbon", "Asia/Tokyo"]),
        country=st.sampled_from(["BR", "PT"]),
    )
    def test_is_what_the_schedule_then_does(
        self, steps: list[int], own: Any, every: int, until: int, dues: list[int], zone: str, country: str
    ) -> None:
        business = factories.make_business(time_zone=zone, country=country)
        switch_on(business, steps=steps, every=every, until=until)
        people = [factories.make_customer(business), factories.make_customer(business)]
        if own is not None:
            switch_on(business, people[1], steps=own, every=0)
        for number, days in enumerate(dues):
            owed(people[number % 2], date(2026, 2, 1) + timedelta(days))
        promised = {(one.invoice.pk, one.planned.step, one.planned.day) for one in coming(business, START)}
        run(61)
        done = Reminder.objects.filter(day__lte=business.today(START) + timedelta(60))
        assert set(done.values_list("invoice", "step", "day")) == promised


def test_the_forecast_of_one_customer(business: Business, customer: Customer) -> None:
    switch_on(business)
    mine, other = owed(customer), owed(factories.make_customer(business, "Other"))
    found = coming(business, START, customer=customer)
    assert {one.invoice for one in found} == {mine}
    assert [one.has_address for one in found][0]
    assert not next(one for one in coming(business, START) if one.invoice == other).has_address
    following = standing(mine, START).next
    assert following and (following.step, str(following.day)) == SIXTY_DAYS[0]


def test_the_usual_rule_is_off(business: Business) -> None:
    assert not Book.of(business).main.is_active


@pytest.mark.parametrize(
    "fields",
    [
        {"steps": ["1"]}, {"steps": [400]}, {"steps": list(range(21))}, {"send_hour": 7},
        {"quiet_hour": 9, "send_hour": 9}, {"quiet_hour": 21}, {"until": 400},
    ],
)  # fmt: skip
def test_a_rule_that_makes_no_sense_is_refused(business: Business, fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        switch_on(business, **fields)
