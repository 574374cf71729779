"""Money that goes back: refunds, chargebacks, disputes. Credit goes first, then what invoices hold, then the tip."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from businesses.events import record
from core.ids import new_public_id
from core.money import bounded_minor
from core.problems import Conflict, Problem
from core.text import clean_text
from invoices import actions as invoices
from payments import ledger
from payments.actions import locked_invoices
from payments.models import Method, Payment, Refund, RefundKind


@dataclass(frozen=True)
class GivenBack:
    """`amount` in minor units; `reopen`: invoices that lose money ask for it again, instead of letting it go."""

    amount: int
    reason: str = ""
    method: str = Method.PIX
    on: date | None = None
    reopen: bool = False
    external_id: str = field(default_factory=new_public_id)
    kind: str = RefundKind.REFUND


def refund(payment: Payment, given: GivenBack, *, by: object = None) -> Refund:
    """Record that money went back; the same `external_id` again changes nothing.

    Raises Problem when it is more than the payment still holds, or dated in the future.
    """
    with transaction.atomic():
        found = locked_invoices(payment.business_id, _invoice_keys(payment))
        payment = Payment.objects.for_business(payment.business_id).select_for_update().get(pk=payment.pk)
        known = payment.refunds.filter(external_id=given.external_id).first()
        if known is not None:
            return known  # type: ignore[no-any-return]
        if not found.keys() >= set(_invoice_keys(payment)):
            raise Conflict(_("Someone else has used this payment just now."))
        on = _checked(payment, given)
        left = given.amount - min(given.amount, payment.unapplied)
        for invoice in reversed(found.values()):
            left -= _take_back(payment, invoice, left, on, given.reopen, by)
        _store(payment, given, tip=left)
        return _recorded(payment, given, on, by)


def _invoice_keys(payment: Payment) -> list[int]:
    return list(payment.allocations.order_by("-invoice").values_list("invoice", flat=True).distinct())


def _checked(payment: Payment, given: GivenBack) -> date:
    today = payment.business.today()
    on = given.on or today
    if bounded_minor(given.amount, field="amount") <= 0:
        raise Problem(_("The amount must be above zero."), field="amount", code="amount")
    if given.amount > payment.refundable:
        raise Problem(_("This is more than the payment still holds."), field="amount", code="too_large")
    if given.method not in Method:
        raise Problem(_("Not one of the choices."), field="method", code="choice")
    if not payment.paid_on <= on <= today:
        raise Problem(_("This day lies before the payment or in the future."), field="on", code="date")
    return on


def _take_back(payment: Payment, invoice: Any, most: int, on: date, reopen: bool, by: object) -> int:
    held = sum(share.money for share in ledger.shares(invoice, payment))
    amount = min(most, held)
    if amount:
        movement = ledger.take_back(invoice, payment, amount, on, reopen=reopen)
        about = {"payment": payment.public_id}
        invoices.move(invoice, movement, "invoice.payment_reversed", about=about, by=by)
    return amount


def _store(payment: Payment, given: GivenBack, *, tip: int) -> None:
    """A chargeback also decides the dispute."""
    disputed_at = None if given.kind == RefundKind.CHARGEBACK else payment.disputed_at
    rows = Payment.objects.for_business(payment.business_id).filter(pk=payment.pk)
    rows.update(
        refunded=F("refunded") + given.amount,
        tip=F("tip") - tip,
        disputed_at=disputed_at,
        updated_at=timezone.now(),
    )
    payment.refresh_from_db()


def _recorded(payment: Payment, given: GivenBack, on: date, by: object) -> Refund:
    row: Refund = Refund.objects.create(
        business=payment.business,
        payment=payment,
        kind=given.kind,
        amount=given.amount,
        on=on,
        method=given.method,
        reason=clean_text(given.reason, limit=200, field="reason"),
        external_id=given.external_id,
    )
    data = {"amount": given.amount, "currency": payment.currency, "reason": row.reason, "kind": given.kind}
    kind = "payment.charged_back" if given.kind == RefundKind.CHARGEBACK else "payment.refunded"
    record(kind, payment, business=payment.business_id, by=by, data=data)
    return row


def dispute(payment: Payment, *, by: object = None, at: datetime | None = None) -> Payment:
    """The payer's bank questions the payment (chargeback, MED); nothing moves until it is decided."""
    _set_disputed(payment, at or timezone.now(), "payment.disputed", by)
    return payment


def win_dispute(payment: Payment, *, by: object = None) -> Payment:
    """The money stays."""
    _set_disputed(payment, None, "payment.dispute_won", by)
    return payment


def lose_dispute(payment: Payment, *, key: str = "", by: object = None) -> Refund:
    """The money is gone: what it had paid is due again."""
    payment.refresh_from_db()
    given = GivenBack(
        payment.refundable,
        method=payment.method,
        reopen=True,
        external_id=key or f"dispute-{payment.public_id}",
        kind=RefundKind.CHARGEBACK,
    )
    return refund(payment, given, by=by)


def _set_disputed(payment: Payment, at: datetime | None, kind: str, by: object) -> None:
    with transaction.atomic():
        rows = Payment.objects.for_business(payment.business_id).filter(pk=payment.pk)
        if not rows.filter(disputed_at__isnull=at is not None).update(disputed_at=at):
            raise Conflict(_("This is known already."))
        payment.refresh_from_db()
        record(kind, payment, business=payment.business_id, by=by, data={"amount": payment.amount})
