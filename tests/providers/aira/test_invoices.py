"""One-off invoices through Aira's API: made once, filled line by line, looked up, cancelled; and who may."""

from datetime import timedelta
from typing import Any

import pytest

from businesses.models import Account, Business
from businesses.roles import Role
from core.ids import as_uuid, from_uuid
from customers.models import Customer
from invoices.models import Invoice
from invoices.status import Status
from providers.aira import wire
from tests.factories import make_invoice, make_product
from tests.gateway.calls import Caller, error_of
from tests.payments.money import issued, pay
from tests.providers.aira.samples import LIST, asked, made, sample
from tests.races import race

pytestmark = pytest.mark.django_db
NOBODY = "00000000-0000-4000-a000-000000fa7000"


def row(answer: Any) -> Invoice:
    return Invoice.objects.get(public_id=from_uuid(answer["id"]))


def test_a_one_off_invoice_is_an_open_draft(call: Caller, account: Account, business: Business) -> None:
    response = call.post(f"{LIST}/", asked(call))
    assert response.status_code == 201
    answer = response.json()
    wire.InvoiceToday.model_validate(answer)
    assert (answer["status"], answer["isLocked"], answer["invoiceNumber"]) == ("open", False, None)
    assert (answer["invoiceDate"], answer["memo"]) == ("2026-12-25", "Implantação")
    assert (answer["customerId"], answer["paymentAccountId"]) == (call.ids["customer"], call.ids["business"])
    draft = row(answer)
    assert (draft.status, draft.account, draft.due_on - draft.issue_on) == (
        Status.DRAFT, account, timedelta(days=business.due_days),
    )  # fmt: skip


def test_their_own_customer_id_and_one_of_several_accounts(call: Caller, business: Business) -> None:
    other = Account.objects.create(business=business, name="Other")
    body = asked(call, paymentAccountId=as_uuid(other.public_id), externalCustomerId="acme-1")
    del body["customerId"]
    answer = call.post(LIST, body).json()
    assert (row(answer).account, answer["paymentAccountId"]) == (other, as_uuid(other.public_id))


def test_lines_groups_and_sums(call: Caller, business: Business) -> None:
    product = make_product(business)
    invoice = made(call, 500)
    url = f"{LIST}/{invoice['id']}"
    group = call.post(f"{url}/line-item-groups", sample("create_line_item_group"))
    assert group.status_code == 201
    wire.LineItemGroup.model_validate(group.json())
    assert (group.json()["lineItems"], group.json()["totalAmount"]) == ([], 0)
    told = {"productId": as_uuid(product.public_id), "lineItemGroupId": group.json()["id"]}
    line = call.post(f"{url}/line-items", {**sample("create_line_item"), **told})
    assert line.status_code == 201
    item = line.json()
    wire.LineItem.model_validate(item)
    assert {name: item[name] for name in ("itemId", "startDate", "endDate", "name", *told)} == {
        **{name: sample("create_line_item")[name] for name in ("itemId", "startDate", "endDate", "name")},
        **told,
    }
    assert [(part["name"], part["amount"]) for part in item["subLineItems"]] == [
        ("Fixo", 10000),
        ("Uso", 2345),
    ]
    answer = call.get(url).json()
    wire.Fetched.model_validate(answer)
    assert (answer["totalAmount"], answer["invoice"]["totalAmount"], answer["invoice"]["amountDue"]) == (
        12845,
    ) * 3
    inside, loose = answer["invoice"]["lineItemGroups"]
    assert (inside["name"], inside["totalAmount"], inside["lineItems"]) == ("Dezembro", 12345, [item])
    assert (loose["totalAmount"], len(loose["lineItems"])) == (500, 1)


def test_ids_of_lines_outlive_every_change(call: Caller, business: Business, payer: Customer) -> None:
    """Also of those that were written elsewhere."""
    url = f"{LIST}/{as_uuid(make_invoice(payer).public_id)}"
    (old,) = call.get(url).json()["invoice"]["lineItemGroups"][0]["lineItems"]
    call.post(f"{url}/line-items", {"name": "New", "amount": 1})
    changed = call.put(f"{url}/line-items/{old['id']}", {"amount": 700, "name": "Old"})
    assert (changed.status_code, changed.json()["id"], changed.json()["totalAmount"]) == (200, old["id"], 700)
    items = call.get(url).json()["invoice"]["lineItemGroups"][0]["lineItems"]
    assert [(item["name"], item["totalAmount"]) for item in items] == [("Old", 700), ("New", 1)]


def test_changing_lines_groups_and_the_invoice(call: Caller) -> None:
    invoice = made(call)
    url = f"{LIST}/{invoice['id']}"
    group = call.post(f"{url}/line-item-groups", {"name": "A"}).json()
    line = call.post(
        f"{url}/line-items", {**sample("create_line_item"), "lineItemGroupId": group["id"]}
    ).json()
    renamed = call.put(f"{url}/line-item-groups/{group['id']}", {"name": "B", "startDate": "2026-12-24"})
    assert (renamed.json()["name"], renamed.json()["startDate"], renamed.json()["lineItems"]) == (
        "B", "2026-12-24", [line],
    )  # fmt: skip
    wrong = call.put(f"{url}/line-items/{line['id']}", {"amount": 1})
    assert (wrong.status_code, error_of(wrong)["code"]) == (400, "sub_line_items_sum")
    parts = [{"amount": 1, "usage": 5}]
    changed = call.put(f"{url}/line-items/{line['id']}", {"amount": 1, "subLineItems": parts}).json()
    assert [(part["usage"], part["amount"]) for part in changed["subLineItems"]] == [(5, 1)]
    moved = call.put(url, {"invoiceDate": "2027-01-01", "memo": "Later"}).json()
    assert (moved["invoiceDate"], moved["memo"], moved["dueDate"]) == ("2027-01-01", "Later", "2027-01-15")
    assert moved["totalAmount"] == 1


@pytest.mark.parametrize("changes, field", [
    ({"idempotencyKey": "has space"}, "idempotencyKey"), ({"idempotencyKey": None}, "idempotencyKey"),
    ({"idempotencyKey": "x" * 101}, "idempotencyKey"), ({"customerId": None}, "customerId"),
    ({"externalCustomerId": "acme-1"}, "customerId"), ({"customerId": NOBODY}, "customerId"),
    ({"customerId": "nonsense"}, "customerId"), ({"customerId": 5}, "customerId"),
    ({"customerId": None, "externalCustomerId": "nobody"}, "externalCustomerId"),
    ({"paymentAccountId": NOBODY}, "paymentAccountId"), ({"invoiceDate": "2026-02-30"}, "invoiceDate"),
    ({"invoiceDate": 5}, "invoiceDate"), ({"invoiceDate": "1900-01-01"}, "invoiceDate"), ({"memo": "x" * 2001}, "memo"),
])  # fmt: skip
def test_invoices_that_cannot_be_made(call: Caller, changes: dict[str, Any], field: str) -> None:
    response = call.post(LIST, asked(call, **changes))
    assert response.status_code == 400
    assert error_of(response)["message"].startswith(f"{field}: ")
    assert not Invoice.objects.exists()


@pytest.mark.parametrize("changes, field", [
    ({"amount": -1}, "amount"), ({"amount": 1.5}, "amount"), ({"amount": "1"}, "amount"), ({"amount": True}, "amount"),
    ({"amount": 1}, "subLineItems"), ({"name": ""}, "name"), ({"productId": NOBODY}, "productId"),
    ({"lineItemGroupId": NOBODY}, "lineItemGroupId"), ({"name": "x" * 201}, "lineItems.0.name"),
    ({"subLineItems": [{"amount": 12345, "name": "x" * 17_000}]}, "lineItems.0.lineItemGroups"),
])  # fmt: skip
def test_lines_that_cannot_be_made(call: Caller, changes: dict[str, Any], field: str) -> None:
    invoice = made(call)
    response = call.post(f"{LIST}/{invoice['id']}/line-items", {**sample("create_line_item"), **changes})
    assert response.status_code == 400
    assert error_of(response)["message"].startswith(f"{field}: ")
    assert call.get(f"{LIST}/{invoice['id']}").json()["invoice"] == invoice


def test_an_issued_invoice_takes_no_more_lines(call: Caller, payer: Customer) -> None:
    url = f"{LIST}/{as_uuid(issued(payer).public_id)}"
    assert call.get(url).json()["invoice"]["isLocked"] is True
    for method, path, body in [("POST", "/line-items", {"name": "x", "amount": 1}), ("PUT", "", {"memo": "x"}),
                               ("POST", "/line-item-groups", {"name": "x"})]:  # fmt: skip
        assert call.send(method, url + path, body).status_code == 409


def test_a_cancelled_draft_is_still_shown(call: Caller) -> None:
    invoice = made(call, 500)
    answer = call.post(f"{LIST}/{invoice['id']}/cancel")
    assert (answer.status_code, answer.json()["status"], answer.json()["isLocked"]) == (200, "canceled", True)
    assert row(invoice).deleted_at is not None
    shown = call.get(f"{LIST}/{invoice['id']}").json()
    assert (shown["status"], shown["invoice"]["status"]) == ("canceled", "canceled")
    assert call.post(f"{LIST}/{invoice['id']}/cancel").status_code == 409
    assert call.post(f"{LIST}/{invoice['id']}/line-items", {"name": "x", "amount": 1}).status_code == 409


def test_an_issued_one_is_voided_unless_something_was_paid(call: Caller, payer: Customer) -> None:
    free, paid = issued(payer), issued(payer)
    pay(paid, 100)
    answer = call.post(f"{LIST}/{as_uuid(free.public_id)}/cancel")
    assert answer.json()["status"] == "canceled"
    assert call.post(f"{LIST}/{as_uuid(paid.public_id)}/cancel").status_code == 409
    free.refresh_from_db()
    assert free.status == Status.VOID


def test_looking_up_by_the_ids_of_others(call: Caller, payer: Customer) -> None:
    invoice = made(call, 500)
    for kind in ("provider", "processor", "external"):
        found = call.get(f"{LIST}/by-{kind}-id/order-2026_118")
        assert found.status_code == 200 and found.json()["invoice"] == invoice
        assert call.get(f"{LIST}/by-{kind}-id/other").status_code == 404


def test_the_same_key_again_is_the_same_answer(call: Caller) -> None:
    first, again = call.post(LIST, asked(call)), call.post(LIST, asked(call))
    assert (again.status_code, again.content, again["Idempotent-Replayed"]) == (201, first.content, "true")
    other = call.post(LIST, asked(call, memo="Other"))
    assert (other.status_code, error_of(other)["code"]) == (400, "idempotency_key_reused")
    assert Invoice.objects.count() == 1


def test_a_key_is_for_one_address(call: Caller) -> None:
    one, two = made(call, idempotencyKey="a"), made(call, idempotencyKey="b")
    line = {"name": "x", "amount": 1, "idempotencyKey": "line-1"}
    ids = {call.post(f"{LIST}/{each['id']}/line-items", line).json()["id"] for each in (one, two, one)}
    assert len(ids) == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_fifty_at_once_make_one_invoice(business: Business, payer: Customer) -> None:
    call = Caller(business, "aira")
    body = asked(call)
    answers = race(50, lambda _number: call.post(LIST, body))
    told = [answer for answer in answers if not isinstance(answer, Exception)]
    assert len(told) == 50, answers
    assert {(answer.status_code, answer.content) for answer in told} == {(201, told[0].content)}
    assert Invoice.objects.count() == 1


ROUTES = [
    ("GET", "/{id}", None), ("PUT", "/{id}", {"memo": "x"}), ("POST", "/{id}/cancel", None),
    ("POST", "/{id}/line-items", {"name": "x", "amount": 1}), ("PUT", "/{id}/line-items/{line}", {"amount": 1}),
    ("POST", "/{id}/line-item-groups", {"name": "x"}), ("PUT", "/{id}/line-item-groups/{group}", {"name": "y"}),
    ("GET", "/by-provider-id/order-2026_118", None), ("GET", "/by-processor-id/order-2026_118", None),
    ("GET", "/by-external-id/order-2026_118", None),
]  # fmt: skip


def filled(call: Caller) -> dict[str, str]:
    """What stands in the routes: an invoice with a line and a group."""
    invoice = made(call, 500)
    group = call.post(f"{LIST}/{invoice['id']}/line-item-groups", {"name": "A"}).json()
    line = invoice["lineItemGroups"][0]["lineItems"][0]
    return {"id": invoice["id"], "group": group["id"], "line": line["id"]}


@pytest.mark.parametrize("method, path, body", ROUTES)
def test_another_business_s_invoice_is_as_if_it_did_not_exist(
    call: Caller, other_business: Business, method: str, path: str, body: Any
) -> None:
    mine = filled(call)
    before = call.get(f"{LIST}/{mine['id']}").json()["invoice"]
    stranger = Caller(other_business, "aira")
    foreign = stranger.send(method, LIST + path.format(**mine), body)
    missing = stranger.send(method, LIST + path.format(id=NOBODY, line=NOBODY, group=NOBODY), body)
    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content
    assert call.get(f"{LIST}/{mine['id']}").json()["invoice"] == before


@pytest.mark.parametrize("path, body", [
    ("/line-items/{line}", {"amount": 1}), ("/line-item-groups/{group}", {"name": "y"}),
])  # fmt: skip
def test_lines_and_groups_of_another_invoice_are_not_found(call: Caller, path: str, body: Any) -> None:
    mine, other = filled(call), made(call, 1, idempotencyKey="other")
    assert call.put(f"{LIST}/{other['id']}{path.format(**mine)}", body).status_code == 404


def test_others_customers_accounts_and_products_do_not_exist(call: Caller, other_business: Business) -> None:
    stranger = Caller(other_business, "aira")
    foreign = stranger.post(LIST, asked(call))
    missing = stranger.post(LIST, asked(call, customerId=NOBODY))
    assert (foreign.status_code, foreign.content) == (400, missing.content)
    invoice = made(call)
    product = make_product(other_business)
    line = {"name": "x", "amount": 1, "productId": as_uuid(product.public_id)}
    assert error_of(call.post(f"{LIST}/{invoice['id']}/line-items", line))["code"] == "not_found"


@pytest.mark.parametrize("method, path, body", [route for route in ROUTES if route[0] != "GET"])
def test_a_key_that_may_only_read_changes_nothing(
    call: Caller, business: Business, method: str, path: str, body: Any
) -> None:
    mine = filled(call)
    reader = Caller(business, "aira", role=Role.VIEWER)
    assert reader.send(method, LIST + path.format(**mine), body).status_code == 403
    assert reader.get(f"{LIST}/{mine['id']}").status_code == 200


def test_a_biller_does_not_cancel(call: Caller, business: Business) -> None:
    invoice = made(call)
    assert (
        Caller(business, "aira", role=Role.BILLER).post(f"{LIST}/{invoice['id']}/cancel").status_code == 403
    )


@pytest.mark.parametrize("headers, code", [
    ({"X-API-KEY": ""}, "credentials_missing"), ({"X-API-KEY": "ftk_wrong"}, "credentials_wrong"),
    ({"X-API-KEY": "", "Authorization": "Bearer ftk_x"}, "credentials_missing"),
])  # fmt: skip
def test_without_a_right_key(call: Caller, headers: dict[str, str], code: str) -> None:
    response = call.get(LIST, headers=headers)
    assert (response.status_code, error_of(response)["code"]) == (401, code)
