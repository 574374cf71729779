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
from notifications.mail.models import Suppression
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
    promised = [(one.planned.step, str(one.planned.day)) for one in coming(business, START).found]
    assert told() == []
    run(60)
    assert told(invoice) == promised == SIXTY_DAYS
    events = Event.objects.about(invoice).filter(kind="invoice.reminder_due").order_by("pk")
    assert [event.data for event in events] == [
        {"step": step, "day": day, "channel": "email", "part": 0} for step, day in SIXTY_DAYS
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
        promised = {
            (one.invoice.pk, one.planned.step, one.planned.day) for one in coming(business, START).found
        }
        run(61)
        done = Reminder.objects.filter(day__lte=business.today(START) + timedelta(60))
        assert set(done.values_list("invoice", "step", "day")) == promised


def test_the_forecast_of_one_customer(business: Business, customer: Customer) -> None:
    switch_on(business)
    mine, other = owed(customer), owed(factories.make_customer(business, "Other"))
    found = coming(business, START, customer=customer).found
    assert {one.invoice for one in found} == {mine}
    assert [one.has_address for one in found][0]
    assert not next(one for one in coming(business, START).found if one.invoice == other).has_address
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


def in_parts(customer: Customer, *due_on: date, **fields: Any) -> Invoice:
    """Issued on the first of February 2026, for 100.00 in equal parts."""
    amount = 10000 // len(due_on)
    parts = [{"due_on": day.isoformat(), "amount": amount} for day in due_on]
    return owed(customer, due_on[0], schedule={"parts": parts}, **fields)


def told_parts(invoice: Invoice) -> list[tuple[int, int, str]]:
    rows = Reminder.objects.filter(invoice=invoice).order_by("at", "pk")
    return [(row.part, row.step, str(row.day)) for row in rows]


def test_who_has_paid_the_part_that_was_due_is_not_dunned(business: Business, customer: Customer) -> None:
    """The first of two parts is paid in time; the second is due a month later."""
    switch_on(business, steps=[-3, 0, 1, 7], every=0)
    invoice = in_parts(customer, date(2026, 3, 11), date(2026, 4, 15))
    pay(invoice, 5000, on=date(2026, 3, 10))
    run(64)
    assert told_parts(invoice) == [
        (1, -3, "2026-04-13"), (1, 0, "2026-04-15"), (1, 1, "2026-04-16"), (1, 7, "2026-04-22"),
    ]  # fmt: skip
    events = Event.objects.about(invoice).filter(kind="invoice.reminder_due")
    assert {event.data["part"] for event in events} == {1}


def test_each_part_has_its_own_steps(business: Business, customer: Customer) -> None:
    switch_on(business, steps=[0, 1], every=0)
    invoice = in_parts(customer, date(2026, 3, 11), date(2026, 3, 18))

    def pay_the_first(now: datetime) -> None:
        if now == START + timedelta(days=21):
            pay(invoice, 5000, on=date(2026, 3, 13))

    run(40, each_day=pay_the_first)
    assert told_parts(invoice) == [
        (0, 0, "2026-03-11"), (0, 1, "2026-03-12"), (1, 0, "2026-03-18"), (1, 1, "2026-03-19"),
    ]  # fmt: skip


def test_the_forecast_asks_for_the_part_that_is_open(business: Business, customer: Customer) -> None:
    switch_on(business, steps=[0], every=0)
    invoice = in_parts(customer, date(2026, 3, 11), date(2026, 4, 15))
    pay(invoice, 5000, on=date(2026, 2, 10))
    (one,) = coming(business, START).found
    assert (str(one.planned.day), one.amount) == ("2026-04-15", 5000)


def test_a_part_whose_payment_is_on_its_way_is_left_alone(business: Business, customer: Customer) -> None:
    switch_on(business)
    invoice = in_parts(customer, date(2026, 3, 11), date(2026, 4, 15))
    invoices.set_processing(invoice, 5000)
    run(20)
    assert told() == []


def test_parts_are_read_for_many_at_once(business: Business, customer: Customer) -> None:
    switch_on(business)
    counts = []
    for _ in range(2):
        for _ in range(4):
            in_parts(customer, date(2026, 3, 11), date(2026, 4, 15))
        with CaptureQueriesContext(connection) as asked:
            coming(business, START)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_those_held_back_keep_nobody_waiting(
    business: Business, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminding, "AT_ONCE", 2)
    rule = switch_on(business)
    held, free = [owed(customer) for _ in range(5)], [owed(customer) for _ in range(3)]
    for invoice in held:
        reminding.pause(invoice, now=START)
    now = datetime(2026, 3, 11, 13, tzinfo=UTC)
    assert reminding.tick(now) == 3
    assert len(told(*free)) == 3 and told(*held) == []
    rule.refresh_from_db()
    assert rule.counted_at == now


def test_what_breaks_in_one_business_stops_no_other(
    business: Business, other_business: Business, customer: Customer
) -> None:
    for one in (business, other_business):
        switch_on(one)
    broken, fine = owed(customer), owed(factories.make_customer(other_business))
    Invoice.objects.filter(pk=broken.pk).update(payment_terms=["no terms at all"])
    reminding.tick(datetime(2026, 3, 11, 13, tzinfo=UTC))
    assert (told(broken), len(told(fine))) == ([], 1)


def test_a_forecast_looks_at_so_many_and_says_so(
    business: Business, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch_on(business)
    early, late = owed(customer, date(2026, 2, 15)), owed(customer, date(2026, 4, 2))
    near = [owed(customer, date(2026, 2, day)) for day in (19, 21)]
    monkeypatch.setattr("notifications.reminder_bills.MOST_READ", 2)
    outlook = coming(business, START)
    assert (outlook.read, outlook.open) == (2, 4)
    assert {one.invoice for one in outlook.found} == set(near)
    assert early not in near and late not in near


def test_a_blocked_address_is_none(business: Business, customer: Customer) -> None:
    switch_on(business)
    owed(customer)
    Suppression.objects.create(business=business, address=customer.email.lower(), reason="unsubscribed")
    assert not any(one.has_address for one in coming(business, START).found)
