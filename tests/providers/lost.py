"""An answer that never came: what was asked for was done, and we do not know."""

from django.utils import timezone

from outbox.models import Delivery, State
from providers.models import RemoteInvoice


def lose_the_answer(row: RemoteInvoice) -> None:
    """As if its creating had been done there, and we had never heard of it."""
    RemoteInvoice.objects.filter(pk=row.pk).update(remote_id="", link="", standing="", notes={})
    waiting = {"state": State.WAITING, "is_unclear": True, "due_at": timezone.now(), "settled_at": None}
    Delivery.objects.filter(invoice_id=row.invoice_id, channel="push").update(**waiting)
