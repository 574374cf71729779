"""`make pictures`, second part: what leaves the house and what comes back, with pretended providers behind it."""

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import call_command
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from selenium.webdriver import Chrome

from businesses.models import Account, Business, User
from businesses.terms import Terms
from customers.models import Customer
from invoices import actions as invoices
from invoices import documents
from invoices.models import Invoice
from notifications.models import Message
from outbox import actions as outbox
from outbox import engine
from outbox.models import Delivery, State, Untold
from providers import actions as providers
from providers import reconciling
from providers.models import Connection, RemoteInvoice
from tests import factories
from tests.browser.pictures import PHONE, Camera, sign_in
from tests.simulator import Simulator, faults

SERVICES = (
    "Identidade visual",
    "Manutenção do site",
    "Banner para feira",
    "Consultoria de marca",
    "Catálogo",
)


@pytest.mark.parametrize("language", ["pt-br", "en"])
def test_pictures_of_what_is_delivered(
    browsers: Callable[[str], Chrome], live_server: LiveServer, settings: Settings, language: str
) -> None:
    settings.SITE_URL = live_server.url
    settings.ALLOW_PRIVATE_TARGETS = True
    call_command("demo", stdout=io.StringIO())
    Untold.objects.all().delete()
    camera = Camera(browsers(language), live_server.url, "" if language == "pt-br" else "-en")
    with Simulator() as simulator:
        business = Business.objects.get(slug="estudio-verde")
        connected = connect(business, simulator)
        simulator.faults = [
            faults.instead(
                422, b'{"message": "The CPF of the customer is not valid."}', route="create$", times=1
            ),
            faults.instead(503, route="contacts", times=2),
        ]
        issued = [issue(business, number) for number in range(5)]
        deliver(issued)
        differ(simulator, connected, issued)
        sign_in(camera, language)
        shoot(camera, issued[1])


def connect(business: Business, simulator: Simulator) -> dict[str, Connection]:
    made = {}
    for name in ("fatoripay", "highlevel", "aira"):
        credentials = dict(simulator.providers[name].credentials)
        made[name] = providers.create(business, name, credentials, base_url=simulator.base_url(name))
    return made


def issue(business: Business, number: int) -> Invoice:
    """Plain ones: the demo's own have discounts and taxes that no provider knows."""
    customer = Customer.objects.for_business(business).filter(tax_id_kind="cnpj").order_by("pk")[number]
    lines = [factories.line(f"{480 + 137 * number}.00", name=SERVICES[number])]
    Customer.objects.filter(pk=customer.pk).update(external_id=f"cust_{number}")
    today = business.today()
    dates = {"issue_on": today, "due_on": today + timedelta(days=12)}
    account = Account.objects.for_business(business).get(is_default=True)
    own = {"payment_terms": Terms().as_dict(), "account_id": account.pk}
    draft = factories.make_draft(customer, lines, **own, **dates)
    return invoices.finalize(invoices.create(business, draft), by=User.objects.get(username="demo"))


def deliver(issued: list[Invoice]) -> None:
    """As the worker does, without its pauses."""
    while outbox.fan_out():
        pass
    engine.drain(20)
    for invoice in issued:
        documents.download(invoice, retry=True)
    for row in Delivery.objects.filter(state=State.WAITING, channel="email"):
        outbox.try_now(row)
    engine.drain(20)


def differ(simulator: Simulator, connected: dict[str, Connection], issued: list[Invoice]) -> None:
    """Somebody pays there and we do not hear of it; one is gone there; one was written there by hand."""
    there = {
        (row.connection_id, row.invoice_id): row.remote_id
        for row in RemoteInvoice.objects.for_business(issued[0].business_id).exclude(remote_id="")
    }
    aira = connected["aira"].pk
    simulator.aira.invoices[there[aira, issued[2].pk]]["lines"][0]["amount"] += 5000
    simulator.aira.invoices[there[aira, issued[3].pk]]["status"] = "canceled"
    del simulator.aira.invoices[there[aira, issued[4].pk]]
    reconciling.pull([connected["aira"]])


def shoot(camera: Camera, issued: Invoice) -> None:
    camera.open("/admin/outbox/delivery/")
    camera.shoot("deliveries")
    camera.open("/admin/providers/differences/")
    camera.shoot("differences")
    camera.open(f"/admin/invoices/invoice/{issued.pk}/change/")
    camera.shoot("delivered")
    message = Message.objects.for_business(issued.business_id).filter(invoice=issued).earliest("pk")
    camera.open(f"/admin/notifications/message/{message.pk}/change/")
    camera.shoot("mail")
    camera.open(f"/admin/reminders/?business={issued.business_id}")
    camera.shoot("reminders")
    camera.open("/admin/outbox/delivery/", PHONE, scale=2)
    camera.shoot("deliveries-phone")
