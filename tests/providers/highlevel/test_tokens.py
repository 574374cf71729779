"""OAuth: a code or a refresh token for access, once; the key's own secret signs."""

import json
from typing import Any

import pytest

from businesses.models import Business
from businesses.roles import Role
from customers.models import Customer
from gateway import actions
from tests.gateway.calls import error_of
from tests.providers.highlevel.spec import Watched, check, check_answer, operation

pytestmark = pytest.mark.django_db
PATH = "/highlevel/oauth/token"


@pytest.fixture
def call(business: Business, customer: Customer) -> Watched:
    return Watched(business)


def form(call: Watched, **fields: str) -> dict[str, str]:
    return {"client_id": call.key.public_id, "client_secret": call.secret, **fields}


def ask(call: Watched, data: dict[str, str]) -> Any:
    check(data, operation("POST", "/oauth/token")["request"])
    return call.client.post(
        PATH,
        data="&".join(f"{k}={v}" for k, v in data.items()),
        content_type="application/x-www-form-urlencoded",
    )


def granted(call: Watched, **fields: str) -> Any:
    response = ask(call, form(call, **fields))
    assert response.status_code == 200, response.content
    told = json.loads(response.content)
    check_answer("POST", "/oauth/token", 200, told)
    return told


def status(call: Watched, token: str) -> int:
    call.headers["Authorization"] = f"Bearer {token}"
    return int(call.get(f"/invoices/?{call.query}&limit=1&offset=0").status_code)


def test_a_code_is_traded_once(call: Watched) -> None:
    code = actions.authorization_code(call.key)
    told = granted(call, grant_type="authorization_code", code=code, user_type="Location")
    assert (told["token_type"], told["expires_in"], told["userType"]) == ("Bearer", 86399, "Location")
    assert (told["locationId"], told["userId"]) == (call.business.public_id, call.key.public_id)
    assert told["scope"] == "invoices.readonly contacts.readonly invoices.write contacts.write"
    assert status(call, told["access_token"]) == 200
    again = error_of(ask(call, form(call, grant_type="authorization_code", code=code)))
    assert (again["statusCode"], again["error"]) == (400, "Bad Request")


def test_a_refresh_token_is_replaced_when_used(call: Watched) -> None:
    first = granted(call, grant_type="client_credentials")
    second = granted(call, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert second["refresh_token"] != first["refresh_token"]
    assert status(call, second["access_token"]) == 200
    spent = form(call, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert error_of(ask(call, spent))["statusCode"] == 400


def test_a_read_only_key_s_tokens_only_read(business: Business, customer: Customer) -> None:
    told = granted(Watched(business, Role.VIEWER), grant_type="client_credentials")
    assert told["scope"] == "invoices.readonly contacts.readonly"


@pytest.mark.parametrize(
    "field,value",
    [("client_secret", "ftk_wrong"), ("client_id", "6578278e879ad2646715ba9c"), ("client_id", "")],
)
def test_only_the_key_s_own_client_gets_tokens(call: Watched, field: str, value: str) -> None:
    code = actions.authorization_code(call.key)
    data = form(call, grant_type="authorization_code", code=code)
    error = error_of(ask(call, {**data, field: value}))
    assert (error["statusCode"], error["error"]) == (401, "Unauthorized")
    assert granted(call, grant_type="authorization_code", code=code), "the code was not used up"


def test_another_key_s_code_is_of_no_use(call: Watched, other_business: Business) -> None:
    code = actions.authorization_code(Watched(other_business).key)
    assert error_of(ask(call, form(call, grant_type="authorization_code", code=code)))["statusCode"] == 400


def test_an_access_token_does_not_renew_itself(call: Watched) -> None:
    access = granted(call, grant_type="client_credentials")["access_token"]
    data = {**form(call, grant_type="client_credentials"), "client_secret": access}
    assert error_of(ask(call, data))["statusCode"] == 401


def test_a_key_of_another_api_gets_no_tokens_here(call: Watched, business: Business) -> None:
    key, secret = actions.create_key(business, "other", "base39")
    data = {"client_id": key.public_id, "client_secret": secret, "grant_type": "client_credentials"}
    assert error_of(ask(call, data))["statusCode"] == 401


def test_what_is_missing_is_named(call: Watched) -> None:
    response: Any = call.client.post(
        PATH, data="client_id=x", content_type="application/x-www-form-urlencoded"
    )
    error = error_of(response)
    assert error["statusCode"] == 422
    assert {line.split()[0] for line in error["message"]} == {"client_secret", "grant_type"}


def test_a_revoked_key_gets_no_tokens(call: Watched) -> None:
    actions.revoke_key(call.key)
    assert error_of(ask(call, form(call, grant_type="client_credentials")))["statusCode"] == 401


@pytest.mark.parametrize(
    "raw,kind,expected",
    [
        (b"a=b&" * 60, "application/x-www-form-urlencoded", 400),
        (b"client_id=\xff", "application/x-www-form-urlencoded", 400),
        (b"x" * 3_000_000, "application/x-www-form-urlencoded", 413),
        (b"--x", "multipart/form-data", 415),
        (b"{}", "application/json", 415),
    ],
)
def test_what_is_no_form_is_refused(call: Watched, raw: bytes, kind: str, expected: int) -> None:
    response: Any = call.client.generic("POST", PATH, raw, content_type=kind)
    assert (response.status_code, error_of(response)["statusCode"]) == (expected, expected)
