"""The link to all that a payer has open: sent to their own address, good once, for a quarter of an hour."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from customers.models import Customer
from invoices.models import Invoice
from portal.models import MagicLink
from tests.factories import issue, make_customer, make_invoice
from tests.payments.money import issued, pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def invoice(customer: Customer) -> Invoice:
    return issue(make_invoice(customer, title="First"))


def asked(client: Client, invoice: Invoice, **headers: str) -> str:
    """The path of the link that was sent."""
    answer = client.post(f"/i/{invoice.token}/mine/?lang=en", headers=headers)
    assert answer.status_code == 200
    (message,) = mail.outbox[-1:]
    return re.findall(r"http://[^/]+(/i/mine/\w+/\?lang=en)", str(message.body))[0]


def opened(client: Client, path: str) -> str:
    answer = client.post(path.replace("?", "open/?"))
    return answer.content.decode() if answer.status_code == 200 else ""


def test_the_link_shows_what_is_open_and_nothing_else(client: Client, invoice: Invoice) -> None:
    customer = invoice.customer
    paid = issued(customer, title="Second")
    pay(paid, 10000)
    issue(make_invoice(make_customer(customer.business, "Somebody else"), title="Third"))
    page = opened(client, asked(client, invoice))
    assert "First" in page and f"/i/{invoice.token}/" in page
    assert "Second" not in page and "Third" not in page
    assert mail.outbox[0].to == ["maria@example.com"]


def test_it_opens_once(client: Client, invoice: Invoice) -> None:
    path = asked(client, invoice)
    assert client.get(path).status_code == 200
    assert opened(client, path)
    assert not opened(client, path)
    assert client.get(path).status_code == 410


def test_it_is_good_for_a_quarter_of_an_hour(client: Client, invoice: Invoice) -> None:
    path = asked(client, invoice)
    with time_machine.travel(timezone.now() + timedelta(minutes=15, seconds=1), tick=False):
        assert not opened(client, path)


def test_looking_at_the_link_does_not_use_it_up(client: Client, invoice: Invoice) -> None:
    path = asked(client, invoice)
    for _scanner in range(3):
        client.get(path)
    assert opened(client, path)


def test_nobody_without_an_address_is_written_to(client: Client, customer: Customer) -> None:
    nobody = issue(make_invoice(make_customer(customer.business, "No mail")))
    answer = client.post(f"/i/{nobody.token}/mine/")
    assert (answer.status_code, mail.outbox) == (200, [])
    assert "/mine/" not in client.get(f"/i/{nobody.token}/").content.decode()


def test_another_site_cannot_press_the_button(client: Client, invoice: Invoice) -> None:
    answer = client.post(f"/i/{invoice.token}/mine/", headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, mail.outbox) == (403, [])


def test_a_mailbox_is_not_flooded(client: Client, invoice: Invoice) -> None:
    """From however many places: the answer stays the same, the third message is not sent."""
    for place in range(4):
        answer = client.post(f"/i/{invoice.token}/mine/", REMOTE_ADDR=f"203.0.113.{place}")
        assert answer.status_code == 200
    assert len(mail.outbox) == 2


def test_the_link_itself_is_not_kept(client: Client, invoice: Invoice) -> None:
    key = asked(client, invoice).split("/")[3]
    assert key not in str(MagicLink.objects.values())


@pytest.mark.parametrize("key", ["x" * 30, "0", "%F0%9F%98%80", "a" * 500])
def test_an_invented_link_opens_nothing(client: Client, invoice: Invoice, key: str) -> None:
    assert client.get(f"/i/mine/{key}/").status_code == 410
    assert client.post(f"/i/mine/{key}/open/").status_code == 410


def test_a_mail_server_that_fails_is_said_so(client: Client, invoice: Invoice, settings: object) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # type: ignore[attr-defined]
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # type: ignore[attr-defined]
    assert client.post(f"/i/{invoice.token}/mine/").status_code == 504
