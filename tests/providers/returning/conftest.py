"""A connection to a desk whose books the test writes."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import override_settings

from businesses.models import Business
from customers.models import Customer
from invoices.models import Invoice
from providers import actions
from providers.models import Connection, RemoteInvoice
from providers.registry import CONNECTORS
from tests.payments.money import issued
from tests.providers.returning.desk import SECRET, Desk, DeskConnector, issue, pay, void


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setitem(CONNECTORS, "base39", DeskConnector("base39", issue=issue, void=void, pay=pay))
    monkeypatch.setitem(CONNECTORS, "aira", DeskConnector("aira", issue=issue, void=void))
    with override_settings(ALLOW_PRIVATE_TARGETS=True), Desk() as running:
        yield running


@pytest.fixture
def connect(business: Business, desk: Desk) -> Callable[..., Connection]:
    def make(provider: str = "base39", secret: str = SECRET, **fields: Any) -> Connection:
        values = {"business": business, "base_url": desk.url, **fields}
        return actions.create(provider=provider, credentials={"secret": secret}, **values)

    return make


@pytest.fixture
def connection(connect: Callable[..., Connection]) -> Connection:
    return connect()


@pytest.fixture
def pushed(connection: Connection, customer: Customer, desk: Desk) -> Callable[..., Invoice]:
    """An issued invoice that the desk has too, under `remote_id`."""

    def make(remote_id: str = "r1", price: str = "100.00", **fields: Any) -> Invoice:
        there = fields.pop("connection", connection)
        invoice = fields.pop("invoice", None) or issued(customer, price, **fields)
        RemoteInvoice.objects.create(
            business=invoice.business, connection=there, invoice=invoice, remote_id=remote_id, standing="open"
        )
        desk.put(remote_id, total=invoice.total, paid=0, currency=invoice.currency, number=invoice.number)
        return invoice

    return make
