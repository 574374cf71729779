"""What an edit changed, field by field, short enough to keep with its Event."""

from dataclasses import fields
from typing import Any

from invoices.draft import InvoiceDraft

SHORT = 500


def changes(before: InvoiceDraft, after: InvoiceDraft) -> dict[str, list[str]]:
    """`{"due_on": ["2026-12-01", "2026-12-15"]}`; lines as one text each."""
    names = [field.name for field in fields(InvoiceDraft)]
    pairs = {name: (getattr(before, name), getattr(after, name)) for name in names}
    return {name: [_said(old), _said(new)] for name, (old, new) in pairs.items() if old != new}


def _said(value: Any) -> str:
    text = (
        "; ".join(_item(item) for item in value)
        if isinstance(value, tuple)
        else str("" if value is None else value)
    )
    return text if len(text) <= SHORT else f"{text[:SHORT]}…"


def _item(item: Any) -> str:
    if hasattr(item, "unit_price"):
        taxes = "".join(f" +{tax.name}" for tax in item.taxes)
        return f"{item.name} {item.quantity:f} × {item.unit_price:f}{taxes}"
    return f"{item.name} {item.amount}" if hasattr(item, "amount") else str(getattr(item, "url", item))
