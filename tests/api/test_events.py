"""The record of what happened, through our own API."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from api.events import Event
from businesses import events
from businesses.models import Business
from customers import actions as customers
from customers.models import Customer
from tests import factories
from tests.api.papers import LINE, create, issued
from tests.api.words import fields_refused, listed, queries_of
from tests.gateway.calls import Caller

pytestmark = pytest.mark.django_db


def kinds(call: Caller, query: str = "") -> list[str]:
    return [event["kind"] for event in listed(call.get(f"/events?{query}"), Event)]


def test_what_happened_newest_first(call: Caller) -> None:
    made = create(call)
    call.post(f"/invoices/{made['id']}/issue")
    assert kinds(call) == ["invoice.finalized", "invoice.created", "customer.created"]
    assert kinds(call, "order=oldest") == kinds(call)[::-1]
    assert kinds(call, "kind=invoice.created") == ["invoice.created"]
    assert kinds(call, f"subject=invoice:{made['id']}") == ["invoice.finalized", "invoice.created"]
    assert kinds(call, f"subject=customer:{made['id']}") == []
    assert kinds(call, f"after={(timezone.now() + timedelta(minutes=1)):%Y-%m-%dT%H:%M:%SZ}") == []
    assert len(kinds(call, f"before={(timezone.now() + timedelta(minutes=1)):%Y-%m-%dT%H:%M:%SZ}")) == 3


def test_an_instant_counts_whatever_its_offset(call: Caller) -> None:
    tomorrow, yesterday = timezone.now() + timedelta(days=1), timezone.now() - timedelta(days=1)
    assert kinds(call, f"after={yesterday:%Y-%m-%dT%H:%M:%S}-23:59") == ["customer.created"]
    assert kinds(call, f"before={tomorrow:%Y-%m-%dT%H:%M:%S}%2B23:59") == ["customer.created"]


def test_what_is_stored_no_more_is_told_without_its_id(call: Caller, customer: Customer) -> None:
    events.record("customer.deleted", Customer(pk=customer.pk + 1), business=customer.business)
    told = listed(call.get("/events?kind=customer.deleted"), Event)
    assert [event["subject"] for event in told] == [{"type": "customer", "id": None}]


def test_whoever_reads_from_the_oldest_on_also_gets_what_comes_meanwhile(call: Caller) -> None:
    for _ in range(3):
        create(call)
    found: list[str] = []
    path = "/events?order=oldest&limit=2"
    while path:
        page: Any = call.get(path).json()
        found += [event["id"] for event in page["data"]]
        path = f"/events?order=oldest&limit=2&cursor={page['next']}" if page["next"] else ""
        if len(found) == 2:
            create(call)
    every = [event["id"] for event in call.get("/events?order=oldest").json()["data"]]
    assert found == every
    assert len(set(every)) == 5


def test_events_of_staff_and_keys_stay_in_the_house(call: Caller, business: Business) -> None:
    events.record("staff.added", factories.make_staff(business), business=business, data={"role": "admin"})
    assert kinds(call) == ["customer.created"]
    assert fields_refused(call.get("/events?kind=staff.added")) == ["kind"]
    assert fields_refused(call.get("/events?subject=user:1")) == ["subject"]


def test_our_own_keys_are_not_told(call: Caller, customer: Customer) -> None:
    other = factories.make_customer(customer.business, "Other")
    made = create(call)
    call.patch(f"/invoices/{made['id']}", {"customer": other.public_id, "title": "New"})
    (event,) = listed(call.get("/events?kind=invoice.updated"), Event)
    assert event["data"]["changes"] == {"title": ["", "New"]}


def test_queries_do_not_grow_with_the_page(call: Caller, customer: Customer) -> None:
    issued(call)
    before = queries_of(call, "/events")
    for _ in range(5):
        issued(call, LINE)
    customer.name = "New"
    customers.save(customer)
    assert queries_of(call, "/events") == before == 4
