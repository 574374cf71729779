"""Retiring a key: afterwards everything opens without it."""

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.test import override_settings

from businesses.models import Business
from notifications import actions as webhooks
from notifications.models import WebhookEndpoint
from providers.models import Connection

pytestmark = pytest.mark.django_db
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def secrets(business: Business) -> tuple[str, str, str]:
    endpoint = WebhookEndpoint.objects.for_business(business).get()
    connection = Connection.objects.for_business(business).get()
    return endpoint.secret, connection.sealed_credentials, connection.sealed_tokens


@pytest.fixture
def sealed(business: Business) -> tuple[str, str, str]:
    """Under the old key; one of the secrets is empty."""
    with override_settings(FIELD_KEYS=[OLD]):
        webhooks.create(business, url="https://example.com/hook", events=["*"])
        Connection.objects.create(
            business=business, provider="aira", base_url="https://example.com", sealed_credentials="{}"
        )
        return secrets(business)


def test_after_it_the_old_key_can_go(business: Business, sealed: Any, capsys: Any) -> None:
    with override_settings(FIELD_KEYS=[NEW, OLD]):
        call_command("rotate_keys")
    with override_settings(FIELD_KEYS=[NEW]):
        assert secrets(business) == sealed
    assert "providers.Connection.sealed_credentials: 1 sealed, 0 unreadable" in capsys.readouterr().out


def test_a_secret_that_no_key_opens_is_told_and_left_alone(business: Business, sealed: Any) -> None:
    with override_settings(FIELD_KEYS=[NEW]), pytest.raises(CommandError, match="2 secrets"):
        call_command("rotate_keys")
    with override_settings(FIELD_KEYS=[OLD]):
        assert secrets(business) == sealed
