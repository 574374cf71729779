"""The page of differences: what is here, what is there, and one click to mend it."""

from collections.abc import Callable

import pytest
from django.test import Client

from businesses.models import Business, User
from core.clock import database_now
from invoices.models import Invoice
from providers import reconciling
from providers.models import Connection, Drift, DriftState, Inbound
from tests import factories
from tests.providers.returning.desk import Desk

pytestmark = pytest.mark.django_db

PAGE = "/admin/providers/differences/"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def drift(connection: Connection, pushed: Callable[..., Invoice], desk: Desk) -> Drift:
    pushed()
    desk.put("r1", standing="void", link="https://desk.example/r1")
    reconciling.pull([connection])
    return Drift.objects.get()


def test_the_page_says_what_is_here_what_is_there_and_why(drift: Drift, staff: Callable[..., User]) -> None:
    text = signed_in(staff("finance", language="en")).get(PAGE).text
    assert drift.invoice
    for said in (
        str(drift.invoice.number),
        "Maria Souza",
        "Cancelled there, open here",
        "100.00",
        "https://desk.example/r1",
        "Void it here too",
        "Last compared",
    ):
        assert said in text, said
    portuguese = signed_in(staff("finance", language="pt-br")).get(PAGE).text
    assert "Diferenças" in portuguese
    assert "Cancelada lá, em aberto aqui" in portuguese


def test_a_link_that_is_no_web_address_is_no_link(drift: Drift, staff: Callable[..., User]) -> None:
    Drift.objects.update(link="javascript:alert(1)")
    assert "javascript:" not in signed_in(staff("viewer")).get(PAGE).text


def test_one_click_mends_it(drift: Drift, staff: Callable[..., User]) -> None:
    client = signed_in(staff("finance", language="en"))
    answer = client.post(f"{PAGE}{drift.pk}/void/", follow=True)
    assert "The invoice is void." in answer.text
    assert "Everything agrees" in answer.text
    assert client.post(f"{PAGE}{drift.pk}/void/").status_code == 404


def test_what_happened_meanwhile_is_said_and_nothing_is_done(
    drift: Drift, staff: Callable[..., User]
) -> None:
    Drift.objects.update(state=DriftState.ASKED)
    answer = signed_in(staff("finance", language="en")).post(f"{PAGE}{drift.pk}/void/", follow=True)
    assert "This difference is not there any more." in answer.text


def test_only_who_may_void_is_offered_it(drift: Drift, staff: Callable[..., User]) -> None:
    client = signed_in(staff("biller", language="en"))
    text = client.get(PAGE).text
    assert "Void it here too" not in text
    assert ">Ignore<" in text
    assert client.post(f"{PAGE}{drift.pk}/void/").status_code == 403
    assert (
        '<form method="post"\n                          action'
        not in signed_in(staff("viewer")).get(PAGE).text
    )


def test_differences_of_other_businesses_do_not_exist(drift: Drift, other_business: Business) -> None:
    client = signed_in(factories.make_staff(other_business, "admin", language="en"))
    assert "No provider is connected" in client.get(PAGE).text
    assert client.post(f"{PAGE}{drift.pk}/ignore/").status_code == 404


def test_what_is_ignored_has_a_list_of_its_own(drift: Drift, staff: Callable[..., User]) -> None:
    client = signed_in(staff("finance", language="en"))
    client.post(f"{PAGE}{drift.pk}/ignore/")
    assert "Everything agrees" in client.get(PAGE).text
    ignored = client.get(PAGE, {"state": "ignored"}).text
    assert "Cancelled there, open here" in ignored
    assert "Void it here too" in ignored


def test_webhooks_that_were_given_up_are_said(
    connection: Connection, staff: Callable[..., User], other_business: Business
) -> None:
    for digest in "ab":
        Inbound.objects.create(
            business=connection.business,
            connection=connection,
            digest=digest,
            state="failed",
            code="down",
            due_at=database_now(),
        )
    said = "2 webhooks of Base39 could not be acted on in the last 7 days: The other side has a fault"
    assert said in signed_in(staff("viewer", language="en")).get(PAGE).text
    assert "2 webhooks de Base39" in signed_in(staff("viewer", language="pt-br")).get(PAGE).text
    other = signed_in(factories.make_staff(other_business, "admin", language="en"))
    assert "webhooks of" not in other.get(PAGE).text


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 40, ""])
def test_any_page_number_is_bearable(drift: Drift, staff: Callable[..., User], page: str) -> None:
    assert signed_in(staff()).get(PAGE, {"page": page}).status_code == 200


def test_a_page_of_fifty_costs_a_fixed_number_of_queries(
    connection: Connection,
    pushed: Callable[..., Invoice],
    desk: Desk,
    staff: Callable[..., User],
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    for number in range(12):
        pushed(f"r{number}")
        desk.put(f"r{number}", standing="void")
    reconciling.pull([connection])
    client = signed_in(staff("finance"))
    with django_assert_max_num_queries(25):  # type: ignore[attr-defined]
        assert client.get(PAGE).text.count("data-once") >= 12
