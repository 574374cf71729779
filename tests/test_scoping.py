"""Tenants: no filter, search, lookup, selection or file brings another business's rows to light."""

from collections.abc import Callable
from typing import Any

import pytest

from invoices.models import Attachment, Invoice
from tests.everyone import ROLES, VOIDERS, WRITERS, World, checksum, shut

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None, media: Any) -> World:
    return World()


LISTS = [
    "invoices/invoice",
    "payments/payment",
    "customers/customer",
    "products/product",
    "products/tax",
    "businesses/business",
]
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


NONSENSE = [
    "customer__id__exact=" + "9" * 30,
    "customer__id__exact=²",
    "business=" + "9" * 30,
    "kind__exact=²",
    "p=" + "9" * 5000,
    "issue_on_from=2026-99-99",
    "due_on_to=99999-01-01",
    "o=99.-99.x",
    "q=" + "9" * 44,
]


@pytest.mark.parametrize("query", NONSENSE)
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
    row = world.rows["a"]["invoice" if action == "bulk_issue" else "unpaid"]
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


@pytest.mark.parametrize(
    "verb", ["issue", "duplicate", "uncollectible", "renew-link", "revoke-link", "void", "delete"]
)
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
