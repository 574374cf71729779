"""Our own API at the door: Bearer keys, public ids, problems as RFC 9457 writes them."""

from django.http import HttpResponse

from businesses.models import Business
from customers.models import Customer
from gateway import answers
from gateway.dialect import ApiRequest
from gateway.limits import Limit
from gateway.models import ApiKey
from gateway.refusals import Refusal

LIMIT = Limit(burst=1000, seconds=10, daily=1_000_000)
PROBLEM = "application/problem+json"


def headers(key: ApiKey, secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def ids(business: Business, customer: Customer | None) -> dict[str, str | None]:
    return {"business": business.public_id, "customer": customer.public_id if customer else None}


def refuse(request: ApiRequest, refusal: Refusal) -> HttpResponse:
    """`errors` names each fault's path as a JSON pointer and as dotted path."""
    body = {
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
    response = answers.json(body, refusal.status, refusal.headers)
    response.headers["Content-Type"] = PROBLEM
    return response
