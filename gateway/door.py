"""The one door to every API: mount, body, caller, limit, idempotency, and a refusal in the API's own words.

It stands before sessions, cookies and CSRF, which no API uses.
"""

import logging
import secrets
from collections.abc import Callable
from functools import partial

from django.conf import settings
from django.core.signals import got_request_exception
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404
from django.utils import translation
from django.utils.translation import gettext as _

from businesses.roles import Can
from core import inbound_json
from core.middleware import is_clean
from gateway import answers, limits, openapi
from gateway.callers import Caller, caller_of
from gateway.dialect import ApiRequest, Dialect, dialects
from gateway.limits import Usage
from gateway.refusals import Refusal, Refused, forbidden, not_found, refusal_of

Handler = Callable[[HttpRequest], HttpResponse]
SAFE = {"GET", "HEAD"}
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
LINES = ("application/x-ndjson", "application/jsonl")
log = logging.getLogger("gateway")


def door(get_response: Handler) -> Handler:
    def middleware(request: HttpRequest) -> HttpResponse:
        found = _mount(request)
        return _serve(request, *found) if found else get_response(request)  # type: ignore[arg-type]

    return middleware


def _mount(request: HttpRequest) -> tuple[Dialect, str, str] | None:
    """The API that a request is for, where it hangs, and the path there without the slash that some clients put at the
    end.
    """
    host = request.get_host().partition(":")[0].lower() if settings.API_HOSTS else ""
    here = [dialects()[name] for name in settings.API_HOSTS.get(host, ())]
    path = _bare(request.path_info)
    known = [dialect for dialect in here if dialect.knows(path)]
    if known:
        return _signed(request, known), "", path
    for dialect in dialects().values():
        if f"{request.path_info}/".startswith(f"{dialect.prefix}/"):
            return dialect, dialect.prefix, _bare(request.path_info[len(dialect.prefix) :])
    return (here[0], "", path) if here else None


def _signed(request: HttpRequest, known: list[Dialect]) -> Dialect:
    """Of several APIs that have this path at one host: the one that knows the credential, or else its form."""
    shown = [(dialect, dialect.credential(request)) for dialect in known] if len(known) > 1 else []
    formed = [(dialect, credential) for dialect, credential in shown if credential]
    valid = [dialect for dialect, credential in formed if caller_of(credential, dialect.name)]
    return (valid or [dialect for dialect, _credential in formed] or known)[0]


def _bare(path: str) -> str:
    return path.rstrip("/") or "/"


def _serve(request: ApiRequest, dialect: Dialect, base: str, path: str) -> HttpResponse:
    request.dialect, request.base, request.trace_id = dialect, base, secrets.token_hex(16)
    with translation.override(_language(request, dialect)):
        try:
            response = _answer(request, dialect, path)
        except Exception as error:
            response = dialect.refuse(request, _refusal(request, error))
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["X-Request-Id"] = request.trace_id
    if response.streaming:
        return response  # the server leaves the body out of answers to HEAD
    if response.status_code not in (204, 304):
        response.headers["Content-Length"] = str(len(response.content))
    if request.META["REQUEST_METHOD"] == "HEAD":
        response.content = b""
    return response


def _language(request: HttpRequest, dialect: Dialect) -> str:
    asked = "Accept-Language" in request.headers
    return translation.get_language_from_request(request) if asked else dialect.language


def _refusal(request: HttpRequest, error: Exception) -> Refusal:
    refusal = refusal_of(error)
    if refusal is None:
        log.exception("An API request failed")
        got_request_exception.send(door, request=request)
        refusal = Refusal(500, "internal", _("Something failed on our side; it has been logged."))
    return refusal


def _answer(request: ApiRequest, dialect: Dialect, path: str) -> HttpResponse:
    request.get_host()
    if not is_clean(request):
        raise Refused(400, "text", _("Address and body have to be clean UTF-8 text."))
    if settings.HTTPS and not request.is_secure():
        raise Refused(403, "https_required", _("Use https."))
    request.data = None
    if path in dialect.public:
        return _run(request, dialect, _view(dialect, path))
    request.caller = _caller(request, dialect)
    usage = limits.count(request.caller.key.public_id, dialect.limit)
    response = _limited(request, dialect, path, usage)
    for name, value in dialect.usage(usage).items():
        response.headers[name] = value
    return response


def _view(dialect: Dialect, path: str) -> Callable[..., HttpResponse]:
    if path in openapi.VIEWS:
        return openapi.VIEWS[path]
    try:
        match = dialect.resolver.resolve(path)
    except Resolver404:
        raise not_found() from None
    return partial(match.func, **match.kwargs)


def _caller(request: HttpRequest, dialect: Dialect) -> Caller:
    credential = dialect.credential(request)
    caller = caller_of(credential, dialect.name) if credential else None
    if caller is None:
        code = "credentials_wrong" if credential else "credentials_missing"
        words = _("These credentials are wrong or revoked.") if credential else _("Credentials are missing.")
        raise Refused(401, code, words, headers=dialect.challenge)
    return caller


def _limited(request: ApiRequest, dialect: Dialect, path: str, usage: Usage) -> HttpResponse:
    """Refusals from here on carry the rate-limit headers too."""
    try:
        if usage.is_over:
            wait = {"Retry-After": str(usage.resets_in)}
            raise Refused(429, "too_many_requests", _("Too many requests; wait a moment."), headers=wait)
        view = _view(dialect, path)
        if request.method not in SAFE and not request.caller.may(Can.WRITE):
            raise forbidden()
        request.data = _body(request)
        return _run(request, dialect, view)
    except Exception as error:
        return dialect.refuse(request, _refusal(request, error))


def _body(request: HttpRequest) -> object:
    """Bodies are JSON whatever the method; a Content-Type without one means nothing, some clients always send it."""
    if not request.body:
        return None
    if (request.content_type or "application/json") in ("text/plain", *FORMS):
        raise Refused(415, "not_json", _("Send application/json."))
    read = inbound_json.read_lines if request.content_type in LINES else inbound_json.read
    return read(request.body)


def _run(request: ApiRequest, dialect: Dialect, view: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
    """Reads are read; anything else is done in one transaction: wholly, with its answer remembered, or not at all."""
    work = partial(_called, request, dialect, view)
    if request.method in SAFE:
        return work()
    with transaction.atomic():
        name = dialect.idempotency(request) if request.method == "POST" and hasattr(request, "caller") else ""
        response = answers.once(request, name, work) if name else work()
        if response.status_code >= 400:
            transaction.set_rollback(True)
    return response


def _called(
    request: ApiRequest, dialect: Dialect, view: Callable[[HttpRequest], HttpResponse]
) -> HttpResponse:
    if request.method == "HEAD":
        request.method = "GET"
    response = view(request)
    if response.status_code == 405:
        allow = {"Allow": response.headers["Allow"]}
        raise Refused(405, "method_not_allowed", _("This method is not for this address."), headers=allow)
    return response
