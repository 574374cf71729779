"""How FatoriPay tells of a new status: a form of invoice_id, ref and new_status, unsigned, as the vendor's own plugin
reads it (`$_REQUEST`; it ignores JSON).
"""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from businesses.models import Event
from core.ids import as_uuid
from invoices.models import Invoice
from payments.models import Allocation
from providers.fatoripay import shown

TRIGGERS = {
    "invoice_created": ["invoice.finalized"],
    "invoice_status_changed": [
        "invoice.paid",
        "invoice.processing",
        "invoice.voided",
        "invoice.payment_reversed",
        "invoice.marked_uncollectible",
    ],
    "payment_received": ["payment.received"],
}
"""Their action → our events. An invoice begins there when it is issued."""
CHANGES = frozenset(TRIGGERS["invoice_status_changed"])


def bodies(events: Sequence[Event]) -> Mapping[int, bytes]:
    """One for each event that is about an invoice, or about a payment of one."""
    keys = _invoice_keys(events)
    rows = Invoice.objects.filter(pk__in=set(keys.values())).select_related("business", "customer")
    invoices = {row.pk: row for row in rows.prefetch_related(*shown.PARTS)}
    return {
        event.pk: body(event, invoices[keys[event.pk]]) for event in events if keys.get(event.pk) in invoices
    }


def body(event: Event, invoice: Invoice) -> bytes:
    fields = {
        "invoice_id": as_uuid(invoice.public_id),
        "ref": invoice.external_id,
        "new_status": word(event, invoice),
    }
    return urlencode(fields).encode()


def word(event: Event, invoice: Invoice) -> str:
    return shown.TOLD.get(event.kind) or shown.status(invoice, invoice.business.today())


def _invoice_keys(events: Sequence[Event]) -> dict[int, int]:
    """By event: the invoice it is about; of a payment, the first one that it paid."""
    found, payments = {}, {}
    for event in events:
        kind, _colon, key = event.subject.partition(":")
        if kind == "invoice":
            found[event.pk] = int(key)
        if kind == "payment":
            payments[event.pk] = int(key)
    shares = Allocation.objects.filter(payment__in=set(payments.values())).order_by("-pk")
    paid = dict(shares.values_list("payment", "invoice"))
    return found | {event: paid[key] for event, key in payments.items() if key in paid}
