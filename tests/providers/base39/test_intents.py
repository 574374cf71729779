"""Payment intents: asked for, tried, paid."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from businesses.models import Account, Business
from businesses.roles import Role
from customers.models import Customer
from invoices import audit as invoice_audit
from invoices import ways
from invoices.models import Invoice
from payments import actions as payments
from payments import audit, intents
from payments.actions import Incoming, Target
from payments.models import Payment, PaymentIntent
from providers.base39 import wire
from tests import factories
from tests.gateway.calls import Caller, error_of
from tests.payments.money import pay
from tests.providers.base39.bodies import in_days
from tests.providers.base39.conftest import Make

pytestmark = pytest.mark.django_db
INTENTS = "/v1/payment-intents"


def ask(call: Caller, invoice: dict[str, Any], **fields: Any) -> Any:
    body = {"amount": 100, "expireAt": in_days(call.key.business, 5), "method": "offline", **fields}
    return call.post(f"{INTENTS}?invoice={invoice['id']}", body)


def invoice_of(answer: dict[str, Any]) -> Invoice:
    return Invoice.objects.get(public_id=answer["id"].removeprefix("inv_"))


def intent_of(answer: dict[str, Any]) -> PaymentIntent:
    return PaymentIntent.objects.get(public_id=answer["id"].removeprefix("pi_"))


def test_an_intent_keeps_what_the_client_says(call: Caller, make: Make) -> None:
    told = {
        "methodData": {"description": "no caixa", "events": [1]},
        "metadata": {"a": 1.5},
        "method": "loan",
    }
    response = ask(call, make(autoFinalize=True), **told)
    assert response.status_code == 201
    answer = response.json()
    wire.PaymentIntent.model_validate(answer)
    assert (answer["status"], answer["amount"], answer["paymentDetails"]) == ("open", 100, None)
    assert (answer["method"], answer["metadata"]) == ("loan", {"a": 1.5})
    assert answer["expireAt"] == in_days(call.key.business, 5)
    assert answer["methodData"].items() >= {"description": "no caixa", "type": "loan", "events": []}.items()
    assert call.get(f"{INTENTS}/{answer['id']}").json() == answer


def test_pix_is_our_own_code(call: Caller, make: Make, business: Business) -> None:
    Account.objects.create(business=business, name="Pix", pix_key="contas@padaria.example", is_default=True)
    made = make(autoFinalize=True)
    data = ask(call, made, method="pix", amount=40).json()["methodData"]
    invoice = invoice_of(made)
    assert data["qrCode"] == ways.pix_code(invoice, 4_000)
    assert data["qrCode"].startswith("000201")
    assert call.client.get(urlsplit(data["url"]).path).status_code == 200


def test_a_boleto_is_our_own_slip(call: Caller, customer: Customer) -> None:
    draft = factories.make_invoice(
        customer, payable_with=("boleto",), due_on=call.key.business.today() + timedelta(9)
    )
    invoice = payments.issue(draft)
    made = {"id": f"inv_{invoice.public_id}"}
    data = ask(call, made, method="boleto").json()["methodData"]
    slip = ways.slips(invoice)[0]
    wanted = {
        "type": "boleto",
        "provider": "test_only",
        "typeableLine": slip.line,
        "barcode": slip.barcode,
        "ourNumber": slip.our_number,
        "customer": call.ids["customer"],
    }
    assert data.items() >= wanted.items()
    assert "typeableLine" not in ask(call, made, method="boleto", amount=40).json()["methodData"]


def test_paying_pays_the_invoice(call: Caller, make: Make) -> None:
    made = make(autoFinalize=True)
    other = ask(call, made).json()
    intent = ask(call, made).json()
    told = {"metadata": {"nsu": "12"}}
    answer = call.post(f"{INTENTS}/{intent['id']}/pay", told).json()
    wire.PaymentIntent.model_validate(answer)
    today = in_days(call.key.business, 0)
    assert answer["paymentDetails"] == {"paidAt": today, "amountPaid": 100, **told}
    assert answer["status"] == "paid"
    found = call.get(f"/v1/invoices/{made['id']}").json()
    assert (found["status"], found["amountPaid"], found["paidAt"]) == ("paid", 100, today)
    assert {row["id"]: row["status"] for row in found["paymentIntents"]["data"]} == {
        intent["id"]: "paid",
        other["id"]: "void",
    }
    assert [*invoice_audit.breaches(), *audit.breaches()] == []


@pytest.mark.parametrize("name", ["amountPaid", "amount"])
def test_paying_less_pays_in_part(call: Caller, make: Make, name: str) -> None:
    made = make(autoFinalize=True)
    intent = ask(call, made).json()
    answer = call.post(f"{INTENTS}/{intent['id']}/pay", {name: 40.5}).json()
    assert (answer["status"], answer["paymentDetails"]["amountPaid"]) == ("paid", 40.5)
    found = call.get(f"/v1/invoices/{made['id']}").json()
    assert (found["status"], found["amountRemaining"]) == ("open", 59.5)


def test_paying_twice_is_one_payment(call: Caller, make: Make) -> None:
    intent = ask(call, make(autoFinalize=True)).json()
    call.post(f"{INTENTS}/{intent['id']}/pay")
    response = call.post(f"{INTENTS}/{intent['id']}/pay")
    assert (response.status_code, error_of(response)["code"]) == (409, "CONFLICT")
    assert Payment.objects.count() == 1


def test_money_for_a_void_intent_is_the_customer_s_credit(
    call: Caller, make: Make, business: Business
) -> None:
    made = make(autoFinalize=True)
    intent = ask(call, made).json()
    pay(invoice_of(made), 10_000, on=business.today())
    assert call.get(f"{INTENTS}/{intent['id']}").json()["status"] == "void"
    assert call.post(f"{INTENTS}/{intent['id']}/pay").json()["status"] == "paid"
    assert Payment.objects.get(source="base39").unapplied == 10_000


def test_attempts_that_fail_are_told_and_pay_nothing(call: Caller, make: Make) -> None:
    """Row P16: fail, fail, succeed are three attempts and one payment."""
    made = make(autoFinalize=True)
    answer = ask(call, made).json()
    for error in ("saldo insuficiente", "tempo esgotado"):
        intents.failed(intent_of(answer), error, external_id=f"psp-{error[:5]}")
    assert call.get(f"{INTENTS}/{answer['id']}").json()["status"] == "open"
    call.post(f"{INTENTS}/{answer['id']}/pay")
    events = call.get(f"/v1/invoices/{made['id']}").json()["paymentIntents"]["data"][0]["methodData"][
        "events"
    ]
    own = f"pay-{answer['id'].removeprefix('pi_')}"
    assert [(event["type"], event["externalId"], event["error"]) for event in events] == [
        ("payment.failed", "psp-saldo", "saldo insuficiente"),
        ("payment.failed", "psp-tempo", "tempo esgotado"),
        ("payment.succeeded", own, None),
    ]
    assert Payment.objects.count() == 1


def test_another_provider_s_charge_is_not_ours_to_pay(call: Caller, customer: Customer) -> None:
    invoice = payments.issue(factories.make_invoice(customer))
    charge = intents.create(invoice, method="credit_card", provider="stripe", amount=10_000)
    answer = call.get(f"{INTENTS}/pi_{charge.public_id}").json()
    wire.PaymentIntent.model_validate(answer)
    assert (answer["method"], answer["expireAt"]) == ("payment_method", None)
    assert call.post(f"{INTENTS}/{answer['id']}/pay").status_code == 409
    assert not Payment.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"amount": 0},
        {"amount": -1},
        {"amount": "1"},
        {"amount": 0.001},
        {"amount": None},
        {"expireAt": None},
        {"expireAt": "soon"},
        {"method": "cash"},
        {"methodData": 7},
        {"metadata": {"a": "x" * 20_000}},
    ],
)
def test_what_is_wrong_is_refused(call: Caller, make: Make, fields: dict[str, Any]) -> None:
    response = ask(call, make(autoFinalize=True), **fields)
    assert (response.status_code, error_of(response)["code"]) == (400, "INVALID_BODY")
    assert not PaymentIntent.objects.exists()


def test_paying_nothing_is_refused(call: Caller, make: Make) -> None:
    intent = ask(call, make(autoFinalize=True)).json()
    bodies: list[Any] = [{"amountPaid": 0}, {"amount": "1"}, {"amountPaid": 0.001}, {"metadata": []}]
    for body in bodies:
        assert call.post(f"{INTENTS}/{intent['id']}/pay", body).status_code == 400
    assert call.get(f"{INTENTS}/{intent['id']}").json() == intent


def test_a_draft_is_not_to_be_paid(call: Caller, make: Make) -> None:
    assert ask(call, make()).status_code == 409


def test_an_intent_is_of_an_invoice(call: Caller) -> None:
    assert call.post(INTENTS, {"amount": 1, "expireAt": "2030-01-01", "method": "pix"}).status_code == 400
    response = ask(call, {"id": "inv_000000000000000000000000"})
    assert (response.status_code, error_of(response)["code"]) == (404, "INVOICE_NOT_FOUND")


def test_another_business_s_intents_are_not_there(call: Caller, other_business: Business) -> None:
    invoice = payments.issue(factories.make_invoice(factories.make_customer(other_business)))
    theirs = intents.create(invoice, method="pix", provider="base39", amount=100)
    assert ask(call, {"id": f"inv_{invoice.public_id}"}).status_code == 404
    for method, rest in (("GET", ""), ("POST", "/pay")):
        found = call.send(method, f"{INTENTS}/pi_{theirs.public_id}{rest}")
        missing = call.send(method, f"{INTENTS}/pi_000000000000000000000000{rest}")
        assert (found.status_code, error_of(found)["code"]) == (404, "PAYMENT_INTENT_NOT_FOUND")
        assert found.content == missing.content
    listed = call.get(f"{INTENTS}?invoice=inv_{invoice.public_id}").json()
    assert listed == {"hasMore": False, "data": []}
    theirs.refresh_from_db()
    assert theirs.status == "open"


def test_only_who_may_receive_money_says_that_it_came(business: Business, customer: Customer) -> None:
    invoice = payments.issue(factories.make_invoice(customer))
    intent = intents.create(invoice, method="pix", provider="base39", amount=100)
    reader = Caller(business, "base39", Role.VIEWER)
    assert reader.get(f"{INTENTS}/pi_{intent.public_id}").status_code == 200
    assert reader.post(f"{INTENTS}/pi_{intent.public_id}/pay").status_code == 403
    assert ask(reader, {"id": f"inv_{invoice.public_id}"}).status_code == 403


def test_lists_of_intents(call: Caller, make: Make, django_assert_num_queries: Any) -> None:
    one, other = make(autoFinalize=True), make(autoFinalize=True)
    made = [ask(call, invoice, amount=10).json()["id"] for invoice in (one, one, other)]
    answer = call.get(INTENTS).json()
    wire.Intents.model_validate(answer)
    assert [row["id"] for row in answer["data"]] == made[::-1]
    of_one = call.get(f"/v1/invoices/{one['id']}/payment-intents").json()["data"]
    assert [row["id"] for row in of_one] == made[1::-1]
    assert call.get(f"{INTENTS}?invoice={one['id']}").json()["data"] == of_one
    assert len(call.get(f"{INTENTS}?invoice={one['id']},{other['id']}").json()["data"]) == 3
    page = call.get(f"{INTENTS}?limit=1&starting_after={made[2]}&fields=id").json()
    assert page == {"hasMore": True, "data": [{"id": made[1]}]}
    assert call.get(f"{INTENTS}?starting_after={one['id']}").status_code == 400
    with django_assert_num_queries(3):
        call.get(INTENTS)


def test_an_instant_as_expiry_is_told_as_its_day(call: Caller, make: Make) -> None:
    late = timezone.now().replace(microsecond=0) + timedelta(days=3)
    answer = ask(call, make(autoFinalize=True), expireAt=late.isoformat()).json()
    assert answer["expireAt"] == call.key.business.today(late).isoformat()
    assert intent_of(answer).expires_at == late


@pytest.mark.parametrize("offset", ["+23:59", "-23:59"])
def test_an_expiry_may_have_any_offset(call: Caller, make: Make, offset: str) -> None:
    answer = ask(call, make(autoFinalize=True), expireAt=f"2099-01-10T12:00:00{offset}")
    assert (answer.status_code, answer.json()["status"]) == (201, "open")


def test_a_client_cannot_say_what_is_ours_to_say(call: Caller, make: Make) -> None:
    names = (
        "type qrCode url externalId events provider typeableLine barcode ourNumber ourNumberRaw customer"
    ).split()
    told = dict.fromkeys(names, "theirs")
    for method in ("offline", "pix", "boleto"):
        answer = ask(call, make(autoFinalize=True), method=method, methodData={**told, "note": "kept"}).json()
        data = answer["methodData"]
        assert (data["type"], data["note"]) == (method, "kept")
        assert "theirs" not in data.values()
        assert intent_of(answer).extras["base39"]["methodData"] == {"note": "kept"}


@pytest.mark.parametrize(("amount", "same_invoice"), [(4_000, True), (10_000, False)])
def test_money_that_was_told_under_its_name_is_not_its_own(
    call: Caller, make: Make, customer: Customer, amount: int, same_invoice: bool
) -> None:
    """Another payment with the source and id that this intent's would have is not taken for it."""
    made = make(autoFinalize=True)
    intent = ask(call, made).json()
    planted = Incoming(
        amount,
        "BRL",
        "other",
        timezone.now(),
        source="base39",
        external_id=f"pay-{intent_of(intent).public_id}",
    )
    target = invoice_of(made) if same_invoice else payments.issue(factories.make_invoice(customer))
    payments.receive(call.key.business, planted, [Target(target.pk)])
    before = call.get(f"{INTENTS}/{intent['id']}").json()
    response = call.post(f"{INTENTS}/{intent['id']}/pay")
    assert (response.status_code, error_of(response)["code"]) == (409, "CONFLICT")
    assert call.get(f"{INTENTS}/{intent['id']}").json() == before
    assert Payment.objects.count() == 1


def test_an_expiry_that_has_passed_is_refused(call: Caller, make: Make, business: Business) -> None:
    made = make(autoFinalize=True)
    for past in (in_days(business, -1), (timezone.now() - timedelta(seconds=1)).isoformat()):
        response = ask(call, made, expireAt=past)
        assert (response.status_code, error_of(response)["code"]) == (400, "INVALID_BODY")
        assert error_of(response)["message"].startswith("expireAt: ")
    assert ask(call, made, expireAt=in_days(business, 0)).status_code == 201


def test_an_intent_past_its_expiry_is_void(call: Caller, make: Make, business: Business) -> None:
    """Whether or not anybody has cleared it away; money that comes all the same is still taken."""
    Account.objects.create(business=business, name="Pix", pix_key="contas@padaria.example", is_default=True)
    made = make(autoFinalize=True)
    intent = ask(call, made, method="pix").json()
    assert "qrCode" in intent["methodData"]
    PaymentIntent.objects.update(expires_at=timezone.now())
    found = call.get(f"{INTENTS}/{intent['id']}").json()
    assert (found["status"], "qrCode" in found["methodData"]) == ("void", False)
    assert call.get(f"/v1/invoices/{made['id']}").json()["paymentIntents"]["data"] == [found]
    assert call.post(f"{INTENTS}/{intent['id']}/pay").json()["status"] == "paid"
