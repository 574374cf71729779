"""What an invoice is before it is a row: frozen values, already clean. Every face builds one of these."""

from collections.abc import Callable, Container
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _

from businesses.models import LANGUAGES, RoundingMode, RoundingRule
from businesses.terms import Terms
from businesses.terms import check as check_terms
from core.fields import validate_small_json
from core.money import bounded_minor, exponent
from core.problems import Problem
from core.text import clean_html, clean_text
from customers.models import validate_emails
from invoices.models import InvoiceKind
from products.models import PriceKind

MAX_LINES = 500
MAX_TEXT = 200_000  # letters on all lines together: about four seconds of the PDF engine
MAX_TAXES = 10
MAX_CHARGES = 50
MAX_LINKS = 20
MAX_INSTALMENTS = 24
ZERO, ONE = Decimal(0), Decimal(1)
CHOICES: dict[str, Container[str]] = {
    "rounding_mode": RoundingMode,
    "rounding_rule": RoundingRule,
    "language": dict(LANGUAGES),
    "kind": InvoiceKind,
}


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
    """`unit_price` in major units, at most 6 decimals; `quantity` at most 4; discounts apply before the document's.

    `public_id` stays when a draft is read, changed and stored again; a line without one gets one when it is stored.
    """

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
    public_id: str = field(default="", compare=False)


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
    payment_terms: dict[str, Any] = field(default_factory=dict)
    card_instalments: int = 1
    attachments: tuple[AttachmentDraft, ...] = ()
    extras: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)


def cleaned(draft: InvoiceDraft) -> InvoiceDraft:
    """The draft with clean text, or a Problem that names the field: `lines.3.quantity`."""
    exponent(draft.currency)
    _check_dates(draft)
    for name, limit in (("lines", MAX_LINES), ("charges", MAX_CHARGES), ("attachments", MAX_LINKS)):
        if len(getattr(draft, name)) > limit:
            raise Problem(_("At most %(limit)d.") % {"limit": limit}, field=name, code="too_many")
    if draft.discount.percent and draft.discount.amount:
        raise Problem(_("Give a percentage or an amount, not both."), field="discount", code="discount")
    if sum(len(line.name) + len(line.detail) for line in draft.lines) > MAX_TEXT:
        message = _("All lines together: at most %(limit)d characters.")
        raise Problem(message % {"limit": MAX_TEXT}, field="lines", code="too_long")
    _check_choices(draft)
    _check_share(draft.discount.percent, "discount.percent")
    _check_amount(draft.discount.amount, "discount.amount")
    _check_amount(draft.document_tax, "document_tax")
    _check_lists(draft)
    return replace(
        draft,
        lines=tuple(_clean_line(line, f"lines.{i}") for i, line in enumerate(draft.lines)),
        charges=tuple(_clean_charge(charge, f"charges.{i}") for i, charge in enumerate(draft.charges)),
        attachments=tuple(_clean_link(link, f"attachments.{i}") for i, link in enumerate(draft.attachments)),
        terms=clean_html(draft.terms, field="terms"),
        description=clean_text(draft.description, limit=2000, lines=True, field="description"),
        name=clean_text(draft.name, limit=200, field="name"),
        title=clean_text(draft.title, limit=100, field="title"),
        number_prefix=clean_text(draft.number_prefix, limit=20, field="number_prefix"),
        wanted_number=clean_text(draft.wanted_number, limit=40, field="wanted_number"),
        external_id=clean_text(draft.external_id, limit=100, field="external_id"),
    )


def _check_choices(draft: InvoiceDraft) -> None:
    for name, words in CHOICES.items():
        if getattr(draft, name) not in words:
            raise Problem(_("Not one of the choices."), field=name, code="choice")


def _check_lists(draft: InvoiceDraft) -> None:
    """What ends in JSON columns."""
    _check_json(list(draft.recipients), "recipients", validate_emails)
    _check_json(list(draft.payable_with), "payable_with")
    _check_json(list(draft.discount.product_refs), "discount.product_refs")
    for name in ("schedule", "payment_terms", "extras", "metadata"):
        _check_json(getattr(draft, name), name)
    check_terms(Terms.of(draft.payment_terms, field="payment_terms"), field="payment_terms")
    if not 1 <= draft.card_instalments <= MAX_INSTALMENTS:
        message = _("Between 1 and %(limit)d instalments.") % {"limit": MAX_INSTALMENTS}
        raise Problem(message, field="card_instalments", code="instalments")
    if len(draft.tip_percents) > MAX_TAXES:
        raise Problem(_("At most %(limit)d.") % {"limit": MAX_TAXES}, field="tip_percents", code="too_many")
    for percent in draft.tip_percents:
        _check_share(percent, "tip_percents")


def _check_json(value: object, field: str, validate: Callable[[object], None] = validate_small_json) -> None:
    try:
        validate(value)
    except ValidationError as error:
        raise Problem(
            " ".join(error.messages), field=field, code=getattr(error, "code", "") or "json"
        ) from error


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
    _check_finite(line.quantity, f"{path}.quantity")
    _check_finite(line.unit_price, f"{path}.unit_price")
    _check_json(line.extras, f"{path}.extras")
    if line.kind not in PriceKind:
        raise Problem(_("Not one of the choices."), field=f"{path}.kind", code="choice")
    if not 0 < line.quantity <= 10**9:
        raise Problem(_("The quantity must be above zero."), field=f"{path}.quantity", code="quantity")
    if abs(line.unit_price) > 10**12:
        raise Problem(_("This amount is too large."), field=f"{path}.unit_price", code="too_large")
    _check_places(line.quantity, 4, f"{path}.quantity")
    _check_places(line.unit_price, 6, f"{path}.unit_price")
    _check_share(line.discount_percent, f"{path}.discount_percent")
    _check_amount(line.discount_amount, f"{path}.discount_amount")
    if len(line.taxes) > MAX_TAXES:
        raise Problem(
            _("At most %(limit)d taxes a line.") % {"limit": MAX_TAXES},
            field=f"{path}.taxes",
            code="too_many",
        )
    name = clean_text(line.name, limit=200, field=f"{path}.name")
    if not name:
        raise Problem(_("Describe this line."), field=f"{path}.name", code="required")
    return replace(
        line,
        name=name,
        detail=clean_text(line.detail, limit=2000, lines=True, field=f"{path}.detail"),
        unit=clean_text(line.unit, limit=20, field=f"{path}.unit"),
        product_ref=clean_text(line.product_ref, limit=60, field=f"{path}.product_ref"),
        taxes=tuple(_clean_tax(tax, f"{path}.taxes.{i}") for i, tax in enumerate(line.taxes)),
    )


def _clean_tax(tax: TaxDraft, path: str) -> TaxDraft:
    _check_finite(tax.percent, f"{path}.percent")
    _check_json(tax.extras, f"{path}.extras")
    if not 0 <= tax.percent <= 1000:
        raise Problem(_("A tax rate lies between 0 and 1000 %."), field=f"{path}.percent", code="percent")
    _check_places(tax.percent, 4, f"{path}.percent")
    _check_amount(tax.fixed, f"{path}.fixed")
    return replace(tax, name=clean_text(tax.name, limit=100, field=f"{path}.name"))


def _clean_charge(charge: ChargeDraft, path: str) -> ChargeDraft:
    _check_amount(charge.amount, f"{path}.amount")
    _check_json(charge.extras, f"{path}.extras")
    return replace(charge, name=clean_text(charge.name, limit=200, field=f"{path}.name"))


def _clean_link(link: AttachmentDraft, path: str) -> AttachmentDraft:
    url = clean_text(link.url, limit=500, field=f"{path}.url")
    _check_json(url, f"{path}.url", URLValidator(["http", "https"]))
    _check_amount(link.size, f"{path}.size")
    return replace(
        link,
        url=url,
        name=clean_text(link.name, limit=150, field=f"{path}.name"),
        content_type=clean_text(link.content_type, limit=100, field=f"{path}.content_type"),
        external_id=clean_text(link.external_id, limit=100, field=f"{path}.external_id"),
    )


def _check_share(percent: Decimal, field: str) -> None:
    _check_finite(percent, field)
    if not 0 <= percent <= 100:
        raise Problem(_("A percentage lies between 0 and 100."), field=field, code="percent")
    _check_places(percent, 4, field)


def _check_amount(amount: int, field: str) -> None:
    if bounded_minor(amount, field=field) < 0:
        raise Problem(_("An amount cannot be negative here."), field=field, code="negative")


def _check_finite(value: Decimal, field: str) -> None:
    """Before any comparison: one with NaN raises."""
    if not value.is_finite():
        raise Problem(_("Enter a number."), field=field, code="number")


def _check_places(value: Decimal, places: int, field: str) -> None:
    """On the digits themselves; arithmetic would first round to 28 of them."""
    digits, power = value.as_tuple().digits, int(value.as_tuple().exponent)
    if power < -places and any(digits[power + places :]):
        raise Problem(
            _("At most %(places)d decimal places.") % {"places": places}, field=field, code="decimals"
        )
