"""Which event mails what to whom, worked out for many events at once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.db.models import Max
from django.utils import timezone

from businesses.events import Telling
from businesses.models import Business, Event
from invoices.models import Document, Invoice
from notifications.mail import addresses, trouble
from notifications.mail.models import Kind, MailSettings, Message, MessageState, Reason
from notifications.models import Pause
from payments.models import Allocation, CreditNote
from providers.models import Connection, PushOn

HISTORY = timedelta(days=7)
"""What is older was imported or is no news any more: nobody is mailed about it."""
QUIET = timedelta(hours=1)
"""Staff are told of one trouble once within it, however many invoices it hits."""

Told = Iterator[tuple[str, str, str]]
"""Kind, address, language."""


@dataclass(frozen=True)
class About:
    event: Event
    invoice: Invoice | None
    settings: MailSettings
    business: Business
    paid_on: date | None = None
    """Of the newest payment."""
    is_pushed: bool = False
    """Whether a connection waits for it to be sent."""
    is_known: bool = False
    """Whether staff were told of such trouble a moment ago."""

    @property
    def is_paid_lately(self) -> bool:
        """Older payments were brought along from elsewhere."""
        return self.paid_on is None or self.paid_on >= self.business.today() - HISTORY


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
        self._paid_on = _paid_on(_of_kind(events, "invoice.paid"))
        self._known = _recent(_of_kind(events, *trouble.TROUBLES))
        self._queued = _queued(_of_kind(events, "invoice.send_requested"))
        sending = Connection.objects.filter(business__in=businesses, is_active=True, push_on=PushOn.SEND)
        self._pushing = set(sending.values_list("business_id", flat=True))

    def messages(self, event: Event) -> Iterator[Message]:
        about = self.about(event)
        seen: set[str] = set()
        for kind, address, language in RULES[event.kind](about):
            if address.lower() in seen or self._is_queued(about, kind, address):
                continue
            seen.add(address.lower())
            yield Message(
                business=about.business,
                event=event,
                invoice=about.invoice,
                kind=kind,
                address=address,
                language=language,
            )
        if seen and event.kind in trouble.TROUBLES:
            self._known.add(_topic(event))

    def about(self, event: Event) -> About:
        business, invoice = self._businesses[event.business_id or 0], self._invoice(event)
        settings = self._settings.get(business.pk) or MailSettings(business=business)
        return About(
            event,
            invoice,
            settings,
            business,
            self._paid_on.get(invoice.pk) if invoice else None,
            business.pk in self._pushing,
            event.kind in trouble.TROUBLES and _topic(event) in self._known,
        )

    def _is_queued(self, about: About, kind: str, address: str) -> bool:
        """An invoice that waits to go to this address does not go twice."""
        if kind != Kind.ISSUED or about.invoice is None:
            return False
        key = (about.invoice.pk, address.lower())
        if key in self._queued:
            return True
        self._queued.add(key)
        return False

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
                message.state, message.code = MessageState.SKIPPED, why_blocked(reasons)


def _of_kind(events: Iterable[Event], *kinds: str) -> list[Event]:
    return [event for event in events if event.kind in kinds]


def _paid_on(events: Sequence[Event]) -> dict[int, date]:
    rows = Allocation.objects.filter(invoice__in=_keys(events, "invoice"), amount__gt=0)
    found = rows.values("invoice").annotate(day=Max("payment__paid_on")) if events else ()
    return {row["invoice"]: row["day"] for row in found}


def _queued(events: Sequence[Event]) -> set[tuple[int, str]]:
    rows = Message.objects.filter(
        invoice__in=_keys(events, "invoice"), kind=Kind.ISSUED, state=MessageState.QUEUED
    )
    found = rows.exclude(event__in=events).values_list("invoice", "address") if events else ()
    return {(key, address.lower()) for key, address in found if key}


Topic = tuple[int | None, str, str]


def _topic(event: Event) -> Topic:
    """What is told once: each connection or webhook by itself, failed pushes of a business together."""
    return event.business_id, event.kind, event.subject if event.kind.endswith(".paused") else ""


def _recent(events: Sequence[Event]) -> set[Topic]:
    """Of which trouble staff heard within the last hour."""
    if not events:
        return set()
    rows = Message.objects.filter(
        business__in={event.business_id for event in events},
        kind=Kind.TROUBLE,
        created_at__gt=timezone.now() - QUIET,
    )
    told = rows.exclude(event__in=events).order_by().values_list("event", flat=True).distinct()
    return {_topic(event) for event in Event.objects.filter(pk__in=list(told))}


def _keys(events: Iterable[Event], model: str) -> set[int]:
    pairs = (event.subject.partition(":")[::2] for event in events)
    return {int(key) for name, key in pairs if name == model}


def why_blocked(reasons: Iterable[str]) -> str:
    return "bounced_before" if Reason.BOUNCED in reasons else "unsubscribed"


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


def is_mailed_at_issue(invoice: Invoice) -> bool:
    """HighLevel's call to send asks by itself, with the addresses it names. What was due long ago is no news."""
    is_new = invoice.due_on >= invoice.business.today() - HISTORY
    return is_new and "highlevel" not in invoice.extras and is_by_itself(invoice)


def _issued(about: About) -> Told:
    invoice = about.invoice
    if invoice and about.settings.sends_issued and not about.is_pushed and is_mailed_at_issue(invoice):
        yield from _to_payer(about, Kind.ISSUED)


def requests(facts: Facts, events: Iterable[Event]) -> list[Telling]:
    """Where a connection pushes what is sent, issuing asks for sending: that mails it, once, and pushes it."""
    found = []
    for event in events:
        about = facts.about(event)
        if event.kind == "invoice.finalized" and about.invoice and about.is_pushed:
            to = [address for _kind, address, _language in _issued(replace(about, is_pushed=False))]
            if to:
                found.append(Telling("invoice.send_requested", event.subject, about.business.pk, {"to": to}))
    return found


def _asked(about: About) -> Told:
    return _to_payer(about, Kind.ISSUED, addresses.distinct(about.event.data.get("to") or ()))


def _reminder(about: About) -> Told:
    """Which kind it is, the day of sending decides."""
    step = about.event.data.get("step", 0)
    is_ours = about.event.data.get("channel", "email") == "email"
    kind = Kind.DUE_TODAY if step == 0 else Kind.DUE_SOON if step < 0 else Kind.OVERDUE
    is_told = is_ours and about.invoice and is_by_itself(about.invoice)
    return _to_payer(about, kind) if is_told else iter(())


def _paid(about: About) -> Told:
    invoice = about.invoice
    is_told = invoice and about.settings.sends_thanks and invoice.amount_paid
    if invoice and is_told and is_by_itself(invoice) and about.is_paid_lately:
        yield from _to_payer(about, Kind.PAID)


def _credited(about: About) -> Told:
    if about.invoice and is_by_itself(about.invoice):
        yield from _to_payer(about, Kind.CREDITED)


def _trouble(about: About) -> Told:
    """Nothing of what a person did."""
    if about.event.data.get("reason") == Pause.PERSON or about.is_known:
        return
    can = trouble.TROUBLES[about.event.kind].can
    for address, language in addresses.of_staff(about.business, can):
        yield Kind.TROUBLE, address, language


RULES: dict[str, Callable[[About], Told]] = {
    "invoice.finalized": _issued,
    "invoice.send_requested": _asked,
    "invoice.reminder_due": _reminder,
    "invoice.paid": _paid,
    "credit_note.issued": _credited,
    **dict.fromkeys(trouble.TROUBLES, _trouble),
}
