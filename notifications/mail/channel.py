"""The outbox's channel to people's mailboxes."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from hashlib import sha256
from typing import Any

from django.core.mail import EmailMessage
from django.utils import timezone

from businesses.events import Telling, record_many
from businesses.models import Event
from businesses.telling import End, Limits, Outcome, Send, Try, Wanted, Wire
from core.clock import database_now
from invoices.models import Invoice
from invoices.status import Status
from notifications.mail import actions, addresses, letters, papers, post, smtp, timely, trouble
from notifications.mail.models import REMINDERS, Kind, Message, MessageState, Reason
from notifications.mail.rules import HISTORY, RULES, Facts, requests, why_blocked
from notifications.mail.timely import Timely
from payments import ledger

ROUTE = "email:smtp"
PDF_SECONDS = 12
"""The schedule freezes PDFs every ten seconds; the message waits for that, once more, then twice, a little longer."""
PATIENT_TRIES = 3


class Email:
    name = "email"
    delays: Sequence[float] = (
        30.0,
        60.0,
        300.0,
        900.0,
        1800.0,
        3600.0,
        10_800.0,
        21_600.0,
        43_200.0,
        86_400.0,
    )
    """Seconds; two days in all, as long as mail servers of others keep trying."""

    def wanted(self, events: Sequence[Event]) -> Iterable[Wanted]:
        """Also writes the messages, so that they can be seen from the moment they are to be sent."""
        since = timezone.now() - HISTORY
        news = [event for event in events if event.kind in RULES and event.at > since]
        if not news:
            return []
        facts = Facts(news)
        messages = [message for event in news for message in facts.messages(event)]
        facts.block(messages)
        actions.queue(messages)
        _request(requests(facts, news))
        return [_wanted(message, facts) for message in messages if message.state == MessageState.QUEUED]

    def limits(self, routes: Sequence[str]) -> Mapping[str, Limits]:
        return {route: Limits(4) for route in routes}

    def prepare(self, tries: Sequence[Try]) -> Mapping[int, Send | Outcome]:
        messages = _messages(tries)
        found = addresses.blocked(
            [message.business_id for message in messages.values()], [one.target for one in tries]
        )
        reminders = timely.of(messages.values(), timezone.now())
        ready: dict[int, Send | Outcome] = {}
        for one in tries:
            message = messages.get((one.event.pk, one.target))
            if message is None:
                ready[one.delivery_id] = Outcome(End.SKIPPED, "nothing_there")
                continue
            reasons = found.get((message.business_id, message.address.lower()), ())
            ready[one.delivery_id] = _ready(one, message, reasons, reminders.get(message.pk))
        return ready

    def settled(self, ends: Sequence[tuple[Try, Outcome]]) -> None:
        messages = _messages([one for one, _outcome in ends])
        _lock({message.invoice_id for message in messages.values() if message.invoice_id})
        tellings = []
        for one, outcome in ends:
            message = messages.get((one.event.pk, one.target))
            if message is not None:
                _store(message, outcome)
                tellings.append(_told(message, outcome))
        record_many(tellings)


EMAIL = Email()


def _lock(invoices: Iterable[int]) -> None:
    rows = Invoice.objects.filter(pk__in=set(invoices)).order_by("pk")
    list(rows.select_for_update(of=("self",), no_key=True).values_list("pk"))


def _request(tellings: Sequence[Telling]) -> None:
    if tellings:
        _lock(int(telling.subject.partition(":")[2]) for telling in tellings)
        record_many(tellings)


def _wanted(message: Message, facts: Facts) -> Wanted:
    lane = f"{message.event.subject}:{sha256(message.address.lower().encode()).hexdigest()[:16]}"
    waits = message.kind == Kind.ISSUED and message.invoice_id in facts.unfrozen
    due_at = database_now() + timedelta(seconds=PDF_SECONDS) if waits else None
    return Wanted(message.event, message.address, ROUTE, lane, message.invoice_id, due_at)


def _messages(tries: Sequence[Try]) -> dict[tuple[int, str], Message]:
    rows = Message.objects.filter(event__in=[one.event.pk for one in tries]).defer("text", "html")
    rows = rows.select_related("event", "business", "invoice__business", "invoice__customer")
    return {(row.event_id, row.address): row for row in rows}


def _ready(one: Try, message: Message, reasons: Iterable[str], reminder: Timely | None) -> Send | Outcome:
    if addresses.is_blocked(reasons, message.kind):
        return Outcome(End.SKIPPED, why_blocked(reasons))
    if idle := _needless(message):
        return Outcome(End.SKIPPED, idle)
    if reminder and reminder.obstacle:
        return reminder.obstacle
    message.kind = reminder.kind if reminder else message.kind
    try:
        files = papers.of(message)
    except papers.NotReady:
        if one.number <= PATIENT_TRIES:
            return Outcome(End.LATER, "not_ready")
        files = []
    return partial(_send, _envelope(one, message, files))


def _needless(message: Message) -> str:
    """Why it is not to be sent any more; "" when it is."""
    invoice = message.invoice
    if message.kind == Kind.TROUBLE:
        return ""
    if invoice is None or invoice.status == Status.VOID and message.kind != Kind.CREDITED:
        return "void"
    if message.kind in REMINDERS:
        is_owed = invoice.status == Status.OPEN and ledger.owed(invoice, invoice.business.today()).total > 0
        return "" if is_owed else "settled"
    return "taken_back" if message.kind == Kind.PAID and invoice.status != Status.PAID else ""


def _envelope(one: Try, message: Message, files: Sequence[papers.File]) -> EmailMessage:
    is_trouble = message.kind == Kind.TROUBLE
    letter = trouble.letter(message) if is_trouble else letters.letter(message, timezone.now())
    plain, rich = post.text(letter), post.html(letter)
    names = ", ".join(file.name for file in files)
    actions.compose(
        message, kind=message.kind, subject=letter.subject, text=plain, html=rich, files=names[:300]
    )
    return post.envelope(letter, message.address, one.key, files, plain=plain, rich=rich)


async def _send(envelope: EmailMessage, wire: Wire) -> Outcome:
    outcome: Outcome = await wire.block(partial(smtp.send, envelope))
    return outcome


STATES: dict[End, str] = {
    End.SENT: MessageState.SENT,
    End.DEAD: MessageState.FAILED,
    End.NEEDS_PERSON: MessageState.FAILED,
    End.SKIPPED: MessageState.SKIPPED,
}


def _store(message: Message, outcome: Outcome) -> None:
    state = STATES.get(outcome.end)
    values: dict[str, Any] = {"code": outcome.code[:30], "detail": outcome.detail[:300]}
    if outcome.end == End.SENT:
        values["sent_at"] = timezone.now()
    if outcome.code == "unknown_address":
        state = MessageState.BOUNCED
        actions.suppress(message.business_id, message.address, Reason.BOUNCED, outcome.detail)
    actions.settle([message.pk], state, **values)


def _told(message: Message, outcome: Outcome) -> Telling | None:
    """Of what payers were sent or not; staff's own mails are not part of an invoice's story."""
    if message.invoice_id is None or message.kind == Kind.TROUBLE:
        return None
    about = {"to": message.address, "kind": message.kind, "message": message.public_id}
    subject = f"invoice:{message.invoice_id}"
    if outcome.end == End.SENT:
        return Telling("invoice.sent", subject, message.business_id, about)
    if outcome.end in (End.DEAD, End.NEEDS_PERSON):
        about |= {"code": outcome.code, "detail": outcome.detail}
        return Telling("invoice.send_failed", subject, message.business_id, about)
    return None
