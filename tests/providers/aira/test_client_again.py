"""Aira as its client, once more after something went wrong: what is looked for, which key is used, what is undone."""

import pytest

from core.http import Answer, CallFailed
from providers.aira import issuing
from providers.connector import Doubtful, Refused, Standing, Unauthorized
from tests.providers.aira.test_client_steps import (
    CANCEL,
    CONFLICT,
    CREATE,
    GONE,
    LINE,
    LISTED,
    LOOK,
    MADE,
    OK,
    TWO,
    issue,
    page,
    row,
    wrapped,
)
from tests.providers.aira.test_client_steps import ID as AIRA_ID
from tests.providers.stepping import KEY, TIME_OUT, bill_of, known, says

FIRST = f"{LISTED}&offset=0"
NO = says({"code": "invalid", "message": "No such customer."}, 400)
FULL = {"idempotencyKey": f"{KEY}-1"}


@pytest.mark.parametrize(
    "shown", [{"idempotencyKey": KEY}, {"idempotencyKey": f"{KEY}-r2"}, {"memo": "2026-0007 · März"}]
)
def test_what_was_perhaps_made_is_looked_for_before_it_is_made_again(shown: dict[str, str]) -> None:
    """By the key, or where none is shown by the number that begins the memo."""
    there = wrapped("open", FULL, **shown)
    done = issue(page(row(AIRA_ID)), there, there, there, is_unclear=True)
    assert done.failed is None and done.asked == [FIRST, LOOK, LOOK, LOOK] and done.learned["id"] == AIRA_ID


@pytest.mark.parametrize("shown", [{"idempotencyKey": "other"}, {"memo": "2026-00071"}, {"memo": None}, {}])
def test_what_is_another_s_is_not_taken_for_ours(shown: dict[str, str]) -> None:
    done = issue(page(row(AIRA_ID)), wrapped(**shown), MADE, wrapped(), OK, wrapped(), is_unclear=True)
    assert done.failed is None and done.asked[2] == CREATE


def test_a_list_without_an_end_needs_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuing, "PAGES", 2)
    done = issue(page(more=True), page(more=True), is_unclear=True)
    assert type(done.failed) is Doubtful and done.asked == [FIRST, f"{LISTED}&offset=100"]


def test_for_whom_it_was_perhaps_made_is_remembered() -> None:
    """Staff may mend the customer's external id in the meantime."""
    broken = issue(TIME_OUT)
    assert broken.learned["notes"] == {"asked": ["cust_7"]}
    there = wrapped("open", FULL, idempotencyKey=KEY)
    again = issue(page(row(AIRA_ID)), there, there, there, bill=bill_of(payer={"external_id": "cust_8"}),
                  remote=known("", broken.learned["notes"]))  # fmt: skip
    assert again.failed is None and CREATE not in again.asked


def test_after_a_clear_refusal_the_mended_request_has_another_key() -> None:
    refused = issue(NO)
    assert type(refused.failed) is Refused
    again = issue(page(), MADE, wrapped(), OK, wrapped(), remote=known("", refused.learned["notes"]))
    assert again.failed is None and again.body(1)["idempotencyKey"] == f"{KEY}-r1"


@pytest.mark.parametrize("answer", [TIME_OUT, CONFLICT, says({}, 401), says({}, 429), says({}, 302)])
def test_only_a_clear_refusal_uses_a_key_up(answer: Answer | CallFailed) -> None:
    looked = [page()] if answer is CONFLICT else []
    assert "rounds" not in issue(answer, *looked).learned["notes"]


def test_what_cannot_be_made_whole_is_cancelled_and_staff_are_told() -> None:
    done = issue(MADE, OK, NO, wrapped("open", FULL), GONE, bill=bill_of(TWO))
    assert done.asked == [CREATE, LINE, LINE, LOOK, CANCEL] and done.learned["standing"] == Standing.VOID
    assert type(done.failed) is Refused and "No such customer." in done.failed.text
    assert len(done.failed.text) > len("No such customer.")


def test_what_could_not_be_cancelled_either_is_told() -> None:
    done = issue(MADE, NO, wrapped(), says({"message": "It is locked."}, 409), wrapped())
    assert done.asked == [CREATE, LINE, LOOK, CANCEL, LOOK]
    assert type(done.failed) is Refused and "It is locked." in done.failed.text
    assert isinstance(issue(MADE, NO, wrapped(), TIME_OUT).failed, CallFailed)
    assert isinstance(issue(MADE, NO, wrapped(), says({}, 401)).failed, Unauthorized)


@pytest.mark.parametrize("standing", ["issued", "paid", "overdue"])
def test_what_aira_has_issued_is_left_to_people(standing: str) -> None:
    """Its total may have been changed there on purpose, and the customer has it."""
    there = wrapped(standing, FULL, total=9000)
    done = issue(there, there, there, remote=known(AIRA_ID))
    assert type(done.failed) is Refused and done.asked == [LOOK, LOOK, LOOK]


def test_no_line_is_added_to_what_was_cancelled_there() -> None:
    done = issue(GONE, GONE, remote=known(AIRA_ID))
    assert type(done.failed) is Refused and LINE not in done.asked
