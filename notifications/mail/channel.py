"""The outbox's channel to people's mailboxes."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from hashlib import sha256
from typing import Any

from django.core.mail import EmailMessage
from django.utils import timezone

from businesses.events import Telling, record_many
from businesses.models import Business, Event
from businesses.telling import End, Limits, Outcome, Send, Try, Wanted, Wire
from invoices.models import Document, Invoice
from invoices.status import Status
from notifications.mail import actions, addresses, letters, papers, post, smtp, trouble
from notifications.mail.models import REMINDERS, Kind, MailSettings, Message, MessageState, Reason
from payments import ledger
from payments.models import CreditNote

ROUTE = "email:smtp"
HISTORY = timedelta(days=7)
"""Events older than this were imported or are no news any more: nobody is mailed about them."""
PDF_SECONDS = 12
"""The schedule freezes PDFs every ten seconds; the message waits for that, once more, then twice, a little longer."""
PATIENT_TRIES = 3
QUIET = timedelta(hours=1)
"""Staff are told of one kind of trouble of a business once within it, however many invoices it hits."""

Told = Iterator[tuple[str, str, str]]
"""Kind, address, language."""


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
        return [_wanted(message, facts) for message in messages if message.state == MessageState.QUEUED]

    def limits(self, routes: Sequence[str]) -> Mapping[str, Limits]:
        return {route: Limits(4) for route in routes}

    def prepare(self, tries: Sequence[Try]) -> Mapping[int, Send | Outcome]:
        messages = _messages(tries)
        found = addresses.blocked(
            [message.business_id for message in messages.values()], [one.target for one in tries]
        )
        ready: dict[int, Send | Outcome] = {}
        for one in tries:
            message = messages.get((one.event.pk, one.target))
            if message is None:
                ready[one.delivery_id] = Outcome(End.SKIPPED, "nothing_there")
                continue
            reasons = found.get((message.business_id, message.address.lower()), ())
            ready[one.delivery_id] = _ready(one, message, reasons)
        return ready

    def settled(self, ends: Sequence[tuple[Try, Outcome]]) -> None:
        messages = _messages([one for one, _outcome in ends])
        keys = {message.invoice_id for message in messages.values() if message.invoice_id}
        rows = Invoice.objects.filter(pk__in=keys).order_by("pk")
        list(rows.select_for_update(of=("self",), no_key=True).values_list("pk"))
        tellings = []
        for one, outcome in ends:
            message = messages.get((one.event.pk, one.target))
            if message is not None:
                _store(message, outcome)
                tellings.append(_told(message, outcome))
        record_many(tellings)


EMAIL = Email()


@dataclass(frozen=True)
class About:
    event: Event
    invoice: Invoice | None
    settings: MailSettings
    business: Business


class Facts:
    """What the rules ask about many events, in a few queries."""

    def __init__(self, events: Sequence[Event]) -> None:
        businesses = {event.business_id for event in events if event.business_id}
        self._notes = dict(
            CreditNote.objects.filter(pk__in=_keys(events, "creditnote")).values_list("pk", "invoice_id")
        )
        wanted = {*_keys(events, "invoice"), *self._notes.values()}
        rows = Invoice.objects.filter(pk__in=wanted).select_related("customer", "business")
        self._invoices = {row.pk: row for row in rows.defer("terms", "search_text")}
        self._businesses = Business.objects.in_bulk(businesses)
        stored = MailSettings.objects.filter(business__in=businesses)
        self._settings = {row.business_id: row for row in stored}
        pending = Document.objects.filter(invoice__in=wanted, key="", attempts=0)
        self.unfrozen = set(pending.values_list("invoice_id", flat=True))

    def messages(self, event: Event) -> Iterator[Message]:
        business = self._businesses[event.business_id or 0]
        usual = MailSettings(business=business)
        about = About(event, self._invoice(event), self._settings.get(business.pk, usual), business)
        seen: set[str] = set()
        for kind, address, language in RULES[event.kind](about):
            if address.lower() not in seen:
                seen.add(address.lower())
                yield Message(
                    business=business,
                    event=event,
                    invoice=about.invoice,
                    kind=kind,
                    address=address,
                    language=language,
                )

    def _invoice(self, event: Event) -> Invoice | None:
        model, _colon, key = event.subject.partition(":")
        pk = self._notes.get(int(key)) if model == "creditnote" else int(key) if model == "invoice" else None
        return self._invoices.get(pk or 0)

    @staticmethod
    def block(messages: Sequence[Message]) -> None:
        """What is not sent is still shown, with the reason."""
        found = addresses.blocked(
            [message.business_id for message in messages], [message.address for message in messages]
        )
        for message in messages:
            reasons = found.get((message.business_id, message.address.lower()), set())
            if addresses.is_blocked(reasons, message.kind):
                message.state, message.code = MessageState.SKIPPED, _why_blocked(reasons)


def _keys(events: Iterable[Event], model: str) -> set[int]:
    pairs = (event.subject.partition(":")[::2] for event in events)
    return {int(key) for name, key in pairs if name == model}


def _why_blocked(reasons: Iterable[str]) -> str:
    return "bounced_before" if Reason.BOUNCED in reasons else "unsubscribed"


def _wanted(message: Message, facts: Facts) -> Wanted:
    lane = f"{message.event.subject}:{sha256(message.address.lower().encode()).hexdigest()[:16]}"
    waits = message.kind == Kind.ISSUED and message.invoice_id in facts.unfrozen
    due_at = timezone.now() + timedelta(seconds=PDF_SECONDS) if waits else None
    return Wanted(message.event, message.address, ROUTE, lane, message.invoice_id, due_at)


def _to_payer(about: About, kind: str, given: Sequence[str] = ()) -> Told:
    invoice = about.invoice
    if invoice is None:
        return
    for address in given or addresses.of_invoice(invoice):
        yield kind, address, invoice.language


def is_by_itself(invoice: Invoice) -> bool:
    """Whether messages about it go out unasked: never for a test, and as the API it came by has it.

    HighLevel's own send call decides, also for what follows; FatoriPay's `notification_enabled` is false when left out.
    """
    if not invoice.live_mode:
        return False
    if "highlevel" in invoice.extras:
        sent = invoice.extras["highlevel"].get("send") or {}
        return sent.get("action") in ("email", "sms_and_email")
    if "fatoripay" in invoice.extras:
        return bool(invoice.extras["fatoripay"].get("notification_enabled"))
    return True


def _issued(about: About) -> Told:
    """HighLevel's call to send asks by itself, with the addresses it names."""
    invoice = about.invoice
    if (
        invoice
        and about.settings.sends_issued
        and "highlevel" not in invoice.extras
        and is_by_itself(invoice)
    ):
        yield from _to_payer(about, Kind.ISSUED)


def _asked(about: About) -> Told:
    return _to_payer(about, Kind.ISSUED, addresses.distinct(about.event.data.get("to") or ()))


def _reminder(about: About) -> Told:
    step = about.event.data.get("step", 0)
    is_ours = about.event.data.get("channel", "email") == "email"
    kind = Kind.DUE_TODAY if step == 0 else Kind.DUE_SOON if step < 0 else Kind.OVERDUE
    return _to_payer(about, kind) if is_ours else iter(())


def _paid(about: About) -> Told:
    if (
        about.invoice
        and about.settings.sends_thanks
        and is_by_itself(about.invoice)
        and about.invoice.amount_paid
    ):
        yield from _to_payer(about, Kind.PAID)


def _credited(about: About) -> Told:
    if about.invoice and is_by_itself(about.invoice):
        yield from _to_payer(about, Kind.CREDITED)


def _trouble(about: About) -> Told:
    recent = Message.objects.for_business(about.business).filter(
        kind=Kind.TROUBLE, event__kind=about.event.kind, created_at__gt=timezone.now() - QUIET
    )
    if recent.exclude(event=about.event).exists():
        return
    for address, language in addresses.of_staff(about.business):
        yield Kind.TROUBLE, address, language


RULES: dict[str, Callable[[About], Told]] = {
    "invoice.finalized": _issued,
    "invoice.send_requested": _asked,
    "invoice.reminder_due": _reminder,
    "invoice.paid": _paid,
    "credit_note.issued": _credited,
    **dict.fromkeys(trouble.TROUBLES, _trouble),
}


def _messages(tries: Sequence[Try]) -> dict[tuple[int, str], Message]:
    rows = Message.objects.filter(event__in=[one.event.pk for one in tries]).defer("text", "html")
    rows = rows.select_related("event", "business", "invoice__business", "invoice__customer")
    return {(row.event_id, row.address): row for row in rows}


def _ready(one: Try, message: Message, reasons: Iterable[str]) -> Send | Outcome:
    if addresses.is_blocked(reasons, message.kind):
        return Outcome(End.SKIPPED, _why_blocked(reasons))
    if idle := _needless(message):
        return Outcome(End.SKIPPED, idle)
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
    actions.compose(message, subject=letter.subject, text=plain, html=rich, files=names[:300])
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
