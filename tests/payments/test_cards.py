"""The card link: one page for one order, its hours, its refusals; money given back once; secrets that stay inside."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from businesses.models import Account, Business, Event, User
from core.problems import Conflict, Problem
from invoices import actions as invoices
from payments import cards
from payments.card_connections import checkout_of, connection_for, save_connection
from payments.checkout import CheckoutError
from payments.models import CardConnection, IntentStatus, Payment, PaymentIntent, Refund
from payments.refunds import GivenBack, refund
from tests.factories import make_business, make_customer
from tests.pages import form_at
from tests.payments.money import issued, pay
from tests.payments.till import BACK, Till, connect, refunded
from tests.stripe_server import SECRET_KEY, WEBHOOK_SECRET, Answer, Json, StripeServer, refusal

pytestmark = pytest.mark.django_db

SCREEN = "/admin/payments/cardconnection/"
OTHER_KEY = "rk_live_51OtherOtherOtherOtherOther77e1"


def answering(*answer: Any) -> Callable[[BaseHTTPRequestHandler], Answer]:
    return lambda _http: answer


def test_a_payer_is_sent_to_a_page_for_the_amount(till: Till) -> None:
    invoice = till.invoice()
    page = till.start(invoice, 11000, tip=1000, language="pt-br")
    session = till.server.sessions["cs_test_1"]
    assert page == session["url"]
    assert (session["amount_total"], session["currency"], session["locale"]) == (11000, "brl", "pt-BR")
    assert session["name"] == f"Fatura {invoice.number}"
    assert (session["customer_email"], session["cancel_url"]) == ("maria@example.com", BACK)
    intent = till.intent()
    assert session["client_reference_id"] == intent.public_id
    assert (intent.external_id, intent.url, intent.tip) == ("cs_test_1", page, 1000)
    assert intent.expires_at and int(intent.expires_at.timestamp()) == session["expires_at"]


def test_the_same_order_again_is_the_same_page(till: Till) -> None:
    invoice = till.invoice()
    assert till.start(invoice) == till.start(invoice)
    assert (PaymentIntent.objects.count(), len(till.server.calls)) == (1, 1)


@pytest.mark.parametrize(
    "other", [{"amount": 9000}, {"amount": 10000, "tip": 500}, {"amount": 10000, "part": 0}]
)
def test_another_order_is_another_page(till: Till, other: dict[str, int]) -> None:
    invoice = till.invoice()
    assert till.start(invoice) != till.start(invoice, **other)


def test_a_page_that_closes_soon_is_not_offered_again(till: Till) -> None:
    invoice = till.invoice()
    first = till.start(invoice)
    PaymentIntent.objects.update(expires_at=timezone.now() + timedelta(minutes=5))
    assert till.start(invoice) != first


def test_a_page_opened_with_another_key_is_not_offered_again(till: Till) -> None:
    invoice = till.invoice()
    first = till.start(invoice)
    save_connection(till.connection)
    assert till.start(invoice) != first


@pytest.mark.parametrize(
    ("now", "closes"),
    [
        ("2026-11-20T12:00", "2026-11-21T03:00"),
        ("2026-11-21T02:50", "2026-11-21T03:25"),
        ("2026-11-21T03:01", "2026-11-22T02:01"),
    ],
)
def test_a_page_closes_with_the_day_of_the_business(business: Business, now: str, closes: str) -> None:
    """São Paulo is three hours behind UTC; 35 minutes at least, 23 hours at most."""
    at, expected = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (now, closes))
    assert cards.closing(business, at) == expected


def test_the_first_settlement_cancels_the_other_charges(till: Till) -> None:
    invoice = till.invoice()
    till.start(invoice, 9000)
    till.tell(till.paid(invoice))
    assert set(PaymentIntent.objects.values_list("status", flat=True)) == {"succeeded", "cancelled"}
    invoice.refresh_from_db()
    with pytest.raises(Conflict):
        till.start(invoice, 9000)


@pytest.mark.parametrize("amount", [0, -1, 10**16, 10**40])
def test_an_amount_that_makes_no_sense_opens_nothing(till: Till, amount: int) -> None:
    with pytest.raises(Problem):
        till.start(till.invoice(), amount)
    assert not PaymentIntent.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"tip": 10000}, "tip"), ({"tip": -1}, "tip"), ({"part": 1}, "part"), ({"part": -1}, "part")],
)
def test_a_wrong_tip_or_part_is_named(till: Till, wrong: dict[str, int], field: str) -> None:
    with pytest.raises(Problem) as refused:
        till.start(till.invoice(), **wrong)
    assert refused.value.field == field
    assert not till.server.calls


def test_a_void_invoice_is_not_for_paying(till: Till) -> None:
    invoice = till.invoice()
    till.start(invoice)
    with pytest.raises(Conflict):
        till.start(invoices.void(invoice))


def no_account(till: Till) -> Any:
    return issued(till.customer)


def other_method(till: Till) -> Any:
    return till.invoice(payable_with=("pix",))


def switched_off(till: Till) -> Any:
    CardConnection.objects.update(is_active=False)
    return till.invoice()


def without_webhook(till: Till) -> Any:
    CardConnection.objects.update(webhook_secret="")
    return till.invoice()


@pytest.mark.parametrize("without", [no_account, other_method, switched_off, without_webhook])
def test_without_a_working_till_there_is_no_card_link(till: Till, without: Callable[[Till], Any]) -> None:
    invoice = without(till)
    assert connection_for(invoice) is None
    with pytest.raises(Problem) as refused:
        till.start(invoice)
    assert refused.value.code == "cards"
    assert not PaymentIntent.objects.exists()


def test_secrets_that_no_key_opens_close_the_till(till: Till) -> None:
    invoice = till.invoice()
    with override_settings(SECRET_KEY="another one, after which nothing can be opened any more"):
        assert connection_for(invoice) is None


@pytest.mark.parametrize("status", [402, 500])
def test_a_provider_that_fails_leaves_a_failed_attempt_and_the_next_try_is_new(
    till: Till, status: int
) -> None:
    invoice = till.invoice()
    till.server.fail = answering(*refusal(status, "Not today."))
    with pytest.raises(CheckoutError):
        till.start(invoice)
    intent = till.intent()
    assert (intent.status, intent.url, intent.attempts.get().succeeded) == (IntentStatus.EXPIRED, "", False)
    till.server.fail = None
    assert till.start(invoice) == f"{till.server.base_url}/pay/cs_test_1"
    assert till.intent().pk != intent.pk


def test_a_currency_that_stripe_counts_otherwise_is_refused(till: Till) -> None:
    with pytest.raises(Problem) as refused:
        till.start(till.invoice(currency="ISK", price="100"), 100)
    assert refused.value.field == "currency"
    assert till.intent().status == IntentStatus.EXPIRED


def sold(till: Till, amount: int = 10000) -> Payment:
    """A card payment of an invoice of 100.00."""
    till.tell(till.paid(till.invoice(), amount))
    return Payment.objects.latest("pk")


def test_money_is_given_back_at_stripe_and_on_record(till: Till) -> None:
    payment = sold(till)
    row = cards.give_back(payment, 4000, "scratched")
    assert (row.amount, row.external_id, row.reason, row.method) == (
        4000,
        "re_2",
        "scratched",
        "credit_card",
    )
    assert till.server.refunds["re_2"]["amount"] == 4000
    payment.refresh_from_db()
    assert payment.refunded == 4000


def test_the_webhook_about_our_own_refund_counts_nothing_again(till: Till) -> None:
    payment = sold(till)
    cards.give_back(payment, 4000)
    session = till.server.sessions["cs_test_1"]
    assert till.tell(refunded(session, 4000, "evt_r")).status_code == 200
    payment.refresh_from_db()
    assert payment.refunded == 4000


@pytest.mark.django_db(transaction=True)
def test_a_webhook_that_overtakes_stripe_s_answer_waits_for_our_record(stripe: StripeServer) -> None:
    """Only whoever asked knows the reason, and whether the invoice asks for the money again."""
    till = Till(make_customer(make_business()), stripe)
    payment = sold(till)
    session, answers = till.server.sessions["cs_test_1"], []

    def make_refund(form: Json) -> Answer:
        answer = StripeServer.make_refund(till.server, form)
        answers.append(till.tell(refunded(session, 4000, "evt_r")).status_code)
        connection.close()  # of the server's thread
        return answer

    till.server.make_refund = make_refund  # type: ignore[method-assign]
    cards.give_back(payment, 4000, "scratched", reopen=True)
    answers.append(till.tell(refunded(session, 4000, "evt_r")).status_code)
    assert answers == [409, 200]
    assert Refund.objects.get().reason == "scratched"
    assert payment.allocations.latest("pk").invoice.amount_remaining == 4000


def test_a_refund_that_nobody_recorded_is_recorded_by_its_webhook(till: Till) -> None:
    payment = sold(till)
    session = till.server.sessions["cs_test_1"]
    long_ago = timezone.now() - timedelta(minutes=2)
    Event.objects.create(
        subject=f"payment:{payment.pk}",
        kind="payment.refund_asked",
        at=long_ago,
        digest="x",
        business=payment.business,
    )
    assert till.tell(refunded(session, 4000, "evt_r")).status_code == 200
    assert Refund.objects.get().external_id == "evt_r"


def test_after_a_lost_answer_nothing_is_recorded_until_it_is_asked_for_again(till: Till) -> None:
    payment = sold(till)
    till.server.fail = answering(*refusal(500, "Gone."))
    with pytest.raises(Problem) as unknown:
        cards.give_back(payment, 4000)
    assert unknown.value.code == "ambiguous"
    assert not Refund.objects.exists()
    till.server.fail = None
    cards.give_back(payment, 4000)
    cards.give_back(payment, 4000)
    payment.refresh_from_db()
    assert payment.refunded == 8000
    assert sum(made["amount"] for made in till.server.refunds.values()) == 8000


def test_the_same_refund_twice_at_once_is_one(till: Till) -> None:
    """A double click: the second asks before the first has recorded anything."""
    payment = sold(till)
    key = f"{payment.public_id}-0-4000"
    first = checkout_of(till.connection).refund(payment.external_id, 4000, key=key)
    assert cards.give_back(payment, 4000).external_id == first
    assert len(till.server.refunds) == 1


def test_a_form_that_is_sent_again_gives_nothing_more(till: Till) -> None:
    payment = sold(till)
    for amount in (4000, 4000, 5000):
        cards.give_back(payment, amount, key="form-1")
        payment.refresh_from_db()
    assert payment.refunded == 4000
    assert sum(made["amount"] for made in till.server.refunds.values()) == 4000
    cards.give_back(payment, 4000, key="form-2")
    payment.refresh_from_db()
    assert payment.refunded == 8000


def test_money_given_back_in_cash_does_not_hide_a_refund_at_stripe(till: Till) -> None:
    payment = sold(till)
    refund(payment, GivenBack(3000, method="cash"))
    till.tell(refunded(till.server.sessions["cs_test_1"], 2000, "evt_r"))
    payment.refresh_from_db()
    assert payment.refunded == 5000


@pytest.mark.parametrize("amount", [0, -5, 10001, 10**30])
def test_more_than_was_paid_is_not_asked_of_stripe(till: Till, amount: int) -> None:
    payment, calls = sold(till), len(till.server.calls)
    with pytest.raises(Problem) as refused:
        cards.give_back(payment, amount)
    assert refused.value.field == "amount"
    assert len(till.server.calls) == calls


def test_stripe_s_refusal_is_said_and_nothing_recorded(till: Till) -> None:
    payment = sold(till)
    till.server.fail = answering(*refusal(400, "Charge is disputed."))
    with pytest.raises(Problem) as refused:
        cards.give_back(payment, 4000)
    assert refused.value.code == "refused" and "Charge is disputed." in refused.value.text
    assert not Refund.objects.exists()


def test_a_payment_that_no_till_took_cannot_go_back_through_one(till: Till) -> None:
    with pytest.raises(Problem) as refused:
        cards.give_back(pay(till.invoice(), 10000), 100)
    assert refused.value.code == "cards"


def test_the_event_of_a_connection_holds_no_secret(till: Till) -> None:
    till.connection.secret_key, till.connection.is_active = OTHER_KEY, False
    save_connection(till.connection, by="command:demo")
    events = Event.objects.filter(kind__startswith="cards.").order_by("pk")
    assert [event.kind for event in events] == ["cards.connected", "cards.changed"]
    told = str([event.data for event in events])
    assert "sk_" not in told and "rk_" not in told and "whsec" not in told
    assert events[1].data["changes"]["is_active"] == ["True", "False"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"secret_key": "pk_live_123"}, "secret_key"),
        ({"secret_key": ""}, "secret_key"),
        ({"secret_key": "sk_live_\u202e1"}, "secret_key"),
        ({"webhook_secret": "sk_live_123"}, "webhook_secret"),
        ({"provider": "cowries"}, "provider"),
    ],
)
def test_what_cannot_be_a_secret_is_not_stored(till: Till, wrong: dict[str, str], field: str) -> None:
    account = Account.objects.create(business=till.customer.business, name="Second")
    with pytest.raises(ValidationError) as refused:
        connect(account, **wrong)
    named = getattr(refused.value, "field", "") or next(iter(refused.value.message_dict))
    assert named == field
    assert CardConnection.objects.count() == 1


@pytest.fixture
def browser(till: Till, staff: Callable[..., User]) -> Client:
    client = Client()
    client.force_login(staff("admin", language="en"))
    return client


def test_a_connection_is_made_on_its_screen(till: Till, browser: Client) -> None:
    account = Account.objects.create(business=till.customer.business, name="Second")
    form = form_at(browser, f"{SCREEN}add/", "cardconnection_form")
    values = {"account": account.pk, "new_secret_key": f" {OTHER_KEY} ", "is_active": "on"}
    answer = browser.post(f"{SCREEN}add/", {**form, **values})
    assert answer.status_code == 302
    made = CardConnection.objects.latest("pk")
    assert answer.headers["Location"] == f"{SCREEN}{made.pk}/change/"
    assert (made.account, made.business, made.secret_key) == (account, account.business, OTHER_KEY)
    assert Event.objects.about(made).get().actor.startswith("user:admin")


def card(till: Till) -> str:
    return f"{SCREEN}{till.connection.pk}/change/"


def test_an_empty_secret_keeps_the_one_that_is_stored(till: Till, browser: Client) -> None:
    form = form_at(browser, card(till), "cardconnection_form")
    assert browser.post(card(till), {**form, "new_webhook_secret": "whsec_new"}).status_code == 302
    connection = CardConnection.objects.get()
    assert (connection.secret_key, connection.webhook_secret) == (SECRET_KEY, "whsec_new")
    assert list(Event.objects.about(connection).latest("pk").data["changes"]) == ["webhook_secret"]


def test_no_page_shows_a_secret(till: Till, browser: Client) -> None:
    wrong = browser.post(card(till), {"new_secret_key": OTHER_KEY, "new_webhook_secret": "nonsense-secret"})
    assert "begins with whsec_" in wrong.content.decode()
    for page in (SCREEN, card(till), f"{card(till)[:-7]}history/", "/admin/businesses/event/"):
        wrong.content += browser.get(page).content
    shown = wrong.content.decode()
    for secret in (SECRET_KEY, WEBHOOK_SECRET, OTHER_KEY, "nonsense-secret"):
        assert secret not in shown
    assert "sk_t…9f3a" in shown
    assert till.address in shown


def test_a_connection_whose_secrets_no_key_opens_can_be_mended(
    till: Till, browser: Client, settings: Any
) -> None:
    settings.SECRET_KEY_FALLBACKS = []
    with override_settings(SECRET_KEY="another one, after which nothing can be opened any more"):
        client = Client()
        client.force_login(User.objects.latest("pk"))
        assert client.get(SCREEN).status_code == 200
        form = form_at(client, card(till), "cardconnection_form")
        values = {"new_secret_key": OTHER_KEY, "new_webhook_secret": "whsec_new"}
        assert client.post(card(till), {**form, **values}).status_code == 302
        assert CardConnection.objects.get().secret_key == OTHER_KEY


def test_an_account_of_another_business_cannot_be_connected(till: Till, browser: Client) -> None:
    foreign = Account.objects.create(business=make_business(slug="other"), name="Foreign")
    form = form_at(browser, f"{SCREEN}add/", "cardconnection_form")
    answer = browser.post(f"{SCREEN}add/", {**form, "account": foreign.pk, "new_secret_key": OTHER_KEY})
    assert answer.status_code == 200 and "account" in answer.context["adminform"].form.errors
    assert CardConnection.objects.count() == 1


@pytest.mark.parametrize("role", ["viewer", "biller", "finance"])
def test_only_administrators_come_here(till: Till, staff: Callable[..., User], role: str) -> None:
    client = Client()
    client.force_login(staff(role))
    assert client.get(SCREEN).status_code == 403
    assert client.get(card(till)).status_code in (302, 403, 404)
    assert "cardconnection" not in client.get("/admin/").content.decode()
