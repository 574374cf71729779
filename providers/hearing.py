"""Webhooks that prove themselves by a token that never changes: whether it is there, and whom they are about."""

import hmac
import json
import re
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from core.problems import Problem
from providers.connector import Forged

BEARER = "Bearer "
DEPTH = 12
MOST = 100
"""Invoices of one webhook."""
ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,99}", re.ASCII)


def check_token(shown: str, expected: str) -> None:
    """Raises Forged. Without one that is expected nothing can prove itself."""
    given = shown.strip().removeprefix(BEARER).encode()
    wanted = expected.removeprefix(BEARER).encode()
    if not wanted or not hmac.compare_digest(given, wanted):
        raise Forged


def body_of(raw: bytes) -> Any:
    """Raises Problem."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise Problem(_("This is not JSON."), code="syntax") from None


def ids_in(raw: bytes, pattern: str) -> list[str]:
    """Every text in the body that looks so, once, in order. Raises Problem for what is no JSON."""
    texts = (text for text in _texts(body_of(raw), DEPTH) if re.fullmatch(pattern, text, re.ASCII))
    return list(dict.fromkeys(texts))[:MOST]


def id_in(value: Any) -> str:
    """An id that can be one; "" for anything else."""
    return value if isinstance(value, str) and ID.fullmatch(value) else ""


def _texts(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list) and depth:
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part, depth - 1)
