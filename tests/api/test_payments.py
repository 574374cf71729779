"""Payments and refunds through our own API."""

from typing import Any

import pytest

from api.invoice_wire import Invoice
from api.payments import Payment
from businesses.models import Business
from businesses.roles import Role
from payments.models import Payment as PaymentRow
from tests.api.papers import create, issued
from tests.api.words import fields_refused, listed, queries_of, said
from tests.gateway.calls import Caller, error_of

pytestmark = pytest.mark.django_db
MONEY: dict[str, Any] = {"amount": 10_000, "method": "pix"}


def test_money_pays_its_invoices_in_order_and_the_rest_is_credit(call: Caller) -> None:
    first, second = issued(call), issued(call)
    targets = [{"invoice": second["id"], "amount": 4_000}, {"invoice": first["id"]}]
    sent = {"amount": 30_000, "method": "boleto", "fee": 100, "note": "Bank slip", "invoices": targets}
    response = call.post("/payments", sent)
    made = said(response, Payment, 201)
    assert response["Location"] == f"/api/v1/payments/{made['id']}"
    assert [(share["invoice"], share["amount"]) for share in made["allocations"]] == [
        (second["id"], 4_000),
        (first["id"], 25_000),
    ]
    assert (made["net"], made["applied"], made["unapplied"]) == (29_900, 29_000, 1_000)
    assert said(call.get(f"/invoices/{first['id']}"), Invoice)["status"] == "paid"
    assert said(call.get(f"/payments/{made['id']}"), Payment) == made


def test_the_same_money_told_twice_is_one_payment(call: Caller) -> None:
    sent = {**MONEY, "source": "shop", "external_id": "p-1", "paid_at": "2026-03-02T12:00:00-03:00"}
    first = said(call.post("/payments", sent), Payment, 201)
    assert first["paid_at"] == "2026-03-02T15:00:00Z"
    assert said(call.post("/payments", sent), Payment, 200) == first
    assert call.post("/payments", {**sent, "source": "other"}).status_code == 201
    assert PaymentRow.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": "10"}, "amount"),
        ({"amount": 1.5}, "amount"),
        ({"fee": 10_001}, "fee"),
        ({"method": "shells"}, "method"),
        ({"currency": "AAA"}, "currency"),
        ({"paid_at": "2999-01-01T00:00:00Z"}, "paid_at"),
        ({"paid_at": "2100-01-01T00:00:00Z"}, "paid_at"),
        ({"paid_at": "2026-01-01"}, "paid_at"),
        ({"paid_at": "2026-01-01T00:00:00"}, "paid_at"),
        ({"source": "stripe"}, "source"),
        ({"source": "bank"}, "source"),
        ({"source": "highlevel"}, "source"),
        ({"source": "base39"}, "source"),
        ({"source": "aira"}, "source"),
        ({"source": "fatoripay"}, "source"),
        ({"customer": "0" * 24}, "customer"),
        ({"account": "0" * 24}, "account"),
        ({"invoices": [{"invoice": "0" * 24}]}, "invoices.0.invoice"),
        ({"applied": 5}, "applied"),
    ],
)
def test_a_payment_that_makes_no_sense_is_refused(call: Caller, change: dict[str, Any], field: str) -> None:
    assert fields_refused(call.post("/payments", {**MONEY, **change})) == [field]
    assert not PaymentRow.objects.exists()


def test_money_names_invoices_of_its_currency_and_parts_that_there_are(call: Caller) -> None:
    parts = [{"due_on": "2026-03-16", "percent": "50"}, {"due_on": "2026-04-16", "percent": "50"}]
    split, whole, foreign = (
        issued(call, schedule={"parts": parts}),
        issued(call),
        issued(call, currency="USD"),
    )
    for target, field in (
        ({"invoice": split["id"], "part": 2}, "invoices.1.part"),
        ({"invoice": whole["id"], "part": 1}, "invoices.1.part"),
        ({"invoice": foreign["id"]}, "invoices.1.invoice"),
    ):
        sent = {**MONEY, "invoices": [{"invoice": whole["id"], "part": 0}, target]}
        assert fields_refused(call.post("/payments", sent)) == [field]
    assert not PaymentRow.objects.exists()
    sent = {**MONEY, "invoices": [{"invoice": split["id"], "part": 1}]}
    assert said(call.post("/payments", sent), Payment, 201)["allocations"][0]["part"] == 1
    sent = {**MONEY, "currency": "USD", "invoices": [{"invoice": foreign["id"]}]}
    assert said(call.post("/payments", sent), Payment, 201)["applied"] == 10_000


def test_an_instant_counts_whatever_its_offset(call: Caller) -> None:
    sent = {**MONEY, "paid_at": "2026-03-02T12:00:00-23:59"}
    assert said(call.post("/payments", sent), Payment, 201)["paid_at"] == "2026-03-03T11:59:00Z"


def test_a_draft_takes_no_money(call: Caller) -> None:
    draft = create(call)
    sent = {**MONEY, "invoices": [{"invoice": draft["id"]}]}
    assert fields_refused(call.post("/payments", sent)) == ["invoices.0.invoice"]


def test_money_goes_back(call: Caller) -> None:
    invoice = issued(call)
    made = said(call.post("/payments", {**MONEY, "invoices": [{"invoice": invoice["id"]}]}), Payment, 201)
    path = f"/payments/{made['id']}"
    given = {"amount": 4_000, "reason": "Broken", "reopen": True, "external_id": "r-1"}
    once = said(call.post(f"{path}/refund", given), Payment, 201)
    assert (once["refunded"], once["applied"]) == (4_000, 6_000)
    assert [(back["amount"], back["external_id"]) for back in once["refunds"]] == [(4_000, "r-1")]
    assert said(call.post(f"{path}/refund", given), Payment, 200)["refunded"] == 4_000
    assert call.post(f"{path}/refund", {**given, "amount": 3_000}).status_code == 409
    assert said(call.get(path), Payment)["refunded"] == 4_000
    assert said(call.get(f"/invoices/{invoice['id']}"), Invoice)["amount_remaining"] == 19_000
    assert fields_refused(call.post(f"{path}/refund", {"amount": 99_999})) == ["amount"]
    seen = {"If-Match": '"1.x"'}
    assert call.post(f"{path}/refund", {"amount": 1}, headers=seen).status_code == 412


def test_a_card_s_money_goes_back_through_its_provider_only(call: Caller) -> None:
    made = said(call.post("/payments", MONEY), Payment, 201)
    PaymentRow.objects.update(source="stripe")
    assert error_of(call.post(f"/payments/{made['id']}/refund", {"amount": 1}))["code"] == "card"


@pytest.mark.parametrize(("role", "receives", "refunds"), [(Role.VIEWER, 403, 403), (Role.BILLER, 201, 403)])
def test_who_may_receive_and_give_back(
    business: Business, call: Caller, role: str, receives: int, refunds: int
) -> None:
    made = said(call.post("/payments", MONEY), Payment, 201)
    key = Caller(business, "faturo", role=role)
    assert key.post("/payments", MONEY).status_code == receives
    assert key.post(f"/payments/{made['id']}/refund", {"amount": 1}).status_code == refunds


def test_the_list_and_its_filters(call: Caller) -> None:
    invoice = issued(call)
    days = ["2026-03-04", "2026-03-02", "2026-03-03"]
    for i, day in enumerate(days):
        more: dict[str, Any] = {"invoices": [{"invoice": invoice["id"]}]} if i else {}
        sent = {**MONEY, **more, "paid_at": f"{day}T15:00:00Z", "method": ["pix", "cash", "pix"][i]}
        said(call.post("/payments", {**sent, "external_id": str(i)}), Payment, 201)

    def found(query: str) -> list[str]:
        return [row["external_id"] for row in listed(call.get(f"/payments?{query}"), Payment)]

    assert found("") == ["0", "2", "1"]
    assert found("method=cash") == ["1"]
    assert found(f"invoice={invoice['id']}") == ["2", "1"]
    assert found("paid_from=2026-03-03&paid_to=2026-03-03") == ["2"]
    assert found("has_credit=true") == ["0"]
    assert found("has_credit=false") == ["2", "1"]
    assert found("external_id=1&source=api&currency=BRL") == ["1"]
    assert found(f"customer={call.ids['customer']}") == ["2", "1"]
    first = call.get("/payments?limit=2&fields=external_id").json()
    assert first["data"] == [{"external_id": "0"}, {"external_id": "2"}]
    second = call.get(f"/payments?limit=2&cursor={first['next']}").json()
    assert ([row["external_id"] for row in second["data"]], second["next"]) == (["1"], None)
    assert fields_refused(call.get("/payments?method=shells")) == ["method"]
    before = queries_of(call, "/payments")
    for _ in range(4):
        call.post("/payments", {**MONEY, "invoices": [{"invoice": issued(call)["id"]}]})
    assert queries_of(call, "/payments") == before == 5
