"""Money for tests: payments through the real actions. Name only what the test is about."""

from datetime import UTC, datetime, time
from itertools import count
from typing import Any

from businesses.terms import Interest, Terms
from customers.models import Customer
from invoices.models import Invoice
from payments import actions
from payments.actions import Incoming, Target
from payments.models import Payment
from tests.factories import DUE, issue, line, make_invoice

NOON = time(15, 0, tzinfo=UTC)
LATE = Terms(fine_percent=2, interest=Interest.PERCENT_MONTH, interest_percent=1)  # type: ignore[arg-type]

_serial = count(1)


def issued(customer: Customer, price: str = "100.00", **fields: Any) -> Invoice:
    """An issued invoice of one line, without discount, fine or interest unless `terms` says otherwise."""
    terms = fields.pop("terms", Terms())
    return issue(make_invoice(customer, [line(price)], payment_terms=terms.as_dict(), **fields))


def incoming(amount: int, on: Any = DUE, **fields: Any) -> Incoming:
    """Pix in reais at noon of that day, told once."""
    defaults = {"currency": "BRL", "method": "pix", "external_id": f"test-{next(_serial)}"}
    return Incoming(amount, paid_at=datetime.combine(on, NOON), **{**defaults, **fields})


def pay(invoice: Invoice, amount: int, on: Any = DUE, *, by: object = None, **fields: Any) -> Payment:
    """Receive money for one invoice, which is refreshed."""
    money = incoming(amount, on, **{"currency": invoice.currency, **fields})
    payment, _is_new = actions.receive(invoice.business, money, [Target(invoice.pk)], by=by)
    invoice.refresh_from_db()
    return payment
