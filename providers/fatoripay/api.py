"""FatoriPay's invoice API, served: the same paths, words and shapes."""

from gateway.dialect import Api, Dialect
from gateway.limits import usual_headers
from providers.fatoripay import access

api = Api(title="FatoriPay invoices", version="1", urls_namespace="fatoripay")

DIALECT = Dialect(
    name="fatoripay",
    prefix="/fatoripay",
    api=api,
    credential=access.credential,
    headers=access.headers,
    ids=access.ids,
    refuse=access.refuse,
    limit=access.LIMIT,
    usage=usual_headers,
    public=frozenset({"/openapi.json", "/docs", "/api/v1/auth/login", "/api/v1/auth/refresh"}),
    language="pt-br",
)
