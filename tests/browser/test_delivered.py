"""One invoice on its way: issued, e-mailed, pushed to a provider, paid there, and every screen tells it."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from pytest_django import Settings

from businesses.models import Business
from invoices.models import Invoice
from invoices.tasks import freeze_documents
from outbox.models import Delivery
from outbox.tasks import deliver
from payments.tasks import freeze_papers
from providers import actions as providers
from providers.inbox import inbound_url
from providers.models import Connection, RemoteInvoice
from providers.tasks import hear
from tests import factories
from tests.browser.screen import Screen
from tests.simulator.server import Simulator

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("language", ["pt-br", "en"])]


def test_an_invoice_is_mailed_pushed_and_paid_at_the_provider(
    signed_in: Screen, house: Business, settings: Settings
) -> None:
    settings.ALLOW_PRIVATE_TARGETS = True
    with Simulator() as simulator:
        connection = connect(house, simulator)
        invoice = write_draft(house)
        issue(signed_in, invoice)
        work()
        see_it_told(signed_in, invoice)
        pay_there(simulator, connection, invoice)
        see_it_paid(signed_in, invoice)


def connect(house: Business, simulator: Simulator) -> Connection:
    credentials = dict(simulator.fatoripay.credentials)
    address = simulator.base_url("fatoripay")
    return providers.create(house, "fatoripay", credentials, base_url=address)


def write_draft(house: Business) -> Invoice:
    customer = factories.make_customer(
        house,
        tax_id=factories.CPF,
        tax_id_kind="cpf",
        email="maria@example.com",
        phone="+5511955550101",
        language=house.language,
    )
    today = house.today()
    dates: dict[str, Any] = {"issue_on": today, "due_on": today + timedelta(days=10)}
    return factories.make_invoice(customer, language=house.language, **dates)


def issue(screen: Screen, invoice: Invoice) -> None:
    screen.open(f"/admin/invoices/invoice/{invoice.pk}/do/issue/")
    screen.leave_by(".fa-confirm .fa-main")
    invoice.refresh_from_db()
    assert invoice.number


def work() -> None:
    """What the worker does by itself; an e-mail waits for its PDF, so it comes round again."""
    hear()
    deliver()
    freeze_documents()
    freeze_papers()
    Delivery.objects.update(due_at=Delivery.objects.earliest("created_at").created_at)
    deliver()


def see_it_told(screen: Screen, invoice: Invoice) -> None:
    assert [message.to for message in mail.outbox] == [["maria@example.com"]]
    assert str(invoice.number) in str(mail.outbox[0].subject)
    remote = RemoteInvoice.objects.for_business(invoice.business_id).get()
    screen.open(f"/admin/invoices/invoice/{invoice.pk}/change/")
    page = screen.text()
    wanted = [remote.remote_id, "maria@example.com", screen.words("Done at the provider")]
    wanted += [screen.words("E-mail sent"), screen.words("open there")]
    assert [word for word in wanted if word not in page] == []
    assert not screen.is_too_wide()
    screen.phone()
    screen.open(f"/admin/invoices/invoice/{invoice.pk}/change/")
    assert not screen.is_too_wide()
    screen.desk()


def pay_there(simulator: Simulator, connection: Connection, invoice: Invoice) -> None:
    """The provider says so twice, and nobody believes it before asking."""
    remote = RemoteInvoice.objects.for_business(connection.business_id).get()
    webhook = simulator.fatoripay.pay(remote.remote_id)
    assert simulator.send(inbound_url(connection), webhook, times=2) == [200, 200]
    work()
    invoice.refresh_from_db()
    assert invoice.amount_remaining == 0


def see_it_paid(screen: Screen, invoice: Invoice) -> None:
    screen.open(f"/admin/invoices/invoice/{invoice.pk}/change/")
    assert screen.words("Paid") in screen.text(".fa-headline")
    assert screen.words("Invoice paid") in screen.text()
    assert len(mail.outbox) == 2, [message.subject for message in mail.outbox]
    screen.open("/admin/invoices/invoice/")
    row = screen.text("#result_list tbody tr")
    assert str(invoice.number) in row and screen.words("Paid").upper() in row.upper()
    screen.open("/admin/outbox/delivery/")
    assert str(invoice.number) in screen.text("#result_list")
    with screen.as_stranger() as payer:
        payer.open(f"/i/{invoice.token}/")
        assert payer.words("Paid") in payer.text(".chip")
