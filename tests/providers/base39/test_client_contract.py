"""We as a client of Base39, against our own Base39 API: what one business pushes, the other has."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings

from businesses.models import Business
from customers.models import Customer
from invoices.models import Invoice
from outbox.models import Delivery, State
from payments import actions as payments
from providers import actions, calling
from providers.base39.client import BASE39
from providers.connector import Standing, Unauthorized
from providers.models import Connection
from tests import factories
from tests.factories import line, tax
from tests.gateway.calls import Caller
from tests.providers import pushed
from tests.providers.pushed import SENT, access, drain, ends, issued, lose, receive, remote_of

pytestmark = pytest.mark.django_db(transaction=True)
Connect = Callable[..., Connection]


@pytest.fixture
def fund() -> Caller:
    """The provider: another business, with one customer, and a key to its Base39 API."""
    there = factories.make_business(slug="fundo", legal_name="Fundo Base Ltda")
    factories.make_customer(there, "Maria lá")
    return Caller(there, "base39")


@pytest.fixture
def connected(business: Business, fund: Caller, live_server: Any) -> Iterator[Connect]:
    def connect(options: dict[str, str] | None = None, **credentials: str) -> Connection:
        given = {"beneficiary": str(fund.ids["business"]), **(credentials or {"api_key": fund.secret})}
        return pushed.connect(business, live_server.url, fund, given, options=options or {})

    with override_settings(ALLOW_PRIVATE_TARGETS=True):
        yield connect


@pytest.fixture
def payer(business: Business, fund: Caller) -> Customer:
    return factories.make_customer(business, external_id=str(fund.ids["customer"]))


def there(fund: Caller) -> Invoice:
    found: Invoice = Invoice.objects.for_business(fund.key.business).get()
    return found


def test_an_issued_invoice_appears_there_open_once_and_with_the_same_total(
    connected: Connect, payer: Customer, fund: Caller
) -> None:
    connected()
    lines = [line("10.005", "1.5", tax("10")), line("100", "3", discount_amount=77)]
    invoice = issued(payer, *lines, document_tax=33)
    drain()
    drain()
    row, copy = remote_of(invoice), there(fund)
    assert ends(invoice) == [("issue", *SENT)]
    assert (row.remote_id, row.standing, row.paid) == (f"inv_{copy.public_id}", "open", 0)
    assert (
        copy.total == row.total == invoice.total and copy.status == "open" and copy.due_on == invoice.due_on
    )
    assert copy.metadata == {"faturo_id": invoice.public_id, "faturo_number": invoice.number}


def test_centavos_and_charges_where_the_connection_has_them(
    connected: Connect, payer: Customer, fund: Caller
) -> None:
    fund.key.options = {"money": "minor"}
    fund.key.save()
    connected({"money": "minor", "charges": "offered", "finalize": "at_once"})
    invoice = issued(payer, payable_with=("pix",))
    drain()
    assert ends(invoice) == [("issue", *SENT)] and there(fund).total == invoice.total
    intent = there(fund).intents.get()
    assert remote_of(invoice).notes == {"charges": {"pix": f"pi_{intent.public_id}"}}


@pytest.mark.parametrize("place", [1, 2])
@pytest.mark.parametrize("is_unclear", [True, False])
def test_an_answer_that_is_lost_leaves_one_invoice_there(
    place: int, is_unclear: bool, connected: Connect, payer: Customer, fund: Caller
) -> None:
    """Whether or not the outbox learned of it; of the creation, or of the finalization."""
    connected()
    invoice = issued(payer, line("60"), line("40"))
    assert lose(invoice, place).is_unclear
    Delivery.objects.update(is_unclear=is_unclear)
    drain()
    assert ends(invoice) == [("issue", *SENT)] and remote_of(invoice).standing == "open"
    assert (there(fund).total, there(fund).status) == (invoice.total, "open")


@pytest.mark.parametrize("place", [1, 2, 3, 4])
def test_an_answer_that_is_lost_leaves_one_payment_there(
    place: int, connected: Connect, payer: Customer, fund: Caller
) -> None:
    """What comes in before the next try is told with it."""
    connected()
    invoice = issued(payer)
    drain()
    Delivery.objects.all().delete()
    receive(invoice, 2500)
    assert lose(invoice, place).is_unclear
    receive(invoice, 3000)
    drain()
    assert [end[1] for end in ends(invoice)] == [State.SENT, State.SKIPPED]
    assert there(fund).amount_paid == remote_of(invoice).paid == 5500


def test_what_is_withheld_at_source_is_not_asked_for_there(
    connected: Connect, payer: Customer, fund: Caller
) -> None:
    connected()
    kept = tax("4.65", name="PCC", withheld=True)
    invoice = issued(payer, line("33.33", "3", kept, discount_amount=7), line("10"), document_tax=33)
    drain()
    assert ends(invoice) == [("issue", *SENT)]
    copy, total = there(fund), invoice.total - invoice.withheld_total
    assert copy.total == remote_of(invoice).total == total < invoice.total


def test_a_void_invoice_is_voided_there(connected: Connect, payer: Customer, fund: Caller) -> None:
    connected()
    invoice = issued(payer)
    drain()
    payments.void(invoice)
    drain()
    assert ends(invoice) == [("issue", *SENT), ("void", *SENT)]
    assert there(fund).status == remote_of(invoice).standing == "void"


def test_what_was_paid_here_is_paid_there_part_by_part(
    connected: Connect, payer: Customer, fund: Caller
) -> None:
    connected()
    invoice = issued(payer)
    drain()
    receive(invoice, 2500)
    drain()
    assert (there(fund).amount_paid, remote_of(invoice).standing) == (2500, "partially_paid")
    receive(invoice, 7500)
    drain()
    assert ends(invoice) == [("issue", *SENT), ("pay", *SENT), ("pay", *SENT)]
    assert (there(fund).status, there(fund).amount_paid, remote_of(invoice).paid) == ("paid", 10000, 10000)
    seen = calling.run(Connection.objects.get(), BASE39.look(access(), remote_of(invoice).remote_id))
    assert (seen.standing, seen.paid, seen.payments) == (Standing.PAID, 10000, ())


def test_what_was_paid_before_it_was_pushed_is_told_with_it(
    connected: Connect, payer: Customer, fund: Caller
) -> None:
    connection = connected()
    Connection.objects.update(push_on="never")
    invoice = issued(payer)
    receive(invoice, 4000)
    drain()
    actions.request_push(Invoice.objects.get(pk=invoice.pk), connection)
    drain()
    assert ends(invoice) == [("issue", *SENT)] and there(fund).amount_paid == 4000


def test_what_is_paid_there_is_seen_here(connected: Connect, payer: Customer, fund: Caller) -> None:
    connection = connected({"charges": "offered"})
    invoice = issued(payer)
    drain()
    pix = remote_of(invoice).notes["charges"]["pix"]
    assert fund.post(f"/v1/payment-intents/{pix}/pay", {"amount": 100}).status_code == 200
    seen = calling.run(connection, BASE39.look(access(), remote_of(invoice).remote_id))
    assert (seen.standing, seen.ref, seen.total, seen.paid) == ("paid", invoice.public_id, 10000, 10000)
    [payment] = seen.payments
    assert (payment.external_id, payment.amount, payment.method) == (pix, 10000, "pix")
    assert calling.run(connection, BASE39.listed(access(), payer.business.today())) == [seen]
    assert calling.run(connection, BASE39.listed(access(), invoice.due_on + timedelta(days=1))) == []


def test_client_credentials_do_as_well_as_a_key_and_are_renewed(
    connected: Connect, payer: Customer, fund: Caller
) -> None:
    connection = connected(client_id=fund.key.public_id, client_secret=fund.secret)
    first = issued(payer)
    drain()
    token = Connection.objects.get().tokens["access_token"]
    assert ends(first) == [("issue", *SENT)] and token
    connection.sealed_tokens = '{"access_token": "fta_gone"}'
    connection.save()
    second = issued(payer)
    drain()
    assert ends(second) == [("issue", *SENT)]
    assert Connection.objects.get().tokens["access_token"] not in ("fta_gone", token)


def test_a_wrong_key_pauses_the_connection(connected: Connect, payer: Customer) -> None:
    connection = connected(api_key="bs_live_wrong")
    with pytest.raises(Unauthorized):
        calling.run(connection, BASE39.check(access()))
    invoice = issued(payer)
    drain()
    assert [end[:3] for end in ends(invoice)] == [("issue", State.WAITING, "unauthorized")]
    assert Connection.objects.get().health == "paused"


def test_the_connection_can_be_checked(connected: Connect, fund: Caller) -> None:
    connection = connected()
    assert calling.run(connection, BASE39.check(access())) == fund.ids["business"]


def test_a_customer_without_an_id_there_is_a_reason_for_staff(
    connected: Connect, business: Business, fund: Caller
) -> None:
    connected()
    invoice = issued(factories.make_customer(business))
    drain()
    [(operation, state, code, detail)] = ends(invoice)
    assert (operation, state, code) == ("issue", State.DEAD, "cannot") and "Base39" in detail
    assert not Invoice.objects.for_business(fund.key.business).exists()
