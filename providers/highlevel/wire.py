"""HighLevel's own words: the fields, types and required names of its public documents (000, 004, apps/invoices.json).

Liberal where the documents' own examples break their schema; `items` and `invoiceItems` are one thing. Objects that we
only keep and echo keep their unknown fields too.
"""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel, WithJsonSchema, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

Object = dict[str, Any]
AltType = Literal["location", "account"]
"""A white label writes `account`; whatever was sent is echoed."""
Status = Literal[
    "draft", "sent", "payment_processing", "paid", "void", "partially_paid", "open", "uncollectible"
]
"""HighLevel's six words and, for whoever says `locationId`, document 000's `open` and `uncollectible`."""
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise PydanticCustomError("decimal_type", "Enter a number.")
    return value


def _day(value: object) -> object:
    if isinstance(value, str) and not DAY.fullmatch(value):
        raise PydanticCustomError("date_parsing", "Enter a date, like 2026-01-31.")
    return value


def _text(value: object) -> object:
    return str(value) if type(value) is int else value


Number = Annotated[Decimal, BeforeValidator(_number), WithJsonSchema({"type": "number"})]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Label = Annotated[
    str, BeforeValidator(_text), WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "integer"}]})
]
"""An invoice number: the documents say text and show numbers."""
NumberText = Annotated[str, Field(pattern=r"^[0-9]{1,12}(\.[0-9]{1,4})?$")]


class Kept(BaseModel):
    """An object that is echoed as it came."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)

    def raw(self) -> Object:
        return self.model_dump(by_alias=True, exclude_unset=True)


class ItemTax(Kept):
    id: str = Field(alias="_id")
    name: str
    rate: Number
    calculation: Literal["exclusive"] | None = None
    description: str | None = None
    taxId: str | None = None


class Item(Kept):
    """One line: `amount` is the price of one, in major units."""

    name: str
    currency: str
    amount: Number
    qty: Number
    description: str | None = None
    productId: str | None = None
    priceId: str | None = None
    taxes: list[ItemTax] | None = None
    automaticTaxCategoryId: str | None = None
    isSetupFeeItem: bool | None = None
    type: Literal["one_time", "recurring"] | None = None
    taxInclusive: bool | None = None


class Discount(BaseModel):
    """`validOnProductIds` comes as a list, as its JSON, or as document 004's `[ '…' ]`."""

    type: Literal["percentage", "fixed"]
    value: Number = Decimal(0)
    validOnProductIds: list[str] | str | None = None


class AdditionalEmail(Kept):
    email: str


class Address(Kept):
    addressLine1: str | None = None
    addressLine2: str | None = None
    city: str | None = None
    state: str | None = None
    countryCode: str | None = None
    postalCode: str | None = None


class ContactDetails(Kept):
    id: str
    name: str
    phoneNo: str
    email: str
    additionalEmails: list[AdditionalEmail] | None = None
    companyName: str | None = None
    address: Address | None = None
    customFields: list[Any] | None = None


class SentTo(Kept):
    email: list[str]
    emailCc: list[str] | None = None
    emailBcc: list[str] | None = None
    phoneNo: list[str] | None = None


class PaymentSchedule(Kept):
    """The documents say no more of `schedules` than that it is a list."""

    type: Literal["fixed", "percentage"]
    schedules: list[Any]


class Frequency(Kept):
    intervalCount: Number
    interval: Literal["minute", "hour", "day", "week", "month", "one_time"]


class Grace(Kept):
    intervalCount: Number
    interval: Literal["day"]


class MaxLateFees(Kept):
    """The specification's own example has the value as text."""

    type: Literal["fixed"]
    value: Number | NumberText


class LateFees(Kept):
    enable: bool
    value: Number
    type: Literal["fixed", "percentage"]
    frequency: Frequency
    grace: Grace | None = None
    maxLateFees: MaxLateFees | None = None


class Tips(BaseModel):
    """Percentages are text in the specification and numbers in document 004."""

    tipsPercentage: list[Number | NumberText]
    tipsEnabled: bool


class Attachment(BaseModel):
    id: str
    name: str
    url: str
    type: str
    size: Number


class PaidCharge(Kept):
    name: str
    charge: Number
    amount: Number
    id: str = Field(alias="_id")


class Charges(Kept):
    """`charges` are lists in the specification, text in document 004 and objects in the wild."""

    charges: list[Any]
    collectedMiscellaneousCharges: Number | None = None
    paidCharges: list[PaidCharge] | None = None


class Place(BaseModel):
    """Whose invoices: the location's id."""

    altId: str
    altType: AltType = "location"


class InvoiceIn(Place):
    """What an invoice may say, whichever call says it."""

    name: str
    currency: str
    items: list[Item] = []
    invoiceItems: list[Item] = []
    issueDate: Day
    dueDate: Day | None = None
    title: str | None = None
    description: str | None = None
    businessDetails: Object | None = None
    contactId: str | None = None
    contactDetails: ContactDetails | None = None
    termsNotes: str | None = None
    discount: Discount | None = None
    invoiceNumber: Label | None = None
    invoiceNumberPrefix: str | None = None
    automaticTaxesEnabled: bool | None = None
    liveMode: bool | None = None
    sentTo: SentTo | None = None
    paymentSchedule: PaymentSchedule | None = None
    lateFeesConfiguration: LateFees | None = None
    tipsConfiguration: Tips | None = None
    xeroDetails: Object | None = None
    paymentMethods: Object | None = None
    attachments: list[Attachment] | None = None
    miscellaneousCharges: Charges | None = None

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["items"]}, {"required": ["invoiceItems"]}]}
    )

    @model_validator(mode="after")
    def has_items(self) -> "InvoiceIn":
        if not {"items", "invoiceItems"} & self.model_fields_set:
            raise _missing("items")
        return self

    @property
    def lines(self) -> list[Item]:
        return self.items or self.invoiceItems


def _missing(name: str) -> ValidationError:
    return ValidationError.from_exception_data(
        "request", [InitErrorDetails(type="missing", loc=(name,), input={})]
    )


class CreateInvoice(InvoiceIn):
    businessDetails: Object
    discount: Discount
    contactDetails: ContactDetails
    sentTo: SentTo
    liveMode: bool


class UpdateInvoice(InvoiceIn):
    dueDate: Day


class Text2Pay(InvoiceIn):
    """`id` names an invoice to replace."""

    contactDetails: ContactDetails
    sentTo: SentTo
    liveMode: bool
    action: Literal["draft", "send"]
    userId: str
    id: str | None = None
    includeTermsNote: bool | None = None


class SimpleItem(BaseModel):
    description: str
    quantity: Number
    unitAmount: Number


class SimpleInvoice(BaseModel):
    """Document 000's form; amounts are major units of the business's currency."""

    locationId: str
    contactId: str
    status: Literal["draft", "open"] = "draft"
    invoiceItems: list[SimpleItem]


class NewInvoice(RootModel[CreateInvoice | SimpleInvoice]):
    """Either form; `locationId` without `altId` means document 000's."""

    @model_validator(mode="before")
    @classmethod
    def by_profile(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        is_simple = "locationId" in value and "altId" not in value
        return (SimpleInvoice if is_simple else CreateInvoice).model_validate(value)


class SendInvoice(Place):
    """One client in the wild sends no `userId`."""

    action: Literal["sms_and_email", "send_manually", "email", "sms"]
    userId: str | None = None
    liveMode: bool | None = None
    sentFrom: Object | None = None
    autoPayment: Object | None = None


class Card(BaseModel):
    brand: str
    last4: str


class Cheque(BaseModel):
    number: str


class RecordPayment(Place):
    """Without `amount`, all that is due."""

    mode: Literal["cash", "card", "cheque", "bank_transfer", "other"]
    card: Card | None = None
    cheque: Cheque | None = None
    notes: str | None = None
    amount: Number | None = None
    meta: Object | None = None
    paymentScheduleIds: list[str] | None = None
    fulfilledAt: str | None = None


class LateFeesChange(Place):
    lateFeesConfiguration: LateFees


class LastVisited(BaseModel):
    invoiceId: str


class PlaceQuery(BaseModel):
    """Whose invoices: `altId` with HighLevel's own words, `locationId` with document 000's."""

    altId: str | None = None
    altType: AltType = "location"
    locationId: str | None = None


class ListQuery(PlaceQuery):
    limit: int = Field(100, ge=1, le=100)
    offset: int = Field(0, ge=0, le=10**9)
    status: Status | None = None
    startAt: Day | None = None
    endAt: Day | None = None
    search: str | None = Field(None, max_length=200)
    paymentMode: Literal["default", "live", "test"] = "default"
    contactId: str | None = None
    sortField: Literal["issueDate"] | None = None
    sortOrder: Literal["ascend", "descend", "asc", "desc"] = "descend"
