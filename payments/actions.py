"""The only writers of payments. Money that arrived is never refused: what no invoice takes becomes the customer's
credit.

Invoices are locked before payments, in the order of their ids, so that two writers never wait for each other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from businesses.events import record
from businesses.models import Account, Business
from core.ids import new_public_id
from core.money import bounded_minor, exponent
from core.problems import Conflict, Problem
from core.text import clean_text
from customers.models import Customer
from invoices import actions as invoices
from invoices.models import Invoice
from invoices.moves import require
from invoices.quote import quote, settle
from invoices.status import Status
from payments import ledger
from payments.models import IntentStatus, Method, Payment, PaymentIntent, Receipt, Waiver

TAKES_MONEY = frozenset({Status.OPEN, Status.UNCOLLECTIBLE})


@dataclass(frozen=True)
class Incoming:
    """Money as somebody tells of it. `amount` is gross, `fee` of it the provider keeps, `tip` of it is a tip; all in
    minor units. `source` and `external_id` make it the same money however often it is told.
    """

    amount: int
    currency: str
    method: str
    paid_at: datetime
    source: str = "manual"
    external_id: str = ""
    fee: int = 0
    tip: int = 0
    account_id: int | None = None
    payer_name: str = ""
    payer_tax_id: str = ""
    note: str = ""
    attachment: str = ""


@dataclass(frozen=True)
class Target:
    """An invoice that the money is for: up to `amount` minor units (or all that is due), one `part` of it first."""

    invoice_id: int
    amount: int | None = None
    part: int | None = None


def receive(
    business: Business,
    incoming: Incoming,
    targets: Sequence[Target] = (),
    *,
    customer: Customer | None = None,
    by: object = None,
) -> tuple[Payment, bool]:
    """Store money that came in and apply it to its invoices in the order given; the rest is the customer's credit.

    Returns the payment and whether it is new: the same `source` and `external_id` again changes nothing. Raises Problem
    for a future date, amounts that make no sense, or an invoice that is not the business's.
    """
    incoming = _checked(business, incoming)
    known = _known(business, incoming)
    if known is not None:
        return known, False
    try:
        with transaction.atomic():
            return _receive(business, incoming, targets, customer, by), True
    except IntegrityError:
        known = _known(business, incoming)
        if known is None:
            raise
        return known, False


def _known(business: Business, incoming: Incoming) -> Payment | None:
    same = {"source": incoming.source, "external_id": incoming.external_id}
    return Payment.objects.for_business(business).filter(**same).first()


def _checked(business: Business, incoming: Incoming) -> Incoming:
    exponent(incoming.currency)
    for name in ("amount", "fee", "tip"):
        if bounded_minor(getattr(incoming, name), field=name) < 0:
            raise Problem(_("An amount cannot be negative here."), field=name, code="negative")
    if not incoming.amount:
        raise Problem(_("The amount must be above zero."), field="amount", code="amount")
    if incoming.fee > incoming.amount or incoming.tip > incoming.amount:
        name = "fee" if incoming.fee > incoming.amount else "tip"
        raise Problem(_("This is more than the payment."), field=name, code="too_large")
    if incoming.method not in Method:
        raise Problem(_("Not one of the choices."), field="method", code="choice")
    paid_on = business.today(incoming.paid_at)
    if paid_on > business.today():
        raise Problem(_("A payment cannot lie in the future."), field="paid_at", code="future")
    if paid_on.year < 1990:
        raise Problem(_("This date is too far away."), field="paid_at", code="date")
    if (
        incoming.account_id
        and not Account.objects.for_business(business).filter(pk=incoming.account_id).exists()
    ):
        raise Problem(_("No such receiving account."), field="account", code="not_found")
    return replace(
        incoming,
        external_id=clean_text(incoming.external_id, limit=150, field="external_id") or new_public_id(),
        payer_name=clean_text(incoming.payer_name[:200], limit=200, field="payer_name"),
        payer_tax_id=clean_text(incoming.payer_tax_id, limit=40, field="payer_tax_id"),
        note=clean_text(incoming.note, limit=500, lines=True, field="note"),
    )


def _receive(
    business: Business, incoming: Incoming, targets: Sequence[Target], customer: Customer | None, by: object
) -> Payment:
    found = locked_invoices(business, [target.invoice_id for target in targets])
    if targets and customer is None:
        customer = found[targets[0].invoice_id].customer
    payment: Payment = Payment.objects.create(
        business=business,
        customer=customer,
        paid_on=business.today(incoming.paid_at),
        **{name: getattr(incoming, name) for name in Incoming.__dataclass_fields__},
    )
    Receipt.objects.create(payment=payment)
    data = {
        name: getattr(incoming, name) for name in ("amount", "currency", "method", "source", "fee", "tip")
    }
    record("payment.received", payment, business=business, by=by, data=data)
    for target in targets:
        apply(payment, found[target.invoice_id], limit=target.amount, part=target.part, by=by)
    if payment.unapplied:
        reason = _why_left([found[target.invoice_id] for target in targets], payment)
        tell_credit(payment, reason, by=by)
    return payment


def _why_left(targets: Sequence[Invoice], payment: Payment) -> str:
    if any(invoice.currency != payment.currency for invoice in targets):
        return "currency"
    if any(invoice.status == Status.VOID for invoice in targets):
        return "void"
    return "overpaid" if targets else "unassigned"


def tell_credit(payment: Payment, reason: str, *, by: object = None) -> None:
    """Put on the record that money waits for somebody: the alert that staff see."""
    data = {"amount": payment.unapplied, "currency": payment.currency, "reason": reason}
    record("payment.unapplied", payment, business=payment.business_id, by=by, data=data)


def locked_invoices(business: Business | int, keys: Iterable[int]) -> dict[int, Invoice]:
    """Issued invoices of the business by id, locked until the transaction ends; Problem when one is not there."""
    wanted = set(keys)
    rows = Invoice.objects.for_business(business).current().exclude(status=Status.DRAFT)
    found = rows.select_for_update(of=("self",)).select_related("customer", "business").order_by("pk")
    by_key = {invoice.pk: invoice for invoice in found.filter(pk__in=wanted)}
    if set(by_key) != wanted:
        raise Problem(_("No such invoice."), field="invoice", code="not_found")
    return by_key


def apply(
    payment: Payment,
    invoice: Invoice,
    *,
    limit: int | None = None,
    part: int | None = None,
    on: date | None = None,
    by: object = None,
) -> int:
    """Settle what a locked invoice owes on the payment's day (or `on`); how many minor units it took.

    Nothing when the invoice takes no money any more or is in another currency.
    """
    money = payment.unapplied if limit is None else min(limit, payment.unapplied)
    if invoice.status not in TAKES_MONEY or invoice.currency != payment.currency or money <= 0:
        return 0
    debt = ledger.debt(invoice)
    due = quote(debt, on or payment.paid_on)
    settlement = settle(due, money, tolerance=debt.terms.tolerance, first=part)
    if not settlement.moves:
        return 0
    movement = ledger.write(payment, invoice, settlement)
    about = {"payment": payment.public_id, "method": payment.method}
    at = payment.paid_at if on is None else None
    invoices.apply_payment(
        invoice,
        movement.amount,
        surcharge=movement.surcharge,
        allowance=movement.allowance,
        about=about,
        by=by,
        at=at,
    )
    if invoice.status == Status.PAID:
        cancel_intents(invoice)
    return movement.amount


def cancel_intents(invoice: Invoice) -> None:
    """What is settled needs no other charge; one that is paid all the same becomes credit."""
    waiting = PaymentIntent.objects.for_business(invoice.business_id).filter(invoice=invoice)
    waiting.filter(status=IntentStatus.OPEN).update(status=IntentStatus.CANCELLED)


def void(invoice: Invoice, *, by: object = None) -> Invoice:
    """Cancel an issued invoice and whatever asks for its money; what is paid all the same becomes credit."""
    with transaction.atomic():
        invoices.void(invoice, by=by)
        cancel_intents(invoice)
    return invoice


def issue(invoice: Invoice, *, by: object = None, at: datetime | None = None) -> Invoice:
    """Finalise a draft and pay it with the credit that its customer has."""
    with transaction.atomic():
        issued = invoices.finalize(invoice, by=by, at=at)
        if issued.status in TAKES_MONEY and _credits(issued).exists():
            use_credit(issued, by=by)
            issued.refresh_from_db()
    return issued


def _credits(invoice: Invoice) -> Any:
    rows = Payment.objects.for_business(invoice.business_id).with_credit()
    return rows.filter(customer=invoice.customer_id, currency=invoice.currency)


def use_credit(invoice: Invoice, payments: Iterable[int] | None = None, *, by: object = None) -> int:
    """Pay an issued invoice from its customer's credit, oldest first (or from these payments); the minor units used."""
    with transaction.atomic():
        invoice = locked_invoices(invoice.business_id, [invoice.pk])[invoice.pk]
        today = invoice.business.today()
        rows = _credits(invoice) if payments is None else _credits(invoice).filter(pk__in=list(payments))
        used = 0
        for payment in rows.select_for_update().order_by("paid_on", "pk"):
            used += apply(payment, invoice, on=max(today, payment.paid_on), by=by)
        return used


def assign(payment: Payment, customer: Customer, *, by: object = None) -> Payment:
    """Say whose money it was; only while none of it is applied."""
    if customer.business_id != payment.business_id:
        raise Problem(_("No such customer."), field="customer", code="not_found")
    with transaction.atomic():
        rows = Payment.objects.for_business(payment.business_id).filter(pk=payment.pk, applied=0)
        if not rows.update(customer=customer, updated_at=timezone.now()):
            raise Conflict(_("This payment has been applied already."))
        payment.refresh_from_db()
        data = {"customer": customer.name}
        record("payment.assigned", payment, business=payment.business_id, by=by, data=data)
    return payment


def waive(
    invoice: Invoice,
    *,
    reason: str,
    fine: bool = True,
    interest: bool = True,
    amount: int | None = None,
    by: object = None,
) -> Waiver:
    """Let go of the fine, the interest or both, up to `amount` minor units or all of it."""
    reason = clean_text(reason, limit=200, field="reason")
    if not reason:
        raise Problem(_("Say why."), field="reason", code="required")
    if not (fine or interest):
        raise Problem(_("Choose the fine, the interest or both."), field="fine", code="required")
    if amount is not None and bounded_minor(amount, field="amount") <= 0:
        raise Problem(_("The amount must be above zero."), field="amount", code="amount")
    with transaction.atomic():
        invoice = locked_invoices(invoice.business_id, [invoice.pk])[invoice.pk]
        require(invoice, TAKES_MONEY)
        waiver: Waiver = Waiver.objects.create(
            business=invoice.business,
            invoice=invoice,
            fine=fine,
            interest=interest,
            amount=amount,
            reason=reason,
        )
        data = {"fine": fine, "interest": interest, "up_to": amount, "reason": reason}
        record("invoice.waived", invoice, business=invoice.business_id, by=by, data=data)
    return waiver
