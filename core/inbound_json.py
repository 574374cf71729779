"""JSON as strangers send it: bounded before it is read, exact numbers, and nothing in it that a database cannot hold.

Threat: deep nesting, huge integers, NaN, duplicate keys and lone surrogates each break some reader further in.
"""

import json
import re
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

MAX_BYTES = 1_000_000
MAX_DEPTH = 20
MAX_DIGITS = 19
LEAST, MOST = -(2**63), 2**64 - 1
"""What 64 bits hold; other readers of our answers stop there too."""
MAX_NUMBER = 40
MAX_POWER = 30

_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"')
_BRACKETS = re.compile(rb"[\[\]{}]")


class InboundError(ValueError):
    """Why a body was not read: a stable `code`, a message for people, and the HTTP status that says it best."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def read(raw: bytes) -> Any:
    """The value of a JSON text (RFC 8259); numbers with a fraction or an exponent as Decimal. Raises InboundError."""
    if len(raw) > MAX_BYTES:
        raise InboundError("too_large", _("The body is larger than 1 MB."), 413)
    _check_depth(raw)
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_int=_whole,
            parse_float=_fraction,
        )
    except UnicodeDecodeError as error:
        raise InboundError("encoding", _("The body is not UTF-8.")) from error
    except json.JSONDecodeError as error:
        message = _("This is not JSON (line %(line)d, column %(column)d).")
        raise InboundError("syntax", message % {"line": error.lineno, "column": error.colno}) from error
    if b"\\u" in raw:
        _check_text(value)
    return value


def read_lines(raw: bytes) -> list[Any]:
    """The values of JSON Lines: one JSON text a line, empty lines aside. Raises InboundError, which names the line."""
    found: list[Any] = []
    for number, line in enumerate(raw.split(b"\n"), start=1):
        try:
            found += [read(line)] if line.strip() else []
        except InboundError as error:
            message = _("Line %(number)d: %(message)s") % {"number": number, "message": error.message}
            raise InboundError(error.code, message, error.status) from error
    return found


def _check_depth(raw: bytes) -> None:
    if raw.count(b"[") + raw.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub(b"", raw)):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            message = _("Nested more than %(limit)d levels deep.") % {"limit": MAX_DEPTH}
            raise InboundError("too_deep", message)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InboundError("duplicate_key", _("The key “%(key)s” is there twice.") % {"key": twice[:60]})
    return found


def _no_constant(name: str) -> Any:
    raise InboundError("number", _("%(name)s is not a JSON number.") % {"name": name})


def _whole(text: str) -> int:
    if len(text.lstrip("-")) > MAX_DIGITS:
        raise InboundError(
            "number", _("A whole number has at most %(limit)d digits.") % {"limit": MAX_DIGITS}
        )
    number = int(text)
    if not LEAST <= number <= MOST:
        raise InboundError("number", _("This number is too long: %(text)s…") % {"text": text[:20]})
    return number


def _fraction(text: str) -> Decimal:
    number = Decimal(text) if len(text) <= MAX_NUMBER else None
    if number is None or abs(number.adjusted()) > MAX_POWER:
        raise InboundError("number", _("This number is too long: %(text)s…") % {"text": text[:20]})
    return number


def _check_text(value: Any) -> None:
    """Escapes can spell NUL and half a surrogate pair, which PostgreSQL refuses to store."""
    if isinstance(value, dict):
        for key, item in value.items():
            _check_text(key)
            _check_text(item)
    elif isinstance(value, list):
        for item in value:
            _check_text(item)
    elif isinstance(value, str) and ("\x00" in value or any("\ud800" <= char <= "\udfff" for char in value)):
        raise InboundError("text", _("NUL and lone surrogates are not text."))


def plain(value: Any) -> Any:
    """The same value with Decimals as JSON numbers again: for what is only kept and echoed."""
    if isinstance(value, Decimal):
        is_whole = value == value.to_integral_value() and LEAST <= value <= MOST
        return int(value) if is_whole else float(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value
