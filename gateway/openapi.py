"""Each API described by itself: its OpenAPI 3.1 document, and that document as pages to browse.

What the door does for every operation (credentials, limits, refusals, idempotency) is written here, once.
"""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from ninja.openapi.schema import REF_TEMPLATE

from gateway import answers
from gateway.dialect import ApiRequest, Dialect, dialects, idempotency_header
from gateway.refusals import REASONS

DESCRIPTION, DOCS = "/openapi.json", "/docs"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Swagger UI styles its elements inline; nothing else differs from our other pages."""
IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same body gets the same answer, once done, for at least 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": answers.MAX_KEY},
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of an answer: only if nobody has changed it since.",
    "schema": {"type": "string"},
}
Tree = dict[str, Any]


@require_safe
def description(request: ApiRequest) -> HttpResponse:
    return answers.json(document(request.dialect.name, request.base))


@require_safe
def pages(request: ApiRequest) -> HttpResponse:
    """Swagger UI from our own static files: nothing is fetched from elsewhere."""
    shown = {"title": request.dialect.api.title, "description": request.base + DESCRIPTION}
    response = render(request, "gateway/docs.html", shown)
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    return response


VIEWS = {DESCRIPTION: description, DOCS: pages}
"""What the door serves in every API, beside the API's own routes."""


@cache
def document(name: str, base: str) -> Tree:
    """The OpenAPI document of one API, for requests below `base`."""
    dialect = dialects()[name]
    tree: Tree = dict(dialect.api.get_openapi_schema(path_prefix=""))
    tree["servers"] = [{"url": base or "/"}]
    components = tree["components"]
    components["securitySchemes"] = {
        key: value for either in dialect.security for key, value in either.items()
    }
    components["schemas"] |= _problem_schemas(dialect)
    for path, methods in tree["paths"].items():
        for method, operation in methods.items():
            _complete(dialect, path, method, operation)
    return tree


def _complete(dialect: Dialect, path: str, method: str, operation: Tree) -> None:
    is_public = path in dialect.public
    operation["security"] = [] if is_public else [{key: [] for key in either} for either in dialect.security]
    for status in _refusals(method, operation, is_public=is_public):
        said = dialect.problems.status.get(status, status)
        operation["responses"].setdefault(said, {})
    for said, response in operation["responses"].items():
        if said in REASONS and _is_usual(dialect, said, response):
            operation["responses"][said] = _problem(dialect, said)
    operation["responses"] = {str(key): value for key, value in sorted(operation["responses"].items())}
    for key, value in operation["responses"].items():
        value["description"] = REASONS.get(int(key), value["description"])
    if method == "post" and not is_public and dialect.idempotency is idempotency_header:
        operation["parameters"] = [*operation["parameters"], IDEMPOTENCY]
    if "412" in operation["responses"]:
        operation["parameters"] = [*operation["parameters"], IF_MATCH]


def _refusals(method: str, operation: Tree, *, is_public: bool) -> Iterator[int]:
    """Which refusals an operation may give besides those that its handler names."""
    yield from (400, 401)
    if not is_public:
        yield from (403, 429)
    if method != "get" or operation["parameters"]:
        yield from (404, 422)
    if method != "get":
        yield from (409, 413, 415)


def _is_usual(dialect: Dialect, status: int, response: Tree) -> bool:
    """Whether a refusal has the API's usual shape: named by its handler without a schema, or with that one."""
    contents = response.get("content", {}).values()
    usual = f"#/components/schemas/{dialect.problems.schema_of(status).__name__}"
    return all(content["schema"].get("$ref", usual) == usual for content in contents)


def _problem(dialect: Dialect, status: int) -> Tree:
    schema = dialect.problems.schema_of(status)
    content = {dialect.problems.media_type: {"schema": {"$ref": f"#/components/schemas/{schema.__name__}"}}}
    found: Tree = {"description": REASONS[status], "content": content}
    if status == 429:
        found["headers"] = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
    return found


def _problem_schemas(dialect: Dialect) -> Tree:
    found: Tree = {}
    for schema in {dialect.problems.schema, *dialect.problems.special.values()}:
        tree = schema.model_json_schema(mode="serialization", ref_template=REF_TEMPLATE)
        found |= {**tree.pop("$defs", {}), schema.__name__: tree}
    return found


def text(name: str) -> str:
    """The document for a file: always in the same order."""
    return (
        json.dumps(document(name, dialects()[name].prefix), indent=1, sort_keys=True, ensure_ascii=False)
        + "\n"
    )
