"""The list of invoices: tabs, filters, search, sums, and pages that cost the same wherever they are."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from businesses.models import Business, User
from customers.models import Customer
from invoices import actions
from invoices.models import Invoice
from tests import factories
from tests.factories import issue, line, make_customer, make_invoice
from tests.payments.money import pay

pytestmark = pytest.mark.django_db

LIST = "/admin/invoices/invoice/"


@pytest.fixture
def browser(business: Business) -> Client:
    cache.clear()
    client = Client()
    client.force_login(factories.make_staff(business, "finance", language="en"))
    return client


def listed(answer: Any) -> list[Invoice]:
    return list(answer.context["cl"].result_list)


def found(browser: Client, **query: str) -> set[int]:
    return {invoice.pk for invoice in listed(browser.get(LIST, query))}


def at(customer: Customer, days: int, **fields: Any) -> Invoice:
    """A draft dated so many days from today."""
    day = customer.business.today() + timedelta(days)
    return make_invoice(customer, **{"issue_on": day, "due_on": day + timedelta(7), **fields})


@pytest.fixture
def zoo(customer: Customer) -> dict[str, Invoice]:
    """One of each state."""
    paid = issue(at(customer, -3))
    partly = issue(at(customer, -2))
    today = customer.business.today()
    pay(paid, paid.amount_due, today)
    pay(partly, 1, today)
    underway = issue(at(customer, -1))
    return {
        "draft": at(customer, 0),
        "open": issue(at(customer, -1)),
        "overdue": issue(at(customer, -40)),
        "paid": paid,
        "partially_paid": partly,
        "void": actions.void(issue(at(customer, -4))),
        "uncollectible": actions.mark_uncollectible(issue(at(customer, -50))),
        "scheduled": issue(at(customer, 3)),
        "processing": actions.set_processing(underway, underway.amount_due),
    }


TABS = {
    "draft": {"draft"},
    "open": {"open", "overdue", "partially_paid", "scheduled", "processing"},
    "overdue": {"overdue"},
    "paid": {"paid"},
    "void": {"void"},
    "uncollectible": {"uncollectible"},
    "partially_paid": {"partially_paid"},
    "scheduled": {"scheduled"},
    "processing": {"processing"},
    "issued": {
        "open", "overdue", "paid", "partially_paid", "uncollectible", "scheduled", "processing",
    },
    "received": {"paid"},
}  # fmt: skip


@pytest.mark.parametrize("situation", TABS)
def test_each_tab_and_status_shows_its_own(browser: Client, zoo: dict[str, Invoice], situation: str) -> None:
    assert found(browser, situation=situation) == {zoo[name].pk for name in TABS[situation]}


def test_all_tabs_are_there_and_the_current_one_is_marked(browser: Client, zoo: dict[str, Invoice]) -> None:
    tabs = browser.get(LIST, {"situation": "overdue"}).context["cl"].tabs()
    assert [label for label, _url, _now in tabs] == ["All", "Drafts", "Open", "Overdue", "Paid"]
    assert [now for _label, _url, now in tabs] == [False, False, False, True, False]


def test_every_state_has_its_pill(browser: Client, zoo: dict[str, Invoice]) -> None:
    page = browser.get(LIST).content.decode()
    assert all(
        word in page
        for word in ["Draft", "Open", "Overdue", "Paid", "Partially paid", "Void", "Uncollectible"]
    )


def test_a_deleted_draft_is_not_listed(browser: Client, customer: Customer) -> None:
    actions.delete(at(customer, 0))
    assert found(browser) == set()


def test_filters_by_dates_customer_and_kind(browser: Client, customer: Customer) -> None:
    other = make_customer(customer.business, "Other")
    old, new = at(customer, -30), at(other, 0, kind="pay_off")
    day = (customer.business.today() - timedelta(10)).isoformat()
    assert found(browser, issue_on_from=day) == {new.pk}
    assert found(browser, issue_on_to=day) == {old.pk}
    assert found(browser, due_on_from=day) == {new.pk}
    assert found(browser, customer__id__exact=str(other.pk)) == {new.pk}
    assert found(browser, kind__exact="pay_off") == {new.pk}


def test_filters_by_business_for_those_who_work_in_several(
    browser: Client, business: Business, other_business: Business, customer: Customer
) -> None:
    user = User.objects.get()
    user.memberships.create(business=other_business, role="viewer")
    mine, theirs = at(customer, 0), at(make_customer(other_business), 0)
    assert found(browser) == {mine.pk, theirs.pk}
    assert found(browser, business__id__exact=str(other_business.pk)) == {theirs.pk}


@pytest.mark.parametrize(
    "words",
    [
        "2026-00001", "00001", "acao", "AÇÃO", "ação e reação", "reacao acao", "071.201.889-17", "07120188917",
        "071 201 889 17", "  071.201.889-17 ", "consult",
    ],
)  # fmt: skip
def test_search_finds_by_number_part_name_without_accents_and_tax_id_as_printed(
    browser: Client, business: Business, words: str
) -> None:
    customer = make_customer(business, "Ação & Reação e Filhos", tax_id=factories.CPF, tax_id_kind="cpf")
    invoice = issue(make_invoice(customer, title="Consultoria"))
    issue(make_invoice(make_customer(business, "Someone else"), wanted_number="other"))
    assert found(browser, q=words) == {invoice.pk}


@pytest.mark.parametrize("words", ["12.ABC.345/01DE-35", "12abc34501de35", "12.abc.345/01de-35", "ABC345"])
def test_search_finds_by_a_cnpj_with_letters(browser: Client, business: Business, words: str) -> None:
    customer = make_customer(business, "Firma", tax_id=factories.CNPJ, tax_id_kind="cnpj")
    invoice = make_invoice(customer)
    make_invoice(make_customer(business, "Someone else"))
    assert found(browser, q=words) == {invoice.pk}


def test_a_number_that_looks_like_a_tax_id_is_still_found(browser: Client, customer: Customer) -> None:
    invoice = issue(make_invoice(customer, number_prefix="2026-", wanted_number="0000001"))
    assert found(browser, q="2026-0000001") == {invoice.pk}


@pytest.mark.parametrize(
    "words", ["nothing like this", "%", "_", '"', "'); DROP TABLE x;--", "x" * 5000, "*", "ab OR cd"]
)
def test_search_for_nonsense_finds_nothing_and_breaks_nothing(
    browser: Client, customer: Customer, words: str
) -> None:
    at(customer, 0)
    answer = browser.get(LIST, {"q": words})
    assert (answer.status_code, listed(answer)) == (200, [])


@pytest.fixture
def many(customer: Customer) -> list[int]:
    """123 rows over few days, newest first."""
    made = [at(customer, -(number % 4)) for number in range(123)]
    return [row.pk for row in sorted(made, key=lambda row: (row.issue_on, row.pk), reverse=True)]


def walk(browser: Client, link: Callable[[Any], str], url: str = "", limit: int = 10) -> list[list[int]]:
    pages = []
    for _page in range(limit):
        answer = browser.get(LIST + url)
        pages.append([row.pk for row in listed(answer)])
        url = link(answer.context["cl"])
        if not url:
            return pages
    raise AssertionError("the pages do not end")


def test_pages_show_every_row_once_in_order_forwards_and_backwards(browser: Client, many: list[int]) -> None:
    """Most rows share their day with others, on both sides of each page's edge."""
    pages = walk(browser, lambda cl: cl.next_url)
    assert [len(page) for page in pages] == [50, 50, 23]
    assert sum(pages, []) == many
    last = Invoice.objects.get(pk=many[-1])
    back = walk(browser, lambda cl: cl.previous_url, f"?before={last.issue_on}.{last.pk}")
    assert sum(reversed(back), []) == many[:-1]


def test_a_page_stays_the_same_while_new_rows_come_in(
    browser: Client, customer: Customer, many: list[int]
) -> None:
    second = browser.get(LIST).context["cl"].next_url
    for _row in range(5):
        at(customer, 1)
    assert [row.pk for row in listed(browser.get(LIST + second))] == many[50:100]


def test_paging_keeps_the_filter_and_the_search(browser: Client, many: list[int]) -> None:
    url = browser.get(LIST, {"q": "maria", "situation": "draft"}).context["cl"].next_url
    assert "q=maria" in url and "situation=draft" in url


@pytest.mark.parametrize(
    "key",
    ["x", "2026-01-01", "2026-13-01.5", "2026-01-01.", "2026-01-01.-1", "2026-01-01.²",
     "2026-01-01." + "9" * 40, ".", "0000-00-00.1"]
)  # fmt: skip
@pytest.mark.parametrize("name", ["after", "before"])
def test_a_bad_position_is_passed_over(browser: Client, customer: Customer, name: str, key: str) -> None:
    invoice = at(customer, 0)
    assert found(browser, **{name: key}) == {invoice.pk}


def test_sorted_by_a_column_the_list_has_numbered_pages(browser: Client, many: list[int]) -> None:
    first, second = (browser.get(LIST, {"o": "6", "p": page}) for page in ("1", "2"))
    assert not first.context["cl"].is_keyset
    assert len({row.pk for row in listed(first) + listed(second)}) == 100


def test_the_sums_row_adds_up_all_that_is_listed_by_currency(browser: Client, customer: Customer) -> None:
    for currency, price in [("BRL", "10.50"), ("BRL", "1000"), ("JPY", "700"), ("BRL", "5")]:
        issue(make_invoice(customer, [line(price)], currency=currency))
    part = Invoice.objects.filter(currency="BRL").latest("pk")
    actions.apply_payment(part, 200)
    sums = browser.get(LIST).context["cl"].sums()
    assert sums == [("R$1,015.50", "R$1,013.50", "R$2.00"), ("¥700", "¥700", "")]


def test_the_sums_count_all_pages_and_only_what_is_filtered(browser: Client, many: list[int]) -> None:
    assert browser.get(LIST).context["cl"].sums()[0][0] == "R$12,300.00"
    assert browser.get(LIST, {"situation": "paid"}).context["cl"].sums() == []


def queries(browser: Client, url: str) -> int:
    browser.get(url)
    with CaptureQueriesContext(connection) as caught:
        browser.get(url)
    return len(caught)


def test_fifty_rows_cost_as_many_queries_as_ten(browser: Client, customer: Customer) -> None:
    for _row in range(10):
        at(customer, 0)
    few = queries(browser, LIST)
    for _row in range(60):
        at(make_customer(customer.business, "Another"), 0)
    assert few == queries(browser, LIST)
    assert few <= 15


def test_an_empty_list_says_so_and_offers_a_way_on(browser: Client) -> None:
    answer = browser.get(LIST)
    assert answer.status_code == 200
    assert "/admin/invoices/invoice/add/" in answer.content.decode()
    assert answer.context["cl"].sums() == []


def test_each_number_of_the_first_page_is_what_its_list_adds_up_to(
    browser: Client, zoo: dict[str, Invoice]
) -> None:
    tiles = browser.get("/admin/").context["tiles"]
    for tile, column in zip(tiles, (0, 0, 1, 0), strict=True):
        changes = browser.get(tile.url).context["cl"]
        assert tile.counted.split()[0] == str(changes.result_count), tile.label
        assert tile.amounts == ([row[column] for row in changes.sums()] or ["—"]), tile.label
    assert [tile.counted.split()[0] for tile in tiles][1:] == ["2", "1", "1"]


def test_what_was_received_before_this_month_is_not_this_month_s(
    browser: Client, customer: Customer, time_machine: Any
) -> None:
    """03:00 UTC is midnight in São Paulo."""
    time_machine.move_to("2026-04-01T02:59:00Z")
    march, april = (issue(make_invoice(customer)) for _time in range(2))
    actions.apply_payment(march, march.amount_due)
    time_machine.move_to("2026-04-01T03:01:00Z")
    actions.apply_payment(april, april.amount_due)
    browser.force_login(User.objects.get())
    assert found(browser, situation="received") == {april.pk}


@pytest.mark.parametrize(
    ("words", "hits"),
    [
        ("order=A 17", True), ("order=A", False), ("other=A 17", False), ("a__b=c", False),
        ("order__contains=A", False), ("x'; --=1", False),
    ],
)  # fmt: skip
def test_metadata_is_found_by_key_and_value(
    browser: Client, customer: Customer, words: str, hits: bool
) -> None:
    invoice = at(customer, 0, metadata={"order": "A 17"})
    at(customer, 0)
    assert found(browser, q=words) == ({invoice.pk} if hits else set())


def test_overdue_turns_at_midnight_of_the_business(
    browser: Client, customer: Customer, time_machine: Any
) -> None:
    """03:00 UTC is midnight in São Paulo."""
    invoice = issue(make_invoice(customer, issue_on=date(2026, 3, 1), due_on=date(2026, 3, 10)))
    time_machine.move_to("2026-03-11T02:59:00Z")
    assert found(browser, situation="overdue") == set()
    time_machine.move_to("2026-03-11T03:00:00Z")
    browser.force_login(User.objects.get())
    assert found(browser, situation="overdue") == {invoice.pk}
