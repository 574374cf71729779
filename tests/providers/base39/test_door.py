"""What the door does for Base39: repeated requests, tokens, the API's document."""

import base64
import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from businesses.models import Business
from businesses.roles import Role
from customers.models import Customer
from gateway import actions
from gateway.models import ApiKey, ApiToken
from invoices.models import Invoice
from payments.models import Payment
from tests.factories import make_business, make_customer
from tests.gateway.calls import Caller, error_of
from tests.providers.base39.bodies import ITEM, body_of
from tests.providers.base39.conftest import Make
from tests.races import race

KEY = {"Idempotency-Key": "k-1"}


@pytest.mark.django_db
def test_a_request_sent_again_gets_the_same_answer(call: Caller) -> None:
    body = body_of(call, autoFinalize=True)
    first, again = (call.post("/v1/invoices", body, headers=KEY) for _try in range(2))
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert (first.get("Idempotent-Replayed"), again["Idempotent-Replayed"]) == (None, "true")
    assert Invoice.objects.count() == 1


@pytest.mark.django_db
def test_a_key_is_not_for_another_request(call: Caller) -> None:
    call.post("/v1/invoices", body_of(call), headers=KEY)
    response = call.post("/v1/invoices", body_of(call, description="other"), headers=KEY)
    assert (response.status_code, error_of(response)["code"]) == (400, "IDEMPOTENCY_KEY_REUSED")
    assert Invoice.objects.count() == 1


@pytest.mark.django_db
def test_a_refusal_leaves_the_key_free(call: Caller) -> None:
    assert call.post("/v1/invoices", body_of(call, payer="x"), headers=KEY).status_code == 404
    assert call.post("/v1/invoices", body_of(call), headers=KEY).status_code == 201


@pytest.mark.django_db
def test_every_post_may_be_repeated(call: Caller, make: Make) -> None:
    one = make()
    path = f"/v1/invoices/{one['id']}"
    posts: list[tuple[str, Any]] = [(f"{path}/invoice-items", ITEM), (f"{path}/finalize", None)]
    for i, (where, body) in enumerate(posts):
        key = {"Idempotency-Key": f"k-{i}"}
        first, again = (call.post(where, body, headers=key) for _try in range(2))
        assert (again.status_code, again.content) == (first.status_code, first.content)
        assert first.status_code < 300
    assert call.get(path).json()["amountDue"] == 200


@pytest.mark.django_db(transaction=True)
def test_fifty_posts_at_once_under_one_key_are_one_invoice() -> None:
    """Each thread is a client that tries again when it is told to (409, another request is at it)."""
    business = make_business()
    make_customer(business)
    call = Caller(business, "base39")
    body = body_of(call, autoFinalize=True)

    def post(_thread: int) -> bytes:
        for _try in range(200):
            response = call.post("/v1/invoices", body, headers=KEY)
            if response.status_code != 409:
                return bytes(response.content)
        raise AssertionError("busy for ever")

    answers = race(50, post)
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert len(set(answers)) == 1
    assert json.loads(answers[0])["status"] == "open"  # type: ignore[arg-type]
    assert Invoice.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_eight_who_say_at_once_that_it_was_paid_make_one_payment() -> None:
    business = make_business()
    make_customer(business)
    call = Caller(business, "base39")
    one = call.post("/v1/invoices", body_of(call, autoFinalize=True)).json()["id"]
    asked = {"amount": 100, "expireAt": "2030-01-31", "method": "pix"}
    intent = call.post(f"/v1/payment-intents?invoice={one}", asked).json()["id"]
    answers = race(8, lambda _thread: call.post(f"/v1/payment-intents/{intent}/pay").status_code)
    assert 200 in answers and set(answers) <= {200, 409}
    payment = Payment.objects.get()
    assert (payment.amount, payment.unapplied) == (10_000, 0)
    events = call.get(f"/v1/payment-intents/{intent}").json()["methodData"]["events"]
    assert [event["type"] for event in events] == ["payment.succeeded"]


@pytest.fixture
def token_of(business: Business, customer: Customer) -> Any:
    call = Caller(business, "base39")

    def ask(form: dict[str, str] | None = None, **headers: str) -> Any:
        given = {
            "grant_type": "client_credentials",
            "client_id": call.key.public_id,
            "client_secret": call.secret,
            "scope": "read write",
            **(form or {}),
        }
        return Client().post("/base39/oauth2/token", given, headers=headers)

    ask.call = call  # type: ignore[attr-defined]
    return ask


@pytest.mark.django_db
def test_a_key_is_good_for_an_access_token(token_of: Any) -> None:
    answer = token_of().json()
    assert (answer["token_type"], answer["expires_in"], answer["scope"]) == ("Bearer", 86_399, "read write")
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    assert Client().get("/base39/v1/invoices", headers=headers).status_code == 200


@pytest.mark.django_db
def test_the_secret_may_stand_in_basic_authorization(token_of: Any) -> None:
    pair = f"{token_of.call.key.public_id}:{token_of.call.secret}"
    basic = base64.b64encode(pair.encode()).decode()
    empty = {"client_id": "", "client_secret": ""}
    assert token_of(empty, Authorization=f"Basic {basic}").status_code == 200
    assert token_of(empty, Authorization="Basic %%%").status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"client_secret": "wrong"}, 401),
        ({"client_id": "wrong"}, 401),
        ({"client_id": ""}, 401),
        ({"client_secret": ""}, 401),
        ({"grant_type": "password"}, 400),
    ],
)
def test_wrong_credentials_get_no_token(token_of: Any, form: dict[str, str], status: int) -> None:
    assert token_of(form).status_code == status
    assert not ApiToken.objects.exists()


@pytest.mark.django_db
def test_a_token_gets_no_further_token_and_dies_with_its_key(token_of: Any) -> None:
    access = token_of().json()["access_token"]
    assert token_of({"client_secret": access}).status_code == 401
    actions.revoke_key(token_of.call.key)
    assert token_of().status_code == 401
    headers = {"Authorization": f"Bearer {access}"}
    assert Client().get("/base39/v1/invoices", headers=headers).status_code == 401


@pytest.mark.django_db
def test_another_api_s_key_gets_no_token(token_of: Any, business: Business) -> None:
    key, secret = actions.create_key(business, "other", "aira")
    assert token_of({"client_id": key.public_id, "client_secret": secret}).status_code == 401


@pytest.mark.django_db
def test_paths_are_known_with_and_without_a_slash(call: Caller, make: Make) -> None:
    one = make()["id"]
    for path in ("/v1/invoices", f"/v1/invoices/{one}", f"/v1/invoices/{one}/invoice-items"):
        assert call.get(path).content == call.get(f"{path}/").content
    response = call.put(f"/v1/invoices/{one}", {})
    assert (response.status_code, error_of(response)["code"]) == (405, "METHOD_NOT_ALLOWED")


@pytest.mark.django_db
def test_a_key_is_made_with_settings_of_its_own(business: Business, customer: Customer) -> None:
    about = {"business": business.slug, "dialect": "base39"}
    call_command("api_key", "create", **about, options='{"money": "minor"}', stdout=(out := StringIO()))
    made = json.loads(out.getvalue())
    asked = {"payer": made["ids"]["customer"], "beneficiary": made["ids"]["business"], "type": "pay_off"}
    asked["items"] = [{"amount": 12345}]
    url = f"{made['base_path']}/v1/invoices"
    answer = Client().post(url, asked, content_type="application/json", headers=made["headers"])
    assert (answer.status_code, answer.json()["amountDue"]) == (201, 12345)
    assert Invoice.objects.get().total == 12345


@pytest.mark.django_db
@pytest.mark.parametrize("options", ["{", '"x' + "y" * 20_000 + '"'])
def test_settings_that_are_no_small_json_make_no_key(business: Business, options: str) -> None:
    with pytest.raises(CommandError):
        call_command("api_key", "create", business=business.slug, dialect="base39", options=options)
    assert not ApiKey.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "scope"), [(Role.FINANCE, "read write"), (Role.VIEWER, "read")])
def test_a_grant_is_an_access_token_alone(token_of: Any, role: str, scope: str) -> None:
    """Nobody would get the right to renew it, so there is none."""
    ApiKey.objects.filter(pk=token_of.call.key.pk).update(role=role)
    assert token_of().json()["scope"] == scope
    assert [token.kind for token in ApiToken.objects.all()] == ["access"]
