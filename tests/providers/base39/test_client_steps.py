"""Base39 as its client, one request at a time: what is asked, what is stored, and what each answer leads to."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from core.http import Answer, CallFailed, Request
from providers.base39 import wire
from providers.base39.client import BASE39
from providers.connector import (
    Access,
    Bill,
    Busy,
    Learned,
    Refused,
    Remote,
    Standing,
    Tokens,
    Unauthorized,
)
from tests.factories import line, make_draft, tax
from tests.providers.stepping import HTML, KEY, PUBLIC_ID, TIME_OUT, Walk, bill_of, job_of, known, says, walk

ACCESS = Access(
    "https://api.base39.example", {"api_key": "bs_live_x", "beneficiary": "fund_1"}, {"money": "major"}
)
DOCUMENT_001 = {
    "payer", "beneficiary", "dueDate", "type", "description", "items", "autoFinalize", "updateInvoiceItemOnInsert",
    "paidAt", "metadata",
}  # fmt: skip
INV = "inv_5f92f01728e009f403d8502e"
CREATE, FINALIZE, LOOK = "POST v1/invoices", f"POST v1/invoices/{INV}/finalize", f"GET v1/invoices/{INV}"
VOID = f"POST v1/invoices/{INV}/void"
LISTED = "GET v1/invoices?beneficiary=fund_1&payer=cust_7&due_date_start=2026-03-16&due_date_end=2026-03-16&limit=50"
NONE = says({"hasMore": False, "data": []})
INTENT, PAID = f"POST v1/payment-intents?invoice={INV}", "POST v1/payment-intents/pi_1/pay"


def invoice(status: str = "draft", **fields: Any) -> dict[str, Any]:
    return {"id": INV, "status": status, "amountDue": 100, "amountPaid": 0, "amountRemaining": 100, **fields}


def issue(*answers: Answer | CallFailed, bill: Bill | None = None, **fields: Any) -> Walk:
    access = fields.pop("access", ACCESS)
    return walk(BASE39.operations["issue"](job_of(access, bill, **fields)), *answers)


def options(**told: str) -> Access:
    return replace(ACCESS, options={**ACCESS.options, **told})


def test_an_invoice_is_created_and_then_finalized() -> None:
    done = issue(says(invoice(), 201), says(invoice("open")))
    assert done.failed is None and done.asked == [CREATE, FINALIZE]
    assert [request.headers["Idempotency-Key"] for request in done.requests] == [KEY, f"{KEY}-finalize"]
    assert {request.headers["Authorization"] for request in done.requests} == {"Bearer bs_live_x"}
    assert done.learned == {
        "id": INV, "standing": "open", "word": "open", "total": 10000, "paid": 0, "notes": {},
    }  # fmt: skip
    assert done.noted[0] == Learned(INV, standing="draft", word="draft", total=10000, paid=0)


def test_what_is_sent_is_what_document_001_takes() -> None:
    lines = [line("10.00", "3", tax("5")), line("7.50")]
    body = issue(TIME_OUT, bill=bill_of(make_draft(1, lines, document_tax=33))).body()
    assert set(body) <= DOCUMENT_001
    wire.CreateInvoice.model_validate({**body, "items": []})
    assert (body["payer"], body["beneficiary"], body["type"]) == ("cust_7", "fund_1", "pay_off")
    assert body["metadata"] == {"faturo_id": PUBLIC_ID, "faturo_number": "2026-0007"}
    assert (body["autoFinalize"], body["updateInvoiceItemOnInsert"]) == (False, False)
    assert body["dueDate"] == "2026-03-16" and body["description"] == "2026-0007"
    assert [item["amount"] for item in body["items"]] == [31.5, 7.5, 0.33]


def test_amounts_are_cents_where_the_connection_says_so() -> None:
    done = issue(
        says(invoice(amountDue=10000)), says(invoice("open", amountDue=10000)), access=options(money="minor")
    )
    assert done.body()["items"][0]["amount"] == 10000
    assert done.failed is None and done.learned["total"] == 10000


def test_one_request_is_enough_where_the_connection_finalizes_at_once() -> None:
    done = issue(says(invoice("open"), 201), access=options(finalize="at_once"))
    assert done.asked == [CREATE] and done.body()["autoFinalize"] is True and done.failed is None


def test_another_total_there_is_never_finalized() -> None:
    done = issue(says(invoice(amountDue=1), 201))
    assert done.asked == [CREATE] and isinstance(done.failed, Refused)
    assert "1,00" in done.failed.text and "100,00" in done.failed.text
    again = issue(says(invoice(amountDue=1)), remote=known(INV))
    assert again.asked == [LOOK] and isinstance(again.failed, Refused)


FAILURES: list[tuple[Answer | CallFailed, type[Exception], bool | None]] = [
    (says({}, 429, retry_after="7"), Busy, False),
    (says({"code": "UNEXPECTED_ERROR", "message": "x"}, 500), Busy, True),
    (says(b"<html>", 503), Busy, False),
    (says({"code": "busy"}, 409, retry_after="1"), Busy, True),
    (TIME_OUT, CallFailed, True),
    (CallFailed("connect", is_unclear=False), CallFailed, False),
    (HTML, CallFailed, True),
    (says([]), CallFailed, True),
    (says({"id": None, "status": "draft"}), CallFailed, True),
    (says({"message": "Unauthorized"}, 401), Unauthorized, None),
    (says({"message": "Missing Authentication Token"}, 403), Unauthorized, None),
    (says({"code": "INVALID_BODY", "message": "payer is wrong"}, 422), Refused, None),
    (says(b"", 302, location="http://127.0.0.1/"), Refused, None),
]


@pytest.mark.parametrize(("answer", "kind", "unclear"), FAILURES)
@pytest.mark.parametrize("before", [0, 1])
def test_each_step_ends_as_its_answer_deserves(
    before: int, answer: Answer | CallFailed, kind: type[Exception], unclear: bool | None
) -> None:
    """The first step is the creation, the second the finalization, where a refusal is looked into."""
    looked = [says(invoice())] if before and kind is Refused and getattr(answer, "status", 0) == 422 else []
    done = issue(*[says(invoice(), 201)][:before], answer, *looked)
    assert type(done.failed) is kind
    if unclear is not None:
        assert getattr(done.failed, "is_unclear") is unclear  # noqa: B009
    assert bool(done.learned.get("id")) == bool(before)


def test_the_provider_s_own_words_are_kept() -> None:
    done = issue(says({"code": "INVALID_BODY", "message": "The document field must have a valid CPF."}, 400))
    assert isinstance(done.failed, Refused)
    assert (done.failed.text, done.failed.status) == ("The document field must have a valid CPF.", 400)


def test_after_an_unclear_creation_the_very_same_request_is_made_again() -> None:
    """After a look that found nothing."""
    first, again = issue(TIME_OUT), issue(NONE, says(invoice(), 201), says(invoice("open")), is_unclear=True)
    assert again.asked == [LISTED, CREATE, FINALIZE] and again.failed is None
    assert first.requests[0] == again.requests[1]


@pytest.mark.parametrize(
    ("there", "asked"),
    [("draft", [LOOK, FINALIZE]), ("open", [LOOK]), ("paid", [LOOK]), ("new_word", [LOOK])],
)
def test_what_was_begun_is_taken_up_where_it_stands(there: str, asked: list[str]) -> None:
    done = issue(*[says(invoice(there)), says(invoice("open"))][: len(asked)], remote=known(INV))
    assert done.asked == asked and done.failed is None


def test_what_was_deleted_there_is_not_made_again() -> None:
    for answer in (says({}, 404), says(invoice(deleted=True))):
        done = issue(answer, remote=known(INV))
        assert isinstance(done.failed, Refused) and done.learned["standing"] == Standing.GONE


def test_to_be_finalized_already_is_no_failure() -> None:
    refused = says({"code": "CONFLICT", "message": "It is open"}, 409)
    done = issue(says(invoice(), 201), refused, says(invoice("open")))
    assert done.failed is None and done.learned["standing"] == "open"


def test_money_that_was_let_go_or_credited_since_keeps_it_here() -> None:
    bill = bill_of(amount_due=9000)
    assert isinstance(issue(bill=bill).failed, Refused)
    ours = {"hasMore": False, "data": [invoice(metadata={"faturo_id": PUBLIC_ID})]}
    is_there = issue(says(ours), says(invoice("open")), bill=bill, is_unclear=True)
    assert is_there.failed is None and is_there.asked == [LISTED, FINALIZE]
    is_not = issue(NONE, bill=bill, is_unclear=True)
    assert isinstance(is_not.failed, Refused) and is_not.asked == [LISTED]


OAUTH = replace(
    ACCESS,
    credentials={"client_id": "me", "client_secret": "s3cret", "beneficiary": "fund_1", "auth_url": "https://auth.example/oauth2/token"},
)  # fmt: skip
NO = says({"message": "Unauthorized"}, 401)
GRANTED = says({"access_token": "fresh", "expires_in": 3600})


def shown(request: Request) -> str:
    return request.headers.get("Authorization", "")


def test_client_credentials_are_traded_for_a_token_that_is_stored() -> None:
    done = issue(GRANTED, says(invoice(), 201), says(invoice("open")), access=OAUTH)
    assert done.asked == ["POST oauth2/token", CREATE, FINALIZE] and done.failed is None
    assert done.requests[0].is_secret and done.requests[0].url == "https://auth.example/oauth2/token"
    assert done.requests[0].body == (
        b"grant_type=client_credentials&scope=read+write&client_id=me&client_secret=s3cret"
    )
    assert done.noted[0] == Tokens({"access_token": "fresh"})
    assert [shown(request) for request in done.requests[1:]] == ["Bearer fresh", "Bearer fresh"]


def test_a_token_that_has_ended_is_renewed_once_and_the_request_repeated() -> None:
    access = replace(OAUTH, tokens={"access_token": "stale"})
    done = issue(NO, GRANTED, says(invoice(), 201), says(invoice("open")), access=access)
    assert done.failed is None and done.asked == [CREATE, "POST oauth2/token", CREATE, FINALIZE]
    assert [shown(request) for request in done.requests] == [
        "Bearer stale",
        "",
        "Bearer fresh",
        "Bearer fresh",
    ]
    assert done.requests[0].body == done.requests[2].body
    refused = issue(NO, GRANTED, NO, access=access)
    assert isinstance(refused.failed, Unauthorized)


@pytest.mark.parametrize("answer", [NO, says({"error": "invalid_client"}, 400)])
def test_wrong_client_credentials_pause_the_connection(answer: Answer) -> None:
    assert isinstance(issue(answer, access=OAUTH).failed, Unauthorized)


@pytest.mark.parametrize("answer", [HTML, says({"access_token": ""}), TIME_OUT, says({}, 503)])
def test_a_token_that_does_not_come_is_worth_another_try(answer: Answer | CallFailed) -> None:
    assert isinstance(issue(answer, access=OAUTH).failed, CallFailed | Busy)


@pytest.mark.parametrize("change", [{"client_secret": ""}, {"auth_url": "http://127.0.0.1/token"}])
def test_credentials_that_cannot_be_used_are_not_sent(change: Mapping[str, str]) -> None:
    done = issue(access=replace(OAUTH, credentials={**OAUTH.credentials, **change}))
    assert isinstance(done.failed, Unauthorized) and done.failed.text and not done.requests


def test_each_way_to_pay_that_is_offered_becomes_a_charge() -> None:
    pix = says({"id": "pi_1", "methodData": {"url": "https://pay.example/1"}}, 201)
    boleto = says({"code": "INVALID_BODY", "message": "no bank account"}, 400)
    done = issue(says(invoice(), 201), says(invoice("open")), pix, boleto, access=options(charges="offered"))
    assert done.failed is None and done.asked == [CREATE, FINALIZE, INTENT, INTENT]
    assert done.body(2) == {"amount": 100.0, "expireAt": "2026-05-14", "method": "pix"}
    assert done.learned["notes"] == {
        "charges": {"pix": "pi_1", "boleto": {"refused": "no bank account", "times": 1}}
    }
    assert done.learned["link"] == "https://pay.example/1"
    wire.CreateIntent.model_validate({**done.body(2), "amount": 100})


def test_charges_that_are_there_or_not_offered_are_not_made() -> None:
    bill = bill_of(make_draft(1, payable_with=("pix",)))
    made = issue(
        says(invoice("open")),
        says({"id": "pi_1"}),
        bill=bill,
        remote=known(INV),
        access=options(charges="offered"),
    )
    assert made.asked == [LOOK, INTENT]
    again = issue(
        says(invoice("open")),
        bill=bill,
        remote=known(INV, made.learned["notes"]),
        access=options(charges="offered"),
    )
    assert again.asked == [LOOK] and again.failed is None


def void(*answers: Answer | CallFailed) -> Walk:
    return walk(BASE39.operations["void"](job_of(ACCESS, remote=known(INV))), *answers)


def test_a_void_invoice_is_voided_there() -> None:
    done = void(says(invoice("void")))
    assert done.asked == [VOID] and done.requests[0].headers["Idempotency-Key"] == f"{KEY}-void"
    assert done.failed is None and done.learned["standing"] == "void"


@pytest.mark.parametrize(
    ("there", "fails"),
    [(says(invoice("void")), False), (says({}, 404), False), (says(invoice("paid")), True)],
)
def test_a_refusal_to_void_is_looked_into(there: Answer, fails: bool) -> None:
    done = void(says({"message": "It is paid"}, 409), there)
    assert done.asked == [VOID, LOOK] and isinstance(done.failed, Refused) is fails


def pay(*answers: Answer | CallFailed, remote: Remote | None = None, **changes: Any) -> Walk:
    bill = bill_of(**{"amount_paid": 4000, "paid_on": date(2026, 3, 20), **changes})
    return walk(BASE39.operations["pay"](job_of(ACCESS, bill, remote=remote or known(INV))), *answers)


PAYING = (says(invoice("open")), says({"id": "pi_1"}, 201), says({"id": "pi_1", "status": "paid"}))


def test_what_was_paid_here_is_told_there() -> None:
    done = pay(*PAYING, says(invoice("open", amountPaid=40)))
    assert done.failed is None and done.asked == [LOOK, INTENT, PAID, LOOK]
    assert done.body(1) == {
        "amount": 40.0, "expireAt": "2027-03-20", "method": "offline", "metadata": {"faturo_key": KEY},
    }  # fmt: skip
    assert done.body(2) == {"amount": 40.0, "metadata": {"faturo_number": "2026-0007"}}
    assert [request.headers.get("Idempotency-Key") for request in done.requests[1:3]] == [
        f"{KEY}-offline",
        f"{KEY}-paid",
    ]
    assert (done.learned["paid"], done.learned["standing"]) == (4000, "partially_paid")
    assert done.learned["notes"]["told"] == ["pi_1"]


def test_what_is_to_be_told_is_stored_first_and_told_the_same_again() -> None:
    """Whatever was paid in between."""
    for reached in (1, 2):
        broken = pay(*PAYING[:reached], TIME_OUT)
        assert isinstance(broken.failed, CallFailed)
        looked = [says(invoice("open"))] * (3 - reached)
        told = says(invoice("open", amountPaid=40))
        again = pay(*looked, *PAYING[reached:], told, amount_paid=9000,
                    remote=known(INV, broken.learned["notes"]))  # fmt: skip
        assert again.failed is None
        repeated, first = again.requests[len(looked)], broken.requests[reached]
        assert (repeated.body, repeated.headers) == (first.body, first.headers)


@pytest.mark.parametrize(("paid_there", "told"), [(0, 40.0), (10, 30.0), (40, None), (100, None)])
def test_only_what_is_not_known_there_is_told(paid_there: int, told: float | None) -> None:
    there = says(invoice("open", amountPaid=paid_there))
    done = pay(there, *(() if told is None else (*PAYING[1:], there)))
    assert done.failed is None
    assert told is None or done.body(1)["amount"] == told


def test_no_more_is_told_than_is_asked_for_there() -> None:
    """Who paid late also paid a fine, of which the provider does not know."""
    done = pay(*PAYING, says(invoice("paid", amountPaid=100)), amount_paid=10300, amount_due=10300)
    assert done.body(1)["amount"] == 100.0


def test_that_it_is_told_already_is_no_failure() -> None:
    conflict = says({"message": "This has been paid already."}, 409)
    paid, unpaid = (
        says(invoice(paymentIntents={"data": ["x", {"id": "pi_1", "status": word}]}))
        for word in ("paid", "open")
    )
    done = pay(*PAYING[:2], conflict, paid, says(invoice("paid")))
    assert done.failed is None and done.asked == [LOOK, INTENT, PAID, LOOK, LOOK]
    assert isinstance(pay(*PAYING[:2], conflict, unpaid).failed, Refused)


def test_an_invoice_that_was_paid_before_it_was_pushed_is_told_as_paid() -> None:
    bill = bill_of(amount_paid=10000, paid_on=date(2026, 3, 5))
    done = issue(says(invoice(), 201), *PAYING, says(invoice("paid", amountPaid=100)), bill=bill)
    assert done.failed is None and done.asked == [CREATE, FINALIZE, INTENT, PAID, LOOK]
    assert done.learned["standing"] == "paid"
