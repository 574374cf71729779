"""The writers of connections and of what is known of invoices at providers. No event ever holds a credential."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from businesses.events import record
from businesses.models import Business
from businesses.telling import End, Outcome
from core.problems import Problem
from core.secrets import BULLETS, SecretUnreadable
from core.targets import validate_target
from invoices.models import Invoice
from providers.connector import Access, Learned, Tokens
from providers.differing import forward
from providers.models import Connection, Health, RemoteInvoice
from providers.registry import CONNECTORS

LENGTHS = {"remote_id": 100, "number": 100, "link": 500, "standing": 20, "word": 40}
PLAIN = ("name", "base_url", "is_live", "push_on", "options", "is_active")


def create(
    business: Business, provider: str, credentials: Mapping[str, str], *, by: object = None, **fields: Any
) -> Connection:
    """Raises ValidationError, credentials and options by their own names."""
    connection = Connection(business=business, provider=provider, **fields)
    connection.base_url = (connection.base_url or _usual_address(connection)).rstrip("/")
    connection.sealed_credentials = json.dumps(checked_credentials(provider, credentials))
    check(connection)
    with transaction.atomic():
        connection.save(force_insert=True)
        event = record("connection.created", connection, business=business, by=by, data=_about(connection))
        connection.since = event.pk
        connection.save(update_fields=["since"])
    return connection


def change(
    connection: Connection,
    *,
    credentials: Mapping[str, str] | None = None,
    by: object = None,
    **fields: Any,
) -> Connection:
    """Change what is given; of the credentials those that are not empty. New ones end a pause."""
    before = Connection.objects.for_business(connection.business_id).values(*PLAIN).get(pk=connection.pk)
    for name, value in fields.items():
        setattr(connection, name, value)
    connection.base_url = connection.base_url.rstrip("/")
    changed = [*fields, "base_url", "updated_at"]
    if given := {name: value for name, value in (credentials or {}).items() if value}:
        kept = checked_credentials(connection.provider, {**readable_credentials(connection), **given})
        connection.sealed_credentials, connection.sealed_tokens = json.dumps(kept), ""
        connection.health = Health.UNKNOWN
        changed += ["sealed_credentials", "sealed_tokens", "health"]
    check(connection)
    after = {name: getattr(connection, name) for name in PLAIN}
    changes = {name: [str(before[name]), str(after[name])] for name in PLAIN if before[name] != after[name]}
    changes |= {name: [BULLETS, BULLETS] for name in given}
    if changes:
        with transaction.atomic():
            connection.save(update_fields=sorted(set(changed)))
            data = {**_about(connection), "changes": changes}
            record("connection.updated", connection, business=connection.business_id, by=by, data=data)
    return connection


def check(connection: Connection) -> None:
    """Raises ValidationError."""
    try:
        validate_target(connection.base_url)
    except ValidationError as error:
        raise ValidationError({"base_url": error.messages}) from error
    connector = CONNECTORS[connection.provider]
    for option in connector.options:
        value = connection.options.setdefault(option.name, option.choices[0][0])
        if value not in dict(option.choices):
            raise Problem(_("Not one of the choices."), field=option.name, code="choice")
    connection.full_clean(exclude=connection.get_deferred_fields())


def _usual_address(connection: Connection) -> str:
    connector = CONNECTORS[connection.provider]
    return connector.live_url if connection.is_live else connector.test_url


def checked_credentials(provider: str, given: Mapping[str, str]) -> dict[str, str]:
    asked = CONNECTORS[provider].credentials
    unknown = set(given) - {credential.name for credential in asked}
    if unknown:
        names = ", ".join(credential.name for credential in asked)
        message = _("“%(name)s” is not asked for. These are: %(names)s.")
        raise Problem(
            message % {"name": sorted(unknown)[0], "names": names}, field="credentials", code="unknown"
        )
    for credential in asked:
        if credential.is_required and not given.get(credential.name, "").strip():
            message = _("%(name)s is missing.") % {"name": credential.name}
            raise Problem(message, field=credential.name, code="required")
    return {name: value.strip() for name, value in given.items() if value.strip()}


def readable_credentials(connection: Connection) -> dict[str, str]:
    """Nothing when no key opens them: they are entered again."""
    try:
        return connection.credentials
    except SecretUnreadable:
        return {}


def _about(connection: Connection) -> dict[str, Any]:
    return {"name": str(connection), "provider": connection.provider}


def access_of(connection: Connection) -> Access:
    """Raises SecretUnreadable."""
    return Access(
        connection.base_url,
        connection.credentials,
        connection.options,
        connection.tokens,
        connection.is_live,
    )


def store(remote_key: int | None, connection_key: int, found: Learned | Tokens) -> None:
    """What a connector learned, at once; what is known already only moves forward."""
    if isinstance(found, Tokens):
        Connection.objects.filter(pk=connection_key).update(sealed_tokens=json.dumps(dict(found.values)))
        return
    if remote_key is None:
        return
    said = {"remote_id": found.id, "number": found.number, "link": found.link, "standing": found.standing}
    said |= {"word": found.word}
    values: dict[str, Any] = {
        name: value[: LENGTHS[name]] for name, value in said.items() if value is not None
    }
    values |= {name: value for name in ("total", "paid") if (value := getattr(found, name)) is not None}
    mine = RemoteInvoice.objects.filter(pk=remote_key)
    with transaction.atomic():
        row = mine.select_for_update(of=("self",), no_key=True).first()
        if row:
            mine.update(**{**values, **_merged(row, found)}, seen_at=timezone.now())


def _merged(row: RemoteInvoice, found: Learned) -> dict[str, Any]:
    """What somebody else may have learned meanwhile is not taken back."""
    merged: dict[str, Any] = {"notes": {**row.notes, **found.notes}} if found.notes else {}
    if found.standing:
        merged["standing"] = forward(row.standing, found.standing)
        if merged["standing"] != found.standing:
            merged["word"] = row.word
    if found.paid is not None:
        merged["paid"] = max(row.paid or 0, found.paid)
    return merged


def note_health(connection: Connection, ends: Sequence[Outcome]) -> None:
    """Whether the last calls went well; refused credentials pause it until somebody acts."""
    paused = next((end for end in ends if end.pauses), None)
    failed = next((end for end in ends if end.end == End.LATER), None)
    if paused:
        pause(connection, paused)
    elif any(end.end == End.SENT for end in ends):
        _set_health(connection, Health.WELL)
    elif failed:
        _set_health(connection, Health.FAILING, failed)


def pause(connection: Connection, why: Outcome) -> None:
    with transaction.atomic():
        if _set_health(connection, Health.PAUSED, why):
            data = {**_about(connection), "code": why.code, "detail": why.detail}
            record("connection.paused", connection, business=connection.business_id, data=data)


def resume(connection: Connection, *, by: object = None) -> None:
    """Somebody has mended it; the outbox's route is opened by whoever calls."""
    with transaction.atomic():
        if _set_health(connection, Health.UNKNOWN):
            record(
                "connection.resumed",
                connection,
                business=connection.business_id,
                by=by,
                data=_about(connection),
            )


def _set_health(connection: Connection, health: str, why: Outcome | None = None) -> bool:
    """Whether it changed: most pushes go well, and write nothing."""
    mine = Connection.objects.filter(pk=connection.pk).exclude(health=health)
    code, detail = (why.code[:30], why.detail[:300]) if why else ("", "")
    now = timezone.now()
    return bool(mine.update(health=health, health_at=now, health_code=code, health_detail=detail))


def request_push(
    invoice: Invoice, connection: Connection, *, operation: str = "issue", by: object = None
) -> None:
    """Do one operation for one issued invoice at one connection, whatever its rule says."""
    if not invoice.number:
        raise Problem(_("Issue the invoice first."), code="draft")
    data = {"connection": connection.public_id, "provider": connection.provider, "operation": operation}
    record("invoice.push_requested", invoice, business=invoice.business_id, by=by, data=data)
