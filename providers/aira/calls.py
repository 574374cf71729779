"""Our requests to Aira, signed by a key. Idempotency keys are in their bodies."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from core.http import Answer, Request
from providers.connector import Access, Steps
from providers.objects import object_of


class Session:
    """The requests of one run; paths are those after `/v1/invoices`."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.address = f"{access.base_url.removesuffix('/v1')}/v1/invoices"
        self.headers = {"X-API-KEY": access.credentials["api_key"]}

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Steps[dict[str, Any]]:
        told = f"?{urlencode(query)}" if query else ""
        answer: Answer = yield Request("GET", f"{self.address}{path}{told}", self.headers)
        return object_of(answer)

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Steps[dict[str, Any]]:
        headers, content = self.headers, b""
        if body is not None:
            headers = {**headers, "Content-Type": "application/json"}
            content = json.dumps(body).encode()
        answer: Answer = yield Request("POST", f"{self.address}{path}", headers, content)
        return object_of(answer)
