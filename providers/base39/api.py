"""Base39's invoice API, served: the same paths, words and shapes."""

from django.http import HttpResponse
from ninja import Form, Query

from gateway import answers
from gateway.bearer import SECURITY, bearer
from gateway.dialect import Api, ApiRequest, Dialect
from gateway.limits import usual_headers
from invoices.models import Invoice
from providers.base39 import access, actions, answering, reading, selection, tokens, wire
from providers.base39.actions import Client
from providers.base39.codec import Unit
from providers.base39.selection import Selection

api = Api(title="Base39 invoices", version="1", urls_namespace="base39")
ONE = "/v1/invoices/{invoice}"
ITEMS = f"{ONE}/invoice-items"
ONE_ITEM = f"{ITEMS}/{{item}}"


def _client(request: ApiRequest) -> Client:
    return Client(request.caller, request.headers.get("base39-external-client-id", ""))


def _unit(request: ApiRequest, invoice: Invoice) -> Unit:
    return _client(request).unit(invoice.currency)


def _shown(request: ApiRequest, public_id: str, chosen: Selection, status: int = 200) -> HttpResponse:
    """The invoice as it is now, read anew."""
    row = reading.invoice(request.caller, f"inv_{public_id}")
    return answers.json(answering.invoice(row, reading.told(request.caller, [row]), chosen), status)


@api.get("/v1/invoices", response=wire.Invoices, summary="Invoices, newest first")
def list_invoices(request: ApiRequest, query: Query[wire.ListQuery]) -> HttpResponse:
    chosen = selection.read(query, listed=True)
    rows, has_more = reading.page(request.caller, query)
    told = reading.told(request.caller, rows)
    data = [answering.invoice(row, told, chosen) for row in rows]
    return answers.json({"hasMore": has_more, "data": data})


@api.post("/v1/invoices", response={201: wire.Invoice}, summary="Create an invoice")
def create_invoice(request: ApiRequest, body: wire.CreateInvoice, view: Query[wire.View]) -> HttpResponse:
    chosen = selection.read(view)
    row = actions.create(_client(request), body)
    return _shown(request, row.public_id, chosen, 201)


@api.get(ONE, response=wire.Invoice, summary="One invoice, also a deleted one")
def get_invoice(request: ApiRequest, invoice: str, view: Query[wire.View]) -> HttpResponse:
    chosen = selection.read(view)
    row = reading.invoice(request.caller, invoice)
    return answers.json(answering.invoice(row, reading.told(request.caller, [row]), chosen))


@api.post(ONE, response=wire.Invoice, summary="Change a draft")
def update_invoice(
    request: ApiRequest, invoice: str, body: wire.UpdateInvoice, view: Query[wire.View]
) -> HttpResponse:
    chosen = selection.read(view)
    row = actions.update(_client(request), reading.to_change(request.caller, invoice), body)
    return _shown(request, row.public_id, chosen)


@api.delete(ONE, response=wire.Invoice, summary="Delete a draft")
def delete_invoice(request: ApiRequest, invoice: str, view: Query[wire.View]) -> HttpResponse:
    chosen = selection.read(view)
    row = actions.delete(_client(request), reading.invoice(request.caller, invoice))
    return _shown(request, row.public_id, chosen)


@api.post(f"{ONE}/finalize", response=wire.Invoice, summary="Issue a draft")
def finalize_invoice(
    request: ApiRequest, invoice: str, view: Query[wire.View], body: wire.Note | None = None
) -> HttpResponse:
    chosen = selection.read(view)
    row = reading.invoice(request.caller, invoice)
    row = actions.finalize(_client(request), row, body or wire.Note())
    return _shown(request, row.public_id, chosen)


@api.post(f"{ONE}/void", response=wire.Invoice, summary="Cancel an invoice that nobody has paid")
def void_invoice(
    request: ApiRequest, invoice: str, view: Query[wire.View], body: wire.Note | None = None
) -> HttpResponse:
    chosen = selection.read(view)
    row = actions.void(_client(request), reading.invoice(request.caller, invoice), body or wire.Note())
    return _shown(request, row.public_id, chosen)


@api.post(f"{ONE}/mark-uncollectible", response=wire.Invoice, summary="Give up on an invoice")
def mark_uncollectible(
    request: ApiRequest, invoice: str, view: Query[wire.View], body: wire.Note | None = None
) -> HttpResponse:
    chosen = selection.read(view)
    row = reading.invoice(request.caller, invoice)
    row = actions.mark_uncollectible(_client(request), row, body or wire.Note())
    return _shown(request, row.public_id, chosen)


@api.get(ITEMS, response=wire.Items, summary="The items of an invoice")
def list_items(request: ApiRequest, invoice: str, view: Query[wire.View]) -> HttpResponse:
    chosen = selection.read(view, selection.ITEM, listed=True)
    row = reading.invoice(request.caller, invoice)
    found = answering.items(row, _unit(request, row))
    return answers.json({**found, "data": [chosen.pick(item) for item in found["data"]]})


@api.post(ITEMS, response={201: wire.InvoiceItem}, summary="Add an item to a draft")
def create_item(
    request: ApiRequest, invoice: str, body: wire.NewItem, view: Query[wire.View]
) -> HttpResponse:
    key = actions.add_item(_client(request), reading.to_change(request.caller, invoice), body)
    return _item(request, invoice, f"item_{key}", view, 201)


@api.get(ONE_ITEM, response=wire.InvoiceItem, summary="One item")
def get_item(request: ApiRequest, invoice: str, item: str, view: Query[wire.View]) -> HttpResponse:
    return _item(request, invoice, item, view)


def _item(request: ApiRequest, invoice: str, item: str, view: wire.View, status: int = 200) -> HttpResponse:
    chosen = selection.read(view, selection.ITEM)
    row = reading.invoice(request.caller, invoice)
    found = answering.item(reading.line(row, item), row, _unit(request, row))
    return answers.json(chosen.pick(found), status)


@api.delete(ONE_ITEM, response=wire.InvoiceItem, summary="Take an item off a draft")
def delete_item(request: ApiRequest, invoice: str, item: str, view: Query[wire.View]) -> HttpResponse:
    chosen = selection.read(view, selection.ITEM)
    row = reading.to_change(request.caller, invoice)
    line = reading.line(row, item)
    actions.delete_item(_client(request), row, line)
    return answers.json(chosen.pick(answering.item(line, row, _unit(request, row), deleted=True)))


@api.get(f"{ONE}/payment-intents", response=wire.Intents, summary="The payment intents of an invoice")
def list_invoice_intents(request: ApiRequest, invoice: str, query: Query[wire.PageQuery]) -> HttpResponse:
    reading.invoice(request.caller, invoice)
    return _intents(request, query, invoice)


@api.get("/v1/payment-intents", response=wire.Intents, summary="Payment intents, newest first")
def list_intents(request: ApiRequest, query: Query[wire.IntentsQuery]) -> HttpResponse:
    return _intents(request, query, query.invoice)


def _intents(request: ApiRequest, query: wire.PageQuery, invoice: str) -> HttpResponse:
    chosen = selection.read(query, selection.INTENT, listed=True)
    rows, has_more = reading.intents_page(request.caller, query, invoice)
    data = [answering.intent(row, row.invoice, _unit(request, row.invoice)) for row in rows]
    return answers.json({"hasMore": has_more, "data": [chosen.pick(each) for each in data]})


@api.post("/v1/payment-intents", response={201: wire.PaymentIntent}, summary="Ask for a payment")
def create_intent(
    request: ApiRequest, body: wire.CreateIntent, query: Query[wire.IntentQuery]
) -> HttpResponse:
    row = reading.invoice(request.caller, query.invoice)
    made = actions.create_intent(_client(request), row, body)
    return _intent(request, f"pi_{made.public_id}", query, 201)


@api.get("/v1/payment-intents/{intent}", response=wire.PaymentIntent, summary="One payment intent")
def get_intent(request: ApiRequest, intent: str, view: Query[wire.View]) -> HttpResponse:
    return _intent(request, intent, view)


def _intent(request: ApiRequest, intent: str, view: wire.View, status: int = 200) -> HttpResponse:
    chosen = selection.read(view, selection.INTENT)
    row = reading.intent(request.caller, intent)
    found = answering.intent(row, row.invoice, _unit(request, row.invoice))
    return answers.json(chosen.pick(found), status)


@api.post("/v1/payment-intents/{intent}/pay", response=wire.PaymentIntent, summary="Say that it was paid")
def pay_intent(
    request: ApiRequest, intent: str, view: Query[wire.View], body: wire.PayIntent | None = None
) -> HttpResponse:
    actions.pay_intent(_client(request), reading.intent(request.caller, intent), body or wire.PayIntent())
    return _intent(request, intent, view)


@api.post("/oauth2/token", response=wire.Token, summary="An access token for a key's id and secret")
def token(request: ApiRequest, form: Form[wire.TokenForm]) -> HttpResponse:
    return answers.json(tokens.grant(request, form, DIALECT.name))


DIALECT = Dialect(
    name="base39",
    prefix="/base39",
    api=api,
    credential=bearer,
    headers=access.headers,
    ids=access.ids,
    security=SECURITY,
    refuse=access.refuse,
    problems=access.PROBLEMS,
    limit=access.LIMIT,
    usage=usual_headers,
    public=frozenset({"/openapi.json", "/docs", "/oauth2/token"}),
    language="pt-br",
    first_call="/v1/invoices",
)
