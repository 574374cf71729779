"""Webhooks of hosted checkouts over HTTP: signed ones settle once, whatever the order; all others change nothing."""

import json
from typing import Any
from urllib.request import Request, urlopen

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from businesses.events import broken_links
from businesses.models import Account, Event
from customers.models import Customer
from invoices import actions as invoices
from invoices.audit import breaches
from payments.models import CardConnection, IntentStatus, Payment, PaymentIntent, Refund
from tests.factories import make_business, make_customer
from tests.payments.till import Till, connect, dispute, refunded
from tests.races import race
from tests.stripe_server import WEBHOOK_SECRET, Answer, Json, StripeServer, event, signed

pytestmark = pytest.mark.django_db


def settled_once(invoice: Any) -> Payment:
    """The one payment there is, which paid the invoice in full."""
    invoice.refresh_from_db()
    payment = Payment.objects.get()
    assert (invoice.status, invoice.amount_paid, payment.amount) == ("paid", 10000, 10000)
    assert PaymentIntent.objects.latest("pk").status == IntentStatus.SUCCEEDED
    return payment


def test_a_signed_settlement_pays_the_invoice(till: Till) -> None:
    invoice = till.invoice()
    answer = till.tell(till.paid(invoice))
    assert (answer.status_code, answer.json()) == (200, {"received": True})
    payment = settled_once(invoice)
    assert (payment.source, payment.method, payment.account) == ("stripe", "credit_card", till.account)
    assert payment.external_id == "pi_cs_test_1"
    assert Event.objects.filter(kind="payment.received").get().actor == "provider:Stripe"


def test_the_same_settlement_again_changes_nothing(till: Till) -> None:
    invoice = till.invoice()
    told = till.paid(invoice)
    assert [till.tell(told).status_code for _ in range(3)] == [200, 200, 200]
    settled_once(invoice)
    assert PaymentIntent.objects.get().attempts.count() == 1


@pytest.mark.parametrize(
    "header",
    ["", "t=1,v1=00", "nonsense", "v1=é", f"t={2**70},v1=00", "t=,v1="],
)
def test_without_a_right_signature_nothing_happens(till: Till, header: str) -> None:
    invoice = till.invoice()
    answer = till.tell(till.paid(invoice), HTTP_STRIPE_SIGNATURE=header)
    assert answer.status_code == 401
    assert not Payment.objects.exists()


def test_a_missing_signature_is_as_bad_as_a_wrong_one(till: Till) -> None:
    body = json.dumps(till.paid(till.invoice()))
    assert Client().post(till.address, body, content_type="application/json").status_code == 401
    assert not Payment.objects.exists()


def test_the_secret_of_another_connection_signs_nothing_here(till: Till) -> None:
    other = make_business(slug="other")
    connect(Account.objects.create(business=other, name="Other"), webhook_secret="whsec_other")
    assert till.tell(till.paid(till.invoice()), secret="whsec_other").status_code == 401
    assert not Payment.objects.exists()


def test_another_business_cannot_settle_our_invoice_with_its_own_secret(till: Till) -> None:
    told = till.paid(till.invoice())
    other = make_business(slug="other")
    theirs = connect(Account.objects.create(business=other, name="Other"), webhook_secret="whsec_other")
    till.connection = theirs
    assert till.tell(told, secret="whsec_other").status_code == 200
    assert not Payment.objects.exists()


def test_without_a_stored_secret_nobody_can_sign(till: Till) -> None:
    CardConnection.objects.update(webhook_secret="")
    assert till.tell(event("checkout.session.completed", {}), secret="").status_code == 401


def test_an_old_signature_is_refused(till: Till) -> None:
    body = json.dumps(till.paid(till.invoice())).encode()
    old = signed(body, WEBHOOK_SECRET, int(timezone.now().timestamp()) - 400)
    assert till.tell(body, HTTP_STRIPE_SIGNATURE=old).status_code == 401


def test_an_unreadable_secret_is_our_fault_and_stripe_tries_again(till: Till) -> None:
    told = till.paid(till.invoice())
    with override_settings(SECRET_KEY="another one, after which nothing can be opened any more"):
        assert till.tell(told).status_code == 503
    assert till.tell(told).status_code == 200


def test_an_unknown_connection_is_not_found_and_looking_is_not_allowed(till: Till) -> None:
    assert Client().post("/webhooks/stripe/0123456789abcdef01234567/", b"{}", "text/plain").status_code == 404
    assert Client().get(till.address).status_code == 405


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"[" * 100_000,
        b"\xff\xfe",
        b'{"type": "checkout.session.completed"}',
        b"1" * 5000,
    ],
)
def test_no_body_is_an_error_of_ours(till: Till, body: bytes) -> None:
    """Stripe's own check takes what is not UTF-8 for unsigned."""
    assert till.tell(body).status_code in (200, 401)
    assert not Payment.objects.exists()


def test_a_body_above_a_megabyte_is_refused(till: Till) -> None:
    assert till.tell(b" " * 1_000_001).status_code == 413


def test_a_reference_of_nobody_is_answered_and_left_alone(till: Till) -> None:
    told = till.paid(till.invoice())
    told["data"]["object"]["client_reference_id"] = "somebody else's"
    assert till.tell(told).status_code == 200
    assert not Payment.objects.exists()


def test_a_switched_off_connection_still_hears_of_money(till: Till) -> None:
    invoice = till.invoice()
    told = till.paid(invoice)
    CardConnection.objects.update(is_active=False)
    till.tell(told)
    settled_once(invoice)


@pytest.mark.parametrize(("amount", "status", "credit"), [(9000, "open", 0), (12500, "paid", 2500)])
def test_another_amount_than_asked_is_taken_and_told(
    till: Till, amount: int, status: str, credit: int
) -> None:
    invoice = till.invoice()
    told = till.paid(invoice)
    told["data"]["object"]["amount_total"] = amount
    for _ in range(2):
        assert till.tell(told).status_code == 200
    invoice.refresh_from_db()
    payment = Payment.objects.get()
    assert (payment.amount, payment.unapplied, invoice.status) == (amount, credit, status)
    assert Event.objects.filter(kind="payment.differs").get().data["asked"] == 10000


def test_another_currency_than_asked_becomes_credit_and_staff_are_told(till: Till) -> None:
    invoice = till.invoice()
    told = till.paid(invoice)
    told["data"]["object"]["currency"] = "usd"
    till.tell(told)
    invoice.refresh_from_db()
    payment = Payment.objects.get()
    assert (payment.currency, payment.unapplied, invoice.amount_paid) == ("USD", 10000, 0)
    assert Event.objects.filter(kind="payment.unapplied").get().data["reason"] == "currency"
    assert Event.objects.filter(kind="payment.differs").exists()


def test_a_currency_that_nobody_knows_is_told_back_to_stripe(till: Till) -> None:
    told = till.paid(till.invoice())
    told["data"]["object"]["currency"] = "xxy"
    assert till.tell(told).status_code == 422
    assert not Payment.objects.exists()


def test_money_for_a_void_invoice_becomes_credit_and_staff_are_told(till: Till) -> None:
    invoice = till.invoice()
    told = till.paid(invoice)
    invoices.void(invoice)
    assert till.tell(told).status_code == 200
    payment = Payment.objects.get()
    assert payment.unapplied == 10000
    assert Event.objects.filter(kind="payment.unapplied").get().data["reason"] == "void"


def test_of_two_paid_charges_the_second_becomes_credit(till: Till) -> None:
    invoice = till.invoice()
    first, second = till.paid(invoice), till.paid(invoice, 9999)
    till.tell(first)
    assert till.tell(second).status_code == 200
    invoice.refresh_from_db()
    assert (invoice.status, invoice.amount_paid) == ("paid", 10000)
    assert [row.unapplied for row in Payment.objects.order_by("pk")] == [0, 9999]
    assert Event.objects.filter(kind="payment.unapplied").get().data["reason"] == "overpaid"


def test_a_tip_stays_apart(till: Till) -> None:
    invoice = till.invoice()
    till.tell(till.paid(invoice, 11000, tip=1000))
    invoice.refresh_from_db()
    payment = Payment.objects.get()
    assert (invoice.amount_paid, payment.tip, payment.unapplied) == (10000, 1000, 0)


def slow(session: Json, kind: str, event_id: str, payment_status: str = "unpaid") -> Json:
    """News of a slow method; `kind` is completed, async_payment_succeeded or async_payment_failed."""
    return event(f"checkout.session.{kind}", {**session, "payment_status": payment_status}, event_id)


def test_processing_then_paid(till: Till) -> None:
    invoice = till.invoice()
    session = till.session(invoice)
    till.tell(slow(session, "completed", "evt_1"))
    invoice.refresh_from_db()
    assert (invoice.status, invoice.amount_processing, till.intent().status) == ("open", 10000, "processing")
    paid = {**till.server.pay(session["id"])}
    till.tell(slow(paid, "async_payment_succeeded", "evt_2", "paid"))
    settled_once(invoice)
    till.tell(slow(session, "completed", "evt_1"))
    invoice.refresh_from_db()
    assert (invoice.amount_processing, till.intent().status) == (0, "succeeded")


def test_fail_fail_succeed_is_three_attempts_and_one_payment(till: Till) -> None:
    invoice = till.invoice()
    session = till.session(invoice)
    for event_id in ("evt_1", "evt_1", "evt_2"):
        assert till.tell(slow(session, "async_payment_failed", event_id)).status_code == 200
    till.tell(slow(till.server.pay(session["id"]), "completed", "evt_3", "paid"))
    settled_once(invoice)
    attempts = PaymentIntent.objects.get().attempts.values_list("succeeded", "external_id")
    assert list(attempts) == [(False, "evt_1"), (False, "evt_2"), (True, "pi_cs_test_1")]


def test_a_failure_told_late_takes_nothing_back(till: Till) -> None:
    invoice = till.invoice()
    session = till.session(invoice)
    till.tell(slow(till.server.pay(session["id"]), "completed", "evt_2", "paid"))
    till.tell(slow(session, "async_payment_failed", "evt_1"))
    till.tell(slow(session, "expired", "evt_3"))
    settled_once(invoice)


def test_money_on_its_way_that_fails_is_due_again(till: Till) -> None:
    invoice = till.invoice()
    session = till.session(invoice)
    till.tell(slow(session, "completed", "evt_1"))
    till.tell(slow(session, "async_payment_failed", "evt_2"))
    invoice.refresh_from_db()
    assert (invoice.amount_processing, till.intent().status) == (0, "expired")


def test_an_expired_page_is_paid_all_the_same(till: Till) -> None:
    invoice = till.invoice()
    session = till.session(invoice)
    till.tell(slow(session, "expired", "evt_1"))
    assert till.intent().status == IntentStatus.EXPIRED
    till.tell(slow(till.server.pay(session["id"]), "completed", "evt_2", "paid"))
    settled_once(invoice)


def sold(till: Till, invoice: Any = None) -> Json:
    """A paid session of an invoice of 100.00, whose payment we know of."""
    session = till.session(invoice or till.invoice())
    till.tell(slow(till.server.pay(session["id"]), "completed", "evt_paid", "paid"))
    return session


@pytest.mark.parametrize("ids", [(), ("re_1",)])
def test_a_refund_told_twice_is_one(till: Till, ids: tuple[str, ...]) -> None:
    session = sold(till)
    for _ in range(2):
        assert till.tell(refunded(session, 4000, "evt_r", *ids)).status_code == 200
    refund = Refund.objects.get()
    assert (refund.amount, refund.method, refund.external_id) == (4000, "credit_card", *(ids or ("evt_r",)))


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 1, 0, 1)])
def test_two_refunds_in_any_order_give_back_what_was_told_in_all(till: Till, order: tuple[int, ...]) -> None:
    session = sold(till)
    told = [refunded(session, 3000, "evt_1"), refunded(session, 5000, "evt_2")]
    for which in order:
        till.tell(told[which])
    assert Payment.objects.get().refunded == 5000


def test_a_refund_before_its_payment_is_told_again_later(till: Till) -> None:
    session = till.session(till.invoice())
    till.server.pay(session["id"])
    assert till.tell(refunded(session, 4000, "evt_r")).status_code == 409
    till.tell(slow(session, "completed", "evt_paid", "paid"))
    assert till.tell(refunded(session, 4000, "evt_r")).status_code == 200
    assert Payment.objects.get().refunded == 4000


def test_a_refund_of_something_sold_elsewhere_is_left_alone(till: Till) -> None:
    session = {"payment_intent": "pi_shop", "metadata": {}}
    assert till.tell(refunded(session, 4000, "evt_r")).status_code == 200
    assert till.tell(dispute(session, "created", "evt_d")).status_code == 200
    assert not Refund.objects.exists()


def test_a_lost_dispute_opens_the_invoice_again(till: Till) -> None:
    invoice = till.invoice()
    session = sold(till, invoice)
    till.tell(dispute(session, "created", "evt_1", "needs_response"))
    assert Payment.objects.get().disputed_at is not None
    for _ in range(2):
        assert till.tell(dispute(session, "closed", "evt_2", "lost")).status_code == 200
    invoice.refresh_from_db()
    assert (invoice.status, invoice.amount_paid, invoice.amount_remaining) == ("open", 0, 10000)
    refund = Refund.objects.get()
    assert (refund.kind, refund.amount) == ("chargeback", 10000)


def test_a_dispute_about_a_part_takes_back_that_part(till: Till) -> None:
    invoice = till.invoice()
    session = sold(till, invoice)
    till.tell(dispute(session, "closed", "evt_2", "lost", 2500))
    invoice.refresh_from_db()
    assert (invoice.status, invoice.amount_remaining) == ("open", 2500)


@pytest.mark.parametrize("order", ["cw", "wc", "ccww", "wcw"])
def test_a_won_dispute_leaves_everything_as_it_was(till: Till, order: str) -> None:
    invoice = till.invoice()
    session = sold(till, invoice)
    told = {
        "c": dispute(session, "created", "evt_c", "needs_response"),
        "w": dispute(session, "closed", "evt_w", "won"),
    }
    told["c"]["created"] -= 86_400
    for which in order:
        assert till.tell(told[which]).status_code == 200
    assert settled_once(invoice).disputed_at is None
    kinds = Event.objects.filter(kind__startswith="payment.dispute").values_list("kind", flat=True)
    assert sorted(kinds) == ["payment.dispute_won", "payment.disputed"]


def test_every_event_follows_from_the_one_before(till: Till) -> None:
    session = sold(till)
    till.tell(refunded(session, 3000, "evt_1"))
    till.tell(dispute(session, "closed", "evt_2", "lost"))
    assert list(broken_links(Event.objects.order_by("subject", "id"))) == []
    assert list(breaches()) == []


class Hasty(StripeServer):
    """Tells of the payment before it answers the call that opened the page."""

    def make_session(self, form: Json) -> Answer:
        answer = super().make_session(form)
        self.pay(answer[1]["id"])
        return answer


@pytest.fixture
def payer(transactional_db: None) -> Customer:
    return make_customer(make_business())


@pytest.mark.django_db(transaction=True)
def test_a_payer_opens_the_page_pays_and_the_invoice_is_paid(
    payer: Customer, stripe: StripeServer, live_server: Any
) -> None:
    till = Till(payer, stripe)
    stripe.webhook_url = live_server.url + till.address
    invoice = till.invoice()
    page = till.start(invoice, success_url=f"{live_server.url}/webhooks/")
    shown = urlopen(page).read().decode()
    assert f"Invoice {invoice.number}" in shown and "10000 brl" in shown
    with pytest.raises(Exception, match="404"):
        urlopen(Request(page, b""))
    assert stripe.webhook_answers == [200]
    settled_once(invoice)


@pytest.mark.django_db(transaction=True)
def test_a_settlement_that_overtakes_our_own_call_counts(
    payer: Customer, settings: Any, live_server: Any
) -> None:
    with Hasty() as server:
        settings.STRIPE_API_BASE = server.base_url
        till = Till(payer, server)
        server.webhook_url = live_server.url + till.address
        invoice = till.invoice()
        assert till.start(invoice) == f"{server.base_url}/pay/cs_test_1"
        assert server.webhook_answers == [200]
    settled_once(invoice)


@pytest.mark.django_db(transaction=True)
def test_fifty_copies_at_once_are_one_payment(payer: Customer, stripe: StripeServer) -> None:
    till = Till(payer, stripe)
    invoice = till.invoice()
    told = till.paid(invoice)
    answers = race(50, lambda _thread: till.tell(told).status_code)
    assert answers == [200] * 50
    settled_once(invoice)
    assert Event.objects.filter(kind__in=["payment.received", "invoice.paid"]).count() == 2
    assert PaymentIntent.objects.get().attempts.count() == 1
    assert list(breaches()) == []


@pytest.mark.django_db(transaction=True)
def test_refunds_told_at_once_are_counted_once(payer: Customer, stripe: StripeServer) -> None:
    till = Till(payer, stripe)
    session = sold(till)
    told = [refunded(session, 1000 * (1 + thread % 5), f"evt_{thread % 5}") for thread in range(20)]
    assert race(20, lambda thread: till.tell(told[thread]).status_code) == [200] * 20
    assert Payment.objects.get().refunded == 5000
    assert list(breaches()) == []
