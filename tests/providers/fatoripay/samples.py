"""Real requests and answers of FatoriPay, and the two ways of asking for an invoice."""

import json
from pathlib import Path
from typing import Any

from core.ids import from_uuid
from invoices.models import Invoice
from providers.fatoripay import wire
from tests.gateway.calls import Caller

FOLDER = Path(wire.__file__).parent / "samples"
REQUESTS = ["create_request", "plugin", "create_in_cents"]
LIST = "/api/v1/invoices"
CREATE = f"{LIST}/createRequest"


def sample(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


def asked(**changes: Any) -> dict[str, Any]:
    """Document 003's request with some of it changed; `customer` and `payable_with` are merged."""
    body: dict[str, Any] = sample("create_request")
    for name in ("customer", "payable_with"):
        changes[name] = {**body[name], **changes.get(name, {})}
    return {**body, **changes}


def created(call: Caller, **changes: Any) -> Any:
    response = call.post(CREATE, asked(**changes))
    assert response.status_code == 200, response.content
    answer = response.json()
    wire.Invoice.model_validate(answer, strict=True)
    return answer


def row(answer: Any) -> Invoice:
    return Invoice.objects.get(public_id=from_uuid(answer["id"]))
