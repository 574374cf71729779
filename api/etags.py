"""ETags: unchanged answers are not sent again (304), and nobody overwrites what they have not seen (412).

A tag is the row's version and a hash of the answer's bytes: `"7.3f2a…"`. If-None-Match compares all of it, since other
fields or another day give other bytes; If-Match compares only the version.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from gateway import answers
from gateway.refusals import Refused

Version = int | datetime
TAG = re.compile(r'(?:W/)?"([^"]*)"')


def answer(
    request: HttpRequest,
    data: Any,
    version: Version,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """`data` with its ETag; a GET that names it in If-None-Match gets 304 and no body."""
    response = answers.json(data, status, headers)
    digest = hashlib.blake2b(response.content, digest_size=8).hexdigest()
    tag = f"{_said(version)}.{digest}"
    if request.method == "GET" and _names(request, "If-None-Match") & {tag, "*"}:
        response = HttpResponse(status=304)
    response.headers["ETag"] = f'"{tag}"'
    return response


def require(request: HttpRequest, version: Version) -> None:
    """412 when the caller says with If-Match which version it changes, and that is not the one there is."""
    wanted = _names(request, "If-Match")
    if wanted and "*" not in wanted and _said(version) not in {tag.partition(".")[0] for tag in wanted}:
        raise Refused(412, "version", _("It has changed since you read it; read it again."))


def _names(request: HttpRequest, header: str) -> set[str]:
    """The tags of a header. Proxies that compress mark them weak: that is no other version."""
    text = request.headers.get(header, "")
    return {"*"} if text.strip() == "*" else set(TAG.findall(text)) or ({text} if text else set())


def _said(version: Version) -> str:
    """An instant to the microsecond."""
    return str(version) if isinstance(version, int) else f"{version:%Y%m%d%H%M%S%f}"
