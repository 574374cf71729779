"""What HighLevel's calls answer: for our OpenAPI document, and for tests that hold every answer against it."""

from pydantic import BaseModel, ConfigDict, Field

from providers.highlevel.wire import AltType, Day, Number, Object, Status


class TotalSummary(BaseModel):
    subTotal: Number
    discount: Number
    tax: Number


class Invoice(BaseModel):
    """As every call answers it; `totalSummary` where one or many are read. Whatever else was sent comes back too."""

    model_config = ConfigDict(extra="allow")

    id: str = Field(alias="_id")
    status: Status
    liveMode: bool
    amountPaid: Number
    altId: str
    altType: AltType
    name: str
    businessDetails: Object
    invoiceNumber: str
    currency: str
    contactDetails: Object
    issueDate: Day
    dueDate: Day
    discount: Object
    invoiceItems: list[Object]
    total: Number
    title: str
    amountDue: Number
    createdAt: str
    updatedAt: str
    automaticTaxesEnabled: bool
    automaticTaxesCalculated: bool
    paymentSchedule: Object


class InvoiceRead(Invoice):
    totalSummary: TotalSummary


class InvoiceList(BaseModel):
    invoices: list[InvoiceRead]
    total: int


class Sent(BaseModel):
    """`emailData` says to whom an e-mail is queued; text messages are not sent."""

    invoice: Invoice
    smsData: Object
    emailData: Object


class Recorded(BaseModel):
    success: bool
    invoice: Invoice


class PayLink(BaseModel):
    invoice: Invoice
    invoiceUrl: str


class NextNumber(BaseModel):
    invoiceNumber: str


class Settings(BaseModel):
    altId: str
    altType: AltType
    termsNote: str
    title: str
    invoiceNumberPrefix: str
    dueAfterXDays: int
    businessDetails: Object
    senderConfiguration: Object
    tipsConfiguration: Object
    lateFeesConfiguration: Object | None = None


class Templates(BaseModel):
    data: list[Object]
    totalCount: int


class Schedules(BaseModel):
    schedules: list[Object]
    total: int
