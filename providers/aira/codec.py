"""Aira's requests to our drafts and back; pure. What it answers is in `shown`.

A line's `extras` keep what only Aira says of it: its group, its item, its days, its parts.
"""

from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from core.money import major_units
from core.problems import Problem
from invoices.draft import InvoiceDraft, LineDraft
from invoices.totals import compute
from providers.aira import wire

NAME = "aira"
CURRENCY = "BRL"
FIELDS = {
    "lines": "lineItems",
    "unit_price": "amount",
    "external_id": "idempotencyKey",
    "description": "memo",
    "issue_on": "invoiceDate",
    "due_on": "invoiceDate",
    "customer": "customerId",
    "account": "paymentAccountId",
    "extras": "lineItemGroups",
}
"""Our fields' names in refusals."""
KEPT_OF_LINE = ("idempotencyKey", "itemId", "startDate", "endDate", "lineItemGroupId", "subLineItems")


def read_invoice(body: wire.CreateInvoice, today: date, due_days: int) -> InvoiceDraft:
    """Without lines, and with customer 0 until it is known."""
    issue_on = body.invoiceDate or today
    kept: dict[str, Any] = {
        "idempotencyKey": body.idempotencyKey,
        "paymentAccountId": body.paymentAccountId,
        "groups": [],
    }
    return InvoiceDraft(
        currency=CURRENCY,
        customer_id=0,
        issue_on=issue_on,
        due_on=issue_on + timedelta(days=due_days),
        external_id=body.idempotencyKey,
        description=body.memo or "",
        extras={NAME: kept},
    )


def write_invoice(draft: InvoiceDraft, customer_id: str) -> dict[str, Any]:
    """Raises Problem for another currency than the real."""
    if draft.currency != CURRENCY:
        raise Problem(_("Aira takes reais only."), field="currency", code="currency")
    kept = draft.extras.get(NAME, {})
    body = {
        "idempotencyKey": draft.external_id,
        "customerId": customer_id,
        "invoiceDate": draft.issue_on.isoformat(),
        "memo": draft.description,
    }
    account = kept.get("paymentAccountId")
    return {**body, "paymentAccountId": account} if account else body


def read_line(body: wire.CreateLineItem) -> LineDraft:
    """Raises Problem when its parts do not make its amount. Its product is looked up later."""
    check_parts(body.amount, body.subLineItems)
    told = body.model_dump(mode="json", include=set(KEPT_OF_LINE), exclude_none=True)
    if not told["subLineItems"]:
        del told["subLineItems"]
    return LineDraft(body.name, major_units(body.amount, CURRENCY), extras={NAME: told})


def check_parts(amount: int, parts: list[wire.SubLineItemIn]) -> None:
    if parts and sum(part.amount for part in parts) != amount:
        message = _("The parts must make the amount.")
        raise Problem(message, field="subLineItems", code="sub_line_items_sum")


def write_lines(draft: InvoiceDraft) -> list[dict[str, Any]]:
    """A request for each line. Quantities, discounts and taxes go into its amount; what the invoice adds on top, into
    one more."""
    totals = compute(draft)
    sums = [line.total for line in totals.lines]
    rest = totals.total - sum(sums)
    lines = [
        {"name": line.name, "amount": amount, **line.extras.get(NAME, {})}
        for line, amount in zip(draft.lines, sums, strict=True)
    ]
    return [*lines, {"name": _("Charges"), "amount": rest}] if rest else lines
