"""The audit screen: who may read which events, how they read, and that nobody can touch them."""

import ast
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from businesses import sign_ins
from businesses.admin.sentences import GROUPS, SENTENCES
from businesses.events import record
from businesses.models import Business, Event, Membership, User
from customers.models import Customer
from invoices.admin.timeline import ICONS
from tests import factories
from tests.test_architecture import sources

SCREEN = "/admin/businesses/event/"
Staff = Callable[..., User]


@pytest.fixture
def ana(staff: Staff, client: Client) -> User:
    """Manages the business, reads English, is signed in."""
    user = staff("admin", username="ana", language="en")
    client.force_login(user)
    return user


def listed(client: Client, query: str = "") -> list[str]:
    return [event.kind for event in client.get(f"{SCREEN}?{query}").context["cl"].result_list]


def test_events_are_listed_newest_first(client: Client, ana: User, business: Business) -> None:
    old, new = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)
    record("business.updated", business, business=business, by=ana, at=new)
    record("account.created", business, business=business, by=ana, at=old)
    assert listed(client) == ["account.created", "business.updated"]


def test_the_clock_is_that_of_the_persons_business(
    client: Client, staff: Staff, other_business: Business
) -> None:
    client.force_login(factories.make_staff(other_business, "admin", language="en"))
    at = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    record("business.updated", other_business, business=other_business, at=at)
    assert "2 Jul 2026 00:30" in client.get(SCREEN).content.decode()


def test_only_events_of_businesses_one_manages_are_listed(
    client: Client, ana: User, business: Business, other_business: Business
) -> None:
    Membership.objects.create(user=ana, business=other_business, role="finance")
    record("business.updated", business, business=business)
    hidden = record("business.created", other_business, business=other_business)
    assert listed(client) == ["business.updated"]
    assert client.get(f"{SCREEN}{hidden.pk}/change/").status_code == 302


def test_sign_ins_of_others_are_for_superusers_only(
    client: Client, admin_client: Client, ana: User, staff: Staff
) -> None:
    bia = staff(username="bia")
    sign_ins.note("staff.signed_in", ana, by=ana)
    sign_ins.note("staff.signed_out", bia, by=bia)
    sign_ins.note_failure("staff.sign_in_failed", "eva", "203.0.113.9")
    assert listed(client) == ["staff.signed_in"]
    assert listed(admin_client) == ["staff.sign_in_failed", "staff.signed_out", "staff.signed_in"]


@pytest.mark.parametrize("role", ["viewer", "biller", "finance"])
def test_who_does_not_manage_has_no_audit_screen(client: Client, staff: Staff, role: str) -> None:
    client.force_login(staff(role))
    assert client.get(SCREEN).status_code == 403
    assert SCREEN not in client.get("/admin/").content.decode()


def test_who_manages_finds_it_in_the_menu(client: Client, ana: User) -> None:
    assert SCREEN in client.get("/admin/").content.decode()


def test_an_event_reads_as_a_sentence_with_a_link(client: Client, ana: User, customer: Customer) -> None:
    invoice = factories.issue(factories.make_invoice(customer, by=ana), by=ana)
    page = client.get(SCREEN).content.decode()
    assert "Invoice issued" in page
    assert f"/admin/invoices/invoice/{invoice.pk}/change/" in page
    assert str(invoice) in page
    assert "R$100.00" in page


def test_rows_the_person_may_not_see_have_no_link(
    client: Client, ana: User, business: Business, other_business: Business
) -> None:
    stranger = factories.make_customer(other_business, "Segredo Lda")
    record("customer.updated", stranger, business=business)
    page = client.get(SCREEN).content.decode()
    assert "Segredo" not in page
    assert f"customer:{stranger.pk}" in page


def test_a_long_list_costs_no_more_questions_than_a_short_one(
    client: Client, ana: User, business: Business, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(40):
        factories.make_customer(business, f"Cliente {number}")
    with django_assert_max_num_queries(18):
        client.get(SCREEN)


def test_fields_and_roles_are_called_what_the_forms_call_them(
    client: Client, ana: User, business: Business
) -> None:
    changes = {"legal_name": ["Old", ""], "gone": ["1", "2"]}
    data = {"changes": changes, "role": "finance", "person": "<b>bia</b>"}
    record("business.updated", business, business=business, data=data)
    page = client.get(SCREEN).content.decode()
    assert "<b>legal name</b> Old → –" in page
    assert "<b>gone</b> 1 → 2" in page
    assert "Finance" in page
    assert "<b>bia</b>" not in page


def test_an_unheard_of_event_is_shown_as_it_is(client: Client, ana: User, business: Business) -> None:
    record(
        "rocket.launched", business, business=business, by="key:abc", data={"step": ["x"], "amount": "ten"}
    )
    page = client.get(SCREEN).content.decode()
    assert "rocket.launched" in page
    assert "API key “abc”" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("group=businesses", ["business.updated"]),
        ("group=sign-ins", ["staff.signed_in"]),
        ("group=nonsense", ["staff.signed_in", "invoice.paid", "business.updated"]),
        ("by=user:ana", ["staff.signed_in", "business.updated"]),
        ("by=system", ["invoice.paid"]),
        ("q=ana", ["staff.signed_in", "business.updated"]),
        ("q=Business", ["invoice.paid", "business.updated"]),
        ("q=zzz", []),
    ],
)
def test_events_can_be_narrowed(
    client: Client, ana: User, business: Business, query: str, found: list[str]
) -> None:
    record("business.updated", business, business=business, by=ana)
    record("invoice.paid", business, business=business)
    sign_ins.note("staff.signed_in", ana, by=ana)
    assert listed(client, query) == found


def test_people_of_other_businesses_are_not_offered(
    client: Client, ana: User, business: Business, other_business: Business
) -> None:
    factories.make_staff(other_business, username="forasteiro")
    assert "forasteiro" not in client.get(SCREEN).content.decode()


def test_nobody_can_write_here(admin_client: Client, business: Business) -> None:
    event = record("business.updated", business, business=business)
    assert admin_client.get(f"{SCREEN}add/").status_code == 403
    assert admin_client.post(f"{SCREEN}add/", {"kind": "x"}).status_code == 403
    assert admin_client.post(f"{SCREEN}{event.pk}/change/", {"kind": "x"}).status_code == 403
    assert admin_client.post(f"{SCREEN}{event.pk}/delete/", {"post": "yes"}).status_code == 403
    bulk = {"action": "delete_selected", "_selected_action": [event.pk], "post": "yes"}
    admin_client.post(SCREEN, bulk)
    assert Event.objects.get().kind == "business.updated"


def test_one_event_shows_all_it_carries(client: Client, ana: User, business: Business) -> None:
    event = record("business.updated", business, business=business, data={"secret": ["<i>"], "n": 1})
    page = client.get(f"{SCREEN}{event.pk}/change/").content.decode()
    assert event.digest in page
    assert "&lt;i&gt;" in page


WRITERS = {
    "record": 0, "record_first": 0, "note": 0, "note_failure": 0, "save_recorded": 1, "move": 2, "_set_disputed": 2,
}  # fmt: skip
"""Who writes events, and where among what they are given the kind is: a literal, a choice of two, a name for them."""


def kinds_recorded() -> set[str]:
    """Every kind of event that the sources write. A kind in a variable counts by what the function assigns to it."""
    found: set[str] = set()
    for source in sources():
        for function in source.functions:
            said = [node for node in ast.walk(function) if isinstance(node, ast.Call) and _is_writer(node)]
            names = {node.id for call in said for node in _kinds(call) if isinstance(node, ast.Name)}
            literals = [node for call in said for node in _kinds(call)]
            for node in ast.walk(function):
                if isinstance(node, ast.Assign) and names & {ast.unparse(target) for target in node.targets}:
                    literals += ast.walk(node.value)
            values = [node.value for node in literals if isinstance(node, ast.Constant)]
            found |= {value for value in values if isinstance(value, str) and "." in value}
    return found


def _is_writer(call: ast.Call) -> bool:
    return ast.unparse(call.func).rpartition(".")[2] in WRITERS


def _kinds(call: ast.Call) -> list[ast.AST]:
    """What a call says of the kind: `save_recorded` is given a pair."""
    place = WRITERS[ast.unparse(call.func).rpartition(".")[2]]
    given = [*call.args[place : place + 1], *(word.value for word in call.keywords if word.arg == "kind")]
    return [node for argument in given for node in ast.walk(argument)]


def test_the_kinds_we_record_are_found_wherever_they_are_written() -> None:
    """One written each way: as it is, one of two, by a name, as a pair, by a helper."""
    assert kinds_recorded() >= {
        "invoice.downloaded", "invoice.paid", "staff.locked_out", "account.updated", "staff.two_factor_on",
        "series.started", "customer.created", "invoice.credited", "payment.disputed",
    }  # fmt: skip
    assert len(kinds_recorded()) > 30


def test_each_event_we_record_has_a_sentence_and_a_group() -> None:
    assert kinds_recorded() - set(SENTENCES) == set()
    assert set(ICONS) <= set(SENTENCES)
    prefixes = tuple(prefix for _label, some in GROUPS.values() for prefix in some)
    assert [kind for kind in SENTENCES if not kind.startswith(prefixes)] == []


def test_events_are_not_in_the_search_palette(client: Client, ana: User, business: Business) -> None:
    record("business.updated", business, business=business, by=ana)
    assert SCREEN not in client.get("/admin/search/?s=ana&extended=1").content.decode()
