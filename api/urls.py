"""Our own API: the richest view of what Faturo knows."""

from api import (
    access,
    bulk,
    business,
    credit_notes,
    customers,
    deliveries,
    event_catalogue,
    events,
    exports,
    invoice_actions,
    invoices,
    lines,
    payments,
    products,
    schedules,
    taxes,
    webhooks,
)
from gateway.bearer import SECURITY, bearer
from gateway.dialect import Api, Dialect
from gateway.limits import usual_headers

api = Api(title="Faturo", version="1", urls_namespace="faturo")
api.add_router("", bulk.router)
api.add_router("", invoices.router)
api.add_router("", invoice_actions.router)
api.add_router("", lines.router)
api.add_router("", payments.router)
api.add_router("", credit_notes.router)
api.add_router("", event_catalogue.router)
api.add_router("", events.router)
api.add_router("", schedules.router)
api.add_router("", customers.router)
api.add_router("", products.router)
api.add_router("", taxes.router)
api.add_router("", webhooks.router)
api.add_router("", deliveries.router)
api.add_router("", business.router)
api.add_router("", exports.router)

DIALECT = Dialect(
    name="faturo",
    prefix="/api/v1",
    api=api,
    credential=bearer,
    headers=access.headers,
    ids=access.ids,
    security=SECURITY,
    refuse=access.refuse,
    problems=access.PROBLEMS,
    limit=access.LIMIT,
    usage=usual_headers,
    public=frozenset({"/openapi.json", "/docs"}),
)
