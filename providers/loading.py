"""The invoices that a caller may see, with all that an answer tells of them, in a fixed number of queries."""

from typing import Any

from gateway.callers import Caller
from gateway.refusals import not_found
from invoices.models import Invoice

PARTS = ("lines__taxes", "lines__product", "lines__price", "charges", "attachments")


def of_caller(caller: Caller) -> Any:
    """Every invoice of the caller's business that was not deleted."""
    rows = Invoice.objects.for_business(caller.business).current()
    return rows.select_related("customer", "account").prefetch_related(*PARTS)


def one(caller: Caller, public_id: str) -> Invoice:
    """One of them by its public id; the 404 of the API when there is none."""
    found: Invoice | None = of_caller(caller).filter(public_id=public_id).first() if public_id else None
    if found is None:
        raise not_found()
    found.business = caller.business
    return found
