"""OAuth 2.0 client credentials (RFC 6749 §4.4): a key's id and secret for an access token that lives a day."""

import base64
import binascii
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from businesses.roles import Can
from gateway import actions
from gateway.callers import ACCESS_MARK, Credential, caller_of
from gateway.refusals import Refused
from providers.base39 import wire

SCOPES = {Can.VIEW: "read", Can.WRITE: "write"}


def grant(request: HttpRequest, form: wire.TokenForm, dialect: str) -> dict[str, Any]:
    """For `client_id` and `client_secret` in the form, or in Basic authorization; 401 when they are wrong.

    An access token is no secret: it could renew itself for ever.
    """
    if form.grant_type != "client_credentials":
        raise Refused(400, "unsupported_grant_type", _("Only client_credentials is granted."))
    shown = _basic(request) or Credential(form.client_secret, form.client_id)
    is_whole = bool(shown.secret and shown.client_id) and not shown.secret.startswith(ACCESS_MARK)
    caller = caller_of(shown, dialect) if is_whole else None
    if caller is None:
        raise Refused(401, "credentials_wrong", _("These credentials are wrong or revoked."))
    return {
        "access_token": actions.access(caller.key),
        "expires_in": actions.ACCESS_SECONDS,
        "token_type": "Bearer",
        "scope": " ".join(word for can, word in SCOPES.items() if caller.may(can)),
    }


def _basic(request: HttpRequest) -> Credential | None:
    scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _mark, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return Credential(secret, client_id)
