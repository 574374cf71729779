"""Those parts of an invoice that HighLevel says in its own way: discount, payment schedule, charges, tips.

Each is read into ours when it can be told apart, and written back from ours; what cannot is kept as it came.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from core import inbound_json
from core.inbound_json import InboundError
from core.money import minor_units
from core.problems import Problem
from invoices.draft import ChargeDraft, DiscountDraft
from providers.highlevel import wire
from providers.highlevel.figures import number, short

NAME = "highlevel"
Json = dict[str, Any]
LISTED = re.compile(r"[^\s'\"\[\],]+")
OF_PART = {"dueDate", "value"}
OF_CHARGE = {"name", "amount"}


def discount(body: wire.Discount, currency: str) -> DiscountDraft:
    """`validOnProductIds` as a list, its JSON, or document 004's quoted list in a string."""
    valid = body.validOnProductIds or []
    products = tuple(LISTED.findall(valid) if isinstance(valid, str) else valid)
    if body.type == "percentage":
        if not 0 <= body.value <= 100:
            raise Problem(_("A percentage lies between 0 and 100."), field="discount.value", code="percent")
        return DiscountDraft(percent=body.value, product_refs=products)
    return DiscountDraft(
        amount=minor_units(body.value, currency, field="discount.value"), product_refs=products
    )


def discount_out(draft: DiscountDraft, currency: str, kind: str) -> Json:
    """`kind` is what a discount of nothing is called."""
    found: Json = {"type": "percentage", "value": short(draft.percent)}
    if draft.amount:
        found = {"type": "fixed", "value": number(draft.amount, currency)}
    elif kind and not draft.percent:
        found["type"] = kind
    return found | ({"validOnProductIds": list(draft.product_refs)} if draft.product_refs else {})


def schedule(body: wire.PaymentSchedule, currency: str) -> Json | None:
    """Our schedule when every part is an object (or its JSON) with `dueDate` and `value`; None when one is not."""
    rows = [_object(row) for row in body.schedules]
    if not rows or not all(row and isinstance(row.get("dueDate"), str) and _is_number(row) for row in rows):
        return None
    return {"parts": [_part(row, body.type, currency, i) for i, row in enumerate(rows) if row]}


def _object(row: object) -> Json | None:
    if isinstance(row, str):
        try:
            row = inbound_json.read(row.encode())
        except InboundError:
            return None
    return row if isinstance(row, dict) else None


def _is_number(row: Json, name: str = "value") -> bool:
    return isinstance(row.get(name), int | Decimal) and not isinstance(row[name], bool)


def _part(row: Json, kind: str, currency: str, place: int) -> Json:
    value = Decimal(row["value"])
    path = f"paymentSchedule.schedules.{place}.value"
    ours: Json = {"percent": f"{value:f}"}
    if kind == "fixed":
        ours = {"amount": minor_units(value, currency, field=path)}
    kept = inbound_json.plain({name: item for name, item in row.items() if name not in OF_PART})
    return {"due_on": row["dueDate"][:10], **ours, **({NAME: kept} if kept else {})}


def schedule_out(stored: Json, currency: str) -> Json:
    """`{}` without a schedule, as document 004 shows it."""
    parts = stored.get("parts", [])
    if not parts:
        return {}
    is_percent = all(part.get("percent") for part in parts)
    rows = [
        {
            **part.get(NAME, {}),
            "dueDate": part["due_on"],
            "value": short(Decimal(part["percent"])) if is_percent else number(part["amount"], currency),
        }
        for part in parts
    ]
    return {"type": "percentage" if is_percent else "fixed", "schedules": rows}


def part_ids(stored: Json) -> list[str]:
    """The id of each part of a schedule: the one that came with it, or else its place."""
    return [str(part.get(NAME, {}).get("_id", i)) for i, part in enumerate(stored.get("parts", []))]


def part_named(stored: Json, wanted: Sequence[str]) -> int | None:
    """Which part a payment is for first."""
    if not wanted:
        return None
    ids = part_ids(stored)
    if wanted[0] not in ids:
        raise Problem(_("There is no such part."), field="paymentScheduleIds", code="not_found")
    return ids.index(wanted[0])


def charges(body: wire.Charges, currency: str) -> tuple[ChargeDraft, ...] | None:
    """Ours when every charge is an object with `name` and `amount`, without those switched off; None when one is not.

    What the client says was collected is never believed: it follows from the payments.
    """
    rows = list(_flat(body.charges))
    if not rows or not all(isinstance(row, dict) and _is_charge(row) for row in rows):
        return None
    return tuple(_charge(row, currency, i) for i, row in enumerate(rows) if not _is_off(row))


def _flat(rows: Sequence[Any]) -> Iterator[Any]:
    for row in rows:
        yield from row if isinstance(row, list) else [row]


def charges_off(body: wire.Charges) -> list[Json]:
    """Those that are not charged but echoed."""
    return [inbound_json.plain(row) for row in _flat(body.charges) if isinstance(row, dict) and _is_off(row)]


def _is_off(row: Json) -> bool:
    return row.get("enabled") is False


def _is_charge(row: Json) -> bool:
    return isinstance(row.get("name"), str) and _is_number(row, "amount")


def _charge(row: Json, currency: str, place: int) -> ChargeDraft:
    path = f"miscellaneousCharges.charges.{place}.amount"
    kept = inbound_json.plain({name: item for name, item in row.items() if name not in OF_CHARGE})
    amount = minor_units(Decimal(row["amount"]), currency, field=path)
    return ChargeDraft(row["name"], amount, {NAME: kept} if kept else {})


def charge_out(draft: ChargeDraft, currency: str) -> Json:
    amount = number(draft.amount, currency)
    return {**draft.extras.get(NAME, {}), "name": draft.name, "amount": amount}


def collected(rows: Sequence[Json]) -> Json:
    """What a paid invoice adds to its charges, which are objects here."""
    taken = [row for row in rows if not _is_off(row)]
    paid = [
        {
            "name": row["name"],
            "charge": row.get("charge", row["amount"]),
            "amount": row["amount"],
            "_id": _id(row, i),
        }
        for i, row in enumerate(taken)
    ]
    return {"collectedMiscellaneousCharges": sum(row["amount"] for row in taken), "paidCharges": paid}


def _id(row: Json, place: int) -> str:
    return str(row.get("_id", place))


def tips(body: wire.Tips) -> tuple[Decimal, ...]:
    return tuple(Decimal(percent) for percent in body.tipsPercentage)


def tips_out(percents: Sequence[Decimal], *, is_enabled: bool) -> Json:
    """Text, as the specification has it; nothing when tips are neither suggested nor taken."""
    if not percents and not is_enabled:
        return {}
    return {"tipsPercentage": [str(short(percent)) for percent in percents], "tipsEnabled": is_enabled}
