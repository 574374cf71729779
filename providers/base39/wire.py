"""Base39's own words: requests as document 001 and the provider's pages show them, answers as we promise them.

Keys that a request has beyond these are ignored. Numbers are exact, never text; days are `2026-01-31`. In answers every
key may be missing, since `fields` leaves keys out.
"""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StrictBool,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

YEARS = range(1990, 2201)
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Type = Literal["pay_off", "customer_recurring", "company_recurring"]
Status = Literal["draft", "open", "paid", "void", "uncollectible", "refunded"]
Purpose = Literal[
    "cancellation", "customer_refinance", "employment_terminated", "external_collector", "no_funds", "regular",
    "requested_by_company", "requested_by_customer", "requested_by_insurance",
]  # fmt: skip
IntentMethod = Literal["pix", "boleto", "offline", "payment_method", "loan"]
IntentStatus = Literal["open", "paid", "void"]


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise PydanticCustomError("decimal_type", "Enter a number.")
    return value


def _day(value: object) -> date:
    found = _parsed(value) if isinstance(value, str) and DAY.fullmatch(value) else None
    if found is None:
        raise PydanticCustomError("date_parsing", "Enter a date, like 2026-01-31.")
    return found.date()


def _moment(value: object) -> date:
    found = _parsed(value) if isinstance(value, str) else None
    if found is None:
        raise PydanticCustomError("date_parsing", "Enter a date, like 2026-01-31.")
    return found.date() if DAY.fullmatch(str(value)) else found


def _parsed(text: str) -> datetime | None:
    """In UTC if it says an offset: databases do not know those of sixteen hours and more."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if found.year not in YEARS:
        return None
    return found.astimezone(UTC) if found.tzinfo else found


Amount = Annotated[
    Decimal, BeforeValidator(_number), Field(ge=0), WithJsonSchema({"type": "number", "minimum": 0})
]
Day = Annotated[date, PlainValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Moment = Annotated[
    date,
    PlainValidator(_moment),
    WithJsonSchema({"type": "string", "examples": ["2026-01-31", "2026-01-31T12:00:00.000Z"]}),
]
"""A day, or an instant (which is a `datetime`)."""
Ref = Annotated[str, Field(min_length=1, max_length=100)]
Json = dict[str, Any]


class Item(BaseModel):
    installment: Ref | None = None
    amount: Amount
    discount: Amount | None = None
    fine: Amount | None = None
    interest: Amount | None = None
    description: str | None = None
    metadata: Json | None = None
    purposeKey: Ref | None = None


class NewItem(Item):
    updateInvoiceItemOnInsert: StrictBool | None = None


class CreateInvoice(BaseModel):
    payer: Ref
    beneficiary: Ref
    type: Type
    dueDate: Day | None = None
    description: str | None = None
    items: list[Item] | None = None
    autoFinalize: StrictBool | None = None
    updateInvoiceItemOnInsert: StrictBool | None = None
    paidAt: Moment | None = None
    metadata: Json | None = None
    purpose: Purpose | None = None


class UpdateInvoice(BaseModel):
    """What is absent or null stays as it was; `items` replaces them all."""

    payer: Ref | None = None
    beneficiary: Ref | None = None
    type: Type | None = None
    dueDate: Day | None = None
    description: str | None = None
    items: list[Item] | None = None
    updateInvoiceItemOnInsert: StrictBool | None = None
    metadata: Json | None = None
    purpose: Purpose | None = None


class Note(BaseModel):
    """What a change of status may say of itself; it is kept in the history."""

    description: Annotated[str, Field(max_length=2000)] | None = None
    metadata: Json | None = None


class CreateIntent(BaseModel):
    amount: Amount
    expireAt: Moment
    method: IntentMethod
    methodData: Json | None = None
    metadata: Json | None = None


class PayIntent(BaseModel):
    """`amountPaid` or `amount`: what was paid, when it is not what was asked for."""

    amountPaid: Amount | None = None
    amount: Amount | None = None
    metadata: Json | None = None


class View(BaseModel):
    """`fields=id,status` (only these) or `fields=-metadata` (all but these); `expand=payer` for more than its id."""

    fields: list[str] = []
    expand: list[str] = []


class PageQuery(View):
    starting_after: str = ""
    ending_before: str = ""
    limit: int = Field(10, ge=1, le=100)


class ListQuery(PageQuery):
    payer: str = ""
    beneficiary: str = ""
    due_date_start: Day | None = None
    due_date_end: Day | None = None
    status: str = ""
    type: str = ""
    purpose: str = ""


class IntentQuery(View):
    invoice: Ref


class IntentsQuery(PageQuery):
    invoice: str = ""


class TokenForm(BaseModel):
    """The two may also stand in Basic authorization."""

    grant_type: str = "client_credentials"
    client_id: str = ""
    client_secret: str = ""
    scope: str = ""


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


Instant = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")]
Said = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]
Number = Annotated[float, WithJsonSchema({"type": "number"})]


class Party(Answer):
    """A payer or a beneficiary, expanded."""

    id: str
    name: str
    legalName: str
    document: str
    email: str
    phone: str
    externalId: str


class InvoiceItem(Answer):
    id: str | None = None
    invoice: str | None = None
    installment: str | None = None
    amount: Number | None = None
    discount: Number | None = None
    fine: Number | None = None
    interest: Number | None = None
    description: str | None = None
    metadata: Json | None = None
    purposeKey: str | None = None
    createdAt: Instant | None = None
    updatedAt: Instant | None = None
    deleted: bool | None = None


class Items(Answer):
    url: str
    hasMore: bool
    data: list[InvoiceItem]


class PaymentDetails(Answer):
    paidAt: Said
    amountPaid: Number
    metadata: Json


class PaymentIntent(Answer):
    """`methodData` has what the client gave and what pays: a Pix `qrCode`, a boleto's `typeableLine` and `barcode`; its
    `events` are the attempts to pay.
    """

    id: str | None = None
    invoice: str | None = None
    status: IntentStatus | None = None
    amount: Number | None = None
    paymentDetails: PaymentDetails | None = None
    method: IntentMethod | None = None
    methodData: Json | None = None
    metadata: Json | None = None
    expireAt: Said | None = None
    createdAt: Instant | None = None
    updatedAt: Instant | None = None


class Intents(Answer):
    hasMore: bool
    data: list[PaymentIntent]


class HistoryEntry(Answer):
    description: str
    createdAt: Instant
    status: Status
    metadata: Json


class Author(Answer):
    """`app`: through an API, in the back office, or Faturo by itself."""

    clientId: str | None
    externalClientId: str | None
    app: Literal["api", "backoffice", "system"]


class Invoice(Answer):
    id: str | None = None
    status: Status | None = None
    payer: str | Party | None = None
    beneficiary: str | Party | None = None
    dueDate: Said | None = None
    amountDue: Number | None = None
    amountPaid: Number | None = None
    amountRemaining: Number | None = None
    type: Type | None = None
    purpose: str | None = None
    invoiceItems: Items | None = None
    paymentIntents: Intents | None = None
    description: str | None = None
    history: list[HistoryEntry] | None = None
    paidAt: Said | None = None
    metadata: Json | None = None
    createdAt: Instant | None = None
    updatedAt: Instant | None = None
    deleted: bool | None = None
    createdBy: Author | None = None
    updatedBy: Author | None = None


class Invoices(Answer):
    hasMore: bool
    data: list[Invoice]


class Token(Answer):
    access_token: str
    expires_in: int
    token_type: str
    scope: str
