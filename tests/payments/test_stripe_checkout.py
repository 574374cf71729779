"""Stripe Checkout over real HTTP: one page an order, one refund a key, and no webhook that Stripe did not sign."""

import json
import logging
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.request import Request, urlopen

import pytest

from core.problems import Problem
from payments.checkout import BadSignature, Checkout, CheckoutError, News, Order
from payments.stripe_checkout import StripeCheckout
from tests.stripe_server import SECRET_KEY, WEBHOOK_SECRET, Answer, StripeServer, event, paid_event, signed

ORDER = Order(
    reference="pay_7Q2",
    amount=12_345,
    currency="BRL",
    description="Fatura A-12",
    customer_email="maria@example.com",
    language="pt-br",
    success_url="https://billing.example/i/abc/?paid=1",
    cancel_url="https://billing.example/i/abc/",
)
SESSION = {
    "id": "cs_1",
    "payment_status": "paid",
    "payment_intent": "pi_1",
    "client_reference_id": "pay_7Q2",
    "metadata": {"reference": "pay_7Q2"},
    "amount_total": 12_345,
    "currency": "brl",
}


@pytest.fixture
def server() -> Iterator[StripeServer]:
    with StripeServer() as running:
        yield running


@pytest.fixture
def checkout(server: StripeServer) -> Checkout:
    return StripeCheckout(SECRET_KEY, WEBHOOK_SECRET, base_url=server.base_url)


def read(body: bytes | dict[str, Any], *, at: int | None = None, secret: str = WEBHOOK_SECRET) -> News:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return StripeCheckout("", WEBHOOK_SECRET).read_webhook(raw, {"Stripe-Signature": signed(raw, secret, at)})


def now(shift: int = 0) -> int:
    return int(time.time()) + shift


def test_an_order_becomes_a_page(server: StripeServer, checkout: Checkout) -> None:
    session = checkout.create_session(ORDER)
    assert session.url == f"{server.base_url}/pay/{session.external_id}"
    assert timedelta(hours=23) < session.expires_at - datetime.now(UTC) <= timedelta(hours=24)
    (call,) = server.calls
    price = call["line_items"]["0"]["price_data"]
    assert (price["unit_amount"], price["currency"]) == ("12345", "brl")
    assert price["product_data"]["name"] == "Fatura A-12"
    assert call["client_reference_id"] == call["metadata"]["reference"] == "pay_7Q2"
    assert call["payment_intent_data"]["metadata"]["reference"] == "pay_7Q2"
    assert (call["mode"], call["locale"], call["customer_email"]) == ("payment", "pt-BR", "maria@example.com")
    assert call["allowed_payment_method_types"] == {"0": "card"}


def test_the_same_order_twice_is_one_session(server: StripeServer, checkout: Checkout) -> None:
    assert checkout.create_session(ORDER) == checkout.create_session(ORDER)
    assert len(server.sessions) == 1


def test_a_reference_with_another_amount_is_refused_for_good(
    server: StripeServer, checkout: Checkout
) -> None:
    checkout.create_session(ORDER)
    with pytest.raises(CheckoutError) as caught:
        checkout.create_session(replace(ORDER, amount=1))
    assert (caught.value.temporary, caught.value.ambiguous) == (False, False)
    assert len(server.sessions) == 1


def test_what_an_order_leaves_open_is_not_sent(server: StripeServer, checkout: Checkout) -> None:
    checkout.create_session(replace(ORDER, customer_email="", language="fr", instalments=6))
    (call,) = server.calls
    assert {"customer_email", "expires_at", "payment_method_options"} & set(call) == set()
    assert call["locale"] == "auto"


def test_an_order_says_when_its_page_closes(server: StripeServer, checkout: Checkout) -> None:
    closing = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=45)
    session = checkout.create_session(replace(ORDER, expires_at=closing))
    assert session.expires_at == closing


@pytest.mark.parametrize("amount, currency", [(500, "JPY"), (5120, "KWD"), (1, "EUR"), (990, "CLP")])
def test_amounts_are_sent_as_they_are(
    server: StripeServer, checkout: Checkout, amount: int, currency: str
) -> None:
    checkout.create_session(replace(ORDER, amount=amount, currency=currency))
    assert server.calls[0]["line_items"]["0"]["price_data"]["unit_amount"] == str(amount)


@pytest.mark.parametrize(
    "amount, currency, code",
    [
        (5124, "KWD", "decimals"),
        (0, "BRL", "amount"),
        (-1, "BRL", "amount"),
        (500, "ISK", "currency"),
        (500, "UGX", "currency"),
        (5000, "LYD", "currency"),
        (5, "???", "currency"),
    ],
)
def test_amounts_that_stripe_counts_otherwise_are_refused(
    server: StripeServer, checkout: Checkout, amount: int, currency: str, code: str
) -> None:
    with pytest.raises(Problem) as caught:
        checkout.create_session(replace(ORDER, amount=amount, currency=currency))
    assert caught.value.error_list[0].code == code
    assert server.calls == []


def test_a_refund_is_made_once_a_key(server: StripeServer, checkout: Checkout) -> None:
    payment = server.pay(checkout.create_session(ORDER).external_id)["payment_intent"]
    first = checkout.refund(payment, 345, key="r1")
    assert checkout.refund(payment, 345, key="r1") == first
    assert checkout.refund(payment, 345, key="r2") != first
    assert [refund["amount"] for refund in server.refunds.values()] == [345, 345]


def test_a_refund_of_more_than_was_paid_is_refused_for_good(server: StripeServer, checkout: Checkout) -> None:
    payment = server.pay(checkout.create_session(ORDER).external_id)["payment_intent"]
    with pytest.raises(CheckoutError, match="greater than unrefunded") as caught:
        checkout.refund(payment, 12_346, key="r1")
    assert (caught.value.temporary, caught.value.ambiguous) == (False, False)
    with pytest.raises(Problem):
        checkout.refund(payment, 0, key="r2")


def test_a_refund_that_fails_at_once_is_no_refund(server: StripeServer, checkout: Checkout) -> None:
    server.fail = lambda _http: (200, {"id": "re_1", "object": "refund", "status": "failed"})
    with pytest.raises(CheckoutError) as caught:
        checkout.refund("pi_1", 1, key="r1")
    assert not caught.value.temporary


@pytest.mark.parametrize(
    "status, temporary, ambiguous",
    [
        (400, False, False),
        (401, False, False),
        (402, False, False),
        (403, False, False),
        (404, False, False),
        (409, True, True),
        (429, True, False),
        (500, True, True),
        (503, True, True),
    ],
)
def test_a_refusal_says_whether_to_try_again(
    server: StripeServer, checkout: Checkout, status: int, temporary: bool, ambiguous: bool
) -> None:
    calls = []

    def fail(_http: BaseHTTPRequestHandler) -> Answer:
        calls.append(status)
        return status, {"error": {"type": "x", "message": "Your card was declined. " * 50}}

    server.fail = fail
    with pytest.raises(CheckoutError) as caught:
        checkout.create_session(ORDER)
    error = caught.value
    assert (error.temporary, error.ambiguous) == (temporary, ambiguous)
    assert len(error.text) <= 200
    assert error.text.startswith("Your card") == (status < 500)
    assert len(calls) == 1


@pytest.mark.parametrize("answer", [{}, {"id": "cs_1"}, {"id": 5, "url": "x", "expires_at": "y"}])
def test_an_answer_without_what_was_asked_for_leaves_open_what_was_done(
    server: StripeServer, checkout: Checkout, answer: dict[str, Any]
) -> None:
    server.fail = lambda _http: (200, answer)
    with pytest.raises(CheckoutError) as caught:
        checkout.create_session(ORDER)
    assert (caught.value.temporary, caught.value.ambiguous) == (True, True)
    server.fail = lambda _http: (200, {"object": "refund"})
    with pytest.raises(CheckoutError) as caught:
        checkout.refund("pi_1", 1, key="r1")
    assert (caught.value.temporary, caught.value.ambiguous) == (True, True)


def test_a_server_that_is_down_was_never_asked() -> None:
    with StripeServer() as gone:
        address = gone.base_url
    with pytest.raises(CheckoutError) as caught:
        StripeCheckout(SECRET_KEY, WEBHOOK_SECRET, base_url=address).create_session(ORDER)
    assert (caught.value.temporary, caught.value.ambiguous) == (True, False)


def test_a_call_without_an_answer_may_have_been_carried_out(server: StripeServer, checkout: Checkout) -> None:
    def hang_up(http: BaseHTTPRequestHandler) -> None:
        http.connection.shutdown(socket.SHUT_RDWR)

    server.fail = hang_up
    with pytest.raises(CheckoutError) as caught:
        checkout.create_session(ORDER)
    assert (caught.value.temporary, caught.value.ambiguous) == (True, True)
    server.fail = None
    assert checkout.create_session(ORDER) == checkout.create_session(ORDER)


def test_a_slow_answer_is_not_waited_for(
    server: StripeServer, checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payments.stripe_checkout.ANSWER_SECONDS", 1)
    server.fail = lambda _http: time.sleep(2)
    start = time.monotonic()
    with pytest.raises(CheckoutError) as caught:
        checkout.create_session(ORDER)
    assert (caught.value.temporary, caught.value.ambiguous) == (True, True)
    assert time.monotonic() - start < 1.8


def test_the_key_is_in_no_error_repr_or_log(server: StripeServer, caplog: pytest.LogCaptureFixture) -> None:
    wrong = SECRET_KEY.replace("9f3a", "0000")
    checkout = StripeCheckout(wrong, WEBHOOK_SECRET, base_url=server.base_url)
    logging.getLogger("stripe").setLevel(logging.WARNING)
    with pytest.raises(CheckoutError) as caught:
        checkout.create_session(ORDER)
    assert "Invalid API Key provided: sk_t…0000" in caught.value.text
    assert caught.value.__cause__ is None
    assert WEBHOOK_SECRET not in repr(checkout)
    for said in (str(caught.value), repr(caught.value), repr(checkout), caplog.text):
        assert wrong not in said


@pytest.mark.parametrize(
    "key", ["", "pk_test_123", "sk_test_1\nX-Evil: 1", "sk_é", " sk_test_1", "sk_" + "x" * 500]
)
def test_what_is_no_secret_key_is_refused_before_a_call(server: StripeServer, key: str) -> None:
    with pytest.raises(Problem):
        StripeCheckout(key, WEBHOOK_SECRET, base_url=server.base_url).create_session(ORDER)
    assert server.calls == []


def test_a_paid_session_is_a_settlement() -> None:
    told = read(paid_event(SESSION))
    assert told.kind == "paid"
    assert told.event_id == "evt_cs_1"
    assert told.settlement is not None
    assert (told.settlement.amount, told.settlement.currency, told.settlement.fee) == (12_345, "BRL", None)
    assert (told.settlement.reference, told.settlement.payment_id) == ("pay_7Q2", "pi_1")
    assert datetime.now(UTC) - told.settlement.paid_at < timedelta(seconds=30)


def test_the_pay_button_sends_a_webhook_that_is_believed(server: StripeServer, checkout: Checkout) -> None:
    session = checkout.create_session(replace(ORDER, success_url=f"{server.base_url}/pay/cs_test_1"))
    page = urlopen(session.url, timeout=5).read().decode()
    assert "Fatura A-12" in page
    urlopen(Request(session.url, b"", method="POST"), timeout=5).close()
    told = read(paid_event(server.sessions[session.external_id]))
    assert told.settlement is not None
    assert (told.settlement.amount, told.session_id) == (12_345, session.external_id)


@pytest.mark.parametrize("shift", [-299, 0, 295])
def test_a_signature_is_good_for_five_minutes(shift: int) -> None:
    assert read(paid_event(SESSION), at=now(shift)).kind == "paid"


@pytest.mark.parametrize("shift", [-302, -86_400, 310, 10**12])
def test_an_old_or_future_signature_is_refused(shift: int) -> None:
    with pytest.raises(BadSignature):
        read(paid_event(SESSION), at=now(shift))


def test_another_secret_or_another_body_is_refused() -> None:
    body = json.dumps(paid_event(SESSION)).encode()
    with pytest.raises(BadSignature):
        read(body, secret="whsec_other")
    with pytest.raises(BadSignature):
        StripeCheckout("", WEBHOOK_SECRET).read_webhook(
            body.replace(b"12345", b"1"), {"Stripe-Signature": signed(body, WEBHOOK_SECRET)}
        )


@pytest.mark.parametrize(
    "header",
    [None, "", " ", "t=1", "v1=abc", "t=x,v1=y", "t=,v1=", "t", "é", "t=1,v1=é", "t=" + "9" * 5000 + ",v1=a", "\ud800"],
)  # fmt: skip
def test_a_missing_or_odd_header_is_refused(header: str | None) -> None:
    body = json.dumps(paid_event(SESSION)).encode()
    with pytest.raises(BadSignature):
        StripeCheckout("", WEBHOOK_SECRET).read_webhook(
            body, {} if header is None else {"Stripe-Signature": header}
        )


@pytest.mark.parametrize("secret", ["", " "])
def test_without_a_webhook_secret_nothing_is_believed(secret: str) -> None:
    body = json.dumps(paid_event(SESSION)).encode()
    with pytest.raises(BadSignature):
        StripeCheckout("", secret).read_webhook(body, {"Stripe-Signature": signed(body, secret)})


def test_a_header_name_may_be_written_in_lower_case() -> None:
    body = json.dumps(paid_event(SESSION)).encode()
    header = {"stripe-signature": signed(body, WEBHOOK_SECRET)}
    assert StripeCheckout("", WEBHOOK_SECRET).read_webhook(body, header).kind == "paid"


def test_a_replay_says_the_same_under_the_same_id() -> None:
    body = json.dumps(paid_event(SESSION)).encode()
    at = now()
    assert len({read(body, at=at) for _time in range(50)}) == 1


@pytest.mark.parametrize(
    "kind, change, expected",
    [
        ("checkout.session.completed", {"payment_status": "unpaid"}, "processing"),
        ("checkout.session.completed", {"payment_status": "no_payment_required"}, "ignored"),
        ("checkout.session.async_payment_succeeded", {}, "paid"),
        ("checkout.session.async_payment_failed", {"payment_status": "unpaid"}, "failed"),
        ("checkout.session.expired", {"payment_status": "unpaid", "payment_intent": None}, "expired"),
        ("customer.created", {}, "ignored"),
    ],
)
def test_sessions_tell_how_they_end(kind: str, change: dict[str, Any], expected: str) -> None:
    told = read(event(kind, SESSION | change))
    assert told.kind == expected
    assert (told.settlement is not None) == (expected == "paid")
    if kind.startswith("checkout"):
        assert (told.session_id, told.reference, told.amount) == ("cs_1", "pay_7Q2", 12_345)


def test_a_refund_tells_what_is_refunded_in_all() -> None:
    charge = {
        "id": "ch_1",
        "payment_intent": "pi_1",
        "amount": 12_345,
        "amount_refunded": 345,
        "currency": "brl",
        "metadata": {"reference": "pay_7Q2"},
    }
    told = read(event("charge.refunded", charge))
    assert (told.kind, told.amount, told.currency, told.payment_id) == ("refunded", 345, "BRL", "pi_1")
    assert (told.reference, told.refund_ids) == ("pay_7Q2", ())
    listed = charge | {"refunds": {"data": [{"id": "re_2"}, {"id": "re_1"}, {}, 5]}}
    assert read(event("charge.refunded", listed)).refund_ids == ("re_2", "re_1")


@pytest.mark.parametrize(
    "kind, status, expected",
    [
        ("created", "needs_response", "disputed"),
        ("closed", "lost", "dispute_lost"),
        ("closed", "won", "dispute_won"),
        ("closed", "warning_closed", "dispute_won"),
        ("closed", "prevented", "ignored"),
    ],
)
def test_a_dispute_tells_how_it_ends(kind: str, status: str, expected: str) -> None:
    dispute = {
        "id": "dp_1", "payment_intent": "pi_1", "amount": 12_345, "currency": "brl",
        "status": status, "reason": "fraudulent",
    }  # fmt: skip
    told = read(event(f"charge.dispute.{kind}", dispute))
    assert (told.kind, told.payment_id, told.amount) == (expected, "pi_1", 12_345)
    assert told.reason == "fraudulent"


@pytest.mark.parametrize(
    "change",
    [
        {"amount_total": None},
        {"amount_total": 123.45},
        {"amount_total": "12345"},
        {"amount_total": True},
        {"amount_total": -1},
        {"amount_total": 10**30},
        {"currency": None},
        {"payment_intent": {"id": "pi_1"}},
        {"id": ""},
        {"client_reference_id": None, "metadata": None},
        {"client_reference_id": "\ud800", "metadata": {}},
    ],
)
def test_a_payment_that_does_not_say_all_is_not_booked(change: dict[str, Any]) -> None:
    told = read(paid_event(SESSION | change))
    assert (told.kind, told.settlement, told.reason) == ("ignored", None, "incomplete")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"\xff", b"{", b"null", b"5", b"[]", b'"x"', b"{}", b'{"type": 5}', b'{"type": []}', b"[" * 200_000,
        b'{"type": "checkout.session.completed"}', b'{"type": "charge.refunded", "data": []}',
        b'{"type": "charge.dispute.closed", "data": {"object": null}}', b"9" * 6000, b"NaN",
    ],
    ids=lambda body: ascii(body[:30]),
)  # fmt: skip
def test_a_signed_body_that_is_something_else_harms_nothing(body: bytes) -> None:
    try:
        assert read(body).kind == "ignored"
    except BadSignature:
        assert body == b"\xff"
