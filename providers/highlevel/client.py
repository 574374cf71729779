"""We as a client of HighLevel (documents 000 and 004, apps/invoices.json), in its own words: altId and altType.

It knows no idempotency key. So what was perhaps created is looked for by our own id, which ends the invoice's name, and
among the contact's invoices, before it is asked for again; two that bear it need a person. Payments are recorded as the
difference to what is paid there, read just before.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from businesses.telling import Limits
from core.http import CallFailed
from providers import untouched
from providers.connector import (
    EARLY,
    TOLD_SUM,
    Access,
    Bill,
    Credential,
    Doubtful,
    Job,
    Learned,
    News,
    Option,
    Recovery,
    Refused,
    Secured,
    Seen,
    Standing,
    Steps,
    expect,
)
from providers.highlevel import pushed, reading
from providers.highlevel.asking import Door, one, reason
from providers.highlevel.pushed import LEFT_AS_DRAFT
from providers.objects import seen_in

ASKED, CONTACT = "asked", "contact"
"""Notes: that a create was begun, so whoever comes next looks first; and the contact's id."""
ENDED = (Standing.VOID, Standing.GONE)
CREDENTIALS = (
    Credential("location_id", gettext_lazy("Location id"), is_secret=False),
    Credential("access_token", gettext_lazy("Private integration token"), is_required=False),
    Credential(
        "user_id",
        gettext_lazy("User id"),
        is_secret=False,
        is_required=False,
        help=gettext_lazy("In whose name invoices are sent."),
    ),
    Credential("client_id", gettext_lazy("OAuth client id"), is_secret=False, is_required=False),
    Credential("client_secret", gettext_lazy("OAuth client secret"), is_required=False),
    Credential(
        "refresh_token",
        gettext_lazy("OAuth refresh token"),
        is_required=False,
        help=gettext_lazy("Instead of a private integration token, with the two above."),
    ),
    Credential(
        "webhook_key",
        gettext_lazy("Public key of its webhooks"),
        is_secret=False,
        is_required=False,
        help=gettext_lazy("Ed25519, base64 or PEM. Empty: the one that HighLevel publishes."),
    ),
)
OPTIONS = (
    Option(
        "send",
        gettext_lazy("After creating"),
        (
            ("send_manually", gettext_lazy("Mark as sent, tell nobody")),
            ("email", gettext_lazy("HighLevel sends an e-mail")),
            ("sms_and_email", gettext_lazy("HighLevel sends an e-mail and an SMS")),
            (LEFT_AS_DRAFT, gettext_lazy("Leave it as a draft")),
        ),
    ),
    EARLY,
)


def issue(job: Job) -> Steps[None]:
    door = _door(job)
    row = yield from (door.get(one(job.remote.id)) if job.remote.id else _created(door, job))
    found = reading.seen(row)
    yield reading.learned(found)
    if found.standing in ENDED:
        raise Refused(_("It is cancelled there already, and cannot be pushed a second time."))
    if found.total not in (None, job.bill.total):
        raise Refused(_("HighLevel adds this invoice up to another total; look at it there."))
    if found.standing == Standing.DRAFT:
        yield from _sent(door, job, found.id)


def _door(job: Job) -> Door:
    return Door(job.access, job.remote.notes)


def _created(door: Door, job: Job) -> Steps[Any]:
    contact = job.remote.notes.get(CONTACT) or (yield from _contact(door, job))
    if job.is_unclear or job.remote.notes.get(ASKED):
        found = yield from _found(door, job.bill.public_id, contact)
        if found is not None:
            return found
    untouched.insist(job.bill, "HighLevel")
    yield Learned(notes={CONTACT: contact, ASKED: True})
    return (yield from door.ask("POST", "/", pushed.invoice(job, contact, door.place)))


def _contact(door: Door, job: Job) -> Steps[str]:
    said = yield from door.ask("POST", "/contacts/upsert", pushed.contact(job.bill, door.place["altId"]))
    contact = said.get("contact") if isinstance(said, dict) else None
    if not isinstance(contact, dict) or not contact.get("id"):
        raise CallFailed("garbage", is_unclear=False)
    return str(contact["id"])


def _found(door: Door, ref: str, contact: str) -> Steps[Any]:
    """The invoice of that name; None when there is none. The search is asked first, it is the shorter list."""
    is_whole = True
    for query in ({"search": ref}, {"contactId": contact}):
        rows, is_whole = yield from door.rows(**query)
        mine = [row for row in rows if reading.ref_of(row) == ref]
        if len(mine) > 1:
            raise Doubtful(_("There are several invoices there with our reference %(ref)s.") % {"ref": ref})
        if mine:
            return mine[0]
    if not is_whole:
        raise Doubtful(_("There are too many invoices there to look for this one."))
    return None


def _sent(door: Door, job: Job, remote_id: str) -> Steps[None]:
    if not pushed.action_of(job.access):
        return
    said = yield from door.ask("POST", one(remote_id, "send"), pushed.sending(job, door.place))
    row = said.get("invoice") if isinstance(said, dict) else None
    yield reading.learned(reading.seen(row))


def send(job: Job) -> Steps[None]:
    """Somebody sends it once more. Whether an e-mail went out nobody can see, so an unclear one is not repeated."""
    door = _door(job)
    found = yield from _looked(door, job.remote.id)
    if found.standing == Standing.DRAFT:
        yield from _sent(door, job, found.id)
        return
    yield reading.learned(found)
    if found.standing in ENDED or pushed.action_of(job.access) in ("", "send_manually"):
        return
    if job.is_unclear:
        raise Doubtful(_("HighLevel may have sent it to the customer already."))
    yield from _sent(door, job, found.id)


def pay(job: Job) -> Steps[None]:
    """What is paid here and not there yet, never more than is asked for there."""
    door = _door(job)
    found = yield from _looked(door, job.remote.id)
    if found.standing in ENDED:
        raise Refused(_("It is “%(word)s” there: no payment can be recorded.") % {"word": found.word})
    yield reading.learned(found)
    if found.paid is None:
        raise CallFailed("garbage", is_unclear=False, detail="amountPaid")
    asked_for = job.bill.total if found.total is None else found.total
    missing = min(job.bill.amount_paid, asked_for) - found.paid
    if missing <= 0:
        return
    body = pushed.payment(job, missing, door.place)
    said = yield from door.ask("POST", one(found.id, "record-payment"), body)
    yield Learned(notes={TOLD_SUM: int(job.remote.notes.get(TOLD_SUM, 0)) + missing})
    row = said.get("invoice") if isinstance(said, dict) else None
    yield reading.learned(reading.seen(row))


def void(job: Job) -> Steps[None]:
    """A draft is deleted: only what was sent can be void there."""
    door = _door(job)
    found = yield from _looked(door, job.remote.id)
    if found.standing == Standing.DRAFT:
        yield from door.ask("DELETE", one(found.id), query=door.place)
        yield Learned(standing=Standing.GONE, word="")
        return
    if found.standing not in ENDED:
        found = reading.seen((yield from door.ask("POST", one(found.id, "void"), door.place)))
    yield reading.learned(found)


def _looked(door: Door, remote_id: str) -> Steps[Seen]:
    answer = yield from door.answer("GET", one(remote_id), query=door.place)
    if answer.status == 404:
        return Seen(remote_id, Standing.GONE, "")
    return reading.seen(expect(answer, reason))


class Client:
    name = "highlevel"
    live_url = "https://services.leadconnectorhq.com"
    test_url = "https://services.leadconnectorhq.com"
    credentials: Sequence[Credential] = CREDENTIALS
    options: Sequence[Option] = OPTIONS
    limits = Limits(10, 30, 10)
    """A push is about three requests, and an account is allowed a hundred in ten seconds."""

    recovery = Recovery.LOOK_UP
    operations: Mapping[str, Callable[[Job], Steps[None]]] = {
        "issue": issue,
        "send": send,
        "void": void,
        "pay": pay,
    }

    def refuse(self, bill: Bill, access: Access) -> None:
        pushed.refuse(bill, access)

    def check(self, access: Access) -> Steps[str]:
        said = yield from Door(access).get(limit=1, offset=0)
        if not isinstance(said, dict) or not isinstance(said.get("invoices"), list):
            raise CallFailed("garbage", is_unclear=False)
        return access.credentials.get("location_id", "")

    def look(self, access: Access, remote_id: str) -> Steps[Seen]:
        return (yield from _looked(Door(access), remote_id))

    def listed(self, access: Access, since: date) -> Steps[list[Seen]]:
        """By their day of issue; the list can be asked for nothing else."""
        rows, _is_whole = yield from Door(access).rows(startAt=since.isoformat())
        return seen_in(rows, reading.seen)

    def hear(self, access: Access, webhook: Secured) -> list[News]:
        return reading.hear(access, webhook)


HIGHLEVEL = Client()
