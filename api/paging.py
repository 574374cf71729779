"""Lists by position, not by page number: any page costs what the first one costs, and rows that come or go meanwhile
neither repeat nor hide others.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan, TupleLookupMixin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from pydantic import Field

from api.selection import SelectionQuery
from core.problems import Problem
from core.secrets import SecretUnreadable, opened, seal
from gateway import answers


class _AsRows(TupleLookupMixin):
    """`(a, b) < (x, y)` also on SQLite, where Django spells it out with OR, which no index takes as one place."""

    def get_fallback_sql(self, compiler: Any, connection: Any) -> Any:
        return super(TupleLookupMixin, self).as_sql(compiler, connection)  # type: ignore[misc]


class Before(_AsRows, TupleLessThan):
    pass


class After(_AsRows, TupleGreaterThan):
    pass


Position = Callable[[Any], Sequence[Any]]


class PageQuery(SelectionQuery):
    """The base of every list's parameters."""

    cursor: str = Field("", max_length=500, description="The `next` of the page before.")
    limit: int = Field(25, ge=1, le=100)


@dataclass(frozen=True)
class Order:
    """`columns` together name one row and are never null; an index must begin with them, behind the business.

    `name` tells lists apart: a cursor of one is not taken by another.
    """

    name: str
    columns: tuple[str, ...]
    descending: bool = True

    @property
    def position(self) -> Position:
        get = attrgetter(*self.columns)
        return get if len(self.columns) > 1 else lambda row: (get(row),)


def window(rows: QuerySet[Any], order: Order, query: PageQuery) -> QuerySet[Any]:
    """The rows of the page asked for, and one more that tells whether another page follows."""
    if query.cursor:
        rows = rows.filter(_beyond(order, query.cursor))
    sign = "-" if order.descending else ""
    return rows.order_by(*(sign + name for name in order.columns))[: query.limit + 1]


def _beyond(order: Order, cursor: str) -> Any:
    lookup = Before if order.descending else After
    return lookup(Tuple(*map(F, order.columns)), tuple(place(order, cursor)))


def place(order: Order, cursor: str) -> list[Any]:
    """The values of the columns of the last row of the page before; Problem for a cursor of another list."""
    try:
        name, values = json.loads(opened(cursor))
    except (SecretUnreadable, ValueError, TypeError):
        name, values = None, []
    if name != order.name or len(values) != len(order.columns):
        raise Problem(_("This is no cursor of this list."), field="cursor", code="cursor")
    return list(values)


def cut(
    found: Sequence[Any], order: Order, query: PageQuery, position: Position | None = None
) -> tuple[Sequence[Any], str | None]:
    """The page without the row too many, and the cursor of the next one; None on the last page."""
    if len(found) <= query.limit:
        return found, None
    page = found[: query.limit]
    return page, cursor(order, (position or order.position)(page[-1]))


def cursor(order: Order, position: Sequence[Any]) -> str:
    """Sealed: rows are placed by ids that count everybody's."""
    return seal(json.dumps([order.name, position], default=str))


def answer(request: HttpRequest, data: Sequence[Any], next: str | None) -> HttpResponse:
    """`{"data": […], "next": …}`, and the address of the next page as a Link (RFC 8288)."""
    headers = {}
    if next:
        asked = {**request.GET.dict(), "cursor": next}
        headers["Link"] = f'<{request.build_absolute_uri(request.path)}?{urlencode(asked)}>; rel="next"'
    return answers.json({"data": data, "next": next}, headers=headers)


def listed(
    request: HttpRequest,
    rows: QuerySet[Any],
    order: Order,
    query: PageQuery,
    write: Callable[[Any], dict[str, Any]],
) -> HttpResponse:
    """All of it, for lists of model rows."""
    page, next = cut(list(window(rows, order, query)), order, query)
    return answer(request, [write(row) for row in page], next)
