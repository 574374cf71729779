"""From an empty business to a void invoice, as a biller and a payer live through it, in both languages."""

import io
from urllib.parse import urlsplit

import pytest
from django.utils.translation import override
from pypdf import PdfReader
from selenium.webdriver.common.keys import Keys

from businesses.models import Business, User
from core.money import format_money
from customers.models import Customer
from invoices.admin.verbs import VERBS
from invoices.models import Invoice
from products.models import Product
from tests.browser.screen import Screen, plain, typed
from tests.factories import CPF, PASSWORD, make_tax

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("language", ["pt-br", "en"])]

TAGS = {"pt-br": "pt-BR", "en": "en"}
MOST_BYTES = 60_000
TRANSFERRED = """
return performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"))
  .map((entry) => [entry.name, entry.transferSize]);
"""


def test_from_an_empty_business_to_a_void_invoice(screen: Screen, person: User, house: Business) -> None:
    make_tax(house, "ISS", "5")
    log_in(screen, person)
    add_customer(screen, house)
    add_product(screen, house)
    draft = write_invoice(screen)
    see_preview(screen, draft)
    invoice = issue(screen, draft)
    download(screen, invoice)
    address = copy_link(screen, invoice)
    read_as_payer(screen, invoice, address)
    void(screen, invoice)
    read_void(screen, invoice, address)


def log_in(screen: Screen, person: User) -> None:
    screen.open("/admin/")
    assert screen.run("return document.documentElement.lang") == screen.language
    screen.write("[name=username]", person.username)
    screen.write("[name=password]", PASSWORD)
    screen.leave_by("#login-form [type=submit]")
    assert screen.words("Write your first invoice") in screen.text("main, #main, body")


def add_customer(screen: Screen, house: Business) -> None:
    screen.open("/admin/customers/customer/add/")
    screen.write("[name=name]", "Maria Souza")
    screen.run("document.querySelector('[name=tax_id_kind]').value = 'cpf'")
    screen.write("[name=tax_id]", "071.201.889-17")
    screen.write("[name=email]", "maria@example.com")
    screen.write("[name=phone]", "(11) 95555-0101")
    screen.leave_by("[name=_save]")
    assert "maria@example.com" in screen.text("#result_list")
    customer = Customer.objects.for_business(house).get()
    assert (customer.tax_id, customer.phone) == (CPF, "+5511955550101")


def add_product(screen: Screen, house: Business) -> None:
    """A tax is chosen as staff choose it; the price is typed with this reader's decimal mark."""
    screen.open("/admin/products/product/add/")
    screen.write("[name=name]", "Consultoria técnica")
    screen.write("[name=unit]", "h")
    screen.run("for (const tax of document.querySelectorAll('[name=taxes] option')) tax.selected = true")
    screen.run(
        "for (const tax of document.querySelectorAll('[type=checkbox][name=taxes]')) tax.checked = true"
    )
    screen.write("[name=prices-0-unit_price]", typed("180.25", screen.language))
    screen.leave_by("[name=_save]")
    product = Product.objects.for_business(house).get()
    assert [str(price.unit_price.normalize()) for price in product.prices.all()] == ["180.25"]
    assert product.taxes.count() == 1


def write_invoice(screen: Screen) -> Invoice:
    """What is on screen before saving is what is stored, to the cent."""
    screen.open("/admin/invoices/invoice/add/")
    screen.choose("#id_customer", "Maria")
    screen.choose("#id_lines-0-product", "Consult")
    screen.wait(lambda: screen.value("[name=lines-0-name]") == "Consultoria técnica")
    assert screen.value("[name=lines-0-unit_price]") == typed("180.25", screen.language)
    screen.write("[name=lines-0-quantity]", typed("7.5", screen.language)).send_keys(Keys.ENTER)
    screen.press("Deslocamento", Keys.TAB)
    for _key in range(8):
        if screen.run("return document.activeElement.name") == "lines-1-unit_price":
            break
        screen.press(Keys.TAB)
    screen.press(typed("33.33", screen.language))
    screen.run("document.getElementById('id_discount_kind').value = 'percent'")
    screen.write("[name=discount_value]", "10")
    expected = format_money(130_752, "BRL", screen.language)
    screen.wait(lambda: screen.text("#total") == plain(expected))
    screen.leave_by("[name=_save]")
    assert screen.words("The draft is saved.") in screen.text()
    invoice = Invoice.objects.get()
    assert format_money(invoice.amount_due, "BRL", screen.language) == expected
    assert screen.text("#total") == plain(expected)
    return invoice


def see_preview(screen: Screen, invoice: Invoice) -> None:
    paper = screen.fetch(f"/admin/invoices/invoice/{invoice.pk}/pdf/")
    assert paper.startswith(b"%PDF")


def issue(screen: Screen, invoice: Invoice) -> Invoice:
    screen.leave_by("[name=_issue]")
    assert plain(format_money(invoice.amount_due, "BRL", screen.language)) in screen.text(".fa-confirm")
    screen.leave_by(".fa-confirm .fa-main")
    invoice.refresh_from_db()
    assert invoice.number
    assert invoice.number in screen.text(".fa-facts")
    assert not screen.all(".fa-columns :is(input:not([type=hidden]), select, textarea)")
    return invoice


def download(screen: Screen, invoice: Invoice) -> None:
    paper = screen.fetch(screen.one(".fa-actions a[href$='/pdf/']").get_attribute("href") or "")
    text = plain(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(paper)).pages))
    wanted = [invoice.number, "Maria Souza", format_money(invoice.amount_due, "BRL", screen.language)]
    wanted += [screen.words("Invoice"), screen.words("Subtotal")]
    assert [word for word in map(plain, map(str, wanted)) if word not in text] == []


def copy_link(screen: Screen, invoice: Invoice) -> str:
    permission = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "origin": screen.url}
    screen.browser.execute_cdp_cmd("Browser.grantPermissions", permission)
    screen.click("[data-copy]")
    screen.wait(lambda: screen.words("Copied") in screen.text("[data-copy]"))
    address = screen.one("[data-copy]").get_attribute("data-copy") or ""
    assert screen.run("return navigator.clipboard.readText()") == address
    assert invoice.token in address
    return address


def read_as_payer(screen: Screen, invoice: Invoice, address: str) -> None:
    """In a window without cookies, first at a desk, then on a phone."""
    with screen.as_stranger() as payer:
        payer.open(address)
        text = payer.text()
        amount = format_money(invoice.amount_remaining, "BRL", payer.language)
        wanted = [str(invoice.number), plain(amount), payer.words("Open"), "Maria Souza"]
        assert [word for word in wanted if word not in text] == []
        assert payer.run("return document.documentElement.lang") == TAGS[payer.language]
        loaded = payer.run(TRANSFERRED)
        assert {urlsplit(name).netloc for name, _size in loaded} == {urlsplit(screen.url).netloc}
        assert sum(size for _name, size in loaded) < MOST_BYTES
        payer.phone()
        payer.open(address)
        assert not payer.is_too_wide()
        assert payer.browser.get_cookies() == []


def void(screen: Screen, invoice: Invoice) -> None:
    screen.open(f"/admin/invoices/invoice/{invoice.pk}/change/")
    screen.leave_by(".fa-actions a[href$='/void/']")
    with override(screen.language):
        assert screen.text(".fa-confirm .fa-danger-main") == str(VERBS["void"].label)
    screen.leave_by(".fa-confirm .fa-danger-main")
    assert screen.words("Void") in screen.text(".fa-headline")


def read_void(screen: Screen, invoice: Invoice, address: str) -> None:
    with screen.as_stranger() as payer:
        payer.open(address)
        assert payer.words("Void") in payer.text(".chip")
        assert payer.words("This invoice was cancelled. There is nothing to pay.") in payer.text()
