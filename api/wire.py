"""The words that every resource of our own API shares.

Amounts are whole minor units beside a currency; unit prices, quantities and percentages are decimal texts, exact in any
language; days are ISO dates of the business's calendar, instants UTC. What a request says beyond its words is refused.
"""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StrictBool,
    StrictInt,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from core.inbound_json import plain
from core.money import MAX_MINOR, NUMBER

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
INSTANT = re.compile(r"(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}T.{1,20}(Z|[+-][0-9]{2}:?[0-9]{2})", re.ASCII)
PUBLIC_ID = "^[0-9a-f]{24}$"


class Request(BaseModel):
    """What a caller sends: typed, and nothing else."""

    model_config = ConfigDict(extra="forbid")


class Answer(BaseModel):
    """What it gets. Answers are not built through these models; they document them, and tests hold answers to them."""

    model_config = ConfigDict(extra="forbid")


def _exact(value: Any) -> Any:
    """Short text, or a number as the door has read it: whole or an exact Decimal."""
    is_text = isinstance(value, str) and NUMBER.fullmatch(value)
    if not is_text and (isinstance(value, bool) or not isinstance(value, int | Decimal)):
        raise PydanticCustomError("decimal_type", "Enter a number.")
    return value


def _day(value: Any) -> Any:
    """Only `2026-03-31`: pydantic would take numbers and whole instants too."""
    if not isinstance(value, str) or not DAY.fullmatch(value):
        raise PydanticCustomError("date_parsing", "Enter a date, like 2026-01-31.")
    return value


def _instant(value: Any) -> Any:
    """Only text with an offset, and of years that no arithmetic can leave."""
    if not isinstance(value, str) or not INSTANT.fullmatch(value):
        raise PydanticCustomError("datetime_parsing", "Enter an instant, like 2026-01-31T12:00:00Z.")
    return value


def _utc(value: datetime) -> datetime:
    """PostgreSQL reads no offsets beyond 15:59."""
    return value.astimezone(UTC)


def _plain(value: Decimal) -> str:
    return f"{value:f}"


T = TypeVar("T")
Json = Annotated[dict[str, Any], AfterValidator(plain)]
"""Only kept and told again: its fractions are JSON numbers as they came, not the door's Decimals."""


def _all_optional(schema: dict[str, Any]) -> None:
    schema.pop("required", None)


class Resource(Answer):
    """An answer of which `fields` may ask for a part."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_all_optional)


class Page(Answer, Generic[T]):
    """A page of a list; `next` is the cursor of the one after it."""

    data: list[T]
    next: str | None


PublicId = Annotated[str, Field(pattern=PUBLIC_ID, examples=["66f2a1b0c3d4e5f60718293a"])]
Minor = Annotated[StrictInt, Field(ge=-MAX_MINOR, le=MAX_MINOR, description="Minor units (cents).")]
Amount = Annotated[StrictInt, Field(ge=0, le=MAX_MINOR, description="Minor units (cents), not negative.")]
Exact = Annotated[
    Decimal,
    BeforeValidator(_exact),
    PlainSerializer(_plain, when_used="json"),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string", "pattern": f"^{NUMBER.pattern}$"}, {"type": "number"}],
            "examples": ["12.50"],
        }
    ),
]
"""An exact decimal, as text or as a JSON number; answers write it as text."""
Yes = StrictBool
Day = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-03-31"]}),
]
Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    AfterValidator(_utc),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""With its offset from UTC; answers always say Z."""
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$", description="ISO 4217.", examples=["BRL"])]
