"""The HighLevel connector where sums, lists or standings are not what they were when somebody decided to push."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from businesses.terms import Terms, Tier
from core.http import CallFailed
from core.problems import Problem
from providers.connector import Doubtful, Refused, Remote
from providers.highlevel.client import HIGHLEVEL, issue, pay
from tests.providers.highlevel.test_client import (
    ACCESS,
    CONTACT,
    CREATING,
    JOB,
    THERE,
    at,
    played,
    row,
    sent,
    shown,
)
from tests.providers.steps import Played, bill_of, play

UNSEEN = replace(JOB, remote=Remote(notes={"contact": "c1", "asked": True}))
TIERS = Terms(tiers=(Tier(5, percent=Decimal(3)),)).as_dict()
OUT_OF_REACH = Terms(tiers=(Tier(15, percent=Decimal(3)),)).as_dict()


@pytest.mark.parametrize(
    "bill", [bill_of(paid=1), replace(bill_of(), amount_due=9_000)], ids=["partly paid", "partly credited"]
)
def test_what_is_not_whole_here_any_more_is_not_asked_for_whole_there(bill: Any) -> None:
    with pytest.raises(Problem) as problem:
        HIGHLEVEL.refuse(bill, ACCESS)
    assert problem.value.field == "amount_due"
    into = Played()
    with pytest.raises(Refused):
        play(issue(replace(UNSEEN, bill=bill)), shown(), shown(), into=into)
    assert [asked[:3] for asked in into.asked] == ["GET", "GET"]


def test_what_is_there_already_is_sent_though_it_was_partly_paid_meanwhile() -> None:
    job = replace(JOB, bill=bill_of(paid=1), remote=THERE)
    assert played(issue(job), (200, row()), sent()).asked[1] == CREATING[2]


@pytest.mark.parametrize("found", [row("void"), row("delete")])
def test_what_is_cancelled_there_is_no_success(found: Any) -> None:
    with pytest.raises(Refused):
        play(issue(replace(JOB, remote=THERE)), (200, found))


def test_no_more_is_recorded_than_is_asked_for_there() -> None:
    job = replace(JOB, bill=bill_of(paid=12_000), remote=THERE)
    recorded = (200, {"success": True, "invoice": row("paid", amountPaid=100)})
    found = played(pay(job), (200, row("partially_paid", amountPaid=30)), recorded)
    assert found.body(1)["amount"] == 70
    unsaid = row("partially_paid", amountPaid=30, total=None)
    assert played(pay(job), (200, unsaid), recorded).body(1)["amount"] == 70


@pytest.mark.parametrize("said", [None, "30", True])
def test_without_knowing_what_is_paid_there_nothing_is_recorded(said: Any) -> None:
    job, into = replace(JOB, bill=bill_of(paid=7_000), remote=THERE), Played()
    with pytest.raises(CallFailed) as failed:
        play(pay(job), (200, row("partially_paid", amountPaid=said)), into=into)
    assert (failed.value.code, failed.value.is_unclear) == ("garbage", False)
    assert len(into.asked) == 1


def test_a_page_shorter_than_asked_for_is_not_the_end_while_there_are_more() -> None:
    other = row(_id="other", name="theirs")
    half = (200, {"invoices": [other] * 20, "total": 21})
    found = played(issue(UNSEEN), half, (200, {"invoices": [row("sent")], "total": 21}))
    assert "offset=20" in found.asked[1] and found.learned[-1].id == "inv1"


def test_a_look_up_that_does_not_see_the_end_creates_nothing() -> None:
    into = Played()
    with pytest.raises(Doubtful):
        play(issue(UNSEEN), shown(), (200, {"invoices": [], "total": 9}), into=into)
    assert not any(asked.startswith("POST") for asked in into.asked)


def test_a_page_larger_than_a_megabyte_is_asked_for_in_smaller_ones() -> None:
    large = CallFailed("too_large", is_unclear=True)
    found = played(HIGHLEVEL.listed(ACCESS, date(2026, 1, 1)), large, shown(row()))
    assert "limit=25&offset=0" in found.asked[1] and len(found.value) == 1
    with pytest.raises(CallFailed):
        play(HIGHLEVEL.listed(ACCESS, date(2026, 1, 1)), *[large] * 5)


def test_one_row_without_sense_does_not_keep_the_others_from_being_compared() -> None:
    found = played(HIGHLEVEL.listed(ACCESS, date(2026, 1, 1)), shown({"_id": "x"}, row()))
    assert [seen.id for seen in found.value] == ["inv1"]


def test_a_discount_for_paying_early_is_refused_only_while_somebody_can_get_it() -> None:
    with pytest.raises(Problem) as problem:
        HIGHLEVEL.refuse(bill_of(payment_terms=TIERS), ACCESS)
    assert problem.value.field == "payment_terms"
    HIGHLEVEL.refuse(bill_of(payment_terms=OUT_OF_REACH), ACCESS)


@pytest.mark.parametrize(("language", "words"), [("en", "discount"), ("pt-br", "desconto")])
def test_it_is_left_out_and_said_where_the_connection_wants_that(language: str, words: str) -> None:
    job = at(replace(JOB, bill=bill_of(payment_terms=TIERS, language=language)), early_discount="leave_out")
    HIGHLEVEL.refuse(job.bill, job.access)
    body = played(issue(job), CONTACT, (201, row()), sent()).body(1)
    assert words in body["description"] and job.bill.link in body["description"]
