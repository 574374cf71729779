"""Aira's own words: document 002's list, and what its API takes and answers today.

Amounts are centavos, days `YYYY-MM-DD`, instants ISO 8601 in UTC.
"""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.utils.translation import gettext as _
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError


def _day(value: Any) -> Any:
    """Only whole days as text; the rest of pydantic's ways to say one (instants, numbers) would surprise."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else _refuse()
    except ValueError:
        return _refuse()


def _refuse() -> Any:
    raise PydanticCustomError("date", "{words}", {"words": _("Enter a date, like 2026-01-31.")})


Day = Annotated[date, BeforeValidator(_day)]
Key = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]+$", max_length=100)]
Cents = Annotated[int, Field(ge=0, le=10**15)]
Id = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


class Inbound(BaseModel):
    model_config = ConfigDict(strict=True)


class CreateInvoice(Inbound):
    """A one-off invoice, for exactly one of `customerId` and `externalCustomerId`."""

    idempotencyKey: Key
    customerId: str | None = None
    externalCustomerId: str | None = None
    paymentAccountId: str | None = None
    invoiceDate: Day | None = None
    memo: str | None = None


class UpdateInvoice(Inbound):
    invoiceDate: Day | None = None
    memo: str | None = None


class CreateGroup(Inbound):
    idempotencyKey: Key | None = None
    productId: str | None = None
    startDate: Day | None = None
    endDate: Day | None = None
    name: str = Field(min_length=1, max_length=200)


class UpdateGroup(Inbound):
    startDate: Day | None = None
    endDate: Day | None = None
    name: str | None = Field(None, min_length=1, max_length=200)


class SubLineItemIn(Inbound):
    name: str | None = None
    description: str | None = None
    usage: int | None = None
    amount: Cents


class CreateLineItem(Inbound):
    """The amounts of `subLineItems`, when there are any, make `amount`."""

    idempotencyKey: Key | None = None
    productId: str | None = None
    itemId: str | None = None
    startDate: Day | None = None
    endDate: Day | None = None
    amount: Cents
    name: str = Field(min_length=1)
    lineItemGroupId: str | None = None
    subLineItems: list[SubLineItemIn] = []


class UpdateLineItem(Inbound):
    """Only what is given changes; `subLineItems` are replaced as a whole."""

    startDate: Day | None = None
    endDate: Day | None = None
    amount: Cents | None = None
    name: str | None = Field(None, min_length=1)
    subLineItems: list[SubLineItemIn] | None = None


class Customer(BaseModel):
    id: Id
    externalId: str
    name: str


class Address(BaseModel):
    zipCode: str
    number: str
    street: str
    neighborhood: str
    city: str
    state: str
    country: str
    complement: str


class PaymentAccount(BaseModel):
    id: Id
    businessName: str
    tradeName: str
    taxId: str
    email: str
    address: Address


class Payment(BaseModel):
    """Both links open our page and expire 15 minutes after the answer that gave them."""

    id: str
    amount: int
    dueDate: date
    createdAt: datetime
    processedAt: datetime | None
    paymentMethod: str
    status: Literal["created", "pending", "paid", "failed", "canceled", "expired"]
    pixLink: str | None
    bankSlipLink: str | None


class Invoice(BaseModel):
    """As document 002 shows it."""

    id: Id
    displayId: str
    customer: Customer
    paymentAccount: PaymentAccount
    startDate: date
    endDate: date
    totalAmount: int = Field(ge=0)
    closedReason: Literal["end_of_cycle", "billing_end_day_updated"] | None = None
    payments: list[Payment] | None
    status: Literal["open", "closed", "paid", "canceled"]


STATUSES = ("open", "in_review", "issued", "synced", "pending", "paid", "overdue", "canceled", "failed")
Status = Literal["open", "in_review", "issued", "synced", "pending", "paid", "overdue", "canceled", "failed"]


class Party(BaseModel):
    """An issuing or billing account."""

    tradeName: str
    businessName: str
    emails: list[str]
    taxId: str
    taxIdType: str | None
    zipCode: str
    street: str
    number: str
    neighborhood: str
    city: str
    state: str
    country: str
    complement: str


class SubLineItem(BaseModel):
    id: str
    type: str
    name: str
    description: str
    usage: int
    amount: int
    metadata: dict[str, Any]


class LineItem(BaseModel):
    id: Id
    idempotencyKey: str | None
    customerId: Id
    productId: str | None
    resourceId: None
    lineItemGroupId: str | None
    name: str
    scope: None
    startDate: date
    endDate: date
    totalUsage: int | float
    usageFormat: str
    subtotalAmount: int
    adjustmentAmount: int
    totalAmount: int
    discountAmount: int
    metadata: dict[str, Any]
    subLineItems: list[SubLineItem]
    adjustments: list[dict[str, Any]]
    itemId: str | None


class LineItemGroup(BaseModel):
    id: str
    idempotencyKey: str | None
    customerId: Id
    productId: str | None
    planId: None
    name: str
    startDate: date
    endDate: date
    subtotalAmount: int
    adjustmentAmount: int
    totalAmount: int
    discountAmount: int
    lineItems: list[LineItem]


class InvoiceToday(BaseModel):
    """An invoice in Aira's shape of today."""

    id: Id
    idempotencyKey: str | None
    customerId: Id
    paymentAccountId: Id
    contractId: None
    issuingAccount: Party
    billingAccount: Party
    invoiceAllocationStrategy: Literal["single"]
    lastCalculatedAt: datetime
    invoiceNumber: str | None
    invoiceDate: date
    memo: str
    subtotalAmount: int
    adjustmentAmount: int
    totalAmount: int
    discountAmount: int
    status: Status
    isLocked: bool
    failureReason: None
    source: Literal["one_off"]
    autoIssue: bool
    amountDue: int
    dueDate: date
    lineItemGroups: list[LineItemGroup]


class Fetched(Invoice):
    """Both shapes at once: document 002's fields, and today's under `invoice`."""

    invoice: InvoiceToday


class BillingAccount(BaseModel):
    businessName: str
    taxId: str
    taxIdType: str | None


class Summary(BaseModel):
    """An invoice in today's list."""

    id: Id
    customer: Customer
    billingAccount: BillingAccount
    invoiceNumber: str | None
    invoiceDate: date
    dueDate: date
    totalAmount: int
    status: Status


class Page(BaseModel):
    items: list[Summary]
    hasMore: bool
