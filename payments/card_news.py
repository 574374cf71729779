"""What the webhooks of hosted checkouts do to our rows: the same end however often and in whatever order they come."""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from businesses.events import record
from businesses.models import Event
from core.problems import Conflict
from payments import cards, intents, refunds
from payments.actions import locked_invoices
from payments.checkout import News
from payments.models import CardConnection, Payment, PaymentIntent, RefundKind
from payments.refunds import GivenBack

log = logging.getLogger(__name__)

DECIDED = ("payment.dispute_won", "payment.charged_back")
KEY_LENGTH = 150


def hear(connection: CardConnection, news: News) -> None:
    """Act on one authentic webhook. What is about no charge or payment of the business's is logged and left alone.

    Raises Conflict when it must be told again later, and Problem for what makes no sense.
    """
    act = HEARD.get(news.kind)
    if act is not None:
        act(connection, news)


def _actor(connection: CardConnection) -> str:
    return f"provider:{connection.get_provider_display()}"


def _intent(connection: CardConnection, news: News) -> PaymentIntent | None:
    rows = PaymentIntent.objects.for_business(connection.business_id).filter(provider=connection.provider)
    found: PaymentIntent | None = rows.filter(public_id=news.reference).first()
    if found is None:
        log.warning("%s %s (%s) is about no charge of ours.", connection.provider, news.event_id, news.kind)
    return found


def _payment(connection: CardConnection, news: News) -> Payment | None:
    rows = Payment.objects.for_business(connection.business_id).filter(source=connection.provider)
    found: Payment | None = rows.filter(external_id=news.payment_id).first()
    if found is None:
        log.warning("%s %s (%s) is about no payment of ours.", connection.provider, news.event_id, news.kind)
    return found


def _paid(connection: CardConnection, news: News) -> None:
    """The money that came is what counts, even when it is not what was asked for."""
    intent, money = _intent(connection, news), news.settlement
    if intent is None or money is None:
        return
    payment = intents.succeeded(
        intent,
        external_id=money.payment_id,
        amount=money.amount,
        currency=money.currency,
        paid_at=money.paid_at,
        fee=money.fee or 0,
        by=_actor(connection),
    )
    if (payment.amount, payment.currency) != (intent.amount, intent.currency):
        _tell_difference(payment, intent, _actor(connection))


def _tell_difference(payment: Payment, intent: PaymentIntent, by: str) -> None:
    """Once, for staff to look at."""
    with transaction.atomic():
        Payment.objects.for_business(payment.business_id).select_for_update().get(pk=payment.pk)
        kind, known = "payment.differs", Event.objects.about(payment)
        if not known.filter(kind=kind).exists():
            data = {"amount": payment.amount, "currency": payment.currency}
            asked = {"asked": intent.amount, "asked_currency": intent.currency}
            record("payment.differs", payment, business=payment.business_id, by=by, data=data | asked)


def _processing(connection: CardConnection, news: News) -> None:
    intent = _intent(connection, news)
    if intent is not None:
        intents.processing(intent, by=_actor(connection))


def _failed(connection: CardConnection, news: News) -> None:
    """One attempt for each event, however often that is told; its page cannot be paid any more."""
    intent = _intent(connection, news)
    if intent is None:
        return
    with transaction.atomic():
        locked_invoices(intent.business_id, [intent.invoice_id])
        key = news.event_id[:KEY_LENGTH]
        if not intent.attempts.filter(external_id=key).exists():
            error = news.reason or _("The payment failed.")
            intents.failed(intent, error, external_id=key, by=_actor(connection))
            intents.expired(intent, by=_actor(connection))


def _expired(connection: CardConnection, news: News) -> None:
    intent = _intent(connection, news)
    if intent is not None:
        intents.expired(intent, by=_actor(connection))


def _refunded(connection: CardConnection, news: News) -> None:
    """Told as a total. A refund of ours is recorded by whoever asked for it, with the reason that only they know."""
    payment = _payment(connection, news)
    if payment is None:
        _expect_payment(connection, news)
        return
    if cards.given_back(payment) < news.amount and cards.is_giving_back(payment):
        raise Conflict(_("This refund is being recorded just now."))
    known = set(payment.refunds.values_list("external_id", flat=True))
    new = [name for name in news.refund_ids if name not in known]
    key = new[0] if len(new) == 1 else news.event_id
    given = GivenBack(0, method=payment.method, on=_day(payment, news), external_id=key[:KEY_LENGTH])
    cards.record_given_back(payment, news.amount, given, by=_actor(connection))


def _expect_payment(connection: CardConnection, news: News) -> None:
    """A refund may be told before its payment; of what was never asked for here, no payment will follow."""
    if news.reference and _intent(connection, news) is not None:
        raise Conflict(_("The payment itself is not known yet."))


def _day(payment: Payment, news: News) -> date:
    today = payment.business.today()
    return max(payment.paid_on, min(today, payment.business.today(news.happened_at)))


def _disputed(connection: CardConnection, news: News) -> None:
    payment = _payment(connection, news)
    if payment is not None and not _is_decided(payment, news):
        with suppress(Conflict):
            refunds.dispute(payment, by=_actor(connection), at=news.happened_at)


def _won(connection: CardConnection, news: News) -> None:
    """Perhaps told before its beginning, which is then put on record with it."""
    payment = _payment(connection, news)
    if payment is not None and not _is_decided(payment, news):
        _disputed(connection, news)
        with suppress(Conflict):
            refunds.win_dispute(payment, by=_actor(connection))


def _lost(connection: CardConnection, news: News) -> None:
    """Banks may take back less than the whole payment."""
    payment = _payment(connection, news)
    if payment is None or not payment.refundable:
        return
    given = GivenBack(
        min(news.amount or payment.refundable, payment.refundable),
        reason=news.reason[:KEY_LENGTH],
        method=payment.method,
        reopen=True,
        external_id=f"dispute-{payment.public_id}",
        kind=RefundKind.CHARGEBACK,
    )
    refunds.refund(payment, given, by=_actor(connection))


def _is_decided(payment: Payment, news: News) -> bool:
    """Whether the end of a dispute is on record that was already begun when this happened."""
    ends = Event.objects.about(payment).filter(kind__in=DECIDED)
    return ends.filter(at__gte=news.happened_at or payment.paid_at).exists()


HEARD: dict[str, Callable[[CardConnection, News], None]] = {
    "paid": _paid,
    "processing": _processing,
    "failed": _failed,
    "expired": _expired,
    "refunded": _refunded,
    "disputed": _disputed,
    "dispute_won": _won,
    "dispute_lost": _lost,
}
"""What is ignored is not here."""
