"""What answers must look like: every one is held against the model that documents it."""

import json
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from pydantic import TypeAdapter

from api import wire
from tests.gateway.calls import Caller


def said(response: Any, model: Any, status: int = 200) -> Any:
    """The JSON of an answer that must be of this status and of exactly this shape."""
    assert response.status_code == status, response.content
    TypeAdapter(model).validate_json(response.content)
    return json.loads(response.content)


def listed(response: Any, model: Any) -> list[Any]:
    return list(said(response, wire.Page[model])["data"])


def fields_refused(response: Any, status: int = 422) -> list[str]:
    """The paths that a refusal names."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    return [error["field"] for error in json.loads(response.content)["errors"]]


def queries_of(call: Caller, path: str) -> int:
    """How many queries a GET takes, once the key's use has been noted."""
    call.get(path)
    with CaptureQueriesContext(connection) as found:
        assert call.get(path).status_code == 200
    return len(found)
