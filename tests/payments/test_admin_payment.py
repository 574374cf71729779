"""The payments' list and page: what is shown, what can be done by whom, and what is refused."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from businesses.models import Business, Event, User
from customers.models import Customer
from payments import actions, refunds
from payments.actions import Incoming
from payments.models import Method, Payment
from tests import factories
from tests.factories import DUE, make_customer
from tests.pages import Values, form_at, messages_of
from tests.payments.money import incoming, issued, pay

pytestmark = pytest.mark.django_db

LIST = "/admin/payments/payment/"


@pytest.fixture
def ana(business: Business) -> User:
    return factories.make_staff(business, "finance", username="ana", language="en")


@pytest.fixture
def browser(ana: User) -> Client:
    client = Client()
    client.force_login(ana)
    return client


def page(payment: Payment) -> str:
    return f"{LIST}{payment.pk}/change/"


def do(payment: Payment, name: str) -> str:
    return f"{LIST}{payment.pk}/do/{name}/"


def shown(browser: Client, url: str) -> Values:
    return form_at(browser, url, "ask")


def unassigned(business: Business, amount: int = 5000, **fields: Any) -> Payment:
    payment, _is_new = actions.receive(business, incoming(amount, **fields))
    return payment


def listed(browser: Client, query: str) -> list[Payment]:
    answer = browser.get(f"{LIST}?{query}")
    assert answer.status_code == 200
    return list(answer.context["cl"].result_list)


def test_the_page_tells_the_money_and_where_it_went(browser: Client, customer: Customer) -> None:
    invoice = issued(customer)
    payment = pay(invoice, 15000, fee=200, tip=1000)
    answer = browser.get(page(payment))
    said = {row.label: row.amount for row in answer.context["amounts"]}
    assert said == {"Received": 15000, "Applied to invoices": -10000, "Tip": -1000, "Credit left": 4000}
    html = answer.content.decode()
    assert invoice.number and invoice.number in html
    assert "R$148.00" in html and "Payment received" in html
    assert browser.post(page(payment)).status_code == 405


@pytest.mark.parametrize(
    ("make", "state"),
    [
        (lambda customer: pay(issued(customer), 10000), "applied"),
        (lambda customer: pay(issued(customer), 12000), "credit"),
        (lambda customer: unassigned(customer.business), "unassigned"),
        (lambda customer: refunds.dispute(pay(issued(customer), 10000)), "disputed"),
    ],
)
def test_each_state_has_its_pill_and_its_filter(
    browser: Client, customer: Customer, make: Any, state: str
) -> None:
    payment = make(customer)
    assert browser.get(page(payment)).context["state"] == state
    assert listed(browser, f"state={state}") == [payment]
    for other in {"applied", "credit", "unassigned", "disputed", "refunded"} - {state}:
        assert listed(browser, f"state={other}") == []


def test_what_waits_for_somebody_is_counted_in_front(browser: Client, customer: Customer) -> None:
    pay(issued(customer), 10000)
    over, unknown = pay(issued(customer), 12000), unassigned(customer.business)
    answer = browser.get(f"{LIST}?state=sort-out")
    assert set(answer.context["cl"].result_list) == {over, unknown}
    assert "To sort out (2)" in answer.content.decode()


@pytest.mark.parametrize(
    "words", ["Zulmira", "maria", "E-77", "e-77", "1.234,56", "1,234.56", "1234.56", "1234,56"]
)
def test_search_finds_payer_customer_external_id_and_amount(
    browser: Client, customer: Customer, words: str
) -> None:
    invoice = issued(customer, "2000.00")
    payment = pay(invoice, 123456, payer_name="Zulmira Reis", external_id="E-77")
    unassigned(customer.business, 77)
    assert listed(browser, f"q={words}") == [payment]


@pytest.mark.parametrize("words", ["9" * 40, "1.2.3.4", ",", "1,", "=1"])
def test_nonsense_in_the_search_finds_nothing_and_breaks_nothing(
    browser: Client, customer: Customer, words: str
) -> None:
    pay(issued(customer), 10000, external_id="x")
    assert listed(browser, f"q={words}") == []


def test_a_nul_in_the_search_is_no_error_of_ours(browser: Client) -> None:
    assert browser.get(f"{LIST}?q=a%00").status_code == 400


def test_the_list_is_exported_as_it_is_filtered(browser: Client, customer: Customer) -> None:
    pay(issued(customer), 10000, payer_name="=HYPERLINK(1)", fee=150)
    unassigned(customer.business, method=Method.CASH)
    answer: Any = browser.get(f"{LIST}export/?method__exact=pix&state=applied")
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert len(rows) == 2
    row = dict(zip(*rows, strict=True))
    assert (row["Payer"], row["Amount"], row["Fee"], row["Net"]) == (
        "'=HYPERLINK(1)", "100.00", "1.50", "98.50",
    )  # fmt: skip
    assert row["Customer"] == customer.name


def test_the_sums_are_of_what_is_listed(browser: Client, customer: Customer) -> None:
    pay(issued(customer), 12000)
    unassigned(customer.business, 3000)
    assert browser.get(LIST).context["cl"].sums() == [("R$150.00", "R$50.00", "")]


def test_a_refund_asks_first_and_then_gives_back(browser: Client, customer: Customer) -> None:
    invoice = issued(customer)
    payment = pay(invoice, 10000)
    form = shown(browser, do(payment, "refund"))
    payment.refresh_from_db()
    assert (form["amount"], payment.refunded) == ("100.00", 0)
    typed = {**form, "amount": "40", "reason": "damaged", "reopen": "yes"}
    assert browser.post(do(payment, "refund"), typed).headers["Location"] == page(payment)
    browser.post(do(payment, "refund"), typed)
    payment.refresh_from_db()
    invoice.refresh_from_db()
    assert (payment.refunded, invoice.status, invoice.amount_remaining) == (4000, "open", 4000)
    assert "damaged" in browser.get(page(payment)).content.decode()


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("amount", "100.01", "This is more than the payment still holds."),
        ("amount", "0", "The amount must be above zero."),
        ("amount", "1.005", "BRL has fewer decimal places."),
        ("on", "2999-01-01", "before the payment or in the future"),
        ("on", "2001-01-01", "before the payment or in the future"),
        ("method", "cowries", "not one of the available choices"),
        ("reason", "", "required"),
        ("reason", "a\u202eb", "U+202E"),
    ],
)
def test_a_wrong_refund_is_named_on_its_field(
    browser: Client, customer: Customer, field: str, typed: str, words: str
) -> None:
    payment = pay(issued(customer), 10000)
    form = {**shown(browser, do(payment, "refund")), "reason": "kept reason", field: typed}
    answer = browser.post(do(payment, "refund"), form)
    assert answer.status_code == 422
    assert words in str(answer.context["ask"].form.errors.get(field)), answer.context["ask"].form.errors
    assert Payment.objects.get().refunded == 0
    assert field == "reason" or "kept reason" in answer.content.decode()


def test_money_of_nobody_gets_its_customer_and_then_its_invoice(browser: Client, customer: Customer) -> None:
    payment, invoice = unassigned(customer.business), issued(customer)
    browser.post(do(payment, "assign"), {"customer": str(customer.pk)})
    payment.refresh_from_db()
    assert payment.customer == customer
    browser.post(do(payment, "apply"), shown(browser, do(payment, "apply")))
    payment.refresh_from_db()
    invoice.refresh_from_db()
    assert (payment.unapplied, invoice.amount_paid) == (0, 5000)


def test_typed_amounts_of_a_credit_go_where_they_were_typed(browser: Client, customer: Customer) -> None:
    payment = unassigned(customer.business)
    actions.assign(payment, customer)
    first, second = issued(customer), issued(customer)
    too_much = browser.post(do(payment, "apply"), {f"invoice_{second.pk}": "50.01"})
    assert too_much.status_code == 422
    browser.post(do(payment, "apply"), {f"invoice_{second.pk}": "20"})
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.amount_paid, second.amount_paid) == (0, 2000)


def test_another_business_s_customer_is_no_choice(
    browser: Client, customer: Customer, other_business: Business
) -> None:
    payment, foreign = unassigned(customer.business), make_customer(other_business)
    for key in (str(foreign.pk), "abc", "9" * 30, "²"):
        assert browser.post(do(payment, "assign"), {"customer": key}).status_code == 422
    payment.refresh_from_db()
    assert payment.customer is None


def test_a_dispute_is_won_or_lost(browser: Client, customer: Customer) -> None:
    invoice = issued(customer)
    payment = pay(invoice, 10000)
    browser.post(do(payment, "dispute"))
    browser.post(do(payment, "won"))
    payment.refresh_from_db()
    assert payment.disputed_at is None
    browser.post(do(payment, "dispute"))
    browser.post(do(payment, "lost"))
    payment.refresh_from_db()
    invoice.refresh_from_db()
    assert (payment.refunded, invoice.status, invoice.amount_remaining) == (10000, "open", 10000)
    assert browser.get(page(payment)).context["state"] == "refunded"


def test_what_is_not_possible_any_more_says_so(browser: Client, customer: Customer) -> None:
    payment = pay(issued(customer), 10000)
    for name in ("apply", "assign", "won", "lost"):
        assert messages_of(browser.get(do(payment, name)))[-1] == "This is not possible any more."
    assert browser.get(do(payment, "burn")).status_code == 404


@pytest.mark.parametrize("name", ["refund", "dispute"])
def test_a_biller_gives_nothing_back(business: Business, customer: Customer, name: str) -> None:
    biller = Client()
    biller.force_login(factories.make_staff(business, "biller", username="bia", language="en"))
    payment = pay(issued(customer), 10000)
    assert biller.get(do(payment, name)).status_code == biller.post(do(payment, name)).status_code == 403
    assert f"/do/{name}/" not in biller.get(page(payment)).content.decode()


def test_the_receipt_is_a_pdf_and_stays_the_same(browser: Client, customer: Customer) -> None:
    payment = pay(issued(customer), 10000)
    first, again = (browser.get(f"{LIST}{payment.pk}/receipt/") for _time in range(2))
    assert first.content.startswith(b"%PDF-") and first.content == again.content


def test_a_payment_has_no_voucher_unless_one_was_added(browser: Client, customer: Customer) -> None:
    assert browser.get(f"{LIST}{pay(issued(customer), 10000).pk}/voucher/").status_code == 404


def test_every_event_of_money_has_its_sentence(browser: Client, customer: Customer) -> None:
    payment = pay(issued(customer), 12000)
    refunds.dispute(payment)
    refunds.lose_dispute(payment)
    texts = [entry.text for entry in browser.get(page(payment)).context["timeline"]]
    kinds = set(Event.objects.values_list("kind", flat=True))
    assert len(texts) == 4 and not kinds & set(texts)


def test_a_payment_of_another_business_does_not_exist(browser: Client, other_business: Business) -> None:
    foreign = unassigned(other_business, currency="EUR")
    for url in (
        page(foreign),
        do(foreign, "refund"),
        f"{LIST}{foreign.pk}/receipt/",
        f"{LIST}{foreign.pk}/voucher/",
    ):
        assert browser.get(url).status_code == 404
        assert browser.post(url).status_code == 404
    assert listed(browser, "") == []


def test_late_money_is_told_by_its_day(browser: Client, customer: Customer) -> None:
    payment = pay(issued(customer), 10000, DUE + timedelta(days=1))
    assert isinstance(incoming(1), Incoming)
    assert "17 Mar 2026" in browser.get(page(payment)).content.decode()
