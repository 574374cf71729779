"""What makes one API differ from another at the door: where it hangs, how it is signed, how it refuses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, URLResolver
from django.urls.resolvers import RegexPattern
from django.utils.module_loading import import_string
from ninja import NinjaAPI
from ninja.parser import Parser

from businesses.models import Business
from customers.models import Customer
from gateway.callers import Caller, Credential
from gateway.limits import Limit, Usage
from gateway.models import ApiKey
from gateway.refusals import Refusal


class ApiRequest(HttpRequest):
    """A request past the door: `caller` is who asks, `data` the JSON body, read and bounded (None without one)."""

    caller: Caller
    data: Any
    trace_id: str
    dialect: "Dialect"


class _Parsed(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        return request.data  # type: ignore[attr-defined]


class Api(NinjaAPI):
    """One API's routes. The door reads bodies, knows callers and turns every exception into the API's own words."""

    def __init__(self, **options: Any) -> None:
        super().__init__(parser=_Parsed(), openapi_url=None, docs_url=None, **options)

    def on_exception(self, request: HttpRequest, exc: Any) -> HttpResponse:
        raise exc


@dataclass(frozen=True)
class Dialect:
    """One API as the door sees it.

    `credential` finds the secret in a request; `headers` says how to send one; `ids` tells a business and a customer in
    the API's own ids; `refuse` writes a refusal; `usage` writes the rate-limit headers; `idempotency` finds the key;
    `public` are paths that need no credential; `token_path` is where OAuth clients trade a code for tokens.
    """

    name: str
    prefix: str
    api: NinjaAPI
    credential: Callable[[HttpRequest], Credential | None]
    headers: Callable[[ApiKey, str], dict[str, str]]
    ids: Callable[[Business, Customer | None], dict[str, str | None]]
    refuse: Callable[[ApiRequest, Refusal], HttpResponse]
    limit: Limit
    usage: Callable[[Usage], Mapping[str, str]]
    idempotency: Callable[[ApiRequest], str] = field(
        default=lambda request: request.headers.get("Idempotency-Key", "")
    )
    public: frozenset[str] = frozenset()
    token_path: str = ""
    language: str = "en"

    @cached_property
    def resolver(self) -> URLResolver:
        return URLResolver(RegexPattern(r"^/"), self.api.urls[0])

    def knows(self, path: str) -> bool:
        try:
            self.resolver.resolve(path)
        except Resolver404:
            return False
        return True


@cache
def dialects() -> dict[str, Dialect]:
    """Every API by name, as the setting APIS lists them."""
    return {dialect.name: dialect for dialect in map(import_string, settings.APIS)}
