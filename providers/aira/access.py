"""Aira at the door: an `X-API-KEY`, UUIDs, `{code, message}` refusals (document 002)."""

from django.http import HttpRequest, HttpResponse
from pydantic import BaseModel

from businesses.models import Business
from core.ids import as_uuid
from customers.models import Customer
from gateway import answers
from gateway.callers import Credential
from gateway.dialect import ApiRequest, Problems, idempotency_header
from gateway.limits import usual_limit
from gateway.models import ApiKey
from gateway.refusals import Refusal

LIMIT = usual_limit()
SECURITY = ({"apiKey": {"type": "apiKey", "in": "header", "name": "X-API-KEY"}},)
STATUS = {422: 400}


class Problem(BaseModel):
    code: str
    message: str


PROBLEMS = Problems(Problem, status=STATUS)


def credential(request: HttpRequest) -> Credential | None:
    secret = request.headers.get("X-API-KEY", "").strip()
    return Credential(secret) if secret else None


def headers(key: ApiKey, secret: str) -> dict[str, str]:
    return {"X-API-KEY": secret}


def ids(business: Business, customer: Customer | None) -> dict[str, str | None]:
    return {
        "business": as_uuid(business.public_id),
        "customer": as_uuid(customer.public_id) if customer else None,
    }


def refuse(request: ApiRequest, refusal: Refusal) -> HttpResponse:
    first = refusal.faults[0].path if refusal.faults else ""
    message = f"{first}: {refusal.message}" if first else refusal.message
    status = STATUS.get(refusal.status, refusal.status)
    return answers.json({"code": refusal.code, "message": message}, status, refusal.headers)


def idempotency(request: ApiRequest) -> str:
    """The body's own key, for each address apart; the usual header does as well."""
    data = request.data
    key = data.get("idempotencyKey") if isinstance(data, dict) else None
    return f"{request.path_info}#{key}" if key and isinstance(key, str) else idempotency_header(request)
