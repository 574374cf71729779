"""Invoices for tests of our own API: what a client sends."""

from typing import Any

from api.invoice_wire import Invoice
from businesses.models import Business
from tests.api.words import said
from tests.gateway.calls import Caller

LINE = {"name": "Work", "unit_price": "100.00", "quantity": "2.5"}


def body(call: Caller, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    """One line of 250.00 for the business's first customer unless told otherwise."""
    dates = {"issue_on": "2026-03-02", "due_on": "2026-03-16"}
    return {"customer": call.ids["customer"], **dates, "lines": list(lines or [LINE]), **more}


def create(call: Caller, *lines: dict[str, Any], **more: Any) -> Any:
    return said(call.post("/invoices", body(call, *lines, **more)), Invoice, 201)


def issued(call: Caller, *lines: dict[str, Any], **more: Any) -> Any:
    return create(call, *lines, issue=True, **more)


def caller(business: Business, **more: Any) -> Caller:
    return Caller(business, "faturo", **more)
