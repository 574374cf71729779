"""Base39's invoice API, served: the same paths, words and shapes."""

from gateway.bearer import bearer
from gateway.dialect import Api, Dialect
from gateway.limits import usual_headers
from providers.base39 import access

api = Api(title="Base39 invoices", version="1", urls_namespace="base39")

DIALECT = Dialect(
    name="base39",
    prefix="/base39",
    api=api,
    credential=bearer,
    headers=access.headers,
    ids=access.ids,
    refuse=access.refuse,
    limit=access.LIMIT,
    usage=usual_headers,
    public=frozenset({"/openapi.json", "/docs", "/oauth2/token"}),
    language="pt-br",
)
