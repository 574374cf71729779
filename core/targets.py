"""Where we may be asked to send something: what can be said of an address and of headers before anybody connects.

Which machine a name leads to is checked when connecting: it can change at any time.
"""

import ipaddress
import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from core.hosts import is_public

MAX_HEADERS, MAX_VALUE = 20, 1000
NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", re.ASCII)
"""A token of RFC 9110 §5.6.2."""
VALUE = re.compile(rf"[\x21-\x7e]([\x20-\x7e]{{0,{MAX_VALUE - 2}}}[\x21-\x7e])?", re.ASCII)
OURS = {
    "connection", "content-encoding", "content-length", "content-type", "expect", "host", "keep-alive", "te", "trailer",
    "transfer-encoding", "upgrade", "user-agent",
}  # fmt: skip
"""What the request itself decides (RFC 9110 §7.6.1); `webhook-…` are the signature's."""


is_web_address = URLValidator(["http", "https"])


def validate_target(url: str) -> None:
    """No credentials, no fragment, and no address of a machine that only we can reach."""
    is_web_address(url)
    parts = urlsplit(url)
    if parts.username or parts.password or parts.fragment:
        raise ValidationError(_("An address without user, password and #."), code="url")
    if not settings.ALLOW_PRIVATE_TARGETS and _is_private(parts.hostname or ""):
        raise ValidationError(_("This address is not on the public internet."), code="private")


def _is_private(host: str) -> bool:
    if host.rstrip(".").endswith("localhost"):
        return True
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return not is_public(host)


def validate_headers(headers: Any) -> None:
    """A few headers of plain ASCII that leave alone what the request itself decides."""
    if not isinstance(headers, dict) or len(headers) > MAX_HEADERS:
        message = _("At most %(limit)d headers, each with a text.")
        raise ValidationError(message, params={"limit": MAX_HEADERS}, code="headers")
    for name, value in headers.items():
        if not NAME.fullmatch(name) or name.lower() in OURS or name.lower().startswith("webhook-"):
            message = _("“%(name)s” is no header that can be set.")
            raise ValidationError(message, params={"name": name[:100]}, code="header")
        if not isinstance(value, str) or not VALUE.fullmatch(value):
            message = _("The header %(name)s needs a line of plain ASCII text.")
            raise ValidationError(message, params={"name": name}, code="header")
