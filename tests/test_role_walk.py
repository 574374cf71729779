"""Every address of the back office and of the public pages, as everyone: generated from the URL resolver.

A route that the table does not know fails by its name, so nobody adds a door without saying who may pass.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.urls import get_resolver

from tests.everyone import (
    EVERYONE,
    INSIDE,
    MANAGERS,
    NOBODY,
    ROLES,
    ROOT,
    STAFF,
    VOIDERS,
    WRITERS,
    Watch,
    World,
    shut,
)

pytestmark = pytest.mark.django_db

Rule = tuple[list[str], list[str]]
SCREENS: dict[str, tuple[list[str], list[str]]] = {
    "invoices_invoice": (INSIDE, WRITERS),
    "payments_payment": (INSIDE, WRITERS),
    "payments_bankfile": (INSIDE, WRITERS),
    "customers_customer": (INSIDE, WRITERS),
    "products_product": (INSIDE, WRITERS),
    "products_tax": (INSIDE, WRITERS),
    "businesses_business": (INSIDE, MANAGERS),
    "businesses_membership": (MANAGERS, MANAGERS),
    "payments_cardconnection": (MANAGERS, MANAGERS),
    "gateway_apikey": (MANAGERS, NOBODY),
    "notifications_webhookendpoint": (MANAGERS, MANAGERS),
    "providers_connection": (MANAGERS, MANAGERS),
    "outbox_delivery": (INSIDE, NOBODY),
    "notifications_message": (INSIDE, NOBODY),
    "notifications_wording": (MANAGERS, MANAGERS),
    "notifications_mailsettings": (MANAGERS, MANAGERS),
    "notifications_suppression": (INSIDE, NOBODY),
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
    "admin/customers/customer/<path:object_id>/new-invoice/": (WRITERS, WRITERS),
    "admin/customers/customer/<path:object_id>/statement/": (INSIDE, NOBODY),
    "admin/customers/customer/<path:object_id>/to-statement/": (INSIDE, INSIDE),
    "admin/reports/aging/": (STAFF, NOBODY),
    "admin/reminders/": (STAFF, [*MANAGERS, "stranger"]),
    "admin/customers/customer/<path:object_id>/reminders/": (INSIDE, WRITERS),
    "admin/customers/customer/<path:object_id>/to-reminders/": (INSIDE, INSIDE),
    "admin/invoices/invoice/<str:pk>/reminders/": (NOBODY, WRITERS),
    "admin/providers/differences/": (STAFF, NOBODY),
    "admin/providers/differences/<str:pk>/<str:name>/": (NOBODY, WRITERS),
    "admin/invoices/invoice/totals/": (NOBODY, WRITERS),
    "admin/invoices/invoice/product/<str:pk>/": (INSIDE, INSIDE),
    "admin/invoices/invoice/customer/<str:pk>/": (INSIDE, INSIDE),
    "admin/invoices/invoice/<str:pk>/do/<str:name>/": (WRITERS, WRITERS),
    "admin/invoices/invoice/<str:pk>/pdf/": (INSIDE, INSIDE),
    "admin/invoices/invoice/<str:pk>/files/<str:public_id>/": (INSIDE, INSIDE),
    "admin/payments/payment/export/": (STAFF, NOBODY),
    "admin/payments/payment/for-invoice/<str:pk>/do/<str:name>/": (VOIDERS, VOIDERS),
    "admin/payments/payment/<str:pk>/do/<str:name>/": (VOIDERS, VOIDERS),
    "admin/payments/payment/<str:pk>/voucher/": (INSIDE, INSIDE),
    "admin/payments/payment/<str:pk>/receipt/": (INSIDE, INSIDE),
    "admin/payments/payment/credit-note/<str:pk>/pdf/": (INSIDE, INSIDE),
    "admin/payments/payment/for-invoice/<str:pk>/booklet/": (NOBODY, NOBODY),
    "admin/payments/bankfile/to-confirm/": (STAFF, STAFF),
    "admin/payments/bankfile/bankentry/<str:pk>/<str:verb>/": (WRITERS, WRITERS),
    "admin/payments/bankfile/<str:pk>/apply/": (NOBODY, WRITERS),
    "admin/gateway/apikey/add/": ([*MANAGERS, "stranger"], [*MANAGERS, "stranger"]),
    "admin/gateway/apikey/<path:object_id>/revoke/": (MANAGERS, MANAGERS),
    "admin/notifications/webhookendpoint/<str:pk>/log/": (MANAGERS, MANAGERS),
    "admin/notifications/webhookendpoint/<str:pk>/do/<str:verb>/": (NOBODY, MANAGERS),
    "admin/providers/connection/<path:object_id>/test/": (MANAGERS, MANAGERS),
    "admin/outbox/delivery/<str:pk>/do/<str:name>/": (NOBODY, WRITERS),
    "admin/outbox/delivery/push/<str:invoice>/<str:connection>/": (NOBODY, WRITERS),
    "i/<str:token>/": (EVERYONE, NOBODY),
    "i/<str:token>": (EVERYONE, NOBODY),
    "i/<str:token>/status/": (EVERYONE, NOBODY),
    "i/<str:token>/card/": (NOBODY, NOBODY),
    "i/<str:token>/carne/": (NOBODY, NOBODY),
    "i/<str:token>/receipts/<str:public_id>/": (EVERYONE, NOBODY),
    "i/<str:token>/credits/<str:public_id>/": (EVERYONE, NOBODY),
    "i/<str:token>/mine/": (NOBODY, EVERYONE),
    "i/mine/<str:key>/": (NOBODY, NOBODY),
    "i/mine/<str:key>/open/": (NOBODY, NOBODY),
    "i/<str:token>/pdf/": (EVERYONE, NOBODY),
    "i/<str:token>/logo.png": (EVERYONE, NOBODY),
    "i/<str:token>/files/<str:public_id>/": (EVERYONE, NOBODY),
    "i/": (NOBODY, NOBODY),
    "pay/<str:signed>/": (EVERYONE, NOBODY),
    "mail/unsubscribe/<str:signed>/": (NOBODY, NOBODY),
    "admin/notifications/wording/<path:object_id>/delete/": (MANAGERS, MANAGERS),
    "admin/notifications/suppression/<path:object_id>/delete/": (WRITERS, WRITERS),
    "admin/notifications/wording/<str:pk>/test/": (NOBODY, MANAGERS),
    "admin/notifications/wording/<str:pk>/preview/": (NOBODY, MANAGERS),
    "admin/notifications/wording/test/": (NOBODY, NOBODY),
    "admin/notifications/wording/preview/": (NOBODY, NOBODY),
    "webhooks/stripe/<str:public_id>/": (NOBODY, NOBODY),
    "webhooks/providers/<str:token>/": (NOBODY, NOBODY),
    "healthz": (EVERYONE, NOBODY),
    "readyz": (EVERYONE, NOBODY),
}


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
    adders = [*changes, "stranger"] if changes else NOBODY
    rules: dict[str, Rule] = {
        "": ([*sees, "stranger"], [*sees, "stranger"]),
        "add/": (adders, adders),
        "<path:object_id>/history/": (sees, sees),
        "<path:object_id>/delete/": (changes, changes)
        if name == "businesses_membership"
        else (NOBODY, NOBODY),
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


@pytest.mark.parametrize("route", ROUTES)
def test_every_route_is_in_the_table(route: str) -> None:
    assert rule(route) is not None, f"say in tests/test_role_walk.py who may open {route!r}"


def test_the_table_names_no_route_that_is_gone() -> None:
    assert [route for route in TABLE if route not in ROUTES and route != "admin/two-factor/"] == []


@pytest.fixture
def world(db: None, media: Any) -> World:
    cache.clear()
    return World()


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
    watch = Watch()
    with connection.execute_wrapper(watch):
        for role in ROLES:
            for route in ROUTES:
                wrong += visit(world, watch, role, method, route)
    assert not wrong, "\n" + "\n".join(wrong)


def visit(world: World, watch: Watch, role: str, method: str, route: str) -> list[str]:
    expected = rule(route) or (NOBODY, NOBODY)
    may = role in expected[method == "POST"]
    url = world.url(route)
    if route == "admin/logout/" or (
        may and method == "POST" and re.search("/do/|/delete/|/revoke/|/test/", route)
    ):
        return []
    answer = ask(world, role, method, url)
    problems: list[str] = []
    if answer.status_code >= 500:
        problems.append(f"{answer.status_code}")
    if not may and not shut(answer):
        problems.append(f"open: {answer.status_code} {answer.headers.get('Location', '')}")
    takes_posts = method == "GET" or answer.status_code != 405
    if may and takes_posts and route and shut(answer):
        problems.append(f"shut: {answer.status_code}")
    if watch.has_changed() and not (may and method == "POST"):
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
