"""Document 002's answer, requests as Aira's docs show them, and ways to make an invoice through them."""

import json
from pathlib import Path
from typing import Any

from providers.aira import wire
from tests.gateway.calls import Caller

FOLDER = Path(wire.__file__).parent / "samples"
LIST = "/v1/invoices"


def sample(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


def asked(call: Caller, **changes: Any) -> dict[str, Any]:
    """A request for an invoice of the business's own customer."""
    own = {"customerId": call.ids["customer"], "paymentAccountId": call.ids["business"]}
    return {**sample("create_invoice"), **own, **changes}


def made(call: Caller, *amounts: int, **changes: Any) -> Any:
    """A draft with a line for each amount, in today's shape."""
    response = call.post(LIST, asked(call, **changes))
    assert response.status_code == 201, response.content
    invoice = response.json()
    for amount in amounts:
        line = call.post(f"{LIST}/{invoice['id']}/line-items", {"name": "Work", "amount": amount})
        assert line.status_code == 201, line.content
    return call.get(f"{LIST}/{invoice['id']}").json()["invoice"]
