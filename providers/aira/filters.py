"""What a list is asked for: document 002's parameters with the other names its text gives them, and today's."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _

from businesses.models import Business
from core.ids import from_uuid
from core.problems import Problem
from invoices.querysets import REMAINING
from invoices.status import Status
from providers.aira.wire import STATUSES

CAP = 100
MAX_OFFSET = 10**9
DAYS: dict[str, tuple[str, ...]] = {
    "period_start__gte": ("startDateFrom", "invoiceStartDateFrom"),
    "period_start__lte": ("startDateTo", "invoiceStartDateTo"),
    "period_end__gte": ("endDateFrom", "invoiceEndDateFrom"),
    "period_end__lte": ("endDateTo", "invoiceEndDateTo"),
    "issue_on__gte": ("invoiceDate.gte",),
    "issue_on__lte": ("invoiceDate.lte",),
}
"""Condition → the parameters that set it."""
OTHERWISE = {"period_start": "issue_on", "period_end": "due_on"}
"""What stands in for the period of an invoice that has none."""
TODAY = frozenset({
    "customerIds", "customerIds[]", "status", "status[]", "invoiceDate.gte", "invoiceDate.lte", "offset", "limit",
})  # fmt: skip
"""Parameters that only today's list has: one of them, and the answer has today's shape."""
DIGITS = re.compile(r"\d{1,10}", re.ASCII)

_TEXT = {"type": "string"}
_DAY = {"type": "string", "description": "A day or an instant, ISO 8601."}
_KNOWN: dict[str, dict[str, Any]] = {
    **{name: _DAY for names in DAYS.values() for name in names},
    "customerId": _TEXT,
    "externalCustomerId": _TEXT,
    "customerExternalId": _TEXT,
    "after": {
        "type": "string",
        "description": "The last invoice of the page before; the Link header leads there.",
    },
    "customerIds[]": {"type": "array", "items": _TEXT},
    "status[]": {"type": "array", "items": {"type": "string", "enum": list(STATUSES)}},
    "offset": {"type": "integer", "minimum": 0, "maximum": MAX_OFFSET, "default": 0},
    "limit": {"type": "integer", "minimum": 1, "maximum": CAP, "default": CAP},
}
PARAMETERS = [
    {"name": name, "in": "query", "required": False, "schema": schema} for name, schema in _KNOWN.items()
]
"""For the description of the API."""


def is_of_today(query: Mapping[str, Any]) -> bool:
    return not TODAY.isdisjoint(query)


def narrowed(rows: Any, query: QueryDict, business: Business) -> Any:
    """The rows asked for. Raises Problem for a parameter that cannot be read."""
    for lookup, names in DAYS.items():
        for name in names:
            text = query.get(name)
            if text:
                rows = rows.filter(_days(lookup, _day(text, name, business)))
    external = query.get("externalCustomerId") or query.get("customerExternalId")
    if external:
        rows = rows.filter(customer__external_id=external)
    customers = [*_listed(query, "customerIds"), *filter(None, [query.get("customerId")])]
    if customers:
        rows = rows.filter(customer__public_id__in=[from_uuid(text) for text in customers])
    words = _listed(query, "status")
    return rows.filter(_situated(words, business.today())) if words else rows


def _days(lookup: str, day: date) -> Q:
    column, _mark, sign = lookup.partition("__")
    condition = Q(**{lookup: day})
    other = OTHERWISE.get(column)
    return condition | Q(**{column: None, f"{other}__{sign}": day}) if other else condition


def _day(text: str, name: str, business: Business) -> date:
    """Of an instant, the business's day."""
    try:
        if len(text) == 10:
            return date.fromisoformat(text)
        instant = datetime.fromisoformat(text.replace(" ", "+"))  # a + that nobody escaped
        return business.today(instant) if instant.tzinfo else instant.date()
    except (ValueError, OverflowError):
        raise Problem(_("Enter a date, like 2026-01-31."), field=name, code="date") from None


def _listed(query: QueryDict, name: str) -> list[str]:
    """Repeated, with or without brackets, or one text with commas."""
    texts = [*query.getlist(name), *query.getlist(f"{name}[]")]
    return [word.strip() for text in texts for word in text.split(",") if word.strip()]


def _situated(words: Iterable[str], today: date) -> Q:
    """The same as `shown.status_today` says of each row."""
    is_open, is_gone = Q(status=Status.OPEN, deleted_at=None), Q(deleted_at__isnull=False)
    on_its_way = Q(amount_processing__gte=REMAINING)
    late, touched = Q(due_on__lt=today), Q(amount_paid__gt=0)
    known = {
        "open": Q(status=Status.DRAFT, deleted_at=None),
        "issued": is_open & ~on_its_way & ~late & ~touched,
        "pending": is_open & (on_its_way | (~late & touched)),
        "overdue": (is_open & ~on_its_way & late) | Q(status=Status.UNCOLLECTIBLE),
        "paid": Q(status=Status.PAID),
        "canceled": Q(status=Status.VOID) | is_gone,
    }
    found = Q(pk__in=[])
    for word in words:
        if word not in STATUSES:
            raise Problem(_("Not one of the choices."), field="status", code="choice")
        found |= known.get(word, Q(pk__in=[]))
    return found


def window(query: QueryDict) -> tuple[int, int]:
    """Offset and limit."""
    return _whole(query, "offset", 0, 0, MAX_OFFSET), _whole(query, "limit", CAP, 1, CAP)


def _whole(query: QueryDict, name: str, otherwise: int, least: int, most: int) -> int:
    text = query.get(name, "") or str(otherwise)
    number = int(text) if DIGITS.fullmatch(text) else -1
    if not least <= number <= most:
        message = _("A whole number from %(least)d to %(most)d.") % {"least": least, "most": most}
        raise Problem(message, field=name, code="number")
    return number
