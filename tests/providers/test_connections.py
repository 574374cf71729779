"""Accounts at providers: how they are added, changed, tested; what is never shown; what each event asks of them."""

import io
import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection as database
from django.test import Client, override_settings
from django.urls import reverse

from businesses.models import Business, Event
from customers.models import Customer
from invoices import actions as invoices
from invoices.models import Invoice
from outbox.models import Delivery, State
from providers import actions
from providers.models import Connection, Health, PushOn, RemoteInvoice
from tests import factories
from tests.outbox.work import fan_out

pytestmark = pytest.mark.django_db
SECRET = "key-that-nobody-may-ever-read-again"


def connect(business: Business, **fields: Any) -> Connection:
    given = {"api_key": SECRET, "payment_account": "acc_1"}
    return actions.create(business, "aira", given, **fields)


def issued(customer: Customer) -> Invoice:
    return factories.issue(factories.make_invoice(customer))


def asked(connection: Connection) -> list[str]:
    rows = Delivery.objects.filter(route=connection.route).order_by("event")
    return [target.partition(":")[2] for target in rows.values_list("target", flat=True)]


def command(*args: str) -> str:
    out = io.StringIO()
    call_command("connection", *args, stdout=out)
    return out.getvalue()


def test_a_connection_takes_the_providers_address_unless_told_otherwise(business: Business) -> None:
    usual = connect(business)
    own = connect(business, base_url="https://aira.example.com/base/")
    assert (usual.base_url, own.base_url) == ("https://api.useaira.com", "https://aira.example.com/base")


@pytest.mark.parametrize(
    "fields", [{"base_url": "http://127.0.0.1:1"}, {"base_url": "ftp://x"}, {"base_url": "https://[::1]/"}]
)
def test_an_address_in_the_house_or_of_another_kind_is_refused(business: Business, fields: Any) -> None:
    with pytest.raises(ValidationError):
        connect(business, **fields)


@pytest.mark.parametrize(
    "given", [{}, {"api_key": ""}, {"api_key": "x", "payment_account": "y", "other": "z"}]
)
def test_missing_and_unknown_credentials_are_refused(business: Business, given: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        actions.create(business, "aira", given)
    assert not Connection.objects.for_business(business).exists()


def test_no_event_and_no_column_holds_a_credential(business: Business) -> None:
    connection = connect(business)
    actions.change(connection, credentials={"api_key": f"{SECRET}-2"}, name="Main")
    told = json.dumps(list(Event.objects.about(connection).values_list("data", flat=True)))
    assert SECRET not in told and "Main" in told
    assert Connection.objects.for_business(business).get().credentials["api_key"] == f"{SECRET}-2"
    with database.cursor() as cursor:
        cursor.execute("SELECT sealed_credentials FROM providers_connection WHERE id = %s", [connection.pk])
        assert SECRET not in cursor.fetchone()[0]


def test_new_credentials_end_a_pause(business: Business) -> None:
    connection = connect(business)
    Connection.objects.filter(pk=connection.pk).update(health=Health.PAUSED)
    connection.refresh_from_db()
    actions.change(connection, credentials={"api_key": "another"})
    assert Connection.objects.get(pk=connection.pk).health == Health.UNKNOWN


def test_what_was_before_the_connection_is_not_pushed(customer: Customer) -> None:
    issued(customer)
    connection = connect(customer.business)
    fan_out()
    assert asked(connection) == [] and not RemoteInvoice.objects.exists()


@pytest.mark.parametrize(("push_on", "expected"), [("issue", ["issue"]), ("send", []), ("never", [])])
def test_issuing_pushes_as_the_connection_says(customer: Customer, push_on: str, expected: list[str]) -> None:
    connection = connect(customer.business, push_on=push_on)
    issued(customer)
    fan_out()
    assert asked(connection) == expected


def test_a_person_may_push_what_is_not_pushed_by_itself(customer: Customer) -> None:
    connection = connect(customer.business, push_on=PushOn.NEVER)
    invoice = issued(customer)
    actions.request_push(invoice, connection, by="test")
    actions.request_push(invoice, connection, by="test")
    fan_out()
    assert asked(connection)[0] == "issue"
    assert RemoteInvoice.objects.for_business(customer.business).count() == 1


def test_a_void_follows_only_where_the_invoice_went(customer: Customer) -> None:
    pushed, idle = connect(customer.business), connect(customer.business, push_on=PushOn.NEVER)
    invoice = issued(customer)
    invoices.void(invoice)
    fan_out()
    assert (asked(pushed), asked(idle)) == (["issue", "void"], [])


def test_another_business_is_pushed_nothing(customer: Customer, other_business: Business) -> None:
    others = connect(other_business)
    issued(customer)
    fan_out()
    assert asked(others) == []


def test_the_command_adds_lists_and_refuses(business: Business) -> None:
    args = ["--business", business.slug, "--provider", "aira"]
    made = json.loads(
        command(
            "add",
            *args,
            "--credential",
            f"api_key={SECRET}",
            "--credential",
            "payment_account=a",
            "--push-on",
            "send",
        )
    )
    connection = Connection.objects.for_business(business).get(public_id=made["id"])
    assert (connection.push_on, connection.credentials["api_key"]) == ("send", SECRET)
    listed = command("list", "--business", business.slug)
    assert made["id"] in listed and SECRET not in listed
    for wrong in (["--credential", "api_key"], ["--credential", "nonsense=1"], []):
        with pytest.raises(CommandError):
            command("add", *args, *wrong)


def test_a_test_that_fails_says_why(business: Business) -> None:
    with override_settings(ALLOW_PRIVATE_TARGETS=True):
        connection = connect(business, base_url="http://127.0.0.1:9")
        with pytest.raises(CommandError):
            command("test", connection.public_id)


def test_the_screen_never_shows_a_stored_secret(client: Client, business: Business, staff: Any) -> None:
    connection = connect(business)
    client.force_login(staff("admin"))
    page = client.get(reverse("admin:providers_connection_change", args=[connection.pk])).content.decode()
    assert SECRET not in page and "acc_1" in page and connection.token in page


def test_the_screen_adds_a_connection_and_keeps_secrets_left_empty(
    client: Client, business: Business, staff: Any
) -> None:
    client.force_login(staff("admin"))
    form = {
        "business": business.pk, "name": "Main", "base_url": "https://api.useaira.com", "is_live": "on",
        "is_active": "on", "push_on": "issue", "credential_api_key": SECRET, "credential_payment_account": "acc_1",
    }  # fmt: skip
    options = {f"option_{name}": value for name, value in connect(business).options.items()}
    answer = client.post(f"{reverse('admin:providers_connection_add')}?provider=aira", {**form, **options})
    assert answer.status_code == 302, answer.context["errors"]
    connection = Connection.objects.for_business(business).get(name="Main")
    address = reverse("admin:providers_connection_change", args=[connection.pk])
    client.post(address, {**form, **options, "name": "Second", "credential_api_key": ""})
    connection.refresh_from_db()
    assert (connection.name, connection.credentials["api_key"]) == ("Second", SECRET)


def test_the_invoices_page_offers_and_tells_of_pushes(client: Client, customer: Customer, staff: Any) -> None:
    connection = connect(customer.business, push_on=PushOn.NEVER, name="Main Aira")
    invoice = issued(customer)
    client.force_login(staff("biller", language="en"))
    page = reverse("admin:invoices_invoice_change", args=[invoice.pk])
    assert "Push to Main Aira" in client.get(page).content.decode()
    client.post(reverse("admin:outbox_delivery_push", args=[invoice.pk, connection.public_id]))
    fan_out()
    delivery = Delivery.objects.get(route=connection.route)
    Delivery.objects.filter(pk=delivery.pk).update(state=State.DEAD, code="cannot", detail="Reais only.")
    shown = client.get(page).content.decode()
    assert "Reais only." in shown and "Try again" in shown and "Push to Main Aira" not in shown
    client.post(reverse("admin:outbox_delivery_act", args=[delivery.pk, "again"]), {"next": page})
    delivery.refresh_from_db()
    assert (delivery.state, delivery.tries, delivery.code) == (State.WAITING, 0, "")


def test_the_list_narrows_by_state_channel_provider_and_error(
    client: Client, customer: Customer, staff: Any
) -> None:
    connection = connect(customer.business)
    issued(customer)
    fan_out()
    Delivery.objects.filter(route=connection.route).update(state=State.DEAD, code="refused")
    client.force_login(staff("viewer", language="en"))
    address = reverse("admin:outbox_delivery_changelist")
    for query, count in (
        ("state__exact=dead", 1),
        ("channel__exact=push&error=refused&provider=aira", 1),
        ("provider=base39", 0),
        ("error=timeout", 0),
        ("state__exact=needs_person", 0),
    ):
        found = client.get(f"{address}?{query}").context["cl"].result_list
        assert len(found) == count, query


def test_the_first_page_counts_what_needs_somebody(client: Client, customer: Customer, staff: Any) -> None:
    connection = connect(customer.business)
    issued(customer)
    fan_out()
    Delivery.objects.filter(route=connection.route).update(state=State.NEEDS_PERSON)
    client.force_login(staff("biller", language="en"))
    assert "Deliveries that need a person" in client.get("/admin/").content.decode()


def test_what_was_made_good_is_no_trouble_any_more(client: Client, customer: Customer, staff: Any) -> None:
    connection = connect(customer.business)
    invoice = issued(customer)
    fan_out()
    Delivery.objects.filter(route=connection.route).update(state=State.DEAD, code="refused")
    actions.request_push(invoice, connection)
    fan_out()
    Delivery.objects.filter(route=connection.route, code="").update(state=State.SENT)
    client.force_login(staff("biller", language="en"))
    page = client.get(reverse("admin:invoices_invoice_change", args=[invoice.pk])).content.decode()
    assert "The other side refused it." not in page.partition("fa-timeline")[0]
