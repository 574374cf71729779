"""FatoriPay's invoice API, served: the same paths, words and shapes."""

from gateway.dialect import Api, Dialect
from gateway.limits import usual_headers
from providers.fatoripay import access
from providers.fatoripay.api import auth, invoices, parties, triggers

api = Api(title="FatoriPay invoices", version="1", urls_namespace="fatoripay")
api.add_router("/api/v1/auth", auth.router)
api.add_router("/api/v1/invoices", invoices.router)
api.add_router("/api/v1/customers", parties.customers)
api.add_router("/api/v1/products", parties.products)
api.add_router("/api/v1/triggers", triggers.router)

DIALECT = Dialect(
    name="fatoripay",
    prefix="/fatoripay",
    api=api,
    credential=access.credential,
    headers=access.headers,
    ids=access.ids,
    security=access.SECURITY,
    refuse=access.refuse,
    problems=access.PROBLEMS,
    limit=access.LIMIT,
    usage=usual_headers,
    public=frozenset({"/openapi.json", "/docs", "/api/v1/auth/login", "/api/v1/auth/refresh"}),
    language="pt-br",
    first_call="/api/v1/invoices",
)
