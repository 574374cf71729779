"""Base39 as its client, once more after something went wrong: what is looked for, and which key is used."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from core.http import Answer, CallFailed
from providers import pushing
from providers.base39 import asking
from providers.base39.client import BASE39
from providers.connector import Bill, Busy, Doubtful, Job, Refused, Remote
from providers.models import Connection
from tests.providers.base39.test_client_steps import (
    ACCESS,
    CREATE,
    FINALIZE,
    INTENT,
    INV,
    LISTED,
    LOOK,
    NONE,
    PAID,
    PAYING,
    invoice,
    issue,
    options,
    pay,
)
from tests.providers.stepping import PUBLIC_ID, TIME_OUT, Walk, bill_of, known, says, walk

OURS = {"faturo_id": PUBLIC_ID}
NO = says({"code": "INVALID_BODY", "message": "no such payer"}, 400)
DONE = (says(invoice(), 201), says(invoice("open")))


def page(*rows: Any, more: bool = False) -> Answer:
    return says({"hasMore": more, "data": list(rows)})


def keys(done: Walk) -> list[str]:
    posts = (request for request in done.requests if request.method == "POST")
    return [request.headers["Idempotency-Key"] for request in posts]


def test_what_was_perhaps_made_is_looked_for_before_it_is_made_again() -> None:
    others = page("x", invoice(metadata={"faturo_id": "other"}), {"id": "inv_x"}, more=True)
    done = issue(others, page(invoice("open", metadata=OURS)), is_unclear=True)
    assert done.failed is None and done.learned["id"] == INV
    assert done.asked == [LISTED, f"{LISTED}&starting_after=inv_x"]


def test_one_that_was_voided_there_counts_only_when_there_is_no_other() -> None:
    old = {**invoice("void", metadata=OURS), "id": "inv_old"}
    done = issue(page(old, invoice("open", metadata=OURS)), is_unclear=True)
    assert done.failed is None and done.learned["id"] == INV
    alone = issue(page(old), is_unclear=True)
    assert type(alone.failed) is Refused and alone.failed.text and alone.asked == [LISTED]


def test_one_that_was_deleted_there_does_not_count() -> None:
    done = issue(page(invoice("open", metadata=OURS, deleted=True)), *DONE, is_unclear=True)
    assert done.failed is None and done.asked == [LISTED, CREATE, FINALIZE]


def test_what_cannot_be_told_apart_needs_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    twins = page(invoice(metadata=OURS), {**invoice(metadata=OURS), "id": "inv_2"})
    assert type(issue(twins, is_unclear=True).failed) is Doubtful
    monkeypatch.setattr(asking, "PAGES", 2)
    assert type(issue(*[page(invoice(), more=True)] * 2, is_unclear=True).failed) is Doubtful


@pytest.mark.parametrize("answer", [TIME_OUT, says({}, 500), says(b"<html>"), says({"status": "draft"}, 201)])
def test_for_whom_it_was_perhaps_made_is_remembered(answer: Answer | CallFailed) -> None:
    """Staff may mend the customer's external id in the meantime."""
    broken = issue(answer)
    assert isinstance(broken.failed, CallFailed | Busy) and broken.learned["notes"] == {"asked": ["cust_7"]}
    mended = bill_of(payer={"external_id": "cust_8"})
    again = issue(
        NONE, page(invoice("open", metadata=OURS)), bill=mended, remote=known("", broken.learned["notes"])
    )
    assert again.failed is None and again.asked == [LISTED.replace("cust_7", "cust_8"), LISTED]


def test_after_a_clear_refusal_the_mended_request_has_another_key() -> None:
    refused = issue(NO)
    assert type(refused.failed) is Refused
    again = issue(NONE, *DONE, remote=known("", refused.learned["notes"]))
    assert again.failed is None and again.asked == [LISTED, CREATE, FINALIZE]
    assert keys(again) == [f"{keys(refused)[0]}-r1", f"{keys(refused)[0]}-r1-finalize"]


@pytest.mark.parametrize(
    "answer", [TIME_OUT, says({}, 409), says({}, 401), says({}, 429), says({}, 302), says({}, 503)]
)
def test_only_a_clear_refusal_uses_a_key_up(answer: Answer | CallFailed) -> None:
    assert "rounds" not in issue(answer).learned["notes"]


def test_a_verb_that_was_refused_is_asked_for_under_another_key() -> None:
    refused = issue(says(invoice(), 201), NO, says(invoice()))
    assert type(refused.failed) is Refused
    again = issue(says(invoice()), says(invoice("open")), remote=known(INV, refused.learned["notes"]))
    assert again.failed is None and keys(again)[0].endswith("-r1-finalize")


def test_a_way_to_pay_that_was_refused_is_asked_for_again() -> None:
    first = issue(*DONE, says({"id": "pi_1"}, 201), NO, access=options(charges="offered"))
    again = issue(says(invoice("open")), says({"id": "pi_2"}, 201), remote=known(INV, first.learned["notes"]),
                  access=options(charges="offered"))  # fmt: skip
    assert again.failed is None and again.learned["notes"]["charges"] == {"pix": "pi_1", "boleto": "pi_2"}
    assert keys(again)[0] == f"{keys(first)[-1]}-r1" and again.body(1)["method"] == "boleto"


def test_a_way_to_pay_that_was_perhaps_made_is_looked_for() -> None:
    data = [
        {"id": "pi_0", "status": "void", "method": "pix"},
        {"id": "pi_1", "status": "open", "method": "pix"},
    ]
    there = says(invoice("open", paymentIntents={"data": data}))
    again = issue(there, there, says({"id": "pi_2"}, 201), remote=known(INV), is_unclear=True,
                  access=options(charges="offered"))  # fmt: skip
    assert again.failed is None and again.asked == [LOOK, LOOK, INTENT]
    assert again.learned["notes"]["charges"] == {"pix": "pi_1", "boleto": "pi_2"}


def test_an_invoice_that_was_voided_there_is_not_pushed_again() -> None:
    done = issue(says(invoice("void")), remote=known(INV))
    assert type(done.failed) is Refused and done.failed.text and done.asked == [LOOK]


@pytest.mark.parametrize("said", [None, "40", True, {}])
def test_without_knowing_what_is_paid_there_no_money_is_told(said: Any) -> None:
    done = pay(says(invoice("open", amountPaid=said)))
    assert isinstance(done.failed, CallFailed) and done.failed.code == "garbage"
    assert not done.failed.is_unclear and done.asked == [LOOK]


def told(bill: Bill, remote: Remote, *answers: Answer | CallFailed) -> Walk:
    """With the key that the outbox's channel gives it."""
    key = pushing._key(Connection(public_id="c" * 24), bill, "pay")
    return walk(BASE39.operations["pay"](Job(ACCESS, key, bill, remote)), *answers)


def paid(amount: int) -> Bill:
    return bill_of(amount_paid=amount, paid_on=date(2026, 3, 20))


@pytest.mark.parametrize("reached", [1, 2])
def test_what_is_being_told_is_ended_under_its_own_key_before_the_rest_is_told(reached: int) -> None:
    """Another sum has another key."""
    first = told(paid(4000), known(INV), *PAYING[:reached], TIME_OUT)
    looked = [says(invoice("open"))] * (3 - reached)
    there = says(invoice("open", amountPaid=40))
    rest = (says({"id": "pi_2"}, 201), says({}), says(invoice("open", amountPaid=90)))
    again = told(paid(9000), known(INV, first.learned["notes"]), *looked, *PAYING[reached:], there, *rest)
    assert again.failed is None
    sums = [again.body(at)["amount"] for at, asked in enumerate(again.asked) if asked == INTENT]
    assert sums == [40, 50][reached - 1 :]
    ended, new = keys(again)[: 3 - reached], keys(again)[3 - reached :]
    assert {key.rpartition("-")[0] for key in ended} == {keys(first)[0].rpartition("-")[0]}
    assert {key.rpartition("-")[0] for key in new}.isdisjoint(key.rpartition("-")[0] for key in ended)
    assert again.learned["notes"]["told"] == ["pi_1", "pi_2"]


def test_what_was_told_to_its_end_is_not_told_again() -> None:
    """Although the provider does not show it yet."""
    first = told(paid(4000), known(INV), *PAYING, says(invoice("open")))
    again = told(paid(4000), known(INV, first.learned["notes"]), says(invoice("open")))
    assert again.failed is None and again.asked == [LOOK]


def test_an_intent_that_is_there_already_is_not_made_again() -> None:
    first = told(paid(4000), known(INV), PAYING[0], TIME_OUT)
    mark = {"faturo_key": first.learned["notes"]["paid"]["key"]}
    intents = {"data": [{"id": "pi_0"}, {"id": "pi_1", "status": "open", "metadata": mark}]}
    there = says(invoice("open", paymentIntents=intents))
    again = told(paid(4000), known(INV, first.learned["notes"]), there, there, *[says(invoice("paid"))] * 2)
    assert again.failed is None and again.asked == [LOOK, LOOK, PAID, LOOK]


def test_a_clear_refusal_ends_what_was_to_be_told() -> None:
    first = told(paid(4000), known(INV), PAYING[0], NO)
    assert type(first.failed) is Refused and first.learned["notes"]["paid"] == {}
    again = told(paid(4000), known(INV, first.learned["notes"]), *PAYING, says(invoice(amountPaid=40)))
    assert again.failed is None and keys(again)[0] == keys(first)[0].replace("-offline", "-r1-offline")


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://api.base39.io", "https://auth.base39.com.br/oauth2/token"),
        ("https://api.base39.com.br/v1", "https://auth.base39.com.br/oauth2/token"),
        ("https://billing.example", "https://billing.example/oauth2/token"),
        ("https://notbase39.io", "https://notbase39.io/oauth2/token"),
    ],
)
def test_tokens_are_had_where_base39_gives_them(base: str, url: str) -> None:
    access = replace(
        ACCESS, base_url=base, credentials={"client_id": "me", "client_secret": "x", "beneficiary": "f"}
    )
    assert walk(BASE39.check(access), TIME_OUT).requests[0].url == url
