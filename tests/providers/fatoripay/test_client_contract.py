"""We as a client of FatoriPay, against our own FatoriPay API: what one business pushes appears at the other."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from businesses.models import Account, Business
from customers.models import Customer
from invoices.draft import ChargeDraft, DiscountDraft
from invoices.models import Invoice
from outbox.models import State
from payments import actions as payments
from payments.actions import Incoming, Target
from providers import actions, calling
from providers.actions import access_of
from providers.connector import Standing
from providers.fatoripay.client import FATORIPAY
from providers.models import Connection
from tests import factories
from tests.factories import line, tax
from tests.gateway.calls import Caller
from tests.providers.lost import lose_the_answer
from tests.providers.pushed import drain, ends, remote_of

pytestmark = pytest.mark.django_db(transaction=True)
Connect = Callable[..., Connection]
LINES = [
    line("100.25", "5", name="Hours"),
    line("0.335", "7", tax("5"), name="Small", discount_percent=Decimal(10)),
    line("11.44", "2.5", name="Half"),
]


@pytest.fixture
def provider() -> Caller:
    """Another business, which may be paid by Pix, and a key to its FatoriPay API."""
    there = factories.make_business(slug="provedor", legal_name="Provedor Ltda")
    Account.objects.create(business=there, name="Main", pix_key="a@b.example", is_default=True)
    return Caller(there, "fatoripay")


@pytest.fixture
def connect(business: Business, provider: Caller, live_server: Any) -> Iterator[Connect]:
    def go(options: dict[str, str] | None = None, **fields: Any) -> Connection:
        given = {"client_id": provider.key.public_id, "client_secret": provider.secret, "username": "me"}
        url = f"{live_server.url}/fatoripay/api/v1"
        return actions.create(business, "fatoripay", given, base_url=url, options=options or {}, **fields)

    with override_settings(ALLOW_PRIVATE_TARGETS=True):
        yield go


@pytest.fixture
def payer(business: Business) -> Customer:
    return factories.make_customer(
        business, tax_id=factories.CPF, tax_id_kind="cpf", email="maria@example.com", phone="+5511999999999"
    )


def issued(payer: Customer, **fields: Any) -> Invoice:
    return factories.issue(factories.make_invoice(payer, LINES, **fields))


def there(provider: Caller) -> Invoice:
    found: Invoice = Invoice.objects.for_business(provider.key.business).get()
    return found


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"money": "point"},
        {"money": "comma"},
        {"path": "createRequest"},
        {"path": "createRequest", "money": "point"},
    ],
)
def test_an_issued_invoice_appears_there_with_the_same_total(
    connect: Connect, payer: Customer, provider: Caller, options: dict[str, str]
) -> None:
    connect(options)
    invoice = issued(
        payer, discount=DiscountDraft(amount=999), charges=(ChargeDraft("Post", 250),), document_tax=101
    )
    drain()
    assert ends(invoice) == [("issue", State.SENT, "", "")]
    row, found = remote_of(invoice), there(provider)
    assert (found.total, found.external_id, found.due_on) == (
        invoice.total,
        invoice.public_id,
        invoice.due_on,
    )
    assert (row.standing, row.word, row.total, row.paid) == (Standing.OPEN, "unpaid", invoice.total, 0)
    assert found.token in row.link


def test_the_charge_that_the_connection_asks_for_is_opened(
    connect: Connect, payer: Customer, provider: Caller
) -> None:
    connect({"capture": "pix"})
    invoice = issued(payer)
    drain()
    assert ends(invoice) == [("issue", State.SENT, "", "")]
    assert [intent.method for intent in there(provider).intents.all()] == ["pix"]


@pytest.mark.parametrize("path", ["cancel/{id}", "{id}/cancel"])
def test_what_is_void_here_is_cancelled_there(
    connect: Connect, payer: Customer, provider: Caller, path: str
) -> None:
    connect({"cancel": path})
    invoice = issued(payer)
    drain()
    payments.void(invoice)
    drain()
    assert ends(invoice)[1:] == [("void", State.SENT, "", "")]
    assert (remote_of(invoice).standing, there(provider).status) == (Standing.VOID, "void")


def test_what_is_paid_here_is_cancelled_there_so_that_nobody_pays_twice(
    connect: Connect, payer: Customer, provider: Caller
) -> None:
    connect()
    invoice = issued(payer)
    drain()
    pay(invoice)
    drain()
    assert ends(invoice)[1:] == [("void", State.SENT, "", "")]
    assert there(provider).status == "void"


def pay(invoice: Invoice) -> None:
    incoming = Incoming(invoice.total, "BRL", "pix", timezone.now())
    payments.receive(invoice.business, incoming, [Target(invoice.pk)])


def test_what_is_paid_there_is_seen_and_named_once_and_for_all(
    connect: Connect, payer: Customer, provider: Caller
) -> None:
    connection, invoice = connect(), issued(payer)
    drain()
    pay(there(provider))
    row = remote_of(invoice)
    access = access_of(connection)
    found = calling.run(connection, FATORIPAY.look(access, row.remote_id))
    (payment,) = found.payments
    assert (found.standing, found.paid, found.ref) == (Standing.PAID, invoice.total, invoice.public_id)
    assert (payment.external_id, payment.amount, payment.method) == (row.remote_id, invoice.total, "pix")
    assert payment.paid_at is not None
    (listed,) = calling.run(connection, FATORIPAY.listed(access, invoice.issue_on))
    assert listed == found
    assert calling.run(connection, FATORIPAY.listed(access, timezone.localdate().replace(year=2100))) == []


def test_an_invoice_that_is_not_there_is_gone(connect: Connect, provider: Caller) -> None:
    connection = connect()
    gone = "83a0843b-0a98-402e-bb5f-75fcc44e11b1"
    found = calling.run(connection, FATORIPAY.look(access_of(connection), gone))
    assert (found.id, found.standing) == (gone, Standing.GONE)


def test_credentials_that_work_say_who_they_are(connect: Connect) -> None:
    connection = connect()
    assert calling.run(connection, FATORIPAY.check(access_of(connection))) == "me"


def test_wrong_credentials_pause_the_connection(connect: Connect, payer: Customer, provider: Caller) -> None:
    connection = connect()
    provider.key.delete()
    invoice = issued(payer)
    drain()
    assert [end[1:3] for end in ends(invoice)] == [(State.WAITING, "unauthorized")]
    connection.refresh_from_db()
    assert connection.health == "paused"


def test_after_an_answer_that_was_lost_the_invoice_is_found_by_our_reference(
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
