"""What happens to an invoice after it was created."""

from typing import Any

import pytest

from businesses.models import Business
from businesses.roles import Role
from customers.models import Customer
from invoices import audit as invoice_audit
from invoices.models import Invoice
from payments import actions as payments
from providers.base39 import wire
from tests import factories
from tests.gateway.calls import Caller, error_of
from tests.payments.money import pay
from tests.providers.base39.bodies import ITEM, in_days
from tests.providers.base39.conftest import Make

pytestmark = pytest.mark.django_db
MISSING = "inv_000000000000000000000000"


def path(answer: dict[str, Any]) -> str:
    return f"/v1/invoices/{answer['id']}"


def row(answer: dict[str, Any]) -> Invoice:
    return Invoice.objects.get(public_id=answer["id"].removeprefix("inv_"))


def test_a_draft_becomes_what_an_update_says(call: Caller, make: Make, business: Business) -> None:
    factories.make_customer(business, "Other", external_id="crm-2")
    draft = make(description="before", metadata={"a": 1}, purpose="no_funds")
    told = {
        "payer": "crm-2",
        "dueDate": in_days(business, 3),
        "type": "company_recurring",
        "description": "after",
    }
    answer = call.post(path(draft), told).json()
    wire.Invoice.model_validate(answer)
    assert answer.items() >= told.items()
    kept = ("items", "metadata", "purpose", "beneficiary", "invoiceItems.data.0.amount")
    assert [answer.get(name) for name in kept[1:4]] == [draft[name] for name in kept[1:4]]
    assert answer["amountDue"] == 100
    assert [entry["status"] for entry in answer["history"]] == ["draft", "draft"]


def test_items_sent_again_replace_all_items(call: Caller, make: Make) -> None:
    draft = make(items=[{"amount": 10, "fine": 1}, {"amount": 5}])
    answer = call.post(path(draft), {"items": [{"amount": 7, "interest": 2}]}).json()
    assert (answer["amountDue"], len(answer["invoiceItems"]["data"])) == (9, 1)
    assert [charge.amount for charge in row(draft).charges.all()] == [200]


def test_nothing_said_changes_nothing(call: Caller, make: Make) -> None:
    draft = make(description="x", metadata={"a": 1}, items=[{"amount": 10, "fine": 1}])
    nulls = dict.fromkeys(("payer", "items", "metadata", "description", "dueDate", "type"))
    answer = call.post(path(draft), nulls).json()
    same = ("payer", "amountDue", "metadata", "description", "dueDate", "type")
    assert [answer[name] for name in same] == [draft[name] for name in same]


def test_issuing_says_why(call: Caller, make: Make) -> None:
    draft = make()
    told = {"description": "aprovada", "metadata": {"by": "rh"}}
    answer = call.post(f"{path(draft)}/finalize", told).json()
    wire.Invoice.model_validate(answer)
    assert answer["status"] == "open"
    assert answer["history"][-1].items() >= {**told, "status": "open"}.items()
    assert answer["history"][0].items() >= {"description": "", "metadata": {}, "status": "draft"}.items()


@pytest.mark.parametrize(("verb", "status"), [("void", "void"), ("mark-uncollectible", "uncollectible")])
def test_giving_up_says_why(call: Caller, make: Make, verb: str, status: str) -> None:
    issued = make(autoFinalize=True)
    told = {"description": "duplicada", "metadata": {"ticket": 7}}
    headers = {"base39-external-client-id": "filial"}
    answer = call.post(f"{path(issued)}/{verb}", told, headers=headers).json()
    assert answer["status"] == status
    assert answer["history"][-1].items() >= {**told, "status": status}.items()
    assert answer["updatedBy"]["externalClientId"] == "filial"
    assert answer["createdBy"]["externalClientId"] is None
    assert list(invoice_audit.breaches()) == []


def test_a_deleted_draft_can_still_be_read_but_not_changed(call: Caller, make: Make) -> None:
    draft = make()
    answer = call.delete(path(draft)).json()
    assert (answer["id"], answer["deleted"]) == (draft["id"], True)
    assert call.get(path(draft)).json() == answer
    assert call.get("/v1/invoices").json()["data"] == []
    for response in (
        call.delete(path(draft)),
        call.post(path(draft), {"description": "x"}),
        call.post(f"{path(draft)}/finalize"),
        call.post(f"{path(draft)}/invoice-items", ITEM),
    ):
        assert (response.status_code, error_of(response)["code"]) == (409, "CONFLICT")


def test_what_has_been_issued_is_neither_changed_nor_deleted(call: Caller, make: Make) -> None:
    issued = make(autoFinalize=True)
    item = issued["invoiceItems"]["data"][0]["id"]
    for response in (
        call.post(path(issued), {"description": "x"}),
        call.delete(path(issued)),
        call.post(f"{path(issued)}/finalize"),
        call.post(f"{path(issued)}/invoice-items", ITEM),
        call.delete(f"{path(issued)}/invoice-items/{item}"),
    ):
        assert (response.status_code, error_of(response)["code"]) == (409, "CONFLICT")
    assert call.get(path(issued)).json() == issued


def test_what_was_paid_in_part_is_open_and_not_voided(call: Caller, make: Make, business: Business) -> None:
    issued = make(autoFinalize=True)
    pay(row(issued), 4_000, on=business.today())
    answer = call.get(path(issued)).json()
    assert (answer["status"], answer["amountPaid"], answer["amountRemaining"]) == ("open", 40, 60)
    assert call.post(f"{path(issued)}/void").status_code == 409


def test_the_customer_s_credit_pays_what_is_issued(call: Caller, make: Make, business: Business) -> None:
    pay(row(make(autoFinalize=True)), 25_000, on=business.today())
    assert make(autoFinalize=True)["status"] == "paid"


ROUTES = [
    ("GET", ""), ("POST", ""), ("DELETE", ""), ("POST", "/finalize"), ("POST", "/void"),
    ("POST", "/mark-uncollectible"), ("GET", "/invoice-items"), ("POST", "/invoice-items"),
    ("GET", "/invoice-items/{item}"), ("DELETE", "/invoice-items/{item}"), ("GET", "/payment-intents"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "rest"), ROUTES)
def test_another_business_s_invoice_is_not_there(
    call: Caller, other_business: Business, method: str, rest: str
) -> None:
    theirs = factories.make_invoice(factories.make_customer(other_business))
    item = theirs.lines.get()
    there = rest.format(item=f"item_{item.public_id}")
    body = ITEM if rest == "/invoice-items" and method == "POST" else {} if method == "POST" else None
    found = call.send(method, f"/v1/invoices/inv_{theirs.public_id}{there}", body)
    missing = call.send(method, f"/v1/invoices/{MISSING}{there}", body)
    assert (found.status_code, error_of(found)["code"]) == (404, "INVOICE_NOT_FOUND")
    assert found.content == missing.content
    theirs.refresh_from_db()
    assert (theirs.version, theirs.deleted_at) == (1, None)


@pytest.mark.parametrize("text", ["x", "inv_", "inv_1", "item_000000000000000000000000", "INV_0"])
def test_what_is_no_id_finds_nothing(call: Caller, text: str) -> None:
    response = call.get(f"/v1/invoices/{text}")
    assert (response.status_code, error_of(response)["code"]) == (404, "INVOICE_NOT_FOUND")


def test_a_key_that_only_reads_changes_nothing(business: Business, customer: Customer) -> None:
    invoice = factories.make_invoice(customer)
    item = invoice.lines.get()
    reader = Caller(business, "base39", Role.VIEWER)
    for method, rest in ROUTES:
        where = f"/v1/invoices/inv_{invoice.public_id}" + rest.format(item=f"item_{item.public_id}")
        response = reader.send(method, where, {} if method == "POST" else None)
        assert response.status_code == (200 if method == "GET" else 403), (method, rest)


@pytest.mark.parametrize("verb", ["void", "mark-uncollectible"])
def test_a_biller_issues_but_does_not_give_up(business: Business, customer: Customer, verb: str) -> None:
    biller = Caller(business, "base39", Role.BILLER)
    invoice = payments.issue(factories.make_invoice(customer))
    response = biller.post(f"/v1/invoices/inv_{invoice.public_id}/{verb}")
    assert (response.status_code, error_of(response)["code"]) == (403, "FORBIDDEN")
    draft = factories.make_invoice(customer)
    assert biller.post(f"/v1/invoices/inv_{draft.public_id}/finalize").status_code == 200


def test_notes_are_bounded(call: Caller, make: Make) -> None:
    draft = make()
    for body in ({"description": "x" * 2001}, {"metadata": {"a": "x" * 20_000}}, {"metadata": 7}, [1]):
        assert call.post(f"{path(draft)}/finalize", body).status_code == 400
    long = {"base39-external-client-id": "x" * 101}
    assert call.post(f"{path(draft)}/finalize", headers=long).status_code == 400
    assert call.get(path(draft)).json()["status"] == "draft"
