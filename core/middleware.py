"""Security headers on every answer, and one rule for what may stand in an address."""

import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.utils.translation import gettext as _

Handler = Callable[[HttpRequest], HttpResponse]

STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# The admin's widgets are Alpine components with inline styles; they need eval (measured), nothing else does.
ADMIN = STRICT.replace("script-src 'self'", "script-src 'self' 'unsafe-eval' 'nonce-{nonce}'").replace(
    "style-src 'self'", "style-src 'self' 'unsafe-inline'"
)


def headers(get_response: Handler) -> Handler:
    def middleware(request: HttpRequest) -> HttpResponse:
        nonce = request.csp_nonce = secrets.token_urlsafe(16)  # type: ignore[attr-defined]
        response = get_response(request)
        policy = ADMIN.format(nonce=nonce) if request.path.startswith("/admin/") else STRICT
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        return response

    return middleware


def clean_query(get_response: Handler) -> Handler:
    """NUL and lone surrogates in a query string would be a 500 on PostgreSQL; here they are the caller's fault."""

    def middleware(request: HttpRequest) -> HttpResponse:
        values = [request.path_info, *request.GET, *(v for vs in request.GET.lists() for v in vs[1])]
        if any("\x00" in value or not value.isprintable() and _has_surrogate(value) for value in values):
            return HttpResponseBadRequest(_("The address contains characters that are not allowed."))
        return get_response(request)

    return middleware


def _has_surrogate(value: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in value)
