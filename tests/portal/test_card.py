"""The one button that acts: it opens a hosted page for what is due and leads there, for our own page alone."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client, override_settings
from django.test.client import Client as AnyClient

from businesses.models import Account, Business
from invoices import actions
from invoices.models import Invoice
from invoices.schedule import monthly
from payments.models import CardConnection, PaymentIntent
from portal.guard import ORDERS
from tests.factories import line
from tests.portal.conftest import PHONE, address, text
from tests.stripe_server import SECRET_KEY, StripeServer

Make = Callable[..., Invoice]


@pytest.fixture
def stripe() -> Iterator[StripeServer]:
    with StripeServer() as server, override_settings(STRIPE_API_BASE=server.base_url):
        yield server


@pytest.fixture
def account(business: Business) -> Account:
    account = Account.objects.create(business=business, name="Main")
    CardConnection.objects.create(
        business=business, account=account, secret_key=SECRET_KEY, webhook_secret="whsec_1"
    )
    return account


@pytest.fixture
def owed(issued: Make, account: Account) -> Make:
    def make(**fields: Any) -> Invoice:
        return issued(lines=[line("100.00")], language="en", account_id=account.pk, **fields)

    return make


def press(reader: Client, invoice: Invoice, data: dict[str, str] | None = None, **headers: str) -> Any:
    sent = headers or {"Sec-Fetch-Site": "same-origin", "Origin": "null"}
    return reader.post(address(invoice, "card/"), data or {}, headers=sent)


def test_the_button_leads_to_the_hosted_page(reader: Client, owed: Make, stripe: StripeServer) -> None:
    invoice = owed()
    response = press(reader, invoice, {"lang": "en"})
    (session,) = stripe.sessions.values()
    page = response.content.decode()
    assert response.status_code == 200
    assert f'content="0;url={session["url"]}"' in page and f'href="{session["url"]}"' in page
    assert (session["amount_total"], session["currency"]) == (10000, "brl")
    assert session["success_url"] == f"http://testserver{address(invoice)}?lang=en&thanks=1"
    assert session["cancel_url"] == f"http://testserver{address(invoice)}?lang=en"
    assert not response.cookies and response.headers["Cache-Control"] == "no-store"


def test_pressing_twice_opens_one_page(reader: Client, owed: Make, stripe: StripeServer) -> None:
    invoice = owed()
    pages = {press(reader, invoice).content.decode().count("/pay/cs_test_1") for _ in range(2)}
    assert pages == {2}
    assert PaymentIntent.objects.count() == len(stripe.sessions) == 1


def test_a_tip_comes_on_top_and_is_told_apart(reader: Client, owed: Make, stripe: StripeServer) -> None:
    press(reader, owed(tips_enabled=True, tip_percents=(Decimal(10),)), {"tip": "10%"})
    intent = PaymentIntent.objects.get()
    assert (intent.amount, intent.tip) == (11000, 1000)


def test_a_tip_that_makes_no_sense_is_none(reader: Client, owed: Make, stripe: StripeServer) -> None:
    press(reader, owed(tips_enabled=True), {"tip": "1e999"})
    intent = PaymentIntent.objects.get()
    assert (intent.amount, intent.tip) == (10000, 0)


def test_the_part_that_was_chosen_is_what_is_paid(reader: Client, owed: Make, stripe: StripeServer) -> None:
    invoice = owed(schedule=monthly(10000, owed().due_on, 4))
    press(reader, invoice, {"part": "3"})
    intent = PaymentIntent.objects.get(invoice=invoice)
    assert (intent.amount, intent.part) == (2500, 2)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "http://testserver.elsewhere.example"},
    ],
)
def test_another_site_s_form_does_nothing(
    reader: Client, owed: Make, stripe: StripeServer, headers: dict[str, str]
) -> None:
    response = press(reader, owed(), None, **headers)
    assert response.status_code == 403
    assert not PaymentIntent.objects.exists() and not stripe.sessions


@pytest.mark.parametrize("headers", [{"Origin": "http://testserver"}, {"Origin": "null"}])
def test_browsers_without_fetch_metadata_can_pay(
    reader: Client, owed: Make, stripe: StripeServer, headers: dict[str, str]
) -> None:
    assert press(reader, owed(), None, **headers).status_code == 200


@pytest.mark.parametrize("method", ["get", "head", "put", "delete"])
def test_nothing_but_the_button_opens_a_page(reader: Client, owed: Make, method: str) -> None:
    response = getattr(reader, method)(address(owed(), "card/"))
    assert response.status_code == 405 and response.headers["Allow"] == "POST"


def test_no_token_of_a_form_is_needed(owed: Make, stripe: StripeServer) -> None:
    strict = AnyClient(enforce_csrf_checks=True, headers={"User-Agent": PHONE})
    assert press(strict, owed()).status_code == 200


def test_a_provider_that_fails_is_a_page_with_a_way_back(
    reader: Client, owed: Make, stripe: StripeServer
) -> None:
    stripe.fail = lambda _request: (402, {"error": {"message": "No.", "type": "card_error"}})
    invoice = owed()
    response = press(reader, invoice)
    assert response.status_code == 502 and response.headers["Retry-After"] == "30"
    assert "Nothing has been charged" in text(response.content)
    assert f'href="{address(invoice)}"' in response.content.decode()


def test_without_a_card_checkout_there_is_no_page(reader: Client, owed: Make, stripe: StripeServer) -> None:
    invoice = owed()
    CardConnection.objects.update(is_active=False)
    assert press(reader, invoice).status_code == 404


@pytest.mark.parametrize(
    "change", [actions.void, lambda row: actions.apply_payment(row, row.amount_due), lambda row: None]
)
def test_what_asks_for_no_money_leads_back_to_itself(
    reader: Client, owed: Make, stripe: StripeServer, change: Callable[[Invoice], object]
) -> None:
    invoice = owed(live_mode=False)
    change(invoice)
    response = press(reader, invoice)
    assert (response.status_code, response.headers["Location"]) == (302, address(invoice))
    assert not stripe.sessions


def test_an_unknown_link_has_no_card_page(reader: Client, db: None, stripe: StripeServer) -> None:
    assert reader.post("/i/wrong/card/", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 404


def test_one_place_cannot_order_pages_without_end(reader: Client, owed: Make, stripe: StripeServer) -> None:
    invoice = owed()
    codes = [press(reader, invoice).status_code for _ in range(ORDERS + 1)]
    assert codes == [200] * ORDERS + [429]


def test_coming_back_says_that_the_confirmation_is_on_its_way(reader: Client, owed: Make) -> None:
    invoice = owed()
    said = "The confirmation of your payment is on its way"
    assert said in text(reader.get(address(invoice) + "?thanks=1").content)
    actions.apply_payment(invoice, invoice.amount_due)
    assert said not in text(reader.get(address(invoice) + "?thanks=1").content)
