"""Base39 at the door: Bearer keys, prefixed ids, `{code, message}` refusals (document 001 and its public pages)."""

from django.http import HttpResponse

from businesses.models import Business
from core.ids import prefixed
from customers.models import Customer, CustomerKind
from gateway import answers
from gateway.dialect import ApiRequest
from gateway.limits import Limit
from gateway.models import ApiKey
from gateway.refusals import Refusal

LIMIT = Limit(burst=1000, seconds=10, daily=1_000_000)
STATUS = {422: 400, 409: 409}
CODES = {
    "not_found": "INVOICE_NOT_FOUND",
    "internal": "UNEXPECTED_ERROR",
    "idempotency_key_reused": "IDEMPOTENCY_KEY_REUSED",
}


def headers(key: ApiKey, secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def ids(business: Business, customer: Customer | None) -> dict[str, str | None]:
    return {
        "business": prefixed("fund", business.public_id),
        "customer": payer_id(customer) if customer else None,
    }


def payer_id(customer: Customer) -> str:
    """People are `cust_`, companies `comp_`."""
    prefix = "comp" if customer.kind == CustomerKind.COMPANY else "cust"
    return prefixed(prefix, customer.public_id)


def refuse(request: ApiRequest, refusal: Refusal) -> HttpResponse:
    status = STATUS.get(refusal.status, refusal.status)
    if status == 401:
        return answers.json({"message": "Unauthorized"}, 401, refusal.headers)
    code = CODES.get(refusal.code, "INVALID_BODY" if refusal.status == 422 else refusal.code.upper())
    first = refusal.faults[0].path if refusal.faults else ""
    message = f"{first}: {refusal.message}" if first else refusal.message
    return answers.json({"code": code, "message": message}, status, refusal.headers)
