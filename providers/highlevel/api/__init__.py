"""HighLevel's invoice API, served: the same paths, words and shapes.

Whatever `Version` a client names, it is served this one and told so in the answer: the provider's versions differ in
that header alone.
"""

from gateway.bearer import SECURITY, bearer
from gateway.dialect import Api, Dialect
from providers.highlevel import access
from providers.highlevel.api import contacts, invoices, oauth, plans, settings, verbs

api = Api(title="HighLevel invoices", version=access.VERSION, urls_namespace="highlevel")
for module in (settings, plans, verbs, invoices, contacts, oauth):
    api.add_router("", module.router)

DIALECT = Dialect(
    name="highlevel",
    prefix="/highlevel",
    api=api,
    credential=bearer,
    headers=access.headers,
    ids=access.ids,
    security=SECURITY,
    refuse=access.refuse,
    problems=access.PROBLEMS,
    limit=access.LIMIT,
    usage=access.usage,
    public=frozenset({"/openapi.json", "/docs", "/oauth/token"}),
    token_path="/oauth/token",
    first_call="/invoices/?altId={business}&altType=location&limit=10&offset=0",
)
