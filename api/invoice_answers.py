"""Invoices as our API answers them: any number of them in a fixed number of queries."""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import QuerySet

from api.columns import Columns, decimal, raw
from api.selection import Selection
from businesses.models import Business
from customers.models import Customer
from invoices.models import Attachment, Charge, Invoice, Line, LineTax
from invoices.pdf import public_url
from invoices.status import Facts, situation
from notifications.told import customer

Row = dict[str, Any]
Add = Callable[[Business, list[Row], dict[int, Row]], None]
SAME = (
    "status", "number", "version", "revision", "external_id", "kind", "name", "title", "description", "currency",
    "language", "live_mode", "issue_on", "due_on", "period_start", "period_end", "terms", "number_prefix",
    "wanted_number", "tips_enabled", "card_instalments", "document_tax", "rounding_mode", "rounding_rule", "subtotal",
    "discount_total", "tax_total", "tax_included", "charge_total", "total", "withheld_total", "credit_total",
    "allowance_total", "surcharge_total", "amount_paid", "amount_processing", "finalized_at", "paid_at", "voided_at",
    "uncollectible_at", "created_at", "updated_at",
)  # fmt: skip
IDS = ("customer", "account", "cloned_from")
JSON = ("recipients", "payable_with", "tip_percents", "metadata")
HEAD = Columns(
    Invoice,
    [
        "id", "public_id", "customer_id", *SAME, *(f"{name}__public_id" for name in IDS), *JSON, "discount_percent",
        "discount_amount", "discount_products", "schedule", "payment_terms", "token", "token_revoked_at",
    ],
)  # fmt: skip
PARTIES = Columns(Invoice, ["id", "issuer", "payer"])
LINE_SAME = (
    "name", "detail", "kind", "is_setup_fee", "unit", "discount_amount", "gross", "discount", "tax", "tax_included",
    "total",
)  # fmt: skip
LINES = Columns(
    Line,
    [
        "id", "invoice_id", "public_id", "position", *LINE_SAME, "product__public_id", "price__public_id",
        "quantity", "unit_price", "discount_percent",
    ],
    parent="invoice",
)  # fmt: skip
TAX_SAME = ("name", "fixed", "inclusive", "compound", "withheld", "amount")
TAX = ["id", "line_id", "position", *TAX_SAME, "percent", "tax__public_id"]
TAXES, TAXES_OF_LINES = Columns(LineTax, TAX, parent="line__invoice"), Columns(LineTax, TAX, parent="line")
CHARGES = Columns(Charge, ["id", "invoice_id", "position", "name", "amount"], parent="invoice")
ATTACHMENTS = Columns(
    Attachment,
    ["id", "invoice_id", "public_id", "name", "url", "key", "content_type", "size", "external_id"],
    parent="invoice",
)
PARTS = ("lines", "charges", "attachments")


@dataclass(frozen=True)
class Found:
    """An answer with what places it in a list and names its version, whatever fields of it were asked for."""

    issue_on: date
    key: int
    version: int
    data: Row


def invoices(
    business: Business, rows: QuerySet[Any], chosen: Selection, *, parts: Sequence[str] = ()
) -> list[Found]:
    """Answers to the invoices that a query finds, in no order; `parts` are there even when nobody asked."""
    return _found(
        business, HEAD.of(rows), chosen, [name for name in _ADDED if _is_wanted(name, chosen, parts)]
    )


def written(business: Business, key: int, parts: Sequence[str] = PARTS) -> Found:
    """The whole of one that the caller has just written; `parts` are those of which it may have some."""
    (found,) = _found(business, HEAD.below([key]), Selection(), parts)
    return replace(found, data={**dict.fromkeys(PARTS, ()), **found.data})


def _found(business: Business, heads: list[Row], chosen: Selection, parts: Sequence[str]) -> list[Found]:
    today = business.today()
    found = {row["id"]: _head(row, today) for row in heads}
    for name in parts:
        _ADDED[name](business, heads, found)
    return [Found(row["issue_on"], row["id"], row["version"], chosen.pick(found[row["id"]])) for row in heads]


def _is_wanted(name: str, chosen: Selection, parts: Sequence[str]) -> bool:
    """The customer is an id until it is expanded; the others are there or not."""
    if name in chosen.expand or name == "customer":
        return name in chosen.expand
    return name in (chosen.fields or parts)


def _head(row: Row, today: date) -> Row:
    data = {"id": row["public_id"]}
    for name in SAME:
        data[name] = row[name]
    for name in IDS:
        data[name] = row[f"{name}__public_id"]
    for name in JSON:
        data[name] = raw(row[name])
    due = row["total"] - row["withheld_total"] - row["credit_total"] - row["allowance_total"]
    due += row["surcharge_total"]
    data["amount_due"], data["amount_remaining"] = due, due - row["amount_paid"]
    facts = Facts(
        row["status"], row["issue_on"], row["due_on"], due, row["amount_paid"], row["amount_processing"]
    )
    data["situation"] = situation(facts, today)
    data["discount"] = {
        "percent": decimal(row["discount_percent"], 4),
        "amount": row["discount_amount"],
        "products": raw(row["discount_products"]),
    }
    data["schedule"] = {"parts": [] if row["schedule"] == "{}" else _schedule(row["schedule"])}
    data["payment_terms"] = None if row["payment_terms"] == "{}" else raw(row["payment_terms"])
    data["url"] = url = _public_url(row)
    data["pdf_url"] = url and f"{url}pdf/"
    return data


def _public_url(row: Row) -> str | None:
    is_public = row["status"] != "draft" and row["token_revoked_at"] is None
    return public_url(row["token"]) if is_public else None


def _schedule(text: str) -> list[Row]:
    """What all of them have; one that came by another API may say more."""
    parts = json.loads(text).get("parts", [])
    return [{"due_on": part["due_on"], "amount": part["amount"]} for part in parts]


def line_answers(lines: QuerySet[Line]) -> list[tuple[Row, Row]]:
    """The lines that a query finds, in order: each as it is stored and as it is answered."""
    rows = LINES.of(lines)
    return _lines(rows, TAXES_OF_LINES.below([row["id"] for row in rows]))


def _lines(rows: list[Row], taxes: list[Row]) -> list[tuple[Row, Row]]:
    by_line: dict[int, list[Row]] = defaultdict(list)
    for row in _in_order(taxes):
        by_line[row["line_id"]].append(_tax(row))
    return [(row, _line(row, by_line[row["id"]])) for row in _in_order(rows)]


def _in_order(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row["position"], row["id"]))


def _line(row: Row, taxes: list[Row]) -> Row:
    data = {"id": row["public_id"], "taxes": taxes}
    for name in ("product", "price"):
        data[name] = row[f"{name}__public_id"]
    for name in LINE_SAME:
        data[name] = row[name]
    data["quantity"] = decimal(row["quantity"], 4)
    data["unit_price"] = decimal(row["unit_price"], 6)
    data["discount_percent"] = decimal(row["discount_percent"], 4)
    return data


def _tax(row: Row) -> Row:
    data = {name: row[name] for name in TAX_SAME}
    return {**data, "tax": row["tax__public_id"], "percent": decimal(row["percent"], 4)}


def _add_lines(business: Business, heads: list[Row], found: dict[int, Row]) -> None:
    for data in found.values():
        data["lines"] = []
    for row, line in _lines(LINES.below(found), TAXES.below(found)):
        found[row["invoice_id"]]["lines"].append(line)


def _add_charges(business: Business, heads: list[Row], found: dict[int, Row]) -> None:
    for data in found.values():
        data["charges"] = []
    for row in _in_order(CHARGES.below(found)):
        found[row["invoice_id"]]["charges"].append({"name": row["name"], "amount": row["amount"]})


def _add_attachments(business: Business, heads: list[Row], found: dict[int, Row]) -> None:
    for data in found.values():
        data["attachments"] = []
    urls = {row["id"]: _public_url(row) for row in heads}
    for row in sorted(ATTACHMENTS.below(found), key=lambda row: row["id"]):
        found[row["invoice_id"]]["attachments"].append(_attachment(row, urls[row["invoice_id"]]))


def _attachment(row: Row, url: str | None) -> Row:
    """Files of ours are fetched through the public page."""
    ours = f"{url}files/{row['public_id']}/" if url else ""
    data = {name: row[name] for name in ("name", "content_type", "size", "external_id")}
    return {**data, "id": row["public_id"], "url": ours if row["key"] else row["url"]}


def _add_customers(business: Business, heads: list[Row], found: dict[int, Row]) -> None:
    wanted = {row["customer_id"] for row in heads}
    rows = Customer.objects.for_business(business).filter(pk__in=wanted).prefetch_related("addresses")
    customers = {row.pk: customer(row) for row in rows}
    for row in heads:
        found[row["id"]]["customer"] = customers[row["customer_id"]]


def _add_party(name: str) -> Add:
    def add(business: Business, heads: list[Row], found: dict[int, Row]) -> None:
        for row in PARTIES.below(found):
            found[row["id"]][name] = raw(row[name])

    return add


_ADDED: dict[str, Add] = {
    "lines": _add_lines,
    "charges": _add_charges,
    "attachments": _add_attachments,
    "customer": _add_customers,
    "issuer": _add_party("issuer"),
    "payer": _add_party("payer"),
}
EXPAND = frozenset(_ADDED)
