"""The inbox: webhooks are stored as they came, and what they are about is read again from the provider afterwards.

So neither a forged sum nor an old or repeated message can do harm: a webhook only says where to look. Rows are claimed
under a lease on the database's clock; whoever dies with one loses nothing.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.urls import reverse

from core.clock import database_now
from core.problems import Problem
from core.secrets import SecretUnreadable
from providers import actions, returns
from providers.connector import News, Secured
from providers.models import Connection, Inbound, InboundState, RemoteInvoice
from providers.reading import Reading, read
from providers.registry import CONNECTORS

BATCH = 100
LEASE = timedelta(minutes=3)
DELAYS = (5, 15, 60, 300, 900, 3600, 7200, 14_400, 28_800)
"""Seconds before the second try, the third …; after the last one it has failed, and the next pull finds what it told.
"""
TRIES_OF_A_STRANGER = 5
"""Over six minutes: by then our own creating has returned, or the invoice was never ours."""
UNKNOWN = "unknown_invoice"
KEPT = timedelta(days=30)


def inbound_url(connection: Connection) -> str:
    """Where that provider is to send its webhooks."""
    return settings.SITE_URL + reverse("providers:webhook", args=[connection.token])


def hear(connection: Connection, webhook: Secured) -> bool:
    """Store an authentic webhook; False when it is there already.

    Raises Forged, and Problem for what cannot be read.
    """
    news = CONNECTORS[connection.provider].hear(actions.access_of(connection), webhook)
    said = urlencode(webhook.query).encode() + b"\n" + webhook.body
    row, is_new = Inbound.objects.get_or_create(
        connection=connection,
        digest=hashlib.sha256(said).hexdigest(),
        defaults={
            "business_id": connection.business_id,
            "sealed_body": json.dumps(_kept(webhook)),
            "about": _about(news),
            "due_at": database_now(),
        },
    )
    return is_new


def _kept(webhook: Secured) -> dict[str, object]:
    return {"query": dict(webhook.query), "body": base64.b64encode(webhook.body).decode()}


def _about(news: Iterable[News]) -> list[list[str]]:
    """Each invoice once; ids as no provider writes them would be a database's error."""
    pairs = {(_plain(one.remote_id), _plain(one.ref)): None for one in news}
    return [list(pair) for pair in pairs if any(pair)]


def _plain(text: str) -> str:
    return "".join(char for char in str(text) if char.isprintable())[:100]


def process() -> int:
    """Read again what waiting webhooks are about, each invoice once, and take it in; how many webhooks that settled."""
    rows = _claim(database_now())
    pairs = {(row.connection_id, *about): row.connection for row in rows for about in row.about}
    found: dict[tuple[int, str, str], Reading | None] = {}
    for pair, connection in pairs.items():
        found[pair] = _reading(connection, pair[1], pair[2])
    read([reading for reading in found.values() if reading])
    for reading in found.values():
        _take_in(reading)
    for row in rows:
        _settle(row, [found[(row.connection_id, *about)] for about in row.about])
    return len(rows)


def _claim(now: datetime) -> list[Inbound]:
    with transaction.atomic():
        due = Inbound.objects.filter(state=InboundState.WAITING, due_at__lte=now).order_by("due_at", "pk")
        rows = list(due.select_for_update(skip_locked=True, of=("self",)).defer("sealed_body")[:BATCH])
        mine = Inbound.objects.filter(pk__in=[row.pk for row in rows])
        mine.update(due_at=now + LEASE, tries=F("tries") + 1)
    held = Inbound.objects.filter(pk__in=[row.pk for row in rows]).defer("sealed_body")
    return list(held.select_related("connection"))


def _reading(connection: Connection, remote_id: str, ref: str) -> Reading | None:
    """None while we know no id to ask for: our own creating may not have returned yet."""
    if not remote_id:
        rows = RemoteInvoice.objects.for_business(connection.business_id).filter(connection=connection)
        known = rows.filter(invoice__public_id=ref).values_list("remote_id", flat=True)
        remote_id = known.first() or ""
    if not remote_id:
        return None
    try:
        access = actions.access_of(connection)
    except SecretUnreadable:
        return None
    return Reading(connection, CONNECTORS[connection.provider].look(access, remote_id))


def _take_in(reading: Reading | None) -> None:
    if reading is None or reading.failed:
        return
    try:
        reading.value = returns.take_in(reading.connection, reading.value)
    except Problem as problem:
        reading.failed = problem


def _settle(row: Inbound, readings: Sequence[Reading | None]) -> None:
    """An invoice that is not ours is tried again too: ours may be on its way there."""
    failed = next((reading for reading in readings if reading and reading.failed), None)
    if failed:
        _later(row, *failed.why)
    elif all(reading and reading.value for reading in readings):
        _end(row, InboundState.DONE)
    elif row.tries < TRIES_OF_A_STRANGER:
        _later(row, UNKNOWN, "")
    else:
        _end(row, InboundState.DONE, UNKNOWN)


def _later(row: Inbound, code: str, detail: str) -> None:
    if row.tries > len(DELAYS):
        _end(row, InboundState.FAILED, code, detail)
        return
    due_at = database_now() + timedelta(seconds=DELAYS[row.tries - 1])
    _mine(row).update(due_at=due_at, code=code[:30], detail=detail[:300])


def _end(row: Inbound, state: InboundState, code: str = "", detail: str = "") -> None:
    _mine(row).update(state=state, code=code[:30], detail=detail[:300], updated_at=database_now())


def _mine(row: Inbound) -> QuerySet[Inbound]:
    """As it was claimed: what another worker took over meanwhile is that worker's to settle."""
    return Inbound.objects.filter(pk=row.pk, tries=row.tries, state=InboundState.WAITING)


def forget(before: datetime) -> int:
    """Bodies hold people's data: they are kept for a while only."""
    old = Inbound.objects.filter(created_at__lt=before).exclude(state=InboundState.WAITING)
    return old.delete()[0]
