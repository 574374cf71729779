"""HighLevel's invoice API, served: the same paths, words and shapes."""

from gateway.bearer import bearer
from gateway.dialect import Api, Dialect
from providers.highlevel import access

api = Api(title="HighLevel invoices", version="2021-07-28", urls_namespace="highlevel")

DIALECT = Dialect(
    name="highlevel",
    prefix="/highlevel",
    api=api,
    credential=bearer,
    headers=access.headers,
    ids=access.ids,
    refuse=access.refuse,
    limit=access.LIMIT,
    usage=access.usage,
    public=frozenset({"/openapi.json", "/docs", "/oauth/token"}),
    token_path="/oauth/token",
)
