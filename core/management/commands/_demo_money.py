"""How the demo's invoices are paid: through the usual actions, or as complete rows for the many."""

from datetime import datetime
from typing import Any

from core.ids import new_public_id
from core.management.commands._demo_catalogue import BY
from core.management.commands._demo_insert import Row
from invoices.models import Invoice
from invoices.status import Status
from payments import actions, ledger
from payments.actions import Incoming, Target
from payments.models import Payment

METHODS = ("pix", "boleto", "pix", "credit_card", "pix", "bank_transfer")


def pay(invoice: Invoice, at: datetime, *, tenths: int = 10) -> Payment:
    """Pay so many tenths of what is due on that day; twelve leave the customer a credit."""
    business = invoice.business
    amount = ledger.owed(invoice, business.today(at)).total * tenths // 10
    foreign = business.country != "BR"
    method = "bank_transfer" if foreign else METHODS[invoice.pk % len(METHODS)]
    incoming = Incoming(amount, invoice.currency, method, at, account_id=invoice.account_id)
    payment, _is_new = actions.receive(business, incoming, [Target(invoice.pk)], by=BY)
    return payment


def paid_with(invoice: Row, key: int) -> Row:
    """The payment of a bulk invoice, in full and in time."""
    method = METHODS[key % len(METHODS)] if invoice["currency"] == "BRL" else "bank_transfer"
    amount = invoice["amount_paid"]
    return {
        "id": key,
        "public_id": new_public_id(),
        "business_id": invoice["business_id"],
        "customer_id": invoice["customer_id"],
        "account_id": invoice["account_id"],
        "source": "demo",
        "external_id": f"demo-{invoice['public_id']}",
        "method": method,
        "currency": invoice["currency"],
        "amount": amount,
        "fee": 0,
        "tip": 0,
        "applied": amount,
        "refunded": 0,
        "paid_at": invoice["paid_at"],
        "paid_on": invoice["paid_at"].date(),
        "disputed_at": None,
        "payer_name": "",
        "payer_tax_id": "",
        "note": "",
        "attachment": "",
        "created_at": invoice["paid_at"],
        "updated_at": invoice["paid_at"],
    }


def allocation_of(invoice: Row, payment: Row) -> Row:
    amount = payment["amount"]
    zero: dict[str, Any] = dict.fromkeys(("part", "fine", "interest", "discount", "write_off"), 0)
    return {
        **zero,
        "payment_id": payment["id"],
        "invoice_id": invoice["id"],
        "on": payment["paid_on"],
        "at": payment["paid_at"],
        "amount": amount,
        "principal": amount,
    }


def paid_fact(payment: Row) -> Row:
    return {
        "payment": payment["public_id"],
        "method": payment["method"],
        "amount": payment["amount"],
        "status": Status.PAID,
    }


def received_fact(payment: Row) -> Row:
    return {name: payment[name] for name in ("amount", "currency", "method", "source", "fee", "tip")}
