"""The provider's own Python SDK against a live server of ours: only its base URL is changed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from highlevel import HighLevel
from highlevel.error import GHLError

from businesses.models import Business
from customers.models import Customer
from gateway import actions, limits
from invoices.models import Invoice
from providers.highlevel import access
from tests import factories
from tests.providers.highlevel.spec import Watched, contact, item, new, payment, send_body

pytestmark = pytest.mark.django_db(transaction=True)
Work = Callable[[HighLevel], Awaitable[Any]]


@pytest.fixture
def call(transactional_db: None) -> Watched:
    business = factories.make_business()
    factories.make_customer(business, email="maria@example.com")
    return Watched(business)


@pytest.fixture
def customer(call: Watched) -> Customer:
    found: Customer = Customer.objects.for_business(call.business).get()
    return found


@pytest.fixture
def run(call: Watched, live_server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Do some work with the SDK, signed by the key unless told otherwise."""
    monkeypatch.setattr(HighLevel, "BASE_URL", f"{live_server.url}/highlevel")

    def go(work: Work, **signed: str) -> Any:
        async def all_of_it() -> Any:
            client = HighLevel(**(signed or {"private_integration_token": call.secret}))
            try:
                return await work(client)
            finally:
                await client.http_client.aclose()

        return asyncio.run(all_of_it())

    yield go


def test_create_list_get_update_send_record_void_delete(call: Watched, customer: Customer, run: Any) -> None:
    place = (call.business.public_id, "location")
    change = {
        **call.place,
        "name": "Changed",
        "currency": "BRL",
        "invoiceItems": [item(amount=42)],
        "issueDate": "2026-03-02",
        "dueDate": "2026-03-16",
    }

    async def work(client: HighLevel) -> None:
        api = client.invoices
        paid, void, gone = [await api.create_invoice(new(call, customer)) for _ in range(3)]
        listed = await api.list_invoices(*place, limit="10", offset="0", status="draft", sort_order="descend")
        assert listed["total"] == 3
        assert {row["_id"] for row in listed["invoices"]} == {row["_id"] for row in (paid, void, gone)}
        assert (await api.get_invoice(paid["_id"], *place))["totalSummary"]["subTotal"] == 100
        assert (await api.update_invoice(paid["_id"], change))["total"] == 42
        for invoice in (paid, void):
            sent = await api.send_invoice(invoice["_id"], send_body(call))
            assert sent["invoice"]["status"] == "sent" and sent["invoice"]["invoiceNumber"]
        recorded = await api.record_invoice(paid["_id"], payment(call))
        assert (recorded["success"], recorded["invoice"]["status"]) == (True, "paid")
        assert (await api.void_invoice(void["_id"], call.place))["status"] == "void"
        assert (await api.delete_invoice(gone["_id"], *place))["_id"] == gone["_id"]
        assert (await api.list_invoices(*place, limit="10", offset="0"))["total"] == 2

    run(work)
    rows = Invoice.objects.for_business(call.business).order_by("pk")
    assert [(row.status, bool(row.deleted_at)) for row in rows] == [
        ("paid", False),
        ("void", False),
        ("draft", True),
    ]


def test_the_other_calls_for_invoices(call: Watched, customer: Customer, run: Any) -> None:
    place = (call.business.public_id, "location")
    fees = {
        "enable": True,
        "value": 2,
        "type": "fixed",
        "frequency": {"intervalCount": 1, "interval": "one_time"},
    }

    async def work(client: HighLevel) -> None:
        api = client.invoices
        number = (await api.generate_invoice_number(*place))["invoiceNumber"]
        link = await api.text2pay_invoice(
            new(call, customer, action="send", userId="u", invoiceNumber=number)
        )
        assert link["invoice"]["invoiceNumber"] == number and link["invoiceUrl"].startswith("http")
        key = link["invoice"]["_id"]
        late = await api.update_invoice_late_fees_configuration(
            key, {**call.place, "lateFeesConfiguration": fees}
        )
        assert late["lateFeesConfiguration"] == fees
        await api.update_invoice_last_visited_at({"invoiceId": key})
        assert (await api.get_invoice_settings(*place))["dueAfterXDays"] == 14
        assert (await api.list_invoice_templates(*place, limit="10", offset="0"))["totalCount"] == 0
        assert (await api.list_invoice_schedules(*place, limit="10", offset="0"))["total"] == 0

    run(work)


def test_a_contact_then_its_invoice(call: Watched, customer: Customer, run: Any) -> None:
    async def work(client: HighLevel) -> Any:
        said = {"locationId": call.business.public_id, "name": "João", "email": "joao@example.com"}
        told = await client.contacts.upsert_contact(said)
        assert told["new"] is True
        again = await client.contacts.get_contact(told["contact"]["id"])
        data = new(call, customer, contactDetails=contact(customer, id=again["contact"]["id"], name="João"))
        return await client.invoices.create_invoice(data)

    assert Invoice.objects.get(public_id=run(work)["_id"]).customer.name == "João"


def test_a_token_of_its_oauth_client_is_refreshed_by_itself(call: Watched, run: Any) -> None:
    """The SDK spells this request in camel case; the document does not."""
    grant = actions.log_in(call.key)

    async def work(client: HighLevel) -> Any:
        told = await client.oauth.refresh_token(
            grant.refresh, call.key.public_id, call.secret, "refresh_token", "Location"
        )
        client.update_config({"location_access_token": told["access_token"]})
        return await client.invoices.list_invoices(call.business.public_id, "location", "10", "0")

    assert run(work, client_id=call.key.public_id, client_secret=call.secret)["total"] == 0


def failure(run: Any, call: Watched, **signed: str) -> GHLError:
    async def work(client: HighLevel) -> Any:
        return await client.invoices.get_invoice(
            "6578278e879ad2646715ba9c", call.business.public_id, "location"
        )

    with pytest.raises(GHLError) as caught:
        run(work, **signed)
    return caught.value


def test_what_is_not_there_is_an_error_of_the_sdk(call: Watched, run: Any) -> None:
    error = failure(run, call)
    assert (error.status_code, error.message) == (404, "Not found.")


def test_a_wrong_token_is_an_error_of_the_sdk(call: Watched, run: Any) -> None:
    error = failure(run, call, private_integration_token="wrong")
    assert (error.status_code, error.message) == (401, "Invalid token: access token is invalid")


def test_the_rate_limit_is_an_error_of_the_sdk(call: Watched, run: Any) -> None:
    """Counted up to the limit; a window may begin meanwhile, so try again in the next."""
    for _ in range(3):
        while limits.count(call.key.public_id, access.LIMIT).left > 0:
            pass
        error = failure(run, call)
        if error.status_code == 429:
            break
    assert (error.status_code, error.response["error"]) == (429, "Too Many Requests")
    assert error.response["traceId"]


def test_the_limit_s_headers_are_those_that_sdks_read(call: Watched) -> None:
    while limits.count(call.key.public_id, access.LIMIT).left >= 0:
        pass
    response = call.get(f"/invoices/?{call.query}&limit=1&offset=0")
    assert {name: response[name] for name in ("X-RateLimit-Max", "X-RateLimit-Interval-Milliseconds")} == {
        "X-RateLimit-Max": "100",
        "X-RateLimit-Interval-Milliseconds": "10000",
    }
    assert (response["X-RateLimit-Limit-Daily"], int(response["X-RateLimit-Daily-Remaining"]) > 0) == (
        "200000",
        True,
    )


def test_another_business_s_invoice_through_the_sdk(call: Watched, run: Any) -> None:
    other: Business = factories.make_business()
    theirs = factories.make_invoice(factories.make_customer(other))

    async def work(client: HighLevel) -> Any:
        return await client.invoices.get_invoice(theirs.public_id, call.business.public_id, "location")

    with pytest.raises(GHLError) as caught:
        run(work)
    assert caught.value.status_code == 404
