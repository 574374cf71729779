"""What an invoice is before it is a row: frozen values, already clean. Every face builds one of these."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from core.money import bounded_minor, exponent
from core.problems import Problem
from core.text import clean_html, clean_text

MAX_LINES = 500
MAX_TAXES = 10
ZERO, ONE = Decimal(0), Decimal(1)


@dataclass(frozen=True)
class TaxDraft:
    """One tax of a line: `percent` of the base, or `fixed` minor units a line.

    `compound` taxes the base plus the taxes before it; `withheld` is kept back by the payer: it lowers what is due,
    not the total.
    """

    name: str
    percent: Decimal = ZERO
    fixed: int = 0
    inclusive: bool = False
    compound: bool = False
    withheld: bool = False
    tax_id: int | None = None
    extras: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class LineDraft:
    """`unit_price` in major units, at most 6 decimals; `quantity` at most 4; discounts apply before the document's."""

    name: str
    unit_price: Decimal
    quantity: Decimal = ONE
    detail: str = ""
    unit: str = ""
    discount_percent: Decimal = ZERO
    discount_amount: int = 0
    taxes: tuple[TaxDraft, ...] = ()
    kind: str = "one_time"
    is_setup_fee: bool = False
    product_id: int | None = None
    product_ref: str = ""
    price_id: int | None = None
    extras: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class ChargeDraft:
    """An amount on top of the lines that no tax or discount touches (a processing fee, postage), in minor units."""

    name: str
    amount: int
    extras: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class DiscountDraft:
    """A discount on the document: percent or amount in minor units, maybe for some products only (public ids)."""

    percent: Decimal = ZERO
    amount: int = 0
    product_refs: tuple[str, ...] = ()


@dataclass(frozen=True)
class AttachmentDraft:
    """A link to a file elsewhere; uploaded files are added by `invoices.attachments`."""

    name: str
    url: str
    content_type: str = ""
    size: int = 0
    external_id: str = ""


@dataclass(frozen=True)
class InvoiceDraft:
    """Everything a caller may say. What it may not say (totals, status, ids of others) has no place here."""

    currency: str
    customer_id: int
    issue_on: date
    due_on: date
    lines: tuple[LineDraft, ...] = ()
    discount: DiscountDraft = DiscountDraft()
    charges: tuple[ChargeDraft, ...] = ()
    document_tax: int = 0
    rounding_mode: str = "line"
    rounding_rule: str = "half_up"
    language: str = "pt-br"
    account_id: int | None = None
    kind: str = "standard"
    name: str = ""
    title: str = ""
    description: str = ""
    terms: str = ""
    number_prefix: str = ""
    wanted_number: str = ""
    external_id: str = ""
    period_start: date | None = None
    period_end: date | None = None
    live_mode: bool = True
    automatic_taxes: bool = False
    tips_enabled: bool = False
    tip_percents: tuple[Decimal, ...] = ()
    payable_with: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    schedule: dict[str, Any] = field(default_factory=dict)
    attachments: tuple[AttachmentDraft, ...] = ()
    extras: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)


def cleaned(draft: InvoiceDraft) -> InvoiceDraft:
    """The draft with clean text, or a Problem that names the field: `lines.3.quantity`."""
    exponent(draft.currency)
    _check_dates(draft)
    if len(draft.lines) > MAX_LINES:
        raise Problem(_("At most %(limit)d lines.") % {"limit": MAX_LINES}, field="lines", code="too_many")
    if draft.discount.percent and draft.discount.amount:
        raise Problem(_("Give a percentage or an amount, not both."), field="discount", code="discount")
    _check_share(draft.discount.percent, "discount.percent")
    _check_amount(draft.discount.amount, "discount.amount")
    _check_amount(draft.document_tax, "document_tax")
    return replace(
        draft,
        lines=tuple(_clean_line(line, f"lines.{i}") for i, line in enumerate(draft.lines)),
        charges=tuple(_clean_charge(charge, f"charges.{i}") for i, charge in enumerate(draft.charges)),
        terms=clean_html(draft.terms, field="terms"),
        description=clean_text(draft.description, limit=2000, lines=True, field="description"),
        **dict(_clean_short(draft)),
    )


def _clean_short(draft: InvoiceDraft) -> Iterator[tuple[str, str]]:
    limits = {"name": 200, "title": 100, "number_prefix": 20, "wanted_number": 40, "external_id": 100}
    for name, limit in limits.items():
        yield name, clean_text(getattr(draft, name), limit=limit, field=name)


def _check_dates(draft: InvoiceDraft) -> None:
    for name in ("issue_on", "due_on", "period_start", "period_end"):
        day = getattr(draft, name)
        if day is not None and not 1990 <= day.year <= 2200:
            raise Problem(_("This date is too far away."), field=name, code="date")
    if draft.due_on < draft.issue_on:
        raise Problem(_("The due date is before the issue date."), field="due_on", code="date")
    if draft.period_start and draft.period_end and draft.period_end < draft.period_start:
        raise Problem(_("The period ends before it starts."), field="period_end", code="date")


def _clean_line(line: LineDraft, path: str) -> LineDraft:
    if not 0 < line.quantity <= 10**9:
        raise Problem(_("The quantity must be above zero."), field=f"{path}.quantity", code="quantity")
    if abs(line.unit_price) > 10**12:
        raise Problem(_("This amount is too large."), field=f"{path}.unit_price", code="too_large")
    _check_places(line.quantity, 4, f"{path}.quantity")
    _check_places(line.unit_price, 6, f"{path}.unit_price")
    _check_share(line.discount_percent, f"{path}.discount_percent")
    _check_amount(line.discount_amount, f"{path}.discount_amount")
    if len(line.taxes) > MAX_TAXES:
        raise Problem(_("At most %(limit)d taxes a line.") % {"limit": MAX_TAXES}, field=f"{path}.taxes", code="too_many")
    name = clean_text(line.name, limit=200, field=f"{path}.name")
    if not name:
        raise Problem(_("Describe this line."), field=f"{path}.name", code="required")
    return replace(
        line,
        name=name,
        detail=clean_text(line.detail, limit=2000, lines=True, field=f"{path}.detail"),
        unit=clean_text(line.unit, limit=20, field=f"{path}.unit"),
        taxes=tuple(_clean_tax(tax, f"{path}.taxes.{i}") for i, tax in enumerate(line.taxes)),
    )


def _clean_tax(tax: TaxDraft, path: str) -> TaxDraft:
    if not 0 <= tax.percent <= 1000:
        raise Problem(_("A tax rate lies between 0 and 1000 %."), field=f"{path}.percent", code="percent")
    _check_places(tax.percent, 4, f"{path}.percent")
    _check_amount(tax.fixed, f"{path}.fixed")
    return replace(tax, name=clean_text(tax.name, limit=100, field=f"{path}.name"))


def _clean_charge(charge: ChargeDraft, path: str) -> ChargeDraft:
    _check_amount(charge.amount, f"{path}.amount")
    return replace(charge, name=clean_text(charge.name, limit=200, field=f"{path}.name"))


def _check_share(percent: Decimal, field: str) -> None:
    if not 0 <= percent <= 100:
        raise Problem(_("A percentage lies between 0 and 100."), field=field, code="percent")
    _check_places(percent, 4, field)


def _check_amount(amount: int, field: str) -> None:
    if bounded_minor(amount, field=field) < 0:
        raise Problem(_("An amount cannot be negative here."), field=field, code="negative")


def _check_places(value: Decimal, places: int, field: str) -> None:
    if value.scaleb(places) % 1:
        raise Problem(_("At most %(places)d decimal places.") % {"places": places}, field=field, code="decimals")
