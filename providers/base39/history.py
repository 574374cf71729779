"""`history`, `createdBy` and `updatedBy`, from the Events of an invoice."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from businesses.models import Event
from invoices.status import Status

NOTED = "invoice.noted"
"""What the client said of the change before it, and on whose behalf."""

AFTER: dict[str, str] = {
    "invoice.created": Status.DRAFT,
    "invoice.updated": Status.DRAFT,
    "invoice.deleted": Status.DRAFT,
    "invoice.finalized": Status.OPEN,
    "invoice.revised": Status.OPEN,
    "invoice.partially_paid": Status.OPEN,
    "invoice.paid": Status.PAID,
    "invoice.payment_reversed": Status.OPEN,
    "invoice.credited": Status.OPEN,
    "invoice.voided": Status.VOID,
    "invoice.marked_uncollectible": Status.UNCOLLECTIBLE,
}
"""The events that are history, and the status after them unless the event says another."""

APPS = {"key": "api", "user": "backoffice"}


@dataclass(frozen=True)
class Entry:
    at: datetime
    status: str
    author: dict[str, str | None]
    description: str = ""
    metadata: Mapping[str, Any] | None = None

    def told(self, at: str | None) -> dict[str, Any]:
        return {
            "description": self.description,
            "createdAt": at,
            "status": self.status,
            "metadata": self.metadata or {},
        }


def history(events: Iterable[Event], clients: Mapping[str, str]) -> list[Entry]:
    """Oldest first; `clients` has the client ids of keys by their names."""
    found: list[Entry] = []
    for event in events:
        if event.kind == NOTED and found:
            found[-1] = _noted(found[-1], event.data)
        elif event.kind in AFTER:
            status = str(event.data.get("status") or AFTER[event.kind])
            found.append(Entry(event.at, status, _author(event.actor, clients)))
    return found


def _noted(entry: Entry, data: Mapping[str, Any]) -> Entry:
    return replace(
        entry,
        description=data.get("description", ""),
        metadata=data.get("metadata", {}),
        author={**entry.author, "externalClientId": data.get("client")},
    )


def _author(actor: str, clients: Mapping[str, str]) -> dict[str, str | None]:
    """`key:…` is a client of an API; of people only that it was one: staff's names are not for clients."""
    kind, _mark, name = actor.partition(":")
    client = clients.get(name) if kind == "key" else None
    return {"clientId": client, "externalClientId": None, "app": APPS.get(kind, "system")}
