"""Random histories of two customers of one business, through the real actions."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from random import Random
from typing import Any

from businesses.models import Business
from businesses.terms import Interest, Terms, Tier
from core.problems import Conflict, Problem
from customers.models import Customer
from invoices import actions as invoices
from invoices.models import Invoice
from invoices.schedule import monthly
from payments import actions, credit_notes, refunds
from payments.actions import Target
from payments.credit_notes import Credit
from payments.models import Payment
from payments.refunds import GivenBack
from tests.factories import ISSUED, line, make_customer, make_invoice
from tests.payments.money import incoming

TERMS = Terms(
    tiers=(Tier(5, percent=5),),  # type: ignore[arg-type]
    fine_percent=2,  # type: ignore[arg-type]
    interest=Interest.PERCENT_MONTH,
    interest_percent=1,  # type: ignore[arg-type]
    tolerance=10,
)


class History:
    """`run(seed, steps)` does that many things; what the actions refuse is not done."""

    def __init__(self, business: Business) -> None:
        self.business = business
        self.customers = [make_customer(business, name) for name in ("Ana", "Bia")]
        self.today = business.today()

    def run(self, seed: int, steps: int) -> None:
        self.random = Random(seed)
        moves: list[Callable[[], Any]] = [
            self.issue, self.issue, self.pay, self.pay, self.pay, self.refund, self.credit, self.use_credit,
            self.void, self.give_up, self.lose, self.waive,
        ]  # fmt: skip
        for _step in range(steps):
            with suppress(Problem, Conflict):
                self.random.choice(moves)()

    def day(self, first: date = ISSUED) -> date:
        return first + timedelta(days=self.random.randrange(max(1, (self.today - first).days)))

    def issue(self) -> None:
        issue_on = self.random.choice([self.day(), self.day(), self.today + timedelta(days=9)])
        due_on = issue_on + timedelta(days=self.random.randrange(60))
        price = self.random.choice(["0.99", "100.00", "333.33", "1000.00"])
        terms = self.random.choice([Terms(), TERMS])
        count = self.random.choice([0, 0, 3])
        minor = int(price.replace(".", ""))
        draft = make_invoice(
            self.random.choice(self.customers),
            [line(price)],
            issue_on=issue_on,
            due_on=due_on,
            payment_terms=terms.as_dict(),
            schedule=monthly(minor, due_on, count) if count else {},
        )
        actions.issue(draft)

    def invoice(self) -> Invoice:
        rows = Invoice.objects.for_business(self.business).exclude(status="draft").order_by("pk")
        return self._any(list(rows))

    def payment(self) -> Payment:
        return self._any(list(Payment.objects.for_business(self.business).order_by("pk")))

    def _any(self, rows: list[Any]) -> Any:
        if not rows:
            raise Problem("nothing yet")
        return self.random.choice(rows)

    def pay(self) -> None:
        targets = [Target(self.invoice().pk) for _i in range(self.random.choice([0, 1, 1, 1, 2]))]
        amount = self.random.choice([99, 5000, 9995, 33333, 102000, 200000])
        tip = self.random.choice([0, 0, 50])
        owner: Customer | None = None if targets else self.random.choice(self.customers)
        actions.receive(self.business, incoming(amount, self.day(), tip=tip), targets, customer=owner)

    def refund(self) -> None:
        payment = self.payment()
        amount = self.random.choice([99, payment.refundable - payment.tip, payment.amount // 2])
        given = GivenBack(amount, on=self.day(payment.paid_on), reopen=self.random.random() < 0.5)
        refunds.refund(payment, given)

    def credit(self) -> None:
        credit_notes.issue(
            self.invoice(),
            [Credit(self.random.choice([99, 5000, 33333]))],
            reason="too much",
            refund_by=self.random.choice(["", "pix"]),
        )

    def use_credit(self) -> None:
        actions.use_credit(self.invoice())

    def void(self) -> None:
        invoices.void(self.invoice())

    def give_up(self) -> None:
        invoices.mark_uncollectible(self.invoice())

    def lose(self) -> None:
        refunds.lose_dispute(refunds.dispute(self.payment()))

    def waive(self) -> None:
        actions.waive(self.invoice(), reason="kindness", amount=self.random.choice([None, 100]))

    def owed(self, customer: Customer) -> int:
        """What invoices say now that remains, less what payments say is credit."""
        rows = Invoice.objects.for_business(self.business).filter(customer=customer)
        remaining = sum(row.amount_remaining for row in rows.filter(status__in=["open", "uncollectible"]))
        money = Payment.objects.for_business(self.business).filter(customer=customer)
        return remaining - sum(row.unapplied for row in money)
