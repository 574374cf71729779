"""Invoices as FatoriPay shows them (document 003). The rows come with PARTS; nothing more is asked of the database."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext

from core.ids import as_uuid
from customers.models import Customer
from invoices import frozen, ways
from invoices.models import Invoice, Line
from invoices.pdf import public_url
from invoices.status import Situation, Status
from payments import ledger
from payments.actions import TAKES_MONEY
from payments.models import Allocation, IntentStatus, PaymentIntent
from products.models import Product
from providers.fatoripay.codec import CURRENCY, METHODS, NAME, address, national, text

PARTS = ("lines__product", "allocations__payment__refunds", "intents", "waivers", "deliveries__event")
STATUS = {
    Situation.SCHEDULED: "unpaid",
    Situation.OPEN: "unpaid",
    Situation.PARTIALLY_PAID: "unpaid",
    Situation.PROCESSING: "processing",
    Situation.OVERDUE: "overdue",
    Situation.UNCOLLECTIBLE: "overdue",
    Situation.PAID: "paid",
    Situation.VOID: "canceled",
}
TOLD = {
    "invoice.paid": STATUS[Situation.PAID],
    "invoice.processing": STATUS[Situation.PROCESSING],
    "invoice.voided": STATUS[Situation.VOID],
    "invoice.marked_uncollectible": STATUS[Situation.UNCOLLECTIBLE],
}
"""The status that an event alone decides, so that two changes are told as two."""
GIVEN_BACK = "chargeback"
"""The word on which the vendor's plugin marks an order refunded; it does nothing on `refunded`."""


def invoice(row: Invoice, today: date) -> dict[str, Any]:
    """`notification_url` is always null there: so document 003 has it."""
    return {
        "id": as_uuid(row.public_id),
        "ref": row.external_id,
        "description": row.description,
        "status": status(row, today),
        "subtotal_amount": text(row.subtotal),
        "total_amount": text(row.total),
        "tax_amount": text(row.total - row.subtotal + row.discount_total),
        "discount_amount": text(row.discount_total),
        "link_token": row.token,
        "link": public_url(row.token),
        "customer": _customer(row),
        "items": [_item(line) for line in row.lines.all()],
        "payment": payment(row, today),
        "payable_with": _payable_with(row),
        "shipping": None,
        "due_date": _day(row.due_on),
        "paid_at": _day(row.business.today(row.paid_at)) if row.paid_at else None,
        "notification_url": None,
        "created_at": _day(row.business.today(row.created_at)),
        "notifications": [
            _notification(row, told) for told in row.deliveries.all() if told.channel == "notice"
        ],
    }


def _notification(row: Invoice, told: Any) -> dict[str, Any]:
    """A call of the invoice's `notification_url`; the document names the fields, the words are ours."""
    return {
        "title": gettext("Status notification"),
        "message": TOLD.get(told.event.kind, ""),
        "type": "invoice_status_changed",
        "created_at": _day(row.business.today(told.created_at)),
        "meta": {"id": as_uuid(told.public_id), "state": told.state, "tries": told.tries},
    }


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _customer(row: Invoice) -> dict[str, Any]:
    """As they were when it was issued."""
    return _person(row.customer, row.payer)


def customer(row: Customer) -> dict[str, Any]:
    """As they are; the row comes with its addresses."""
    return _person(row, frozen.payer(row))


def _person(row: Customer, who: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": as_uuid(row.public_id),
        "name": who["name"],
        "email": next(iter(who["emails"]), ""),
        "description": None,
        "cellphone": national(who["phone"]),
        "cpfcnpj": who["tax_id"],
        "address": address(who["address"]),
    }


def product(row: Product) -> dict[str, Any]:
    """At its usual price in reais."""
    price = next(price for price in row.prices.all() if price.currency == CURRENCY)
    return {
        "id": as_uuid(row.public_id),
        "name": row.name,
        "description": row.description,
        "price": _price(price.unit_price),
    }


def _item(line: Line) -> dict[str, Any]:
    """A line that was written elsewhere without a product is its own."""
    product = {
        "id": as_uuid((line.product or line).public_id),
        "name": line.name,
        "description": line.detail,
        "price": _price(line.unit_price),
    }
    return {"id": as_uuid(line.public_id), "product": product, "quantity": line.quantity}


def _price(price: Decimal) -> str:
    """Two decimals, or as many as it takes."""
    return f"{max(price.normalize(), price.quantize(Decimal('0.01')), key=_places):f}" if price else "0"


def _places(number: Decimal) -> int:
    return -int(number.as_tuple().exponent)


def _payable_with(row: Invoice) -> dict[str, bool]:
    """As it was asked for. Who named no way leaves the choice to the payer; one issued elsewhere offers what it has."""
    otherwise = not row.payable_with and NAME not in row.extras
    return {flag: METHODS[flag] in row.payable_with or otherwise for flag in ("boleto", "pix", "credit_card")}


def status(row: Invoice, today: date) -> str:
    if row.status != Status.VOID and _is_given_back(row):
        return GIVEN_BACK
    situation = row.situation(today)
    if situation == Situation.OVERDUE and _was_late_at_birth(row, today):
        return STATUS[Situation.OPEN]
    charge = _charge(row)
    if STATUS[situation] == "unpaid" and charge and charge.method == METHODS["boleto"]:
        return STATUS[Situation.PROCESSING]
    return STATUS[situation]


def _is_given_back(row: Invoice) -> bool:
    """All that was paid went back, by a refund or a chargeback."""
    return not row.amount_paid and any(share.payment.refunds.all() for share in row.allocations.all())


def _was_late_at_birth(row: Invoice, today: date) -> bool:
    """Document 003 creates an invoice that is past due and gets `unpaid`: it is overdue from the next day on."""
    return NAME in row.extras and row.business.today(row.created_at) == today


def _charge(row: Invoice) -> PaymentIntent | None:
    """The newest capture that nobody has paid yet."""
    waiting = (
        each for each in row.intents.all() if each.provider == NAME and each.status == IntentStatus.OPEN
    )
    return next(waiting, None) if row.status in TAKES_MONEY else None


def payment(row: Invoice, today: date) -> dict[str, Any] | None:
    """The charge that waits for its money, or else the money that came."""
    charge, shares = _charge(row), list(row.allocations.all())
    if charge:
        return _waiting(row, charge, today)
    return _received(shares) if shares else None


def _waiting(row: Invoice, charge: PaymentIntent, today: date) -> dict[str, Any]:
    due = ledger.owed(row, today)
    return _payment(
        id=as_uuid(charge.public_id),
        status="pending",
        method=charge.method,
        interest_amount=text(due.fine + due.interest - due.waived),
        fee_amount=text(0),
        discount_amount=text(due.discount),
        total_amount=text(due.total),
        transaction=_transaction(row, charge.method, due.total),
        paid_at=None,
    )


def _transaction(row: Invoice, method: str, amount: int) -> dict[str, Any] | None:
    """What the payer needs; its words are ours, FatoriPay's are not published."""
    link = public_url(row.token)
    if method == METHODS["pix"]:
        return {"type": "pix", "qr_code": ways.pix_code(row, amount), "link": link}
    slip = next(iter(ways.slips(row)), None)
    if slip is None:
        return None
    return {
        "type": "boleto",
        "typeable_line": slip.line,
        "barcode": slip.barcode,
        "our_number": slip.our_number,
        "due_date": _day(slip.due_on),
        "link": link,
    }


def _received(shares: list[Allocation]) -> dict[str, Any]:
    """The last money that came, as far as it went to this invoice."""
    money = shares[-1].payment
    mine = [share for share in shares if share.payment_id == money.pk]
    came = [share for share in mine if share.amount >= 0]
    is_here = sum(share.amount for share in mine) > 0
    return _payment(
        id=as_uuid(money.public_id),
        status="paid" if is_here else GIVEN_BACK,
        method=money.method,
        interest_amount=text(sum(share.fine + share.interest for share in came)),
        fee_amount=text(money.fee),
        discount_amount=text(sum(share.discount + share.write_off for share in came)),
        total_amount=text(sum(share.amount for share in came)),
        transaction=None,
        paid_at=_day(money.paid_on),
    )


def _payment(**told: Any) -> dict[str, Any]:
    return {**told, "next_withdraw_available": None, "withdraw_agenda": []}
