"""The editor: what is typed is what is stored, what is refused is said where it is, nothing is overwritten."""

from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from businesses.models import Account, Business, Event, User
from core.money import format_money
from customers.models import Customer
from invoices import actions, rows
from invoices.draft import ChargeDraft, DiscountDraft
from invoices.models import Attachment, Invoice
from tests import factories
from tests.factories import line, make_customer, make_draft, make_invoice, make_product, make_tax, tax
from tests.pages import Values, form_at, messages_of, with_line, with_pair

pytestmark = pytest.mark.django_db

ADD = "/admin/invoices/invoice/add/"
TOTALS = "/admin/invoices/invoice/totals/"


@pytest.fixture
def ana(business: Business) -> User:
    return factories.make_staff(business, "biller", username="ana", language="en")


@pytest.fixture
def browser(ana: User) -> Client:
    client = Client()
    client.force_login(ana)
    return client


@pytest.fixture
def blank(browser: Client, customer: Customer) -> Values:
    """The new invoice's form with its customer chosen."""
    return {**form_at(browser, ADD), "customer": str(customer.pk)}


def screen(invoice: Invoice) -> str:
    return f"/admin/invoices/invoice/{invoice.pk}/change/"


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_new_invoice_is_stored_as_typed(browser: Client, blank: Values, customer: Customer) -> None:
    form = with_line({**blank, "title": "March", "recipients": "a@x.example\nb@x.example"}, 0, unit_price="1,234.56")
    answer = browser.post(ADD, with_line(form, 1, name="Travel", quantity="1.5", unit_price="-10"))
    invoice = Invoice.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (302, screen(invoice))
    assert [(row.name, row.quantity, row.unit_price) for row in invoice.lines.all()] == [
        ("Work", Decimal(1), Decimal("1234.56")),
        ("Travel", Decimal("1.5"), Decimal(-10)),
    ]
    assert (invoice.customer, invoice.total, invoice.title) == (customer, 121956, "March")
    assert invoice.recipients == ["a@x.example", "b@x.example"]
    assert Event.objects.about(invoice).get().actor == "user:ana"


def test_commas_are_decimals_in_portuguese(ana: User, browser: Client, blank: Values) -> None:
    User.objects.filter(pk=ana.pk).update(language="pt-br")
    browser.post(ADD, with_line(blank, 0, quantity="1,5", unit_price="1.234,56"))
    invoice = Invoice.objects.get()
    assert invoice.total == 185184
    assert form_at(browser, screen(invoice))["lines-0-unit_price"] == "1.234,56"


@pytest.mark.parametrize("discount", [DiscountDraft(), DiscountDraft(Decimal("2.5")), DiscountDraft(amount=150)])
def test_saving_without_a_change_changes_nothing_but_the_version(
    browser: Client, customer: Customer, discount: DiscountDraft
) -> None:
    lines = [line("10.5", "2.25", discount_percent=Decimal("2.5"))]
    draft = make_draft(
        customer, lines, tip_percents=(Decimal(5),), recipients=("a@b.example",), payable_with=("pix", "boleto"),
        discount=discount, charges=(ChargeDraft("Postage", 990),), terms="<p>a &amp; b</p>", tips_enabled=True,
    )  # fmt: skip
    invoice = actions.create(customer.business, draft)
    before = rows.read(invoice)
    assert browser.post(screen(invoice), form_at(browser, screen(invoice))).status_code == 302
    invoice.refresh_from_db()
    assert (rows.read(invoice), invoice.version) == (before, 2)


def test_what_the_form_does_not_show_survives_an_edit(browser: Client, customer: Customer) -> None:
    taxes = [tax("3", name="Elsewhere", extras={"remote": "t1"}), tax("1.5", name="IR", withheld=True)]
    lines = [line("50", "2", *taxes, discount_amount=700, extras={"remote": "l1"}, product_ref="p-9")]
    shares = {"parts": [{"due_on": "2026-03-16", "amount": 8495}]}
    draft = make_draft(
        customer, lines, discount=DiscountDraft(Decimal(10), 0, ("p-9",)), schedule=shares,
        extras={"dialect": {"id": 7}}, metadata={"k": "v"}, automatic_taxes=True, rounding_mode="document",
    )  # fmt: skip
    invoice = actions.create(customer.business, draft)
    before = rows.read(invoice)
    form = form_at(browser, screen(invoice))
    assert browser.post(screen(invoice), {**form, "title": "Edited"}).status_code == 302
    after = rows.read(Invoice.objects.get())
    assert (after.lines, after.discount) == (before.lines, before.discount)
    assert (after.schedule, after.extras, after.metadata) == (shares, {"dialect": {"id": 7}}, {"k": "v"})
    assert after.lines[0].extras == {"remote": "l1"}
    assert after.lines[0].taxes[0].extras == {"remote": "t1"}
    assert (after.title, after.automatic_taxes, after.rounding_mode) == ("Edited", True, "document")


def test_a_tax_that_is_no_longer_offered_stays_on_its_line(browser: Client, business: Business, customer: Customer) -> None:
    iss = make_tax(business, percent="5")
    row = line("100", "1", tax("5", name="ISS", tax_id=iss.pk))
    invoice = make_invoice(customer, [row])
    iss.active = False
    iss.save()
    browser.post(screen(invoice), form_at(browser, screen(invoice)))
    invoice.refresh_from_db()
    assert invoice.total == 10500


@pytest.mark.parametrize(
    ("place", "values", "words"),
    [
        (1, {"quantity": "0"}, "The quantity must be above zero."),
        (1, {"quantity": "1.00001"}, "4 decimal places"),
        (2, {"unit_price": "NaN"}, "Enter a number."),
        (2, {"unit_price": "1e999999"}, ""),
        (0, {"name": " "}, "required"),
        (2, {"name": "x" * 201}, "200"),
        (1, {"name": "a\u202eb"}, "U+202E"),
        (1, {"name": "a\x00b"}, "ull characters"),
        (0, {"detail": "a\u2066b"}, "U+2066"),
        (2, {"discount_percent": "101"}, "between 0 and 100"),
    ],
)
def test_a_mistake_is_named_on_its_line_and_all_that_was_typed_stays(
    browser: Client, blank: Values, place: int, values: dict[str, str], words: str
) -> None:
    form = {**blank, "title": "Kept title"}
    for number in range(3):
        form = with_line(form, number, name=f"Kept line {number}", unit_price="7")
    answer = browser.post(ADD, with_line(form, place, **values))
    assert (answer.status_code, Invoice.objects.count()) == (422, 0)
    assert words in str(answer.context["editor"].lines.forms[place].errors)
    assert answer.context["editor"].lines.forms[place].errors
    kept = [f"Kept line {number}" for number in range(3) if number != place or "name" not in values]
    assert all(word in text(answer) for word in ["Kept title", *kept])


def test_a_problem_after_a_removed_line_lands_on_the_line_that_has_it(browser: Client, blank: Values) -> None:
    """The draft's third line is the form's fourth when one before it is to be removed."""
    form = blank
    for number in range(4):
        form = with_line(form, number, name=f"Line {number}")
    form = with_line({**form, "lines-1-DELETE": "on"}, 3, quantity="0")
    forms = browser.post(ADD, form).context["editor"].lines.forms
    assert [bool(row.errors) for row in forms] == [False, False, False, True]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("due_on", "2020-01-01"), ("issue_on", "never"), ("currency", "XXQ"), ("language", "fr"),
        ("recipients", "not an address"), ("tip_percents", "5, many"), ("title", "a\u202eb"),
        ("discount_value", "-1"), ("customer", ""), ("kind", "gift"), ("issue_on", "1066-10-14"),
        ("terms", "x" * 20_001), ("wanted_number", "x" * 41), ("recipients", "\n".join(["a@b.example"] * 5 + [f"{i}@b.example" for i in range(30)])),
    ],
)  # fmt: skip
def test_a_mistake_in_the_head_is_shown_on_its_field(
    browser: Client, blank: Values, field: str, value: str
) -> None:
    answer = browser.post(ADD, with_line({**blank, "discount_kind": "percent", field: value}, 0))
    assert (answer.status_code, Invoice.objects.count()) == (422, 0)
    assert field in answer.context["editor"].head.errors


def test_a_discount_larger_than_the_total_is_refused(browser: Client, blank: Values) -> None:
    form = {**blank, "discount_kind": "amount", "discount_value": "100.01"}
    answer = browser.post(ADD, with_line(form, 0, unit_price="100"))
    assert (answer.status_code, Invoice.objects.count()) == (422, 0)
    assert "discount_value" in answer.context["editor"].head.errors


def test_terms_keep_ten_tags_and_nothing_else(browser: Client, blank: Values) -> None:
    terms = '<p onclick="x()">Pay <b style="color:red">now</b></p><script>alert(1)</script><img src=x onerror=y>'
    browser.post(ADD, with_line({**blank, "terms": terms}, 0))
    assert Invoice.objects.get().terms == "<p>Pay <b>now</b></p>"


@pytest.mark.parametrize("what", ["customer", "account", "lines-0-product", "lines-0-taxes"])
def test_a_row_of_another_business_is_refused_like_one_that_does_not_exist(
    browser: Client, blank: Values, other_business: Business, what: str
) -> None:
    account = Account.objects.create(business=other_business, name="Secret account")
    foreign = {
        "customer": make_customer(other_business, "Secret customer"),
        "account": account,
        "lines-0-product": make_product(other_business, "Secret product"),
        "lines-0-taxes": make_tax(other_business, "Secret tax"),
    }[what]
    form = with_line(blank, 0)
    answers = [browser.post(ADD, {**form, what: str(key)}) for key in (foreign.pk, 999_999)]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert Invoice.objects.count() == 0
    assert all("Secret" not in text(answer) for answer in answers)
    pages = [text(answer).replace(str(key), "?") for answer, key in zip(answers, (foreign.pk, 999_999), strict=True)]
    assert len(pages[0]) == pytest.approx(len(pages[1]), abs=40)


@pytest.mark.parametrize("key", ["abc", "²", "9" * 30, "-1", "1e3"])
@pytest.mark.parametrize("what", ["customer", "account", "lines-0-product", "lines-0-taxes"])
def test_an_impossible_id_is_a_mistake_of_the_form(browser: Client, blank: Values, what: str, key: str) -> None:
    assert browser.post(ADD, {**with_line(blank, 0), what: key}).status_code == 422


@pytest.mark.parametrize("query", ["customer=²", "customer=" + "9" * 30, "customer=abc"])
def test_an_impossible_customer_in_the_address_is_passed_over(browser: Client, query: str) -> None:
    assert browser.get(f"{ADD}?{query}").status_code == 200


@pytest.mark.parametrize("key", ["9" * 30, "9" * 5000, "²", "abc", "999999"])
def test_an_impossible_business_in_the_address_is_refused(browser: Client, key: str) -> None:
    assert browser.get(ADD, {"business": key}).status_code == 403


def test_the_second_of_two_editors_is_told_and_overwrites_nothing(browser: Client, customer: Customer) -> None:
    invoice = make_invoice(customer)
    form = form_at(browser, screen(invoice))
    assert browser.post(screen(invoice), with_line(form, 0, name="First")).status_code == 302
    answer = browser.post(screen(invoice), with_line(form, 0, name="Second was here"))
    assert answer.status_code == 422
    assert "Someone else has changed this invoice." in text(answer)
    assert "Second was here" in text(answer)
    assert invoice.lines.get().name == "First"


def test_saving_over_an_invoice_that_was_issued_meanwhile_is_refused_with_a_reason(
    browser: Client, customer: Customer
) -> None:
    invoice = make_invoice(customer)
    form = form_at(browser, screen(invoice))
    factories.issue(invoice)
    answer = browser.post(screen(invoice), with_line(form, 0, unit_price="1"))
    assert messages_of(answer) == ["This invoice is Open now."]
    assert Invoice.objects.get().total == 10000


@pytest.mark.parametrize("version", ["", "0", "abc", "-1", "9" * 30])
def test_a_form_without_its_true_version_changes_nothing(
    browser: Client, customer: Customer, version: str
) -> None:
    invoice = make_invoice(customer)
    form = {**form_at(browser, screen(invoice)), "version": version, "title": "Forged"}
    assert browser.post(screen(invoice), form).status_code == 422
    assert Invoice.objects.get().title == ""


def test_a_posted_total_status_or_number_is_not_listened_to(browser: Client, blank: Values) -> None:
    forged = {"total": "1", "subtotal": "1", "status": "paid", "number": "X-1", "amount_paid": "1", "token": "t"}
    browser.post(ADD, with_line({**blank, **forged}, 0, total="1", gross="1", unit_price="5"))
    invoice = Invoice.objects.get()
    assert (invoice.total, invoice.status, invoice.number, invoice.amount_paid) == (500, "draft", None, 0)
    assert invoice.token != "t"


def test_a_hundred_lines_are_stored_and_shown(browser: Client, blank: Values) -> None:
    form = blank
    for number in range(100):
        form = with_line(form, number, name=f"Line {number}", unit_price="1.01")
    browser.post(ADD, form)
    invoice = Invoice.objects.get()
    assert (invoice.lines.count(), invoice.total) == (100, 10100)
    assert form_at(browser, screen(invoice))["lines-99-name"] == "Line 99"


def test_more_lines_than_the_most_are_refused(browser: Client, blank: Values) -> None:
    form = blank
    for number in range(501):
        form = with_line(form, number)
    assert browser.post(ADD, form).status_code == 422
    assert browser.post(ADD, {**blank, "lines-TOTAL_FORMS": "100000"}).status_code == 422
    assert Invoice.objects.count() == 0


def test_an_empty_draft_can_be_kept_but_not_issued(browser: Client, blank: Values) -> None:
    browser.post(ADD, blank)
    invoice = Invoice.objects.get()
    answer = browser.post(f"/admin/invoices/invoice/{invoice.pk}/do/issue/")
    invoice.refresh_from_db()
    assert (messages_of(answer)[-1], invoice.status) == ("An invoice needs at least one line.", "draft")


def test_save_and_issue_asks_before_it_issues(browser: Client, blank: Values) -> None:
    answer = browser.post(ADD, {**with_line(blank, 0), "_issue": ""})
    invoice = Invoice.objects.get()
    assert answer.headers["Location"] == f"/admin/invoices/invoice/{invoice.pk}/do/issue/"
    assert invoice.status == "draft"


def test_a_product_fills_description_price_and_taxes(browser: Client, business: Business) -> None:
    iss = make_tax(business)
    product = make_product(business, "Hosting", "1234.5", description="Per month", unit="month", taxes=[iss])
    url = f"/admin/invoices/invoice/product/{product.pk}/"
    assert browser.get(url, {"currency": "BRL"}).json() == {
        "name": "Hosting", "detail": "Per month", "unit": "month", "unit_price": "1,234.50", "taxes": [str(iss.pk)],
    }  # fmt: skip
    assert browser.get(url, {"currency": "JPY"}).json()["unit_price"] == ""
    assert browser.get("/admin/invoices/invoice/product/abc/").status_code == 404


CURRENCIES = {"BRL": 2, "JPY": 0, "BHD": 3}


def typed(value: Decimal, language: str) -> str:
    shown = f"{value:,f}"
    return shown.translate(str.maketrans(",.", ".,")) if language == "pt-br" else shown


def random_form(dice: Random, blank: Values, taxes: list[str], language: str) -> Values:
    currency = dice.choice(list(CURRENCIES))
    places = CURRENCIES[currency]
    form = {**blank, "currency": currency, "discount_kind": dice.choice(["", "percent", "amount"])}
    form["discount_value"] = typed(Decimal(dice.randrange(1, 9)), language)
    for number in range(dice.randrange(1, 6)):
        form = with_line(
            form,
            number,
            quantity=typed(Decimal(dice.randrange(1, 99999)) / 1000, language),
            unit_price=typed(Decimal(dice.randrange(10**places, 10**7)).scaleb(-places), language),
            discount_percent=typed(Decimal(dice.randrange(0, 50)), language),
            taxes=dice.sample(taxes, dice.randrange(0, len(taxes) + 1)),
        )
    if dice.random() < 0.5:
        value = typed(Decimal(dice.randrange(1, 10**5)).scaleb(-places), language)
        form = with_pair(form, "charges", 0, name="Postage", value=value)
    return form


@pytest.mark.parametrize("language", ["pt-br", "en"])
def test_live_totals_are_what_is_stored(
    ana: User, browser: Client, business: Business, customer: Customer, language: str
) -> None:
    """Twenty-five random forms a language, before they are stored and again when they are opened."""
    User.objects.filter(pk=ana.pk).update(language=language)
    kinds: list[dict[str, Any]] = [{}, {"inclusive": True}, {"compound": True}, {"withheld": True}]
    taxes = [str(make_tax(business, f"T{i}", f"{i + 1}.37", order=i, **kind).pk) for i, kind in enumerate(kinds)]
    blank = {**form_at(browser, ADD), "customer": str(customer.pk)}
    dice = Random(20260302)
    for _number in range(25):
        form = random_form(dice, blank, taxes, language)
        live = browser.post(TOTALS, form).json()
        answer = browser.post(ADD, form)
        assert answer.status_code == 302, answer.context["editor"].lines.errors
        invoice = Invoice.objects.latest("pk")
        assert live["total"] == format_money(invoice.amount_due, invoice.currency, language)
        assert live["lines"] == {
            f"lines-{i}": format_money(row.gross, invoice.currency, language)
            for i, row in enumerate(invoice.lines.all())
        }
        reopened = form_at(browser, screen(invoice))
        assert browser.post(TOTALS, reopened).json()["total"] == live["total"]


def test_live_totals_count_what_the_form_does_not_show(browser: Client, customer: Customer) -> None:
    draft = make_draft(customer, [line("100", discount_amount=700)], document_tax=123)
    invoice = actions.create(customer.business, draft)
    assert browser.post(TOTALS, form_at(browser, screen(invoice))).json()["total"] == "R$94.23"
    assert invoice.total == 9423


def test_live_totals_of_an_overtaken_form_say_so(browser: Client, customer: Customer) -> None:
    invoice = make_invoice(customer)
    form = form_at(browser, screen(invoice))
    actions.revise(invoice, rows.read(invoice), version=invoice.version)
    assert browser.post(TOTALS, form).json() == {"error": "Someone else has changed this invoice."}


def test_live_totals_of_an_unfinished_form_say_what_is_missing(browser: Client, blank: Values) -> None:
    assert "error" in browser.post(TOTALS, {**blank, "issue_on": ""}).json()
    assert browser.post(TOTALS, {**blank, "customer": ""}).json()["total"] == "R$0.00"


def test_a_line_s_amounts_do_not_cost_a_query_each(browser: Client, customer: Customer) -> None:
    invoice = make_invoice(customer, [line() for _number in range(30)])
    with CaptureQueriesContext(connection, ) as queries:
        browser.get(screen(invoice))
    assert len(queries) <= 140, len(queries)


def test_links_are_kept_and_only_web_addresses(browser: Client, blank: Values) -> None:
    form = with_pair(with_line(blank, 0), "links", 0, name="Contract", url="https://files.example/c.pdf")
    browser.post(ADD, form)
    assert Attachment.objects.get().url == "https://files.example/c.pdf"
    bad = with_pair(form, "links", 0, name="Bad", url="javascript:alert(1)")
    assert browser.post(ADD, bad).status_code == 422
