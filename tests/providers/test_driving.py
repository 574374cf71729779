"""How a connector's steps end, whatever comes back: nothing that was perhaps done is forgotten or repeated blindly."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings

from businesses.telling import End, Outcome
from core.http import Answer, CallFailed, Request
from customers.models import Customer
from providers import actions
from providers.connector import Learned, Recovery, Standing, Steps
from providers.driving import Driver, outcome_of
from providers.models import RemoteInvoice
from tests import factories
from tests.providers.test_connections import connect

ASKED = Request("POST", "https://there.example/invoices", body=b"{}")


class Line:
    """Answers each call with the next of `answers`; an exception is raised, and None never answers."""

    def __init__(self, *answers: Answer | Exception | None) -> None:
        self.answers = list(answers)

    async def call(self, request: Request) -> Answer:
        answer = self.answers.pop(0)
        if answer is None:
            await asyncio.sleep(30)
        if isinstance(answer, Exception):
            raise answer
        assert answer
        return answer

    async def note(self, write: Callable[[], Any]) -> Any:
        return write()

    async def block(self, work: Callable[[], Any]) -> Any:
        return work()


def steps() -> Steps[None]:
    answer = yield ASKED
    yield Learned(id=answer.json()["id"])


def end(*answers: Answer | Exception | None, recovery: Recovery = Recovery.KEY) -> Outcome:
    async def run() -> Outcome:
        driver = Driver(Line(*answers), lambda _found: None)
        return await asyncio.wait_for(outcome_of(driver, steps(), recovery), 0.2)

    return asyncio.run(run())


@pytest.mark.parametrize("body", [b"{}", b"[]", b"7", b"null"])
def test_an_answer_that_nobody_foresaw_is_unclear_and_kept(body: bytes) -> None:
    found = end(Answer(201, {}, body))
    assert (found.end, found.code, found.is_unclear) == (End.LATER, "garbage", True)
    assert [(call.method, call.status) for call in found.exchanges] == [("POST", 201)]


def test_a_fault_of_ours_before_anything_was_sent_is_not_unclear() -> None:
    def broken() -> Steps[None]:
        yield from ()
        raise KeyError

    found = asyncio.run(outcome_of(Driver(Line(), lambda _found: None), broken(), Recovery.KEY))
    assert (found.end, found.code, found.is_unclear) == (End.LATER, "broken", False)


@pytest.mark.parametrize(
    ("recovery", "ended"), [(Recovery.KEY, End.LATER), (Recovery.NONE, End.NEEDS_PERSON)]
)
def test_time_that_runs_out_keeps_what_was_called(recovery: Recovery, ended: End) -> None:
    found = end(None, recovery=recovery)
    assert (found.end, found.code, found.is_unclear) == (ended, "timeout", True)
    assert [call.code for call in found.exchanges] == ["timeout"]


def test_who_looks_it_up_waits_until_the_first_call_has_ended_there() -> None:
    cut = CallFailed("cut", is_unclear=True)
    looked = end(cut, recovery=Recovery.LOOK_UP)
    assert (looked.not_before, looked.retry_after) == (2 * settings.CALL_DEADLINE, None)
    assert end(cut, recovery=Recovery.KEY).not_before is None
    assert end(CallFailed("connect", is_unclear=False), recovery=Recovery.LOOK_UP).not_before is None


@pytest.mark.django_db
def test_what_is_known_only_moves_forward(customer: Customer) -> None:
    """A webhook may tell of the payment before the answer to our own creating is read."""
    connection = connect(customer.business)
    invoice = factories.issue(factories.make_invoice(customer))
    row = RemoteInvoice.objects.create(
        business=customer.business,
        connection=connection,
        invoice=invoice,
        standing=Standing.PAID,
        word="paid",
        paid=500,
        notes={"told": ["p1"]},
    )
    found = Learned(id="r-1", standing=Standing.OPEN, word="sent", total=900, paid=100, notes={"step": 2})
    actions.store(row.pk, connection.pk, found)
    row.refresh_from_db()
    assert (row.remote_id, row.standing, row.word, row.total, row.paid) == ("r-1", "paid", "paid", 900, 500)
    assert row.notes == {"told": ["p1"], "step": 2}
