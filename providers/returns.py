"""What a provider says of an invoice becomes ours: standings move forward, money is received once, the rest is told.

Nothing here believes a webhook: a `Seen` was read from the provider itself. One transaction for each; invoices are
locked before everything else, as payments do.
"""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from invoices.models import Invoice
from payments import actions as payments
from payments.actions import Incoming, Target
from payments.models import Method, Payment
from providers import drifts, sums
from providers.connector import Seen, SeenPayment, Standing
from providers.differing import BACK, forward, paid_of
from providers.models import Connection, RemoteInvoice
from providers.sound import checked

TOLD = "told"
"""Where a connector notes the ids of payments that it recorded there for us: they are no news."""


def take_in(connection: Connection, seen: Seen) -> bool:
    """Store what was seen and do what follows from it; whether the invoice is one of ours.

    Raises ValueError for what no provider can mean, and Problem.
    """
    seen = checked(seen)
    key = _invoice_of(connection, seen)
    if key is None:
        drifts.tell_stranger(connection, seen)
        return False
    with transaction.atomic():
        invoice = payments.locked_invoices(connection.business_id, [key])[key]
        row = _rows(connection).select_for_update(of=("self",)).get(invoice=invoice)
        if row.remote_id not in ("", seen.id):
            drifts.tell_stranger(connection, seen)
            return False
        _note(row, seen)
        doubtful = _receive(connection, invoice, seen, set(row.notes.get(TOLD, [])))
        invoice.refresh_from_db()
        drifts.tell(connection, invoice, seen, doubtful)
    return True


def _rows(connection: Connection) -> Any:
    return RemoteInvoice.objects.for_business(connection.business_id).filter(connection=connection)


def _invoice_of(connection: Connection, seen: Seen) -> int | None:
    """By the provider's id, or by ours: a webhook may come before the answer to our own creating."""
    rows = _rows(connection)
    found: int | None = rows.filter(remote_id=seen.id).values_list("invoice", flat=True).first()
    if found is None and seen.ref:
        found = rows.filter(invoice__public_id=seen.ref).values_list("invoice", flat=True).first()
    return found


def _note(row: RemoteInvoice, seen: Seen) -> None:
    """An unknown word is kept and shown, but moves nothing."""
    standing = forward(row.standing, seen.standing)
    values: dict[str, Any] = {"remote_id": seen.id, "standing": standing, "seen_at": timezone.now()}
    if standing == seen.standing or seen.standing == Standing.UNKNOWN:
        values["word"] = seen.word[:40]
    if seen.total is not None:
        values["total"] = seen.total
    paid = paid_of(seen)
    if paid is not None:
        values["paid"] = max(row.paid or 0, paid)
    values |= {"number": seen.number[:100]} if seen.number else {}
    values |= {"link": seen.link[:500]} if seen.link else {}
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=[*values, "updated_at"])


def _receive(connection: Connection, invoice: Invoice, seen: Seen, told: set[str]) -> int:
    """Each payment that is named, or else what the sum has grown by: whoever began with sums goes on with them.

    How much is left of which it is not sure that it is news, in minor units.
    """
    mine = Payment.objects.for_business(connection.business_id)
    new = [payment for payment in seen.payments if payment.external_id not in told]
    if seen.payments and not mine.filter(sums.from_there(connection, seen.id)).exists():
        _receive_each(connection, invoice, seen, new)
        return 0
    paid = paid_of(seen)
    if paid is None or seen.standing in BACK:
        return 0
    names = tuple(payment.external_id for payment in new)
    found = sums.news(connection, invoice, sums.Paid(seen.id, paid, seen.currency, names))
    if found.certain:
        _receive_each(connection, invoice, seen, [SeenPayment(f"{seen.id}:{paid}", found.certain)])
    return found.doubtful


def _receive_each(connection: Connection, invoice: Invoice, seen: Seen, found: Iterable[SeenPayment]) -> None:
    for payment in found:
        if payment.amount > 0:
            incoming = _incoming(connection, seen, payment)
            payments.receive(invoice.business, incoming, [Target(invoice.pk)], by=actor(connection))


def _incoming(connection: Connection, seen: Seen, payment: SeenPayment) -> Incoming:
    now = timezone.now()
    return Incoming(
        payment.amount,
        seen.currency,
        payment.method if payment.method in Method else Method.OTHER,
        min(payment.paid_at or now, now),
        source=connection.provider,
        external_id=payment.external_id[:150],
        fee=min(max(payment.fee, 0), payment.amount),
    )


def actor(connection: Connection) -> str:
    return f"provider:{connection.get_provider_display()}"
