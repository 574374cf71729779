"""Our requests to Base39: signed by a key, or by a token that client credentials are traded for.

Nothing here reads a clock: a token is used until it is refused, then a new one is got, once.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from core.http import Answer, Request
from core.targets import validate_target
from providers.base39.codec import Unit
from providers.connector import Access, Refused, Steps, Tokens, Unauthorized
from providers.objects import object_of, text_of

CURRENCY = "BRL"
"""Base39 names none; its documents are Brazilian."""
SCOPE = "read write"
TOKENS = "https://auth.base39.com.br/oauth2/token"
OWN = ("base39.io", "base39.com.br")
"""Base39's own hosts, whose tokens are had there; others give theirs themselves."""
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Session:
    """The requests of one run."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.address = access.base_url.removesuffix("/v1")
        self.token = access.tokens.get("access_token", "")
        self.unit = Unit(CURRENCY, access.options.get("money") == "minor")

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Steps[dict[str, Any]]:
        told = f"?{urlencode(query)}" if query else ""
        answer = yield from self._signed(Request("GET", f"{self.address}/v1/{path}{told}"))
        return object_of(answer)

    def post(self, path: str, body: Mapping[str, Any], key: str) -> Steps[dict[str, Any]]:
        """`key` makes a repeat of the same body harmless."""
        headers = {**JSON, "Idempotency-Key": key}
        content = json.dumps(body, default=float).encode()
        answer = yield from self._signed(Request("POST", f"{self.address}/v1/{path}", headers, content))
        return object_of(answer)

    def _signed(self, request: Request) -> Steps[Answer]:
        key = self.access.credentials.get("api_key", "")
        answer: Answer = yield _with(request, key or self.token or (yield from self._trade()))
        if answer.status != 401 or key:
            return answer
        again: Answer = yield _with(request, (yield from self._trade()))
        return again

    def _trade(self) -> Steps[str]:
        """OAuth 2.0 client credentials (RFC 6749 §4.4) for an access token."""
        mine = self.access.credentials
        if not (mine.get("client_id") and mine.get("client_secret")):
            raise Unauthorized(_("Enter an API key, or a client id and its secret."))
        form = {"grant_type": "client_credentials", "scope": SCOPE}
        form |= {name: mine[name] for name in ("client_id", "client_secret")}
        answer: Answer = yield Request(
            "POST", self._token_url(), FORM, urlencode(form).encode(), is_secret=True
        )
        try:
            self.token = text_of(object_of(answer), "access_token")
        except Refused as refused:
            raise Unauthorized(refused.text, status=refused.status) from refused
        yield Tokens({"access_token": self.token})
        return self.token

    def _token_url(self) -> str:
        url = self.access.credentials.get("auth_url") or _usual_token_url(self.address)
        try:
            validate_target(url)
        except ValidationError as error:
            raise Unauthorized(" ".join(error.messages)) from error
        return url


def _usual_token_url(address: str) -> str:
    host = urlsplit(address).hostname or ""
    is_own = any(host == own or host.endswith(f".{own}") for own in OWN)
    return TOKENS if is_own else f"{address}/oauth2/token"


def _with(request: Request, secret: str) -> Request:
    return replace(request, headers={**request.headers, "Authorization": f"Bearer {secret}"})
