"""What is done at Aira with one of our invoices: created with its lines, cancelled.

Creating is repeated with the same idempotency key. Since nobody knows how long a key is kept, what an earlier try may
have made is looked for first, and so is what a conflict over the key tells of. Before lines are added to an invoice
that was there already, those that it has are read. Aira issues what is open on its day: what cannot be made whole is
cancelled.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from core.money import format_money
from providers import early, rounds, withheld
from providers.aira import codec
from providers.aira.calls import Session
from providers.aira.seen import learned, lines_of, seen
from providers.connector import Bill, Doubtful, Job, Refused, Seen, Standing, Steps, Unauthorized
from providers.objects import CONFLICT, TOO_LATE, dict_of, quoted, rows_of, text_of

PAGE, PAGES = 100, 20
"""As many invoices of one day are looked through."""
MEMO = 2000
ENDED = (Standing.VOID, Standing.GONE)

Line = dict[str, Any]


def look(session: Session, remote_id: str) -> Steps[Seen]:
    try:
        body = yield from session.get(f"/{quoted(remote_id)}")
    except Refused as refused:
        if refused.status != 404:
            raise
        return Seen(remote_id, Standing.GONE, "404")
    return seen(body)


def issue(job: Job) -> Steps[None]:
    """Left open there: Aira itself issues it on its day."""
    session, remote_id, made = Session(job.access), job.remote.id, False
    if not remote_id:
        found, made = yield from _created(session, job)
        remote_id = found.id
        yield learned(found)
    try:
        yield from _filled(session, job, remote_id, is_empty=made)
    except (Unauthorized, Doubtful):
        raise
    except Refused as refused:
        yield from _give_up(session, remote_id, refused)


def void(job: Job) -> Steps[None]:
    yield from _cancelled(Session(job.access), job.remote.id)


def _cancelled(session: Session, remote_id: str) -> Steps[None]:
    try:
        found = seen((yield from session.post(f"/{quoted(remote_id)}/cancel")))
    except Refused as refused:
        if refused.status not in TOO_LATE:
            raise
        found = yield from look(session, remote_id)
        if found.standing not in ENDED:
            raise
    yield learned(found)


def _filled(session: Session, job: Job, remote_id: str, *, is_empty: bool) -> Steps[None]:
    """With all its lines, read again and compared."""
    wanted = lines_to_add(job)
    for line in wanted if is_empty else (yield from _missing(session, remote_id, wanted)):
        yield from _add(session, remote_id, line, wanted)
    found = yield from look(session, remote_id)
    yield learned(found)
    _check_there(job.bill, found)


def _give_up(session: Session, remote_id: str, refused: Refused) -> Steps[None]:
    """Cancels what Aira has not issued yet. Raises Refused, saying what became of it."""
    found = yield from look(session, remote_id)
    if found.standing != Standing.DRAFT:
        raise refused
    try:
        yield from _cancelled(session, remote_id)
    except Unauthorized:
        raise
    except Refused as kept:
        message = _(
            "%(reason)s It could not be cancelled there (%(kept)s): cancel it there before Aira issues it."
        )
        told = message % {"reason": refused.text, "kept": kept.text}
        raise Refused(told, status=refused.status) from refused
    message = _("%(reason)s What was made of it there was cancelled, so that Aira does not issue it.")
    raise Refused(message % {"reason": refused.text}, status=refused.status) from refused


def payer_of(bill: Bill, option: str) -> tuple[str, str]:
    """The field that names the customer, and its value; "" when there is none."""
    name = "customerId" if option == "theirs" else "externalCustomerId"
    return name, str(bill.payer.get("public_id" if option == "ours" else "external_id") or "")


def creation(job: Job) -> dict[str, Any]:
    """What asks for the invoice, without its lines."""
    bill = job.bill
    words = [bill.number, early.sentence(bill), withheld.told(bill.draft), bill.draft.description]
    memo = " · ".join(filter(None, words))[:MEMO]
    extras = {codec.NAME: {"paymentAccountId": job.access.credentials["payment_account"]}}
    draft = replace(bill.draft, external_id=rounds.key_of(job), description=memo, extras=extras)
    name, value = payer_of(bill, job.access.options.get("customer", ""))
    body = codec.write_invoice(draft, value)
    return {**{key: told for key, told in body.items() if key != "customerId"}, name: value}


def lines_to_add(job: Job) -> list[Line]:
    """Each with a key of its own, and less what is withheld at source. What only our own API keeps of a line stays
    here.
    """
    draft = job.bill.draft
    lines = codec.write_lines(draft)
    lower = withheld.shares(draft) + [0] * len(lines)
    start = (draft.period_start or draft.issue_on).isoformat()
    end = (draft.period_end or draft.issue_on).isoformat()
    return [
        {
            "idempotencyKey": f"{job.key}-{place}",
            "name": line["name"],
            "amount": line["amount"] - lower[place - 1],
            "startDate": line.get("startDate", start),
            "endDate": line.get("endDate", end),
        }
        for place, line in enumerate(lines, start=1)
    ]


def _check_paid(job: Job) -> None:
    bill = job.bill
    if not bill.amount_paid and bill.amount_due == bill.amount_invoiced:
        return
    raise Refused(
        _("Aira cannot be told what was paid, credited or added here since the invoice was issued.")
    )


def _created(session: Session, job: Job) -> Steps[tuple[Seen, bool]]:
    """The invoice, and whether it is sure to be without lines."""
    is_doubtful = rounds.is_doubtful(job)
    if is_doubtful:
        there = yield from _found(session, job)
        if there is not None:
            return there, False
    _check_paid(job)
    _name, whom = payer_of(job.bill, job.access.options.get("customer", ""))
    try:
        return (yield from rounds.creating(job, whom, _made(session, job))), not is_doubtful
    except Refused as refused:
        if refused.status != CONFLICT:
            raise
        found = yield from _found(session, job)
        if found is None:
            message = _("Aira says that this invoice is there already, and does not show it: %(reason)s")
            raise Doubtful(message % {"reason": refused.text}) from refused
        return found, False


def _made(session: Session, job: Job) -> Steps[Seen]:
    return seen((yield from session.post("/", creation(job))))


def _found(session: Session, job: Job) -> Steps[Seen | None]:
    """The invoice of that day and customer which has our key, or where Aira shows none, our memo."""
    name, value = payer_of(job.bill, job.access.options.get("customer", ""))
    day, whom = job.bill.draft.issue_on.isoformat(), rounds.payers(job, value)
    query = {"invoiceDate.gte": day, "invoiceDate.lte": day, "limit": str(PAGE)}
    for page in range(PAGES):
        answer = yield from session.get("", {**query, "offset": str(page * PAGE)})
        for row in _of_payers(rows_of(answer, "items"), name, whom):
            body = yield from session.get(f"/{quoted(text_of(row, 'id'))}")
            if _is_ours(body, job):
                return seen(body)
        if answer.get("hasMore") is not True:
            return None
    raise Doubtful(_("There are too many invoices there to look for this one."))


def _of_payers(rows: list[dict[str, Any]], name: str, whom: list[str]) -> Iterator[dict[str, Any]]:
    shown = "id" if name == "customerId" else "externalId"
    return (row for row in rows if row.get("id") and dict_of(row.get("customer")).get(shown) in whom)


def _is_ours(body: Mapping[str, Any], job: Job) -> bool:
    inner = dict_of(body.get("invoice")) or body
    if inner.get("idempotencyKey"):
        return rounds.is_ours(job, inner["idempotencyKey"])
    return str(inner.get("memo") or "").partition(" · ")[0] == job.bill.number


def _missing(session: Session, remote_id: str, wanted: list[Line]) -> Steps[list[Line]]:
    """Those that are not there: by key, or where Aira shows none, by place, since they are added in order."""
    body = yield from session.get(f"/{quoted(remote_id)}")
    _check_current(seen(body))
    there = lines_of(body)
    keys = {line.get("idempotencyKey") for line in there}
    nameless = sum(not line.get("idempotencyKey") for line in there)
    return [line for line in wanted[nameless:] if line["idempotencyKey"] not in keys]


def _add(session: Session, remote_id: str, line: Line, wanted: list[Line]) -> Steps[None]:
    """A conflict may say that it is there."""
    try:
        yield from session.post(f"/{quoted(remote_id)}/line-items", line)
    except Refused as refused:
        if refused.status != CONFLICT or line in (yield from _missing(session, remote_id, wanted)):
            raise


def _check_current(found: Seen) -> None:
    if found.standing in ENDED:
        raise Refused(_("It is not there any more."))


def _check_there(bill: Bill, found: Seen) -> None:
    _check_current(found)
    if found.total in (None, bill.amount_invoiced):
        return
    here, there = (
        format_money(amount or 0, bill.draft.currency, bill.draft.language)
        for amount in (bill.amount_invoiced, found.total)
    )
    raise Refused(_("The total there is %(there)s, here it is %(here)s.") % {"here": here, "there": there})
