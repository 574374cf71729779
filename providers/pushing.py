"""The outbox's channel to the providers: which invoices go where, and what is done there."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from django.utils.translation import override

from businesses.events import Telling, record_many
from businesses.models import Event
from businesses.telling import End, Limits, Outcome, Send, Try, Wanted, Wire
from core.problems import Problem
from core.secrets import SecretUnreadable
from invoices.status import Status
from providers import actions
from providers.bills import read_bills, remote_of
from providers.connector import Access, Bill, Connector, Job, Remote, Standing
from providers.driving import Driver, outcome_of
from providers.models import GENERATION, Connection, Health, PushOn, RemoteInvoice
from providers.registry import CONNECTORS

STARTS = {"invoice.finalized": PushOn.ISSUE, "invoice.send_requested": PushOn.SEND}
ASKED = "invoice.push_requested"
"""Somebody chose one connection."""
BEGUN = "asked"
"""The note of a connector that a creating was begun."""
OVER = {Status.VOID: "void", Status.PAID: "settled"}
"""Nobody is to be asked for such an invoice's money any more."""
FOLLOWS = {
    "invoice.voided": "void",
    "invoice.partially_paid": "pay",
    "invoice.paid": "pay",
    "invoice.send_requested": "send",
}
DELAYS = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0, 7200.0, 14_400.0, 28_800.0, 43_200.0, 86_400.0, 86_400.0)


class Push:
    name = "push"
    delays: Sequence[float] = DELAYS

    def wanted(self, events: Sequence[Event]) -> Iterable[Wanted]:
        mine = [event for event in events if event.kind in (*STARTS, *FOLLOWS, ASKED)]
        if not mine:
            return []
        connections = _connections({event.business_id for event in mine})
        known = _known(mine)
        found: list[Wanted] = []
        planned: list[RemoteInvoice] = []
        for event in mine:
            for connection in connections.get(event.business_id or 0, []):
                pair = (connection.pk, _invoice_id(event))
                operation = _operation(event, connection, pair in known)
                if operation:
                    known.add(pair)
                    found.append(_wanted(event, connection, operation))
                if operation == "issue":
                    planned.append(
                        RemoteInvoice(
                            business_id=connection.business_id, connection=connection, invoice_id=pair[1]
                        )
                    )
        RemoteInvoice.objects.bulk_create(planned, ignore_conflicts=True)
        return found

    def limits(self, routes: Sequence[str]) -> Mapping[str, Limits]:
        keys = [route.partition(":")[2] for route in routes]
        rows = Connection.objects.filter(public_id__in=keys).defer("sealed_credentials", "sealed_tokens")
        return {
            row.route: CONNECTORS[row.provider].limits
            for row in rows
            if row.is_active and row.health != Health.PAUSED
        }

    def prepare(self, tries: Sequence[Try]) -> Mapping[int, Send | Outcome]:
        bills = read_bills({one.invoice_id for one in tries if one.invoice_id})
        keys = {_connection_id(one) for one in tries}
        rows = Connection.objects.filter(public_id__in=keys).select_related("business")
        connections = {row.public_id: (row, _access(row)) for row in rows}
        remotes = RemoteInvoice.objects.filter(invoice__in=bills, connection__in=[row.pk for row in rows])
        known = {(row.connection_id, row.invoice_id): row for row in remotes}
        found: dict[int, Send | Outcome] = {}
        for one in tries:
            connection, access = connections[_connection_id(one)]
            if isinstance(access, Outcome):
                found[one.delivery_id] = access
                continue
            row = known.get((connection.pk, one.invoice_id or 0))
            found[one.delivery_id] = _prepared(one, connection, access, bills.get(one.invoice_id or 0), row)
        return found

    def settled(self, ends: Sequence[tuple[Try, Outcome]]) -> None:
        keys = {_connection_id(one) for one, _outcome in ends}
        rows = Connection.objects.filter(public_id__in=keys).defer("sealed_credentials", "sealed_tokens")
        connections = {row.public_id: row for row in rows}
        record_many(_told(one, outcome, connections[_connection_id(one)]) for one, outcome in ends)
        for key, connection in connections.items():
            actions.note_health(connection, [end for one, end in ends if _connection_id(one) == key])


PUSH = Push()


def _connections(businesses: Iterable[int | None]) -> dict[int, list[Connection]]:
    found: dict[int, list[Connection]] = defaultdict(list)
    rows = Connection.objects.filter(business__in=businesses, is_active=True).order_by("pk")
    for row in rows.defer("sealed_credentials", "sealed_tokens"):
        found[row.business_id].append(row)
    return found


def _invoice_id(event: Event) -> int:
    return int(event.subject.partition(":")[2])


def _known(events: Iterable[Event]) -> set[tuple[int, int]]:
    """Which connection has, or is to get, which of these invoices."""
    rows = RemoteInvoice.objects.filter(invoice__in={_invoice_id(event) for event in events})
    return set(rows.values_list("connection", "invoice"))


def _operation(event: Event, connection: Connection, is_known: bool) -> str:
    """What this event asks of that connection; "" for nothing."""
    if event.kind == ASKED:
        return _asked(event, connection)
    if not is_known:
        is_new = event.pk > connection.since
        return "issue" if is_new and STARTS.get(event.kind) == connection.push_on else ""
    able = CONNECTORS[connection.provider].operations
    operation = FOLLOWS.get(event.kind, "")
    if operation not in able and event.kind == "invoice.paid":
        operation = "void"  # paid elsewhere: nobody shall pay it there a second time
    return operation if operation in able else ""


def _asked(event: Event, connection: Connection) -> str:
    asked = str(event.data.get("operation", "issue"))
    is_able = asked in CONNECTORS[connection.provider].operations
    return asked if is_able and event.data.get("connection") == connection.public_id else ""


def _wanted(event: Event, connection: Connection, operation: str) -> Wanted:
    target, lane = f"{connection.public_id}:{operation}", event.subject
    return Wanted(event, target, connection.route, lane, _invoice_id(event))


def _connection_id(one: Try) -> str:
    return one.target.partition(":")[0]


def _operation_of(one: Try) -> str:
    return one.target.partition(":")[2]


def _access(connection: Connection) -> Access | Outcome:
    try:
        return actions.access_of(connection)
    except SecretUnreadable as error:
        return Outcome(End.LATER, "unreadable", error.text, pauses=True)


def _prepared(
    one: Try, connection: Connection, access: Access, bill: Bill | None, row: RemoteInvoice | None
) -> Send | Outcome:
    connector, operation = CONNECTORS[connection.provider], _operation_of(one)
    if bill is None or row is None:
        return Outcome(End.SKIPPED, "nothing_there")
    remote = remote_of(row)
    operation = _told_as(operation, connector, bill, remote)
    if idle := _needless(operation, connection, bill, remote, one):
        return Outcome(End.SKIPPED, idle)
    if operation == "issue" and _is_untouched(remote, one):
        try:
            with override(connection.business.language):
                connector.refuse(bill, access)
        except Problem as problem:
            return Outcome(End.DEAD, "cannot", problem.text)
    job = Job(
        access, _key(connection, bill, operation, remote.notes.get(GENERATION)), bill, remote, one.is_unclear
    )
    return partial(_perform, connector, operation, job, row.pk, connection.pk)


def _needless(operation: str, connection: Connection, bill: Bill, remote: Remote, one: Try) -> str:
    """Why there is nothing to do; "" when there is."""
    if operation == "issue":
        if connection.is_live and not bill.draft.live_mode:
            return "test_mode"
        return OVER.get(Status(bill.status), "") if _is_untouched(remote, one) else ""
    if not remote.id:
        return "nothing_there"
    if operation == "pay" and remote.paid is not None and remote.paid >= bill.amount_paid:
        return "known_there"
    return "known_there" if operation == "void" and _is_settled(remote, bill) else ""


def _is_settled(remote: Remote, bill: Bill) -> bool:
    """Nobody can pay it there any more: it is over, or the money came in there in the first place."""
    asked_for = bill.amount_invoiced if remote.total is None else remote.total
    is_paid = remote.paid is not None and remote.paid >= max(asked_for, 1)
    return is_paid or remote.standing in (Standing.PAID, Standing.VOID, Standing.GONE)


def _told_as(operation: str, connector: Connector, bill: Bill, remote: Remote) -> str:
    """What was settled without any money can only be cancelled there: there is no payment to tell of."""
    is_moneyless = bill.status == Status.PAID and not bill.amount_paid and not remote.paid
    return "void" if operation == "pay" and is_moneyless and "void" in connector.operations else operation


def _is_untouched(remote: Remote, one: Try) -> bool:
    """Whether it is sure that there is nothing of it there yet."""
    return not (remote.id or one.is_unclear or remote.notes.get(BEGUN))


def _key(connection: Connection, bill: Bill, operation: str, generation: object = None) -> str:
    """One for each invoice, connection, operation and, of payments, sum: whoever asks, however often.

    What is gone there and pushed again is a new one: the old key would be answered with what is gone.
    """
    paid = bill.amount_paid if operation == "pay" else 0
    about = f"{connection.public_id} {bill.public_id} {operation} {paid}"
    if generation:
        about += f" {generation}"
    return f"faturo-{hashlib.sha256(about.encode()).hexdigest()[:40]}"


async def _perform(
    connector: Connector, operation: str, job: Job, remote_key: int, connection_key: int, wire: Wire
) -> Outcome:
    driver = Driver(wire, partial(actions.store, remote_key, connection_key))
    return await outcome_of(driver, connector.operations[operation](job), connector.recovery)


def _told(one: Try, outcome: Outcome, connection: Connection) -> Telling | None:
    """The event of an end that concerns people."""
    if outcome.end not in (End.SENT, End.DEAD, End.NEEDS_PERSON):
        return None
    about = {
        "provider": connection.provider,
        "connection": connection.public_id,
        "operation": _operation_of(one),
    }
    if outcome.end == End.SENT:
        return Telling("invoice.pushed", f"invoice:{one.invoice_id}", connection.business_id, about)
    about |= {"code": outcome.code, "detail": outcome.detail, "end": str(outcome.end)}
    return Telling("invoice.push_failed", f"invoice:{one.invoice_id}", connection.business_id, about)
