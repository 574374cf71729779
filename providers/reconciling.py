"""Comparing by pulling: what webhooks did not tell is found, and what differs is put on the list of differences."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from django.db.models import Min, Q, QuerySet
from django.utils import timezone

from core.clock import database_now
from core.http import CallFailed
from core.problems import Problem
from core.secrets import SecretUnreadable
from providers import drifts, returns
from providers.connector import Seen, Standing
from providers.differing import TAKES_MONEY, differs, paid_of, there
from providers.models import Connection, Drift, DriftKind, Health, RemoteInvoice
from providers.reading import DATABASE, Reading, fresh_access, raise_if_down, read
from providers.registry import CONNECTORS
from providers.sound import checked

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=15)
BACK = timedelta(days=90)
AT_ONCE = 10
"""Connections pulled in one go."""
LOOKS = 200
"""Invoices of one connection that are read one by one in one pull."""
CHUNK = 500
"""Ids in one query."""
NEEDED = (
    "business",
    "connection",
    "invoice",
    "remote_id",
    "standing",
    "total",
    "paid",
    "seen_at",
    "created_at",
)
OF_INVOICE = ("public_id", "status", "currency", "issue_on", "amount_paid", "updated_at")
OF_SUMS = ("total", "withheld_total", "credit_total", "allowance_total", "surcharge_total")
OVER = (Standing.VOID, Standing.GONE)
UNLISTABLE = ("too_large", "garbage")
"""A list that cannot be read will not be readable the next time either."""


def pull_due(now: datetime | None = None) -> int:
    """Compare the connections whose turn it is, each by one worker; how many that were."""
    now = now or database_now()
    due = Connection.objects.filter(is_active=True).exclude(health=Health.PAUSED)
    due = due.filter(Q(pulled_at=None) | Q(pulled_at__lte=now - EVERY)).order_by("pulled_at", "pk")
    keys = list(due.values_list("pk", "pulled_at")[:AT_ONCE])
    mine = [key for key, seen in keys if _take(key, seen, now)]
    pull(list(Connection.objects.filter(pk__in=mine).select_related("business")))
    return len(mine)


def _take(key: int, seen: datetime | None, now: datetime) -> bool:
    return bool(Connection.objects.filter(pk=key, pulled_at=seen).update(pulled_at=now))


def pull(connections: Sequence[Connection]) -> list[Reading]:
    """Compare all that these connections have; how the lists were read."""
    readings = [reading for connection in connections if (reading := _listing(connection))]
    read(readings)
    for reading in readings:
        if not reading.failed or _is_unlistable(reading):
            _compare(reading)
        if reading.failed:
            log.warning("Connection %s could not be compared: %s", reading.connection.public_id, reading.why)
    raise_if_down(readings)
    return readings


def _compare(reading: Reading) -> None:
    """One connection that breaks stops no other."""
    try:
        if reading.failed:
            _compare_one_by_one(reading.connection)
        else:
            compare(reading.connection, reading.value)
    except Exception as failed:
        reading.fail(failed)


def _listing(connection: Connection) -> Reading | None:
    try:
        access = fresh_access(connection)
    except SecretUnreadable:
        return None
    return Reading(connection, CONNECTORS[connection.provider].listed(access, since(connection)))


def since(connection: Connection) -> date:
    """Ninety days back, not before the connection was made; the oldest invoice that is open there still counts."""
    business = connection.business
    first = max(business.today() - BACK, business.today(connection.created_at))
    waiting = _rows(connection).filter(invoice__status__in=TAKES_MONEY)
    oldest = waiting.exclude(standing__in=OVER).aggregate(oldest=Min("invoice__issue_on"))["oldest"]
    return min(first, oldest) if oldest else first


def _rows(connection: Connection) -> QuerySet[RemoteInvoice]:
    return RemoteInvoice.objects.filter(connection=connection)


def compare(connection: Connection, listed: Sequence[Seen]) -> None:
    """Take in what has moved or differs, after reading it once more by itself: lists tell less.

    Most has not moved, and costs nothing.
    """
    listed = _sound(connection, listed)
    rows = _concerned(connection, listed)
    by_id = {row.remote_id: row for row in rows if row.remote_id}
    by_ref = {row.invoice.public_id: row for row in rows if not row.remote_id}
    drifting = set(Drift.objects.filter(connection=connection).values_list("key", flat=True))
    moved: dict[str, RemoteInvoice] = {}
    same: list[int] = []
    for seen in listed:
        row = by_id.get(seen.id) or by_ref.get(seen.ref)
        if row is None:
            drifts.tell_stranger(connection, seen)
        elif _is_same(row, seen, drifting):
            same.append(row.pk)
        else:
            moved[seen.id] = row
    _rows(connection).filter(pk__in=same).update(seen_at=timezone.now())
    _look_at(connection, moved | _unlisted(connection, by_id, {seen.id for seen in listed}))
    _forget_strangers(connection, {f"remote:{seen.id}" for seen in listed})
    Connection.objects.filter(pk=connection.pk).update(pulled_at=database_now())


def _is_unlistable(reading: Reading) -> bool:
    return isinstance(reading.failed, CallFailed) and reading.failed.code in UNLISTABLE


def _compare_one_by_one(connection: Connection) -> None:
    """Without a list: what is open here is read by itself, so that payments come back all the same."""
    known = {row.remote_id: row for row in _concerned(connection, []) if row.remote_id}
    _look_at(connection, _unlisted(connection, known, set()))


def _sound(connection: Connection, listed: Iterable[Seen]) -> list[Seen]:
    """Without what makes no sense, which spoils nothing else."""
    found = []
    for seen in listed:
        try:
            found.append(checked(seen))
        except (TypeError, ValueError) as failed:
            log.warning("Connection %s lists an invoice without sense: %s", connection.public_id, failed)
    return found


def _concerned(connection: Connection, listed: Sequence[Seen]) -> list[RemoteInvoice]:
    """What is listed there, and what is still open here: what is over long since is not even read."""
    wanted = _rows(connection).select_related("invoice")
    wanted = wanted.only(*NEEDED, *(f"invoice__{name}" for name in (*OF_INVOICE, *OF_SUMS)))
    found = {row.pk: row for row in wanted.filter(invoice__status__in=TAKES_MONEY)}
    for start in range(0, len(listed), CHUNK):
        some = listed[start : start + CHUNK]
        by_ref = Q(remote_id="", invoice__public_id__in=[seen.ref for seen in some if seen.ref])
        mine = wanted.filter(Q(remote_id__in=[seen.id for seen in some]) | by_ref)
        found |= {row.pk: row for row in mine}
    return list(found.values())


def _is_same(row: RemoteInvoice, seen: Seen, drifting: set[str]) -> bool:
    if not row.remote_id or f"invoice:{row.invoice_id}" in drifting:
        return False
    paid = paid_of(seen)
    if seen.standing != row.standing or seen.total not in (None, row.total) or paid not in (None, row.paid):
        return False
    return differs(row.invoice, there(seen)) is None


def _unlisted(
    connection: Connection, known: Mapping[str, RemoteInvoice], listed: set[str]
) -> dict[str, RemoteInvoice]:
    """Open here, and not on the list of where we put it."""
    first = since(connection)
    return {
        remote_id: row
        for remote_id, row in known.items()
        if remote_id not in listed
        and row.standing not in OVER
        and row.invoice.status in TAKES_MONEY
        and row.invoice.issue_on >= first
    }


def _look_at(connection: Connection, rows: Mapping[str, RemoteInvoice]) -> None:
    """As many as the provider bears in one go; those first that were not seen for the longest time."""
    connector = CONNECTORS[connection.provider]
    most = min(LOOKS, connector.limits.count or LOOKS)
    waiting = sorted(rows.items(), key=lambda item: (item[1].seen_at or item[1].created_at, item[1].pk))
    access = fresh_access(connection)
    readings = [Reading(connection, connector.look(access, remote_id)) for remote_id, _row in waiting[:most]]
    read(readings)
    for reading in readings:
        if not reading.failed:
            _take_in(connection, reading.value)


def _take_in(connection: Connection, seen: Seen) -> None:
    try:
        returns.take_in(connection, seen)
    except DATABASE:
        raise
    except Problem as problem:
        log.warning("Invoice %s of connection %s: %s", seen.id, connection.public_id, problem.text)
    except Exception:
        log.exception("An invoice of connection %s could not be taken in", connection.public_id)


def _forget_strangers(connection: Connection, listed: set[str]) -> None:
    mine = Drift.objects.filter(connection=connection, kind=DriftKind.MISSING_HERE)
    drifts.settle(connection, set(mine.values_list("key", flat=True)) - listed)
