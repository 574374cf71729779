"""The FatoriPay connector step by step: what it asks, and what it makes of every kind of answer."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from core.http import CallFailed
from core.problems import Problem
from invoices.draft import ChargeDraft, LineDraft
from providers.connector import (
    Access,
    Busy,
    Doubtful,
    Job,
    News,
    Refused,
    Remote,
    Secured,
    Standing,
    Unauthorized,
)
from providers.fatoripay.client import FATORIPAY, issue, void
from tests.providers.steps import CUT, ID, Played, bill_of, play

HELD = {"client_id": "me", "client_secret": "secret", "username": "contas"}
ACCESS = Access("https://there.example", HELD, tokens={"access_token": "old"})
JOB = Job(ACCESS, "key", bill_of())
UUID = "83a0843b-0a98-402e-bb5f-75fcc44e11b1"
THERE = Remote("uuid-1", standing="open")
LOGIN = (200, {"access_token": "new"})


def row(**fields: Any) -> dict[str, Any]:
    known = {"id": "uuid-1", "ref": ID, "status": "unpaid", "total_amount": "100.00", "link": "https://pay/1"}
    return {**known, "payment": None, **fields}


def options(**said: str) -> Access:
    return replace(ACCESS, options=said)


def test_it_creates_the_invoice_and_learns_its_id_and_link() -> None:
    played = play(issue(JOB), (200, row()))
    assert played.asked == ["POST /invoices/create"]
    headers = played.requests[0].headers
    assert (headers["Authorization"], headers["client-id"], headers["client-secret"]) == (
        "Bearer old",
        "me",
        "secret",
    )
    body = played.body(0)
    assert (body["ref"], body["due_date"], body["items"][0]["price"]) == (ID, "16-03-2026", 10_000)
    assert body["customer"]["cpfcnpj"] == "07120188917"
    began, learned = played.learned
    assert began.notes == {"asked": True}
    assert (learned.id, learned.link, learned.standing, learned.total) == (
        "uuid-1",
        "https://pay/1",
        "open",
        10_000,
    )


def test_without_a_token_it_logs_in_first_and_keeps_the_token_at_once() -> None:
    job = replace(JOB, access=replace(ACCESS, tokens={}))
    played = play(issue(job), LOGIN, (200, row()))
    assert played.asked == ["POST /auth/login", "POST /invoices/create"]
    assert played.requests[0].is_secret and played.body(0) == {"username": "contas"}
    assert [token.values for token in played.tokens] == [{"access_token": "new"}]
    assert played.requests[1].headers["Authorization"] == "Bearer new"


def test_a_token_that_is_not_taken_any_more_is_replaced_once() -> None:
    played = play(issue(JOB), (401, {}), LOGIN, (200, row()))
    assert played.asked == ["POST /invoices/create", "POST /auth/login", "POST /invoices/create"]
    with pytest.raises(Unauthorized):
        play(issue(JOB), (401, {}), LOGIN, (401, {}))
    with pytest.raises(Unauthorized):
        play(issue(JOB), (401, {}), (401, {"message": "Unauthenticated."}))


@pytest.mark.parametrize(
    "answer", [(422, {"message": "Usuário inválido."}), (200, {"errors": {"username": ["?"]}})]
)
def test_a_login_that_is_refused_in_whatever_way_needs_somebody(answer: Any) -> None:
    with pytest.raises(Unauthorized):
        play(issue(replace(JOB, access=replace(ACCESS, tokens={}))), answer)
    with pytest.raises(Busy):
        play(FATORIPAY.check(ACCESS), (503, {}))


def test_the_api_of_2024_is_asked_without_a_login() -> None:
    job = replace(JOB, access=options(path="createRequest", money="point"))
    played = play(issue(job), (200, row()))
    assert played.asked == ["POST /invoices/createRequest"]
    assert "Authorization" not in played.requests[0].headers
    assert played.body(0)["items"][0]["price"] == "100.00"
    assert played.body(0)["payable_with"]["pixboleto"] is False
    with pytest.raises(Unauthorized):
        play(issue(job), (401, {}))


@pytest.mark.parametrize(
    ("answer", "raised", "is_unclear"),
    [
        ((429, {}), Busy, False),
        ((503, {}), Busy, False),
        ((500, {}), Busy, True),
        ((200, b"<html>"), CallFailed, True),
        ((200, {"id": "x"}), CallFailed, True),
        ((200, []), CallFailed, True),
        (CUT, CallFailed, True),
    ],
)
def test_an_answer_that_says_nothing_is_worth_another_try(
    answer: Any, raised: type[Busy | CallFailed], is_unclear: bool
) -> None:
    with pytest.raises(raised) as failed:
        play(issue(JOB), answer)
    failure: Any = failed.value
    assert failure.is_unclear is is_unclear


@pytest.mark.parametrize("status", [422, 200])
def test_what_it_lists_as_errors_is_a_refusal_with_its_words(status: int) -> None:
    said = {"message": "Dados inválidos.", "errors": {"customer.cpfcnpj": ["CPF inválido."]}}
    with pytest.raises(Refused) as refused:
        play(issue(JOB), (status, said))
    assert refused.value.text == "Dados inválidos. · customer.cpfcnpj: CPF inválido."


@pytest.mark.parametrize(
    "job", [replace(JOB, is_unclear=True), replace(JOB, remote=Remote(notes={"asked": True}))]
)
def test_after_an_unclear_create_it_looks_for_our_reference_first(job: Job) -> None:
    others = [row(id="uuid-0", ref="another"), row(id="uuid-2", ref=None), "rubbish"]
    played = play(issue(job), (200, [*others, row()]))
    assert played.asked == ["GET /invoices/"]
    assert played.learned[-1].id == "uuid-1"
    played = play(issue(job), (200, others), (200, row()))
    assert played.asked == ["GET /invoices/", "POST /invoices/create"]


def test_a_list_in_pages_is_read_to_its_end() -> None:
    job = replace(JOB, is_unclear=True)
    link = {"link": '<http://elsewhere.example/api/v1/invoices?after=x>; rel="next"'}
    played = play(issue(job), (200, [], link), (200, [row()]))
    assert played.asked == ["GET /invoices/", "GET /invoices/?after=x"]


def test_two_with_our_reference_need_a_person() -> None:
    job = replace(JOB, is_unclear=True)
    with pytest.raises(Doubtful):
        play(issue(job), (200, [row(), row(id="uuid-2")]))


def test_a_list_too_long_to_be_read_needs_a_person() -> None:
    job = replace(JOB, is_unclear=True)
    with pytest.raises(Doubtful):
        play(issue(job), CallFailed("too_large", is_unclear=True))


@pytest.mark.parametrize("failed", [CUT, CallFailed("dns", is_unclear=False)])
def test_a_look_up_without_an_answer_creates_nothing(failed: CallFailed) -> None:
    played = Played()
    with pytest.raises(CallFailed):
        play(issue(replace(JOB, is_unclear=True)), failed, into=played)
    assert played.asked == ["GET /invoices/"]


def test_another_total_there_is_told_and_not_charged() -> None:
    played = Played()
    with pytest.raises(Refused):
        play(
            issue(replace(JOB, access=options(capture="pix"))), (200, row(total_amount="99,99")), into=played
        )
    assert played.learned[-1].total == 9_999 and len(played.asked) == 1


def test_what_is_partly_paid_here_is_not_asked_for_whole_there() -> None:
    played = Played()
    with pytest.raises(Refused):
        play(issue(replace(JOB, bill=bill_of(paid=1))), into=played)
    assert played.asked == []


def test_a_charge_that_was_perhaps_opened_is_not_opened_again() -> None:
    access = options(capture="boleto")
    played = play(issue(replace(JOB, access=access)), (200, row()), (200, row(status="processing")))
    assert played.asked[1] == "POST /invoices/capture/uuid-1" and played.body(1) == {"method": "boleto"}
    assert played.learned[-1].standing == "processing"
    again = replace(JOB, access=access, remote=THERE, is_unclear=True)
    played = play(issue(again), (200, row(payment={"id": "p", "status": "pending"})))
    assert played.asked == ["GET /invoices/uuid-1"]


def test_cancelling_is_read_again_because_its_address_is_a_guess() -> None:
    job = replace(JOB, remote=THERE)
    played = play(void(job), (200, row()), (200, {}), (200, row(status="canceled")))
    assert played.asked == ["GET /invoices/uuid-1", "POST /invoices/cancel/uuid-1", "GET /invoices/uuid-1"]
    assert played.learned[-1].standing == "void"
    with pytest.raises(Refused, match="unpaid"):
        play(void(job), (200, row()), (200, {}), (200, row()))


@pytest.mark.parametrize(
    ("first", "standing"), [((200, row(status="canceled")), "void"), ((404, {}), "gone")]
)
def test_what_is_cancelled_or_gone_is_not_cancelled_again(first: Any, standing: str) -> None:
    played = play(void(replace(JOB, remote=THERE)), first)
    assert played.learned[-1].standing == standing


def test_what_was_paid_there_cannot_be_cancelled() -> None:
    with pytest.raises(Refused):
        play(void(replace(JOB, remote=THERE)), (200, row(status="paid")))


def test_a_payment_is_named_by_its_invoice_whatever_its_own_id() -> None:
    payment = {"id": "p", "method": "boleto", "total_amount": "102,50", "paid_at": "25/04/2023"}
    played = play(FATORIPAY.look(ACCESS, "uuid-1"), (200, row(status="paid", payment=payment)))
    (paid,) = played.value.payments
    assert (paid.external_id, paid.amount, paid.method) == ("uuid-1", 10_250, "boleto")
    assert paid.paid_at.isoformat() == "2023-04-25T12:00:00-03:00"
    bare = play(FATORIPAY.look(ACCESS, "uuid-1"), (200, row(status="paid"))).value
    assert [(one.external_id, one.amount) for one in bare.payments] == [("uuid-1", 10_000)]


@pytest.mark.parametrize(
    ("said", "minor"),
    [("5924.13", 592_413), ("100,00", 10_000), ("0", 0), (10_025, 10_025), (100.25, 10_025)],
)
def test_every_way_of_writing_money_is_read(said: Any, minor: int) -> None:
    assert play(FATORIPAY.look(ACCESS, "x"), (200, row(total_amount=said))).value.total == minor


def test_an_unknown_word_is_kept_but_moves_nothing() -> None:
    found = play(FATORIPAY.look(ACCESS, "x"), (200, row(status="negociada"))).value
    assert (found.standing, found.word) == (Standing.UNKNOWN, "negociada")


def test_the_test_button_logs_in_and_changes_nothing() -> None:
    played = play(FATORIPAY.check(ACCESS), LOGIN)
    assert (played.asked, played.value) == (["POST /auth/login"], "contas")
    with pytest.raises(Unauthorized):
        play(FATORIPAY.check(ACCESS), (403, {}))
    with pytest.raises(CallFailed):
        play(FATORIPAY.check(ACCESS), (200, {"token": 1}))


@pytest.mark.parametrize(
    ("field", "bill"),
    [
        ("currency", bill_of(currency="USD")),
        ("tax_id", bill_of(payer={"tax_id": ""})),
        ("tax_id", bill_of(payer={"tax_id": "X1", "tax_id_kind": "foreign"})),
        ("email", bill_of(payer={"emails": []})),
        ("phone", bill_of(payer={"phone": ""})),
        ("phone", bill_of(payer={"phone": "+351911111111"})),
        ("lines", bill_of(LineDraft("a", Decimal(9)), LineDraft("b", Decimal(-1)))),
        ("total", bill_of(LineDraft("a", Decimal(0)))),
        (
            "schedule",
            bill_of(
                schedule={
                    "parts": [{"due_on": f"2026-0{n}-16", "percent": "50", "amount": 5000} for n in (3, 4)]
                }
            ),
        ),
    ],
)
def test_what_cannot_be_pushed_is_refused_before_anything_is_sent(field: str, bill: Any) -> None:
    with pytest.raises(Problem) as problem:
        FATORIPAY.refuse(bill, ACCESS)
    assert problem.value.field == field


def test_everything_else_is_not_refused() -> None:
    FATORIPAY.refuse(bill_of(), ACCESS)


@pytest.mark.parametrize(
    ("money", "price", "off"), [("cents", 250, 0), ("point", "2.50", "0"), ("comma", "2,50", 0.0)]
)
def test_todays_api_has_no_taxes_so_they_become_a_line(money: str, price: Any, off: Any) -> None:
    bill = bill_of(charges=(ChargeDraft("Post", 250),))
    said = {"money": money}
    played = play(issue(replace(JOB, bill=bill, access=options(**said))), (200, row(total_amount="102.50")))
    body = played.body(0)
    assert (body["items"][-1]["price"], body["tax_amount"], body["discount_amount"]) == (price, 0, off)
    assert "pixboleto" not in body["payable_with"]


@pytest.mark.parametrize(
    ("webhook", "told"),
    [
        (Secured({}, f"invoice_id={UUID}&ref={ID}&new_status=paid".encode()), News(UUID, ID)),
        (Secured({}, b"", {"invoice_id": UUID, "new_status": "paid"}), News(UUID)),
        (Secured({}, f'{{"invoice_id": "{UUID}", "ref": "{ID}"}}'.encode()), News(UUID, ID)),
        (Secured({}, f'{{"ref": "{ID}"}}'.encode()), News("", ID)),
        (Secured({}, f"invoice_id=../auth/login&ref={ID}".encode()), News("", ID)),
        (Secured({}, f"invoice_id={UUID}&ref=an order of theirs".encode()), News(UUID)),
    ],
)
def test_a_notification_names_the_invoice_and_is_not_believed(webhook: Secured, told: News) -> None:
    assert FATORIPAY.hear(ACCESS, webhook) == [told]
    assert told.seen is None


@pytest.mark.parametrize("body", [b"", b"{", b"new_status=paid", b"\xff\xfe", b"{}", b"invoice_id=a/../b"])
def test_a_notification_that_names_nothing_is_a_clear_error(body: bytes) -> None:
    with pytest.raises(Problem):
        FATORIPAY.hear(ACCESS, Secured({}, body))
