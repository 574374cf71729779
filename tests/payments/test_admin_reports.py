"""The reports on screen: aging, statement, and what needs attention; for one's own businesses only."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from businesses.models import Business, User
from customers.models import Customer
from payments import actions, refunds
from payments.models import BankEntry, BankFile
from payments.refunds import GivenBack
from tests.factories import DUE, ISSUED, make_customer
from tests.payments.money import incoming, issued, pay

pytestmark = pytest.mark.django_db

AGING = "/admin/reports/aging/"
NONSENSE = ["2026-99-99", "0000-01-01", "99999-01-01", "²", "9" * 40, "-1", "%00", "3026-01-01", "1200-01-01"]


@pytest.fixture
def viewer(client: Client, staff: Callable[..., User]) -> Client:
    client.force_login(staff("viewer", language="en"))
    return client


def at(customer: Customer) -> str:
    return reverse("admin_statement", args=[customer.pk])


def ask(client: Client, url: str, **query: Any) -> Any:
    return client.get(url, query)


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().replace("\xa0", " ").split())


def cells(answer: Any, delimiter: str = ",") -> list[list[str]]:
    content = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(content), delimiter=delimiter))


def test_the_aging_report_shows_each_customer_in_the_bucket_of_that_day(
    viewer: Client, customer: Customer
) -> None:
    issued(customer)
    answer = ask(viewer, AGING, as_of=DUE + timedelta(days=31))
    ((currency, rows, sums),) = answer.context["groups"]
    assert (currency, rows[0].customer, rows[0].aged.buckets) == ("BRL", customer, (0, 0, 10000, 0, 0))
    assert sums.total == 10000
    assert "R$100.00" in text(answer) and rows[0].url.replace("&", "&amp;") in text(answer)
    assert viewer.get(rows[0].url).status_code == 200


def test_the_report_is_of_one_business_or_of_all_of_one_s_own(
    client: Client, customer: Customer, other_business: Business, staff: Callable[..., User]
) -> None:
    user = staff("viewer", language="en")
    user.memberships.create(business=other_business, role="viewer")
    foreign = make_customer(other_business, "Cliente do Porto")
    issued(customer), issued(foreign)
    client.force_login(user)
    both = text(client.get(AGING))
    assert customer.name in both and foreign.name in both
    one = text(ask(client, AGING, business=other_business.pk))
    assert customer.name not in one and foreign.name in one


def test_another_business_s_customers_are_in_no_report(
    viewer: Client, customer: Customer, other_business: Business
) -> None:
    foreign = make_customer(other_business, "Cliente do Porto")
    issued(foreign), issued(customer)
    assert foreign.name not in text(ask(viewer, AGING, business=other_business.pk))
    rows = cells(ask(viewer, AGING, format="csv", business=other_business.pk))
    assert [row[0] for row in rows] == ["Customer", customer.name]
    assert viewer.get(at(foreign)).status_code == 404
    assert ask(viewer, at(foreign), format="csv").status_code == 404


def test_the_report_as_a_file_has_every_customer_and_plain_numbers(
    viewer: Client, customer: Customer
) -> None:
    evil = make_customer(customer.business, "=HYPERLINK(1)")
    issued(customer), issued(evil, "250.00")
    rows = cells(ask(viewer, AGING, as_of=DUE, format="csv"))
    assert [row[0] for row in rows[1:]] == ["'=HYPERLINK(1)", customer.name]
    assert rows[2][3:] == [
        "BRL",
        "100.00",
        "0.00",
        "0.00",
        "0.00",
        "0.00",
        "100.00",
        "0.00",
        "0.00",
        "100.00",
    ]


def test_fifty_customers_are_a_page_and_the_sums_are_of_all(viewer: Client, business: Business) -> None:
    for i in range(52):
        issued(make_customer(business, f"Customer {i}"))
    first, second = (ask(viewer, AGING, page=page) for page in (1, 2))
    sizes = [len(answer.context["groups"][0][1]) for answer in (first, second)]
    assert sizes == [50, 2]
    assert first.context["groups"][0][2] == second.context["groups"][0][2]
    assert second.context["groups"][0][2].total == 52 * 10000


def test_an_empty_report_says_so(viewer: Client) -> None:
    assert "Nobody owes anything" in text(viewer.get(AGING))


@pytest.mark.parametrize("word", NONSENSE)
def test_a_day_that_makes_no_sense_is_said_and_today_is_shown(viewer: Client, word: str) -> None:
    answer = ask(viewer, AGING, as_of=word, page=word, business=word)
    assert answer.status_code == 200
    assert answer.context["form"].errors["as_of"]


@pytest.mark.parametrize("word", NONSENSE)
def test_a_period_that_makes_no_sense_is_said(viewer: Client, customer: Customer, word: str) -> None:
    answer = ask(viewer, at(customer), start=word, end="x" * 99, currency=word)
    assert answer.status_code == 200
    assert "end" in answer.context["form"].errors


def test_a_period_that_ends_before_it_begins_is_said(viewer: Client, customer: Customer) -> None:
    answer = ask(viewer, at(customer), start="2026-02-01", end="2026-01-01")
    assert "The period ends before it begins." in text(answer)


def test_the_statement_leads_to_its_documents(viewer: Client, customer: Customer) -> None:
    invoice = issued(customer)
    payment = pay(invoice, 4000)
    answer = ask(viewer, at(customer), start=ISSUED, end=DUE)
    page = text(answer)
    for name, key in (("invoices_invoice", invoice.pk), ("payments_payment", payment.pk)):
        assert reverse(f"admin:{name}_change", args=[key]) in page
    assert answer.context["statement"].closing == 6000
    assert (answer.context["raised"], answer.context["lowered"]) == (10000, -4000)


def test_the_statement_as_a_file_opens_and_closes(viewer: Client, customer: Customer) -> None:
    invoice = issued(customer)
    pay(invoice, 4000)
    rows = cells(ask(viewer, at(customer), start=ISSUED, end=DUE, format="csv"))
    assert [row[1:] for row in rows[1:]] == [
        ["Opening balance", "", "BRL", "", "0.00"],
        ["Invoice", invoice.number, "BRL", "100.00", "100.00"],
        ["Payment · Pix", invoice.number, "BRL", "-40.00", "60.00"],
        ["Closing balance", "", "BRL", "", "60.00"],
    ]


def test_the_file_speaks_the_reader_s_language(
    client: Client, customer: Customer, staff: Callable[..., User]
) -> None:
    client.force_login(staff("viewer", language="pt-br"))
    issued(customer)
    rows = cells(ask(client, at(customer), start=ISSUED, end=DUE, format="csv"), ";")
    assert rows[2][1:] == ["Fatura", rows[2][2], "BRL", "100,00", "100,00"]


def test_a_customer_s_page_leads_to_the_statement(viewer: Client, customer: Customer) -> None:
    page = text(viewer.get(reverse("admin:customers_customer_change", args=[customer.pk])))
    assert "/to-statement" in page
    answer = viewer.get(f"/admin/customers/customer/{customer.pk}/to-statement/")
    assert answer.headers["Location"] == at(customer)


def test_reports_are_read_and_never_posted_to(viewer: Client, customer: Customer) -> None:
    assert viewer.post(AGING).status_code == viewer.post(at(customer)).status_code == 405


def waiting(client: Client) -> list[tuple[str, int, list[str]]]:
    items = client.get("/admin/").context["attention"]
    return [(item.label, item.count, item.amounts) for item in items]


def test_nothing_needs_attention_when_all_is_settled(viewer: Client, customer: Customer) -> None:
    pay(issued(customer), 10000)
    assert waiting(viewer) == []
    assert "Needs attention" not in text(viewer.get("/admin/"))


def test_what_waits_for_somebody_is_on_the_first_page_and_its_link_shows_as_much(
    viewer: Client, customer: Customer, other_business: Business
) -> None:
    pay(issued(customer), 12500)
    actions.receive(customer.business, incoming(700))
    refunds.dispute(pay(issued(customer), 10000))
    pay(issued(make_customer(other_business)), 99999)
    entry(customer.business)
    assert waiting(viewer) == [
        ("Payments that the payer's bank questions", 1, ["R$100.00"]),
        ("Payments whose customer is not known", 1, ["R$7.00"]),
        ("Payments with credit left", 1, ["R$25.00"]),
        ("Bank entries to confirm", 1, ["R$12.34"]),
    ]
    for item in viewer.get("/admin/").context["attention"]:
        shown = viewer.get(item.url).context
        count = shown["cl"].result_count if "cl" in shown else len(shown["rows"])
        assert count == item.count, item.label


def entry(business: Business) -> None:
    file = BankFile.objects.create(business=business, name="may.ofx", kind="ofx", sha256="0" * 64)
    BankEntry.objects.create(
        business=business, file=file, fingerprint="1", line=1, on=DUE, currency="BRL", amount=1234
    )


def test_received_this_month_is_money_that_came_and_stayed(viewer: Client, customer: Customer) -> None:
    """Also when its invoice is not paid in full; the list behind the number has the same payments."""
    today = customer.business.today()
    pay(issued(customer), 4000, today)
    given = pay(issued(customer), 11000, today, tip=1000)
    refunds.refund(given, GivenBack(2500))
    pay(issued(customer), 10000, today.replace(day=1) - timedelta(days=1))
    tile = viewer.get("/admin/").context["tiles"][1]
    assert (tile.label, tile.amounts, tile.counted) == ("Received this month", ["R$115.00"], "2 payments")
    shown = viewer.get(tile.url).context["cl"]
    assert shown.result_count == 2
    assert {row.paid_on for row in shown.queryset} == {today}
