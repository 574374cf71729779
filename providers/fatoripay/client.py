"""We as a client of FatoriPay (document 003, its vendor's plugin, today's documents).

It knows no idempotency key, and takes the same `ref` twice. So what was perhaps created is looked for by `ref`, our own
id, before it is asked for again; two that answer to it need a person.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from businesses.telling import Limits
from core.http import CallFailed
from providers import untouched
from providers.connector import (
    EARLY,
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
)
from providers.fatoripay import pushed, reading
from providers.fatoripay.asking import Door, checked
from providers.objects import quoted, seen_in

ASKED = "asked"
"""The note that a create was begun: whoever comes next looks first, whatever became of it."""
ENDED = (Standing.VOID, Standing.GONE)
NOT_OWED = (Standing.PAID, Standing.REFUNDED, Standing.CHARGEBACK)
CREDENTIALS = (
    Credential("client_id", "client-id", is_secret=False),
    Credential("client_secret", "client-secret"),
    Credential("username", gettext_lazy("User name at FatoriPay"), is_secret=False),
)
CANCEL = Option(
    "cancel",
    gettext_lazy("Address for cancelling (not documented)"),
    (("cancel/{id}", "/invoices/cancel/{id}"), ("{id}/cancel", "/invoices/{id}/cancel")),
)
OPTIONS = (
    Option(
        "money",
        gettext_lazy("How amounts are written"),
        (("cents", gettext_lazy("Cents: 10025")), ("point", "100.25"), ("comma", "100,25")),
    ),
    Option(
        "path",
        gettext_lazy("Which API"),
        (
            ("create", gettext_lazy("Today’s: log in, then /invoices/create")),
            ("createRequest", gettext_lazy("That of 2024: /invoices/createRequest")),
        ),
    ),
    Option(
        "capture",
        gettext_lazy("Charge at once"),
        (("", gettext_lazy("No: the customer chooses")), ("pix", "Pix"), ("boleto", gettext_lazy("Boleto"))),
    ),
    CANCEL,
    EARLY,
)


def issue(job: Job) -> Steps[None]:
    door = Door(job.access)
    row = yield from (_read(door, job.remote.id) if job.remote.id else _created(door, job))
    found = _seen(row, job.access)
    yield reading.learned(found)
    if found.standing in ENDED:
        raise Refused(_("It is cancelled there already, and cannot be pushed a second time."))
    if found.total not in (None, job.bill.amount_invoiced):
        raise Refused(_("FatoriPay adds this invoice up to another total; look at it there."))
    method = job.access.options.get("capture")
    if method and not row.get("payment") and found.standing in (Standing.OPEN, Standing.OVERDUE):
        charged = yield from door.ask("POST", f"/invoices/capture/{quoted(found.id)}", {"method": method})
        yield reading.learned(_seen(charged, job.access))


def _created(door: Door, job: Job) -> Steps[Any]:
    if job.is_unclear or job.remote.notes.get(ASKED):
        found = yield from _found(door, job.bill.public_id)
        if found is not None:
            return found
    untouched.insist(job.bill, "FatoriPay")
    yield Learned(notes={ASKED: True})
    path = job.access.options.get("path", "create")
    return (yield from door.ask("POST", f"/invoices/{path}", pushed.write(job.bill, job.access)))


def _found(door: Door, ref: str) -> Steps[Any]:
    """The invoice of that `ref`, one that is cancelled only if there is no other; None when there is none."""
    try:
        rows, is_whole = yield from door.invoices()
    except CallFailed as failed:
        if failed.code != "too_large":
            raise
        raise Doubtful(_("There are too many invoices there to look for this one.")) from failed
    mine = [row for row in rows if isinstance(row, dict) and row.get("ref") == ref]
    mine = [row for row in mine if row.get("status") != reading.CANCELLED] or mine
    if not mine and not is_whole:
        raise Doubtful(_("There are too many invoices there to look for this one."))
    if len(mine) > 1:
        raise Doubtful(_("There are several invoices there with our reference %(ref)s.") % {"ref": ref})
    return mine[0] if mine else None


def void(job: Job) -> Steps[None]:
    """Its address is a guess, so what it did is read again."""
    door, remote_id = Door(job.access), job.remote.id
    found = yield from _looked(door, remote_id)
    if found.standing in NOT_OWED:
        raise Refused(_("It is paid there: it cannot be cancelled any more."))
    if found.standing not in ENDED:
        path = str(job.access.options.get(CANCEL.name) or CANCEL.choices[0][0])
        yield from door.ask("POST", f"/invoices/{path.format(id=quoted(remote_id))}")
        found = yield from _looked(door, remote_id)
    if found.standing not in ENDED:
        raise Refused(_("It is still “%(word)s” there.") % {"word": found.word})
    yield reading.learned(found)


def _read(door: Door, remote_id: str) -> Steps[Any]:
    return (yield from door.ask("GET", f"/invoices/{quoted(remote_id)}"))


def _looked(door: Door, remote_id: str) -> Steps[Seen]:
    answer = yield from door.answer("GET", f"/invoices/{quoted(remote_id)}")
    if answer.status == 404:
        return Seen(remote_id, Standing.GONE, "")
    return _seen(checked(answer), door.access)


def _seen(row: Any, access: Access) -> Seen:
    return reading.seen(row, in_cents=access.options.get("money", "cents") == "cents")


class Client:
    name = "fatoripay"
    live_url = "https://api.fatoripay.com.br/api/v1"
    test_url = "https://sandbox-api.fatoripay.com.br/api/v1"
    credentials: Sequence[Credential] = CREDENTIALS
    options: Sequence[Option] = OPTIONS
    limits = Limits(10)
    recovery = Recovery.LOOK_UP
    operations: Mapping[str, Callable[[Job], Steps[None]]] = {"issue": issue, "void": void}

    def refuse(self, bill: Bill, access: Access) -> None:
        pushed.refuse(bill, access)

    def check(self, access: Access) -> Steps[str]:
        door = Door(access)
        yield from (door.log_in() if door.has_login else door.ask("GET", "/invoices/"))
        return access.credentials.get("username") or access.credentials.get("client_id", "")

    def look(self, access: Access, remote_id: str) -> Steps[Seen]:
        return (yield from _looked(Door(access), remote_id))

    def listed(self, access: Access, since: date) -> Steps[list[Seen]]:
        rows, _is_whole = yield from Door(access).invoices()
        mine = [row for row in rows if isinstance(row, dict) and _is_since(row, since)]
        return seen_in(mine, partial(_seen, access=access))

    def hear(self, access: Access, webhook: Secured) -> list[News]:
        return reading.hear(webhook)


def _is_since(row: dict[str, Any], since: date) -> bool:
    """A day that cannot be read leaves nothing out."""
    days = [found for name in ("created_at", "due_date") if (found := reading.day(row.get(name)))]
    return not days or max(days) >= since


FATORIPAY = Client()
