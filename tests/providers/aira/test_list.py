"""Document 002's list, its filters, and today's list behind today's parameters."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from businesses.models import Account, Business
from core.ids import as_uuid
from customers.models import Customer
from invoices import actions as invoices
from payments import actions as payments
from providers.aira import shown, wire
from tests.factories import DUE, ISSUED, make_customer, make_invoice
from tests.gateway.calls import Caller, error_of
from tests.payments.money import issued, pay
from tests.providers.aira.samples import LIST, made, sample

pytestmark = pytest.mark.django_db


def kinds(value: Any) -> Any:
    """Keys and types, and how ids, days and instants are written."""
    if isinstance(value, dict):
        return {key: kinds(item) for key, item in value.items()}
    if isinstance(value, list):
        return [kinds(item) for item in value]
    forms = [r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", r"\d{4}-\d\d-\d\d", r"\d{4}-\d\d-\d\dT[\d:.]+Z"]
    form = next((form for form in forms if isinstance(value, str) and re.fullmatch(form, value)), None)
    return form or type(value)


def listed(call: Caller, query: str = "") -> Any:
    response = call.get(f"{LIST}{query}")
    assert response.status_code == 200, response.content
    return response.json()


def ids(found: Any) -> list[str]:
    return [each["id"] for each in found]


def test_document_002_verbatim(call: Caller, payer: Customer, account: Account) -> None:
    """A charge that nobody has paid was processed at no instant; all else has the document's types."""
    period: dict[str, Any] = {"period_start": date(2026, 2, 1), "period_end": date(2026, 2, 28)}
    issued(payer, account_id=account.pk, **period)
    for path in (LIST, f"{LIST}/"):
        (found,) = call.get(path).json()
        wire.Invoice.model_validate(found)
        document = kinds(sample("list")[0])
        document["payments"][0]["processedAt"] = type(None)
        assert kinds(found) == document
        assert (found["startDate"], found["endDate"]) == ("2026-02-01", "2026-02-28")
        assert (found["totalAmount"], found["status"], found["customer"]["externalId"]) == (
            10000,
            "closed",
            "acme-1",
        )
        assert found["paymentAccount"]["address"]["country"] == "Brasil"
        assert found["payments"][0]["status"] == "created" and found["payments"][0]["amount"] == 10000


def test_every_state_in_the_document_s_four_words(call: Caller, payer: Customer, business: Business) -> None:
    rows = {name: issued(payer) for name in ("closed", "part", "paid", "canceled", "given up")}
    rows["open"] = make_invoice(payer)
    pay(rows["part"], 100)
    pay(rows["paid"], 10000)
    payments.void(rows["canceled"])
    invoices.mark_uncollectible(rows["given up"])
    status = {each["id"]: each["status"] for each in listed(call)}
    words = {name: status[as_uuid(row.public_id)] for name, row in rows.items()}
    assert words == {"closed": "closed", "part": "closed", "paid": "paid", "canceled": "canceled",
                     "given up": "closed", "open": "open"}  # fmt: skip
    shown_as = {each["id"]: each["payments"] for each in listed(call)}
    assert shown_as[as_uuid(rows["open"].public_id)] is None
    assert [each["status"] for each in shown_as[as_uuid(rows["part"].public_id)]] == ["paid", "created"]
    assert [each["amount"] for each in shown_as[as_uuid(rows["part"].public_id)]] == [100, 9900]
    assert [each["status"] for each in shown_as[as_uuid(rows["paid"].public_id)]] == ["paid"]
    assert shown_as[as_uuid(rows["canceled"].public_id)] == []


FILTERS = [
    ("startDateFrom", ["startDateFrom", "invoiceStartDateFrom"], "start", lambda a, b: a >= b),
    ("startDateTo", ["startDateTo", "invoiceStartDateTo"], "start", lambda a, b: a <= b),
    ("endDateFrom", ["endDateFrom", "invoiceEndDateFrom"], "end", lambda a, b: a >= b),
    ("endDateTo", ["endDateTo", "invoiceEndDateTo"], "end", lambda a, b: a <= b),
]


@pytest.mark.parametrize(
    "name, names, side, keeps", FILTERS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_days_are_filtered_as_they_are_shown(
    call: Caller, payer: Customer, name: str, names: list[str], side: str, keeps: Any
) -> None:
    """With a period, half of one, or none: what the answer says is what the filter sees."""
    for start, end in [(None, None), (date(2026, 1, 5), None), (None, date(2026, 4, 5)),
                       (date(2026, 2, 1), date(2026, 2, 28))]:  # fmt: skip
        issued(payer, period_start=start, period_end=end)
        make_invoice(payer, period_start=start, period_end=end)
    everything = listed(call)
    assert len(everything) == 8
    for day in (ISSUED, DUE, date(2026, 1, 5), date(2026, 2, 28), date(2026, 4, 6)):
        expected = [each["id"] for each in everything if keeps(each[f"{side}Date"], day.isoformat())]
        for alias in names:
            assert ids(listed(call, f"?{alias}={day}")) == expected
            assert ids(listed(call, f"?{alias}={day}T12:00:00Z")) == expected


def test_an_instant_is_the_business_s_day(call: Caller, payer: Customer) -> None:
    """02:00 in Greenwich is still the day before in São Paulo."""
    issued(payer)
    assert len(listed(call, f"?startDateTo={ISSUED}T02:00:00Z")) == 0
    assert len(listed(call, f"?startDateTo={ISSUED}T12:00:00+00:00")) == 1


def test_customers_by_our_id_or_by_theirs(call: Caller, payer: Customer, business: Business) -> None:
    mine = as_uuid(issued(payer).public_id)
    issued(make_customer(business, "Somebody else", external_id="else"))
    queries = [
        f"customerId={as_uuid(payer.public_id)}",
        "externalCustomerId=acme-1",
        "customerExternalId=acme-1",
    ]
    assert [ids(listed(call, f"?{query}")) for query in queries] == [[mine]] * 3
    assert listed(call, "?customerId=nonsense") == listed(call, "?externalCustomerId=nobody") == []


@pytest.mark.parametrize("query", [
    "startDateFrom=yesterday", "endDateTo=2026-02-30", "invoiceDate.gte=1", "limit=0", "limit=101", "limit=x",
    "offset=-1", "status=done", "status[]=open,done", "after=nothing", "startDateFrom=٢٠٢٦-٠١-٠١", "offset=99999999999",
])  # fmt: skip
def test_parameters_that_cannot_be_read_are_named(call: Caller, query: str) -> None:
    response = call.get(f"{LIST}?{query}")
    error = error_of(response)
    assert (response.status_code, set(error)) == (400, {"code", "message"})
    assert error["message"].startswith(query.partition("=")[0].removesuffix("[]"))


@pytest.mark.parametrize("query", [
    "limit=100", "offset=0", "status=issued,overdue", "status=overdue&status=issued",
    "status[]=overdue&status[]=issued", "invoiceDate.gte=2026-01-01", "invoiceDate.lte=2026-12-01",
    "customerIds={id}", "customerIds[]={id},nonsense",
])  # fmt: skip
def test_today_s_parameters_get_today_s_shape(call: Caller, payer: Customer, query: str) -> None:
    row = issued(payer)
    page = listed(call, "?" + query.format(id=as_uuid(payer.public_id)))
    wire.Page.model_validate(page)
    assert (ids(page["items"]), page["hasMore"]) == ([as_uuid(row.public_id)], False)
    assert page["items"][0]["billingAccount"]["taxIdType"] == "cpf"


def test_status_filters_find_what_is_shown_so(call: Caller, payer: Customer, business: Business) -> None:
    """Every word, for every situation an invoice can be in."""
    later: dict[str, Any] = {"due_on": business.today() + timedelta(days=9), "issue_on": business.today()}
    rows = [issued(payer, **fields) for fields in (dict[str, Any](), later) for _each in range(5)]
    rows += [
        issued(
            payer, due_on=business.today() + timedelta(days=99), issue_on=business.today() + timedelta(days=9)
        )
    ]
    for late in (rows[:5], rows[5:10]):
        pay(late[0], 100)
        pay(late[1], 10000)
        invoices.set_processing(late[2], 10000)
        invoices.set_processing(late[3], 1)
    payments.void(rows[4])
    make_invoice(payer)
    cancelled = made(call, 100)
    call.post(f"{LIST}/{cancelled['id']}/cancel")
    everything = listed(call, "?limit=100")["items"]
    assert len(everything) == 13
    for word in wire.STATUSES:
        expected = [each["id"] for each in everything if each["status"] == word]
        assert ids(listed(call, f"?status={word}")["items"]) == expected
    seen = {each["status"] for each in everything}
    assert seen == set(shown.STATUS_TODAY.values())


def test_pages_of_today_s_list(call: Caller, payer: Customer) -> None:
    for _each in range(3):
        issued(payer)
    first, second = (listed(call, f"?limit=2&offset={offset}") for offset in (0, 2))
    assert (len(first["items"]), first["hasMore"], len(second["items"]), second["hasMore"]) == (
        2,
        True,
        1,
        False,
    )
    assert len({*ids(first["items"]), *ids(second["items"])}) == 3


def test_more_than_a_hundred_are_behind_the_link(call: Caller, payer: Customer) -> None:
    for _each in range(101):
        issued(payer)
    first = call.get(f"{LIST}?externalCustomerId=acme-1")
    link = re.fullmatch(r'<http://testserver/aira(.+)>; rel="next"', first["Link"])
    assert link is not None
    second = call.get(link[1])
    assert "Link" not in second
    assert len({*ids(first.json()), *ids(second.json())}) == 101


@pytest.mark.parametrize("query", ["", "?limit=100"])
def test_a_list_of_any_length_costs_the_same(call: Caller, payer: Customer, query: str) -> None:
    counts = []
    listed(call)
    for many in (1, 3):
        for _each in range(many):
            make_invoice(payer)
            pay(issued(payer), 1000)
        with CaptureQueriesContext(connection) as queries:
            listed(call, query)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 8


def test_only_the_business_s_own_invoices_in_reais(
    call: Caller, payer: Customer, other_business: Business
) -> None:
    issued(payer, currency="USD")
    issued(make_customer(other_business), currency="BRL")
    assert listed(call) == [] and listed(call, "?limit=9") == {"items": [], "hasMore": False}
    stranger = Caller(other_business, "aira")
    assert len(listed(stranger)) == 1
    issued(payer)
    assert listed(stranger, f"?customerId={as_uuid(payer.public_id)}") == []
