"""Aira's invoice API, served: the same paths, words and shapes."""

from gateway.dialect import Api, Dialect
from gateway.limits import usual_headers
from providers.aira import access
from providers.aira.api import invoices, lines

api = Api(title="Aira invoices", version="1", urls_namespace="aira")
api.add_router("/v1/invoices", invoices.router)
api.add_router("/v1/invoices", lines.router)

DIALECT = Dialect(
    name="aira",
    prefix="/aira",
    api=api,
    credential=access.credential,
    headers=access.headers,
    ids=access.ids,
    security=access.SECURITY,
    refuse=access.refuse,
    problems=access.PROBLEMS,
    limit=access.LIMIT,
    usage=usual_headers,
    idempotency=access.idempotency,
    public=frozenset({"/openapi.json", "/docs"}),
    first_call="/v1/invoices",
)
