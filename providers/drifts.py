"""The writer of differences: found, changed, settled."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from invoices.models import Invoice
from providers import sums
from providers.connector import Seen, Standing
from providers.differing import ENDED, There, differs, is_as_invoiced, there
from providers.models import Connection, Drift, DriftKind, DriftState

FRESH = timedelta(minutes=10)
"""What changed here so shortly ago may still be on its way there."""
PATIENCE = timedelta(hours=1)
"""What was asked for and is not done after this waits for somebody again."""
OURS_FIRST = frozenset({DriftKind.PAID_HERE, DriftKind.VOID_HERE})
FACTS = ("kind", "standing", "word", "total", "paid", "currency")


def tell(connection: Connection, invoice: Invoice, seen: Seen, doubtful: int = 0) -> None:
    """Put on record how the two differ, or that they no longer do; `doubtful` as in `sums.News`."""
    key = f"invoice:{invoice.pk}"
    facts = there(seen)
    kind = differs(invoice, facts) or (DriftKind.PERHAPS_PAID if doubtful else None)
    settle(connection, {f"remote:{seen.id}", *({key} if kind is None else ())})
    if kind is None:
        return
    is_usual = facts.currency == invoice.currency and is_as_invoiced(invoice, facts)
    is_ours = kind in OURS_FIRST or (kind == DriftKind.AMOUNT and is_usual)
    if not is_ours or invoice.updated_at < timezone.now() - FRESH:
        _store(connection, key, kind, facts, seen, invoice)


def tell_stranger(connection: Connection, seen: Seen) -> None:
    """An invoice that only the provider has; one that is over, or a draft there, concerns nobody."""
    if seen.standing in (*ENDED, Standing.DRAFT) and seen.standing != Standing.PAID:
        _rows(connection).filter(key=f"remote:{seen.id}").delete()
    elif seen.standing != Standing.PAID or _is_told(connection, seen):
        _store(connection, f"remote:{seen.id}", DriftKind.MISSING_HERE, there(seen), seen, None)


def _is_told(connection: Connection, seen: Seen) -> bool:
    """Paid before anybody looked, it is history; paid while it was on the list, it is still to be looked at."""
    return bool(_rows(connection).filter(key=f"remote:{seen.id}").exists())


def settle(connection: Connection, keys: set[str]) -> None:
    _rows(connection).filter(key__in=keys).delete()


def set_state(drift: Drift, state: DriftState) -> None:
    _rows(drift.connection).filter(pk=drift.pk).update(state=state, updated_at=timezone.now())


def doubtful(drift: Drift) -> int:
    """Minor units of which nobody knows whether they are here already."""
    if drift.kind != DriftKind.PERHAPS_PAID or drift.invoice is None:
        return 0
    paid = sums.Paid(drift.remote_id, drift.paid or 0, drift.currency)
    return sums.news(drift.connection, drift.invoice, paid).doubtful


def is_over(drift: Drift) -> bool:
    """Whether what has happened here since then has settled it."""
    if drift.invoice is None:
        return False
    facts = There(drift.standing, drift.word, drift.currency, drift.total, drift.paid)
    return differs(drift.invoice, facts) is None and not doubtful(drift)


def _rows(connection: Connection) -> Any:
    return Drift.objects.for_business(connection.business_id).filter(connection=connection)


def _store(
    connection: Connection, key: str, kind: DriftKind, facts: There, seen: Seen, invoice: Invoice | None
) -> None:
    """Ignored stays ignored until something about it changes."""
    values: dict[str, Any] = {**vars(facts), "kind": kind, "word": facts.word[:40]}
    values |= {"remote_id": seen.id, "number": seen.number[:100], "link": seen.link[:500]}
    row, is_new = _rows(connection).get_or_create(
        key=key,
        defaults={
            **values,
            "business_id": connection.business_id,
            "connection": connection,
            "invoice": invoice,
        },
    )
    if is_new:
        return
    has_changed = any(getattr(row, name) != values[name] for name in FACTS)
    is_late = row.state == DriftState.ASKED and row.updated_at < timezone.now() - PATIENCE
    if has_changed or is_late:
        values |= {"state": DriftState.NEW, "updated_at": timezone.now()}
    _rows(connection).filter(pk=row.pk).update(**values)
