"""Who takes cards for which account, and with which secrets: no event and no screen ever holds one of them."""

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction

from businesses.events import record
from core.secrets import BULLETS, SecretUnreadable
from invoices.models import Invoice
from invoices.ways import offers
from payments.checkout import Checkout
from payments.models import CardConnection, CardProvider, Method
from payments.stripe_checkout import StripeCheckout

log = logging.getLogger(__name__)

SECRETS = ("secret_key", "webhook_secret")
PLAIN = ("account_id", "provider", "is_active")


def _stripe(secret_key: str, webhook_secret: str) -> Checkout:
    return StripeCheckout(secret_key, webhook_secret, base_url=settings.STRIPE_API_BASE)


PROVIDERS: dict[str, Callable[[str, str], Checkout]] = {CardProvider.STRIPE: _stripe}


def checkout_of(connection: CardConnection) -> Checkout:
    return PROVIDERS[connection.provider](connection.secret_key, connection.webhook_secret)


def connection_for(invoice: Invoice) -> CardConnection | None:
    """Who takes cards for an invoice now; nobody without a webhook secret, for we would not hear of the money."""
    rows = CardConnection.objects.for_business(invoice.business_id).filter(is_active=True)
    try:
        connection = rows.filter(account=invoice.account_id).first()
    except SecretUnreadable:
        log.exception("The card checkout of account %s cannot be used.", invoice.account_id)
        return None
    is_ready = connection is not None and connection.webhook_secret and offers(invoice, {Method.CREDIT_CARD})
    return connection if is_ready else None


def check(connection: CardConnection) -> None:
    """Raises Problem, on `secret_key` or `webhook_secret`, for what cannot be one of the provider's.

    A secret that is deferred stays as it is stored, and is not looked at.
    """
    given = _given(connection)
    key, webhook_secret = (getattr(connection, name) if name in given else "" for name in SECRETS)
    PROVIDERS[connection.provider](key, webhook_secret).check()


def save_connection(connection: CardConnection, *, by: object = None) -> CardConnection:
    """Store a connection; a secret that is deferred stays as it is. Its Event says that a secret changed, not which.

    Raises ValidationError for what cannot be stored.
    """
    connection.clean_fields(exclude={"business", *connection.get_deferred_fields()})
    check(connection)
    is_new = connection.pk is None
    with transaction.atomic():
        changes = {} if is_new else _changes(connection)
        written = [*PLAIN, *_given(connection), "updated_at"]
        connection.save(force_insert=is_new, update_fields=None if is_new else written)
        kind = "cards.connected" if is_new else "cards.changed"
        record(kind, connection, business=connection.business_id, by=by, data={"changes": changes})
    return connection


def _given(connection: CardConnection) -> list[str]:
    kept = connection.get_deferred_fields()
    return [name for name in SECRETS if name not in kept]


def _changes(connection: CardConnection) -> dict[str, list[str]]:
    rows = CardConnection.objects.for_business(connection.business_id)
    before: dict[str, Any] = rows.values(*PLAIN).get(pk=connection.pk)
    pairs = {name: (str(old), str(getattr(connection, name))) for name, old in before.items()}
    pairs |= dict.fromkeys(_given(connection), (BULLETS, BULLETS))
    return {name: [old, new] for name, (old, new) in pairs.items() if old != new or name in SECRETS}
