"""Calling our HighLevel API while its provider's own OpenAPI document looks on: what we answer, and what we send."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from jsonschema import Draft202012Validator

from businesses.models import Business
from businesses.roles import Role
from customers.models import Customer
from gateway import openapi
from tests.gateway.calls import Caller

SPEC = json.loads((Path(__file__).parent / "spec.json").read_text())
SAMPLES = Path(__file__).parents[3] / "providers" / "highlevel" / "samples"


def operation(method: str, path: str, tree: Any = SPEC) -> Any:
    """The document's operation for a request; static paths come first there too."""
    for template in sorted(tree["paths"], key=lambda template: template.count("{")):
        pattern = re.sub(r"\{\w+\}", "[^/]+", template.rstrip("/"))
        if re.fullmatch(pattern, path.rstrip("/")) and method.lower() in tree["paths"][template]:
            return tree["paths"][template][method.lower()]
    raise AssertionError(f"{method} {path} is not in the document")


@cache
def _validator(schema: str, is_ours: bool) -> Draft202012Validator:
    tree = ours() if is_ours else SPEC
    return Draft202012Validator({**json.loads(schema), "components": tree["components"]})


def ours() -> Any:
    return openapi.document("highlevel", "/highlevel")


def check(value: Any, schema: Any, *, is_ours: bool = False) -> None:
    found = _validator(json.dumps(schema), is_ours).iter_errors(value)
    assert [f"{error.json_path}: {error.message}" for error in found] == []


def check_request(method: str, url: str, data: Any) -> None:
    parts = urlsplit(url)
    asked, said = operation(method, parts.path), parse_qs(parts.query)
    for parameter in asked["parameters"]:
        assert not parameter["required"] or parameter["name"] in said, parameter["name"]
        for value in said.get(parameter["name"], []):
            schema = parameter["schema"]
            check(float(value) if schema.get("type") == "number" else value, schema)
    if data is not None:
        check(data, asked["request"])


def check_answer(method: str, url: str, status: int, value: Any) -> None:
    responses = operation(method, urlsplit(url).path)["responses"]
    assert str(status) in responses, f"{status} is not one of {list(responses)}"
    check(value, responses[str(status)])


def check_promise(method: str, url: str, status: int, value: Any) -> None:
    """What our own document says of the answer, refusals too."""
    responses = operation(method, urlsplit(url).path, ours())["responses"]
    assert str(status) in responses, f"{status} is not one of {list(responses)}"
    check(value, responses[str(status)]["content"]["application/json"]["schema"], is_ours=True)


class Watched(Caller):
    """Every answer is held against our document and, of success, against the provider's; every request unless `loose`.

    `loose` requests are those of document 000, of document 004's example and of clients in the wild, which the
    provider's own OpenAPI document refuses.
    """

    def __init__(self, business: Business, role: str = Role.FINANCE) -> None:
        super().__init__(business, "highlevel", role)
        self.business = business

    @property
    def place(self) -> dict[str, str]:
        return {"altId": self.business.public_id, "altType": "location"}

    @property
    def query(self) -> str:
        return f"altId={self.business.public_id}&altType=location"

    def send(
        self,
        method: str,
        path: str,
        data: Any = None,
        *,
        loose: bool = False,
        plain: bool = False,
        **more: Any,
    ) -> Any:
        """`plain` answers speak document 000's words, which the provider's document does not know."""
        if not loose and not plain:
            check_request(method, path, data)
        response = super().send(method, path, data, **more)
        check_promise(method, path, response.status_code, json.loads(response.content))
        if response.status_code < 300 and not plain:
            check_answer(method, path, response.status_code, json.loads(response.content))
        return response


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text())


def item(**fields: Any) -> dict[str, Any]:
    return {"name": "Work", "currency": "BRL", "amount": 100, "qty": 1, **fields}


def contact(customer: Customer, **fields: Any) -> dict[str, Any]:
    known = {
        "id": customer.public_id,
        "name": customer.name,
        "phoneNo": customer.phone,
        "email": customer.email,
    }
    return {**known, **fields}


def new(call: Watched, customer: Customer, **fields: Any) -> dict[str, Any]:
    """The least that the document asks of a new invoice."""
    return {
        **call.place,
        "name": "New invoice",
        "businessDetails": {"name": "Padaria"},
        "currency": "BRL",
        "items": [item()],
        "discount": {"type": "percentage", "value": 0},
        "contactDetails": contact(customer),
        "issueDate": "2026-03-02",
        "dueDate": "2026-03-16",
        "sentTo": {"email": ["maria@example.com"]},
        "liveMode": True,
        **fields,
    }


def created(call: Watched, customer: Customer, **fields: Any) -> Any:
    response = call.post("/invoices/", new(call, customer, **fields), loose=True)
    assert response.status_code == 201, response.content
    return json.loads(response.content)


def send_body(call: Watched, **fields: Any) -> dict[str, Any]:
    return {**call.place, "userId": "user-1", "action": "email", "liveMode": True, **fields}


def sent(call: Watched, customer: Customer, **fields: Any) -> Any:
    invoice = created(call, customer, **fields)
    response = call.post(f"/invoices/{invoice['_id']}/send", send_body(call))
    assert response.status_code == 200, response.content
    return json.loads(response.content)["invoice"]


def payment(call: Watched, **fields: Any) -> dict[str, Any]:
    """The document wants a card and a cheque whatever the mode."""
    rest = {"card": {"brand": "", "last4": ""}, "cheque": {"number": ""}, "notes": ""}
    return {**call.place, "mode": "cash", **rest, **fields}
