"""Writing and checking Events: the one record from which timeline, audit and (later) deliveries come."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection, models, transaction
from django.utils import timezone

from businesses.models import Business, Event
from core.doorbell import ring_after_commit

MAX_ACTOR = 150


def record(
    kind: str,
    subject: models.Model,
    *,
    business: Business | int | None,
    by: object = None,
    data: dict[str, Any] | None = None,
    at: datetime | None = None,
    is_first: bool = False,
) -> Event:
    """Append one event, inside the caller's transaction and after the change it tells.

    Some events tell of no change (a download), so the row is locked here: else two at once would follow the same one.
    `is_first`: the row is new in this transaction, so nobody can have told anything of it.
    """
    ring_after_commit()
    if is_first:
        return Event.objects.create(**_event(kind, subject, business, by, data, at, ""))
    with transaction.atomic(savepoint=False):
        if connection.features.has_select_for_update:
            type(subject)._base_manager.select_for_update(no_key=True).filter(pk=subject.pk).exists()
        before = Event.objects.about(subject).order_by("-id").values_list("digest", flat=True).first()
        return Event.objects.create(**_event(kind, subject, business, by, data, at, before or ""))


def save_recorded(row: Any, kinds: tuple[str, str], *, by: object = None) -> None:
    """Store a checked row; its Event, of the first kind when it is new, says what changed from what to what."""
    is_new = row.pk is None
    created, updated = kinds
    with transaction.atomic():
        changes = changes_of(row)
        row.save(force_insert=is_new)
        owner = row if isinstance(row, Business) else row.business_id
        record(created if is_new else updated, row, business=owner, by=by, data={"changes": changes})


def record_first(
    kind: str,
    subjects: Iterable[models.Model],
    *,
    business: Business | int,
    by: object = None,
    at: datetime | None = None,
) -> None:
    """The first event of many new rows at once; they have none before it."""
    ring_after_commit()
    rows = [Event(**_event(kind, subject, business, by, None, at, "")) for subject in subjects]
    Event.objects.bulk_create(rows, batch_size=1000)


@dataclass(frozen=True)
class Telling:
    """An event still to be written; `subject` as the column has it, `invoice:7`."""

    kind: str
    subject: str
    business_id: int
    data: dict[str, Any]


def record_many(tellings: Iterable[Telling | None]) -> None:
    """Events about rows that the caller's transaction has locked, or of which nobody else tells; None is left out.

    Of several about one subject each follows the one before.
    """
    mine = [telling for telling in tellings if telling is not None]
    if not mine:
        return
    ring_after_commit()
    newest = Event.objects.filter(subject__in={telling.subject for telling in mine}).order_by()
    keys = newest.values("subject").annotate(last=models.Max("pk")).values("last")
    digests = dict(Event.objects.filter(pk__in=keys).values_list("subject", "digest"))
    rows, now = [], timezone.now()
    for telling in mine:
        fields = {
            "subject": telling.subject,
            "kind": telling.kind,
            "data": telling.data,
            "actor": "",
            "at": now,
        }
        digest = digest_of(fields, digests.get(telling.subject, ""))
        digests[telling.subject] = digest
        rows.append(Event(**fields, business_id=telling.business_id, digest=digest))
    Event.objects.bulk_create(rows)


def _event(
    kind: str,
    subject: models.Model,
    business: Business | int | None,
    by: object,
    data: dict[str, Any] | None,
    at: datetime | None,
    before: str,
) -> dict[str, Any]:
    fields = {
        "subject": f"{subject._meta.model_name}:{subject.pk}",
        "kind": kind,
        "data": data or {},
        "actor": actor_name(by),
        "at": at or timezone.now(),
    }
    key = business.pk if isinstance(business, Business) else business
    return {**fields, "business_id": key, "digest": digest_of(fields, before)}


def digest_of(fields: dict[str, Any], before: str) -> str:
    """SHA-256 over the digest before and this event as canonical JSON."""
    when = fields["at"].astimezone(timezone.get_fixed_timezone(0)).isoformat(timespec="microseconds")
    body = json.dumps(
        [before, {**fields, "at": when}], sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )
    return hashlib.sha256(body.encode()).hexdigest()


def actor_name(by: object) -> str:
    """`user:ana`, `key:…`, `command:demo`; empty when the system acted by itself."""
    name = f"user:{by.get_username()}" if isinstance(by, AbstractBaseUser) else str(by or "")
    return name[:MAX_ACTOR]


QUIET = {"search_text", "created_at", "updated_at", "password", "last_login"}
SHORT = 300


def changes_of(row: models.Model) -> dict[str, list[str]]:
    """What storing `row` would change, column by column: `{"name": ["before", "after"]}`; nothing for a new row."""
    before = type(row)._base_manager.filter(pk=row.pk).values().first() or {}
    pairs = {name: (old, getattr(row, name)) for name, old in before.items() if name not in QUIET}
    return {name: [_short(old), _short(new)] for name, (old, new) in pairs.items() if old != new}


def _short(value: object) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= SHORT else f"{text[:SHORT]}…"


def broken_links(events: Iterable[Event]) -> Iterable[Event]:
    """Events, given in (subject, id) order, whose digest does not follow from the one before."""
    subject, before = None, ""
    for event in events:
        before = before if event.subject == subject else ""
        fields = {name: getattr(event, name) for name in ("subject", "kind", "data", "actor", "at")}
        if digest_of(fields, before) != event.digest:
            yield event
        subject, before = event.subject, event.digest
