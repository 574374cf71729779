"""One business pushes to the API of another, which plays the provider: real rows, real HTTP, the real outbox."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connections
from django.utils import timezone

from businesses.models import Business
from businesses.telling import Outcome, Send, Try
from core import http
from core.http import Answer, CallFailed, Request
from customers.models import Customer
from invoices.models import Invoice
from outbox import actions as outbox
from outbox import engine
from outbox.models import Delivery, State
from payments import actions as payments
from payments.actions import Incoming, Target
from payments.models import Method
from providers import actions
from providers.connector import Access
from providers.models import Connection, RemoteInvoice
from providers.pushing import PUSH
from tests import factories
from tests.gateway.calls import Caller

SENT = (State.SENT, "", "")


def connect(
    business: Business, at: str, caller: Caller, credentials: dict[str, str], **fields: Any
) -> Connection:
    """A connection of `business` to the API that `caller` has a key of."""
    address = f"{at}{caller.dialect.prefix}"
    return actions.create(business, caller.dialect.name, credentials, base_url=address, **fields)


def access() -> Access:
    """Of the only connection, as it is now."""
    return actions.access_of(Connection.objects.get())


def issued(payer: Customer, *lines: Any, **fields: Any) -> Invoice:
    """Issued today and due in two weeks, whatever day it is."""
    today = payer.business.today()
    days = {"issue_on": today, "due_on": today + timedelta(days=14), **fields}
    return factories.issue(factories.make_invoice(payer, list(lines) or None, **days))


def receive(invoice: Invoice, amount: int) -> None:
    """Money that came just now."""
    name = f"{invoice.public_id}-{amount}"
    money = Incoming(amount, "BRL", Method.PIX, timezone.now(), source="manual", external_id=name)
    payments.receive(invoice.business, money, [Target(invoice.pk)])


def drain() -> None:
    engine.drain(10)


def remote_of(invoice: Invoice) -> RemoteInvoice:
    return RemoteInvoice.objects.get(invoice=invoice)


def ends(invoice: Invoice) -> list[tuple[str, str, str, str]]:
    """How every push of the invoice stands: operation, state, code, what the other side said."""
    rows = Delivery.objects.filter(invoice_id=invoice.pk, channel="push").order_by("pk")
    return [(row.target.partition(":")[2], row.state, row.code, row.detail) for row in rows]


class Lossy:
    """A wire that loses the answer to one request, which was done."""

    def __init__(self, place: int) -> None:
        self.left = place

    async def call(self, request: Request) -> Answer:
        async with http.session() as session:
            answer = await http.call(session, request)
        self.left -= 1
        if not self.left:
            raise CallFailed("cut", is_unclear=True)
        return answer

    async def note(self, write: Callable[[], Any]) -> Any:
        return await asyncio.to_thread(_apart, write)

    async def block(self, work: Callable[[], Any]) -> Any:
        return await asyncio.to_thread(work)


def _apart(write: Callable[[], Any]) -> Any:
    """On a thread with a database connection of its own, which ends with it."""
    try:
        return write()
    finally:
        connections.close_all()


def lose(invoice: Invoice, place: int) -> Outcome:
    """The first try of the invoice's push, which loses the answer to its request number `place`. The outbox does not
    learn how it ended, as if the worker had died.
    """
    outbox.fan_out()
    row = Delivery.objects.select_related("event").get(invoice_id=invoice.pk, channel="push")
    one = Try(row.pk, row.public_id, row.event, row.target, 1, invoice_id=row.invoice_id)
    send = PUSH.prepare([one])[row.pk]
    assert not isinstance(send, Outcome)
    return asyncio.run(_sent(send, place))


async def _sent(send: Send, place: int) -> Outcome:
    return await send(Lossy(place))
