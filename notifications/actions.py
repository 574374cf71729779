"""The only writers of webhook end points. No event ever holds a secret or a header."""

import base64
import json
import secrets
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from businesses.events import record
from businesses.models import Business, Event
from businesses.telling import End, Outcome, Try
from core.problems import Conflict, Problem
from core.secrets import BULLETS, SecretUnreadable
from core.targets import validate_headers
from notifications.catalogue import TESTED
from notifications.forms import FORMS
from notifications.models import Pause, WebhookEndpoint
from notifications.signing import MARK

MAX_ENDPOINTS = 100
SECRET_BYTES = 32
"""Standard Webhooks asks for 24 to 64."""
BOTH_SIGN = timedelta(hours=24)
"""After a rotation, so that a receiver can change its secret without missing anything."""


def create(
    business: Business, *, by: object = None, headers: dict[str, str] | None = None, **fields: Any
) -> tuple[WebhookEndpoint, str]:
    """An end point that hears of everything it wants from now on, and the secret that signs what it is sent."""
    secret = _new_secret()
    endpoint = WebhookEndpoint(business=business, secret=secret, **fields)
    endpoint.sealed_headers = _sealed(headers or {})
    endpoint.full_clean()
    if endpoint.dialect not in FORMS:
        raise Problem(_("This API has no webhooks of that kind."), field="dialect", code="choice")
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
    """A new secret; the one before signs too for a day, so that nothing is missed."""
    endpoint.previous_secret = _readable_secret(endpoint)
    endpoint.previous_until = timezone.now() + BOTH_SIGN
    endpoint.secret = secret = _new_secret()
    business, data = endpoint.business_id, {"name": str(endpoint)}
    with transaction.atomic():
        columns = ["secret", "previous_secret", "previous_until", "updated_at"]
        endpoint.save(update_fields=columns)
        record("webhook.secret_rotated", endpoint, business=business, by=by, data=data)
    return secret


def _readable_secret(endpoint: WebhookEndpoint) -> str:
    try:
        return endpoint.secret
    except SecretUnreadable:
        return ""


def pause(endpoint: WebhookEndpoint, reason: str = Pause.PERSON, *, by: object = None) -> None:
    """From now on what it would be told waits."""
    now, data = timezone.now(), {"name": str(endpoint), "reason": str(reason)}
    mine = WebhookEndpoint.objects.for_business(endpoint.business_id).filter(pk=endpoint.pk, paused_at=None)
    with transaction.atomic():
        if mine.update(paused_at=now, pause_reason=reason, updated_at=now):
            record("webhook.paused", endpoint, business=endpoint.business_id, by=by, data=data)
    endpoint.refresh_from_db(fields=["paused_at", "pause_reason", "updated_at"])


def resume(endpoint: WebhookEndpoint, *, by: object = None) -> None:
    """What has waited may go; raises Conflict when it is not paused."""
    rows = WebhookEndpoint.objects.for_business(endpoint.business_id)
    mine = rows.filter(pk=endpoint.pk, paused_at__isnull=False)
    values = {"paused_at": None, "pause_reason": "", "failing_since": None, "updated_at": timezone.now()}
    with transaction.atomic():
        if not mine.update(**values):
            raise Conflict(_("This webhook is not paused."))
        data = {"name": str(endpoint)}
        record("webhook.resumed", endpoint, business=endpoint.business_id, by=by, data=data)
    endpoint.refresh_from_db(fields=list(values))


def test(endpoint: WebhookEndpoint, *, by: object = None) -> Event:
    """An event that only this end point hears of, whatever it listens to and even while it is paused."""
    if FORMS[endpoint.dialect].can_test:
        return record(TESTED, endpoint, business=endpoint.business_id, by=by, data={"name": str(endpoint)})
    raise Conflict(_("This API has no word for a test."))


def note_health(endpoint: WebhookEndpoint, ends: Sequence[tuple[Try, Outcome]]) -> None:
    """Keep how the last calls went; pause what gave up, said that nobody listens there, or has no readable secret."""
    now, ended = timezone.now(), {outcome.end for _one, outcome in ends}
    mine = WebhookEndpoint.objects.for_business(endpoint.business_id).filter(pk=endpoint.pk)
    if End.SENT in ended:
        mine.update(told_at=now, failing_since=None)
    elif ended & {End.LATER, End.DEAD}:
        mine.filter(failing_since=None).update(failing_since=now)
    if reason := next(filter(None, (_why(endpoint, *end) for end in ends)), None):
        pause(endpoint, reason)


def _why(endpoint: WebhookEndpoint, one: Try, outcome: Outcome) -> str:
    """One that took others since this event is not paused: it does not want this one."""
    if outcome.pauses:
        return outcome.code if outcome.code in Pause.values else Pause.EXHAUSTED
    took_others = (
        endpoint.told_at is not None and one.created_at is not None and endpoint.told_at > one.created_at
    )
    return Pause.EXHAUSTED if outcome.end == End.DEAD and not took_others else ""


def delete(endpoint: WebhookEndpoint, *, by: object = None) -> None:
    business, data = endpoint.business_id, {"name": str(endpoint)}
    with transaction.atomic():
        record("webhook.deleted", endpoint, business=business, by=by, data=data)
        endpoint.delete()


def _new_secret() -> str:
    return f"{MARK}{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


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
