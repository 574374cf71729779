"""Payments that HighLevel's callers record: what came in, for which invoice, by which of its words for a method."""

from datetime import date, datetime, time

from django.utils import timezone
from django.utils.translation import gettext as _

from businesses.models import Business
from businesses.roles import Can
from core.money import minor_units
from core.problems import Problem
from gateway.callers import Caller
from invoices import moves
from invoices.models import Invoice
from payments import actions, ledger
from payments.actions import TAKES_MONEY, Incoming, Target
from payments.models import Method
from providers.highlevel import parts, wire
from providers.highlevel.parts import NAME

METHODS = {
    "cash": Method.CASH,
    "card": Method.CREDIT_CARD,
    "cheque": Method.CHECK,
    "bank_transfer": Method.BANK_TRANSFER,
    "other": Method.OTHER,
}


def record(caller: Caller, invoice: Invoice, body: wire.RecordPayment) -> None:
    """More than is due becomes the customer's credit; an invoice that takes no money any more is a Conflict."""
    caller.require(Can.RECEIVE)
    moves.require(invoice, TAKES_MONEY)
    business = caller.business
    invoice = actions.locked_invoices(business, [invoice.pk])[invoice.pk]
    moves.require(invoice, TAKES_MONEY)
    paid_at = _instant(body.fulfilledAt, business)
    incoming = Incoming(
        amount=_amount(invoice, body, business.today(paid_at)),
        currency=invoice.currency,
        method=METHODS[body.mode],
        paid_at=paid_at,
        source=NAME,
        account_id=invoice.account_id,
        note=_note(body),
    )
    part = parts.part_named(invoice.schedule, body.paymentScheduleIds or ())
    actions.receive(business, incoming, [Target(invoice.pk, part=part)], by=caller.actor)


def _amount(invoice: Invoice, body: wire.RecordPayment, on: date) -> int:
    if body.amount is None:
        return ledger.owed(invoice, on).total
    return minor_units(body.amount, invoice.currency, field="amount")


def _instant(text: str | None, business: Business) -> datetime:
    """Now, an instant, or noon of a day."""
    if not text:
        return timezone.now()
    try:
        if wire.DAY.fullmatch(text):
            return datetime.combine(date.fromisoformat(text), time(12), business.zone)
        found = datetime.fromisoformat(text)
    except ValueError as error:
        message = _("Enter a date, like 2026-01-31.")
        raise Problem(message, field="fulfilledAt", code="date") from error
    return found if found.tzinfo else found.replace(tzinfo=business.zone)


def _note(body: wire.RecordPayment) -> str:
    """Of a card never more than its last four digits."""
    card = f"{body.card.brand} {body.card.last4[-4:]}".strip() if body.card and body.mode == "card" else ""
    cheque = body.cheque.number if body.cheque and body.mode == "cheque" else ""
    return " · ".join(filter(None, [body.notes, card, cheque]))
