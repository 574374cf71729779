"""The words of invoices: what may be said when one is written, and what is answered.

A refusal names its place in these words (`lines.3.quantity`). Totals, status and numbers are answers only.
"""

from typing import Any, Literal

from pydantic import Field

from api import wire
from api.customers import Customer
from core.fields import JSON_LENGTH
from invoices.draft import MAX_CHARGES, MAX_INSTALMENTS, MAX_LINES, MAX_LINKS, MAX_TAXES
from invoices.schedule import MAX_PARTS

Kind = Literal["standard", "pay_off", "customer_recurring", "company_recurring"]
LineKind = Literal["one_time", "recurring"]
Language = Literal["pt-br", "en"]
Status = Literal["draft", "open", "paid", "void", "uncollectible"]
Situation = Literal[
    "draft", "scheduled", "open", "processing", "partially_paid", "overdue", "paid", "void", "uncollectible"
]
Method = Literal["pix", "boleto", "bolepix", "credit_card", "cash", "bank_transfer", "check", "other"]
PerDay = Literal["", "amount", "amount_workday", "percent", "percent_workday"]
Interest = Literal[
    "", "amount_day", "percent_day", "percent_month", "percent_year", "amount_workday", "percent_workday",
    "percent_month_workdays", "percent_year_workdays",
]  # fmt: skip
Percent = wire.Exact


class TaxInput(wire.Request):
    """A registered tax by its id, or one that this line says itself."""

    tax: wire.PublicId | None = None
    name: str = Field("", max_length=100)
    percent: Percent = Field("0", validate_default=True, description="Of the base, at most 4 decimals.")
    fixed: wire.Amount = 0
    inclusive: wire.Yes = Field(False, description="Contained in the price.")
    compound: wire.Yes = Field(False, description="On top of the taxes before it.")
    withheld: wire.Yes = Field(
        False, description="Kept back by the payer: lowers what is due, not the total."
    )


class LineInput(wire.Request):
    name: str = Field("", max_length=200, description="The product's name when it is left out.")
    unit_price: wire.Exact | None = Field(
        None, description="Major units, at most 6 decimals. The product's price when it is left out."
    )
    quantity: wire.Exact = Field("1", validate_default=True, description="At most 4 decimals.")
    unit: str = Field("", max_length=20)
    detail: str = Field("", max_length=2000)
    discount_percent: Percent = Field("0", validate_default=True)
    discount_amount: wire.Amount = 0
    taxes: list[TaxInput] | None = Field(
        None, max_length=MAX_TAXES, description="The product's taxes when they are left out."
    )
    kind: LineKind = "one_time"
    is_setup_fee: wire.Yes = False
    product: wire.PublicId | None = None
    price: wire.PublicId | None = Field(None, description="Of the product; its usual one when left out.")


class Discount(wire.Request):
    """On the document: a percentage or an amount, of all lines or of those with these products."""

    percent: Percent = Field("0", validate_default=True)
    amount: wire.Amount = 0
    products: list[wire.PublicId] = Field([], max_length=MAX_LINES)


class Charge(wire.Request):
    """On top of the lines, untouched by taxes and discounts."""

    name: str = Field(max_length=200)
    amount: wire.Amount


class AttachmentInput(wire.Request):
    """A link to a file elsewhere."""

    name: str = Field(max_length=150)
    url: str = Field(max_length=500)
    content_type: str = Field("", max_length=100)
    size: wire.Amount = 0
    external_id: str = Field("", max_length=100)


class PartInput(wire.Request):
    """Part of a schedule: an amount, or a percentage of what is due; all parts say the same of the two."""

    due_on: wire.Day
    amount: wire.Amount | None = None
    percent: Percent | None = None


class ScheduleInput(wire.Request):
    parts: list[PartInput] = Field([], max_length=MAX_PARTS)


class Tier(wire.Request):
    """Off when paid `days` or more before the due date."""

    days: int = Field(ge=0, le=3650, strict=True)
    percent: Percent = Field("0", validate_default=True)
    amount: wire.Amount = 0


class PaymentTerms(wire.Request):
    """Discount for paying early, fine and interest for paying late, in the words of Bacen's cobv charges."""

    tiers: list[Tier] = Field([], max_length=3)
    per_day: PerDay = ""
    per_day_percent: Percent = Field("0", validate_default=True)
    per_day_amount: wire.Amount = 0
    fine_percent: Percent = Field("0", validate_default=True)
    fine_amount: wire.Amount = 0
    interest: Interest = ""
    interest_percent: Percent = Field("0", validate_default=True)
    interest_amount: wire.Amount = 0
    moves_to_workday: wire.Yes = True
    tolerance: wire.Amount = 0


_unsaid: Any = Field(default_factory=lambda: None)
"""May be left out, but not be null."""


class UpdateInvoice(wire.Request):
    """Only what is sent changes; lists and objects are replaced as a whole."""

    customer: wire.PublicId = _unsaid
    currency: wire.Currency = _unsaid
    account: wire.PublicId | None = Field(None, description="Where the money is to go.")
    issue_on: wire.Day = _unsaid
    due_on: wire.Day = _unsaid
    lines: list[LineInput] = Field([], max_length=MAX_LINES)
    discount: Discount = Field(
        default_factory=lambda: Discount.model_validate({}), description="On the whole document."
    )
    charges: list[Charge] = Field([], max_length=MAX_CHARGES)
    attachments: list[AttachmentInput] = Field([], max_length=MAX_LINKS)
    document_tax: wire.Amount = 0
    rounding_mode: Literal["line", "tax", "document"] = "line"
    rounding_rule: Literal["half_up", "half_even"] = "half_up"
    language: Language = "pt-br"
    kind: Kind = "standard"
    name: str = Field("", max_length=200, description="Internal; no payer sees it.")
    title: str = Field("", max_length=100)
    description: str = Field("", max_length=2000)
    terms: str = Field("", max_length=20_000, description="Simple HTML; scripts and styles are taken out.")
    number_prefix: str = Field("", max_length=20)
    wanted_number: str = Field("", max_length=40, description="Instead of the next number of the series.")
    external_id: str = Field("", max_length=100, description="Your own id of this invoice.")
    period_start: wire.Day | None = None
    period_end: wire.Day | None = None
    live_mode: wire.Yes = True
    tips_enabled: wire.Yes = False
    tip_percents: list[Percent] = Field([], max_length=MAX_TAXES)
    payable_with: list[Method] = Field([], max_length=8, description="Empty: every way there is.")
    recipients: list[str] = Field([], max_length=20, description="Further e-mail addresses.")
    schedule: ScheduleInput = Field(default_factory=lambda: ScheduleInput.model_validate({}))
    payment_terms: PaymentTerms | None = Field(None, description="Null or left out: those of the business.")
    card_instalments: int = Field(1, ge=1, le=MAX_INSTALMENTS, strict=True)
    metadata: wire.Json = Field({}, description=f"At most {JSON_LENGTH} bytes.")


class CreateInvoice(UpdateInvoice):
    """Left out: today, the days to pay, the currency, account, terms and rounding of the business."""

    customer: wire.PublicId
    issue: wire.Yes = Field(False, description="Issue it at once, or store nothing.")


class LineTax(wire.Answer):
    tax: wire.PublicId | None
    name: str
    percent: str
    fixed: int
    inclusive: bool
    compound: bool
    withheld: bool
    amount: int


class Line(wire.Resource):
    id: wire.PublicId
    name: str
    detail: str
    kind: LineKind
    is_setup_fee: bool
    product: wire.PublicId | None
    price: wire.PublicId | None
    quantity: str
    unit: str
    unit_price: str
    discount_percent: str
    discount_amount: int
    taxes: list[LineTax]
    gross: int
    discount: int
    tax: int
    tax_included: int
    total: int


class Attachment(wire.Answer):
    id: wire.PublicId
    name: str
    url: str = Field(description="Of ours it is below the public page; empty on a draft.")
    content_type: str
    size: int
    external_id: str


class DiscountAnswer(wire.Answer):
    percent: str
    amount: int
    products: list[str]


class Part(wire.Answer):
    due_on: wire.Day
    amount: int


class Schedule(wire.Answer):
    parts: list[Part]


class Invoice(wire.Resource):
    """`lines`, `charges` and `attachments` are in lists only when they are expanded; `issuer` and `payer`, the copies
    of both parties that issuing froze, everywhere only then.
    """

    id: wire.PublicId
    status: Status
    situation: Situation = Field(description="The status as people call it today: overdue, partly paid…")
    number: str | None
    version: int
    revision: int
    external_id: str
    kind: Kind
    name: str
    title: str
    description: str
    currency: wire.Currency
    language: Language
    live_mode: bool
    issue_on: wire.Day
    due_on: wire.Day
    period_start: wire.Day | None
    period_end: wire.Day | None
    terms: str
    number_prefix: str
    wanted_number: str
    customer: wire.PublicId | Customer
    account: wire.PublicId | None
    cloned_from: wire.PublicId | None
    recipients: list[str]
    payable_with: list[str]
    tips_enabled: bool
    tip_percents: list[str]
    card_instalments: int
    discount: DiscountAnswer
    document_tax: int
    rounding_mode: Literal["line", "tax", "document"]
    rounding_rule: Literal["half_up", "half_even"]
    schedule: Schedule
    payment_terms: PaymentTerms | None
    subtotal: int
    discount_total: int
    tax_total: int
    tax_included: int
    charge_total: int
    total: int
    withheld_total: int
    credit_total: int
    allowance_total: int
    surcharge_total: int
    amount_due: int
    amount_paid: int
    amount_remaining: int
    amount_processing: int
    url: str | None = Field(description="The public page; null for drafts and revoked links.")
    pdf_url: str | None = Field(description="The PDF for whoever has the link.")
    finalized_at: wire.Instant | None
    paid_at: wire.Instant | None
    voided_at: wire.Instant | None
    uncollectible_at: wire.Instant | None
    created_at: wire.Instant
    updated_at: wire.Instant
    metadata: wire.Json
    lines: list[Line] = []
    charges: list[Charge] = []
    attachments: list[Attachment] = []
    issuer: wire.Json = {}
    payer: wire.Json = {}
