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
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.operation import Operation
from ninja.parser import Parser
from pydantic import BaseModel

from businesses.models import Business
from customers.models import Customer
from gateway.callers import Caller, Credential
from gateway.limits import Limit, Usage
from gateway.models import ApiKey
from gateway.refusals import Refusal, Refused


class ApiRequest(HttpRequest):
    """A request past the door: `caller` is who asks, `data` the JSON body, read and bounded (None without one), `base`
    what stands before the API's own path (nothing at a host of its own).
    """

    base: str
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

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """`create` in `invoices.py` is `invoices_create`; what the module's name cannot tell is left out."""
        view = operation.view_func
        where = view.__module__.rpartition(".")[2]
        return view.__name__ if where in ("api", "urls") else f"{where}_{view.__name__}"


@dataclass(frozen=True)
class Problems:
    """How an API's refusals look: for its document.

    `status` has the codes that it says in place of ours, `special` the statuses whose body differs from the others.
    """

    schema: type[BaseModel]
    media_type: str = "application/json"
    status: Mapping[int, int] = field(default_factory=dict)
    special: Mapping[int, type[BaseModel]] = field(default_factory=dict)

    def schema_of(self, status: int) -> type[BaseModel]:
        return self.special.get(status, self.schema)


def idempotency_header(request: ApiRequest) -> str:
    """Empty without the header; a header without a key is a client's mistake, which would be done twice."""
    name = request.headers.get("Idempotency-Key")
    if name is not None and not name.strip():
        raise Refused(400, "idempotency_key_invalid", _("The idempotency key is empty."))
    return name or ""


@dataclass(frozen=True)
class Dialect:
    """One API as the door sees it.

    `credential` finds the secret in a request; `security` tells how in OpenAPI's words: alternatives, each of schemes
    that go together; `headers` says how to send one; `ids` tells a business and a customer in the API's own ids;
    `refuse` writes a refusal, as `problems` describes them; `usage` writes the rate-limit headers; `idempotency` finds
    the key; `public` are paths that need no credential; `token_path` is where OAuth clients trade a code for tokens;
    `first_call` is a GET, with `ids` to fill in, that shows a newcomer whether a key works.
    """

    name: str
    prefix: str
    api: NinjaAPI
    credential: Callable[[HttpRequest], Credential | None]
    headers: Callable[[ApiKey, str], dict[str, str]]
    ids: Callable[[Business, Customer | None], dict[str, str | None]]
    security: tuple[Mapping[str, Mapping[str, str]], ...]
    refuse: Callable[[ApiRequest, Refusal], HttpResponse]
    problems: Problems
    limit: Limit
    usage: Callable[[Usage], Mapping[str, str]]
    idempotency: Callable[[ApiRequest], str] = idempotency_header
    public: frozenset[str] = frozenset()
    token_path: str = ""
    first_call: str = "/invoices"
    language: str = "en"

    @cached_property
    def resolver(self) -> URLResolver:
        return URLResolver(RegexPattern(r"^/"), self.api.urls[0])

    @property
    def challenge(self) -> dict[str, str]:
        """What a 401 has to say (RFC 9110 §11.6.1); header keys of one's own have no name there."""
        schemes = [scheme.get("scheme") for either in self.security for scheme in either.values()]
        return {"WWW-Authenticate": "Bearer"} if "bearer" in schemes else {}

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
