"""What our webhooks say, for whoever writes the code that listens: each kind of event with its words and its schema."""

from functools import cache
from typing import Any, Literal

from django.http import HttpResponse
from django.utils import translation
from ninja import Router
from pydantic import BaseModel, ConfigDict, Field, create_model

from api import wire
from api.credit_notes import CreditNote
from api.customers import Customer
from api.invoice_wire import Invoice
from api.payments import Payment
from api.products import Product
from api.taxes import Tax
from gateway import answers
from gateway.dialect import ApiRequest
from notifications.catalogue import CATALOGUE, TESTED, TRIAL
from notifications.told import INVOICE

router = Router(tags=["Events"])


class CataloguedEvent(wire.Answer):
    """`payload` is a JSON Schema (2020-12) of the whole body; `description` by language."""

    kind: str
    description: dict[Literal["en", "pt-br"], str]
    payload: wire.Json


class EventCatalogue(wire.Answer):
    data: list[CataloguedEvent]


def _model(name: str, /, **fields: Any) -> type[BaseModel]:
    """Exactly these fields, all of them there."""
    made: type[BaseModel] = create_model(name, __config__=ConfigDict(extra="forbid"), **fields)
    return made


def _part(model: type[BaseModel], name: str, /, *names: str, **others: Any) -> type[BaseModel]:
    """A model of some of another's fields, of all when none is named."""
    fields = {key: (field.annotation, field) for key, field in model.model_fields.items()}
    return _model(name, **{key: fields[key] for key in names or fields} | others)


class ToldWebhook(wire.Answer):
    id: wire.PublicId
    name: str


OBJECTS: dict[str, type[BaseModel]] = {
    "invoice": _part(
        Invoice, "ToldInvoice", "id", *INVOICE, "situation", "url", customer=(wire.PublicId, ...)
    ),
    "payment": _part(Payment, "ToldPayment"),
    "credit_note": _part(CreditNote, "ToldCreditNote"),
    "customer": _part(Customer, "ToldCustomer"),
    "product": _part(Product, "ToldProduct", taxes=(list[wire.PublicId], ...)),
    "tax": _part(Tax, "ToldTax"),
    "webhook": ToldWebhook,
}


class ToldSubject(wire.Answer):
    """`id` is null of what is stored no more."""

    type: str
    id: wire.PublicId | None


def message(kind: str) -> type[BaseModel]:
    """The body of a webhook about an event of this kind."""
    told = OBJECTS[kind.partition(".")[0]]
    data = _model(
        "Data",
        event=(wire.PublicId, Field(description="The event's id, as in /events.")),
        api_version=(Literal["1"], ...),
        subject=(ToldSubject, ...),
        object=(
            told | None,
            Field(description="As it is when this is sent; null of what is stored no more."),
        ),
        details=(wire.Json, Field(description="What the event itself carries.")),
    )
    return _model("Message", type=(Literal[kind], ...), timestamp=(wire.Instant, ...), data=(data, ...))


@cache
def schema(kind: str) -> dict[str, Any]:
    return message(kind).model_json_schema(mode="serialization")


@router.get("/events/catalogue", response={200: EventCatalogue}, summary="Describe the events of webhooks")
def catalogue(request: ApiRequest) -> HttpResponse:
    """Each kind with a JSON Schema of what is sent."""
    kinds = {**CATALOGUE, TESTED: TRIAL}
    data = [
        {"kind": kind, "description": _in_both(words), "payload": schema(kind)}
        for kind, words in kinds.items()
    ]
    return answers.json({"data": data})


def _in_both(words: Any) -> dict[str, str]:
    found = {}
    for language in ("en", "pt-br"):
        with translation.override(language):
            found[language] = str(words)
    return found
