"""Where an invoice stands at each provider, for its own page: one chip each."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from businesses.models import User
from businesses.roles import Can
from invoices.models import Invoice
from outbox.admin.acts import Act, acts_for
from outbox.admin.state import TONES, operation_of, state_of, why
from outbox.models import UNFINISHED, ChannelName, Delivery, State
from providers.connector import Standing
from providers.models import Connection, RemoteInvoice

STANDINGS: dict[str, Any] = {
    Standing.UNKNOWN: gettext_lazy("known there"),
    Standing.DRAFT: gettext_lazy("draft there"),
    Standing.OPEN: gettext_lazy("open there"),
    Standing.OVERDUE: gettext_lazy("overdue there"),
    Standing.PROCESSING: gettext_lazy("payment on its way there"),
    Standing.PARTIALLY_PAID: gettext_lazy("paid in part there"),
    Standing.PAID: gettext_lazy("paid there"),
    Standing.VOID: gettext_lazy("cancelled there"),
    Standing.UNCOLLECTIBLE: gettext_lazy("given up there"),
    Standing.REFUNDED: gettext_lazy("refunded there"),
    Standing.CHARGEBACK: gettext_lazy("charged back there"),
    Standing.GONE: gettext_lazy("not there any more"),
}


@dataclass(frozen=True)
class Chip:
    name: str
    provider: str
    tone: str
    state: str
    remote_id: str = ""
    link: str = ""
    error: str = ""
    delivery: Delivery | None = None
    acts: list[Act] = field(default_factory=list)


def context(invoice: Invoice, user: User) -> dict[str, Any]:
    """Chips, and the connections that it could still be pushed to."""
    sealed = ("sealed_credentials", "sealed_tokens")
    rows = Connection.objects.for_business(invoice.business_id).defer(*sealed)
    connections = {row.pk: row for row in rows}
    if not connections:
        return {}
    remotes = list(RemoteInvoice.objects.for_business(invoice.business_id).filter(invoice=invoice))
    may_write = user.can(Can.WRITE, invoice.business_id)
    trouble = _trouble(invoice)
    known = {remote.connection_id for remote in remotes}
    is_open = bool(invoice.number) and may_write and invoice.voided_at is None
    return {
        "chips": [_chip(remote, connections[remote.connection_id], trouble, may_write) for remote in remotes],
        "goals": [row for row in connections.values() if is_open and row.is_active and row.pk not in known],
    }


def _trouble(invoice: Invoice) -> dict[str, Delivery]:
    """By route: the first delivery that is not done, or else the last that was given up and not made good since."""
    rows = Delivery.objects.for_business(invoice.business_id)
    rows = rows.filter(invoice=invoice, channel=ChannelName.PUSH).exclude(state=State.SKIPPED)
    found: dict[str, Delivery] = {}
    for row in rows.select_related("event").order_by("event"):
        before = found.get(row.route)
        if before is None or before.state not in UNFINISHED:
            found[row.route] = row
    return {route: row for route, row in found.items() if row.state != State.SENT}


def _chip(
    remote: RemoteInvoice, connection: Connection, trouble: dict[str, Delivery], may_write: bool
) -> Chip:
    base: dict[str, Any] = {
        "name": str(connection),
        "provider": connection.get_provider_display(),
        "remote_id": remote.number or remote.remote_id,
        "link": remote.link if remote.link.startswith(("https://", "http://")) else "",
    }
    delivery = trouble.get(connection.route)
    if delivery is None:
        standing = str(STANDINGS.get(remote.standing, "")) or remote.word
        return Chip(**base, tone="good" if remote.remote_id else "info", state=standing or _("there"))
    words = state_of(delivery)[1]
    tone = TONES[delivery.state]
    return Chip(
        **base,
        tone="warn" if delivery.code and tone == "info" else tone,
        state=f"{operation_of(delivery)}: {words.lower()}",
        error=why(delivery),
        delivery=delivery,
        acts=acts_for(delivery) if may_write else [],
    )
