"""An answer without sense: it costs its own invoice a later try, and nobody else anything."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.money import MAX_MINOR
from invoices.models import Invoice
from payments.models import Payment
from providers import inbox, reconciling
from providers.connector import Seen, Standing
from providers.models import Connection, Inbound
from providers.sound import checked
from tests.providers.returning.desk import Desk
from tests.providers.returning.test_webhooks import tell

pytestmark = pytest.mark.django_db

Pushed = Callable[..., Invoice]
BAD: list[dict[str, Any]] = [
    {"total": 1e300},
    {"paid": 10**400},
    {"total": MAX_MINOR + 1},
    {"total": "much"},
    {"id": "x" * 300},
    {"id": "a\x00b"},
    {"currency": "EURO"},
    {"currency": None},
    {"payments": [{"external_id": "p" * 300, "amount": 1}]},
    {"payments": [{"external_id": "p", "amount": 10**30}]},
    {"payments": [{"nothing": "known"}]},
    {"unknown": "field"},
]
MENDED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"number": "N\x001\ud800"}, {"number": "N1"}),
    ({"number": "1" * 300}, {"number": "1" * 100}),
    ({"word": "w\n" * 90}, {"word": "w" * 40}),
    ({"link": "https://x.example/" + "y" * 500}, {"link": ""}),
    ({"link": "javascript:alert(1)"}, {"link": ""}),
    ({"ref": "r" * 200}, {"ref": ""}),
    ({"currency": "brl"}, {"currency": "BRL"}),
    ({"standing": "dancing"}, {"standing": Standing.UNKNOWN}),
]


@pytest.mark.parametrize(("given", "kept"), MENDED)
def test_what_only_decorates_is_mended(given: dict[str, Any], kept: dict[str, Any]) -> None:
    found = checked(replace(Seen("r1", "open", "open"), **given))
    assert {name: getattr(found, name) for name in kept} == kept


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_answer_stops_no_other_webhook_and_is_tried_again(
    connection: Connection, pushed: Pushed, desk: Desk, bad: dict[str, Any]
) -> None:
    pushed("bad")
    good = pushed("good")
    desk.put("bad", **{"standing": "paid", "paid": 10000, **bad})
    desk.put("good", standing="paid", paid=10000)
    for one in ("bad", "good"):
        tell(connection, {"id": one})
    assert inbox.process() == 2
    good.refresh_from_db()
    assert (good.status, Payment.objects.count()) == ("paid", 1)
    rows = dict(Inbound.objects.values_list("state", "code"))
    assert rows == {"waiting": "garbage", "done": ""}


@pytest.mark.parametrize("bad", [one for one in BAD if "unknown" not in one and "payments" not in one])
def test_a_bad_line_in_a_list_keeps_no_other_from_being_compared(
    connection: Connection, pushed: Pushed, desk: Desk, bad: dict[str, Any]
) -> None:
    pushed("bad")
    good = pushed("good")
    desk.put("bad", **bad)
    desk.put("good", standing="paid", paid=10000)
    connection.refresh_from_db()
    assert [reading.failed for reading in reconciling.pull([connection])] == [None]
    good.refresh_from_db()
    assert good.status == "paid"


def test_a_list_that_cannot_be_read_keeps_no_other_connection_from_being_compared(
    connection: Connection, connect: Callable[..., Connection], pushed: Pushed, desk: Desk
) -> None:
    with Desk() as other:
        other.put("broken", unknown="field")
        pushed("good")
        desk.put("good", standing="paid", paid=10000)
        worse = connect("aira", base_url=other.url)
        readings = reconciling.pull(list(Connection.objects.select_related("business").order_by("-pk")))
    assert {reading.connection.pk: reading.failed and reading.why[0] for reading in readings} == {
        worse.pk: "garbage",
        connection.pk: None,
    }
    assert Invoice.objects.get().status == "paid"


def test_a_provider_that_hangs_holds_up_no_other(
    connection: Connection, connect: Callable[..., Connection], pushed: Pushed, desk: Desk
) -> None:
    answered: list[float] = []

    class Slow(Desk):
        def answer(self, method: str, path: str, said: Any) -> tuple[int, Any]:
            time.sleep(0.6)
            answered.append(time.monotonic())
            return 404, {}

    with Slow() as slow:
        pushed("good")
        desk.put("good", standing="paid", paid=10000)
        tell(connect("aira", base_url=slow.url), {"id": "x"})
        tell(connection, {"id": "good"})
        start = time.monotonic()
        inbox.process()
    done = Inbound.objects.get(connection=connection)
    late = Inbound.objects.exclude(connection=connection).get()
    assert (done.state, late.state) == ("done", "waiting")
    assert answered[0] - start > 0.5
    assert (late.due_at - done.updated_at).total_seconds() > 5.3, "settled long before the other answered"


def test_one_connection_that_is_told_much_leaves_room_for_the_others(
    connection: Connection, connect: Callable[..., Connection], desk: Desk
) -> None:
    other = connect("aira")
    for number in range(inbox.OF_ONE + 5):
        tell(connection, {"id": f"much-{number}"})
    tell(other, {"id": "one"})
    assert inbox.process() == inbox.OF_ONE + 1
    assert Inbound.objects.get(connection=other).tries == 1
    assert inbox.process() == 5


def test_the_lease_outlives_the_longest_round() -> None:
    assert timedelta(seconds=inbox.WITHIN) < inbox.LEASE
