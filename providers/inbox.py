"""The inbox: webhooks are stored as they came, and what they are about is read again from the provider afterwards.

So neither a forged sum nor an old or repeated message can do harm: a webhook only says where to look. Rows are claimed
under a lease on the database's clock; whoever dies with one loses nothing.
"""

import base64
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber
from django.urls import reverse

from core.clock import database_now
from core.secrets import SecretUnreadable
from providers import actions, returns
from providers.connector import News, Secured
from providers.models import Connection, Inbound, InboundState, RemoteInvoice
from providers.reading import Reading, raise_if_down, read
from providers.registry import CONNECTORS

BATCH = 100
OF_ONE = 20
"""Webhooks of one connection in one go: who tells much keeps nobody else waiting."""
WITHIN = 120.0
"""Seconds for all reading of one go, of which the lease leaves some for storing."""
LEASE = timedelta(seconds=WITHIN + 60)
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

    The same words may come twice because something new has happened since they were acted on: then it is read again.
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
    return is_new or _reopened(row)


def _reopened(row: Inbound) -> bool:
    ended = Inbound.objects.filter(pk=row.pk).exclude(state=InboundState.WAITING)
    now = database_now()
    waiting = {"state": InboundState.WAITING, "due_at": now, "tries": 0, "code": "", "detail": ""}
    return bool(ended.update(**waiting, updated_at=now))


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
    found: Found = {pair: _reading(connection, pair[1], pair[2]) for pair, connection in pairs.items()}
    by_connection: dict[int, list[Inbound]] = defaultdict(list)
    for row in rows:
        by_connection[row.connection_id].append(row)

    def end(key: int) -> None:
        """Each connection as soon as it has answered: none waits for a slow one."""
        _end_all(by_connection.pop(key), found)

    readings = [reading for reading in found.values() if reading]
    read(readings, within=WITHIN, ended=end)
    for unread in by_connection.values():
        _end_all(unread, found)
    raise_if_down(readings)
    return len(rows)


Found = dict[tuple[int, str, str], Reading | None]


def _end_all(rows: Sequence[Inbound], found: Mapping[tuple[int, str, str], Reading | None]) -> None:
    mine = [[found[(row.connection_id, *about)] for about in row.about] for row in rows]
    for reading in {id(one): one for some in mine for one in some if one}.values():
        _take_in(reading)
    for row, readings in zip(rows, mine, strict=True):
        _settle(row, readings)


def _due(now: datetime) -> list[int]:
    """The oldest, and of each connection only some."""
    place = Window(RowNumber(), partition_by=F("connection"), order_by=["due_at", "pk"])
    due = Inbound.objects.filter(state=InboundState.WAITING, due_at__lte=now).annotate(place=place)
    first = due.filter(place__lte=OF_ONE).order_by("due_at", "pk")
    return list(first.values_list("pk", flat=True)[:BATCH])


def _claim(now: datetime) -> list[Inbound]:
    keys = _due(now)
    with transaction.atomic():
        due = Inbound.objects.filter(pk__in=keys, state=InboundState.WAITING, due_at__lte=now).order_by("pk")
        rows = list(due.select_for_update(skip_locked=True, of=("self",)).defer("sealed_body"))
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


def _take_in(reading: Reading) -> None:
    """One that breaks stops no other."""
    if reading.failed:
        return
    try:
        reading.value = returns.take_in(reading.connection, reading.value)
    except Exception as failed:
        reading.fail(failed)


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
