"""Every address of the back office and of the public pages, as everyone: generated from the URL resolver.

A route that the table does not know fails by its name, so nobody adds a door without saying who may pass.
"""

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import get_resolver
from PIL import Image

from businesses.logos import store_logo
from businesses.models import Business, Event, Membership
from invoices import attachments
from invoices.models import Attachment, Document, Invoice
from tests import factories

pytestmark = pytest.mark.django_db

INSIDE = ["viewer", "biller", "finance", "admin", "root"]
ROLES = ["anonymous", *INSIDE, "stranger", "inactive", "outsider"]
WRITERS = ["biller", "finance", "admin", "root"]
VOIDERS = ["finance", "admin", "root"]
MANAGERS = ["admin", "root"]
STAFF = [*INSIDE, "stranger"]
ROOT = ["root"]
NOBODY: list[str] = []
EVERYONE = ROLES

Rule = tuple[list[str], list[str]]
SCREENS: dict[str, tuple[list[str], list[str]]] = {
    "invoices_invoice": (INSIDE, WRITERS),
    "customers_customer": (INSIDE, WRITERS),
    "products_product": (INSIDE, WRITERS),
    "products_tax": (INSIDE, WRITERS),
    "businesses_business": (INSIDE, MANAGERS),
    "businesses_membership": (MANAGERS, MANAGERS),
    "businesses_event": (MANAGERS, NOBODY),
}
"""Screen → who sees A's rows there, who changes them. B's administrator sees the list, but none of A's rows."""

TABLE: dict[str, Rule] = {
    "": (EVERYONE, EVERYONE),
    "admin/language/": (NOBODY, STAFF),
    "admin/": (STAFF, STAFF),
    "admin/search/": (STAFF, STAFF),
    "admin/login/": (["anonymous", "inactive", "outsider"], EVERYONE),
    "admin/logout/": (NOBODY, EVERYONE),
    "admin/two-factor/": (STAFF, STAFF),
    "admin/password_change/": (STAFF, STAFF),
    "admin/password_change/done/": (STAFF, STAFF),
    "admin/autocomplete/": (STAFF, STAFF),
    "admin/jsi18n/": (STAFF, STAFF),
    "admin/r/<path:content_type_id>/<path:object_id>/": (NOBODY, NOBODY),
    "admin/(?P<url>.*)$": (NOBODY, NOBODY),
    "admin/invoices/invoice/totals/": (NOBODY, WRITERS),
    "admin/invoices/invoice/product/<str:pk>/": (INSIDE, INSIDE),
    "admin/invoices/invoice/<str:pk>/do/<str:name>/": (WRITERS, WRITERS),
    "admin/invoices/invoice/<str:pk>/pdf/": (INSIDE, INSIDE),
    "admin/invoices/invoice/<str:pk>/files/<str:public_id>/": (INSIDE, INSIDE),
    "i/<str:token>/": (EVERYONE, NOBODY),
    "i/<str:token>": (EVERYONE, NOBODY),
    "i/<str:token>/pdf/": (EVERYONE, NOBODY),
    "i/<str:token>/logo.png": (EVERYONE, NOBODY),
    "i/<str:token>/files/<str:public_id>/": (EVERYONE, NOBODY),
    "i/": (NOBODY, NOBODY),
}
GET_WRITES = {"invoice.downloaded", "staff.signed_out", "staff.signed_in", "staff.sign_in_failed"}
"""Events that looking (or signing in and out) leaves behind; nothing else may change without permission."""


def rule(route: str) -> Rule | None:
    """Who may GET and POST this route about A's rows."""
    if route in TABLE:
        return TABLE[route]
    if route.startswith("admin/^(?P<app_label>"):
        return STAFF, STAFF
    if route.startswith("admin/auth/group/"):
        return ROOT, ROOT
    for name, (sees, changes) in SCREENS.items():
        prefix = f"admin/{name.replace('_', '/')}/"
        if route.startswith(prefix):
            return _screen_rule(name, route.removeprefix(prefix), sees, changes)
    return None


def _screen_rule(name: str, rest: str, sees: list[str], changes: list[str]) -> Rule | None:
    others = [] if name == "businesses_membership" and sees is NOBODY else ["stranger"]
    rules: dict[str, Rule] = {
        "": ([*sees, *others], [*sees, *others]),
        "add/": ([*changes, *others] if changes else NOBODY, [*changes, *others] if changes else NOBODY),
        "<path:object_id>/history/": (sees, sees),
        "<path:object_id>/delete/": (changes, changes) if name == "businesses_membership" else (NOBODY, NOBODY),
        "<path:object_id>/change/": (sees, changes),
        "<path:object_id>/": (STAFF, STAFF),
    }
    return rules.get(rest)


def routes(patterns: Any = None, prefix: str = "") -> Iterator[tuple[str, str | None]]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route, pattern.name


ROUTES = [route for route, _name in routes()]


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, "PNG")
    return out.getvalue()


class World:
    """One row of everything for businesses A and B, and a signed-in browser for everyone."""

    def __init__(self) -> None:
        logo = store_logo(picture())
        self.a = factories.make_business(slug="a", legal_name="Alpha Ltda", logo=logo)
        self.b = factories.make_business(slug="b", legal_name="Beta Ltda")
        self.rows = {"a": self._rows(self.a), "b": self._rows(self.b)}
        self.clients = {role: self._client(role) for role in ROLES}

    def _rows(self, business: Business) -> dict[str, Any]:
        customer = factories.make_customer(business, f"Customer of {business.slug}")
        draft = factories.make_invoice(customer)
        issued = factories.make_invoice(customer)
        attachment = attachments.attach(issued, "note.txt", b"hello")
        issued = factories.issue(issued)
        key = default_storage.save("documents/x.pdf", ContentFile(b"%PDF-1.7"))
        Document.objects.filter(invoice=issued).update(key=key)
        return {
            "invoice": draft,
            "issued": issued,
            "attachment": attachment,
            "customer": customer,
            "product": factories.make_product(business, f"Product of {business.slug}"),
            "tax": factories.make_tax(business, f"Tax of {business.slug}"),
            "business": business,
            "event": Event.objects.filter(business=business).latest("pk"),
        }

    def _client(self, role: str) -> Client:
        client = Client(raise_request_exception=False)
        if role == "anonymous":
            return client
        inside = role in ("viewer", "biller", "finance", "admin")
        business = self.b if role == "stranger" else None if role == "root" else self.a
        user = factories.make_staff(
            business,
            role if inside else "admin",
            username=role,
            is_superuser=role == "root",
            is_staff=role != "outsider",
            language="en",
        )
        client.force_login(user)
        if role == "inactive":
            user.is_active = False
            user.save()
        if role == "viewer":
            self.rows["a"]["membership"] = Membership.objects.get(user=user)
        if role == "stranger":
            self.rows["b"]["membership"] = Membership.objects.get(user=user)
        return client

    def url(self, route: str, side: str = "a", *, key: Any = None) -> str:
        rows = self.rows[side]
        model = next((name for name in rows if f"/{name}/" in f"/{route}"), "")
        row = rows["issued"] if "pdf" in route or "files" in route else rows.get(model, rows["invoice"])
        if "product/<str:pk>" in route:
            row = rows["product"]
        values = {
            "<path:object_id>": row.pk if key is None else key,
            "<str:pk>": row.pk if key is None else key,
            "<str:name>": "issue",
            "<str:public_id>": rows["attachment"].public_id,
            "<str:token>": rows["issued"].token if key is None else "x" * 30,
            "<path:content_type_id>": "1",
            "(?P<url>.*)$": "nonsense/",
        }
        if "(?P<app_label>" in route:
            return "/admin/invoices/"
        for hole, value in values.items():
            route = route.replace(hole, str(value))
        return f"/{route}"


@pytest.fixture
def world(db: None, media: Any) -> World:
    cache.clear()
    return World()


def checksum() -> str:
    """Every row of ours, except sessions, sign-in times, views and the events that looking leaves behind."""
    seen: dict[str, Any] = {}
    for model in apps.get_models():
        if model._meta.app_label in ("sessions", "axes") or model.__name__ in ("InvoiceView", "User"):
            continue
        rows = model._default_manager.order_by("pk")
        rows = rows.exclude(kind__in=GET_WRITES) if model is Event else rows
        seen[model._meta.label] = [list(map(str, row)) for row in rows.values_list()]
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()


def shut(answer: Any) -> bool:
    """Sent to sign in, refused, or as if it did not exist."""
    where = answer.headers.get("Location", "")
    return answer.status_code in (400, 403, 404, 405) or where.startswith("/admin/login/") or where == "/admin/"


@pytest.mark.parametrize("route", ROUTES)
def test_every_route_is_in_the_table(route: str) -> None:
    assert rule(route) is not None, f"say in tests/test_role_walk.py who may open {route!r}"


def test_the_table_names_no_route_that_is_gone() -> None:
    assert [route for route in TABLE if route not in ROUTES and route != "admin/two-factor/"] == []


def ask(world: World, role: str, method: str, url: str) -> Any:
    query = {"s": "customer", "extended": ""} if url == "/admin/search/" else {}
    if url == "/admin/autocomplete/":
        query = {"app_label": "invoices", "model_name": "invoice", "field_name": "customer"}
    if method == "GET":
        return world.clients[role].get(url, query)
    body = {"business": str(world.a.pk)} if url.endswith("totals/") else {"next": "/admin/invoices/invoice/"}
    return world.clients[role].post(url, body, query_params=query)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_everyone_gets_what_the_table_says_and_refusals_change_nothing(world: World, method: str) -> None:
    """One walk through all routes as all roles; what is wrong is listed at the end."""
    wrong: list[str] = []
    for role in ROLES:
        for route in ROUTES:
            wrong += visit(world, role, method, route)
    assert not wrong, "\n" + "\n".join(wrong)


def visit(world: World, role: str, method: str, route: str) -> list[str]:
    expected = rule(route) or (NOBODY, NOBODY)
    may = role in expected[method == "POST"]
    url = world.url(route)
    if route == "admin/logout/" or (may and method == "POST" and ("/do/" in route or "/delete/" in route)):
        return []
    before = "" if may and method == "POST" else checksum()
    answer = ask(world, role, method, url)
    problems: list[str] = []
    if answer.status_code >= 500:
        problems.append(f"{answer.status_code}")
    if not may and not shut(answer):
        problems.append(f"open: {answer.status_code} {answer.headers.get('Location', '')}")
    if may and shut(answer) and not answer.headers.get("Location", "").startswith("/admin/password"):
        expected_405 = method == "POST" and answer.status_code in (405,)
        problems += [] if expected_405 or route == "" else [f"shut: {answer.status_code}"]
    if before and checksum() != before:
        problems.append("changed something")
    return [f"{role} {method} {url}: {problem}" for problem in problems]


BY_KEY = [route for route in ROUTES if route.startswith("admin/") and "<" in route and "content_type" not in route
          and "app_label" not in route and "url" not in route]  # fmt: skip


@pytest.mark.parametrize("role", ["stranger", "viewer", "admin"])
def test_a_foreign_id_answers_exactly_like_one_that_does_not_exist(world: World, role: str) -> None:
    side = "a" if role == "stranger" else "b"
    different = []
    for route in BY_KEY:
        for method in ("GET", "POST"):
            foreign = ask(world, role, method, world.url(route, side))
            missing = ask(world, role, method, world.url(route, side, key=987654))
            pairs = [
                (answer.status_code, answer.headers.get("Location", "").replace(str(key), "?"))
                for answer, key in ((foreign, world.url(route, side).split("/")[4]), (missing, 987654))
            ]
            if pairs[0] != pairs[1] or foreign.status_code >= 500:
                different.append((route, method, pairs))
    assert different == []


@pytest.mark.parametrize("key", ["abc", "²", "9" * 30, "0", "-1", "1_2", "%00", "1;drop"])
def test_an_impossible_id_is_never_an_error_of_ours(world: World, key: str) -> None:
    answers = {route: ask(world, "admin", "GET", world.url(route, key=key)).status_code for route in BY_KEY}
    assert {route: code for route, code in answers.items() if code >= 500} == {}


LISTS = ["invoices/invoice", "customers/customer", "products/product", "products/tax", "businesses/business"]
QUERIES = [
    "business__id__exact={business}", "customer__id__exact={customer}", "business={business}", "q=Customer of a",
    "business__slug=a", "q={number}", "situation=open", "o=1", "all=", "p=2", "_facets=1",
]  # fmt: skip


@pytest.mark.parametrize("query", QUERIES)
def test_no_filter_brings_another_business_s_rows_or_names_to_light(world: World, query: str) -> None:
    rows = world.rows["a"]
    asked = query.format(business=world.a.pk, customer=rows["customer"].pk, number=rows["issued"].number)
    for path in LISTS:
        answer = world.clients["stranger"].get(f"/admin/{path}/?{asked}")
        page = answer.content.decode().replace(asked, "").replace('value="Alpha"', "")
        page = page.replace('value="Customer of a"', "")
        assert answer.status_code in (200, 302, 400), (path, answer.status_code)
        assert "Alpha" not in page and "Customer of a" not in page and "Product of a" not in page, path


@pytest.mark.parametrize(
    "query",
    [
        "business__memberships__user__password__startswith=m", "customer__invoices__token__startswith=a",
        "business__memberships__user__username=root", "customer__email__startswith=m",
        "clones__token__startswith=a", "views__visitor=1", "memberships__user__password__startswith=m",
    ],
)  # fmt: skip
def test_lookups_through_relations_are_refused(world: World, query: str) -> None:
    for path in LISTS:
        answer = world.clients["admin"].get(f"/admin/{path}/?{query}")
        assert answer.status_code in (302, 400), (path, answer.status_code)


@pytest.mark.parametrize("query", ["customer__id__exact=" + "9" * 30, "business=" + "9" * 30, "kind__exact=²", "p=" + "9" * 5000,
                                   "issue_on_from=2026-99-99", "due_on_to=99999-01-01", "o=99.-99.x", "q=" + "9" * 44, "customer__id__exact=²"])  # fmt: skip
def test_nonsense_in_a_list_s_address_is_never_an_error_of_ours(world: World, query: str) -> None:
    for path in [*LISTS, "businesses/membership"]:
        answer = world.clients["admin"].get(f"/admin/{path}/?{query}")
        assert answer.status_code in (200, 302, 400), (path, answer.status_code)


FINDERS: list[tuple[str, Callable[[World], dict[str, Any]]]] = [
    ("customer", lambda world: {"app_label": "invoices", "model_name": "invoice", "field_name": "customer"}),
    ("product", lambda world: {"app_label": "invoices", "model_name": "line", "field_name": "product"}),
]


@pytest.mark.parametrize(("what", "query"), FINDERS)
def test_type_to_find_finds_one_s_own_rows_only(
    world: World, what: str, query: Callable[[World], dict[str, Any]]
) -> None:
    def found(role: str, **more: Any) -> set[str]:
        answer = world.clients[role].get("/admin/autocomplete/", {**query(world), **more})
        return {row["text"] for row in answer.json()["results"]}

    mine, theirs = (f"{what.capitalize()} of {side}" for side in "ab")
    assert found("stranger") == {theirs}
    assert found("viewer", term=what) == {mine}
    assert found("stranger", business=world.a.pk) == set()
    assert found("root") == {mine, theirs}
    assert found("root", business=world.b.pk) == {theirs}


def test_type_to_find_does_not_reach_people_or_unregistered_rows(world: World) -> None:
    for model, field in (("membership", "user"), ("account", "business"), ("business", "id"), ("nope", "x")):
        query = {"app_label": "businesses", "model_name": model, "field_name": field, "term": "a"}
        assert world.clients["admin"].get("/admin/autocomplete/", query).status_code in (403, 404)


@pytest.mark.parametrize("words", ["customer", "product of", "tax of", "admin", "alpha", "2026-", "viewer"])
def test_the_search_palette_shows_nothing_of_another_business(world: World, words: str) -> None:
    answer = world.clients["stranger"].get("/admin/search/", {"s": words, "extended": ""})
    page = answer.content.decode()
    assert answer.status_code == 200
    rows = world.rows["a"]
    for row, path in ((rows["customer"], "customers/customer"), (rows["product"], "products/product"),
                      (rows["issued"], "invoices/invoice"), (rows["membership"], "businesses/membership")):  # fmt: skip
        assert f"/admin/{path}/{row.pk}/change/" not in page
    assert "Customer of a" not in page


BULK: dict[str, list[str]] = {"bulk_issue": WRITERS, "bulk_void": VOIDERS}


@pytest.mark.parametrize("action", BULK)
@pytest.mark.parametrize("role", ROLES)
def test_bulk_actions_are_for_those_who_may_do_each_alone(world: World, role: str, action: str) -> None:
    row = world.rows["a"]["invoice" if action == "bulk_issue" else "issued"]
    before = row.status
    world.clients[role].post(
        "/admin/invoices/invoice/", {"action": action, "_selected_action": [str(row.pk)], "index": "0"}
    )
    changed = Invoice.objects.get(pk=row.pk).status != before
    assert changed == (role in BULK[action])


@pytest.mark.parametrize("action", ["bulk_issue", "bulk_void", "bulk_zip", "delete_selected"])
def test_foreign_ids_smuggled_into_a_selection_are_left_alone(world: World, action: str) -> None:
    keys = [str(world.rows["a"][name].pk) for name in ("invoice", "issued")]
    before = checksum()
    body = {"action": action, "_selected_action": [*keys, "abc", "9" * 30]}
    answer = world.clients["stranger"].post("/admin/invoices/invoice/", body)
    assert answer.status_code in (200, 302)
    assert not answer.content.startswith(b"PK")
    assert checksum() == before


def test_another_business_s_file_is_not_reached_through_one_s_own_invoice(world: World) -> None:
    own, foreign = world.rows["b"]["issued"], world.rows["a"]["attachment"]
    url = f"/admin/invoices/invoice/{own.pk}/files/{foreign.public_id}/"
    assert world.clients["stranger"].get(url).status_code == 404
    assert Attachment.objects.count() == 2


@pytest.mark.parametrize("verb", ["issue", "duplicate", "uncollectible", "renew-link", "revoke-link", "void", "delete"])
def test_each_verb_is_for_the_roles_that_may_do_it(world: World, verb: str) -> None:
    may = {"uncollectible": VOIDERS, "void": VOIDERS}.get(verb, WRITERS)
    row = world.rows["a"]["invoice" if verb in ("issue", "delete", "duplicate") else "issued"]
    url = f"/admin/invoices/invoice/{row.pk}/do/{verb}/"
    before = checksum()
    for role in ROLES:
        answer = world.clients[role].get(url)
        assert (answer.status_code == 200) == (role in may), role
        if role not in may:
            assert shut(world.clients[role].post(url)), role
    assert checksum() == before
