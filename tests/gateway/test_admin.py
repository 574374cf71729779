"""The screens of API keys: a secret is seen once, a revoked key opens nothing, and nobody sees another business's."""

import logging
import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from businesses.models import Business, Event
from businesses.roles import Role
from gateway import actions
from gateway.models import ApiKey
from tests import factories
from tests.gateway.calls import NAMES

pytestmark = pytest.mark.django_db
SCREEN = "/admin/gateway/apikey/"


@pytest.fixture
def browser(business: Business) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(factories.make_staff(business, "admin", username="ana", language="en"))
    return client


def values(business: Business, **changed: Any) -> dict[str, Any]:
    form = {"business": business.pk, "name": "Shop", "dialect": "faturo", "role": "finance", "last_day": ""}
    return form | changed


def pieces(page: str) -> list[str]:
    """What the page offers to copy."""
    return [unescape(text) for text in re.findall(r'data-copy="([^"]*)"', page)]


@pytest.mark.parametrize("name", NAMES)
def test_the_secret_is_shown_once_with_all_that_a_program_needs(
    browser: Client, business: Business, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = browser.post(f"{SCREEN}add/", values(business, dialect=name))
    assert answer.status_code == 200
    secret, *others = pieces(answer.content.decode())
    key = ApiKey.objects.get()
    assert (key.dialect, key.role, key.digest != secret) == (name, "finance", True)
    assert "no-store" in answer["Cache-Control"]
    for page in (
        SCREEN,
        f"{SCREEN}{key.pk}/change/",
        f"{SCREEN}{key.pk}/revoke/",
        "/admin/businesses/event/",
    ):
        assert secret not in browser.get(page).content.decode()
    kept = [session.get_decoded() for session in Session.objects.all()]
    assert secret not in f"{kept} {caplog.text} {list(Event.objects.values_list('data'))}"
    assert secret in others[-1]


@pytest.mark.parametrize("name", NAMES)
def test_the_line_to_try_it_works(browser: Client, business: Business, name: str, settings: Any) -> None:
    settings.SITE_URL = "http://testserver"
    *_others, line = pieces(browser.post(f"{SCREEN}add/", values(business, dialect=name)).content.decode())
    address, *headers = re.findall(r'"([^"]*)"', line)
    assert line.startswith(f'curl "http://testserver{address.removeprefix("http://testserver")}"')
    sent = dict(header.split(": ", 1) for header in headers)
    answer = Client().get(address.removeprefix("http://testserver"), headers=sent)
    assert answer.status_code == 200, answer.content


def test_a_key_says_what_it_may_and_when_it_ends(browser: Client, business: Business) -> None:
    day = business.today() + timedelta(days=30)
    browser.post(f"{SCREEN}add/", values(business, role="viewer", last_day=day.isoformat()))
    key = ApiKey.objects.get()
    last = datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=business.zone)
    assert key.role == Role.VIEWER
    assert (key.is_valid(last), key.is_valid(last + timedelta(seconds=1))) == (True, False)
    event = Event.objects.get(kind="api_key.created")
    assert (event.actor, event.data["name"]) == ("user:ana", "Shop")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": ""}, "required"),
        ({"last_day": "2020-01-01"}, "This day is over."),
        ({"dialect": "x"}, "valid"),
    ],
)
def test_what_is_wrong_is_said_and_makes_no_key(
    browser: Client, business: Business, changed: dict[str, str], words: str
) -> None:
    answer = browser.post(f"{SCREEN}add/", values(business, **changed))
    assert words in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_nobody_makes_a_key_for_another_business(
    browser: Client, business: Business, other_business: Business
) -> None:
    answer = browser.post(f"{SCREEN}add/", values(other_business))
    assert answer.status_code == 200
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("role", ["viewer", "biller", "finance"])
def test_only_who_manages_sees_keys(business: Business, role: str) -> None:
    key, _secret = actions.create_key(business, "Hidden key", "faturo")
    client = Client()
    client.force_login(factories.make_staff(business, role, username=role))
    for page in (SCREEN, f"{SCREEN}add/", f"{SCREEN}{key.pk}/change/", f"{SCREEN}{key.pk}/revoke/"):
        assert "Hidden key" not in client.get(page).content.decode()
    client.post(f"{SCREEN}{key.pk}/revoke/")
    assert ApiKey.objects.get().revoked_at is None


def test_revoking_asks_first_and_holds_at_once(browser: Client, business: Business) -> None:
    key, secret = actions.create_key(business, "Old shop", "aira")
    call = Client(headers={"x-api-key": secret})
    assert call.get("/aira/v1/invoices").status_code != 401
    assert "cannot be undone" in browser.get(f"{SCREEN}{key.pk}/revoke/").content.decode()
    assert call.get("/aira/v1/invoices").status_code != 401
    answer = browser.post(f"{SCREEN}{key.pk}/revoke/", follow=True)
    assert "opens nothing any more" in answer.content.decode()
    assert call.get("/aira/v1/invoices").status_code == 401
    assert Event.objects.filter(kind="api_key.revoked", actor="user:ana").count() == 1
    assert browser.post(f"{SCREEN}{key.pk}/revoke/").status_code == 403


def test_the_list_tells_active_expired_and_revoked(browser: Client, business: Business) -> None:
    past = timezone.now() - timedelta(days=1)
    actions.create_key(business, "One", "faturo")
    actions.create_key(business, "Two", "base39", expires_at=past)
    actions.revoke_key(actions.create_key(business, "Three", "aira")[0])
    page = browser.get(SCREEN).content.decode()
    for words in ("Active", "Expired", "Revoked", "ftk_", "never"):
        assert words in page


def test_the_audit_tells_who_made_a_key_and_what_a_key_did(browser: Client, business: Business) -> None:
    key, _secret = actions.create_key(business, "Shop", "faturo", by="command:api_key")
    actions.revoke_key(key, by="key:Other")
    page = browser.get("/admin/businesses/event/").content.decode()
    for words in ("API key made", "API key revoked", "API key “Other”"):
        assert words in page
