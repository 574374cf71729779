"""The requests of documents 000 and 004, word for word but for the ids, get what those documents show."""

import json
import re
from typing import Any

import pytest

from businesses.models import Business
from customers.models import Customer
from invoices.models import Invoice
from invoices.status import Status
from tests import factories
from tests.gateway.calls import error_of
from tests.providers.highlevel.spec import Watched, created, sample

pytestmark = pytest.mark.django_db
ID = re.compile(r"[0-9a-f]{24}")
LANGUAGES = ["pt", "en"]


@pytest.fixture
def call(business: Business, customer: Customer) -> Watched:
    return Watched(business)


def asked(call: Watched, customer: Customer, language: str, **fields: Any) -> Any:
    ids = {"locationId": call.ids["business"], "contactId": customer.public_id}
    return call.post("/invoices/", {**sample(f"000-create-{language}"), **ids, **fields}, plain=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_document_000_creates_a_draft(call: Watched, customer: Customer, language: str) -> None:
    response = asked(call, customer, language)
    assert response.status_code == 201
    told = json.loads(response.content)
    assert (told["status"], told["total"], told["currency"]) == ("draft", 1750, "BRL")
    assert (told["locationId"], told["contactId"]) == (call.ids["business"], customer.public_id)
    for said, line in zip(
        sample(f"000-create-{language}")["invoiceItems"], told["invoiceItems"], strict=True
    ):
        assert said == {name: line[name] for name in said}
        assert (line["name"], line["qty"], line["amount"]) == (
            said["description"],
            said["quantity"],
            said["unitAmount"],
        )


def test_document_000_creates_an_open_invoice(call: Watched, customer: Customer) -> None:
    told = json.loads(asked(call, customer, "en", status="open").content)
    invoice = Invoice.objects.get(public_id=told["_id"])
    assert (told["status"], told["invoiceNumber"]) == ("open", invoice.number)
    assert invoice.status == Status.OPEN


@pytest.mark.parametrize("status", ["paid", "void", "uncollectible", "sent"])
def test_document_000_allows_no_other_status(call: Watched, customer: Customer, status: str) -> None:
    error = error_of(asked(call, customer, "en", status=status))
    assert (error["statusCode"], Invoice.objects.count()) == (422, 0)
    assert error["message"][0].startswith("status")


def test_document_000_s_list(call: Watched, customer: Customer) -> None:
    """`GET /invoices/?locationId=SEU_LOCATION_ID&status=paid`."""
    asked(call, customer, "en")
    for status, total in (("paid", 0), ("draft", 1)):
        response = call.get(f"/invoices/?locationId={call.ids['business']}&status={status}", plain=True)
        told = json.loads(response.content)
        assert (response.status_code, told["total"], len(told["invoices"])) == (200, total, total)


def test_document_000_s_form_names_its_own_fields(call: Watched, customer: Customer) -> None:
    wrong = [{"description": "x" * 201, "quantity": 1, "unitAmount": 1}]
    assert error_of(asked(call, customer, "en", invoiceItems=wrong))["message"][0].startswith(
        "invoiceItems.0.description"
    )
    wrong = [{"description": "x", "quantity": 0, "unitAmount": 1}]
    assert error_of(asked(call, customer, "en", invoiceItems=wrong))["message"][0].startswith(
        "invoiceItems.0.quantity"
    )
    assert error_of(asked(call, customer, "en", invoiceItems=None))["message"][0].startswith("invoiceItems")


def test_document_000_s_contact_must_be_known(
    call: Watched, customer: Customer, other_business: Business
) -> None:
    foreign = factories.make_customer(other_business)
    for wanted in ("ID_DO_CONTATO", foreign.public_id):
        error = error_of(asked(call, customer, "pt", contactId=wanted))
        assert (error["statusCode"], error["message"]) == (422, ["contactId No such customer."])


def test_one_invoice_in_document_000_s_words(call: Watched, customer: Customer) -> None:
    told = json.loads(asked(call, customer, "en", status="open").content)
    response = call.get(f"/invoices/{told['_id']}?locationId={call.ids['business']}", plain=True)
    assert json.loads(response.content)["status"] == "open"
    assert json.loads(call.get(f"/invoices/{told['_id']}?{call.query}").content)["status"] == "sent"


def replaced(call: Watched, customer: Customer) -> Any:
    """Document 004's PUT on a draft."""
    data = sample("004-update")
    ids = {"altId": call.ids["business"], "contactId": customer.public_id}
    data = {**data, **ids, "contactDetails": {**data["contactDetails"], "id": customer.public_id}}
    invoice = created(call, customer)
    response = call.put(f"/invoices/{invoice['_id']}", data, loose=True)
    assert response.status_code == 200, response.content
    return data, json.loads(response.content)


def shape(value: Any) -> Any:
    """Types alone; ids and instants by their form."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    if isinstance(value, bool) or value is None:
        return type(value).__name__
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        forms = {"day": r"\d{4}-\d\d-\d\d", "instant": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"}
        return next((name for name, form in forms.items() if re.fullmatch(form, value)), "text")
    return "list"


def test_document_004_s_answer_has_the_keys_types_and_formats_it_shows(
    call: Watched, customer: Customer
) -> None:
    _data, told = replaced(call, customer)
    shown = sample("004-answer")
    nested = {"businessDetails", "contactDetails", "discount", "paymentSchedule"}
    assert {name: shape(told[name]) for name in set(shown) - nested} == {
        name: shape(value) for name, value in shown.items() if name not in nested
    }
    for name in nested:
        assert isinstance(told[name], dict)
        assert {key: shape(told[name][key]) for key in shown[name] if key != "address"} == {
            key: shape(value) for key, value in shown[name].items() if key != "address"
        }
    assert {key: shape(told["invoiceItems"][0][key]) for key in shown["invoiceItems"][0]} == {
        key: shape(value) for key, value in shown["invoiceItems"][0].items()
    }
    assert ID.fullmatch(told["_id"]) and told["status"] == "draft" and told["amountPaid"] == 0


def test_everything_that_document_004_can_carry_is_kept_and_told(call: Watched, customer: Customer) -> None:
    data, told = replaced(call, customer)
    same = set(data) - {"invoiceItems", "discount", "tipsConfiguration"}
    assert {name: told[name] for name in same} == {name: data[name] for name in same}
    (said,), (line,) = data["invoiceItems"], told["invoiceItems"]
    assert {name: line[name] for name in said} == said
    assert told["discount"] == {
        "type": "percentage",
        "value": 10,
        "validOnProductIds": ["6579751d56f60276e5bd4154"],
    }
    assert told["tipsConfiguration"] == {"tipsPercentage": ["5", "10", "15"], "tipsEnabled": True}


def test_document_004_on_a_sent_invoice_makes_a_revision(call: Watched, customer: Customer) -> None:
    data, told = replaced(call, customer)
    body = {
        "altId": call.ids["business"],
        "altType": "location",
        "userId": "u",
        "action": "email",
        "liveMode": True,
    }
    sent = json.loads(call.post(f"/invoices/{told['_id']}/send", body).content)["invoice"]
    again = json.loads(
        call.put(f"/invoices/{told['_id']}", {**data, "name": "Once more"}, loose=True).content
    )
    assert (again["status"], again["name"], again["invoiceNumber"]) == (
        "sent",
        "Once more",
        sent["invoiceNumber"],
    )
    assert Invoice.objects.get(public_id=told["_id"]).revision == 2


def test_document_004_for_a_contact_that_nobody_knows_yet(call: Watched, customer: Customer) -> None:
    data = {**sample("004-update"), "altId": call.ids["business"]}
    invoice = created(call, customer)
    response = call.put(f"/invoices/{invoice['_id']}", data, loose=True)
    assert response.status_code == 200, response.content
    row = Invoice.objects.get(public_id=invoice["_id"]).customer
    assert (row.external_id, row.name, row.email) == ("6578278e879ad2646715ba9c", "Alex", "alex@example.com")
