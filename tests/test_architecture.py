"""The rules of the house, read from the source itself: who may import whom, what no file holds, how long it may be."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from django.apps import apps

from businesses.owned import Owned

ROOT = Path(__file__).resolve().parent.parent
ROOMS = [
    "core", "businesses", "customers", "products", "invoices", "payments", "subscriptions", "gateway",
    "providers", "notifications", "outbox", "portal", "api", "billing",
]  # fmt: skip
FACES = {"admin", "views", "urls", "api", "tasks", "apps", "commands", "management"}
WRITERS = {
    "actions", "moves", "numbering", "rows", "audit", "documents", "frozen", "attachments", "ledger", "refunds",
    "credit_notes", "intents", "claims", "settling", "reminding",
}  # fmt: skip
WORKERS = {
    "providers.pushing", "providers.bills", "providers.inbox", "providers.reconciling", "notifications.webhooks",
    "outbox.health", "outbox.settling", "outbox.post",
    "notifications.mail.channel", "notifications.mail.rules", "notifications.mail.addresses",
    "notifications.reminding", "notifications.notices", "notifications.told", "providers.fatoripay.notices",
}  # fmt: skip
"""What a worker does is done for all businesses at once."""
OPENERS = {"for_business", "for_staff", "create", "bulk_create", "none"}
MONEY = {"core.money", "core.fields", "invoices", "products", "payments", "subscriptions"}
DRAWN = {"invoices.paper", "invoices.admin", "invoices.tasks", "products.admin"}
"""What lays out or schedules may use fractions of a millimetre or of a second."""
CREDENTIAL_IS_A_TOKEN = {
    "portal.views", "payments.views", "providers.views.webhooks", "gateway.callers", "notifications.mail.links",
}  # fmt: skip
"""Whose rows they may see follows from the link's token or a webhook's signature, not from a member of staff."""
SAFE_MARKUP = {"invoices/paper.py", "invoices/templatetags/invoice_words.py", "portal/pages.py"}
"""Each calls safe only what `clean_html` has just cleaned."""


@dataclass(frozen=True)
class Source:
    path: Path

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text())

    @cached_property
    def module(self) -> str:
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def room(self) -> str:
        return self.module.partition(".")[0]

    @property
    def is_face(self) -> bool:
        return is_face(self.module)

    @property
    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        return (
            node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        )

    def imports(self, inside: ast.AST | None = None) -> set[str]:
        """First-party modules named in import statements, anywhere below `inside`."""
        found: set[str] = set()
        for node in ast.walk(inside or self.tree):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                full = {f"{node.module}.{alias.name}" for alias in node.names}
                found |= {name if name in modules() else node.module for name in full}
        return {name for name in found if name.partition(".")[0] in ROOMS}

    def at(self, node: ast.AST) -> str:
        return f"{self.path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"


def is_face(module: str) -> bool:
    return module.partition(".")[0] == "billing" or bool(FACES & set(module.split(".")[1:]))


@cache
def sources() -> list[Source]:
    files = (path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")))
    return [Source(path) for path in files if "migrations" not in path.parts]


@cache
def modules() -> set[str]:
    return {source.module for source in sources()}


def test_a_room_imports_only_rooms_below_it() -> None:
    upward = [
        f"{source.module} imports {name}"
        for source in sources()
        if not source.is_face
        for name in source.imports()
        if ROOMS.index(name.partition(".")[0]) > ROOMS.index(source.room)
    ]
    assert upward == []


def test_only_faces_import_faces() -> None:
    wrong = [
        f"{source.module} imports {name}"
        for source in sources()
        if not source.is_face
        for name in source.imports()
        if is_face(name)
    ]
    assert wrong == []


def test_nobody_imports_the_project() -> None:
    wrong = [s.module for s in sources() if s.room != "billing" and "billing" in {n[:7] for n in s.imports()}]
    assert wrong == []


def test_no_import_of_ours_hides_in_a_function() -> None:
    hidden = [
        f"{source.at(function)} {function.name} imports {name}"
        for source in sources()
        for function in source.functions
        for name in source.imports(function)
    ]
    assert hidden == []


def test_imports_make_no_circle() -> None:
    graph = {source.module: source.imports() - {source.module} for source in sources()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail(" -> ".join(circle.args[1]))


def test_nothing_happens_behind_a_signal_or_a_save() -> None:
    found = []
    for source in sources():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ImportFrom) and node.module in (
                "django.dispatch",
                "django.db.models.signals",
            ):
                found.append(f"{source.at(node)} {node.module}")
            if isinstance(node, ast.ClassDef) and re.search("Model|Owned|Columns", ast.unparse(node)[:200]):
                found += [
                    f"{source.at(item)} {node.name}.{item.name}"
                    for item in node.body
                    if isinstance(item, ast.FunctionDef)
                    and item.name in ("save", "delete")
                    and not source.is_face
                ]
    assert found == []


def test_money_is_never_a_float() -> None:
    found = []
    for source in sources():
        if not _within(source.module, MONEY) or _within(source.module, DRAWN):
            continue
        for node in ast.walk(source.tree):
            literal = isinstance(node, ast.Constant) and isinstance(node.value, float)
            if literal or isinstance(node, ast.Name) and node.id == "float":
                found.append(source.at(node))
    assert found == []


def _within(module: str, names: set[str]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in names)


def test_no_text_is_called_safe_html() -> None:
    calls = re.compile(r"\bmark_safe\b|\bSafeString\b|__html__")
    tags = re.compile(r"\|\s*safe(seq)?\b|autoescape\s+off")
    files = [(source.path, calls) for source in sources()]
    files += [
        (path, tags) for path in ROOT.glob("[a-z]*/**/*.html") if "var" not in path.relative_to(ROOT).parts
    ]
    found = {str(path.relative_to(ROOT)) for path, pattern in files if pattern.search(path.read_text())}
    assert found - SAFE_MARKUP == set()


def test_rows_of_a_business_are_only_reached_by_naming_it() -> None:
    owned = {model.__name__ for model in apps.get_models() if issubclass(model, Owned)}
    found = []
    for source in sources():
        if source.module.split(".")[-1] in WRITERS or "commands" in source.module.split("."):
            continue
        if source.module in CREDENTIAL_IS_A_TOKEN | WORKERS:
            continue
        for node in ast.walk(source.tree):
            match node:
                case ast.Attribute(
                    value=ast.Attribute(value=ast.Name(id=model), attr="objects"), attr=opener
                ):
                    if model in owned and opener not in OPENERS:
                        found.append(f"{source.at(node)} {model}.objects.{opener}")
    assert found == []


def test_functions_have_at_most_40_lines() -> None:
    long = []
    for source in sources():
        lines = source.path.read_text().splitlines()
        for function in source.functions:
            size = sum(bool(line.strip()) for line in lines[function.lineno - 1 : function.end_lineno])
            if size > 40:
                long.append(f"{source.at(function)} {function.name}: {size}")
    assert long == []


def test_files_have_at_most_300_lines() -> None:
    sizes = {s.module: sum(bool(line.strip()) for line in s.path.read_text().splitlines()) for s in sources()}
    assert {module: size for module, size in sizes.items() if size > 300} == {}


def test_every_function_is_annotated() -> None:
    bare = []
    for source in sources():
        for function in source.functions:
            given = function.args
            named = [*given.posonlyargs, *given.args, *given.kwonlyargs]
            named += [arg for arg in (given.vararg, given.kwarg) if arg]
            missing = [arg.arg for arg in named if arg.annotation is None and arg.arg not in ("self", "cls")]
            if missing or function.returns is None:
                bare.append(f"{source.at(function)} {function.name}")
    assert bare == []
