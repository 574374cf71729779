"""Requests as document 001 shows them, for the tests."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import providers.base39
from businesses.models import Business
from tests.gateway.calls import Caller

SAMPLES = Path(providers.base39.__file__).parent / "samples"
ITEM = {"installment": "inst_631a1f531a40784a5b1df6ed", "amount": 100, "description": "Parcela 1"}


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text())


def body_of(call: Caller, **fields: Any) -> dict[str, Any]:
    """One item of 100, due in ten days, unless told otherwise; a field that is None is left out."""
    whole = {
        "payer": call.ids["customer"],
        "beneficiary": call.ids["business"],
        "type": "pay_off",
        "dueDate": in_days(call.key.business, 10),
        "items": [ITEM],
        **fields,
    }
    return {name: value for name, value in whole.items() if value is not None}


def in_days(business: Business, days: int) -> str:
    return (business.today() + timedelta(days=days)).isoformat()
