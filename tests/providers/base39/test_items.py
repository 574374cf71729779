"""The items of a draft, one by one."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Customer
from invoices import audit
from invoices.models import Invoice
from providers.base39 import wire
from tests import factories
from tests.gateway.calls import Caller, error_of
from tests.providers.base39.bodies import ITEM, body_of
from tests.providers.base39.conftest import Make
from tests.races import race

pytestmark = pytest.mark.django_db


def test_items_come_and_go_and_keep_their_ids(call: Caller, make: Make) -> None:
    draft = make(items=[{"amount": 10}, {"amount": 20, "fine": 2}])
    url = draft["invoiceItems"]["url"]
    first, second = draft["invoiceItems"]["data"]
    added = call.post(url, {**ITEM, "interest": 3, "purposeKey": "k", "metadata": {"a": 1}})
    assert added.status_code == 201
    wire.InvoiceItem.model_validate(added.json())
    third = added.json()
    assert (
        third.items() >= {**ITEM, "interest": 3, "fine": 0, "purposeKey": "k", "invoice": draft["id"]}.items()
    )
    assert call.get(f"{url}/{third['id']}").json() == {
        **third,
        "updatedAt": call.get(f"{url}/{third['id']}").json()["updatedAt"],
    }
    gone = call.delete(f"{url}/{first['id']}").json()
    assert (gone["id"], gone["deleted"]) == (first["id"], True)
    listed = call.get(url).json()
    wire.Items.model_validate(listed)
    assert [item["id"] for item in listed["data"]] == [second["id"], third["id"]]
    answer = call.get(f"/v1/invoices/{draft['id']}").json()
    assert (answer["amountDue"], answer["invoiceItems"]["data"]) == (125, listed["data"])
    assert list(audit.breaches()) == []


def test_the_last_item_may_go(call: Caller, make: Make) -> None:
    draft = make(items=[{"amount": 10, "fine": 1}])
    url = draft["invoiceItems"]["url"]
    call.delete(f"{url}/{draft['invoiceItems']['data'][0]['id']}")
    assert call.get(f"/v1/invoices/{draft['id']}").json()["amountDue"] == 0


def test_items_of_another_origin_stay_as_they_are(call: Caller, customer: Customer) -> None:
    """Its quantity and tax are not flattened because another item is added."""
    lines = [factories.line("10.00", "3", factories.tax("10"), name="Hours")]
    invoice = factories.make_invoice(customer, lines)
    url = f"/v1/invoices/inv_{invoice.public_id}/invoice-items"
    before = call.get(url).json()["data"][0]
    assert (before["amount"], before["description"]) == (33, "Hours")
    call.post(url, {"amount": 1})
    after = call.get(url).json()["data"][0]
    assert {**before, "updatedAt": ""} == {**after, "updatedAt": ""}
    line = Invoice.objects.get(pk=invoice.pk).lines.first()
    assert line is not None
    assert (int(line.quantity), line.taxes.count(), line.total) == (3, 1, 3300)


def test_another_invoice_s_item_is_not_there(call: Caller, make: Make) -> None:
    one, other = make(), make()
    theirs = other["invoiceItems"]["data"][0]["id"]
    for method in ("GET", "DELETE"):
        for item in (theirs, "item_000000000000000000000000", "x"):
            response = call.send(method, f"{one['invoiceItems']['url']}/{item}")
            assert (response.status_code, error_of(response)["code"]) == (404, "INVOICE_ITEM_NOT_FOUND")
    assert call.get(f"/v1/invoices/{other['id']}").json() == other


def test_only_the_fields_asked_for(call: Caller, make: Make) -> None:
    url = make()["invoiceItems"]["url"]
    assert [set(item) for item in call.get(f"{url}?fields=id,amount").json()["data"]] == [{"id", "amount"}]
    assert set(call.post(f"{url}?fields=id", ITEM).json()) == {"id"}
    assert call.get(f"{url}?fields=price").status_code == 400


def test_an_item_that_is_wrong_is_refused(call: Caller, make: Make) -> None:
    draft = make()
    for body in ({}, {"amount": "1"}, {"amount": 1, "discount": 2}, {"amount": 0.001}):
        response = call.post(draft["invoiceItems"]["url"], body)
        assert (response.status_code, error_of(response)["code"]) == (400, "INVALID_BODY")
    assert call.get(f"/v1/invoices/{draft['id']}").json() == draft


def test_changing_asks_the_database_as_often_for_many_items_as_for_one(call: Caller, make: Make) -> None:
    def queries(items: int) -> list[int]:
        draft = make(items=[ITEM] * items)
        url, found = draft["invoiceItems"]["url"], []
        for method, path, body in (
            ("POST", f"/v1/invoices/{draft['id']}", {"description": "x"}),
            ("POST", url, ITEM),
            ("DELETE", f"{url}/{draft['invoiceItems']['data'][0]['id']}", None),
        ):
            with CaptureQueriesContext(connection) as asked:
                assert call.send(method, path, body).status_code < 300
            found.append(len(asked))
        return found

    queries(1)
    assert queries(2) == queries(20)


@pytest.mark.django_db(transaction=True)
def test_items_added_and_taken_off_at_once_are_all_there() -> None:
    business = factories.make_business()
    factories.make_customer(business)
    call = Caller(business, "base39")
    draft = call.post("/v1/invoices", body_of(call, items=[ITEM] * 4)).json()
    url, first = draft["invoiceItems"]["url"], draft["invoiceItems"]["data"]

    def change(number: int) -> tuple[str, int]:
        if number < 4:
            return "gone", call.delete(f"{url}/{first[number]['id']}").status_code
        return "new", call.post(url, {"amount": number}).status_code

    answers = race(8, change)
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert {answer for answer in answers if isinstance(answer, tuple)} <= {
        ("gone", 200), ("new", 201), ("gone", 409), ("new", 409),
    }  # fmt: skip
    left = {item["id"] for item in call.get(url).json()["data"]}
    assert len(left) == 4 + answers.count(("new", 201)) - answers.count(("gone", 200))
    assert list(audit.breaches()) == []
