"""We as a client of HighLevel, against our own HighLevel API: what one business pushes appears at the other."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from businesses.models import Business
from core import http
from core.http import Request
from customers.models import Customer
from gateway import actions as gateway
from invoices.draft import ChargeDraft, DiscountDraft
from invoices.models import Invoice
from outbox.models import State
from payments import actions as payments
from payments.actions import Incoming, Target
from providers import actions, calling
from providers.actions import access_of
from providers.connector import Standing
from providers.highlevel.client import HIGHLEVEL
from providers.models import Connection
from tests import factories
from tests.factories import line, tax
from tests.gateway.calls import Caller
from tests.providers.highlevel.spec import check_request
from tests.providers.lost import lose_the_answer
from tests.providers.pushed import drain, ends, remote_of

pytestmark = pytest.mark.django_db(transaction=True)
Connect = Callable[..., Connection]
LINES = [
    line("90.50", "2.25", tax("5", name="ISS"), name="Hours"),
    line("100.00", "3", tax("10", name="IVA", inclusive=True), name="With tax"),
    line("19.99", name="Without"),
]


@pytest.fixture
def provider() -> Caller:
    return Caller(factories.make_business(slug="provedor", legal_name="Provedor Ltda"), "highlevel")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, Any]]:
    """Every request that leaves is held against the provider's document, and listed."""
    found: list[tuple[str, str, Any]] = []
    call = http.call

    async def watched(session: Any, request: Request) -> Any:
        path = request.url.partition("/highlevel")[2]
        is_form = path.startswith("/oauth")
        data = json.loads(request.body) if request.body and not is_form else None
        if not is_form:
            check_request(request.method, path, data)
        found.append((request.method, path.partition("?")[0], data))
        return await call(session, request)

    monkeypatch.setattr(http, "call", watched)
    return found


@pytest.fixture
def connect(business: Business, provider: Caller, live_server: Any, sent: Any) -> Iterator[Connect]:
    def go(send: str = "send_manually", **credentials: str) -> Connection:
        place = {"location_id": provider.key.business.public_id, "user_id": "user-1"}
        given = {**place, **(credentials or {"access_token": provider.secret})}
        url = f"{live_server.url}/highlevel"
        return actions.create(business, "highlevel", given, base_url=url, options={"send": send})

    with override_settings(ALLOW_PRIVATE_TARGETS=True):
        yield go


@pytest.fixture
def payer(business: Business) -> Customer:
    return factories.make_customer(business, email="maria@example.com", phone="+5511999999999")


def issued(payer: Customer, **fields: Any) -> Invoice:
    return factories.issue(factories.make_invoice(payer, fields.pop("lines", LINES), **fields))


def there(provider: Caller) -> Invoice:
    found: Invoice = Invoice.objects.for_business(provider.key.business).get()
    return found


def pay(invoice: Invoice, amount: int) -> None:
    incoming = Incoming(amount, "BRL", "bank_transfer", timezone.now())
    payments.receive(invoice.business, incoming, [Target(invoice.pk)])


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"discount": DiscountDraft(percent=Decimal(10))},
        {"discount": DiscountDraft(amount=1234), "charges": (ChargeDraft("Post", 250),), "document_tax": 101},
        {"lines": [line("0.335", "7", name="Small", discount_percent=Decimal(10)), *LINES]},
        {"terms": "<p>Net 14</p>", "description": "March", "payment_terms": {"fine_percent": "2"}},
    ],
)
def test_an_issued_invoice_appears_there_sent_and_with_the_same_total(
    connect: Connect, payer: Customer, provider: Caller, fields: dict[str, Any]
) -> None:
    connect()
    invoice = issued(payer, **fields)
    drain()
    assert ends(invoice) == [("issue", State.SENT, "", "")]
    row, found = remote_of(invoice), there(provider)
    assert (found.total, found.number, found.due_on) == (invoice.total, invoice.number, invoice.due_on)
    assert (row.remote_id, row.number) == (found.public_id, invoice.number)
    assert (row.standing, row.word, row.total, row.paid) == (Standing.OPEN, "sent", invoice.total, 0)
    assert (found.customer.name, found.customer.email) == (payer.name, payer.email)


def test_it_is_left_as_a_draft_where_the_connection_says_so(
    connect: Connect, payer: Customer, provider: Caller
) -> None:
    connect("no")
    invoice = issued(payer)
    drain()
    assert (remote_of(invoice).standing, there(provider).status) == (Standing.DRAFT, "draft")
    payments.void(invoice)
    drain()
    assert remote_of(invoice).standing == Standing.GONE
    assert not Invoice.objects.for_business(provider.key.business).current().exists()


def test_payments_are_recorded_there_as_far_as_they_are_missing(
    connect: Connect, payer: Customer, provider: Caller, sent: Any
) -> None:
    connect()
    invoice = issued(payer)
    drain()
    pay(there(provider), 1000)
    pay(invoice, 5000)
    drain()
    assert (remote_of(invoice).standing, remote_of(invoice).paid) == (Standing.PARTIALLY_PAID, 5000)
    pay(invoice, invoice.total - 5000)
    drain()
    assert (remote_of(invoice).standing, remote_of(invoice).paid) == (Standing.PAID, invoice.total)
    told = [
        (data["amount"], data["mode"]) for _method, path, data in sent if path.endswith("/record-payment")
    ]
    assert told == [(40, "bank_transfer"), ((invoice.total - 5000) / 100, "bank_transfer")]
    assert there(provider).amount_paid == invoice.total


def test_what_is_void_here_is_void_there(connect: Connect, payer: Customer, provider: Caller) -> None:
    connect()
    invoice = issued(payer)
    drain()
    payments.void(invoice)
    drain()
    assert (remote_of(invoice).standing, there(provider).status) == (Standing.VOID, "void")


def test_after_an_answer_that_was_lost_the_invoice_is_found_by_our_id(
    connect: Connect, payer: Customer, provider: Caller
) -> None:
    connect()
    invoice = issued(payer)
    drain()
    row = remote_of(invoice)
    lose_the_answer(row)
    drain()
    assert remote_of(invoice).remote_id == row.remote_id
    assert Invoice.objects.for_business(provider.key.business).count() == 1


def test_oauth_access_is_renewed_and_the_new_refresh_token_kept(
    connect: Connect, payer: Customer, provider: Caller, sent: Any
) -> None:
    first = gateway.log_in(provider.key)
    oauth = {"client_id": provider.key.public_id, "client_secret": provider.secret}
    connection = connect(**oauth, refresh_token=first.refresh)
    invoice = issued(payer)
    drain()
    assert ends(invoice) == [("issue", State.SENT, "", "")]
    connection.refresh_from_db()
    assert connection.tokens["refresh_token"] != first.refresh
    assert [path for _method, path, _data in sent].count("/oauth/token") == 1
    again = issued(payer)
    drain()
    assert ends(again) == [("issue", State.SENT, "", "")]
    assert [path for _method, path, _data in sent].count("/oauth/token") == 1


def test_a_wrong_token_pauses_the_connection(connect: Connect, payer: Customer) -> None:
    connection = connect(access_token="wrong")
    invoice = issued(payer)
    drain()
    assert [end[1:3] for end in ends(invoice)] == [(State.WAITING, "unauthorized")]
    connection.refresh_from_db()
    assert connection.health == "paused"


def test_what_is_there_can_be_looked_at_and_listed(
    connect: Connect, payer: Customer, provider: Caller
) -> None:
    connection, invoice = connect(), issued(payer)
    drain()
    pay(there(provider), 1000)
    access = access_of(connection)
    found = calling.run(connection, HIGHLEVEL.look(access, remote_of(invoice).remote_id))
    assert (found.standing, found.paid, found.total) == (Standing.PARTIALLY_PAID, 1000, invoice.total)
    assert (found.ref, found.number, found.currency) == (invoice.public_id, invoice.number, "BRL")
    assert calling.run(connection, HIGHLEVEL.listed(access, invoice.issue_on)) == [found]
    assert calling.run(connection, HIGHLEVEL.listed(access, timezone.localdate().replace(year=2100))) == []
    gone = calling.run(connection, HIGHLEVEL.look(access, "0" * 24))
    assert gone.standing == Standing.GONE


def test_the_test_button_names_the_location(connect: Connect, provider: Caller) -> None:
    connection = connect()
    shown = calling.run(connection, HIGHLEVEL.check(access_of(connection)))
    assert shown == provider.key.business.public_id
