"""Days from and to in a list's parameters, by the business's own calendar; both days belong to it."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

from pydantic import Field

from api.paging import PageQuery
from businesses.models import Business

FIRST, LAST = date(1990, 1, 1), date(2200, 12, 31)
Day = Annotated[date | None, Field(ge=FIRST, le=LAST)]


class CreatedQuery(PageQuery):
    """Lists that can be narrowed to what was made in some days."""

    created_from: Day = None
    created_to: Day = None

    def created(self, business: Business) -> dict[str, Any]:
        return instants("created_at", self.created_from, self.created_to, business)


def instants(column: str, first: date | None, last: date | None, business: Business) -> dict[str, Any]:
    """The condition on a column of instants."""
    found = {}
    if first:
        found[f"{column}__gte"] = _midnight(first, business)
    if last:
        found[f"{column}__lt"] = _midnight(last + timedelta(days=1), business)
    return found


def days(column: str, first: date | None, last: date | None) -> dict[str, Any]:
    """The condition on a column of days."""
    bounds = {f"{column}__gte": first, f"{column}__lte": last}
    return {name: day for name, day in bounds.items() if day}


def _midnight(day: date, business: Business) -> datetime:
    return datetime.combine(day, time(), business.zone)
