"""FatoriPay's own words: what its clients send (document 003, its plugin, today's docs) and what it answers."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from django.utils.translation import gettext as _
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError


def _amount(value: Any) -> Any:
    """Checked before the types are tried one by one: a wrong one is one fault, not three."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise PydanticCustomError("amount", "{words}", {"words": _("Enter an amount.")})
    return value


Amount = Annotated[int | str | Decimal, BeforeValidator(_amount)]
"""`"100.25"`, `"100,25"`, `100.25` or, when all prices are whole JSON numbers, cents: `codec.read` knows which."""


class Inbound(BaseModel):
    model_config = ConfigDict(strict=True)


class AddressIn(Inbound):
    street: str | None = None
    number: str | None = None
    complement: str | None = None
    neighborhood: str | None = None
    city: str | None = None
    state: str | None = None
    zipcode: str | None = None
    zip_code: str | None = None


class CustomerIn(Inbound):
    name: str = Field(min_length=1)
    email: str = ""
    cellphone: str = ""
    cpfcnpj: str
    address: AddressIn = AddressIn()


class ItemIn(Inbound):
    name: str = Field(min_length=1)
    description: str | None = None
    quantity: int = Field(ge=1)
    price: Amount


class PayableWithIn(Inbound):
    boleto: bool = False
    pix: bool = False
    credit_card: bool = False
    pixboleto: bool = False
    credit_card_installments_without_interest: int = Field(0, ge=0, le=24)
    installments_min: int | None = Field(None, ge=1, le=24)
    installments_max: int | None = Field(None, ge=1, le=24)
    fee_mdr_responsible: Literal["customer", "merchant"] | None = None
    fee_antecipation_responsible: Literal["customer", "merchant"] | None = None


def _everything() -> PayableWithIn:
    return PayableWithIn.model_validate({"boleto": True, "pix": True, "credit_card": True})


class CreateInvoice(Inbound):
    ref: str
    due_date: str = Field(description="dd-mm-yyyy, dd/mm/yyyy or yyyy-mm-dd")
    description: str = ""
    discount_amount: Amount = 0
    tax_amount: Amount = 0
    customer: CustomerIn
    items: list[ItemIn] = Field(min_length=1)
    payable_with: PayableWithIn = Field(default_factory=_everything)
    notification_url: str | None = None
    redirect_url: str | None = None
    notification_enabled: bool | None = None


class UpdateInvoice(Inbound):
    """Only what is given changes."""

    ref: str | None = None
    due_date: str | None = None
    description: str | None = None
    discount_amount: Amount | None = None
    tax_amount: Amount | None = None
    customer: CustomerIn | None = None
    items: list[ItemIn] | None = Field(None, min_length=1)
    payable_with: PayableWithIn | None = None
    notification_url: str | None = None
    redirect_url: str | None = None
    notification_enabled: bool | None = None


class Capture(Inbound):
    """Whatever else is sent, card data above all, is neither read nor kept."""

    method: Literal["boleto", "pix", "credit_card"]


class GiveBack(Inbound):
    amount: Amount | None = None
    reason: str = ""


class LogIn(Inbound):
    username: str | None = None


class Refresh(Inbound):
    refresh_token: str


class CreateTrigger(Inbound):
    name: str = Field(min_length=1)
    action: Literal["invoice_created", "invoice_status_changed", "payment_received"]
    notification_url: str


class Token(BaseModel):
    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    refresh_token: str


Id = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Day = Annotated[str, Field(pattern=r"^[0-9]{2}/[0-9]{2}/[0-9]{4}$")]
Money = Annotated[str, Field(pattern=r"^(0|-?[0-9]+\.[0-9]{2})$")]


class Address(BaseModel):
    street: str
    number: str
    complement: str
    neighborhood: str
    city: str
    state: str
    zipcode: str


class Customer(BaseModel):
    id: Id
    name: str
    email: str
    description: None
    cellphone: str
    cpfcnpj: str
    address: Address


class Product(BaseModel):
    id: Id
    name: str
    description: str
    price: str


class Item(BaseModel):
    id: Id
    product: Product
    quantity: int | float


class PayableWith(BaseModel):
    boleto: bool
    pix: bool
    credit_card: bool


class PixTransaction(BaseModel):
    """What a Pix charge is paid with: the code behind the QR code, and our page that shows it."""

    type: Literal["pix"]
    qr_code: str
    link: str


class BoletoTransaction(BaseModel):
    type: Literal["boleto"]
    typeable_line: str
    barcode: str
    our_number: str
    due_date: Day
    link: str


class Payment(BaseModel):
    id: Id
    status: Literal["pending", "paid", "chargeback"]
    method: str
    interest_amount: Money
    fee_amount: Money
    discount_amount: Money
    total_amount: Money
    transaction: PixTransaction | BoletoTransaction | None
    next_withdraw_available: None
    withdraw_agenda: list[dict[str, Any]]
    paid_at: Day | None


class Invoice(BaseModel):
    """As document 003 shows it: exactly these keys."""

    id: Id
    ref: str
    description: str
    status: Literal["unpaid", "processing", "paid", "canceled", "overdue", "chargeback"]
    subtotal_amount: Money
    total_amount: Money
    tax_amount: Money
    discount_amount: Money
    link_token: str
    link: str
    customer: Customer
    items: list[Item]
    payment: Payment | None
    payable_with: PayableWith
    shipping: None
    due_date: Day
    paid_at: Day | None
    notification_url: None
    created_at: Day
    notifications: list[dict[str, Any]]


class Trigger(BaseModel):
    id: Id
    name: str
    action: str
    notification_url: str


class Message(BaseModel):
    message: str
