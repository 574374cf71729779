"""The invoice editor under a person's hands: keys alone, mistakes, two windows, a hundred lines."""

import time
from datetime import timedelta
from decimal import Decimal

import pytest
from selenium.webdriver.common.keys import Keys

from businesses.models import Business
from customers.models import Customer
from invoices import rows
from invoices.draft import ChargeDraft, DiscountDraft, TaxDraft
from invoices.models import Invoice
from tests.browser.screen import Screen, plain
from tests.factories import line, make_customer, make_invoice, make_product, make_tax

pytestmark = pytest.mark.browser

TOTAL = "#total"


@pytest.fixture
def payer(house: Business) -> Customer:
    return make_customer(house, "Maria Souza")


@pytest.fixture
def editor(signed_in: Screen, payer: Customer) -> Screen:
    """A new invoice with its customer already chosen."""
    signed_in.open(f"/admin/invoices/invoice/add/?customer={payer.pk}")
    settled(signed_in)
    return signed_in


def settled(screen: Screen, total: str | None = None) -> str:
    """The total once the server has answered; the expected one, when it is known."""

    def shown() -> str:
        text = screen.text(TOTAL)
        return text if text != "–" and total in (None, text) else ""

    return screen.wait(shown)


def row(place: int, field: str) -> str:
    return f'[name="lines-{place}-{field}"]'


def fill(screen: Screen, place: int, name: str, quantity: str, price: str) -> None:
    screen.write(row(place, "name"), name)
    screen.write(row(place, "quantity"), quantity)
    screen.write(row(place, "unit_price"), price)


def open_draft(screen: Screen, invoice: Invoice) -> None:
    screen.open(f"/admin/invoices/invoice/{invoice.pk}/change/")
    settled(screen)


def test_an_invoice_is_written_with_the_keyboard_alone(editor: Screen) -> None:
    focus_by_tab(editor, "lines-0-name")
    editor.press("Pão de queijo", Keys.TAB)
    focus_by_tab(editor, "lines-0-quantity")
    editor.press("12")
    focus_by_tab(editor, "lines-0-unit_price")
    editor.press("2,50", Keys.ENTER)
    assert focused(editor) == "lines-1-name"
    editor.press("Café")
    focus_by_tab(editor, "lines-1-unit_price")
    editor.press("6,5")
    settled(editor, "R$ 36,50")
    editor.run("window.isOld = true")
    editor.press_with_ctrl(Keys.ENTER)
    editor.arrive()
    stored = Invoice.objects.get()
    assert [(saved.name, saved.gross) for saved in stored.lines.all()] == [
        ("Pão de queijo", 3000),
        ("Café", 650),
    ]


def focused(screen: Screen) -> str:
    return str(screen.run("return document.activeElement.name || ''"))


def focus_by_tab(screen: Screen, name: str) -> None:
    for _key in range(60):
        if focused(screen) == name:
            return
        screen.press(Keys.TAB)
    pytest.fail(f"Tab never reaches {name}")


def test_a_new_line_starts_at_its_product(editor: Screen) -> None:
    editor.click("[data-add=lines]")
    assert editor.run("return document.activeElement.matches('.fa-line:nth-child(2) .select2-selection')")


def test_the_choice_of_taxes_closes_behind_whoever_leaves_it(editor: Screen, house: Business) -> None:
    for leave in (lambda: editor.press(Keys.ESCAPE), lambda: editor.click(row(0, "name"))):
        editor.click(".fa-pick summary")
        assert editor.all(".fa-pick[open]")
        leave()
        assert not editor.all(".fa-pick[open]")


def test_two_clicks_on_save_make_one_invoice(editor: Screen) -> None:
    fill(editor, 0, "Bolo", "1", "10,00")
    editor.run(
        "window.isOld = true; for (const _ of [1, 2, 3]) document.querySelector('[name=_save]').click()"
    )
    editor.arrive()
    assert Invoice.objects.count() == 1


def test_enter_in_the_head_does_not_send_the_form(editor: Screen) -> None:
    editor.one("[name=currency]").send_keys(Keys.ENTER)
    time.sleep(0.3)
    assert editor.path.startswith("/admin/invoices/invoice/add/")
    assert not Invoice.objects.exists()


def test_the_total_never_waits_for_the_next_keystroke(editor: Screen) -> None:
    fill(editor, 0, "Bolo", "3", "1.234,56")
    assert settled(editor, "R$ 3.703,68")
    assert plain(editor.text(".fa-line output")) == "R$ 3.703,68"


def test_a_removed_line_no_longer_counts_and_is_not_stored(signed_in: Screen, payer: Customer) -> None:
    draft = make_invoice(payer, [line("10.00", name="Stays"), line("99.00", name="Goes")])
    open_draft(signed_in, draft)
    assert settled(signed_in, "R$ 109,00")
    signed_in.click(".fa-line:nth-child(2) .fa-drop label")
    settled(signed_in, "R$ 10,00")
    signed_in.leave_by("[name=_save]")
    assert [saved.name for saved in draft.lines.all()] == ["Stays"]


def test_a_removed_line_gives_the_focus_to_one_that_is_still_there(
    signed_in: Screen, payer: Customer
) -> None:
    draft = make_invoice(payer, [line("10.00"), line("99.00")])
    open_draft(signed_in, draft)
    signed_in.one(row(0, "DELETE")).send_keys(Keys.SPACE)
    settled(signed_in, "R$ 99,00")
    assert focused(signed_in).startswith("lines-1-")


def test_a_mistake_is_shown_at_its_line_and_nothing_typed_is_lost(editor: Screen) -> None:
    editor.expected.append("status of 422")
    fill(editor, 0, "Farinha", "2", "10,00")
    editor.one(row(0, "unit_price")).send_keys(Keys.ENTER)
    fill(editor, 1, "Fermento", "1", "dez reais")
    editor.leave_by("[name=_save]")
    assert not editor.all(".fa-line:nth-child(1) .fa-error")
    assert editor.words("Price") in editor.text(".fa-line:nth-child(2) .fa-error")
    assert editor.value(row(0, "name")) == "Farinha"
    assert editor.value(row(1, "name")) == "Fermento"
    assert editor.value(row(1, "unit_price")) == "dez reais"
    assert "Maria Souza" in editor.text(".select2-selection__rendered")


def test_what_the_actions_refuse_is_shown_at_its_field(editor: Screen, house: Business) -> None:
    editor.expected.append("status of 422")
    fill(editor, 0, "Farinha", "1", "10,00")
    early = house.today() - timedelta(days=30)
    editor.run("document.getElementById('id_due_on').value = arguments[0]", early.isoformat())
    editor.leave_by("[name=_save]")
    assert editor.all(".fa-bad #id_due_on")
    assert editor.value(row(0, "name")) == "Farinha"


def test_the_second_of_two_windows_is_told_and_overwrites_nothing(signed_in: Screen, payer: Customer) -> None:
    signed_in.expected.append("status of 422")
    draft = make_invoice(payer, [line("10.00", name="As it was")])
    open_draft(signed_in, draft)
    first = signed_in.browser.current_window_handle
    signed_in.browser.switch_to.new_window("window")
    signed_in.desk()
    open_draft(signed_in, draft)
    signed_in.write(row(0, "name"), "The quicker one's")
    signed_in.leave_by("[name=_save]")
    signed_in.browser.switch_to.window(first)
    signed_in.write(row(0, "name"), "The slower one's")
    signed_in.leave_by("[name=_save]")
    assert signed_in.words("Someone else has changed this invoice.") in signed_in.text(".fa-alert")
    assert signed_in.value(row(0, "name")) == "The slower one's"
    assert [saved.name for saved in draft.lines.all()] == ["The quicker one's"]
    signed_in.leave_by("[name=_save]")
    assert [saved.name for saved in draft.lines.all()] == ["The quicker one's"]


def test_a_hundred_lines_are_added_up_while_typing(signed_in: Screen, payer: Customer) -> None:
    draft = make_invoice(payer, [line("10.00", name=f"Line {n}") for n in range(100)])
    open_draft(signed_in, draft)
    settled(signed_in, "R$ 1.000,00")
    signed_in.write(row(99, "unit_price"), "20,00")
    settled(signed_in, "R$ 1.010,00")
    signed_in.leave_by("[name=_save]")
    draft.refresh_from_db()
    assert (draft.total, draft.lines.count()) == (101_000, 100)


@pytest.mark.parametrize("language", ["pt-br", "en"])
def test_a_draft_that_is_saved_untouched_stays_as_it_is(
    signed_in: Screen, payer: Customer, language: str
) -> None:
    vat = TaxDraft("ISS", Decimal("5.25"), tax_id=make_tax(payer.business, percent="5.25").pk)
    draft = make_invoice(
        payer,
        [line("1234.56", "2.5", vat, discount_percent=Decimal("7.5")), line("10.00", detail="By hand")],
        discount=DiscountDraft(percent=Decimal(10)),
        charges=(ChargeDraft("Frete", 4590),),
        recipients=("copias@example.com",),
        payable_with=("pix", "boleto"),
        tips_enabled=True,
        tip_percents=(Decimal(5), Decimal(10)),
        title="Projeto",
        terms="<p>Em <b>duas</b> partes.</p>",
    )
    before = rows.read(draft)
    open_draft(signed_in, draft)
    signed_in.leave_by("[name=_save]")
    draft.refresh_from_db()
    assert draft.version == 2
    assert rows.read(draft) == before


@pytest.mark.parametrize("language", ["pt-br", "en"])
def test_amounts_are_typed_the_readers_own_way(editor: Screen, language: str) -> None:
    amount, shown = ("1.234,56", "R$ 1.234,56") if language == "pt-br" else ("1,234.56", "R$1,234.56")
    fill(editor, 0, "Forno", "1", amount)
    settled(editor, shown)
    editor.leave_by("[name=_save]")
    assert Invoice.objects.get().total == 123_456
    assert editor.value(row(0, "unit_price")) == amount


def test_a_schedule_is_split_and_then_typed(editor: Screen) -> None:
    fill(editor, 0, "Obra", "1", "100,00")
    settled(editor, "R$ 100,00")
    editor.click(".fa-plan summary")
    editor.write("[name=split]", "3")
    editor.leave_by("[name=_split]")
    settled(editor, "R$ 100,00")
    amounts = [editor.value(f'[name="parts-{place}-amount"]') for place in range(3)]
    assert amounts == ["33,34", "33,33", "33,33"]
    editor.click('label:has([name="parts-2-DELETE"])')
    editor.write('[name="parts-1-amount"]', "66,66")
    editor.click("[data-add=parts]")
    assert focused(editor) == "parts-3-due_on"
    editor.leave_by(".fa-bar [name=_save]")
    assert [part["amount"] for part in Invoice.objects.get().schedule["parts"]] == [3334, 6666]


def test_a_recurring_price_makes_its_line_recurring(editor: Screen, house: Business) -> None:
    product = make_product(house, "Assinatura", price="49.90")
    product.prices.update(kind="recurring", interval="month")
    assert not editor.one(".fa-tag").is_displayed()
    editor.choose("#id_lines-0-product", "Assin")
    settled(editor, "R$ 49,90")
    assert editor.one(".fa-tag").is_displayed()
    editor.leave_by(".fa-bar [name=_save]")
    saved = Invoice.objects.get().lines.get()
    assert (saved.kind, saved.price) == ("recurring", product.prices.get())
