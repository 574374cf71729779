"""`fields` and `expand`, on every route that answers an invoice, an item or a payment intent.

`fields=id,status` gives exactly these keys, `fields=-history` all but these; both at once, or a name that is not there,
is refused. `expand=payer` gives an object for an id. A list's parts may be called `data.payer` or `payer`.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from core.problems import Problem
from providers.base39 import wire


@dataclass(frozen=True)
class Parts:
    """What an object has, and which of it can be an object instead of an id."""

    known: frozenset[str]
    expandable: frozenset[str] = frozenset()


INVOICE = Parts(frozenset(wire.Invoice.model_fields), frozenset({"payer", "beneficiary"}))
ITEM = Parts(frozenset(wire.InvoiceItem.model_fields))
INTENT = Parts(frozenset(wire.PaymentIntent.model_fields))


@dataclass(frozen=True)
class Selection:
    fields: frozenset[str]
    expand: frozenset[str]

    def pick(self, answer: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in answer.items() if name in self.fields}


def read(view: wire.View, parts: Parts = INVOICE, *, listed: bool = False) -> Selection:
    """Problem for a name that is not there."""
    names = list(_names(view.fields, listed))
    without = [name.removeprefix("-") for name in names if name.startswith("-")]
    if without and len(without) != len(names):
        message = _("Either name fields to include or, with a minus, fields to leave out.")
        raise Problem(message, field="fields", code="mixed")
    chosen = _known("fields", without or names, parts.known)
    fields = parts.known - chosen if without else chosen or parts.known
    return Selection(fields, _known("expand", list(_names(view.expand, listed)), parts.expandable))


def _names(values: Iterable[str], listed: bool) -> Iterable[str]:
    for value in values:
        for name in filter(None, map(str.strip, value.split(","))):
            sign = "-" if name.startswith("-") else ""
            yield sign + name.removeprefix("-").removeprefix("data.") if listed else name


def _known(field: str, names: list[str], known: Collection[str]) -> frozenset[str]:
    for name in names:
        if name not in known:
            raise Problem(
                _("There is no “%(name)s”.") % {"name": name[:60]}, field=field, code="unknown_field"
            )
    return frozenset(names)
