"""Why a request was not done, before any API has put it into its own words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import (
    NON_FIELD_ERRORS,
    DisallowedHost,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.db import OperationalError
from django.http import Http404
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from ninja.errors import ValidationError as SchemaError

from core.inbound_json import InboundError
from core.problems import Conflict, Problem

REASONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    412: "Precondition Failed",
    413: "Payload Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
"""As the APIs' documents say them; Python's own words change with its version."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with the input: a dotted path into it, a stable code, words for people."""

    path: str
    code: str
    message: str


@dataclass(frozen=True)
class Refusal:
    """`status` as HTTP has it, `code` a stable word, `message` for people, `faults` field by field."""

    status: int
    code: str
    message: str
    faults: tuple[Fault, ...] = ()
    legal: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """Raised wherever a request cannot go on."""

    def __init__(self, status: int, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.refusal = Refusal(status, code, message, **more)


def not_found() -> Refused:
    """Also for what belongs to another business: nobody learns that it exists."""
    return Refused(404, "not_found", _("Not found."))


def forbidden() -> Refused:
    return Refused(403, "forbidden", _("This key may not do that."))


def refusal_of(error: Exception) -> Refusal | None:
    """The refusal that an exception stands for; None when it is a fault of ours."""
    match error:
        case Refused():
            return error.refusal
        case InboundError():
            return Refusal(error.status, error.code, error.message)
        case Problem():
            return invalid(Fault(error.field, str(error.code or "invalid"), error.text))
        case ValidationError():
            return invalid(*_model_faults(error))
        case Conflict():
            return Refusal(409, "conflict", error.text, legal=error.legal)
        case SchemaError():
            return invalid(*map(_schema_fault, error.errors))
        case Http404():
            return not_found().refusal
        case RequestDataTooBig():
            return Refusal(413, "too_large", _("The body is larger than 1 MB."))
        case DisallowedHost():
            return Refusal(400, "host", _("This host name is not served here."))
        case SuspiciousOperation() | MultiPartParserError():
            return Refusal(400, "unreadable", _("The request cannot be read."))
        case OperationalError() if _is_busy(error):
            message = _("Another request is changing the same thing; try again.")
            return Refusal(409, "busy", message, headers={"Retry-After": "1"})
    return None


def invalid(*faults: Fault) -> Refusal:
    first = faults[0] if faults else Fault("", "invalid", _("Invalid."))
    return Refusal(422, first.code, first.message, faults=faults or (first,))


def _is_busy(error: Exception) -> bool:
    return any(word in str(error) for word in ("locked", "lock timeout", "deadlock"))


def _model_faults(error: ValidationError) -> list[Fault]:
    if not hasattr(error, "error_dict"):
        return [Fault("", getattr(error, "code", None) or "invalid", " ".join(error.messages))]
    return [
        Fault("" if name == NON_FIELD_ERRORS else name, item.code or "invalid", " ".join(item.messages))
        for name, items in error.error_dict.items()
        for item in items
    ]


def _schema_fault(error: dict[str, Any]) -> Fault:
    """pydantic's error; its location starts with where ("body") and, for bodies, the argument's name."""
    where, *path = error["loc"]
    path = path[1:] if where == "body" else path
    kind = str(error["type"])
    return Fault(".".join(map(str, path)), kind, _words(kind, error))


def _words(kind: str, error: dict[str, Any]) -> str:
    limits = error.get("ctx", {})
    table = {
        "missing": _("This field is required."),
        "extra_forbidden": _("There is no such field."),
        "string_type": _("Enter text."),
        "bool_type": _("Say true or false."),
        "bool_parsing": _("Say true or false."),
        "int_type": _("Enter a whole number."),
        "int_parsing": _("Enter a whole number."),
        "int_from_float": _("Enter a whole number."),
        "decimal_type": _("Enter a number."),
        "decimal_parsing": _("Enter a number."),
        "float_parsing": _("Enter a number."),
        "list_type": _("Enter a list."),
        "dict_type": _("Enter an object."),
        "model_type": _("Enter an object."),
        "model_attributes_type": _("Enter an object."),
        "date_from_datetime_parsing": _("Enter a date, like 2026-01-31."),
        "date_parsing": _("Enter a date, like 2026-01-31."),
        "string_too_long": _("At most %(max_length)s characters.") % {"max_length": limits.get("max_length")},
        "enum": _("Not one of the choices."),
        "literal_error": _("Not one of the choices."),
    }
    return table.get(kind) or str(error["msg"])
