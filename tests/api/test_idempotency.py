"""The same request told twice, and fifty times at once."""

import pytest

from businesses.models import Business
from invoices.models import Invoice
from tests.api.papers import body, create
from tests.api.words import fields_refused
from tests.factories import make_business, make_customer
from tests.gateway.calls import Caller
from tests.races import race

THREADS = 50


@pytest.mark.django_db
def test_the_same_post_again_gives_the_same_answer(call: Caller, stranger: Caller) -> None:
    key = {"Idempotency-Key": "one"}
    first = call.post("/invoices", body(call), headers=key)
    again = call.post("/invoices", body(call), headers=key)
    assert (again.status_code, again.content) == (201, first.content)
    assert (again["Idempotent-Replayed"], again["Location"], again["ETag"]) == (
        "true",
        first["Location"],
        first["ETag"],
    )
    assert "Idempotent-Replayed" not in first
    assert Invoice.objects.count() == 1
    refused = call.post("/invoices", body(call, title="Other"), headers=key)
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
    assert stranger.post("/invoices", body(stranger), headers=key).status_code == 201


@pytest.mark.django_db
def test_after_a_refusal_the_key_is_free(call: Caller) -> None:
    key = {"Idempotency-Key": "two"}
    assert fields_refused(call.post("/invoices", body(call, title=7), headers=key)) == ["title"]
    assert call.post("/invoices", body(call), headers=key).status_code == 201


@pytest.mark.django_db
def test_every_post_takes_a_key(call: Caller) -> None:
    path = f"/invoices/{create(call)['id']}/duplicate"
    first = call.post(path, headers={"Idempotency-Key": "x"})
    assert call.post(path, headers={"Idempotency-Key": "x"}).content == first.content
    assert Invoice.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_make_one_invoice_and_fifty_equal_answers() -> None:
    business: Business = make_business()
    make_customer(business)
    call = Caller(business, "faturo")
    call.get("/invoices")
    key = {"Idempotency-Key": "at once"}
    answers = race(THREADS, lambda _number: call.post("/invoices", body(call, issue=True), headers=key))
    assert [getattr(answer, "status_code", answer) for answer in answers] == [201] * THREADS
    assert len({getattr(answer, "content", answer) for answer in answers}) == 1
    assert Invoice.objects.count() == 1
