"""What JSON APIs answer: the object, a page's rows, why it was refused; anything else is garbage, never a crash."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import quote

from core.http import Answer, CallFailed
from providers.connector import Busy, Seen, expect

log = logging.getLogger(__name__)
CONFLICT = 409
TOO_LATE = frozenset({400, 404, CONFLICT, 422})
"""How a verb may be refused that an earlier try has done."""
NOON = time(15, tzinfo=UTC)
"""Of a day without an hour: noon in São Paulo."""


def object_of(answer: Answer) -> dict[str, Any]:
    """Raises what `expect` does. A success that is no object may have been done. A conflict that tells when to come
    back is one with another request, and passes.
    """
    if answer.status == CONFLICT and "retry-after" in answer.headers:
        raise Busy(answer)
    value = expect(answer, reason)
    if isinstance(value, dict):
        return value
    raise CallFailed("garbage", is_unclear=True, answer=answer)


def rows_of(page: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects in a page of a list."""
    found = page.get(name)
    if isinstance(found, list):
        return [row for row in found if isinstance(row, dict)]
    raise CallFailed("garbage", is_unclear=False, detail=name)


def seen_in(rows: Sequence[dict[str, Any]], read: Callable[[dict[str, Any]], Seen]) -> list[Seen]:
    """The invoices among the rows; one that cannot be read does not keep the others back."""
    found = []
    for row in rows:
        try:
            found.append(read(row))
        except CallFailed as failed:
            log.warning("A row of a list is no invoice: %s", failed)
    return found


def quoted(key: str) -> str:
    """Somebody else's id as one step of a path, whatever it is."""
    if key in ("", ".", ".."):
        raise CallFailed("garbage", is_unclear=False, detail="id")
    return quote(key, safe="")


def text_of(value: Mapping[str, Any], name: str) -> str:
    """A text that has to be there: an id, a status."""
    found = value.get(name)
    if found and isinstance(found, str):
        return found
    raise CallFailed("garbage", is_unclear=True, detail=name)


def reason(body: Any) -> str:
    """Of `{code, message}`, or of OAuth's `{error, error_description}`."""
    words = ("message", "error_description", "code", "error")
    return str(next(filter(None, map(body.get, words)), ""))


def dict_of(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def instant_of(text: Any) -> datetime | None:
    """Of a day or an instant, ISO 8601; None for anything else."""
    try:
        if len(text) == len("2026-01-31"):
            return datetime.combine(date.fromisoformat(text), NOON)
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
