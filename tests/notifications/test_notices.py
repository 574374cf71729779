"""FatoriPay's form of telling: the triggers of its clients, and the `notification_url` of an invoice (document 003)."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qsl

import pytest
from django.test import override_settings

from businesses.models import Business
from core.ids import as_uuid
from invoices import actions as invoices
from invoices.models import Invoice
from notifications import actions
from outbox import engine
from outbox.actions import again
from outbox.models import Delivery, State
from payments import refunds
from payments.models import Payment
from payments.refunds import GivenBack
from tests import factories
from tests.gateway.calls import Caller
from tests.notifications.receiver import Receiver, Reply, receiving
from tests.payments.money import pay

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _loopback() -> Iterator[None]:
    with override_settings(ALLOW_PRIVATE_TARGETS=True):
        yield


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def named(business: Business, url: str) -> Invoice:
    """An issued invoice that names an address."""
    customer = factories.make_customer(business)
    extras = {"fatoripay": {"notification_url": url}}
    due = business.today() + timedelta(days=5)
    return factories.issue(factories.make_invoice(customer, external_id="WC-77", due_on=due, extras=extras))


def told(there: Receiver) -> list[dict[str, str]]:
    return [dict(parse_qsl(call.body.decode())) for call in there.calls]


def test_each_change_of_status_is_one_form_to_the_address_that_the_invoice_names(
    business: Business, there: Receiver
) -> None:
    invoice = named(business, there.url)
    pay(invoice, invoice.amount_due, business.today())
    engine.drain(5)
    assert told(there) == [{"invoice_id": as_uuid(invoice.public_id), "ref": "WC-77", "new_status": "paid"}]
    assert there.calls[0].headers["content-type"] == "application/x-www-form-urlencoded"
    assert "webhook-signature" not in there.calls[0].headers
    refunds.refund(Payment.objects.get(), GivenBack(invoice.amount_paid), by=None)
    engine.drain(5)
    assert [each["new_status"] for each in told(there)] == ["paid", "chargeback"]


def test_the_answer_lists_what_was_notified(business: Business, there: Receiver) -> None:
    invoice, other = named(business, there.url), named(business, there.url)
    invoices.void(invoice)
    engine.drain(5)
    call = Caller(business, "fatoripay")
    answer = call.get(f"/api/v1/invoices/{as_uuid(invoice.public_id)}").json()
    (entry,) = answer["notifications"]
    assert set(entry) == {"title", "message", "type", "created_at", "meta"}
    assert (entry["message"], entry["meta"]["state"]) == ("canceled", "sent")
    assert answer["notification_url"] is None
    untold = call.get(f"/api/v1/invoices/{as_uuid(other.public_id)}").json()
    assert untold["notifications"] == []


def test_an_invoice_without_an_address_tells_nobody(business: Business) -> None:
    invoice = factories.issue(factories.make_invoice(factories.make_customer(business)))
    pay(invoice, invoice.amount_due, business.today())
    engine.drain(5)
    assert not Delivery.objects.filter(channel="notice").exists()


def test_a_long_address_is_called_too(business: Business, there: Receiver) -> None:
    url = f"{there.url}?{'x' * 400}"
    invoice = named(business, url)
    pay(invoice, invoice.amount_due, business.today())
    engine.drain(5)
    (row,) = Delivery.objects.filter(channel="notice")
    assert len(row.target) == 64 and row.state == State.SENT
    assert there.calls[0].path == url.partition(there.url.removesuffix("/hook"))[2]


def test_a_failure_is_tried_again_under_the_same_id(business: Business, there: Receiver) -> None:
    there.reply = lambda _call: Reply(500 if len(there.calls) < 2 else 200)
    invoice = named(business, there.url)
    pay(invoice, invoice.amount_due, business.today())
    engine.drain(5)
    row = Delivery.objects.get(channel="notice")
    assert (row.state, row.code) == (State.WAITING, "down")
    Delivery.objects.filter(pk=row.pk).update(due_at=row.created_at)
    engine.drain(5)
    row.refresh_from_db()
    assert row.state == State.SENT
    again(row)
    engine.drain(5)
    assert len({call.headers["webhook-id"] for call in there.calls}) == 1


def test_an_address_in_a_private_network_is_not_called(business: Business, there: Receiver) -> None:
    with override_settings(ALLOW_PRIVATE_TARGETS=False):
        invoice = named(business, there.url)
        pay(invoice, invoice.amount_due, business.today())
        engine.drain(5)
    row = Delivery.objects.get(channel="notice")
    assert (row.code, there.calls) == ("private", [])


@pytest.mark.parametrize("events, words", [
    (["invoice.finalized"], ["unpaid"]), (["invoice.paid", "invoice.voided"], ["paid"]),
    (["payment.received"], ["paid"]),
])  # fmt: skip
def test_a_trigger_is_told_in_fatoripays_form(
    business: Business, there: Receiver, events: list[str], words: list[str]
) -> None:
    actions.create(business, url=there.url, events=events, dialect="fatoripay")
    customer, due = factories.make_customer(business), business.today() + timedelta(days=5)
    invoice = factories.issue(factories.make_invoice(customer, external_id="WC-78", due_on=due))
    engine.drain(5)
    if events != ["invoice.finalized"]:
        pay(invoice, invoice.amount_due, business.today())
        engine.drain(5)
    assert [(each["ref"], each["new_status"]) for each in told(there)] == [("WC-78", word) for word in words]


def test_a_host_that_fails_for_one_business_is_open_for_others(
    business: Business, other_business: Business, there: Receiver
) -> None:
    for one in (business, other_business):
        invoice = named(one, there.url)
        pay(invoice, invoice.amount_due, one.today())
    engine.drain(5)
    assert set(Delivery.objects.filter(channel="notice").values_list("route", flat=True)) == {
        f"notice:{one.public_id}:127.0.0.1" for one in (business, other_business)
    }
