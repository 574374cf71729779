"""We as a client of Aira, against our own Aira API: what one business pushes, the other has."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings

from businesses.models import Business
from core.ids import as_uuid
from customers.models import Customer
from invoices.models import Invoice
from outbox.models import Delivery, State
from payments import actions as payments
from providers import actions, calling
from providers.aira.client import AIRA
from providers.connector import Unauthorized
from providers.models import Connection
from tests import factories
from tests.factories import line, tax
from tests.gateway.calls import Caller
from tests.providers import pushed
from tests.providers.pushed import SENT, access, drain, ends, issued, lose, receive, remote_of

pytestmark = pytest.mark.django_db(transaction=True)
Connect = Callable[..., Connection]


@pytest.fixture
def provider() -> Caller:
    """Another business, with one customer whom both know as acme-1, and a key to its Aira API."""
    there = factories.make_business(slug="aira", legal_name="Aira Ltda")
    factories.make_customer(there, "Maria lá", external_id="acme-1")
    return Caller(there, "aira")


@pytest.fixture
def connected(business: Business, provider: Caller, live_server: Any) -> Iterator[Connect]:
    def connect(options: dict[str, str] | None = None, **credentials: str) -> Connection:
        given = {"api_key": provider.secret, "payment_account": str(provider.ids["business"]), **credentials}
        return pushed.connect(business, live_server.url, provider, given, options=options or {})

    with override_settings(ALLOW_PRIVATE_TARGETS=True):
        yield connect


@pytest.fixture
def payer(business: Business) -> Customer:
    return factories.make_customer(business, external_id="acme-1")


def there(provider: Caller) -> Invoice:
    found: Invoice = Invoice.objects.for_business(provider.key.business).get()
    return found


def test_an_issued_invoice_appears_there_once_and_with_the_same_total(
    connected: Connect, payer: Customer, provider: Caller
) -> None:
    connected()
    lines = [line("10.005", "1.5", tax("10")), line("100", "3", discount_amount=77)]
    invoice = issued(payer, *lines, document_tax=33, description="Março")
    drain()
    drain()
    row, copy = remote_of(invoice), there(provider)
    assert ends(invoice) == [("issue", *SENT)]
    assert (row.remote_id, row.standing, row.word) == (as_uuid(copy.public_id), "draft", "open")
    assert copy.total == row.total == invoice.total and copy.lines.count() == 3
    assert copy.description == f"{invoice.number} · Março" and copy.issue_on == invoice.issue_on


@pytest.mark.parametrize("place", [1, 2, 3, 4])
@pytest.mark.parametrize("is_unclear", [True, False])
def test_an_answer_that_is_lost_leaves_one_invoice_there_with_each_line_once(
    place: int, is_unclear: bool, connected: Connect, payer: Customer, provider: Caller
) -> None:
    """Whether or not the outbox learned of it; of the creation, of either line, of the reading."""
    connected()
    invoice = issued(payer, line("60"), line("40"))
    assert lose(invoice, place).is_unclear
    Delivery.objects.update(is_unclear=is_unclear)
    drain()
    assert ends(invoice) == [("issue", *SENT)] and remote_of(invoice).total == invoice.total
    assert (there(provider).total, there(provider).lines.count()) == (invoice.total, 2)


def test_what_is_withheld_at_source_is_not_asked_for_there(
    connected: Connect, payer: Customer, provider: Caller
) -> None:
    connected()
    kept = tax("4.65", name="PCC", withheld=True)
    invoice = issued(payer, line("33.33", "3", kept, discount_amount=7), line("10"), document_tax=33)
    drain()
    assert ends(invoice) == [("issue", *SENT)]
    copy, total = there(provider), invoice.total - invoice.withheld_total
    assert copy.total == remote_of(invoice).total == total < invoice.total


def test_a_void_invoice_is_cancelled_there(connected: Connect, payer: Customer, provider: Caller) -> None:
    connected()
    invoice = issued(payer)
    drain()
    payments.void(invoice)
    drain()
    assert ends(invoice) == [("issue", *SENT), ("void", *SENT)]
    assert there(provider).deleted_at and remote_of(invoice).standing == "void"


def test_what_is_paid_here_is_cancelled_there_since_it_cannot_be_told(
    connected: Connect, payer: Customer, provider: Caller
) -> None:
    connected()
    invoice = issued(payer)
    drain()
    receive(invoice, invoice.total)
    drain()
    assert ends(invoice) == [("issue", *SENT), ("void", *SENT)]
    assert remote_of(invoice).word == "canceled"


def test_what_is_paid_there_is_seen_here(connected: Connect, payer: Customer, provider: Caller) -> None:
    connection = connected()
    invoice = issued(payer)
    drain()
    copy = payments.issue(there(provider))
    receive(copy, copy.total)
    seen = calling.run(connection, AIRA.look(access(), remote_of(invoice).remote_id))
    assert (seen.standing, seen.total, seen.paid) == ("paid", 10000, 10000)
    assert [payment.amount for payment in seen.payments] == [10000]
    [listed] = calling.run(connection, AIRA.listed(access(), payer.business.today()))
    assert (listed.id, listed.standing, listed.number) == (seen.id, "paid", copy.number)
    assert calling.run(connection, AIRA.listed(access(), copy.due_on + timedelta(days=1))) == []


@pytest.mark.parametrize("option", ["ours", "theirs"])
def test_customers_may_be_named_otherwise(
    option: str, connected: Connect, payer: Customer, provider: Caller
) -> None:
    them = Customer.objects.for_business(provider.key.business).get()
    names = {
        "ours": (payer.external_id, payer.public_id),
        "theirs": (as_uuid(them.public_id), them.external_id),
    }
    here, over_there = names[option]
    Customer.objects.filter(pk=payer.pk).update(external_id=here)
    Customer.objects.filter(pk=them.pk).update(external_id=over_there)
    connected({"customer": option})
    invoice = issued(Customer.objects.get(pk=payer.pk))
    drain()
    assert ends(invoice) == [("issue", *SENT)] and there(provider).customer == them


def test_a_customer_who_is_unknown_there_is_a_reason_for_staff(
    connected: Connect, business: Business, provider: Caller
) -> None:
    connected()
    invoice = issued(factories.make_customer(business, external_id="nobody"))
    drain()
    [(operation, state, code, detail)] = ends(invoice)
    assert (operation, state, code) == ("issue", State.DEAD, "refused") and "externalCustomerId" in detail


def test_the_connection_can_be_checked(connected: Connect, provider: Caller) -> None:
    connection = connected()
    assert calling.run(connection, AIRA.check(access())) == provider.ids["business"]
    actions.change(connection, credentials={"api_key": "wrong"})
    with pytest.raises(Unauthorized):
        calling.run(connection, AIRA.check(access()))
