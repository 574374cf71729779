"""What the public page of an invoice says, and how little it weighs."""

import gzip
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from businesses.models import Account, Business
from businesses.owned import OwnedQuerySet
from core.money import format_money
from customers.models import Customer
from invoices import actions
from invoices.draft import AttachmentDraft, ChargeDraft, DiscountDraft
from invoices.models import Invoice
from portal import pages, words
from portal.models import InvoiceView
from tests import factories
from tests.factories import line, tax
from tests.payments.money import pay
from tests.portal.conftest import address, text

Make = Callable[..., Invoice]
ASSETS = [settings.ROOT / "static" / "portal" / name for name in ("page.css", "copy.js", "status.js")]


def money(amount: int, language: str = "pt-br") -> str:
    return format_money(amount, "BRL", language).replace("\u00a0", " ")


def test_shows_number_state_parties_and_the_amount_due(reader: Client, issued: Make) -> None:
    invoice = issued(lines=[line("249.90", name="Pro plan"), line("180", "4.5", name="Consulting", unit="h")])
    page = text(reader.get(address(invoice)).content)
    assert invoice.number and invoice.number in page
    assert "Padaria São João Ltda" in page
    assert "Maria Souza" in page
    assert str(invoice.situation(invoice.issue_on).label) in page
    assert money(24990 + 81000) in page


def test_lines_show_detail_quantity_price_and_amount(reader: Client, issued: Make) -> None:
    work = line(
        "180", "4.5", name="Consulting", unit="h", detail="Phase 2\nof 3", discount_percent=Decimal(10)
    )
    page = text(reader.get(address(issued(lines=[work], language="en"))).content)
    assert "Consulting Phase 2 of 3 10% discount 4.5 h R$180.00 R$810.00" in page


def test_a_price_shows_all_its_decimals(reader: Client, issued: Make) -> None:
    invoice = issued(lines=[line("0.0125", "1000")])
    assert "R$ 0,0125" in text(reader.get(address(invoice)).content)


def test_the_totals_add_up_from_subtotal_to_what_remains(reader: Client, issued: Make) -> None:
    taxes = [tax("10", name="ISS"), tax("5", name="PIS", inclusive=True), tax("2", name="IR", withheld=True)]
    invoice = issued(
        lines=[line("1050", "1", *taxes)],
        charges=(ChargeDraft("Postage", 350),),
        discount=DiscountDraft(amount=5000),
        language="en",
    )
    pay(invoice, 10000, invoice.issue_on)
    page = text(reader.get(address(invoice)).content)
    assert page.index("Subtotal R$1,050.00") < page.index("Discounts -R$50.00") < page.rindex("ISS 10 %")
    assert page.index("Postage R$3.50") < page.index(f"Total {money(invoice.total, 'en')}")
    assert "PIS 5 % (included)" in page
    assert f"IR 2 % (withheld) {money(-invoice.withheld_total, 'en')}" in page
    assert "Paid -R$100.00" in page
    assert f"Amount due {money(invoice.amount_remaining, 'en')}" in page


@pytest.mark.parametrize(
    ("due_in", "said"),
    [
        (5, "due in 5 days"),
        (1, "due tomorrow"),
        (0, "due today"),
        (-1, "was due yesterday"),
        (-3, "was due 3 days ago"),
    ],
)
def test_the_due_date_is_said_in_words(reader: Client, issued: Make, due_in: int, said: str) -> None:
    assert said in text(reader.get(address(issued(due_in, language="en"))).content)


def test_today_is_the_business_s_own_day(issued: Make) -> None:
    """02:30 UTC is still the evening before in São Paulo, and the same day in Lisbon."""
    invoice = issued(language="en")
    night = datetime(invoice.due_on.year, invoice.due_on.month, invoice.due_on.day, 2, 30, tzinfo=UTC)
    with translation.override("en"):
        assert pages.build(invoice, night, {}).headline.note == "due tomorrow"
        invoice.issuer["time_zone"] = "Europe/Lisbon"
        assert pages.build(invoice, night, {}).headline.note == "due today"


def test_dates_are_short_and_cannot_be_misread(reader: Client, issued: Make) -> None:
    fields = {"issue_on": date(2026, 11, 1), "due_on": date(2026, 11, 21)}
    assert "21/11/2026" in text(reader.get(address(issued(**fields))).content)
    assert "21 Nov 2026" in text(reader.get(address(issued(**fields, language="en"))).content)


def test_the_page_speaks_the_invoice_s_language_and_can_be_switched(reader: Client, issued: Make) -> None:
    invoice = issued(language="en")
    english = reader.get(address(invoice), headers={"Accept-Language": "pt-BR"})
    assert '<html lang="en">' in english.content.decode()
    assert english.headers["Content-Language"] == "en"
    assert '<html lang="pt-BR">' in reader.get(address(invoice) + "?lang=pt-br").content.decode()
    assert '<html lang="en">' in reader.get(address(invoice) + "?lang=xx").content.decode()


def test_a_paid_invoice_says_when_and_asks_for_nothing(reader: Client, issued: Make) -> None:
    invoice = issued(language="en")
    paid_at = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)
    actions.apply_payment(invoice, invoice.amount_due, at=paid_at)
    page = text(reader.get(address(invoice)).content)
    assert "Paid on 4 Mar 2026" in page
    assert "How to pay" not in page


def test_a_void_invoice_says_that_there_is_nothing_to_pay(reader: Client, issued: Make) -> None:
    invoice = issued(language="en")
    actions.void(invoice)
    page = text(reader.get(address(invoice)).content)
    assert "Void" in page and "There is nothing to pay" in page
    assert "Amount due" not in page


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (actions.void, "Total R$1,000.00"),
        (lambda row: actions.apply_payment(row, 98500), "Amount paid R$985.00"),
    ],
    ids=["void", "paid"],
)
def test_the_headline_of_what_is_settled_is_a_row_of_its_totals(
    reader: Client, issued: Make, change: Callable[[Invoice], Invoice], said: str
) -> None:
    invoice = issued(lines=[line("1000", "1", tax("1.5", name="IR", withheld=True))], language="en")
    change(invoice)
    assert said in text(reader.get(address(invoice)).content)


def test_a_partly_paid_invoice_shows_what_is_paid_and_what_remains(reader: Client, issued: Make) -> None:
    invoice = issued(language="en")
    pay(invoice, 4000, invoice.issue_on)
    page = text(reader.get(address(invoice)).content)
    assert page.count("Amount due R$60.00") == 2
    assert "R$40.00 of R$100.00 paid" in page


def test_a_payment_on_its_way_hides_how_to_pay(reader: Client, issued: Make, account: Account) -> None:
    invoice = issued(language="en", account_id=account.pk)
    assert "How to pay" in text(reader.get(address(invoice)).content)
    actions.set_processing(invoice, invoice.amount_due)
    page = text(reader.get(address(invoice)).content)
    assert "A payment is on its way" in page and "How to pay" not in page


@pytest.fixture
def account(business: Business) -> Account:
    return Account.objects.create(
        business=business,
        name="Main",
        bank="001 · Banco",
        branch="1234-5",
        number="67890-1",
        pix_key="a@b.example",
    )


def test_how_to_pay_shows_the_receiving_account(reader: Client, issued: Make, account: Account) -> None:
    page = text(reader.get(address(issued(language="en", account_id=account.pk))).content)
    assert re.search(r"Pix key a@b.example .*Bank 001 · Banco Branch 1234-5 Account 67890-1", page)


def test_a_test_invoice_is_marked_and_shows_no_account(
    reader: Client, issued: Make, account: Account
) -> None:
    invoice = issued(language="en", account_id=account.pk, live_mode=False)
    page = text(reader.get(address(invoice)).content)
    assert "Do not pay it" in page and "How to pay" not in page


def test_a_cpf_is_masked_wherever_it_stands(reader: Client, issued: Make) -> None:
    body = reader.get(address(issued())).content.decode()
    assert "***.201.889-**" in body
    assert factories.CPF not in body and "071.201.889-17" not in body


def test_the_payer_s_contact_data_stay_off_the_page(reader: Client, issued: Make) -> None:
    assert "maria@example.com" not in reader.get(address(issued())).content.decode()


def test_terms_are_cleaned_again_when_shown(reader: Client, issued: Make) -> None:
    invoice = issued(terms="<p>Fine: <b>2%</b></p>")
    OwnedQuerySet(Invoice).filter(pk=invoice.pk).update(
        terms="<b>2%</b><script>x()</script><img src=//e.example>"
    )
    body = reader.get(address(invoice)).content.decode()
    assert "<b>2%</b>" in body
    assert "x()" not in body and "e.example" not in body


def test_names_are_shown_as_text(reader: Client, issued: Make) -> None:
    body = reader.get(address(issued(lines=[line(name="<script>x</script>")]))).content.decode()
    assert "&lt;script&gt;" in body and "<script>x" not in body


def test_links_to_files_elsewhere_give_nothing_away(reader: Client, issued: Make) -> None:
    link = AttachmentDraft("Contract", "https://files.example/c?a=1&b=2")
    body = reader.get(address(issued(attachments=(link,)))).content.decode()
    (found,) = re.findall(r"<a [^>]*files\.example[^>]*>", body)
    assert 'rel="noopener noreferrer nofollow"' in found


def test_the_brand_s_colour_reaches_the_page_under_its_nonce(
    reader: Client, customer: Customer, issued: Make
) -> None:
    Business.objects.filter(pk=customer.business_id).update(accent="#facc15")
    response = reader.get(address(issued()))
    nonce = re.search(r"'nonce-([\w-]+)'", response.headers["Content-Security-Policy"])
    assert nonce is not None
    body = response.content.decode()
    assert f'<style nonce="{nonce[1]}">:root{{--accent:#facc15;--on-accent:#0f172a' in body
    assert " style=" not in body and " onclick" not in body


def test_landmarks_headings_and_table_heads_are_there(reader: Client, issued: Make) -> None:
    body = reader.get(address(issued())).content.decode()
    assert [body.count(f"<{name}") for name in ("main", "footer", "h1")] == [1, 1, 1]
    assert body.count('scope="col"') == 4
    assert "<title>" in body and 'name="viewport"' in body


def test_the_page_asks_nobody_else_for_anything(reader: Client, issued: Make, account: Account) -> None:
    body = reader.get(address(issued(account_id=account.pk))).content.decode()
    fetched = re.findall(r'<(?:link|script|img|source|iframe)\b[^>]*(?:href|src)="([^"]*)"', body)
    ours = ("/static/", "/i/", "data:,", "data:image/svg+xml;base64,")
    assert fetched and all(url.startswith(ours) for url in fetched)
    assert not any(re.search(r"url\(|@import|https?:", asset.read_text()) for asset in ASSETS)


@pytest.mark.parametrize("count", [3, 500])
def test_page_style_and_script_weigh_less_than_60_kb(
    reader: Client, issued: Make, account: Account, count: int
) -> None:
    lines = [line("10", name=f"Atendimento nº {n}", detail="Migração de dados") for n in range(count)]
    response = reader.get(
        address(issued(lines=lines, account_id=account.pk)), headers={"Accept-Encoding": "gzip, br"}
    )
    assert response.headers["Content-Encoding"] == "gzip"
    assert b"</html>" in gzip.decompress(response.content)
    assert len(response.content) + sum(asset.stat().st_size for asset in ASSETS) < 60_000


def test_ten_queries_at_most_and_no_more_for_more_lines(reader: Client, issued: Make) -> None:
    many = [line("10", "1", tax("5", name=f"T{n % 3}"), name=f"Item {n}") for n in range(50)]
    link = AttachmentDraft("Contract", "https://files.example/c")
    invoice = issued(lines=many, charges=(ChargeDraft("Postage", 350),), attachments=(link,))
    with CaptureQueriesContext(connection) as queries:
        reader.get(address(invoice))
    assert len(queries) <= 10
    assert InvoiceView.objects.filter(invoice=invoice).count() == 1


def test_no_cookie_is_set(reader: Client, issued: Make) -> None:
    response = reader.get(address(issued()) + "?lang=en")
    assert not response.cookies


def test_a_foreign_price_keeps_its_currency() -> None:
    with translation.override("en"):
        assert words.unit_price(Decimal("1234.5"), "JPY") == "¥1,234.50"
        assert words.unit_price(Decimal("1234"), "JPY") == "¥1,234"


def test_days_are_those_of_the_zone() -> None:
    late = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)
    assert words.day_in(ZoneInfo("America/Sao_Paulo"), late) == date(2026, 3, 4)


def test_the_stylesheet_has_a_print_and_a_focus_style() -> None:
    css = Path(ASSETS[0]).read_text()
    assert "@media print" in css and ":focus-visible" in css
