"""The pay block: what is due on a day and why, and every way to pay it that the invoice offers."""

import html as markup
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
import time_machine
from django.test import Client

from businesses.models import Account, Business
from businesses.terms import Interest, Terms, Tier
from core import pix
from invoices import actions
from invoices.models import Invoice
from invoices.schedule import monthly
from invoices.ways import txid
from payments.models import CardConnection, PaymentIntent
from tests.factories import line
from tests.payments.money import pay
from tests.portal.conftest import address, text

Make = Callable[..., Invoice]
RULES = Terms(
    tiers=(Tier(5, Decimal(5)),),
    fine_percent=Decimal(2),
    interest=Interest.PERCENT_MONTH,
    interest_percent=Decimal(1),
)
DUE = date(2026, 12, 1)
KEY = "123e4567-e12b-12d1-a456-426655440000"


@pytest.fixture
def account(business: Business) -> Account:
    return Account.objects.create(
        business=business,
        name="Main",
        bank="341 · Itaú",
        branch="0057",
        number="12345-7",
        bank_code="341",
        wallet="109",
        pix_key=KEY,
    )


@pytest.fixture
def cards(account: Account) -> CardConnection:
    return CardConnection.objects.create(
        business=account.business, account=account, secret_key="sk_test_1", webhook_secret="whsec_1"
    )


@pytest.fixture
def owed(issued: Make, account: Account) -> Make:
    """1,000.00 in English; due on 1 December 2026 when the clock says so."""

    def make(price: str = "1000.00", **fields: Any) -> Invoice:
        terms = fields.pop("terms_by_date", Terms())
        values = {"language": "en", "account_id": account.pk, "payment_terms": terms.as_dict()}
        return issued(lines=[line(price)], **{**values, **fields})

    return make


def body(reader: Client, invoice: Invoice, query: str = "") -> str:
    response = reader.get(address(invoice) + query)
    assert response.status_code == 200
    return response.content.decode()


def said(reader: Client, invoice: Invoice, query: str = "") -> str:
    return text(body(reader, invoice, query).encode())


def code(page: str) -> pix.BRCode:
    found = re.search(r'id="pix-code"[^>]*>([^<]+)<', page)
    assert found
    return pix.read(markup.unescape(found[1]))


@pytest.mark.parametrize(
    ("on", "amount", "why"),
    [
        ("2026-11-26", 95000, "Discount of 5 % until 26 Nov 2026 -R$50.00 To pay R$950.00"),
        ("2026-12-01", 100000, ""),
        (
            "2026-12-16",
            102500,
            "Fine of 2 % R$20.00 Interest of 1 % a month, 15 days R$5.00 To pay R$1,025.00",
        ),
    ],
)
@time_machine.travel("2026-11-21T15:00:00Z", tick=False)
def test_another_day_has_another_amount_and_says_why(
    reader: Client, owed: Make, on: str, amount: int, why: str
) -> None:
    invoice = owed(due_in=10, terms_by_date=RULES)
    page = body(reader, invoice, f"?on={on}")
    assert code(page).amount == amount
    assert why in text(page.encode())
    assert ("Why this amount" in page) == bool(why)


@time_machine.travel("2026-11-21T15:00:00Z", tick=False)
def test_a_day_that_cannot_be_shown_is_today_with_a_word(reader: Client, owed: Make) -> None:
    invoice = owed(due_in=10, terms_by_date=RULES)
    page = said(reader, invoice, "?on=2020-01-01")
    assert "Choose a day from today to 30 Jan 2027" in page and "Amount due today R$950.00" in page


def test_without_rules_by_date_there_is_no_day_to_choose(reader: Client, owed: Make) -> None:
    page = body(reader, owed(), "?on=2020-01-01")
    assert 'type="date"' not in page and "Choose a day" not in page


@time_machine.travel("2026-11-21T15:00:00Z", tick=False)
def test_rules_are_told_while_they_can_still_apply(reader: Client, owed: Make) -> None:
    early, late = owed(due_in=10, terms_by_date=RULES), owed(due_in=-2, terms_by_date=RULES)
    assert "Until 26 Nov 2026: discount of 5 % (R$50.00)" in said(reader, early)
    assert "discount of" not in said(reader, late)
    assert "After the due date: fine of 2 % and interest of 1 % a month." in said(reader, late)


def test_the_pix_code_asks_for_what_remains_under_the_invoice_s_reference(reader: Client, owed: Make) -> None:
    invoice = owed()
    pay(invoice, 40000, invoice.due_on - timedelta(5))
    found = code(body(reader, invoice))
    assert (found.key, found.amount, found.txid) == (KEY, 60000, txid(invoice))


@pytest.mark.parametrize("offered", list(product([False, True], repeat=3)))
def test_each_set_of_methods_shows_those_and_no_other(
    reader: Client, owed: Make, cards: CardConnection, offered: tuple[bool, ...]
) -> None:
    names = ("pix", "boleto", "credit_card")
    wanted = tuple(name for name, wants in zip(names, offered, strict=True) if wants)
    page = body(reader, owed(payable_with=wanted or ("cash",)))
    shown = tuple(f'id="{mark}"' in page for mark in ("way-pix", "way-boleto", "card"))
    assert shown == offered
    assert "Branch" not in text(page.encode())


def test_one_that_names_no_method_takes_all_that_work(
    reader: Client, owed: Make, cards: CardConnection
) -> None:
    page = body(reader, owed())
    assert all(f'id="{mark}"' in page for mark in ("way-pix", "way-boleto", "card", "way-account"))


def test_a_boleto_has_its_line_and_bars(reader: Client, owed: Make) -> None:
    page = body(reader, owed(payable_with=("boleto",)))
    assert re.search(r'id="boleto-line"[^>]*>34191\.[\d. ]+ \d{14}<', page)
    assert 'data-copies="boleto-line"' in page and "Sample" not in page


def test_a_sample_is_marked_and_cannot_be_copied(reader: Client, owed: Make, account: Account) -> None:
    Account.objects.filter(pk=account.pk).update(bank_code="", wallet="")
    page = body(reader, owed(payable_with=("boleto",)))
    assert "Sample: this boleto cannot be paid." in page
    assert 'data-copies="boleto-line"' not in page


def test_a_boleto_that_says_more_than_is_left_is_not_shown(reader: Client, owed: Make) -> None:
    invoice = owed()
    pay(invoice, 100, invoice.issue_on)
    assert 'id="way-boleto"' not in body(reader, invoice)


@time_machine.travel("2026-11-21T15:00:00Z", tick=False)
def test_a_boleto_says_when_the_day_s_amount_is_another(reader: Client, owed: Make) -> None:
    invoice = owed(due_in=-15, terms_by_date=RULES)
    assert "The slip says R$1,000.00. If your bank does not show R$1,025.00" in said(reader, invoice)


def test_other_currencies_have_neither_pix_nor_boleto(reader: Client, owed: Make) -> None:
    page = body(reader, owed(currency="EUR"))
    assert 'id="way-pix"' not in page and 'id="way-boleto"' not in page and "Pix key" not in page
    assert 'id="way-account"' in page


@pytest.mark.parametrize("change", [actions.void, lambda row: actions.set_processing(row, row.amount_due)])
def test_what_is_void_or_on_its_way_asks_for_nothing(
    reader: Client, owed: Make, cards: CardConnection, change: Callable[[Invoice], Invoice]
) -> None:
    invoice = owed(terms_by_date=RULES)
    change(invoice)
    page = body(reader, invoice)
    assert "How to pay" not in page and "Why this amount" not in page
    assert page.count("<form") == page.count('<form class="mine"')


def test_an_invoice_that_was_given_up_can_still_be_paid(reader: Client, owed: Make) -> None:
    invoice = owed(due_in=-3)
    actions.mark_uncollectible(invoice)
    assert code(body(reader, invoice)).amount == 100000


def test_a_test_invoice_offers_nothing_but_the_back_of_the_counter(
    reader: Client, owed: Make, cards: CardConnection
) -> None:
    page = body(reader, owed(live_mode=False))
    assert "Do not pay it" in page and "pix-code" not in page and "/card/" not in page


@time_machine.travel("2026-11-21T15:00:00Z", tick=False)
def test_the_totals_do_not_contradict_the_head(reader: Client, owed: Make) -> None:
    invoice = owed(due_in=-15, terms_by_date=RULES)
    assert "Total R$1,000.00" in said(reader, invoice)
    pay(invoice, 50000, invoice.issue_on)
    page = said(reader, invoice)
    assert "Amount due today R$512.50" in page
    assert "Left, without discount, fine and interest R$500.00" in page


def test_instalments_of_a_card_are_told(reader: Client, owed: Make, cards: CardConnection) -> None:
    assert "In up to 6 instalments of R$166.67 without interest." in said(reader, owed(card_instalments=6))
    assert "instalments" not in said(reader, owed())


# Parts


@pytest.fixture
def in_parts(owed: Make, today: date) -> Invoice:
    first = today + timedelta(5)
    return owed("300.00", due_in=5, schedule=monthly(30000, first, 3))


def test_each_part_has_its_own_code(reader: Client, in_parts: Invoice) -> None:
    first, third = code(body(reader, in_parts)), code(body(reader, in_parts, "?part=3"))
    assert (first.amount, first.txid) == (10000, txid(in_parts, 0))
    assert (third.amount, third.txid) == (10000, txid(in_parts, 2))


def test_everything_at_once_has_the_whole_amount(reader: Client, in_parts: Invoice) -> None:
    found = code(body(reader, in_parts, "?part=all"))
    assert (found.amount, found.txid) == (30000, txid(in_parts))


def test_a_paid_part_leaves_the_next_one_to_pay(reader: Client, in_parts: Invoice) -> None:
    pay(in_parts, 10000, in_parts.issue_on)
    page = said(reader, in_parts)
    assert "Part 2 of 3 R$100.00" in page and "Part 1 of 3 Paid" in page
    assert "This part is settled." in said(reader, in_parts, "?part=1")


def test_each_part_has_its_own_boleto(reader: Client, in_parts: Invoice) -> None:
    lines = {
        re.findall(r'id="boleto-line"[^>]*>([^<]+)<', body(reader, in_parts, f"?part={n}"))[0]
        for n in (1, 2, 3)
    }
    assert len(lines) == 3
    assert 'id="way-boleto"' not in body(reader, in_parts, "?part=all")


def test_the_slips_of_all_parts_can_be_downloaded(reader: Client, in_parts: Invoice, owed: Make) -> None:
    assert address(in_parts, "carne/") in body(reader, in_parts)
    assert "/carne/" not in body(reader, owed())


@pytest.mark.parametrize(
    "query", ["?part=9&on=x&tip=1e9&lang=%F0%9F%92%B8", "?part=%00", "?tip=" + "9" * 3000]
)
def test_a_strange_address_is_no_server_error(
    reader: Client, in_parts: Invoice, cards: CardConnection, query: str
) -> None:
    assert reader.get(address(in_parts) + query).status_code in (200, 400)


def test_what_was_typed_is_shown_as_text(reader: Client, owed: Make, cards: CardConnection) -> None:
    page = body(reader, owed(tips_enabled=True), "?tip=%22%3E%3Cscript%3Ex")
    assert "<script>x" not in page


# Tips


def test_a_suggested_tip_is_a_line_of_its_own_and_not_in_the_pix_code(
    reader: Client, owed: Make, cards: CardConnection
) -> None:
    invoice = owed(tips_enabled=True, tip_percents=(Decimal(5), Decimal(10)))
    page = body(reader, invoice, "?tip=10%25")
    assert "Tip leave out R$100.00 Total R$1,100.00" in text(page.encode())
    assert "Pay R$1,100.00 by card" in page
    assert code(page).amount == 100000
    invoice.refresh_from_db()
    assert invoice.amount_due == 100000


def test_without_cards_or_leave_there_are_no_tips(reader: Client, owed: Make) -> None:
    assert "tip" not in said(reader, owed(tips_enabled=True))


def test_without_tips_enabled_none_is_taken(reader: Client, owed: Make, cards: CardConnection) -> None:
    assert "Pay R$1,000.00 by card" in said(reader, owed(), "?tip=10%25")
    assert not PaymentIntent.objects.exists()


def test_the_day_that_was_looked_at_does_not_change_what_a_card_pays(
    reader: Client, owed: Make, cards: CardConnection
) -> None:
    with time_machine.travel("2026-11-21T15:00:00Z", tick=False):
        invoice = owed(due_in=10, terms_by_date=RULES)
        assert "Pay R$950.00 by card" in said(reader, invoice, "?on=2026-12-16")
