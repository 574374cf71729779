"""What every answer of the portal has in common: headers, refusals, and the pages that explain them."""

import secrets
import unicodedata
from collections.abc import Callable
from functools import wraps
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.template.loader import render_to_string
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from core import languages
from core.colours import DEFAULT, palette
from portal.notices import NOTICES, Refusal

POLICY = (
    "default-src 'none'; style-src 'self' 'nonce-{nonce}'; script-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
SANDBOX = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
HEADERS = {
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": SANDBOX,
}
"""Unless the answer says otherwise; SANDBOX suits all but our own pages."""

View = Callable[..., HttpResponseBase]


def public(view: View) -> View:
    """A read-only page for anyone: GET and HEAD alone, refusals as pages, headers on all of it."""
    return _open_to(view, ("GET", "HEAD"))


def posted(view: View) -> View:
    """The same for a button: POST alone. The view itself looks where the form comes from."""
    return _open_to(view, ("POST",))


def _open_to(view: View, methods: tuple[str, ...]) -> View:
    @wraps(view)
    def answer(request: HttpRequest, **values: str) -> HttpResponseBase:
        response = _answer(view, methods, request, **values)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return csrf_exempt(answer)  # no cookies, so no token to compare: portal.guard.is_from_elsewhere stands in


def _answer(view: View, methods: tuple[str, ...], request: HttpRequest, **values: str) -> HttpResponseBase:
    if request.method not in methods:
        return HttpResponseNotAllowed(methods)
    try:
        return view(request, **values)
    except Refusal as refusal:
        return _notice(request, refusal)


def page(template: str, context: dict[str, object], *, language: str, status: int = 200) -> HttpResponse:
    """One of our pages in that language, under a policy that lets in one style element: the colours."""
    nonce = secrets.token_urlsafe(16)
    with translation.override(language):
        shared = {"nonce": nonce, "language": language, "tag": languages.tag(language)}
        body = render_to_string(template, shared | context)
    policy = POLICY.format(nonce=nonce)
    headers = {"Content-Security-Policy": policy, "Content-Language": languages.tag(language)}
    return HttpResponse(body, status=status, headers=headers)


def wanted_language(request: HttpRequest, otherwise: str) -> str:
    """`lang` of the address, or of a form, when it is one of ours."""
    wanted = (request.GET.get("lang") or request.POST.get("lang", "")).lower()
    return wanted if wanted in dict(settings.LANGUAGES) else otherwise


def attachment(filename: str) -> str:
    """Content-Disposition with a plain name for old programs and the true one (RFC 5987) for the rest."""
    folded = unicodedata.normalize("NFKD", filename).encode("ascii", "ignore").decode()
    plain = (
        "".join(char if char.isalnum() or char in " ._-()" else "_" for char in folded).strip(" .") or "file"
    )
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


def _notice(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    notice = NOTICES[refusal.status]
    context: dict[str, object] = {"notice": notice, "back": refusal.back, "palette": palette(DEFAULT)}
    language = wanted_language(request, refusal.language or languages.language())
    response = page("portal/notice.html", context, language=language, status=refusal.status)
    if notice.retry_after:
        response.headers["Retry-After"] = str(notice.retry_after)
    return response
