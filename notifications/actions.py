"""The only writers of webhook end points. No event ever holds a secret or a header."""

import base64
import json
import secrets
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from businesses.events import record
from businesses.models import Business
from core.problems import Problem
from core.secrets import BULLETS
from core.targets import validate_headers
from notifications.models import WebhookEndpoint

MAX_ENDPOINTS = 100
SECRET_BYTES = 32
"""Standard Webhooks asks for 24 to 64."""


def create(
    business: Business, *, by: object = None, headers: dict[str, str] | None = None, **fields: Any
) -> tuple[WebhookEndpoint, str]:
    """An end point that hears of everything it wants from now on, and the secret that signs what it is sent."""
    secret = _new_secret()
    endpoint = WebhookEndpoint(business=business, secret=secret, **fields)
    endpoint.sealed_headers = _sealed(headers or {})
    endpoint.full_clean()
    with transaction.atomic():
        if WebhookEndpoint.objects.for_business(business).count() >= MAX_ENDPOINTS:
            raise Problem(_("At most %(limit)d webhooks.") % {"limit": MAX_ENDPOINTS}, code="too_many")
        endpoint.save(force_insert=True)
        event = record("webhook.created", endpoint, business=business, by=by, data={"name": str(endpoint)})
        endpoint.since = event.pk
        endpoint.save(update_fields=["since"])
    return endpoint, secret


def change(
    endpoint: WebhookEndpoint, *, by: object = None, headers: dict[str, str] | None = None, **fields: Any
) -> WebhookEndpoint:
    """Change what is given; headers are replaced as a whole."""
    for name, value in fields.items():
        setattr(endpoint, name, value)
    if headers is not None:
        endpoint.sealed_headers = _sealed(headers)
    endpoint.full_clean(exclude=endpoint.get_deferred_fields())
    business, changes = endpoint.business_id, _changes(endpoint, fields)
    if headers is not None:
        changes["headers"] = [BULLETS, BULLETS]
    sealed = [] if headers is None else ["sealed_headers"]
    if changes:
        with transaction.atomic():
            endpoint.save(update_fields=[*fields, *sealed, "updated_at"])
            record("webhook.updated", endpoint, business=business, by=by, data={"changes": changes})
    return endpoint


def rotate_secret(endpoint: WebhookEndpoint, *, by: object = None) -> str:
    """A new secret in the place of the old one."""
    endpoint.secret = secret = _new_secret()
    business, data = endpoint.business_id, {"name": str(endpoint)}
    with transaction.atomic():
        endpoint.save(update_fields=["secret", "updated_at"])
        record("webhook.secret_rotated", endpoint, business=business, by=by, data=data)
    return secret


def delete(endpoint: WebhookEndpoint, *, by: object = None) -> None:
    business, data = endpoint.business_id, {"name": str(endpoint)}
    with transaction.atomic():
        record("webhook.deleted", endpoint, business=business, by=by, data=data)
        endpoint.delete()


def _new_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


def _sealed(headers: dict[str, str]) -> str:
    try:
        validate_headers(headers)
    except ValidationError as error:
        raise ValidationError({"headers": error.error_list}) from error
    return json.dumps(headers) if headers else ""


def _changes(endpoint: WebhookEndpoint, names: Iterable[str]) -> dict[str, list[str]]:
    rows = WebhookEndpoint.objects.for_business(endpoint.business_id)
    before = rows.values(*names).get(pk=endpoint.pk) if names else {}
    pairs = {name: (_text(old), _text(getattr(endpoint, name))) for name, old in before.items()}
    return {name: [old, new] for name, (old, new) in pairs.items() if old != new}


def _text(value: object) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
