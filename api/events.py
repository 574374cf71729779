"""What happened, newest or oldest first: the append-only record of a business's documents, customers and products."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Literal

from django.db.models import Q
from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import Field

from api import paging, selection, wire
from api.invoices import one
from api.paging import PageQuery
from businesses.models import Business
from businesses.models import Event as EventRow
from core.problems import Problem
from customers.models import Customer
from gateway.dialect import ApiRequest
from invoices.models import Invoice
from notifications.told import details
from payments.models import CreditNote, Payment
from products.models import Product, Tax

router = Router(tags=["Events"])
SUBJECTS: dict[str, Any] = {
    "invoice": Invoice,
    "payment": Payment,
    "credit_note": CreditNote,
    "customer": Customer,
    "product": Product,
    "tax": Tax,
}
"""Whose events are told; those of staff, keys and settings stay in the house."""
TYPES = {model._meta.model_name: name for name, model in SUBJECTS.items()}
Type = Literal["invoice", "payment", "credit_note", "customer", "product", "tax"]


class Subject(wire.Answer):
    """`id` is null of what is stored no more."""

    type: Type
    id: wire.PublicId | None


class Event(wire.Resource):
    id: wire.PublicId
    kind: str
    subject: Subject
    at: wire.Instant
    actor: str = Field(description="user:…, key:…, or empty when Faturo acted by itself.")
    data: wire.Json


class EventQuery(PageQuery):
    kind: str = Field("", max_length=200, description="By commas.", examples=["invoice.paid,invoice.voided"])
    subject: str = Field(
        "",
        pattern=f"^(({'|'.join(SUBJECTS)}):[0-9a-f]{{24}})?$",
        examples=["invoice:66f2a1b0c3d4e5f60718293a"],
    )
    after: wire.Instant | None = None
    before: wire.Instant | None = None
    order: Literal["newest", "oldest"] = "newest"


@router.get("/events", response={200: wire.Page[Event]}, summary="List events")
def index(request: ApiRequest, query: Query[EventQuery]) -> HttpResponse:
    chosen = selection.read(request, query, Event.model_fields)
    business = request.caller.business
    rows = EventRow.objects.filter(_told(), business=business, **_exact(query))
    rows = rows.filter(subject=_subject(business, query.subject)) if query.subject else rows
    return _listed(request, rows, query, query.order, chosen)


@router.get("/invoices/{id}/events", response={200: wire.Page[Event]}, summary="List an invoice's events")
def of_invoice(request: ApiRequest, id: str, query: Query[PageQuery]) -> HttpResponse:
    chosen = selection.read(request, query, Event.model_fields)
    return _listed(request, EventRow.objects.about(one(request, id)), query, "newest", chosen)


def _told() -> Q:
    told = Q()
    for name in SUBJECTS:
        told |= Q(kind__startswith=f"{name}.")
    return told


def _exact(query: EventQuery) -> dict[str, Any]:
    kinds = [kind for kind in query.kind.split(",") if kind]
    if any(kind.partition(".")[0] not in SUBJECTS for kind in kinds):
        raise Problem(_("There is no such kind of event."), field="kind", code="choice")
    found = {"kind__in": kinds, "at__gt": query.after, "at__lt": query.before}
    return {name: value for name, value in found.items() if value}


def _subject(business: Business, text: str) -> str:
    """As events name it; what is another's has no events here."""
    name, _colon, public_id = text.partition(":")
    model = SUBJECTS[name]
    key = (
        model.objects.for_business(business).filter(public_id=public_id).values_list("pk", flat=True).first()
    )
    return f"{model._meta.model_name}:{key or 0}"


def _listed(
    request: ApiRequest, rows: Any, query: PageQuery, order: str, chosen: selection.Selection
) -> HttpResponse:
    runs = paging.Order(f"events, {order} first", ("id",), descending=order == "newest")
    page, cursor = paging.cut(list(paging.window(rows, runs, query)), runs, query)
    ids = _public_ids(request.caller.business, page)
    return paging.answer(request, [chosen.pick(write(row, ids)) for row in page], cursor)


def _public_ids(business: Business, rows: Sequence[EventRow]) -> dict[str, str]:
    """The public id of each event's subject; one query for each type of them."""
    keys: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        name, _colon, key = row.subject.partition(":")
        keys[name].add(key)
    found: dict[str, str] = {}
    for name, wanted in keys.items():
        subjects = SUBJECTS[TYPES[name]].objects.for_business(business).filter(pk__in=wanted)
        found |= {f"{name}:{key}": public_id for key, public_id in subjects.values_list("pk", "public_id")}
    return found


def write(row: EventRow, ids: dict[str, str]) -> dict[str, Any]:
    """An event is named by the beginning of its digest: its key would count everybody's events."""
    return {
        "id": row.digest[:24],
        "kind": row.kind,
        "subject": {"type": TYPES[row.subject.partition(":")[0]], "id": ids.get(row.subject)},
        "at": row.at,
        "actor": row.actor,
        "data": details(row.data),
    }
