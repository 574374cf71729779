"""Aira's invoice API, served: the same paths, words and shapes."""

from gateway.dialect import Api, Dialect
from gateway.limits import usual_headers
from providers.aira import access

api = Api(title="Aira invoices", version="1", urls_namespace="aira")

DIALECT = Dialect(
    name="aira",
    prefix="/aira",
    api=api,
    credential=access.credential,
    headers=access.headers,
    ids=access.ids,
    refuse=access.refuse,
    limit=access.LIMIT,
    usage=usual_headers,
    public=frozenset({"/openapi.json", "/docs"}),
)
