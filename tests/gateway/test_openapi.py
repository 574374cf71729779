"""The OpenAPI documents: served, true to what was agreed, and browsable without the internet."""

import difflib
import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from gateway import openapi
from gateway.dialect import dialects
from gateway.refusals import REASONS
from tests.gateway.calls import NAMES

SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.mark.parametrize("name", NAMES)
def test_the_document_is_the_one_written_down(name: str) -> None:
    """Whoever changes an API sees here what its clients will see."""
    kept = (SNAPSHOTS / f"{name}.json").read_text().splitlines()
    now = openapi.text(name).splitlines()
    changes = list(difflib.unified_diff(kept, now, "written down", "now", n=2, lineterm=""))
    shown = "\n".join(changes[:60])
    assert not changes, f"The OpenAPI document of {name} changed. If it is meant: make openapi\n{shown}"


@pytest.fixture(params=NAMES)
def tree(request: Any) -> Any:
    dialect = dialects()[request.param]
    answer = Client().get(f"{dialect.prefix}/openapi.json")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    return json.loads(answer.content)


def operations(tree: Any) -> list[tuple[str, str, Any]]:
    return [(path, method, op) for path, methods in tree["paths"].items() for method, op in methods.items()]


def test_every_operation_says_how_to_sign_and_how_it_refuses(tree: Any) -> None:
    base = tree["servers"][0]["url"]
    (dialect,) = [dialect for dialect in dialects().values() if dialect.prefix == base]
    assert tree["openapi"].startswith("3.1")
    for path, method, op in operations(tree):
        assert (op["security"] == []) == (path in dialect.public), path
        assert op["summary"], path
        assert "401" in op["responses"], (path, method)
        headers = {parameter["name"] for parameter in op["parameters"] if parameter["in"] == "header"}
        assert ("If-Match" in headers) == ("412" in op["responses"]), (path, method)
        for status, response in op["responses"].items():
            if int(status) in REASONS and int(status) not in (409, 412):
                assert dialect.problems.media_type in response["content"], (path, method, status)


def test_references_lead_somewhere_and_ids_are_unique(tree: Any) -> None:
    schemas = tree["components"]["schemas"]
    for reference in found(tree, "$ref"):
        assert reference.removeprefix("#/components/schemas/") in schemas
    ids = [op["operationId"] for _path, _method, op in operations(tree)]
    assert len(ids) == len(set(ids))


def found(value: Any, key: str) -> list[Any]:
    if isinstance(value, dict):
        here = [value[key]] if isinstance(value.get(key), str) else []
        return here + [item for child in value.values() for item in found(child, key)]
    return [item for child in value for item in found(child, key)] if isinstance(value, list) else []


def test_at_a_host_of_its_own_the_server_is_the_root(settings: Any) -> None:
    settings.API_HOSTS = {"aira.example.com": ["aira"]}
    settings.ALLOWED_HOSTS = ["aira.example.com"]
    answer = Client(headers={"host": "aira.example.com"}).get("/openapi.json")
    assert json.loads(answer.content)["servers"] == [{"url": "/"}]
    assert (
        b'data-description="/openapi.json"'
        in Client(headers={"host": "aira.example.com"}).get("/docs").content
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(("language", "word"), [("pt-BR", "Documento OpenAPI"), ("en", "OpenAPI document")])
def test_the_pages_load_only_files_of_ours(name: str, slash: str, language: str, word: str) -> None:
    dialect = dialects()[name]
    answer = Client(headers={"accept-language": language}).get(f"{dialect.prefix}/docs{slash}")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert word in page
    assert dialect.api.title in page
    assert "//" not in page.replace("<!DOCTYPE", "")
    assert "unsafe-eval" not in answer["Content-Security-Policy"]


@pytest.mark.parametrize(
    "file",
    ["ninja/swagger-ui-bundle.js", "ninja/swagger-ui.css", "gateway/docs.css", "gateway/docs.js"],
)
def test_the_files_of_the_pages_are_here(file: str) -> None:
    assert finders.find(file)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/docs", "/openapi.json"])
def test_only_reading_is_for_these_addresses(path: str) -> None:
    answer = Client().post(f"/aira{path}")
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD"
