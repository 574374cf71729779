"""Invoices through our own API: written, read, changed, deleted; what is refused names its place."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.invoice_wire import Invoice
from businesses.models import Account, Business
from businesses.roles import Role
from invoices.models import Invoice as InvoiceRow
from payments.models import Payment
from tests import factories
from tests.api.papers import LINE, body, create, issued
from tests.api.words import fields_refused, listed, queries_of, said
from tests.gateway.calls import Caller, error_of

pytestmark = pytest.mark.django_db


def test_what_was_written_is_read_back(call: Caller) -> None:
    sent = {"external_id": "A-1", "metadata": {"order": 7, "rate": 0.5}, "recipients": ["a@b.example"]}
    response = call.post("/invoices", body(call, **sent))
    made = said(response, Invoice, 201)
    assert response["Location"] == f"/api/v1/invoices/{made['id']}"
    assert made == said(call.get(f"/invoices/{made['id']}"), Invoice)
    assert {name: made[name] for name in sent} == sent
    assert (made["status"], made["situation"], made["number"], made["url"]) == ("draft", "draft", None, None)
    assert (made["total"], made["amount_remaining"]) == (25_000, 25_000)
    assert [line["quantity"] for line in made["lines"]] == ["2.5"]


def test_everything_that_can_be_said_comes_back(call: Caller, business: Business) -> None:
    account = Account.objects.create(business=business, name="Main")
    tax = factories.make_tax(business)
    product = factories.make_product(business, price="80.00")
    sent: dict[str, Any] = {
        "account": account.public_id, "currency": "USD", "kind": "pay_off", "name": "internal", "title": "Title",
        "description": "One\nTwo", "language": "en", "live_mode": False, "period_start": "2026-02-01",
        "period_end": "2026-02-28", "terms": "<b>Pay</b>", "number_prefix": "X-", "wanted_number": "9",
        "tips_enabled": True, "tip_percents": ["5", "7.5"], "payable_with": ["pix"], "card_instalments": 3,
        "discount": {"percent": "10", "amount": 0, "products": [product.public_id]}, "document_tax": 100,
        "rounding_mode": "tax", "rounding_rule": "half_even", "charges": [{"name": "Post", "amount": 500}],
        "schedule": {"parts": [{"due_on": "2026-03-16", "percent": "90"}, {"due_on": "2026-04-16", "percent": "10"}]},
        "payment_terms": {"fine_percent": "2", "tiers": [{"days": 5, "percent": "3"}]},
    }  # fmt: skip
    link = {
        "name": "Plan",
        "url": "https://files.example/a.pdf",
        "content_type": "",
        "size": 0,
        "external_id": "f",
    }
    line = {
        "name": "Consulting", "unit_price": "81.333333", "quantity": "1.25", "unit": "h", "detail": "Long",
        "discount_percent": "5", "discount_amount": 1, "kind": "recurring", "is_setup_fee": True,
        "product": product.public_id,
    }  # fmt: skip
    taxes = [{"tax": tax.public_id}, {"name": "Extra", "percent": "1.5", "withheld": True}]
    made = create(call, {**line, "taxes": taxes}, attachments=[link], **sent)
    assert (made["subtotal"], made["amount_due"]) == (10_167, made["total"] - made["withheld_total"])
    parts = made["schedule"]["parts"]
    assert [part["due_on"] for part in parts] == [part["due_on"] for part in sent.pop("schedule")["parts"]]
    assert sum(part["amount"] for part in parts) == made["amount_due"]
    del sent["payment_terms"]
    terms = made["payment_terms"]
    assert (terms["fine_percent"], terms["tiers"][0]["percent"]) == ("2", "3")
    assert {name: made[name] for name in sent} == sent
    assert {name: made["lines"][0][name] for name in line} == line
    assert {name: made["attachments"][0][name] for name in link} == link
    assert [tax["name"] for tax in made["lines"][0]["taxes"]] == ["ISS", "Extra"]
    assert made["lines"][0]["taxes"][0]["tax"] == tax.public_id


def test_what_is_left_out_is_as_the_business_has_it(call: Caller, business: Business) -> None:
    account = Account.objects.create(business=business, name="Main", is_default=True)
    made = said(call.post("/invoices", {"customer": call.ids["customer"]}), Invoice, 201)
    today = business.today().isoformat()
    assert (made["currency"], made["issue_on"], made["account"]) == ("BRL", today, account.public_id)
    assert made["due_on"] > today
    assert made["lines"] == []


def test_a_line_takes_price_unit_and_taxes_from_its_product(call: Caller, business: Business) -> None:
    tax = factories.make_tax(business, percent="5")
    product = factories.make_product(business, price="80.00", unit="h", taxes=[tax])
    usual = create(call, {"product": product.public_id})["lines"][0]
    assert (usual["name"], usual["unit_price"], usual["unit"], usual["tax"]) == ("Consulting", "80", "h", 400)
    assert usual["price"] == product.prices.get().public_id
    own = create(call, {"product": product.public_id, "unit_price": 70, "taxes": []})["lines"][0]
    assert (own["unit_price"], own["tax"], own["price"]) == ("70", 0, None)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"total": 1}, "total"),
        ({"status": "paid"}, "status"),
        ({"number": "7"}, "number"),
        ({"customer": None}, "customer"),
        ({"customer": "0" * 24}, "customer"),
        ({"account": "0" * 24}, "account"),
        ({"issue_on": 20260302}, "issue_on"),
        ({"issue_on": "2026-02-31"}, "issue_on"),
        ({"due_on": "2026-03-01"}, "due_on"),
        ({"currency": "AAA"}, "currency"),
        ({"live_mode": "yes"}, "live_mode"),
        ({"lines": [LINE, {**LINE, "quantity": "0"}]}, "lines.1.quantity"),
        ({"lines": [LINE, {**LINE, "quantity": "1.00001"}]}, "lines.1.quantity"),
        ({"lines": [{**LINE, "unit_price": "1e5"}]}, "lines.0.unit_price"),
        ({"lines": [{**LINE, "unit_price": True}]}, "lines.0.unit_price"),
        ({"lines": [{"name": "Work"}]}, "lines.0.unit_price"),
        ({"lines": [{"unit_price": "1"}]}, "lines.0.name"),
        ({"lines": [{**LINE, "product": "0" * 24}]}, "lines.0.product"),
        ({"lines": [{**LINE, "price": "0" * 24}]}, "lines.0.price"),
        ({"lines": [{**LINE, "total": 5}]}, "lines.0.total"),
        ({"lines": [{**LINE, "taxes": [{"tax": "0" * 24}]}]}, "lines.0.taxes.0.tax"),
        ({"lines": [{**LINE, "taxes": [{"tax": "0" * 24, "percent": "1"}]}]}, "lines.0.taxes.0"),
        ({"lines": [{**LINE, "discount_percent": "101"}]}, "lines.0.discount_percent"),
        ({"discount": {"percent": "1", "amount": 1}}, "discount"),
        ({"discount": {"amount": 1.5}}, "discount.amount"),
        ({"schedule": {"parts": [{"due_on": "2026-03-16", "amount": 1}]}}, "schedule.parts"),
        ({"payment_terms": {"fine_percent": "101"}}, "payment_terms.fine_percent"),
        ({"recipients": ["nobody"]}, "recipients"),
        ({"attachments": [{"name": "x", "url": "javascript:1"}]}, "attachments.0.url"),
        ({"metadata": {"x": "y" * 17_000}}, "metadata"),
    ],
)
def test_a_refusal_names_the_place_in_the_words_of_the_request(
    call: Caller, change: dict[str, Any], field: str
) -> None:
    assert fields_refused(call.post("/invoices", {**body(call), **change})) == [field]
    assert not InvoiceRow.objects.exists()


def test_refusals_speak_the_caller_s_language(call: Caller) -> None:
    sent = body(call, {**LINE, "quantity": "0"})
    problem = error_of(call.post("/invoices", sent, headers={"Accept-Language": "pt-BR"}))
    assert problem["errors"][0]["message"] == "A quantidade precisa ser maior que zero."


def test_only_what_is_sent_changes(call: Caller) -> None:
    made = create(call, LINE, {**LINE, "name": "More"}, title="Before", description="Kept")
    path = f"/invoices/{made['id']}"
    changed = said(call.patch(path, {"title": "After", "due_on": "2026-04-01"}), Invoice)
    assert (changed["title"], changed["due_on"], changed["description"]) == ("After", "2026-04-01", "Kept")
    assert changed["lines"] == made["lines"]
    assert changed["version"] == made["version"] + 1
    assert len(said(call.patch(path, {"lines": [LINE]}), Invoice)["lines"]) == 1


@pytest.mark.parametrize("name", ["customer", "issue_on", "due_on", "currency", "lines", "title"])
def test_null_is_no_way_to_leave_something_out(call: Caller, name: str) -> None:
    made = create(call)
    assert fields_refused(call.patch(f"/invoices/{made['id']}", {name: None})) == [name]


def test_the_second_of_two_editors_is_told(call: Caller) -> None:
    made = create(call)
    path = f"/invoices/{made['id']}"
    seen = {"If-Match": call.get(path)["ETag"]}
    assert call.patch(path, {"title": "First"}, headers=seen).status_code == 200
    assert error_of(call.patch(path, {"title": "Second"}, headers=seen))["status"] == 412
    assert call.delete(path, headers=seen).status_code == 412
    assert said(call.get(path), Invoice)["title"] == "First"
    assert call.patch(path, {"title": "Third"}, headers={"If-Match": "*"}).status_code == 200
    of_a_part = {"If-Match": call.get(f"{path}?fields=id")["ETag"]}
    assert call.delete(path, headers=of_a_part).status_code == 204


def test_what_has_not_changed_is_not_sent_again(call: Caller) -> None:
    path = f"/invoices/{create(call)['id']}"
    tag = call.get(path)["ETag"]
    again = call.get(path, headers={"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    assert call.get(f"{path}?fields=id", headers={"If-None-Match": tag}).status_code == 200
    call.patch(path, {"title": "New"})
    assert call.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_only_drafts_are_deleted(call: Caller) -> None:
    draft, issued_one = create(call), issued(call)
    assert call.delete(f"/invoices/{draft['id']}").status_code == 204
    assert call.get(f"/invoices/{draft['id']}").status_code == 404
    refused = call.delete(f"/invoices/{issued_one['id']}")
    assert (refused.status_code, error_of(refused)["legal"]) == (409, ["paid", "uncollectible", "void"])


def test_issuing_at_once_leaves_nothing_when_it_cannot(call: Caller) -> None:
    assert fields_refused(call.post("/invoices", body(call, lines=[], issue=True))) == ["lines"]
    assert not InvoiceRow.objects.exists()
    made = issued(call)
    assert (made["status"], made["number"]) == ("open", "2026-00001")
    assert made["url"] in made["pdf_url"]


def test_an_issued_invoice_can_be_revised_while_nothing_was_paid(call: Caller) -> None:
    made = issued(call)
    path = f"/invoices/{made['id']}"
    revised = said(call.patch(path, {"lines": [{**LINE, "quantity": 1}]}), Invoice)
    assert (revised["number"], revised["revision"], revised["total"]) == (made["number"], 2, 10_000)
    assert fields_refused(call.patch(path, {"issue_on": "2026-03-03"})) == ["issue_on"]
    money = {"amount": 100, "method": "cash", "invoices": [{"invoice": made["id"]}]}
    assert call.post("/payments", money).status_code == 201
    assert call.patch(path, {"title": "Late"}).status_code == 409
    assert Payment.objects.get().applied == 100


def test_fields_and_expand(call: Caller) -> None:
    made = issued(call)
    path = f"/invoices/{made['id']}"
    assert call.get(f"{path}?fields=id,status").json() == {"id": made["id"], "status": "open"}
    assert call.get(f"{path}?fields=lines").json() == {"lines": made["lines"]}
    whole = said(call.get(f"{path}?expand=customer,payer,issuer"), Invoice)
    assert (whole["customer"]["name"], whole["payer"]["name"]) == ("Maria Souza", "Maria Souza")
    assert whole["issuer"]["legal_name"] == "Padaria São João Ltda"
    assert set(call.get(f"{path}?fields=id&expand=customer").json()) == {"id", "customer"}
    (row,) = listed(call.get("/invoices?expand=lines,charges,attachments"), Invoice)
    assert (row["lines"], row["charges"], row["attachments"]) == (made["lines"], [], [])
    (row,) = call.get("/invoices").json()["data"]
    assert "lines" not in row
    for query in ("fields=nope", "expand=nope", "fields=id,,nope", "expand=lines.taxes"):
        assert fields_refused(call.get(f"{path}?{query}")) == [query.partition("=")[0]]


def test_another_currency_needs_lines_without_prices_of_the_one_before(
    call: Caller, business: Business
) -> None:
    product = factories.make_product(business)
    made = create(call, {"product": product.public_id})
    path = f"/invoices/{made['id']}"
    assert fields_refused(call.patch(path, {"currency": "USD"})) == ["currency"]
    assert said(call.patch(path, {"currency": "BRL", "title": "Same"}), Invoice)["title"] == "Same"
    changed = said(call.patch(path, {"currency": "USD", "lines": [LINE]}), Invoice)
    assert (changed["currency"], changed["lines"][0]["price"]) == ("USD", None)
    assert said(call.patch(path, {"currency": "EUR"}), Invoice)["currency"] == "EUR"


def test_a_file_of_ours_is_fetched_through_the_public_page(call: Caller) -> None:
    made = issued(call)
    row = InvoiceRow.objects.get()
    row.attachments.create(name="plan.pdf", key="attachments/x")
    (file,) = said(call.get(f"/invoices/{made['id']}"), Invoice)["attachments"]
    assert file["url"].startswith(f"{made['url']}files/")


@pytest.mark.parametrize(
    ("role", "may_write", "may_issue"), [(Role.VIEWER, 403, 403), (Role.BILLER, 201, 201)]
)
def test_a_key_does_what_its_role_may(
    business: Business, call: Caller, role: str, may_write: int, may_issue: int
) -> None:
    key = Caller(business, "faturo", role=role)
    assert key.post("/invoices", body(call)).status_code == may_write
    assert key.post("/invoices", body(call, issue=True)).status_code == may_issue
    assert key.get("/invoices").status_code == 200


def test_the_number_of_queries_does_not_grow(call: Caller) -> None:
    create(call)
    path = f"/invoices/{create(call, *[LINE] * 9)['id']}"
    before = [queries_of(call, one) for one in ("/invoices", "/invoices?expand=lines,customer,charges")]
    for _ in range(5):
        create(call, *[LINE] * 4)
    after = [queries_of(call, one) for one in ("/invoices", "/invoices?expand=lines,customer,charges")]
    assert before == after == [2, 7]
    assert queries_of(call, path) == 6


def test_creating_costs_the_same_queries_for_one_line_and_for_forty(call: Caller) -> None:
    """Among them are the savepoints of the test itself; a request opens one transaction."""
    create(call)
    costs = []
    for count in (1, 40):
        with CaptureQueriesContext(connection) as found:
            create(call, *[LINE] * count)
        costs.append(len(found))
    assert costs[0] == costs[1] <= 12
