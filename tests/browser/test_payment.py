"""Getting paid, as the payer sees it on the page and staff in the back office."""

import io
from datetime import timedelta

import pytest
import zxingcpp
from django.utils import timezone
from PIL import Image

from businesses import actions as businesses
from businesses.models import Account, Business
from core import pix
from customers.models import Customer
from invoices.models import Invoice
from payments import actions
from payments.actions import Incoming, Target
from payments.models import Payment
from tests.browser.screen import Screen, plain
from tests.factories import line, make_customer, make_invoice

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("language", ["pt-br", "en"])]


@pytest.fixture
def customer(house: Business) -> Customer:
    return make_customer(house, "Maria Souza")


@pytest.fixture
def open_invoice(house: Business, customer: Customer, language: str) -> Invoice:
    """Due in ten days, payable by Pix."""
    account = businesses.save_account(Account(business=house, name="Conta", pix_key="pix@padaria.example"))
    today = house.today()
    draft = make_invoice(
        customer,
        [line("123.45")],
        account_id=account.pk,
        issue_on=today,
        due_on=today + timedelta(days=10),
        language=language,
    )
    return actions.issue(draft)


def code_of(payer: Screen) -> str:
    return str(payer.one("#pix-code").get_property("textContent"))


def test_the_page_turns_to_paid_by_itself(screen: Screen, open_invoice: Invoice) -> None:
    with screen.as_stranger() as payer:
        payer.open(f"/i/{open_invoice.token}/")
        assert payer.words("Open") in payer.text(".chip")
        assert pix.read(code_of(payer)).amount == 12345
        money = Incoming(12345, "BRL", "pix", timezone.now(), source="bank", external_id="E1")
        actions.receive(open_invoice.business, money, [Target(open_invoice.pk, 12345)])
        payer.wait(lambda: payer.words("Paid") in payer.text(".chip"))
        assert not payer.all("#pix-code")
        receipt = payer.one("a[href*='/receipts/']").get_attribute("href") or ""
        assert payer.fetch(receipt).startswith(b"%PDF")


def test_a_phone_reads_the_code_on_the_screen(screen: Screen, open_invoice: Invoice) -> None:
    with screen.as_stranger() as payer:
        payer.open(f"/i/{open_invoice.token}/")
        picture = Image.open(io.BytesIO(payer.one(".way.pix img").screenshot_as_png))
        seen = zxingcpp.read_barcode(picture.resize((picture.width * 3, picture.height * 3)))
        assert seen is not None and seen.text == code_of(payer)


def test_two_clicks_register_a_payment(signed_in: Screen, open_invoice: Invoice) -> None:
    signed_in.open(f"/admin/invoices/invoice/{open_invoice.pk}/change/")
    signed_in.leave_by(".fa-actions a[href*='invoice=']")
    signed_in.leave_by("form [type=submit].fa-main")
    open_invoice.refresh_from_db()
    payment = Payment.objects.get()
    assert (open_invoice.status, payment.amount, payment.method) == ("paid", 12345, "pix")
    assert signed_in.words("Paid") in signed_in.text(".fa-headline")
    assert plain("R$ 123,45" if signed_in.language == "pt-br" else "R$123.45") in signed_in.text("#received")
