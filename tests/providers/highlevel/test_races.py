"""Invoices that come at the same moment."""

import pytest
from django.test import Client

from customers.models import Customer
from invoices.models import Invoice
from tests import factories
from tests.providers.highlevel.spec import Watched, contact, new, payment, sent
from tests.races import race

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def call(transactional_db: None) -> Watched:
    business = factories.make_business()
    factories.make_customer(business)
    return Watched(business)


def test_a_contact_that_comes_with_many_invoices_at_once_is_one(call: Watched) -> None:
    customer = Customer.objects.get()
    said = contact(customer, id="new-one", name="Somebody new", email="new@example.com")
    data = new(call, customer, contactDetails=said)

    def post(number: int) -> int:
        call.client = Client()
        return int(call.post("/invoices/", {**data, "name": f"Invoice {number}"}).status_code)

    assert race(6, post) == [201] * 6
    assert Customer.objects.filter(external_id="new-one").count() == 1
    assert Invoice.objects.filter(customer__external_id="new-one").count() == 6


def test_all_that_is_due_is_recorded_once(call: Watched) -> None:
    invoice = sent(call, Customer.objects.get())

    def pay(_number: int) -> int:
        call.client = Client()
        return int(call.post(f"/invoices/{invoice['_id']}/record-payment", payment(call)).status_code)

    assert sorted(map(str, race(4, pay))) == ["200", "400", "400", "400"]
    assert Invoice.objects.get().amount_paid == 10000
