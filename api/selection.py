"""Which parts of a resource a caller wants: `fields=id,status` for only these, `expand=customer` for more of one.

An unknown name, also of a query parameter, is refused: a misspelt filter that is ignored answers with everything.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from pydantic import BaseModel, Field

from core.problems import Problem

Names = Annotated[str, Field(max_length=1000)]


class SelectionQuery(BaseModel):
    fields: Names = Field("", description="Only these top-level fields, by commas.", examples=["id,status"])
    expand: Names = Field(
        "", description="Whole objects in place of ids, or parts left out otherwise, by commas."
    )


@dataclass(frozen=True)
class Selection:
    """`fields` empty: every field. What is expanded is wanted too."""

    fields: frozenset[str] = frozenset()
    expand: frozenset[str] = frozenset()

    def wants(self, name: str) -> bool:
        return not self.fields or name in self.fields or name in self.expand

    def pick(self, data: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in data.items() if self.wants(name)} if self.fields else data


def read(
    request: HttpRequest,
    query: SelectionQuery,
    known: Mapping[str, Any] | Collection[str],
    expandable: Collection[str] = (),
) -> Selection:
    """What the query selects of a resource whose fields are `known`; Problem for any name that is not there."""
    require_known(request, type(query))
    return Selection(
        _names("fields", query.fields, known),
        _names("expand", query.expand, expandable),
    )


def require_known(request: HttpRequest, query: type[BaseModel]) -> None:
    """Refuse query parameters that this address does not have."""
    for name in request.GET:
        if name not in query.model_fields:
            raise Problem(_("There is no such parameter."), field=name[:60], code="unknown_parameter")


def _names(field: str, text: str, known: Iterable[str]) -> frozenset[str]:
    names = frozenset(filter(None, text.split(",")))
    for name in names:
        if name not in known:
            raise Problem(
                _("There is no “%(name)s”.") % {"name": name[:60]}, field=field, code="unknown_field"
            )
    return names
