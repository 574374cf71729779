"""The same POST twice is done once, whatever happens in between."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from businesses.models import Business
from customers.models import Customer
from gateway import actions, tasks
from gateway.models import Answer
from tests.gateway.calls import Caller
from tests.races import race

pytestmark = pytest.mark.django_db
KEY = {"Idempotency-Key": "order-17"}


@pytest.fixture
def shop(routes: None, business: Business) -> Caller:
    """A client of an API that reads the key from the usual header."""
    return Caller(business, "faturo")


def test_the_same_key_and_body_get_the_same_answer(shop: Caller) -> None:
    first = shop.post("/things", {"label": "x"}, headers=KEY)
    again = shop.post("/things", {"label": "x"}, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert first["Location"] == again["Location"]
    assert "Idempotent-Replayed" not in first.headers
    assert again["Idempotent-Replayed"] == "true"
    assert again["Content-Type"] == "application/json"
    assert Customer.objects.count() == 1


def test_another_body_under_the_same_key_is_an_error(shop: Caller) -> None:
    shop.post("/things", {"label": "x"}, headers=KEY)
    answer = shop.post("/things", {"label": "y"}, headers=KEY)
    assert answer.status_code == 422
    assert json.loads(answer.content)["code"] == "idempotency_key_reused"
    assert Customer.objects.count() == 1


def test_a_slash_at_the_end_makes_no_other_request(shop: Caller) -> None:
    shop.post("/things", {"label": "x"}, headers=KEY)
    assert shop.post("/things/", {"label": "x"}, headers=KEY)["Idempotent-Replayed"] == "true"


def test_another_address_under_the_same_key_is_an_error(shop: Caller) -> None:
    shop.post("/things", {"label": "x"}, headers=KEY)
    assert shop.post("/issue", {"label": "x"}, headers=KEY).status_code == 422


def test_without_a_key_every_request_is_done(shop: Caller) -> None:
    for _time in range(2):
        assert shop.post("/things", {"label": "x"}).status_code == 201
    assert (Customer.objects.count(), Answer.objects.count()) == (2, 0)


def test_keys_of_two_credentials_do_not_meet(
    shop: Caller, business: Business, other_business: Business
) -> None:
    for owner in (business, other_business):
        assert Caller(owner, "faturo").post("/things", {"label": "x"}, headers=KEY).status_code == 201
    assert shop.post("/things", {"label": "y"}, headers=KEY).status_code == 201
    assert Customer.objects.count() == 3


@pytest.mark.parametrize("what", ["conflict", "problem", "answered", "crash"])
def test_a_refusal_or_a_crash_leaves_the_key_free(shop: Caller, what: str) -> None:
    shop.client.raise_request_exception = False
    assert shop.post("/things", {"label": what}, headers=KEY).status_code >= 400
    assert (Customer.objects.count(), Answer.objects.count()) == (0, 0)
    assert shop.post("/things", {"label": "x"}, headers=KEY).status_code == 201


@pytest.mark.parametrize(("length", "status"), [(0, 400), (1, 201), (255, 201), (256, 400)])
def test_a_key_has_a_length(shop: Caller, length: int, status: int) -> None:
    answer = shop.post("/things", {"label": "x"}, headers={"Idempotency-Key": "k" * length})
    assert answer.status_code == status


def test_a_reader_s_key_claims_nothing(shop: Caller, business: Business) -> None:
    reader = Caller(business, "faturo", "viewer")
    assert reader.post("/things", {"label": "x"}, headers=KEY).status_code == 403
    assert not Answer.objects.exists()


def test_answers_are_kept_for_more_than_a_day_and_not_for_ever(shop: Caller) -> None:
    shop.post("/things", {"label": "x"}, headers=KEY)
    for age, left in ((timedelta(hours=25), 1), (timedelta(hours=49), 0)):
        Answer.objects.update(created_at=timezone.now() - age)
        tasks.forget_answers()
        assert Answer.objects.count() == left
    assert shop.post("/things", {"label": "x"}, headers=KEY).status_code == 201


def test_tokens_that_ended_are_forgotten_with_them(business: Business) -> None:
    key, _secret = actions.create_key(business, "x", "highlevel")
    grant = actions.log_in(key)
    actions.authorization_code(key)
    assert actions.forget() == 0
    key.tokens.filter(kind__in=["access", "code"]).update(expires_at=timezone.now())
    assert actions.forget() == 2
    assert [token.kind for token in key.tokens.all()] == ["refresh"]
    assert grant.refresh


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_are_one(routes: None, business: Business) -> None:
    """Whoever comes second waits for the first one's commit, or is told that it is busy and may ask again."""
    shop = Caller(business, "faturo")

    def post(_number: int) -> Any:
        for _try in range(20):
            answer = Client(headers={**shop.headers, **KEY}).post(
                "/api/v1/things", {"label": "x"}, "application/json"
            )
            if answer.status_code != 409:
                return answer.status_code, answer.content
        return answer.status_code, answer.content

    answers = race(50, post)
    assert set(answers) == {(201, answers[0][1])}  # type: ignore[index]
    assert (Customer.objects.count(), Answer.objects.count()) == (1, 1)


def test_nothing_secret_is_in_the_database(business: Business, tmp_path: Any) -> None:
    """Keys and tokens as a thief of a backup would look for them."""
    key, secret = actions.create_key(business, "x", "highlevel")
    grant, code = actions.log_in(key), actions.authorization_code(key)
    call_command("dumpdata", "gateway", "businesses", output=str(tmp_path / "dump.json"))
    dump = (tmp_path / "dump.json").read_text()
    assert key.digest in dump
    for hidden in (secret, grant.access, grant.refresh, code):
        assert hidden not in dump
