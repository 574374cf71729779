"""The credential most APIs use: `Authorization: Bearer …` (RFC 6750)."""

from django.http import HttpRequest

from gateway.callers import Credential

SECURITY = ({"bearer": {"type": "http", "scheme": "bearer"}},)


def bearer(request: HttpRequest) -> Credential | None:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    return Credential(token.strip()) if scheme.lower() == "bearer" and token.strip() else None
