"""FatoriPay at the door: client-id and client-secret, or the token its login gives; refusals as Laravel writes them
(document 003, the vendor's public plugin).
"""

from django.http import HttpRequest, HttpResponse
from pydantic import BaseModel

from businesses.models import Business
from core.ids import as_uuid
from customers.models import Customer
from gateway import answers
from gateway.bearer import SECURITY as BEARER
from gateway.bearer import bearer
from gateway.callers import Credential
from gateway.dialect import ApiRequest, Problems
from gateway.limits import usual_limit
from gateway.models import ApiKey
from gateway.refusals import Refusal

LIMIT = usual_limit()

SECURITY = (
    {
        "clientId": {"type": "apiKey", "in": "header", "name": "client-id"},
        "clientSecret": {"type": "apiKey", "in": "header", "name": "client-secret"},
    },
    *BEARER,
)


class Problem(BaseModel):
    message: str
    errors: dict[str, list[str]]


class Unauthenticated(BaseModel):
    message: str


PROBLEMS = Problems(Problem, special={401: Unauthenticated})


def credential(request: HttpRequest) -> Credential | None:
    """The token when there is one; today's clients send the two headers beside it."""
    return bearer(request) or pair(request)


def pair(request: HttpRequest) -> Credential | None:
    secret, client = (request.headers.get(name, "").strip() for name in ("client-secret", "client-id"))
    return Credential(secret, client) if secret and client else None


def headers(key: ApiKey, secret: str) -> dict[str, str]:
    return {"client-id": key.public_id, "client-secret": secret}


def ids(business: Business, customer: Customer | None) -> dict[str, str | None]:
    return {
        "business": as_uuid(business.public_id),
        "customer": as_uuid(customer.public_id) if customer else None,
    }


def refuse(request: ApiRequest, refusal: Refusal) -> HttpResponse:
    if refusal.status == 401:
        return answers.json({"message": "Unauthenticated."}, 401, refusal.headers)
    errors: dict[str, list[str]] = {}
    for fault in refusal.faults:
        errors.setdefault(fault.path or refusal.code, []).append(fault.message)
    body = {"message": refusal.message, "errors": errors or {refusal.code: [refusal.message]}}
    return answers.json(body, refusal.status, refusal.headers)
