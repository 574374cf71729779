"""Who is asking, security headers on every answer, and one rule for what may stand in an address."""

import ipaddress
import secrets
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.views.defaults import bad_request

Handler = Callable[[HttpRequest], HttpResponse]

STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# The admin's widgets are Alpine components with inline styles; they need eval (measured), nothing else does.
ADMIN = STRICT.replace("script-src 'self'", "script-src 'self' 'unsafe-eval' 'nonce-{nonce}'").replace(
    "style-src 'self'", "style-src 'self' 'unsafe-inline'"
)


def visitor_address(get_response: Handler) -> Handler:
    """REMOTE_ADDR as our own PROXY_COUNT proxies saw it; what stands further left in the header, anyone can write."""

    def middleware(request: HttpRequest) -> HttpResponse:
        count = settings.PROXY_COUNT
        hops = request.headers.get("X-Forwarded-For", "").split(",")
        if count and len(hops) >= count and _is_address(hops[-count].strip()):
            request.META["REMOTE_ADDR"] = hops[-count].strip()
        return get_response(request)

    return middleware


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def headers(get_response: Handler) -> Handler:
    def middleware(request: HttpRequest) -> HttpResponse:
        nonce = request.csp_nonce = secrets.token_urlsafe(16)  # type: ignore[attr-defined]
        response = get_response(request)
        is_admin = request.path.startswith("/admin/")
        policy = ADMIN.format(nonce=nonce) if is_admin else STRICT
        if is_admin:
            response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        if request.is_secure() and settings.SECURE_HSTS_SECONDS:
            seconds = settings.SECURE_HSTS_SECONDS
            response.headers.setdefault(
                "Strict-Transport-Security", f"max-age={seconds}; includeSubDomains; preload"
            )
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        return response

    return middleware


def clean_query(get_response: Handler) -> Handler:
    """NUL and lone surrogates in a query string would be a 500 on PostgreSQL; here they are the caller's fault.

    So is a body in another encoding: some of them can spell what UTF-8 cannot.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request) if is_clean(request) else bad_request(request, BadRequest())

    return middleware


def is_clean(request: HttpRequest) -> bool:
    """Whether path and query can be stored and looked up, and the body claims to be UTF-8."""
    charset = (request.content_params or {}).get("charset", "utf-8")
    if charset.lower() not in ("utf-8", "utf8"):
        return False
    values = [request.path_info, *request.GET, *(v for vs in request.GET.lists() for v in vs[1])]
    return not any(map(_is_unstorable, values))


def _is_unstorable(value: str) -> bool:
    return "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value)
