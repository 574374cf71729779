"""Our own API: the richest view of what Faturo knows."""

from api import access
from gateway.bearer import bearer
from gateway.dialect import Api, Dialect
from gateway.limits import usual_headers

api = Api(title="Faturo", version="1", urls_namespace="faturo")

DIALECT = Dialect(
    name="faturo",
    prefix="/api/v1",
    api=api,
    credential=bearer,
    headers=access.headers,
    ids=access.ids,
    refuse=access.refuse,
    limit=access.LIMIT,
    usage=usual_headers,
    public=frozenset({"/openapi.json", "/docs"}),
)
