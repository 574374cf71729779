"""Lists: filters in both vocabularies, pages, search."""

import json
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from businesses.models import Business
from customers.models import Customer
from invoices import actions
from invoices.models import Invoice
from payments import actions as payments
from tests import factories
from tests.gateway.calls import error_of
from tests.payments.money import issued, pay
from tests.providers.highlevel.spec import Watched, created

pytestmark = pytest.mark.django_db
PAGE = "&limit=100&offset=0"


@pytest.fixture
def call(business: Business, customer: Customer) -> Watched:
    return Watched(business)


def listed(call: Watched, more: str = "", page: str = PAGE) -> Any:
    response = call.get(f"/invoices/?{call.query}{page}{more}")
    assert response.status_code == 200, response.content
    return json.loads(response.content)


def ids(answer: Any) -> list[str]:
    return [invoice["_id"] for invoice in answer["invoices"]]


@pytest.fixture
def each(call: Watched, customer: Customer) -> dict[str, Invoice]:
    """One invoice in every state that HighLevel has a word for, and one that it has none for."""
    found = {name: issued(customer) for name in ("sent", "payment_processing", "partially_paid", "paid")}
    found |= {
        "draft": factories.make_invoice(customer),
        "void": issued(customer),
        "uncollectible": issued(customer),
    }
    actions.set_processing(found["payment_processing"], 10000)
    pay(found["partially_paid"], 2500)
    pay(found["paid"], 10000)
    payments.void(found["void"])
    actions.mark_uncollectible(found["uncollectible"])
    return found


@pytest.mark.parametrize("word", ["draft", "payment_processing", "partially_paid", "paid", "void"])
def test_a_status_finds_what_is_called_so(call: Watched, each: dict[str, Invoice], word: str) -> None:
    answer = listed(call, f"&status={word}")
    assert ids(answer) == [each[word].public_id]
    assert [invoice["status"] for invoice in answer["invoices"]] == [word]


def test_uncollectible_is_sent_in_the_provider_s_words(call: Watched, each: dict[str, Invoice]) -> None:
    answer = listed(call, "&status=sent")
    assert set(ids(answer)) == {each["sent"].public_id, each["uncollectible"].public_id}
    assert {invoice["status"] for invoice in answer["invoices"]} == {"sent"}


def test_document_000_s_words_filter_too(call: Watched, each: dict[str, Invoice]) -> None:
    open_ones = {each[name].public_id for name in ("sent", "payment_processing", "partially_paid")}
    assert set(ids(listed(call, "&status=open"))) == open_ones
    assert ids(listed(call, "&status=uncollectible")) == [each["uncollectible"].public_id]


@pytest.mark.parametrize("word", ["draft", "open", "paid", "void", "uncollectible"])
def test_whoever_says_location_id_is_answered_in_document_000_s_words(
    call: Watched, each: dict[str, Invoice], word: str
) -> None:
    response = call.get(f"/invoices/?locationId={call.business.public_id}&status={word}", plain=True)
    answer = json.loads(response.content)
    assert answer["total"] == (3 if word == "open" else 1)
    for invoice in answer["invoices"]:
        assert (invoice["status"], invoice["locationId"]) == (word, call.business.public_id)
        assert invoice["contactId"] == each["sent"].customer.public_id
        assert {"description", "quantity", "unitAmount"} <= set(invoice["invoiceItems"][0])


def test_the_true_words_filter_for_whoever_says_location_id(call: Watched, each: dict[str, Invoice]) -> None:
    response = call.get(f"/invoices/?locationId={call.business.public_id}&status=partially_paid", plain=True)
    (invoice,) = json.loads(response.content)["invoices"]
    assert (invoice["_id"], invoice["status"]) == (each["partially_paid"].public_id, "open")


def test_a_word_of_nobody_s_is_refused(call: Watched) -> None:
    error = error_of(call.get(f"/invoices/?{call.query}{PAGE}&status=lost"))
    assert error["statusCode"] == 422
    assert error["message"][0].startswith("status")


def test_the_latest_first_unless_asked_otherwise(call: Watched, customer: Customer) -> None:
    made = [
        created(call, customer, issueDate=day, dueDate=None)["_id"]
        for day in ("2026-01-01", "2026-03-01", "2026-02-01")
    ]
    expected = [made[1], made[2], made[0]]
    assert ids(listed(call)) == expected
    assert ids(listed(call, "&sortField=issueDate&sortOrder=descend")) == expected
    assert ids(listed(call, "&sortField=issueDate&sortOrder=ascend")) == expected[::-1]


@pytest.mark.parametrize("order,first", [("desc", "2026-02-01"), ("asc", "2026-01-01")])
def test_a_client_in_the_wild_sorts_in_fewer_letters(
    call: Watched, customer: Customer, order: str, first: str
) -> None:
    for day in ("2026-01-01", "2026-02-01"):
        created(call, customer, issueDate=day, dueDate=None)
    response = call.get(f"/invoices/?{call.query}{PAGE}&sortField=issueDate&sortOrder={order}", loose=True)
    assert json.loads(response.content)["invoices"][0]["issueDate"] == first


def test_pages_meet_without_gap_or_overlap(call: Watched, customer: Customer) -> None:
    for _ in range(5):
        created(call, customer)
    pages = [listed(call, page=f"&limit=2&offset={offset}") for offset in (0, 2, 4, 6)]
    assert [len(page["invoices"]) for page in pages] == [2, 2, 1, 0]
    assert {page["total"] for page in pages} == {5}
    assert [one for page in pages for one in ids(page)] == ids(listed(call))


@pytest.mark.parametrize(
    "page", ["&limit=101&offset=0", "&limit=0&offset=0", "&limit=10&offset=-1", "&limit=x&offset=0"]
)
def test_a_page_that_cannot_be_is_refused(call: Watched, page: str) -> None:
    assert error_of(call.get(f"/invoices/?{call.query}{page}"))["statusCode"] == 422


def test_dates_limit_the_issue_date_both_ends_included(call: Watched, customer: Customer) -> None:
    made = {
        day: created(call, customer, issueDate=day, dueDate=None)["_id"]
        for day in ("2026-01-01", "2026-01-02", "2026-01-03")
    }
    assert ids(listed(call, "&startAt=2026-01-02&endAt=2026-01-02")) == [made["2026-01-02"]]
    assert set(ids(listed(call, "&startAt=2026-01-02"))) == {made["2026-01-02"], made["2026-01-03"]}


def test_payment_mode_tells_tests_from_real_ones(call: Watched, customer: Customer) -> None:
    real, test = created(call, customer)["_id"], created(call, customer, liveMode=False)["_id"]
    assert ids(listed(call, "&paymentMode=live")) == [real]
    assert ids(listed(call, "&paymentMode=test")) == [test]
    assert set(ids(listed(call, "&paymentMode=default"))) == {real, test}


def test_a_contact_s_invoices_by_either_id(call: Watched, business: Business, customer: Customer) -> None:
    other = factories.make_customer(business, name="Bob", external_id="bob-1")
    mine, theirs = created(call, customer)["_id"], created(call, other)["_id"]
    assert ids(listed(call, f"&contactId={customer.public_id}")) == [mine]
    assert ids(listed(call, "&contactId=bob-1")) == [theirs]
    assert ids(listed(call, "&contactId=nobody")) == []


def test_search_finds_by_id_name_email_and_phone(
    call: Watched, business: Business, customer: Customer
) -> None:
    other = factories.make_customer(
        business, name="João Pereira", email="joao@example.com", phone="+5511987654321"
    )
    wanted = created(call, other, name="Order 4711")["_id"]
    created(call, customer)
    for text in (wanted, "4711", "joao pereira", "joao@example.com", "11987654321"):
        assert ids(listed(call, f"&search={text}")) == [wanted], text
    assert ids(listed(call, "&search=nothing-like-it")) == []


def test_deleted_drafts_and_other_businesses_are_not_there(
    call: Watched, customer: Customer, other_business: Business
) -> None:
    factories.make_invoice(factories.make_customer(other_business), issue_on=date(2026, 3, 2))
    actions.delete(factories.make_invoice(customer))
    assert listed(call) == {"invoices": [], "total": 0}


@pytest.mark.parametrize(
    "query", ["", "altId=", "altId=6578278e879ad2646715ba9c", "locationId=6578278e879ad2646715ba9c"]
)
def test_a_location_that_is_not_the_key_s_is_refused(call: Watched, query: str) -> None:
    error = error_of(call.get(f"/invoices/?{query}", loose=True))
    assert (error["statusCode"], error["message"]) == (
        403,
        "The token does not have access to this location.",
    )


def test_two_locations_at_once_are_refused(call: Watched, other_business: Business) -> None:
    query = f"{call.query}&locationId={other_business.public_id}"
    assert error_of(call.get(f"/invoices/?{query}", loose=True))["statusCode"] == 403


def test_a_list_asks_the_database_as_often_whatever_its_length(
    call: Watched, customer: Customer, business: Business
) -> None:
    tax = factories.make_tax(business)
    product = factories.make_product(business)
    line = factories.line("10", "1", factories.tax("5", tax_id=tax.pk), product_id=product.pk)
    counts = []
    for size in (2, 20):
        for _ in range(size):
            factories.issue(factories.make_invoice(factories.make_customer(business), [line, line]))
        listed(call)
        with CaptureQueriesContext(connection) as queries:
            listed(call)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 13
