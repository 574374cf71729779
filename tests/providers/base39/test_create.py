"""Creating invoices as document 001 says."""

import json
from typing import Any

import pytest

from businesses.models import Account, Business, Event
from businesses.roles import Role
from customers.models import Customer
from invoices import audit as invoice_audit
from invoices.models import Invoice
from payments import audit
from payments.models import Payment
from providers.base39 import wire
from tests import factories
from tests.gateway.calls import Caller, error_of
from tests.payments.money import pay
from tests.providers.base39.bodies import ITEM, body_of, in_days, sample
from tests.providers.base39.conftest import Make

pytestmark = pytest.mark.django_db


def row(answer: dict[str, Any]) -> Invoice:
    return Invoice.objects.get(public_id=answer["id"].removeprefix("inv_"))


def kinds(value: Any) -> Any:
    """The shape of an answer: its keys and the JSON types below them."""
    if isinstance(value, dict):
        return {name: kinds(item) for name, item in value.items()}
    if isinstance(value, list):
        return [kinds(value[0])] if value else []
    return "number" if type(value) in (int, float) else type(value).__name__


def lacking(wanted: Any, found: Any, path: str = "") -> list[str]:
    """Where `found` has not what `wanted` shows."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        missing = [f"{path}.{name}" for name in wanted if name not in found]
        return missing + [
            fault
            for name in wanted.keys() & found.keys()
            for fault in lacking(wanted[name], found[name], f"{path}.{name}")
        ]
    if isinstance(wanted, list) and wanted and found:
        return lacking(wanted[0], found[0], f"{path}[]")
    return [] if wanted == found or isinstance(wanted, list) else [f"{path}: {found}, not {wanted}"]


def test_the_document_s_request_gets_the_answer_that_it_shows(business: Business) -> None:
    """Verbatim: the payer is known by the id that Base39 gave it."""
    sent = sample("create")
    factories.make_customer(business, external_id=sent["payer"])
    Account.objects.create(business=business, name="Fundo", external_id=sent["beneficiary"])
    response = Caller(business, "base39").post("/v1/invoices", sent)
    assert response.status_code == 201, response.content
    answer = response.json()
    wire.Invoice.model_validate(answer)
    for name in ("payer", "beneficiary", "dueDate", "type", "description", "metadata", "paidAt"):
        assert answer[name] == sent[name]
    assert (answer["status"], answer["amountDue"], answer["amountPaid"]) == ("paid", 246, 246)
    assert answer["invoiceItems"]["data"][0].items() >= sent["items"][0].items()


def test_the_answer_has_every_key_and_type_of_the_document_s(call: Caller) -> None:
    business = call.key.business
    client = {"base39-external-client-id": "39"}
    items = [{**ITEM, "discount": 1, "fine": 1, "interest": 1}]
    made = call.post("/v1/invoices", body_of(call, items=items), headers=client).json()
    path = f"/v1/invoices/{made['id']}"
    call.post(f"{path}/finalize", {"description": "ok"}, headers=client)
    asked = {"amount": 101, "expireAt": in_days(business, 1), "method": "offline"}
    intent = call.post(f"/v1/payment-intents?invoice={made['id']}", asked).json()
    call.post(f"/v1/payment-intents/{intent['id']}/pay", {"amountPaid": 101, "metadata": {"nsu": "1"}})
    document = sample("answer")
    boleto = {"provider", "typeableLine", "url", "barcode", "ourNumber", "customer", "description"}
    data = document["paymentIntents"]["data"][0]["methodData"]
    document["paymentIntents"]["data"][0]["methodData"] = {k: v for k, v in data.items() if k not in boleto}
    answer = call.get(path).json()
    wire.Invoice.model_validate(answer)
    faults = lacking(kinds(document), kinds(answer))
    assert faults == [".updatedBy.externalClientId: NoneType, not str"]


def test_the_document_s_own_answer_fits_our_schema() -> None:
    wire.Invoice.model_validate(sample("answer"))


def test_a_draft_is_what_a_client_gets_when_it_says_no_more(call: Caller, make: Make) -> None:
    answer = make(items=None, dueDate=None)
    assert answer["status"] == "draft"
    assert answer["dueDate"] == in_days(call.key.business, call.key.business.due_days)
    assert (answer["amountDue"], answer["invoiceItems"]["data"], answer["paidAt"]) == (0, [], None)
    assert [entry["status"] for entry in answer["history"]] == ["draft"]


def test_every_item_is_echoed_and_sums_up(make: Make) -> None:
    sent = sample("create_newer")
    answer = make(items=sent["items"], purpose=sent["purpose"], metadata=sent["metadata"])
    found = answer["invoiceItems"]["data"]
    for item, said in zip(found, sent["items"], strict=True):
        assert item.items() >= said.items()
    sums = {
        name: round(sum(item[name] for item in found) * 100)
        for name in ("amount", "discount", "fine", "interest")
    }
    assert sums == {"amount": 50101, "discount": 1005, "fine": 501, "interest": 83}
    assert (answer["amountDue"], answer["amountRemaining"]) == (496.8, 496.8)
    assert (answer["purpose"], answer["metadata"]) == (sent["purpose"], sent["metadata"])


def test_auto_finalize_issues(make: Make) -> None:
    answer = make(autoFinalize=True)
    assert (answer["status"], row(answer).number is not None) == ("open", True)
    assert [entry["status"] for entry in answer["history"]] == ["draft", "open"]


def test_what_was_paid_elsewhere_comes_in_paid(call: Caller, make: Make) -> None:
    """Late, and the business charges a fine: of what is done with, nothing more is asked."""
    business = call.key.business
    Business.objects.filter(pk=business.pk).update(payment_terms={"fine_percent": "2"})
    answer = make(dueDate=in_days(business, -60), paidAt=in_days(business, -20))
    assert (answer["status"], answer["amountDue"], answer["amountRemaining"]) == ("paid", 100, 0)
    assert answer["paidAt"] == in_days(business, -20)
    payment = Payment.objects.get()
    assert (payment.amount, payment.unapplied, payment.source) == (10_000, 0, "base39")
    assert payment.paid_on.isoformat() == in_days(business, -20)
    assert [*invoice_audit.breaches(), *audit.breaches()] == []


def test_paid_today_is_not_in_the_future(call: Caller, make: Make) -> None:
    assert make(paidAt=in_days(call.key.business, 0))["status"] == "paid"
    assert make(paidAt="2026-01-31T23:30:00.000Z")["paidAt"] == "2026-01-31"


def test_an_import_of_nothing_needs_no_payment(call: Caller, make: Make) -> None:
    answer = make(items=[{"amount": 0}], paidAt=in_days(call.key.business, -1))
    assert (answer["status"], Payment.objects.count()) == ("paid", 0)


def test_an_import_cannot_be_paid_tomorrow(call: Caller) -> None:
    response = call.post("/v1/invoices", body_of(call, paidAt=in_days(call.key.business, 2)))
    assert (response.status_code, error_of(response)["code"]) == (400, "INVALID_BODY")
    assert error_of(response)["message"].startswith("paidAt: ")
    assert not Invoice.objects.exists()


def test_numbers_totals_status_and_ids_of_the_client_count_for_nothing(make: Make) -> None:
    answer = make(
        id="inv_1", number="9", status="paid", amountDue=1, amountPaid=99, deleted=True, createdBy={}
    )
    assert (answer["status"], answer["amountDue"], answer["deleted"]) == ("draft", 100, False)
    assert row(answer).wanted_number == ""


def test_whom_a_client_may_name(call: Caller, make: Make, business: Business, customer: Customer) -> None:
    customer.external_id = "crm-7"
    customer.save()
    usual = Account.objects.create(business=business, name="Usual", is_default=True)
    other = Account.objects.create(business=business, name="Other", external_id="acc-9")
    assert make(payer="crm-7")["payer"] == "crm-7"
    assert make(payer=f"cust_{customer.public_id}")["payer"] == call.ids["customer"]
    accounts = {
        f"fund_{business.public_id}": usual,
        f"fund_{usual.public_id}": usual,
        f"fund_{other.public_id}": other,
        "acc-9": other,
    }
    for said, account in accounts.items():
        answer = make(beneficiary=said)
        assert (answer["beneficiary"], row(answer).account) == (said, account)


def test_an_id_that_means_nobody_any_more_is_not_repeated(make: Make, customer: Customer) -> None:
    customer.external_id = "crm-7"
    customer.save()
    answer = make(payer="crm-7")
    Customer.objects.filter(pk=customer.pk).update(external_id="")
    assert row(answer).extras["base39"]["payer"] == "crm-7"
    assert make()["payer"] == f"comp_{customer.public_id}"


@pytest.mark.parametrize(
    ("field", "code"), [("payer", "PAYER_NOT_FOUND"), ("beneficiary", "BENEFICIARY_NOT_FOUND")]
)
def test_nobody_else_s_rows_can_be_named(
    call: Caller, other_business: Business, field: str, code: str
) -> None:
    factories.make_customer(other_business, external_id="theirs")
    Account.objects.create(business=other_business, name="Theirs", external_id="theirs")
    other = Caller(other_business, "base39")
    names = {"payer": other.ids["customer"], "beneficiary": other.ids["business"]}
    refusals = [
        call.post("/v1/invoices", body_of(call, **{field: said}))
        for said in (names[field], "theirs", "cust_000000000000000000000000", "fund_", "x")
    ]
    assert {response.status_code for response in refusals} == {404}
    assert len({response.content for response in refusals}) == 1
    assert error_of(refusals[0])["code"] == code
    assert not Invoice.objects.exists()


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"type": "standard"}, "type"),
        ({"type": None}, "type"),
        ({"payer": None}, "payer"),
        ({"payer": 7}, "payer"),
        ({"dueDate": "25/12/2030"}, "dueDate"),
        ({"dueDate": "2031-02-30"}, "dueDate"),
        ({"dueDate": 1735603200}, "dueDate"),
        ({"paidAt": "0001-01-01T00:00:00+14:00"}, "paidAt"),
        ({"autoFinalize": "yes"}, "autoFinalize"),
        ({"items": {}}, "items"),
        ({"items": [{"amount": "100"}]}, "items.0.amount"),
        ({"items": [{"amount": -1}]}, "items.0.amount"),
        ({"items": [{"amount": 1.005}]}, "items.0.amount"),
        ({"items": [{"amount": 1e20}]}, "items.0.amount"),
        ({"items": [{}]}, "items.0.amount"),
        ({"items": [ITEM, {"amount": 1, "discount": 2}]}, "items.1.discount"),
        ({"items": [{"amount": 1, "description": "a\u202eb"}]}, "items.0"),
        ({"items": [{"amount": 1, "metadata": {"a": "x" * 20_000}}]}, "items.0"),
        ({"items": [{"amount": 1}] * 501}, "items"),
        ({"metadata": []}, "metadata"),
        ({"metadata": {"a": "x" * 20_000}}, "metadata"),
        ({"description": "x" * 2001}, "description"),
        ({"purpose": "fun"}, "purpose"),
        ({"items": [], "autoFinalize": True}, "items"),
    ],
)
def test_what_is_wrong_is_said_in_base39_s_words(call: Caller, fields: dict[str, Any], where: str) -> None:
    response = call.post("/v1/invoices", body_of(call, **fields))
    assert (response.status_code, error_of(response)["code"]) == (400, "INVALID_BODY")
    assert set(error_of(response)) == {"code", "message"}
    assert error_of(response)["message"].startswith(f"{where}: ")
    assert not Invoice.objects.exists()


@pytest.mark.parametrize("raw", [b"{", b"[]", b"null", b'{"payer": "a", "payer": "b"}', b"\xff", b""])
def test_what_is_no_object_is_refused(call: Caller, raw: bytes) -> None:
    response = call.post("/v1/invoices", raw=raw)
    assert (response.status_code, error_of(response)["code"]) == (400, "INVALID_BODY")


def test_a_key_does_what_its_role_allows(business: Business, customer: Customer) -> None:
    reader = Caller(business, "base39", Role.VIEWER)
    response = reader.post("/v1/invoices", body_of(reader))
    assert (response.status_code, error_of(response)["code"]) == (403, "FORBIDDEN")
    assert reader.get("/v1/invoices").json() == {"hasMore": False, "data": []}


@pytest.mark.parametrize("authorization", ["", "Bearer nothing", "Basic eDp5"])
def test_without_a_key_nothing_is_said(call: Caller, authorization: str) -> None:
    response = call.get("/v1/invoices", headers={"Authorization": authorization})
    assert (response.status_code, error_of(response)) == (401, {"message": "Unauthorized"})


def test_amounts_may_be_cents_for_a_key(call: Caller, make: Make) -> None:
    call.key.options = {"money": "minor"}
    call.key.save()
    answer = make(items=[{"amount": 12345, "discount": 45}])
    assert (answer["amountDue"], row(answer).total) == (12300, 12300)


def test_who_did_it_is_told(call: Caller, make: Make) -> None:
    client = {"base39-external-client-id": "filial-3"}
    answer = call.post("/v1/invoices", body_of(call), headers=client).json()
    by_client = {"clientId": call.key.public_id, "externalClientId": "filial-3", "app": "api"}
    assert (answer["createdBy"], answer["updatedBy"]) == (by_client, by_client)
    pay(factories.issue(row(answer), by="user:ana"), 10_000, on=call.key.business.today())
    answer = call.get(f"/v1/invoices/{answer['id']}").json()
    assert answer["createdBy"] == by_client
    assert answer["updatedBy"] == {"clientId": None, "externalClientId": None, "app": "system"}
    assert [entry["status"] for entry in answer["history"]] == ["draft", "open", "paid"]
    assert "ana" not in json.dumps(answer)


def test_a_client_that_says_nothing_leaves_one_event_for_each_change(make: Make) -> None:
    answer = make(autoFinalize=True)
    told = Event.objects.about(row(answer)).values_list("kind", flat=True)
    assert sorted(told) == ["invoice.created", "invoice.finalized"]


@pytest.mark.parametrize("items", [1, 10])
def test_creating_asks_the_database_a_fixed_number_of_times(
    call: Caller, django_assert_max_num_queries: Any, items: int
) -> None:
    with django_assert_max_num_queries(30):
        assert call.post("/v1/invoices", body_of(call, items=[ITEM] * items)).status_code == 201


def test_blank_ids_mean_nobody(call: Caller, business: Business) -> None:
    """Neither the customer nor the account that has no external id."""
    Account.objects.create(business=business, name="Itau", is_default=True)
    for name in ("payer", "beneficiary"):
        for blank in (" ", "\u00a0", "\t"):
            response = call.post("/v1/invoices", body_of(call, **{name: blank}))
            assert response.status_code in (400, 404), response.content
    assert not Invoice.objects.exists()


@pytest.mark.parametrize("offset", ["+23:59", "-23:59"])
def test_an_instant_may_have_any_offset(call: Caller, offset: str) -> None:
    """PostgreSQL knows offsets below sixteen hours only."""
    body = body_of(call, dueDate=None, paidAt=f"2026-01-10T12:00:00{offset}")
    answer = call.post("/v1/invoices", body).json()
    assert answer["paidAt"] == ("2026-01-09" if offset == "+23:59" else "2026-01-11")


def test_a_name_that_two_keys_have_tells_neither(call: Caller, make: Make, business: Business) -> None:
    one = make()
    assert one["createdBy"]["clientId"] == call.key.public_id
    other = Caller(business, "base39")
    for each in (call, other):
        answer = each.get(f"/v1/invoices/{one['id']}").json()
        assert answer["createdBy"] == {"clientId": None, "externalClientId": None, "app": "api"}
