"""Our own API at the door: Bearer keys, public ids, problems as RFC 9457 writes them."""

from typing import Any

from django.http import HttpResponse
from pydantic import BaseModel

from businesses.models import Business
from customers.models import Customer
from gateway import answers
from gateway.dialect import ApiRequest, Problems
from gateway.limits import usual_limit
from gateway.models import ApiKey
from gateway.refusals import Refusal

LIMIT = usual_limit()
PROBLEM = "application/problem+json"


class Fault(BaseModel):
    field: str
    pointer: str
    code: str
    message: str


class Problem(BaseModel):
    """RFC 9457; `errors` field by field, `legal` what could be done instead."""

    type: str
    title: str
    status: int
    code: str
    instance: str
    errors: list[Fault]
    legal: list[str] | None = None


PROBLEMS = Problems(Problem, PROBLEM)


def headers(key: ApiKey, secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def ids(business: Business, customer: Customer | None) -> dict[str, str | None]:
    return {"business": business.public_id, "customer": customer.public_id if customer else None}


def refuse(request: ApiRequest, refusal: Refusal) -> HttpResponse:
    response = answers.json(problem(request, refusal), refusal.status, refusal.headers)
    response.headers["Content-Type"] = PROBLEM
    return response


def problem(request: ApiRequest, refusal: Refusal) -> dict[str, Any]:
    """`errors` names each fault's path as a JSON pointer and as dotted path."""
    body: dict[str, Any] = {
        "type": f"urn:faturo:problem:{refusal.code}",
        "title": refusal.message,
        "status": refusal.status,
        "code": refusal.code,
        "instance": f"urn:faturo:request:{request.trace_id}",
        "errors": [
            {
                "field": fault.path,
                "pointer": "/" + fault.path.replace(".", "/") if fault.path else "",
                "code": fault.code,
                "message": fault.message,
            }
            for fault in refusal.faults
        ],
    }
    if refusal.legal:
        body["legal"] = list(refusal.legal)
    return body
