"""Every operation of every API with the key of another business, a key that only reads, and no key at all.

The operations come from the OpenAPI documents; one that the table does not know fails by its name.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction

from businesses.models import Event
from businesses.roles import Role
from gateway.dialect import dialects
from gateway.openapi import document
from tests.everyone import GET_WRITES
from tests.gateway.calls import NAMES, Caller
from tests.gateway.house import House
from tests.gateway.walk_table import TABLE, Row

pytestmark = pytest.mark.django_db


def operations(name: str) -> list[str]:
    """`GET /invoices/{id}`, all but those that need no credential."""
    dialect = dialects()[name]
    paths = document(name, dialect.prefix)["paths"].items()
    private = [(path, methods) for path, methods in paths if path not in dialect.public]
    return [f"{method.upper()} {path}" for path, methods in private for method in methods]


@pytest.fixture
def alpha(db: None) -> House:
    """Whose rows nobody else may learn of."""
    return House("alpha")


@pytest.fixture
def beta(db: None) -> House:
    """Who asks."""
    return House("beta")


class Asker:
    """A key of one house, asking about the rows of another or of its own."""

    def __init__(self, house: House, name: str, role: str = Role.FINANCE) -> None:
        self.house, self.name, self.call = house, name, Caller(house.business, name, role)

    def ask(self, operation: str, about: House, *, business: House | None = None) -> Any:
        """`business`: whose business is named where the API wants to know."""
        row = TABLE[self.name].get(operation, Row())
        method, path = operation.split(" ")
        path = re.sub(r"\{(\w+)\}", lambda hole: self._id(about, path, hole[1], row), path)
        named = self._named(about, row) | {
            "business": (business or self.house).ids(self.name, "businesses")[0]
        }
        body = None if row.body is None else filled(row.body, named)
        return self.call.send(method, path + filled(row.query, named), body)

    def _id(self, about: House, path: str, hole: str, row: Row) -> str:
        found = about.id_for(self.name, path, hole, row.on)
        assert found, f"say in tests/gateway/house.py what {hole} means in {path}"
        return found

    def _named(self, about: House, row: Row) -> dict[str, str]:
        kinds = {"invoice": "invoices", "customer": "customers", "product": "products", "price": "prices"}
        kinds |= {"tax": "taxes", "webhook": "webhooks"}
        ids = {word: about.ids(self.name, kind) for word, kind in kinds.items()}
        return {word: found[row.on % len(found)] for word, found in ids.items()}


def filled(value: Any, named: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: filled(inner, named) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, named) for inner in value]
    return value.format(**named) if isinstance(value, str) else value


def rows_of(house: House) -> dict[str, str]:
    """Every row of a business and of what hangs on those, model by model; looking may note when a key was used."""
    found = {}
    for model in apps.get_models():
        names = {field.name for field in model._meta.concrete_fields}
        owners = [
            f"{name}__business"
            for name in ("invoice", "line", "product", "customer", "payment")
            if name in names
        ]
        owner = "business" if "business" in names else next(iter(owners), "")
        owner = owner.replace("line__", "line__invoice__")
        if owner and model._meta.label != "gateway.ApiKey":
            rows = model._default_manager.filter(**{owner: house.business.pk}).order_by("pk")
            rows = rows.exclude(kind__in=GET_WRITES) if model is Event else rows
            found[model._meta.label] = repr(list(rows.values_list()))
    return found


Check = Callable[[str], str]


def walk(name: str, check: Check) -> None:
    """Asks of each operation, on the same rows, what is wrong with it."""
    found = []
    for operation in operations(name):
        if operation not in TABLE[name]:
            continue
        with transaction.atomic():
            said = check(operation)
            transaction.set_rollback(True)
        if said:
            found.append(f"{operation}: {said}")
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_is_in_the_table(name: str) -> None:
    missing = [operation for operation in operations(name) if operation not in TABLE[name]]
    assert missing == [], f"say in tests/gateway/walk_table.py what is valid for these of {name}"
    assert [operation for operation in TABLE[name] if operation not in operations(name)] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_requests_are_valid(alpha: House, name: str) -> None:
    """Else the refusals below would say nothing."""
    asker = Asker(alpha, name)

    def check(operation: str) -> str:
        answer = asker.ask(operation, alpha)
        return told(answer) if TABLE[name][operation].works and answer.status_code >= 300 else ""

    walk(name, check)


@pytest.mark.parametrize("name", NAMES)
def test_another_business_s_rows_do_not_exist(alpha: House, beta: House, name: str) -> None:
    asker, before = Asker(beta, name), rows_of(alpha)

    def check(operation: str) -> str:
        answer = asker.ask(operation, alpha)
        status = answer.status_code
        is_hidden = 400 <= status < 500 and ("{" not in operation or status == 404)
        if (
            b"alpha" in content(answer)
            or status >= 500
            or not (is_hidden or not TABLE[name][operation].names)
        ):
            return told(answer)
        return "" if rows_of(alpha) == before else "changed something"

    walk(name, check)


@pytest.mark.parametrize("name", ["highlevel", "base39"])
def test_nobody_speaks_for_another_business(alpha: House, beta: House, name: str) -> None:
    """Where requests name the business: somebody else's is refused, although all else is the caller's own."""
    asker, before = Asker(beta, name), rows_of(alpha)

    def check(operation: str) -> str:
        if "{business}" not in repr(TABLE[name][operation]):
            return ""
        answer = asker.ask(operation, beta, business=alpha)
        if not 400 <= answer.status_code < 500 or b"alpha" in content(answer):
            return told(answer)
        return "" if rows_of(alpha) == before else "changed something"

    walk(name, check)


@pytest.mark.parametrize("name", NAMES)
def test_a_key_that_only_reads_changes_nothing(alpha: House, name: str) -> None:
    asker, before = Asker(alpha, name, Role.VIEWER), rows_of(alpha)

    def check(operation: str) -> str:
        answer = asker.ask(operation, alpha)
        if (answer.status_code == 403) == operation.startswith("GET "):
            return told(answer)
        makes_paper = operation.endswith("/pdf")  # the first who asks for a PDF may be who has it made
        return "" if makes_paper or rows_of(alpha) == before else "changed something"

    walk(name, check)


@pytest.mark.parametrize("name", NAMES)
def test_without_a_key_there_is_nothing(alpha: House, name: str) -> None:
    asker, before = Asker(alpha, name), rows_of(alpha)
    asker.call.headers = {}

    def check(operation: str) -> str:
        answer = asker.ask(operation, alpha)
        if answer.status_code != 401 or b"alpha" in content(answer):
            return told(answer)
        return "" if rows_of(alpha) == before else "changed something"

    walk(name, check)


def told(answer: Any) -> str:
    return f"{answer.status_code} {content(answer)[:300]!r}"


def content(answer: Any) -> bytes:
    """The body, also of what is streamed."""
    return b"".join(answer.streaming_content) if answer.streaming else answer.content
