"""Base39 at the door: Bearer keys, prefixed ids, `{code, message}` refusals (document 001 and its public pages)."""

from django.http import HttpResponse
from pydantic import BaseModel

from businesses.models import Business
from core.ids import prefixed
from customers.models import Customer, CustomerKind
from gateway import answers
from gateway.dialect import ApiRequest, Problems
from gateway.limits import usual_limit
from gateway.models import ApiKey
from gateway.refusals import Refusal

LIMIT = usual_limit()
STATUS = {422: 400}
CODES = {
    "not_found": "INVOICE_NOT_FOUND",
    "internal": "UNEXPECTED_ERROR",
}
OWN_400 = frozenset({"IDEMPOTENCY_KEY_REUSED", "UNSUPPORTED_GRANT_TYPE"})
"""All else that is wrong with a request is INVALID_BODY."""

WORDS = {
    "lines": "items",
    "unit_price": "amount",
    "discount_amount": "discount",
    "discount_percent": "discount",
    "name": "description",
    "detail": "description",
    "due_on": "dueDate",
    "paid_at": "paidAt",
    "customer": "payer",
    "account": "beneficiary",
    "extras": "",
}
"""What the core calls a field, in Base39's words; extras are many of its fields at once."""


class Problem(BaseModel):
    code: str
    message: str


class Unauthorized(BaseModel):
    message: str


PROBLEMS = Problems(Problem, status=STATUS, special={401: Unauthorized})


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
    """Base39 has no 422, and says 409 nowhere; ours means that the invoice's status, or another request, forbids it."""
    status = STATUS.get(refusal.status, refusal.status)
    if status == 401:
        return answers.json({"message": "Unauthorized"}, 401, refusal.headers)
    code = CODES.get(refusal.code, refusal.code.upper())
    if status == 400 and code not in OWN_400:
        code = "INVALID_BODY"
    path = refusal.faults[0].path if refusal.faults else ""
    where = ".".join(filter(None, (WORDS.get(name, name) for name in path.split("."))))
    message = f"{where}: {refusal.message}" if where else refusal.message
    return answers.json({"code": code, "message": message}, status, refusal.headers)
