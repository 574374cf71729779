"""The payment schedule: typed or split by the editor, exact to the cent, shown wherever the invoice is."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from businesses.models import Business
from customers.models import Customer
from invoices import actions
from invoices.models import Invoice
from invoices.schedule import monthly
from tests import factories
from tests.factories import issue, line, make_invoice
from tests.pages import Values, form_at, with_line, with_pair

pytestmark = pytest.mark.django_db

HALVES = {
    "parts": [{"due_on": "2026-03-16", "amount": 5000}, {"due_on": "2026-04-16", "amount": 5000, "note": "b"}]
}


@pytest.fixture
def browser(business: Business) -> Client:
    client = Client()
    client.force_login(factories.make_staff(business, "biller", language="en"))
    return client


def screen(invoice: Invoice) -> str:
    return f"/admin/invoices/invoice/{invoice.pk}/change/"


def save(browser: Client, invoice: Invoice, form: Values) -> Any:
    answer = browser.post(screen(invoice), form)
    invoice.refresh_from_db()
    return answer


def part(form: Values, place: int, due_on: str, amount: str) -> Values:
    return with_pair(form, "parts", place, due_on=due_on, amount=amount)


def test_typed_parts_are_stored_in_order_of_time(browser: Client, customer: Customer) -> None:
    invoice = make_invoice(customer)
    form = part(form_at(browser, screen(invoice)), 0, "2026-05-01", "60.01")
    assert save(browser, invoice, part(form, 1, "2026-04-01", "39.99")).status_code == 302
    assert invoice.schedule == {
        "parts": [{"due_on": "2026-04-01", "amount": 3999}, {"due_on": "2026-05-01", "amount": 6001}]
    }


def test_parts_that_do_not_add_up_are_refused_with_both_sums(browser: Client, customer: Customer) -> None:
    invoice = make_invoice(customer)
    answer = save(browser, invoice, part(form_at(browser, screen(invoice)), 0, "2026-05-01", "60"))
    assert answer.status_code == 422
    assert "The parts add up to R$60.00, the amount due is R$100.00." in answer.content.decode()
    assert invoice.schedule == {}


@pytest.mark.parametrize(
    ("day", "amount"), [("", "100"), ("2026-05-01", ""), ("2026-05-01", "-100"), ("x", "1")]
)
def test_half_a_part_is_a_mistake_on_its_row(
    browser: Client, customer: Customer, day: str, amount: str
) -> None:
    invoice = make_invoice(customer)
    form = part(form_at(browser, screen(invoice)), 0, day, amount)
    assert save(browser, invoice, form).status_code == 422


def test_a_part_that_is_edited_keeps_what_the_form_does_not_show(browser: Client, customer: Customer) -> None:
    invoice = make_invoice(customer, schedule=HALVES)
    form = part(form_at(browser, screen(invoice)), 0, "2026-03-16", "40")
    assert save(browser, invoice, part(form, 1, "2026-04-20", "60")).status_code == 302
    assert invoice.schedule["parts"][1] == {"due_on": "2026-04-20", "amount": 6000, "note": "b"}


def test_untouched_parts_follow_the_amount_due(browser: Client, customer: Customer) -> None:
    invoice = make_invoice(customer, schedule=HALVES)
    save(browser, invoice, with_line(form_at(browser, screen(invoice)), 0, unit_price="50.01"))
    assert [row["amount"] for row in invoice.schedule["parts"]] == [2501, 2500]


def test_removing_all_parts_leaves_no_schedule(browser: Client, customer: Customer) -> None:
    invoice = make_invoice(customer, schedule=HALVES)
    gone = {f"parts-{place}-DELETE": "on" for place in range(2)}
    save(browser, invoice, {**form_at(browser, screen(invoice)), **gone})
    assert invoice.schedule == {}


def test_a_split_makes_equal_months_from_the_due_date(browser: Client, customer: Customer) -> None:
    invoice = make_invoice(customer, issue_on=date(2026, 1, 2), due_on=date(2026, 1, 31), schedule=HALVES)
    save(browser, invoice, {**form_at(browser, screen(invoice)), "split": "3"})
    assert [(row["due_on"], row["amount"]) for row in invoice.schedule["parts"]] == [
        ("2026-01-31", 3334), ("2026-02-28", 3333), ("2026-03-31", 3333),
    ]  # fmt: skip


def test_a_cent_cannot_be_split(browser: Client, customer: Customer) -> None:
    invoice = make_invoice(customer, [line("0.01")])
    answer = save(browser, invoice, {**form_at(browser, screen(invoice)), "split": "2"})
    assert (answer.status_code, invoice.schedule) == (422, {})


@pytest.mark.parametrize("count", ["1", "37", "x"])
def test_an_impossible_split_is_a_mistake(browser: Client, customer: Customer, count: str) -> None:
    invoice = make_invoice(customer)
    form = form_at(browser, screen(invoice))
    assert save(browser, invoice, {**form, "split": count}).status_code == 422


def test_months_cross_the_year() -> None:
    assert [row["due_on"] for row in monthly(300, date(2027, 11, 30), 4)["parts"]] == [
        "2027-11-30", "2027-12-30", "2028-01-30", "2028-02-29",
    ]  # fmt: skip


def test_staff_and_payer_see_the_parts(browser: Client, customer: Customer) -> None:
    invoice = issue(make_invoice(customer, schedule=HALVES, language="en"))
    for url in (screen(invoice), f"/i/{invoice.token}/"):
        page = browser.get(url).content.decode()
        assert "Payment schedule" in page or "Parcelas" in page
        assert "16 Apr 2026" in page or "16/04/2026" in page


def test_a_copy_s_parts_are_as_far_from_its_issue_date(customer: Customer) -> None:
    invoice = make_invoice(customer, schedule=HALVES)
    copy = actions.duplicate(invoice)
    days = [date.fromisoformat(row["due_on"]) for row in copy.schedule["parts"]]
    assert [day - copy.issue_on for day in days] == [timedelta(14), timedelta(45)]
    assert copy.due_on - copy.issue_on == invoice.due_on - invoice.issue_on


def test_parts_may_be_typed_as_percentages(browser: Client, customer: Customer) -> None:
    invoice = make_invoice(customer, [line("99.99")])
    form = part(form_at(browser, screen(invoice)), 0, "2026-04-01", "33.5 %")
    assert save(browser, invoice, part(form, 1, "2026-05-01", "66.5%")).status_code == 302
    assert [(row["percent"], row["amount"]) for row in invoice.schedule["parts"]] == [
        ("33.5", 3350),
        ("66.5", 6649),
    ]
    shown = form_at(browser, screen(invoice))
    assert [shown["parts-0-amount"], shown["parts-1-amount"]] == ["33.5 %", "66.5 %"]


def test_percentages_follow_the_amount_due_until_amounts_are_typed(
    browser: Client, customer: Customer
) -> None:
    halves = {"parts": [{"due_on": f"2026-0{i}-16", "percent": "50"} for i in (3, 4)]}
    invoice = make_invoice(customer, schedule=halves)
    save(browser, invoice, with_line(form_at(browser, screen(invoice)), 0, unit_price="300.00"))
    assert [row["amount"] for row in invoice.schedule["parts"]] == [15000, 15000]
    form = part(form_at(browser, screen(invoice)), 0, "2026-03-16", "100.00")
    save(browser, invoice, part(form, 1, "2026-04-16", "200.00"))
    assert [row["amount"] for row in invoice.schedule["parts"]] == [10000, 20000]
    assert not any("percent" in row for row in invoice.schedule["parts"])


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("50 %", "49 %"), "The percentages must make 100."),
        (("50 %", "50.00"), "Give all parts a percentage, or none."),
        (("x %", "50 %"), "Enter a number."),
        (("%", "50 %"), "This field is required."),
    ],
)
def test_percentages_that_make_no_whole_are_refused(
    browser: Client, customer: Customer, typed: tuple[str, str], said: str
) -> None:
    invoice = make_invoice(customer)
    form = part(form_at(browser, screen(invoice)), 0, "2026-04-01", typed[0])
    answer = save(browser, invoice, part(form, 1, "2026-05-01", typed[1]))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert invoice.schedule == {}


def test_a_row_left_empty_is_no_part(browser: Client, customer: Customer) -> None:
    invoice = make_invoice(customer, schedule=HALVES)
    form = part(form_at(browser, screen(invoice)), 2, "", "")
    assert save(browser, invoice, form).status_code == 302
    assert [row["amount"] for row in invoice.schedule["parts"]] == [5000, 5000]
