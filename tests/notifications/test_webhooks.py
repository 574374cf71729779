"""Webhook end points: who is told of what, and what of them is never told."""

import base64
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import override_settings

from businesses.admin.sentences import SENTENCES
from businesses.models import Business, Event
from core.problems import Problem
from notifications import actions
from notifications.catalogue import HOUSE, INTERNAL, KINDS, TESTED, is_wanted
from notifications.models import WebhookEndpoint
from tests.businesses.test_audit_screen import kinds_recorded

pytestmark = pytest.mark.django_db
URL = "https://example.com/hooks?from=faturo"


def make(business: Business, **fields: Any) -> WebhookEndpoint:
    endpoint, _secret = actions.create(business, **{"url": URL, "events": ["invoice.*"], **fields})
    return endpoint


def test_the_secret_is_long_random_and_readable_again_only_by_us(business: Business) -> None:
    endpoint, secret = actions.create(business, url=URL, events=["*"])
    other, other_secret = actions.create(business, url=URL, events=["*"])
    assert secret.startswith("whsec_") and len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert secret != other_secret
    assert WebhookEndpoint.objects.get(pk=endpoint.pk).secret == secret


def test_no_event_holds_a_secret_or_a_header(business: Business) -> None:
    endpoint, secret = actions.create(
        business, url=URL, events=["*"], headers={"Authorization": "Bearer s3cr3t"}
    )
    actions.change(endpoint, headers={"Authorization": "Bearer s3cr3t-too"}, name="Books", by="key:a")
    again = actions.rotate_secret(endpoint)
    actions.delete(endpoint)
    events = list(Event.objects.filter(subject__startswith="webhookendpoint:").order_by("pk"))
    kinds = ["webhook.created", "webhook.updated", "webhook.secret_rotated", "webhook.deleted"]
    assert [event.kind for event in events] == kinds
    told = str([event.data for event in events])
    assert "Books" in told and "s3cr3t" not in told and secret not in told and again not in told


def test_rotating_replaces_the_secret(business: Business) -> None:
    endpoint, secret = actions.create(business, url=URL, events=["*"])
    again = actions.rotate_secret(endpoint)
    assert again != secret
    assert WebhookEndpoint.objects.get(pk=endpoint.pk).secret == again


def test_headers_come_back_as_they_were_given(business: Business) -> None:
    endpoint = make(business, headers={"X-Webhook-Token": "abc def"})
    stored = WebhookEndpoint.objects.get(pk=endpoint.pk)
    assert stored.headers == {"X-Webhook-Token": "abc def"}
    actions.change(stored, url="https://example.com/other")
    assert WebhookEndpoint.objects.get(pk=endpoint.pk).headers == {"X-Webhook-Token": "abc def"}
    actions.change(stored, headers={})
    assert WebhookEndpoint.objects.get(pk=endpoint.pk).headers == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "example.org"}, {"content-length": "3"}, {"Webhook-Id": "x"}, {"a b": "x"}, {"": "x"},
        {"X": "a\r\nY: b"}, {"X": ""}, {"X": "é"}, {"X": 1}, {f"X-{i}": "1" for i in range(21)}, ["X"],
    ],
)  # fmt: skip
def test_headers_that_would_break_or_replace_a_request_are_refused(business: Business, headers: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        make(business, headers=headers)
    assert list(refused.value.message_dict) == ["headers"]


@pytest.mark.parametrize(
    "url",
    [
        "", "example.com", "ftp://example.com/", "javascript:alert(1)", "https://", "https://[", "https://a b.com/",
        "https://user:word@example.com/", "https://example.com/#part", f"https://example.com/{'a' * 500}",
        "http://localhost:8000/", "http://api.localhost/", "http://127.0.0.1/", "http://[::1]/", "http://10.1.2.3/",
        "http://169.254.169.254/latest/meta-data/", "http://192.168.0.1/", "http://[fd00::1]/", "http://0.0.0.0/",
    ],
)  # fmt: skip
def test_addresses_that_nobody_outside_has_are_refused(business: Business, url: str) -> None:
    with pytest.raises(ValidationError) as refused:
        make(business, url=url)
    assert list(refused.value.message_dict) == ["url"]


@override_settings(ALLOW_PRIVATE_TARGETS=True)
def test_a_setting_lets_one_try_things_out_at_home(business: Business) -> None:
    assert make(business, url="http://127.0.0.1:9000/hook").pk


@pytest.mark.parametrize(
    "events", [[], None, "invoice.paid", ["invoice"], ["staff.added"], ["staff.*"], [3], [["*"]]]
)
def test_only_events_of_the_catalogue_can_be_chosen(business: Business, events: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        make(business, events=events)
    assert list(refused.value.message_dict) == ["events"]


@pytest.mark.parametrize(
    ("kind", "patterns", "wanted"),
    [
        ("invoice.paid", ["invoice.paid"], True),
        ("invoice.paid", ["payment.received", "invoice.*"], True),
        ("invoice.paid", ["*"], True),
        ("invoice.paid", ["invoice.voided", "payment.*"], False),
        ("staff.signed_in", ["*"], False),
        ("webhook.created", ["*"], False),
    ],
)
def test_patterns_choose_among_what_may_be_told(kind: str, patterns: list[str], wanted: bool) -> None:
    assert is_wanted(kind, patterns) == wanted


def test_a_paused_end_point_wants_nothing(business: Business) -> None:
    assert make(business).wants("invoice.paid")
    assert not make(business, is_active=False).wants("invoice.paid")


def test_the_catalogue_has_every_event_of_trade_that_there_is() -> None:
    trade = ("invoice.", "payment.", "credit_note.", "customer.", "product.", "tax.")
    assert {kind for kind in SENTENCES if kind.startswith(trade)} | INTERNAL == KINDS | INTERNAL


def test_each_event_we_record_is_told_or_stays_in_the_house_by_name() -> None:
    told = KINDS | INTERNAL | {TESTED}
    assert {kind for kind in kinds_recorded() if kind.partition(".")[0] not in HOUSE} - told == set()


def test_a_business_has_at_most_so_many(
    business: Business, other_business: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MAX_ENDPOINTS", 1)
    make(other_business)
    make(business)
    with pytest.raises(Problem) as refused:
        make(business)
    assert refused.value.code == "too_many"
