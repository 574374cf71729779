"""Many invoices in one request: each is stored or refused by itself, and the answer says which."""

from dataclasses import dataclass
from typing import Annotated, Any

from django.db import transaction
from django.http import HttpResponse
from ninja import Router
from ninja.errors import ValidationError as SchemaError
from pydantic import ConfigDict, Field, ValidationError, WithJsonSchema, model_validator

from api import access, wire
from api.invoice_answers import invoices
from api.invoice_wire import CreateInvoice, Invoice
from api.invoices import store
from api.selection import Selection
from businesses.roles import Can
from gateway import answers
from gateway.dialect import ApiRequest
from gateway.refusals import Refusal, refusal_of
from invoices.models import Invoice as InvoiceRow

router = Router(tags=["Invoices"])
MAX_ITEMS = 1000
ITEM = {"description": "As for creating one invoice; whatever it is, it is judged by itself."}
ITEMS: dict[str, Any] = {"type": "array", "items": ITEM, "minItems": 1, "maxItems": MAX_ITEMS}


def _either(schema: dict[str, Any]) -> None:
    """The document says both forms: the object and the bare array."""
    whole = dict(schema)
    schema.clear()
    schema["anyOf"] = [whole, ITEMS]


class CreateInvoices(wire.Request):
    invoices: Annotated[
        list[Any],
        Field(min_length=1, max_length=MAX_ITEMS),
        WithJsonSchema(ITEMS),
    ]
    issue: wire.Yes = Field(False, description="Issue all of them.")

    model_config = ConfigDict(json_schema_extra=_either)

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, body: Any) -> Any:
        """A bare array, which is also what JSON Lines are read into, is the invoices."""
        return {"invoices": body} if isinstance(body, list) else body


class Result(wire.Answer):
    """`invoice` without its lines, or the `problem`, whose fields are paths within the item."""

    index: int
    status: int
    invoice: Invoice | None = None
    problem: access.Problem | None = None


class Results(wire.Answer):
    created: int
    refused: int
    results: list[Result]


@dataclass
class Outcome:
    key: int | None = None
    refusal: Refusal | None = None


@router.post("/invoices/bulk", response={200: Results}, summary="Create up to 1,000 invoices")
def create(request: ApiRequest, body: CreateInvoices) -> HttpResponse:
    """One that is refused leaves nothing behind and does not keep the others from being stored.

    The body may also be a bare array, or JSON Lines (`application/x-ndjson`), one invoice a line.
    """
    if body.issue:
        request.caller.require(Can.ISSUE)
    outcomes = [_tried(request, item, issue=body.issue) for item in body.invoices]
    rows = InvoiceRow.objects.for_business(request.caller.business)
    wanted = rows.filter(pk__in=[outcome.key for outcome in outcomes if outcome.key])
    found = {item.key: item.data for item in invoices(request.caller.business, wanted, Selection())}
    results = [_result(request, i, outcome, found) for i, outcome in enumerate(outcomes)]
    return answers.json({"created": len(found), "refused": len(outcomes) - len(found), "results": results})


def _tried(request: ApiRequest, item: Any, *, issue: bool) -> Outcome:
    try:
        said = CreateInvoice.model_validate(item)
        with transaction.atomic():
            return Outcome(key=store(request, said, issue=issue).pk)
    except ValidationError as error:
        return Outcome(refusal=refusal_of(SchemaError([_placed(one) for one in error.errors()])))
    except Exception as error:
        refusal = refusal_of(error)
        if refusal is None:
            raise
        return Outcome(refusal=refusal)


def _placed(error: Any) -> dict[str, Any]:
    """As errors of a whole body say where they are."""
    return {**error, "loc": ("body", "item", *error["loc"])}


def _result(
    request: ApiRequest, index: int, outcome: Outcome, found: dict[int, dict[str, Any]]
) -> dict[str, Any]:
    if outcome.refusal:
        problem = access.problem(request, outcome.refusal)
        return {"index": index, "status": outcome.refusal.status, "problem": problem}
    return {"index": index, "status": 201, "invoice": found[outcome.key or 0]}
