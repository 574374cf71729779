"""Cards: payers are sent to the hosted checkout of an invoice's account, and money goes back through it."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from businesses.events import record
from businesses.models import Business, Event
from businesses.owned import OwnedQuerySet
from core.money import bounded_minor
from core.problems import Problem
from core.secrets import SecretUnreadable
from core.text import clean_text
from invoices.models import Invoice
from invoices.moves import require
from payments import intents, ledger, refunds
from payments.actions import TAKES_MONEY, locked_invoices
from payments.card_connections import checkout_of, connection_for
from payments.checkout import CheckoutError, Order
from payments.models import (
    CardConnection,
    IntentStatus,
    Method,
    Payment,
    PaymentIntent,
    Refund,
    RefundKind,
)
from payments.refunds import GivenBack

SHORTEST, LONGEST = timedelta(minutes=35), timedelta(hours=23)
"""Stripe keeps a page open for 30 minutes to 24 hours (docs.stripe.com/api/checkout/sessions/create)."""
TIME_TO_PAY = timedelta(minutes=10)
"""A page that closes sooner is not offered again."""
PATIENCE = timedelta(seconds=60)
"""For how long the answer to a refund that was asked for may still be on its way."""


def start(
    invoice: Invoice,
    *,
    amount: int,
    tip: int = 0,
    part: int | None = None,
    success_url: str,
    cancel_url: str,
    language: str,
) -> str:
    """The address of a page where `amount` minor units, `tip` of them a tip, are paid by card.

    The page that was opened for the same and still waits is given again. Never call it inside a transaction: it asks
    the provider. Raises Problem for what cannot be paid so, Conflict when the invoice takes no money any more and
    CheckoutError when the provider fails.
    """
    connection = connection_for(invoice)
    if connection is None:
        raise Problem(_("This invoice cannot be paid by card."), field="method", code="cards")
    bounded_minor(amount, field="amount")
    bounded_minor(tip, field="tip")
    if part is not None and not 0 <= part < len(ledger.parts(invoice)):
        raise Problem(_("No such part."), field="part", code="not_found")
    require(invoice, TAKES_MONEY)
    asked = {"amount": amount, "tip": tip, "part": part}
    waiting = _waiting(connection, invoice).filter(**asked).first()
    if waiting is not None:
        return str(waiting.url)
    intent = intents.create(
        invoice, method=Method.CREDIT_CARD, provider=connection.provider, amount=amount, tip=tip, part=part
    )
    order = _order(intent, success_url=success_url, cancel_url=cancel_url, language=language)
    return _open(connection, intent, order)


def _waiting(connection: CardConnection, invoice: Invoice) -> OwnedQuerySet:
    """Pages that were opened through the connection as it is now: with another key it may be another's till."""
    rows = PaymentIntent.objects.for_business(invoice.business_id).filter(invoice=invoice)
    return rows.filter(
        provider=connection.provider,
        status=IntentStatus.OPEN,
        expires_at__gt=timezone.now() + TIME_TO_PAY,
        created_at__gt=connection.updated_at,
    ).exclude(url="")


def _order(intent: PaymentIntent, *, success_url: str, cancel_url: str, language: str) -> Order:
    invoice = intent.invoice
    with translation.override(language):
        description = _("Invoice %(number)s") % {"number": invoice.number}
    return Order(
        reference=intent.public_id,
        amount=intent.amount,
        currency=intent.currency,
        description=description,
        customer_email=next(iter(invoice.payer.get("emails", [])), ""),
        language=language,
        success_url=success_url,
        cancel_url=cancel_url,
        expires_at=closing(invoice.business, timezone.now()),
    )


def closing(business: Business, now: datetime) -> datetime:
    """When a page that is opened now closes: with the business's day, for tomorrow another amount may be due."""
    tomorrow = business.today(now) + timedelta(days=1)
    midnight = datetime.combine(tomorrow, time.min, business.zone)
    return min(max(midnight, now + SHORTEST), now + LONGEST)


def _open(connection: CardConnection, intent: PaymentIntent, order: Order) -> str:
    """An intent that got no page is closed: nobody has the address of one that was made all the same."""
    try:
        session = checkout_of(connection).create_session(order)
    except (CheckoutError, Problem) as error:
        intents.failed(intent, error.text)
        intents.expired(intent)
        raise
    intents.opened(intent, external_id=session.external_id, url=session.url, expires_at=session.expires_at)
    return session.url


def give_back(
    payment: Payment,
    amount: int,
    reason: str = "",
    *,
    reopen: bool = False,
    key: str = "",
    by: object = None,
) -> Refund:
    """Give back minor units of a card payment, first at the provider and then on record.

    The same `key` again gives back nothing more, and so does asking again for what is under way or had an unknown
    outcome. Never call it inside a transaction. Raises Problem, also when the provider refuses or when nobody knows
    what it did.
    """
    reason = clean_text(reason, limit=200, field="reason")
    if bounded_minor(amount, field="amount") <= 0:
        raise Problem(_("The amount must be above zero."), field="amount", code="amount")
    asked = _asked(payment, key)
    if asked is None and amount > payment.refundable:
        raise Problem(_("This is more than the payment still holds."), field="amount", code="too_large")
    connection = _connection_of(payment)
    before = given_back(payment) if asked is None else asked["before"]
    amount = amount if asked is None else asked["amount"]
    data = {"amount": amount, "currency": payment.currency, "key": key, "before": before}
    record("payment.refund_asked", payment, business=payment.business_id, by=by, data=data)
    refund_id = _refunded(connection, payment, amount, key=f"{payment.public_id}-{before}-{amount}")
    given = GivenBack(amount, reason, payment.method, reopen=reopen, external_id=refund_id)
    row: Refund = record_given_back(payment, before + amount, given, by=by) or payment.refunds.latest("pk")
    return row


def _asked(payment: Payment, key: str) -> dict[str, Any] | None:
    """What was asked for under this key before."""
    if not key:
        return None
    events = Event.objects.about(payment).filter(kind="payment.refund_asked", data__key=key)
    return events.values_list("data", flat=True).first()


def _connection_of(payment: Payment) -> CardConnection:
    rows = CardConnection.objects.for_business(payment.business_id).filter(provider=payment.source)
    try:
        connection: CardConnection | None = rows.filter(account=payment.account_id).first()
    except SecretUnreadable as error:
        raise Problem(error.text, code="secret") from error
    if connection is None:
        raise Problem(_("No card checkout is connected that could give this back."), code="cards")
    return connection


def _refunded(connection: CardConnection, payment: Payment, amount: int, *, key: str) -> str:
    """The provider's id of the refund."""
    try:
        return checkout_of(connection).refund(payment.external_id, amount, key=key)
    except CheckoutError as error:
        provider = connection.get_provider_display()
        message = _("%(provider)s refused the refund: %(said)s")
        if error.ambiguous:
            message = _(
                "Nobody knows whether %(provider)s gave the money back, and nothing is on record. "
                "Look there before you try again. %(said)s"
            )
        said = {"provider": provider, "said": error.text}
        raise Problem(message % said, code="ambiguous" if error.ambiguous else "refused") from error


def given_back(payment: Payment) -> int:
    """What went back the way it came, in minor units; by hand it may have gone back another way."""
    same_way = payment.refunds.filter(kind=RefundKind.REFUND, method=payment.method)
    return same_way.aggregate(sum=Sum("amount"))["sum"] or 0


def record_given_back(payment: Payment, total: int, given: GivenBack, *, by: object = None) -> Refund | None:
    """Record what is missing until `total` minor units in all went back through the provider; None when nothing is.

    The provider's answer and its webhooks tell of the same money, in any order: only totals are never counted twice.
    """
    with transaction.atomic():
        locked_invoices(payment.business_id, payment.allocations.values_list("invoice", flat=True))
        rows = Payment.objects.for_business(payment.business_id).select_for_update()
        missing = total - given_back(rows.get(pk=payment.pk))
        if missing <= 0:
            return None
        return refunds.refund(payment, replace(given, amount=missing), by=by)


def is_giving_back(payment: Payment) -> bool:
    """Whether somebody has just asked for a refund whose answer may not be here yet."""
    recent = Event.objects.about(payment).filter(at__gt=timezone.now() - PATIENCE)
    return recent.filter(kind="payment.refund_asked").exists()
