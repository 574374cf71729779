"""Lists that their API shows as a bare array: the newest first, capped, the rest behind a Link header (RFC 8288)."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _

from core.ids import as_uuid, from_uuid
from core.problems import Problem
from invoices.models import Invoice

CAP = 100


def page(request: HttpRequest, rows: Any, after: str) -> tuple[list[Invoice], dict[str, str]]:
    """The rows that follow the one called `after` (all of them: ""), and the header that leads on."""
    return _cut(request, _behind(rows, after).order_by("-issue_on", "-pk"))


def by_id(request: HttpRequest, rows: Any, after: str) -> tuple[list[Any], dict[str, str]]:
    """The same for rows that have no date of their own."""
    if after:
        rows = rows.filter(pk__lt=_last(rows, after, "pk")[0])
    return _cut(request, rows.order_by("-pk"))


def _cut(request: HttpRequest, rows: Any) -> tuple[list[Any], dict[str, str]]:
    found = list(rows[: CAP + 1])
    if len(found) <= CAP:
        return found, {}
    asked = {**request.GET.dict(), "after": as_uuid(found[CAP - 1].public_id)}
    link = f'<{request.build_absolute_uri(request.path)}?{urlencode(asked)}>; rel="next"'
    return found[:CAP], {"Link": link}


def _behind(rows: Any, after: str) -> Any:
    """By position: a page costs the same however far behind it lies."""
    if not after:
        return rows
    on, key = _last(rows, after, "issue_on", "pk")
    return rows.filter(Q(issue_on__lt=on) | Q(issue_on=on, pk__lt=key), issue_on__lte=on)


def _last(rows: Any, after: str, *columns: str) -> Any:
    last = rows.values_list(*columns).order_by().filter(public_id=from_uuid(after)).first()
    if last is None:
        raise Problem(_("There is nothing by this id to go on from."), field="after", code="after")
    return last
