"""Who issues, who may do what, and the record of what happened."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from businesses import events
from businesses.models import Business, Event, User
from businesses.roles import GRANTS, Can, Role, roles_that
from customers.models import Customer
from invoices.models import Invoice
from tests.factories import make_business, make_customer, make_staff

pytestmark = pytest.mark.django_db

MAY = {
    "viewer": {"view"},
    "biller": {"view", "write", "issue", "receive"},
    "finance": {"view", "write", "issue", "receive", "refund", "void"},
    "admin": {"view", "write", "issue", "receive", "refund", "void", "manage"},
}


@pytest.mark.parametrize("can", Can.values)
@pytest.mark.parametrize("role", Role.values)
def test_each_role_may_do_what_the_table_says(
    business: Business, other_business: Business, staff: Callable[..., User], role: str, can: Can
) -> None:
    person = staff(role)
    allowed = can in MAY[role]
    mine, theirs = make_customer(business), make_customer(other_business)
    assert person.can(can, business) is person.can(can) is allowed
    assert not person.can(can, other_business)
    assert set(Customer.objects.for_staff(person, can)) == ({mine} if allowed else set())
    assert set(Business.objects.for_staff(person, can)) == ({business} if allowed else set())
    assert theirs not in Customer.objects.for_staff(person, can)


def test_every_role_has_its_grants() -> None:
    assert set(GRANTS) == set(Role)
    assert roles_that(Can.MANAGE) == ["admin"]


def test_staff_of_two_businesses_see_both_and_no_third(business: Business, other_business: Business) -> None:
    person = make_staff(business)
    person.memberships.create(business=other_business, role=Role.VIEWER)
    third = make_business()
    rows = [make_customer(owner) for owner in (business, other_business, third)]
    assert set(Customer.objects.for_staff(person)) == set(rows[:2])
    assert set(Customer.objects.for_staff(person, Can.ISSUE)) == {rows[0]}


@pytest.mark.parametrize("superuser", [False, True])
def test_someone_who_left_sees_nothing(business: Business, superuser: bool) -> None:
    make_customer(business)
    gone = make_staff(business, "admin", is_active=False, is_superuser=superuser)
    assert not gone.can(Can.VIEW)
    assert not Customer.objects.for_staff(gone).exists()
    assert not Business.objects.for_staff(gone).exists()


def test_nobody_sees_nothing(customer: Customer) -> None:
    assert not Customer.objects.for_staff(AnonymousUser()).exists()
    assert not Invoice.objects.for_staff(AnonymousUser()).exists()


def test_a_superuser_sees_every_business(customer: Customer, other_business: Business) -> None:
    root = make_staff(None, is_superuser=True)
    assert list(Customer.objects.for_staff(root)) == [customer]
    assert root.can(Can.MANAGE, other_business)


def test_tax_id_and_phone_are_stored_in_one_form() -> None:
    business = make_business(tax_id="12.abc.345/01de-35", phone="(11) 99999-9999")
    assert (business.tax_id, business.phone) == ("12ABC34501DE35", "+5511999999999")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tax_id", "12ABC34501DE36"),
        ("tax_id", "\x00"),
        ("tax_id_kind", "other"),
        ("phone", "12"),
        ("country", "ZZ"),
        ("currency", "ABC"),
        ("time_zone", "Mars"),
        ("accent", "red"),
        ("legal_name", "a\u202eb"),
        ("legal_name", "x" * 201),
        ("rounding_mode", "up"),
        ("email", "nobody"),
        ("website", "javascript:alert(1)"),
    ],
)
def test_a_business_with_a_wrong_field_is_refused(field: str, value: str) -> None:
    with pytest.raises(ValidationError) as refused:
        make_business(**{field: value})
    assert field in refused.value.message_dict


def test_today_is_the_businesss_own_day() -> None:
    now = datetime(2026, 1, 1, 2, 30, tzinfo=UTC)
    assert make_business(time_zone="America/Sao_Paulo").today(now) == date(2025, 12, 31)
    assert make_business(time_zone="Europe/Lisbon").today(now) == date(2026, 1, 1)


def history(business: Business, customer: Customer) -> list[Event]:
    for number in range(3):
        events.record("customer.updated", customer, business=business, by=f"key:{number}", data={"n": number})
    return list(Event.objects.about(customer).order_by("id"))


def test_each_event_follows_from_the_one_before(business: Business, customer: Customer) -> None:
    assert list(events.broken_links(history(business, customer))) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("data", {"n": 9}),
        ("actor", "eve"),
        ("kind", "x"),
        ("at", datetime(2020, 1, 1, tzinfo=UTC)),
        ("digest", "0" * 64),
    ],
)
def test_an_edited_event_breaks_the_chain(
    business: Business, customer: Customer, field: str, value: Any
) -> None:
    row = history(business, customer)
    setattr(row[1], field, value)
    assert row[1] in events.broken_links(row)


def test_a_missing_event_breaks_the_chain(business: Business, customer: Customer) -> None:
    row = history(business, customer)
    assert list(events.broken_links([row[0], *row[2:]])) == [row[2]]


@given(
    st.integers(-14, 14),
    st.dictionaries(
        st.text(st.characters(codec="utf-8", exclude_characters="\x00")),
        st.integers() | st.booleans(),
        max_size=4,
    ),
)
def test_an_event_reads_back_as_it_was_hashed(customer: Customer, hours: int, data: dict[str, Any]) -> None:
    at = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=hours)))
    event = events.record("customer.updated", customer, business=customer.business, data=data, at=at)
    before = Event.objects.about(customer).filter(pk__lt=event.pk)
    assert list(events.broken_links([*before.order_by("id"), Event.objects.get(pk=event.pk)])) == []


def test_first_events_of_many_rows_start_their_chains(business: Business) -> None:
    customers = [Customer(business=business, name=f"c{i}") for i in range(3)]
    Customer.objects.bulk_create(customers)
    events.record_first("customer.created", customers, business=business, by="command:demo")
    rows = Event.objects.filter(actor="command:demo").order_by("subject", "id")
    assert rows.count() == 3
    assert list(events.broken_links(rows)) == []


def test_an_actor_always_fits(business: Business) -> None:
    longest = make_staff(business, username="a" * 150)
    assert len(events.actor_name(longest)) == 150
    assert (events.actor_name(None), events.actor_name("key:1")) == ("", "key:1")
