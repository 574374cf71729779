"""The screens of webhooks, as those who manage a business use them."""

from collections.abc import Iterator

import pytest
from django.test import Client, override_settings

from businesses.models import Business, Event
from notifications import actions
from notifications.models import Health, WebhookEndpoint
from outbox import engine
from outbox.models import Delivery
from tests import factories
from tests.notifications.receiver import Receiver, Reply, receiving

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/admin/notifications/webhookendpoint/"


@pytest.fixture
def there() -> Iterator[Receiver]:
    with override_settings(ALLOW_PRIVATE_TARGETS=True), receiving() as receiver:
        yield receiver


@pytest.fixture
def browser(business: Business) -> Client:
    client = Client()
    client.force_login(factories.make_staff(business, "admin", username="ana", language="en"))
    return client


@pytest.fixture
def hook(business: Business, there: Receiver) -> WebhookEndpoint:
    return actions.create(business, url=there.url, events=["customer.*"], headers={"X-Token": "t0p"})[0]


def act(browser: Client, row: WebhookEndpoint, verb: str) -> str:
    return browser.post(f"{LIST}{row.pk}/do/{verb}/", follow=True).content.decode()


def fresh(row: WebhookEndpoint) -> WebhookEndpoint:
    return WebhookEndpoint.objects.get(pk=row.pk)


def test_the_secret_of_a_new_webhook_is_shown_once(
    browser: Client, business: Business, there: Receiver
) -> None:
    data = {
        "business": business.pk, "name": "Books", "dialect": "faturo", "url": there.url,
        "events": ["customer.*"], "header_lines": "Authorization: Bearer t0p",
    }  # fmt: skip
    page = browser.post(f"{LIST}add/", data).content.decode()
    row = WebhookEndpoint.objects.for_business(business).get()
    assert (row.name, row.headers) == ("Books", {"Authorization": "Bearer t0p"})
    assert row.secret in page
    for path in (LIST, f"{LIST}{row.pk}/change/", f"{LIST}{row.pk}/log/"):
        shown = browser.get(path).content.decode()
        assert "Books" in shown and row.secret not in shown and "t0p" not in shown


def test_a_new_secret_takes_the_place_of_the_old_one(browser: Client, hook: WebhookEndpoint) -> None:
    old = hook.secret
    page = act(browser, hook, "rotate")
    assert fresh(hook).secret != old
    assert fresh(hook).secret in page and old not in page
    assert "The one before signs too" in page


def test_pausing_names_who_did_it_and_resuming_sends_what_has_waited(
    browser: Client, hook: WebhookEndpoint, there: Receiver
) -> None:
    assert "Paused: what it would be told waits." in act(browser, hook, "pause")
    assert fresh(hook).health == Health.PAUSED
    event = Event.objects.get(kind="webhook.paused")
    assert (event.actor, event.data["reason"]) == ("user:ana", "person")
    factories.make_customer(hook.business)
    engine.drain(5)
    assert there.calls == []
    assert "what has waited is sent now" in act(browser, hook, "resume")
    engine.drain(5)
    assert len(there.calls) == 1
    assert "is not paused" in act(browser, hook, "resume")


def test_headers_are_kept_when_the_field_is_left_empty(browser: Client, hook: WebhookEndpoint) -> None:
    path = f"{LIST}{hook.pk}/change/"
    data = {
        "name": "Renamed",
        "url": hook.url,
        "events": ["invoice.*"],
        "is_active": "on",
        "header_lines": "",
    }
    assert "Stored: X-Token." in browser.get(path).content.decode()
    browser.post(path, data)
    assert (fresh(hook).name, fresh(hook).headers) == ("Renamed", {"X-Token": "t0p"})
    browser.post(path, data | {"header_lines": "X-Other: 1"})
    assert fresh(hook).headers == {"X-Other": "1"}


def test_a_test_is_sent_and_stands_in_the_log(
    browser: Client, hook: WebhookEndpoint, there: Receiver
) -> None:
    there.reply = lambda _call: Reply(503, body=b"closed for lunch")
    assert "A test is on its way" in act(browser, hook, "test")
    engine.drain(5)
    page = browser.get(f"{LIST}{hook.pk}/log/").content.decode()
    assert "webhook.tested" in page and "HTTP 503" in page and "closed for lunch" in page


def test_the_log_holds_what_was_said(browser: Client, hook: WebhookEndpoint) -> None:
    assert "Nothing was sent there yet" in browser.get(f"{LIST}{hook.pk}/log/").content.decode()
    factories.make_customer(hook.business, "Dona Benta")
    engine.drain(5)
    page = browser.get(f"{LIST}{hook.pk}/log/").content.decode()
    assert "customer.created" in page and "Dona Benta" in page and "HTTP 200" in page
    assert Delivery.objects.get(channel="webhook").public_id in page


def test_a_deleted_webhook_is_gone(browser: Client, hook: WebhookEndpoint) -> None:
    assert "Deleted; nothing more is sent there." in act(browser, hook, "delete")
    assert not WebhookEndpoint.objects.filter(pk=hook.pk).exists()


@pytest.mark.parametrize("verb", ["rotate", "pause", "test", "delete"])
def test_those_who_do_not_manage_may_do_none_of_it(hook: WebhookEndpoint, verb: str) -> None:
    client = Client()
    client.force_login(factories.make_staff(hook.business, "biller", language="en"))
    assert client.post(f"{LIST}{hook.pk}/do/{verb}/").status_code in (403, 404)
    assert fresh(hook).health == Health.WELL
