"""Create, list, get, replace, delete: as the provider's documents show them, row by row in our core."""

import json
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from businesses.models import Business
from businesses.roles import Role
from customers.models import Customer
from invoices.draft import AttachmentDraft
from invoices.models import Invoice
from invoices.status import Status
from tests import factories
from tests.gateway.calls import error_of
from tests.providers.highlevel.spec import Watched, contact, created, item, new, sample, sent

pytestmark = pytest.mark.django_db
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def call(business: Business, customer: Customer) -> Watched:
    return Watched(business)


def body(response: Any, status: int = 200) -> Any:
    assert response.status_code == status, response.content
    return json.loads(response.content)


def stored(answer: Any) -> Invoice:
    found: Invoice = Invoice.objects.get(public_id=answer["_id"])
    return found


def test_a_new_invoice_is_a_draft_of_the_core(call: Watched, customer: Customer) -> None:
    answer = body(call.post("/invoices/", new(call, customer, items=[item(amount=10.5, qty=1.5)])), 201)
    assert (answer["status"], answer["total"], answer["amountDue"], answer["amountPaid"]) == (
        "draft",
        15.75,
        15.75,
        0,
    )
    assert INSTANT.fullmatch(answer["createdAt"]) and INSTANT.fullmatch(answer["updatedAt"])
    invoice = stored(answer)
    assert (invoice.status, invoice.customer, invoice.total) == (Status.DRAFT, customer, 1575)


def test_with_and_without_the_slash(call: Watched, customer: Customer) -> None:
    assert call.post("/invoices", new(call, customer)).status_code == 201
    assert body(call.get(f"/invoices?{call.query}&limit=10&offset=0"))["total"] == 1


def test_everything_that_was_sent_comes_back(call: Watched) -> None:
    data = sample("wild-create") | call.place
    answer = body(call.post("/invoices/", data, loose=True), 201)
    assert {name for name in data if name != "items"} <= set(answer)
    for name in (
        "businessDetails",
        "contactDetails",
        "sentTo",
        "paymentMethods",
        "lateFeesConfiguration",
        "discount",
    ):
        assert answer[name] == data[name], name
    for said, told in zip(data["items"], answer["invoiceItems"], strict=True):
        assert said == {key: told[key] for key in said}
    told = body(call.get(f"/invoices/{answer['_id']}?{call.query}"))
    assert answer == {key: value for key, value in told.items() if key != "totalSummary"}


def test_amounts_add_up_as_the_core_says(call: Watched) -> None:
    """203.63 of hours less 20.25, 7.5 % on it, 10 of parts, a fee of 5.50."""
    answer = body(call.post("/invoices/", sample("wild-create") | call.place, loose=True), 201)
    assert answer["total"] == 212.63
    told = body(call.get(f"/invoices/{answer['_id']}?{call.query}"))
    assert told["totalSummary"] == {"subTotal": 213.63, "discount": 20.25, "tax": 13.75}


def test_what_the_client_says_of_status_and_totals_is_ignored(call: Watched, customer: Customer) -> None:
    data = new(call, customer, status="paid", total=1, amountPaid=100, _id="6578278e879ad2646715ba9c")
    answer = body(call.post("/invoices/", data), 201)
    assert (answer["status"], answer["total"], answer["amountPaid"]) == ("draft", 100, 0)
    assert answer["_id"] != data["_id"]


def test_a_draft_s_number_is_what_was_asked_for_or_nothing(call: Watched, customer: Customer) -> None:
    assert created(call, customer)["invoiceNumber"] == ""
    numbered = created(call, customer, invoiceNumber=1001, invoiceNumberPrefix="INV-")
    assert (numbered["invoiceNumber"], numbered["invoiceNumberPrefix"]) == ("1001", "INV-")


def test_a_due_date_left_out_follows_the_settings(call: Watched, customer: Customer) -> None:
    data = new(call, customer)
    del data["dueDate"]
    assert body(call.post("/invoices/", data), 201)["dueDate"] == "2026-03-16"


def test_terms_are_cleaned_of_whatever_could_run(call: Watched, customer: Customer) -> None:
    html = "<p onclick='x()'>Pay <b>soon</b><script>steal()</script><img src=x onerror=y></p>"
    assert created(call, customer, termsNotes=html)["termsNotes"] == "<p>Pay <b>soon</b></p>"


def test_the_business_s_own_terms_where_none_are_given(
    call: Watched, business: Business, customer: Customer
) -> None:
    Business.objects.filter(pk=business.pk).update(terms="Thanks")
    assert created(call, customer)["termsNotes"] == "Thanks"
    assert "termsNotes" not in created(call, customer, termsNotes="")


def test_products_of_ours_are_linked_and_others_are_kept(
    call: Watched, customer: Customer, business: Business
) -> None:
    product = factories.make_product(business)
    lines = [item(productId=product.public_id), item(productId="6578278e879ad2646715ba9c", priceId="abc")]
    answer = created(call, customer, items=lines)
    first, second = stored(answer).lines.all()
    assert (first.product, second.product) == (product, None)
    assert [line["productId"] for line in answer["invoiceItems"]] == [
        product.public_id,
        "6578278e879ad2646715ba9c",
    ]
    assert answer["invoiceItems"][1]["priceId"] == "abc"


def test_a_product_of_another_business_is_only_an_id(
    call: Watched, customer: Customer, other_business: Business
) -> None:
    foreign = factories.make_product(other_business)
    answer = created(call, customer, items=[item(productId=foreign.public_id)])
    assert stored(answer).lines.get().product is None


def test_inclusive_taxes_are_taken_out_of_the_price(call: Watched, customer: Customer) -> None:
    tax = {"_id": "t", "name": "VAT", "rate": 23, "calculation": "exclusive"}
    answer = created(call, customer, items=[item(amount=123, taxes=[tax], taxInclusive=True)])
    told = body(call.get(f"/invoices/{answer['_id']}?{call.query}"))
    assert (told["total"], told["totalSummary"]["tax"]) == (123, 23)
    assert told["invoiceItems"][0]["taxInclusive"] is True


def test_a_discount_is_for_its_products_alone(call: Watched, customer: Customer) -> None:
    lines = [item(productId="a"), item(productId="b")]
    discount = {"type": "percentage", "value": 10, "validOnProductIds": "[ 'a' ]"}
    answer = created(call, customer, items=lines, discount=discount)
    assert answer["total"] == 190
    assert answer["discount"] == {"type": "percentage", "value": 10, "validOnProductIds": ["a"]}


def test_either_name_for_the_lines(call: Watched, customer: Customer) -> None:
    data = new(call, customer)
    data["invoiceItems"] = data.pop("items")
    assert body(call.post("/invoices/", data, loose=True), 201)["total"] == 100


@pytest.mark.parametrize(
    "name", sorted(set("name currency issueDate discount contactDetails sentTo liveMode items".split()))
)
def test_what_the_document_requires_is_required(call: Watched, customer: Customer, name: str) -> None:
    data = new(call, customer)
    del data[name]
    error = error_of(call.post("/invoices/", data, loose=True))
    assert (error["statusCode"], error["error"]) == (422, "Unprocessable Entity")
    assert any(line.startswith(name) for line in error["message"])
    assert error["traceId"]


@pytest.mark.parametrize(
    "fields,field",
    [
        ({"items": [item(amount=-1)]}, "total"),
        ({"items": [item(qty=0)]}, "items.0.qty"),
        ({"items": [item(amount=0.0000001)]}, "items.0.amount"),
        ({"items": None}, "items"),
        ({"contactDetails": {"id": "x" * 101, "name": "n", "phoneNo": "", "email": ""}}, "contactDetails.id"),
        ({"contactDetails": {"id": "new", "name": "n", "phoneNo": "", "email": "x"}}, "contactDetails.email"),
        ({"items": [item(productId="x" * 61)]}, "items.0.productId"),
        ({"items": [item(amount="100")]}, "items.0.amount"),
        ({"items": [item(currency="USD")]}, "items.0.currency"),
        ({"currency": "XXQ", "items": []}, "currency"),
        ({"issueDate": "02/03/2026"}, "issueDate"),
        ({"issueDate": "2026-02-30"}, "issueDate"),
        ({"dueDate": "2026-03-01"}, "dueDate"),
        ({"discount": {"type": "percentage", "value": 101}}, "discount.value"),
        ({"sentTo": {"email": ["nobody"]}}, "sentTo"),
        (
            {"attachments": [{"id": "1", "name": "n", "url": "javascript:x", "type": "", "size": 1}]},
            "attachments.0.url",
        ),
        ({"title": "x" * 101}, "title"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    call: Watched, customer: Customer, fields: dict[str, Any], field: str
) -> None:
    error = error_of(call.post("/invoices/", new(call, customer, **fields), loose=True))
    assert error["statusCode"] == 422
    assert any(line.startswith(field) for line in error["message"]), error


def test_more_than_can_be_kept_is_refused(call: Watched, customer: Customer) -> None:
    long = new(call, customer, businessDetails={"name": "x" * 20_000})
    assert error_of(call.post("/invoices/", long))["statusCode"] == 422


def test_another_location_s_id_is_refused(
    call: Watched, customer: Customer, other_business: Business
) -> None:
    for place in (other_business.public_id, "6578278e879ad2646715ba9c"):
        error = error_of(call.post("/invoices/", new(call, customer, altId=place)))
        assert (error["statusCode"], error["message"]) == (
            403,
            "The token does not have access to this location.",
        )


def test_the_white_label_s_account_is_a_location_too(call: Watched, customer: Customer) -> None:
    response = call.post("/invoices/", new(call, customer, altType="account"), plain=True)
    assert body(response, 201)["altType"] == "account"


def test_a_contact_may_be_known_by_the_caller_s_own_id(call: Watched, customer: Customer) -> None:
    mine = contact(customer, id="AmuzcoPBpgKeccNsFlib", name="Somebody new", email="new@example.com")
    first, second = (created(call, customer, contactDetails=mine) for _ in range(2))
    assert stored(first).customer == stored(second).customer != customer
    assert stored(first).customer.external_id == "AmuzcoPBpgKeccNsFlib"
    assert first["contactDetails"] == mine


def test_the_same_name_and_email_are_the_same_contact(call: Watched, customer: Customer) -> None:
    mine = contact(customer, id="AmuzcoPBpgKeccNsFlib")
    assert stored(created(call, customer, contactDetails=mine)).customer == customer
    customer.refresh_from_db()
    assert customer.external_id == "AmuzcoPBpgKeccNsFlib"


def test_an_email_alone_makes_nobody_the_same(call: Watched, customer: Customer) -> None:
    other = contact(customer, id="AmuzcoPBpgKeccNsFlib", name="Another client of the accountant")
    assert stored(created(call, customer, contactDetails=other)).customer != customer


def test_a_contact_of_another_business_stays_there(
    call: Watched, customer: Customer, other_business: Business
) -> None:
    foreign = factories.make_customer(other_business, name="Maria", email="x@example.com")
    mine = stored(created(call, customer, contactDetails=contact(foreign))).customer
    assert mine != foreign and mine.business != other_business


def test_a_contact_comes_with_its_address_and_without_what_is_no_phone(
    call: Watched, customer: Customer
) -> None:
    mine = sample("004-update")["contactDetails"] | {"id": "new-one"}
    row = stored(created(call, customer, contactDetails=mine)).customer
    assert (row.name, row.legal_name, row.phone) == ("Alex", "ABC Corp.", "")
    assert (row.address().city, row.address().country) == ("St. Houston", "US")


def test_the_contact_told_is_the_one_it_is_for(call: Watched, customer: Customer, business: Business) -> None:
    """Staff gave the draft to somebody else meanwhile."""
    answer = created(call, customer)
    other = factories.make_customer(business, name="Bob", email="bob@example.com")
    Invoice.objects.filter(public_id=answer["_id"]).update(customer=other)
    told = body(call.get(f"/invoices/{answer['_id']}?{call.query}"))
    assert (told["contactDetails"]["id"], told["contactDetails"]["name"]) == (other.public_id, "Bob")


def test_an_invoice_of_our_own_is_told_with_both_parties(
    call: Watched, customer: Customer, business: Business
) -> None:
    tax = factories.make_tax(business)
    line = factories.line("100.00", "1", factories.tax("5", name=tax.name, tax_id=tax.pk))
    invoice = factories.issue(factories.make_invoice(customer, [line]))
    told = body(call.get(f"/invoices/{invoice.public_id}?{call.query}"))
    assert told["invoiceNumber"] == invoice.number
    assert told["businessDetails"]["address"]["city"] == "São Paulo"
    assert told["contactDetails"] == {
        "id": customer.public_id,
        "name": "Maria Souza",
        "phoneNo": "",
        "email": "maria@example.com",
        "customFields": [],
    }
    assert told["invoiceItems"][0]["taxes"][0]["_id"] == tax.public_id


def test_a_draft_is_replaced_wholly(call: Watched, customer: Customer) -> None:
    answer = created(
        call,
        customer,
        title="INVOICE",
        termsNotes="<p>x</p>",
        tipsConfiguration={"tipsPercentage": ["5"], "tipsEnabled": True},
    )
    change = {
        **call.place,
        "name": "Other",
        "currency": "BRL",
        "invoiceItems": [item(amount=7)],
        "issueDate": "2026-04-01",
        "dueDate": "2026-04-01",
    }
    told = body(call.put(f"/invoices/{answer['_id']}", change))
    assert (told["name"], told["total"], told["title"], told["issueDate"]) == ("Other", 7, "", "2026-04-01")
    assert not {"termsNotes", "tipsConfiguration"} & set(told)
    assert told["sentTo"] == answer["sentTo"], "an update cannot say it"
    assert told["contactDetails"]["id"] == customer.public_id


def test_what_was_got_can_be_put_back(call: Watched) -> None:
    answer = body(call.post("/invoices/", sample("wild-create") | call.place, loose=True), 201)
    got = body(call.get(f"/invoices/{answer['_id']}?{call.query}"))
    told = body(call.put(f"/invoices/{answer['_id']}", got, loose=True))
    changing = {"updatedAt", "invoiceItems", "totalSummary"}
    assert {key: told[key] for key in told if key not in changing} == {
        key: got[key] for key in got if key not in changing
    }
    bare = [
        [{k: v for k, v in line.items() if k != "_id"} for line in one["invoiceItems"]] for one in (told, got)
    ]
    assert bare[0] == bare[1]


def test_a_sent_invoice_gets_a_new_revision_under_its_number(call: Watched, customer: Customer) -> None:
    invoice = sent(call, customer)
    change = {
        **call.place,
        "name": "n",
        "currency": "BRL",
        "invoiceItems": [item(amount=150)],
        "issueDate": "2026-03-02",
        "dueDate": "2026-03-20",
        "invoiceNumber": "9",
    }
    told = body(call.put(f"/invoices/{invoice['_id']}", change))
    assert (told["status"], told["total"], told["invoiceNumber"]) == ("sent", 150, invoice["invoiceNumber"])
    row = stored(told)
    assert row.revision == 2
    assert [document.revision for document in row.documents.order_by("pk")] == [1, 2]


def test_a_void_invoice_is_not_changed_any_more(call: Watched, customer: Customer) -> None:
    invoice = sent(call, customer)
    body(call.post(f"/invoices/{invoice['_id']}/void", call.place))
    change = {
        **call.place,
        "name": "n",
        "currency": "BRL",
        "invoiceItems": [item()],
        "issueDate": "2026-03-02",
        "dueDate": "2026-03-20",
    }
    error = error_of(call.put(f"/invoices/{invoice['_id']}", change))
    assert (error["statusCode"], error["error"]) == (400, "Bad Request")


def test_a_draft_can_be_deleted_and_is_gone(call: Watched, customer: Customer) -> None:
    answer = created(call, customer)
    assert body(call.delete(f"/invoices/{answer['_id']}?{call.query}"))["_id"] == answer["_id"]
    assert call.get(f"/invoices/{answer['_id']}?{call.query}").status_code == 404
    assert body(call.get(f"/invoices/?{call.query}&limit=10&offset=0")) == {"invoices": [], "total": 0}


def test_a_sent_invoice_cannot_be_deleted(call: Watched, customer: Customer) -> None:
    invoice = sent(call, customer)
    assert error_of(call.delete(f"/invoices/{invoice['_id']}?{call.query}"))["statusCode"] == 400


def test_a_content_type_without_a_body_means_nothing(call: Watched, customer: Customer) -> None:
    """Both SDKs send one with GET and DELETE."""
    answer = created(call, customer)
    response = call.delete(
        f"/invoices/{answer['_id']}?{call.query}", headers={"Content-Type": "application/json"}
    )
    assert response.status_code == 200


@pytest.mark.parametrize("version", ["2021-07-28", "2021-04-15", "2023-02-21", "v3", "tomorrow", None])
def test_any_version_is_served_and_told_which(call: Watched, version: str | None) -> None:
    call.headers.pop("Version")
    headers = {"Version": version} if version else {}
    response = call.get(f"/invoices/?{call.query}&limit=10&offset=0", headers=headers)
    assert (response.status_code, response["Version"]) == (200, "2021-07-28")
    refused = call.get(f"/invoices/nothing?{call.query}", headers=headers)
    assert (refused.status_code, refused["Version"]) == (404, "2021-07-28")


def test_a_request_without_a_token_is_refused_in_json(call: Watched) -> None:
    del call.headers["Authorization"]
    error = error_of(call.get(f"/invoices/?{call.query}&limit=10&offset=0"))
    assert (error["statusCode"], error["error"]) == (401, "Unauthorized")
    assert error["message"] == "Invalid token: access token is invalid"


def test_a_key_that_may_only_read_changes_nothing(business: Business, customer: Customer) -> None:
    reader = Watched(business, Role.VIEWER)
    assert error_of(reader.post("/invoices/", new(reader, customer)))["statusCode"] == 403
    assert reader.get(f"/invoices/?{reader.query}&limit=10&offset=0").status_code == 200


def test_creating_asks_the_database_as_often_whatever_the_lines(call: Watched, customer: Customer) -> None:
    created(call, customer)
    counts = []
    for size in (1, 10):
        data = new(
            call, customer, items=[item(taxes=[{"_id": "t", "name": "ISS", "rate": 5}]) for _ in range(size)]
        )
        with CaptureQueriesContext(connection) as queries:
            body(call.post("/invoices/", data), 201)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 22


def test_the_drafts_of_the_core_hold_what_the_wire_said(call: Watched) -> None:
    row = stored(body(call.post("/invoices/", sample("wild-create") | call.place, loose=True), 201))
    assert (row.number_prefix, row.wanted_number, row.currency) == ("INV-", "4711", "USD")
    assert (row.issue_on, row.due_on, row.live_mode) == (date(2026, 3, 2), date(2026, 3, 16), True)
    assert row.recipients == ["alex@example.com", "books@example.com"]
    assert (row.tips_enabled, row.tip_percents, row.discount_amount) == (True, ["5", "12.5"], 2025)
    assert [part["amount"] for part in row.schedule["parts"]] == [6379, 14884]
    assert row.payment_terms["fine_percent"] == "2"
    assert [link.url for link in row.attachments.all()] == ["https://example.com/digital-delivery"]
    assert [(line.kind, line.unit_price) for line in row.lines.all()] == [
        ("recurring", Decimal("90.5")),
        ("one_time", Decimal(10)),
    ]


def test_a_link_of_ours_has_an_id_too(call: Watched, customer: Customer) -> None:
    link = AttachmentDraft("Plan.pdf", "https://example.com/plan")
    invoice = factories.make_invoice(customer, attachments=(link,))
    (told,) = body(call.get(f"/invoices/{invoice.public_id}?{call.query}"))["attachments"]
    assert told == {
        "id": invoice.attachments.get().public_id,
        "name": "Plan.pdf",
        "url": "https://example.com/plan",
        "type": "",
        "size": 0,
    }


def test_one_invoice_asks_the_database_as_often_whatever_its_lines(
    call: Watched, customer: Customer, business: Business
) -> None:
    tax = factories.make_tax(business)
    line = factories.line("10", "1", factories.tax("5", tax_id=tax.pk))
    counts = []
    for size in (1, 20):
        path = f"/invoices/{factories.make_invoice(customer, [line] * size).public_id}?{call.query}"
        call.get(path)
        with CaptureQueriesContext(connection) as queries:
            call.get(path)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 10
