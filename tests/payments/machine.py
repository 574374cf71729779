"""Everything that can happen to money, in any order: real actions on the real database beside a second set of books.

Each example is one transaction that is rolled back; the clock stands still but for the days that pass.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import time_machine
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from businesses.models import Business
from businesses.terms import Interest, PerDay, Terms, Tier
from core.money import share_out
from core.problems import Conflict, Problem
from customers.models import Customer
from invoices import actions as invoices
from invoices import audit as invoice_audit
from invoices.models import Invoice
from invoices.quote import Waiver
from invoices.schedule import Part
from payments import actions, audit, credit_notes, ledger, refunds
from payments.actions import Incoming, Target
from payments.credit_notes import Credit
from payments.models import Payment
from payments.refunds import GivenBack
from tests.factories import line, make_business, make_customer, make_invoice
from tests.payments.books import TAKES_MONEY, Books, Money, Paper, Refused

FIRST_DAY = date(2027, 3, 1)
NOON = time(15, tzinfo=UTC)
MOST_INVOICES = 5
IN_CI = os.environ.get("CI") == "true"
HALF = settings(
    max_examples=250 if IN_CI else 12,
    stateful_step_count=100,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
"""Two files run it with half of the examples each, so that two processes share the work: 500 in CI, 24 at home."""

PERCENT_MONTH: dict[str, Any] = {"interest": Interest.PERCENT_MONTH, "interest_percent": Decimal(1)}
TERMS = (
    Terms(),
    Terms(tolerance=5),
    Terms(fine_percent=Decimal(2), **PERCENT_MONTH, tolerance=3),
    Terms(fine_amount=150, interest=Interest.AMOUNT_WORKDAY, interest_amount=7),
    Terms(tiers=(Tier(5, percent=Decimal(10)), Tier(0, amount=300)), fine_percent=Decimal(2), tolerance=2),
    Terms(
        per_day=PerDay.PERCENT,
        per_day_percent=Decimal("0.5"),
        interest=Interest.PERCENT_YEAR_WORKDAYS,
        interest_percent=Decimal("13.75"),
    ),
)
PICK = st.integers(0, 59)
PRICES = st.integers(1, 40_000)
TENTHS = st.sampled_from([10, 10, 10, 5, 3, 9, 12, 25])
CENTS = st.sampled_from([0, 0, 0, -1, -4, 1, 2])


@contextmanager
def refused(expected: bool) -> Iterator[None]:
    """Refused by the real thing exactly when the books refuse."""
    was_refused = False
    try:
        yield
    except (Problem, Conflict):
        was_refused = True
    assert was_refused == expected


def would_refuse(act: Callable[[], object]) -> bool:
    try:
        act()
    except Refused:
        return True
    return False


def run() -> None:
    """With a business and two customers that every example finds."""
    Machine.business = make_business(slug="machine")
    Machine.customers = [make_customer(Machine.business, name) for name in ("Ana", "Bruno")]
    run_state_machine_as_test(Machine, settings=HALF)


class Machine(RuleBasedStateMachine):
    business: Business
    customers: list[Customer]

    def __init__(self) -> None:
        super().__init__()
        self.books = Books()
        self.day = FIRST_DAY
        self.clock = time_machine.travel(self._now(), tick=False)
        self.traveller = self.clock.start()
        self.all_or_nothing = transaction.atomic()
        self.all_or_nothing.__enter__()
        self.rows: dict[int, Invoice] = {}
        """As they were when they were issued: what a screen that was left open still holds."""
        self.told: list[tuple[Incoming, list[Target]]] = []

    @initialize(prices=st.lists(PRICES, min_size=1, max_size=3), kind=PICK)
    def begin(self, prices: list[int], kind: int) -> None:
        self._issue(0, prices, kind, 1, 10)

    def teardown(self) -> None:
        try:
            self.close_the_books()
        finally:
            transaction.set_rollback(True)
            self.all_or_nothing.__exit__(None, None, None)
            self.clock.stop()

    def _now(self) -> datetime:
        return datetime.combine(self.day, NOON) + timedelta(hours=2)

    # What the rules choose from

    def invoice(self, pick: int) -> tuple[int, Paper]:
        return list(self.books.papers.items())[pick % len(self.books.papers)]

    def payment(self, pick: int) -> tuple[int, Money]:
        return list(self.books.money.items())[pick % len(self.books.money)]

    def row(self, key: int) -> Invoice:
        return Invoice.objects.select_related("business", "customer").get(pk=key)

    # Rules

    @precondition(lambda self: len(self.books.papers) < MOST_INVOICES)
    @rule(
        who=st.integers(0, 1),
        prices=st.lists(PRICES, min_size=1, max_size=3),
        terms=PICK,
        parts=st.integers(1, 4),
        days=st.integers(0, 30),
    )
    def issue(self, who: int, prices: list[int], terms: int, parts: int, days: int) -> None:
        self._issue(who, prices, terms, parts, days)

    def _issue(self, who: int, prices: list[int], terms: int, parts: int, days: int) -> None:
        amounts = [amount for amount in share_out(sum(prices), [1] * parts) if amount]
        due = [self.day + timedelta(days=days + 30 * i) for i in range(len(amounts))]
        planned = [Part(*part) for part in zip(due, amounts, strict=True)]
        lines = [line(f"{Decimal(price).scaleb(-2)}") for price in prices]
        rules = TERMS[terms % len(TERMS)]
        schedule = {"parts": [{"due_on": part.due_on.isoformat(), "amount": part.amount} for part in planned]}
        draft = make_invoice(
            self.customers[who],
            lines,
            issue_on=self.day,
            due_on=due[-1],
            payment_terms=rules.as_dict(),
            schedule=schedule if len(planned) > 1 else {},
        )
        if len(planned) == 1:
            planned = [Part(due[-1], amounts[0])]
        row = actions.issue(draft)
        key = row.pk
        self.rows[key] = row
        self.books.papers[key] = Paper(who, tuple(planned), rules, [[price, 0] for price in prices])
        self.books.use_credit(key, self.day)
        self.compare()

    @rule(
        picks=st.lists(PICK, min_size=1, max_size=3),
        tenths=TENTHS,
        cents=CENTS,
        ago=st.integers(0, 12),
        tip=st.sampled_from([0, 0, 0, 100]),
        part=st.none() | st.integers(0, 3),
    )
    def pay(self, picks: list[int], tenths: int, cents: int, ago: int, tip: int, part: int | None) -> None:
        """Exactly, too little or too much, for one invoice or several, today or found out days later."""
        keys = list(dict.fromkeys(self.invoice(pick)[0] for pick in picks))
        on = self.day - timedelta(days=ago)
        asked = sum(self.books.papers[key].quote(on).total for key in keys)
        amount = max(1, asked * tenths // 10 + cents) + tip
        currency = "USD" if picks == [13] else "BRL"
        targets = [Target(key, part=part) for key in keys]
        limit = amount // 2 if len(keys) == 1 and ago == 7 else None
        if limit:
            targets = [Target(keys[0], limit, part)]
        self._receive(on, amount, tip, currency, targets)

    def _receive(self, on: date, amount: int, tip: int, currency: str, targets: list[Target]) -> None:
        paid_at = datetime.combine(on, NOON)
        news = Incoming(amount, currency, "pix", paid_at, external_id=f"E{len(self.told)}", tip=tip)
        payment, is_new = actions.receive(self.business, news, targets)
        assert is_new
        who = self.books.papers[targets[0].invoice_id].customer
        self.books.money[payment.pk] = Money(who, currency, amount, tip, on)
        for target in targets:
            self.books.pay(payment.pk, target.invoice_id, on, target.amount, target.part)
        self.told.append((news, targets))
        self.compare()

    @precondition(lambda self: self.told)
    @rule(pick=PICK)
    def tell_again(self, pick: int) -> None:
        """However late the same news comes again."""
        news, targets = self.told[pick % len(self.told)]
        _payment, is_new = actions.receive(self.business, news, targets)
        assert not is_new
        self.compare()

    @rule(pick=PICK)
    def use_credit(self, pick: int) -> None:
        key, _paper = self.invoice(pick)
        before = sum(map(self.books.applied, self.books.money))
        used = actions.use_credit(self.rows[key])
        self.books.use_credit(key, self.day)
        assert used == sum(map(self.books.applied, self.books.money)) - before
        self.compare()

    @precondition(lambda self: self.books.money)
    @rule(pick=PICK, tenths=st.integers(1, 11), reopen=st.booleans(), ago=st.integers(0, 20))
    def give_back(self, pick: int, tenths: int, reopen: bool, ago: int) -> None:
        key, row = self.payment(pick)
        on = max(row.paid_on, self.day - timedelta(days=ago))
        amount = max(1, (row.amount - row.refunded) * tenths // 10)
        payment = Payment.objects.get(pk=key)
        with refused(would_refuse(lambda: self.books.give_back(key, amount, on, reopen=reopen))):
            refunds.refund(payment, GivenBack(amount, on=on, reopen=reopen))
        self.compare()

    @precondition(lambda self: self.books.money)
    @rule(pick=PICK)
    def dispute(self, pick: int) -> None:
        key, row = self.payment(pick)
        with refused(row.disputed):
            refunds.dispute(Payment.objects.get(pk=key))
        row.disputed = True

    @precondition(lambda self: any(row.disputed for row in self.books.money.values()))
    @rule(pick=PICK, won=st.booleans())
    def decide(self, pick: int, won: bool) -> None:
        """The bank decides, and may say so twice."""
        disputed = [key for key, row in self.books.money.items() if row.disputed]
        key = disputed[pick % len(disputed)]
        row, payment = self.books.money[key], Payment.objects.get(pk=key)
        if won:
            refunds.win_dispute(payment)
            row.disputed = False
        elif row.lost:
            refunds.lose_dispute(payment)
        else:
            rest = row.amount - row.refunded
            row.lost = not would_refuse(lambda: self.books.give_back(key, rest, self.day, reopen=True))
            with refused(not row.lost):
                refunds.lose_dispute(payment)
            row.disputed = not row.lost
        self.compare()

    @rule(
        pick=PICK, tenths=st.integers(1, 11), of_line=st.none() | PICK, refund_by=st.sampled_from(["", "pix"])
    )
    def credit(self, pick: int, tenths: int, of_line: int | None, refund_by: str) -> None:
        key, paper = self.invoice(pick)
        place = None if of_line is None else of_line % len(paper.lines)
        whole = paper.invoiced if place is None else paper.lines[place][0]
        amount = max(1, whole * tenths // 10)
        row = self.rows[key]
        line_id = None if place is None else row.lines.all()[place].pk
        freed: list[tuple[int, int]] = []
        with refused(would_refuse(lambda: freed.extend(self.books.credit(key, amount, self.day, place)))):
            credit_notes.issue(row, [Credit(amount, line_id)], reason="agreed", refund_by=refund_by)
        for payment, part in freed if refund_by else ():
            self.books.give_back(payment, part, self.day, reopen=False)
        self.compare()

    @rule(pick=PICK, fine=st.booleans(), interest=st.booleans(), most=st.none() | st.integers(1, 500))
    def waive(self, pick: int, fine: bool, interest: bool, most: int | None) -> None:
        key, paper = self.invoice(pick)
        with refused(paper.status not in TAKES_MONEY or not (fine or interest)):
            actions.waive(self.rows[key], reason="first time", fine=fine, interest=interest, amount=most)
            paper.waivers.append(Waiver(fine, interest, most))

    @rule(pick=PICK)
    def void(self, pick: int) -> None:
        key, paper = self.invoice(pick)
        with refused(paper.status not in TAKES_MONEY or paper.columns()[1] > 0):
            actions.void(self.row(key))
            paper.status = "void"
        self.compare()

    @rule(pick=PICK)
    def give_up(self, pick: int) -> None:
        key, paper = self.invoice(pick)
        with refused(paper.status != "open"):
            invoices.mark_uncollectible(self.row(key))
            paper.status = "uncollectible"
        self.compare()

    @rule(days=st.sampled_from([1, 1, 2, 5, 17, 40]))
    def days_pass(self, days: int) -> None:
        self.day += timedelta(days=days)
        self.traveller.move_to(self._now())

    @rule(pick=PICK, days=st.integers(-40, 90))
    def ask(self, pick: int, days: int) -> None:
        """What is due on any day, and why, follows from the history alone."""
        key, paper = self.invoice(pick)
        on = self.day + timedelta(days=days)
        assert ledger.owed(self.row(key), on) == paper.quote(on)
        self.check_quote(paper, on)

    # What holds after every step

    def compare(self) -> None:
        """Every row of the database is what the books say."""
        told = {key: paper.columns() for key, paper in self.books.papers.items()}
        assert {row[0]: tuple(row[1:]) for row in self._select(INVOICES)} == told
        money = {
            key: (row.amount, row.tip, row.refunded, self.books.applied(key))
            for key, row in self.books.money.items()
        }
        assert {row[0]: tuple(row[1:]) for row in self._select(PAYMENTS)} == money
        for key in self.books.money:
            assert self.books.unapplied(key) >= 0
        for paper in self.books.papers.values():
            assert paper.remaining >= 0
            assert (paper.remaining == 0) == (paper.status == "paid")

    def _select(self, statement: str) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(statement, [self.business.pk])
            return cursor.fetchall()

    def check_quote(self, paper: Paper, on: date) -> None:
        """What the invoice asks for is what remains of it; nothing is due exactly when it is paid."""
        asked = paper.quote(on)
        assert asked.principal == paper.remaining
        assert (asked.total == 0) == (paper.remaining == asked.discount)
        for part in asked.parts:
            held = [paper.sum("interest"), part.interest]
            assert min(part.remaining, *held) >= 0
            if paper.terms.interest == Interest.PERCENT_MONTH:
                days = max(0, (on - part.late_from).days)
                assert part.interest <= part.amount * days // 3000 + 1

    def close_the_books(self) -> None:
        """At the end both audits find nothing, each history quotes alike, and the statement closes."""
        self.compare()
        connection.check_constraints()
        assert [*invoice_audit.breaches(), *audit.breaches()] == []
        for key, paper in self.books.papers.items():
            assert ledger.owed(self.row(key), self.day) == paper.quote(self.day)
            self.check_quote(paper, self.day)
        self.check_statement()

    def check_statement(self) -> None:
        """What was asked for, less the money that came and stayed, is what is owed less the customers' credit."""
        counted = [paper for paper in self.books.papers.values() if paper.status != "void"]
        asked = sum(paper.invoiced - paper.credited - paper.allowed + paper.columns()[2] for paper in counted)
        kept = sum(row.amount - row.tip - row.refunded for row in self.books.money.values())
        owed = sum(paper.remaining for paper in counted)
        assert asked - kept == owed - sum(map(self.books.unapplied, self.books.money))


INVOICES = """SELECT id, status, amount_paid, surcharge_total, allowance_total, credit_total
    FROM invoices_invoice WHERE business_id = %s"""
PAYMENTS = "SELECT id, amount, tip, refunded, applied FROM payments_payment WHERE business_id = %s"
