"""Charges of an invoice at a provider: opened, told about, settled once. The first that settles cancels the others."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.fields import validate_small_json
from core.money import bounded_minor
from core.problems import Problem
from invoices import actions as invoices
from invoices.models import Invoice
from invoices.moves import require
from invoices.status import Status
from payments.actions import TAKES_MONEY, Incoming, Target, locked_invoices, receive
from payments.models import IntentStatus, Payment, PaymentAttempt, PaymentIntent

WAITING = (IntentStatus.OPEN, IntentStatus.PROCESSING)


def create(
    invoice: Invoice,
    *,
    method: str,
    provider: str,
    amount: int,
    tip: int = 0,
    part: int | None = None,
    expires_at: datetime | None = None,
    extras: dict[str, Any] | None = None,
) -> PaymentIntent:
    """A charge of `amount` minor units, `tip` of them a tip, that the provider does not know yet. `extras` are kept for
    whoever asked.
    """
    require(invoice, TAKES_MONEY)
    validate_small_json(extras or {})
    if not 0 <= bounded_minor(tip, field="tip") < bounded_minor(amount, field="amount"):
        raise Problem(_("The tip must be less than the amount."), field="tip", code="too_large")
    row: PaymentIntent = PaymentIntent.objects.create(
        business=invoice.business,
        invoice=invoice,
        part=part,
        method=method,
        provider=provider,
        currency=invoice.currency,
        amount=amount,
        tip=tip,
        expires_at=expires_at,
        extras=extras or {},
    )
    return row


def note(intent: PaymentIntent, extras: dict[str, Any]) -> PaymentIntent:
    """Keep something else for whoever asked."""
    validate_small_json(extras)
    _set(intent, list(IntentStatus), extras=extras)
    return intent


def opened(
    intent: PaymentIntent, *, external_id: str, url: str, expires_at: datetime | None
) -> PaymentIntent:
    """The provider has taken it."""
    _set(intent, [IntentStatus.OPEN], external_id=external_id, url=url, expires_at=expires_at)
    return intent


def processing(intent: PaymentIntent, *, by: object = None) -> None:
    """The payer has done their part; the money is on its way."""
    with transaction.atomic():
        invoice = locked_invoices(intent.business_id, [intent.invoice_id])[intent.invoice_id]
        if (
            _set(intent, [IntentStatus.OPEN], status=IntentStatus.PROCESSING)
            and invoice.status == Status.OPEN
        ):
            amount = min(intent.amount - intent.tip, invoice.amount_remaining)
            invoices.set_processing(invoice, amount, by=by)


def failed(intent: PaymentIntent, error: str, *, external_id: str = "", by: object = None) -> None:
    """One attempt did not work; the charge stays open for the next."""
    with transaction.atomic():
        PaymentAttempt.objects.create(intent=intent, external_id=external_id, error=error[:300])
        if _set(intent, [IntentStatus.PROCESSING], status=IntentStatus.OPEN):
            _nothing_on_its_way(intent, by)


def expired(intent: PaymentIntent, *, by: object = None) -> None:
    """Nobody paid in time."""
    with transaction.atomic():
        was_processing = intent.status == IntentStatus.PROCESSING
        if _set(intent, WAITING, status=IntentStatus.EXPIRED) and was_processing:
            _nothing_on_its_way(intent, by)


def succeeded(
    intent: PaymentIntent,
    *,
    external_id: str,
    amount: int,
    currency: str,
    paid_at: datetime,
    fee: int = 0,
    by: object = None,
) -> Payment:
    """The provider says it is paid: one payment, whatever order and however often it is said.

    A charge that was cancelled or had expired is paid all the same; what its invoice does not take becomes credit.
    """
    incoming = Incoming(
        amount=amount,
        currency=currency,
        method=intent.method,
        paid_at=min(paid_at, timezone.now()),
        source=intent.provider,
        external_id=external_id,
        fee=fee,
        tip=min(intent.tip, amount),
        account_id=intent.invoice.account_id,
    )
    with transaction.atomic():
        locked_invoices(intent.business_id, [intent.invoice_id])
        _set(intent, list(IntentStatus), status=IntentStatus.SUCCEEDED)
        target = Target(intent.invoice_id, part=intent.part)
        customer = intent.invoice.customer
        payment, is_new = receive(intent.business, incoming, [target], customer=customer, by=by)
        if is_new:
            PaymentAttempt.objects.create(intent=intent, succeeded=True, external_id=external_id)
    return payment


def _nothing_on_its_way(intent: PaymentIntent, by: object) -> None:
    invoice = locked_invoices(intent.business_id, [intent.invoice_id])[intent.invoice_id]
    if invoice.intents.filter(status=IntentStatus.PROCESSING).exists():
        return
    if invoice.status == Status.OPEN and invoice.amount_processing:
        invoices.set_processing(invoice, 0, by=by)


def _set(intent: PaymentIntent, allowed: Iterable[str], **values: Any) -> bool:
    """Compare and set."""
    rows = PaymentIntent.objects.for_business(intent.business_id).filter(
        pk=intent.pk, status__in=list(allowed)
    )
    changed = bool(rows.update(**values, updated_at=timezone.now()))
    intent.refresh_from_db()
    return changed
