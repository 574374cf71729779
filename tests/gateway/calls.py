"""Calling our APIs as a client would: base path, headers and ids as `api_key create` prints them."""

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client

from businesses.models import Business
from businesses.roles import Role
from customers.models import Customer
from gateway import actions
from gateway.dialect import Dialect, dialects
from gateway.models import ApiKey

NAMES = ["faturo", "highlevel", "base39", "aira", "fatoripay"]


class Caller:
    """One key at one API. `call.get("/invoices")`, `call.post("/invoices", {...})`; `ids` are in the API's own form."""

    def __init__(self, business: Business, name: str, role: str = Role.FINANCE) -> None:
        self.dialect: Dialect = dialects()[name]
        self.key: ApiKey
        self.key, self.secret = actions.create_key(business, f"{name} test", name, role=role)
        self.headers = self.dialect.headers(self.key, self.secret)
        customer = Customer.objects.for_business(business).order_by("pk").first()
        self.ids = self.dialect.ids(business, customer)
        self.client = Client()

    def get(self, path: str, **more: Any) -> Any:
        return self.send("GET", path, **more)

    def post(self, path: str, data: Any = None, **more: Any) -> Any:
        return self.send("POST", path, data, **more)

    def put(self, path: str, data: Any = None, **more: Any) -> Any:
        return self.send("PUT", path, data, **more)

    def patch(self, path: str, data: Any = None, **more: Any) -> Any:
        return self.send("PATCH", path, data, **more)

    def delete(self, path: str, data: Any = None, **more: Any) -> Any:
        return self.send("DELETE", path, data, **more)

    def send(
        self,
        method: str,
        path: str,
        data: Any = None,
        *,
        headers: dict[str, str] | None = None,
        raw: bytes = b"",
        content_type: str = "application/json",
    ) -> Any:
        """`raw` bytes, or `data` as JSON."""
        body = raw if data is None else json.dumps(data).encode()
        return self.client.generic(
            method,
            self.dialect.prefix + path,
            body,
            content_type=content_type,
            headers={**self.headers, **(headers or {})},
        )


def error_of(response: HttpResponse) -> Any:
    """The JSON of an answer that must be a refusal."""
    assert response.status_code >= 400, response.content
    return json.loads(response.content)
