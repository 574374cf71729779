"""HighLevel at the door: Bearer tokens, its ids, its refusals and its rate-limit headers (its public documents)."""

from collections.abc import Mapping

from django.http import HttpResponse
from pydantic import BaseModel

from businesses.models import Business
from customers.models import Customer
from gateway import answers
from gateway.dialect import ApiRequest, Problems
from gateway.limits import Limit, Usage
from gateway.models import ApiKey
from gateway.refusals import REASONS, Refusal

VERSION = "2021-07-28"
LIMIT = Limit(burst=100, seconds=10, daily=200_000)
STATUS = {409: 400}
"""Too late is "bad request" here; the documents know no 409."""


class Problem(BaseModel):
    statusCode: int
    message: str | list[str]
    error: str
    traceId: str


PROBLEMS = Problems(Problem, status=STATUS)


def headers(key: ApiKey, secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}", "Version": VERSION}


def ids(business: Business, customer: Customer | None) -> dict[str, str | None]:
    return {"business": business.public_id, "customer": customer.public_id if customer else None}


def refuse(request: ApiRequest, refusal: Refusal) -> HttpResponse:
    status = STATUS.get(refusal.status, refusal.status)
    message: str | list[str] = refusal.message
    if status == 422:
        message = [f"{fault.path} {fault.message}".strip() for fault in refusal.faults]
    elif refusal.code in ("credentials_wrong", "credentials_missing"):
        message = "Invalid token: access token is invalid"
    body = {
        "statusCode": status,
        "message": message,
        "error": REASONS[status],
        "traceId": request.trace_id,
    }
    return answers.json(body, status, {**refusal.headers, "Version": VERSION})


def usage(used: Usage) -> Mapping[str, str]:
    return {
        "X-RateLimit-Limit-Daily": str(used.limit.daily),
        "X-RateLimit-Daily-Remaining": str(max(0, used.left_today)),
        "X-RateLimit-Interval-Milliseconds": str(used.limit.seconds * 1000),
        "X-RateLimit-Max": str(used.limit.burst),
        "X-RateLimit-Remaining": str(max(0, used.left)),
    }
