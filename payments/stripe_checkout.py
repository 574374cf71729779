"""Stripe Checkout: the card is typed on Stripe's page, and what happened there comes back as signed webhooks."""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from core.money import MAX_MINOR, exponent
from core.problems import Problem
from core.secrets import masked
from payments.checkout import BadSignature, CheckoutError, Kind, News, Order, Session, Settlement

if TYPE_CHECKING:
    from stripe import StripeClient, StripeError
    from stripe.params.checkout import SessionCreateParams

CONNECT_SECONDS, ANSWER_SECONDS = 5, 15
TOLERANCE_SECONDS = 300
"""How far a webhook's clock may be from ours; Stripe's own default."""

MESSAGE_LENGTH, TEXT_LENGTH = 200, 5000
YEAR_2242 = 2**33
INCOMPLETE = "incomplete"
LATER = {409, 429}
"""Another call with this key is under way, or too many calls at once (docs.stripe.com/error-low-level)."""

SECRET_KEY = re.compile(r"[sr]k_[A-Za-z0-9_]{1,250}", re.ASCII)
WEBHOOK_SECRET = re.compile(r"whsec_[A-Za-z0-9+/=_]{1,250}", re.ASCII)
LOCALES = {"pt-br": "pt-BR", "en": "en"}
PLACES = dict.fromkeys("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split(), 0)
PLACES |= dict.fromkeys("BHD JOD KWD OMR TND".split(), 3)
"""Decimals of a currency in Stripe's amounts, else 2 (docs.stripe.com/currencies).

UGX is left out: the pages disagree whether it has two, and a wrong guess charges a hundredfold.
"""


class StripeCheckout:
    """`payments.checkout.Checkout` on Stripe; `base_url` is for tests.

    An order's `instalments` are not sent: Stripe offers them in a few countries only, on the account's own terms.
    """

    def __init__(self, secret_key: str, webhook_secret: str, *, base_url: str = "") -> None:
        self._secret_key = secret_key
        self._webhook_secret = webhook_secret
        self._base_url = base_url

    def __repr__(self) -> str:
        return f"StripeCheckout({masked(self._secret_key)})"

    def check(self) -> None:
        """Raises Problem for a secret of another shape than Stripe's."""
        if self._secret_key:
            self._check_key()
        if self._webhook_secret and not WEBHOOK_SECRET.fullmatch(self._webhook_secret):
            message = _("A Stripe webhook secret begins with whsec_.")
            raise Problem(message, field="webhook_secret", code="webhook_secret")

    def create_session(self, order: Order) -> Session:
        """The page where the order is paid; `order.expires_at` is 30 minutes to 24 hours ahead, else 24 hours.

        Amounts are minor units as Stripe counts them; a currency it counts otherwise is a Problem.
        """
        _check_amount(order.amount, order.currency)
        with self._calling() as client:
            made = client.v1.checkout.sessions.create(
                _session_params(order), {"idempotency_key": f"faturo-{order.reference}"}
            )
            return _session(made.to_dict())

    def refund(self, payment_id: str, amount: int, *, key: str) -> str:
        """Gives back part or all of a payment intent, once per `key`; Stripe's id of the refund."""
        if amount <= 0:
            raise Problem(_("The amount must be above zero."), field="amount", code="amount")
        with self._calling() as client:
            made = client.v1.refunds.create(
                {"payment_intent": payment_id, "amount": amount},
                {"idempotency_key": f"faturo-refund-{key}"},
            )
            return _refund_id(made.to_dict())

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> News:
        """What the webhook says, after Stripe's own check of the signature over the raw body.

        The instant it was signed may be 300 s away, in the future too, which Stripe's check lets through.
        """
        header = next((value for name, value in headers.items() if name.lower() == "stripe-signature"), "")
        try:
            self._verify(body, header)
        except ValueError:
            raise BadSignature("The Stripe-Signature header does not fit this body.") from None
        return _news(body)

    def _verify(self, body: bytes, header: str) -> None:
        """Any doubt is a ValueError."""
        stripe = _stripe()
        if not self._webhook_secret:
            raise ValueError("anybody can sign with an empty secret")
        if not header.isascii():
            raise ValueError("a signature has plain letters only")
        try:
            stripe.WebhookSignature.verify_header(body, header, self._webhook_secret, TOLERANCE_SECONDS)
        except stripe.SignatureVerificationError as error:
            raise ValueError("not signed") from error
        if _signed_at(header) > time.time() + TOLERANCE_SECONDS:
            raise ValueError("signed in the future")

    @contextmanager
    def _calling(self) -> Iterator["StripeClient"]:
        """A client for one call of at most 20 s, tried once, whose failures become CheckoutError."""
        stripe = _stripe()
        self._check_key()
        with closing(stripe.RequestsClient(timeout=(CONNECT_SECONDS, ANSWER_SECONDS))) as http:
            try:
                yield stripe.StripeClient(
                    self._secret_key,
                    base_addresses={"api": self._base_url} if self._base_url else None,
                    max_network_retries=0,
                    http_client=http,
                )
            except stripe.APIConnectionError as error:
                raise _unreached(error) from None
            except stripe.StripeError as error:
                raise self._refusal(error) from None

    def _check_key(self) -> None:
        if not SECRET_KEY.fullmatch(self._secret_key):
            raise Problem(
                _("A Stripe secret key begins with sk_ or rk_."), field="secret_key", code="secret_key"
            )

    def _refusal(self, error: "StripeError") -> CheckoutError:
        """Stripe's answer as an error: its fault or ours. A 500 leaves open what was done."""
        status = error.http_status or 0
        if not 400 <= status < 500:
            return _open_end()
        said = (error.user_message or "").replace(self._secret_key, masked(self._secret_key))
        text = said[:MESSAGE_LENGTH] or _("Stripe refused this without a reason.")
        return CheckoutError(text, temporary=status in LATER, ambiguous=status == 409)


def _stripe() -> ModuleType:
    """Imported at first use: it takes half a second. It would report each call's duration, and does not."""
    import stripe

    stripe.enable_telemetry = False
    return stripe


def _check_amount(amount: int, currency: str) -> None:
    """Raises Problem for what Stripe counts in other units, or not to the last digit (docs.stripe.com/currencies)."""
    if amount <= 0:
        raise Problem(_("The amount must be above zero."), field="amount", code="amount")
    places = PLACES.get(currency, 2)
    if places != exponent(currency):
        message = _("Card payments in %(code)s are not possible.")
        raise Problem(message % {"code": currency}, field="currency", code="currency")
    if places == 3 and amount % 10:
        message = _("Card payments in %(code)s must end in the digit 0.")
        raise Problem(message % {"code": currency}, field="amount", code="decimals")


def _session_params(order: Order) -> "SessionCreateParams":
    """The same for the same order: with the key of an earlier call, Stripe refuses any other body."""
    reference = {"reference": order.reference}
    params: SessionCreateParams = {
        "mode": "payment",
        "allowed_payment_method_types": ["card"],
        "client_reference_id": order.reference,
        "metadata": reference,
        "payment_intent_data": {"metadata": reference},
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": order.currency.lower(),
                    "unit_amount": order.amount,
                    "product_data": {"name": order.description},
                },
            }
        ],
        "success_url": order.success_url,
        "cancel_url": order.cancel_url,
    }
    params["locale"] = LOCALES.get(order.language, "auto")
    if order.customer_email:
        params["customer_email"] = order.customer_email
    if order.expires_at:
        params["expires_at"] = int(order.expires_at.timestamp())
    return params


def _unreached(error: "StripeError") -> CheckoutError:
    """No answer; unless the connection never stood, the call may have been carried out."""
    from requests import ConnectTimeout
    from urllib3.exceptions import NewConnectionError

    cause = error.__cause__
    reason = getattr(next(iter(cause.args if cause else ()), None), "reason", None)
    unsent = isinstance(cause, ConnectTimeout) or isinstance(reason, NewConnectionError)
    return CheckoutError(_("Stripe did not answer. Try again."), temporary=True, ambiguous=not unsent)


def _open_end() -> CheckoutError:
    """An answer that leaves open what was done."""
    return CheckoutError(_("Stripe has a problem. Try again later."), temporary=True, ambiguous=True)


def _session(made: dict[str, Any]) -> Session:
    session_id, url, expires_at = _text(made, "id"), _text(made, "url"), _instant(made, "expires_at")
    if not (session_id and url and expires_at):
        raise _open_end()
    return Session(session_id, url, expires_at)


def _refund_id(made: dict[str, Any]) -> str:
    refund_id = _text(made, "id")
    if not refund_id:
        raise _open_end()
    if _text(made, "status") in ("failed", "canceled"):
        raise CheckoutError(_("Stripe could not make this refund."), temporary=False, ambiguous=False)
    return refund_id


def _signed_at(header: str) -> int:
    """Seconds since 1970, from `t=1492774577,v1=…`; a ValueError where there are none."""
    return int(next((item[2:] for item in header.split(",") if item.startswith("t=")), ""))


def _news(body: bytes) -> News:
    """Reads an authentic body (docs.stripe.com/api/events/types); the unexpected is ignored, with the reason."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return News("ignored", reason="not JSON")
    read, thing = EVENTS.get(_text(event, "type")), _inner(_inner(event, "data"), "object")
    if read is None:
        return News("ignored", event_id=_text(event, "id"), reason=_text(event, "type"))
    told = read(_about(event, thing), thing)
    return told if told.payment_id or told.session_id else replace(told, kind="ignored", reason=INCOMPLETE)


def _about(event: object, thing: object) -> News:
    """What every kind of event says in the same words."""
    return News(
        "ignored",
        event_id=_text(event, "id"),
        happened_at=_instant(event, "created"),
        payment_id=_text(thing, "payment_intent"),
        reference=_text(_inner(thing, "metadata"), "reference"),
        currency=_text(thing, "currency").upper(),
    )


def _of_session(about: News, session: object, *, kind: Kind) -> News:
    return replace(
        about,
        kind=kind,
        session_id=_text(session, "id"),
        reference=_text(session, "client_reference_id") or about.reference,
        amount=_whole(session, "amount_total"),
        reason=_text(session, "payment_status"),
    )


def _completed(about: News, session: object) -> News:
    """The payer is through; a slow method, as boleto is, has not paid yet."""
    if _text(session, "payment_status") == "paid":
        return _paid(about, session)
    kind: Kind = "processing" if _text(session, "payment_status") == "unpaid" else "ignored"
    return _of_session(about, session, kind=kind)


def _paid(about: News, session: object) -> News:
    """Sessions do not tell Stripe's fee."""
    told = _of_session(about, session, kind="paid")
    names = (told.session_id, told.payment_id, told.reference)
    if not (all(names) and told.amount > 0 and told.currency and told.happened_at):
        return replace(told, kind="ignored", reason=INCOMPLETE)
    money = Settlement(*names, amount=told.amount, currency=told.currency, fee=None, paid_at=told.happened_at)
    return replace(told, settlement=money)


def _refunded(about: News, charge: object) -> News:
    """The refunds themselves are only listed up to API version 2022-08-01."""
    listed = _inner(_inner(charge, "refunds"), "data")
    ids = [_text(refund, "id") for refund in listed] if isinstance(listed, list) else []
    amount = _whole(charge, "amount_refunded")
    return replace(about, kind="refunded", amount=amount, refund_ids=tuple(filter(None, ids)))


def _disputed(about: News, dispute: object) -> News:
    amount, reason = _whole(dispute, "amount"), _text(dispute, "reason")
    return replace(about, kind="disputed", amount=amount, reason=reason)


def _dispute_closed(about: News, dispute: object) -> News:
    kind = OUTCOMES.get(_text(dispute, "status"), "ignored")
    return replace(_disputed(about, dispute), kind=kind)


OUTCOMES: dict[str, Kind] = {"lost": "dispute_lost", "won": "dispute_won", "warning_closed": "dispute_won"}
"""A closed warning is a question of the bank that never took the money."""

EVENTS: dict[str, Callable[[News, object], News]] = {
    "checkout.session.completed": _completed,
    "checkout.session.async_payment_succeeded": _paid,
    "checkout.session.async_payment_failed": partial(_of_session, kind="failed"),
    "checkout.session.expired": partial(_of_session, kind="expired"),
    "charge.refunded": _refunded,
    "charge.dispute.created": _disputed,
    "charge.dispute.closed": _dispute_closed,
}


def _inner(thing: object, name: str) -> object:
    return thing.get(name) if isinstance(thing, dict) else None


def _text(thing: object, name: str) -> str:
    """Empty for what is not a text, or not one to keep."""
    value = _inner(thing, name)
    return value if isinstance(value, str) and value.isprintable() and len(value) <= TEXT_LENGTH else ""


def _whole(thing: object, name: str) -> int:
    value = _inner(thing, name)
    return value if type(value) is int and 0 < value <= MAX_MINOR else 0


def _instant(thing: object, name: str) -> datetime | None:
    seconds = _whole(thing, name)
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < YEAR_2242 else None
