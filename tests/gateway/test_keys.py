"""Keys and what they are exchanged for: codes and refresh tokens work once; the command prints what a script needs."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from businesses.models import Business, Event
from core.problems import Problem
from customers.models import Customer
from gateway import actions
from gateway.callers import Credential, caller_of
from gateway.models import ApiKey, ApiToken
from tests import factories
from tests.gateway.calls import NAMES
from tests.races import race

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(business: Business) -> ApiKey:
    return actions.create_key(business, "x", "highlevel")[0]


def opens(secret: str, dialect: str = "highlevel") -> bool:
    return caller_of(Credential(secret), dialect) is not None


def refused(secret: str, dialect: str = "highlevel", client: str = "") -> bool:
    with pytest.raises(Problem) as refusal:
        actions.exchange(Credential(secret, client), dialect)
    return refusal.value.code == "invalid_grant"


def test_a_code_is_traded_once(key: ApiKey) -> None:
    code = actions.authorization_code(key)
    grant = actions.exchange(Credential(code, key.public_id), "highlevel")
    assert opens(grant.access)
    assert grant.seconds == 86_399
    assert refused(code)


def test_a_refresh_token_is_traded_once_and_renews(key: ApiKey) -> None:
    first = actions.log_in(key)
    second = actions.exchange(Credential(first.refresh), "highlevel")
    assert opens(second.access) and second.refresh != first.refresh
    assert refused(first.refresh)
    assert opens(actions.exchange(Credential(second.refresh), "highlevel").access)


def test_each_secret_opens_only_what_it_is_for(key: ApiKey) -> None:
    grant, code = actions.log_in(key), actions.authorization_code(key)
    assert not opens(grant.refresh) and not opens(code)
    assert not opens(grant.access, "base39")
    assert refused(grant.access)
    assert refused(grant.refresh, "base39")
    assert refused(code, client="somebody else")


@pytest.mark.parametrize("secret", ["", "ftc_", "ftr_x", "x" * 5000])
def test_made_up_grants_are_refused(key: ApiKey, secret: str) -> None:
    assert refused(secret)


def test_codes_and_tokens_end(key: ApiKey) -> None:
    grant, code = actions.log_in(key), actions.authorization_code(key)
    lives = {token.kind: token.expires_at - timezone.now() for token in ApiToken.objects.all()}
    assert lives["code"] <= timedelta(minutes=10)
    assert lives["access"] <= timedelta(days=1) < lives["refresh"] <= timedelta(days=365)
    ApiToken.objects.update(expires_at=timezone.now())
    assert refused(code) and refused(grant.refresh) and not opens(grant.access)


def test_tokens_end_with_their_key(key: ApiKey) -> None:
    grant, code = actions.log_in(key), actions.authorization_code(key)
    actions.revoke_key(key)
    assert refused(code) and refused(grant.refresh) and not opens(grant.access)


@pytest.mark.django_db(transaction=True)
def test_of_ten_who_trade_one_code_one_gets_tokens(business: Business) -> None:
    key, _secret = actions.create_key(business, "x", "highlevel")
    code = actions.authorization_code(key)
    results = race(10, lambda _number: actions.exchange(Credential(code), "highlevel"))
    assert sum(isinstance(result, actions.Grant) for result in results) == 1
    assert ApiToken.objects.filter(kind="access").count() == 1


def command(*args: str) -> Any:
    out = StringIO()
    call_command("api_key", "create", *args, stdout=out)
    return json.loads(out.getvalue())


@pytest.mark.parametrize("name", NAMES)
def test_the_command_prints_what_a_client_needs(business: Business, customer: Customer, name: str) -> None:
    shown = command("--business", "padaria", "--dialect", name)
    assert set(shown) - {"oauth"} == {"base_path", "headers", "ids"}
    assert set(shown["ids"]) == {"business", "customer"}
    assert all(isinstance(value, str) for value in (*shown["headers"].values(), *shown["ids"].values()))
    client = Client(headers=shown["headers"])
    assert client.get(f"{shown['base_path']}/nothing").status_code == 404
    assert client.post(f"{shown['base_path']}/nothing").status_code == 404
    event = Event.objects.get(kind="api_key.created")
    assert event.actor == "command:api_key"


@pytest.mark.parametrize("name", NAMES)
def test_the_command_without_customers(business: Business, name: str) -> None:
    assert command("--business", "padaria", "--dialect", name)["ids"]["customer"] is None


def test_the_customer_is_the_first_of_that_business(business: Business, other_business: Business) -> None:
    factories.make_customer(other_business)
    first, _second = factories.make_customer(business, "A"), factories.make_customer(business, "B")
    assert command("--business", "padaria", "--dialect", "faturo")["ids"]["customer"] == first.public_id


@pytest.mark.parametrize("name", NAMES)
def test_a_read_only_key_from_the_command(business: Business, name: str) -> None:
    shown = command("--business", "padaria", "--dialect", name, "--read-only")
    client = Client(headers=shown["headers"])
    assert client.get(f"{shown['base_path']}/nothing").status_code == 404
    assert ApiKey.objects.get().role == "viewer"


def test_the_command_names_a_key_as_told(business: Business) -> None:
    command("--business", "padaria", "--dialect", "aira", "--name", "Shop")
    assert ApiKey.objects.get().name == "Shop"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--business", "nobody", "--dialect", "aira"], "no business called nobody"),
        (["--business", "padaria", "--dialect", "stripe"], "invalid choice"),
        (["--business", "padaria"], "--dialect"),
        (["--business", "padaria", "--dialect", "aira", "--name", "x" * 101], "100"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(business: Business, args: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        command(*args)
    assert not ApiKey.objects.exists()
