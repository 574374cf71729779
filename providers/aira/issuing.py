"""What is done at Aira with one of our invoices: created with its lines, cancelled.

Creating is repeated with the same idempotency key, and a conflict over it is resolved by looking the invoice up. Before
lines are added to one that was there already, those that it has are read.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from core.money import format_money
from providers.aira import codec
from providers.aira.calls import Session
from providers.aira.seen import learned, lines_of, seen
from providers.connector import Bill, Doubtful, Job, Refused, Seen, Standing, Steps
from providers.objects import CONFLICT, rows_of

TOO_LATE = frozenset({400, 404, CONFLICT, 422})
"""How cancelling may be refused that an earlier try has done."""
PAGE, PAGES = 100, 3
"""As many of a customer's invoices of one day are looked through."""
MEMO = 2000

Line = dict[str, Any]


def look(session: Session, remote_id: str) -> Steps[Seen]:
    try:
        body = yield from session.get(f"/{remote_id}")
    except Refused as refused:
        if refused.status != 404:
            raise
        return Seen(remote_id, Standing.GONE, "404")
    return seen(body)


def issue(job: Job) -> Steps[None]:
    """Left open there: Aira itself issues it on its day."""
    session, remote_id, made = Session(job.access), job.remote.id, False
    if not remote_id:
        _check_paid(job)
        found, made = yield from _created(session, job)
        remote_id = found.id
        yield learned(found)
    wanted = lines_to_add(job)
    for line in wanted if made else (yield from _missing(session, remote_id, wanted)):
        yield from _add(session, remote_id, line, wanted)
    found = yield from look(session, remote_id)
    yield learned(found)
    _check_there(job.bill, found)


def void(job: Job) -> Steps[None]:
    session = Session(job.access)
    try:
        found = seen((yield from session.post(f"/{job.remote.id}/cancel")))
    except Refused as refused:
        if refused.status not in TOO_LATE:
            raise
        found = yield from look(session, job.remote.id)
        if found.standing not in (Standing.VOID, Standing.GONE):
            raise
    yield learned(found)


def payer_of(bill: Bill, option: str) -> tuple[str, str]:
    """The field that names the customer, and its value; "" when there is none."""
    name = "customerId" if option == "theirs" else "externalCustomerId"
    return name, str(bill.payer.get("public_id" if option == "ours" else "external_id") or "")


def creation(job: Job) -> dict[str, Any]:
    """What asks for the invoice, without its lines."""
    bill = job.bill
    memo = " · ".join(filter(None, [bill.number, bill.draft.description]))[:MEMO]
    extras = {codec.NAME: {"paymentAccountId": job.access.credentials["payment_account"]}}
    draft = replace(bill.draft, external_id=job.key, description=memo, extras=extras)
    name, value = payer_of(bill, job.access.options.get("customer", ""))
    body = codec.write_invoice(draft, value)
    return {**{key: told for key, told in body.items() if key != "customerId"}, name: value}


def lines_to_add(job: Job) -> list[Line]:
    """Each with a key of its own. What only our own API keeps of a line stays here."""
    draft = job.bill.draft
    start = (draft.period_start or draft.issue_on).isoformat()
    end = (draft.period_end or draft.issue_on).isoformat()
    return [
        {
            "idempotencyKey": f"{job.key}-{place}",
            "name": line["name"],
            "amount": line["amount"],
            "startDate": line.get("startDate", start),
            "endDate": line.get("endDate", end),
        }
        for place, line in enumerate(codec.write_lines(draft), start=1)
    ]


def _check_paid(job: Job) -> None:
    bill = job.bill
    if job.is_unclear or (not bill.amount_paid and bill.amount_due == bill.total):
        return
    raise Refused(
        _("Aira cannot be told what was paid, credited or added here since the invoice was issued.")
    )


def _created(session: Session, job: Job) -> Steps[tuple[Seen, bool]]:
    """The invoice, and whether it is sure to be without lines."""
    try:
        return seen((yield from session.post("/", creation(job)))), not job.is_unclear
    except Refused as refused:
        if refused.status != CONFLICT:
            raise
        found = yield from _found(session, job)
        if found is None:
            message = _("Aira says that this invoice is there already, and does not show it: %(reason)s")
            raise Doubtful(message % {"reason": refused.text}) from refused
        return found, False


def _found(session: Session, job: Job) -> Steps[Seen | None]:
    """The invoice of that day and customer which has our key."""
    name, value = payer_of(job.bill, job.access.options.get("customer", ""))
    day = job.bill.draft.issue_on.isoformat()
    query = {"invoiceDate.gte": day, "invoiceDate.lte": day, "limit": str(PAGE)}
    for page in range(PAGES):
        answer = yield from session.get("", {**query, "offset": str(page * PAGE)})
        for row in _of_payer(rows_of(answer, "items"), name, value):
            body = yield from session.get(f"/{row['id']}")
            if _key_of(body) == job.key:
                return seen(body)
        if answer.get("hasMore") is not True:
            break
    return None


def _of_payer(rows: list[dict[str, Any]], name: str, value: str) -> Iterator[dict[str, Any]]:
    shown = "id" if name == "customerId" else "externalId"
    return (row for row in rows if row.get("id") and (row.get("customer") or {}).get(shown) == value)


def _key_of(body: Mapping[str, Any]) -> Any:
    inner = body.get("invoice")
    return (inner if isinstance(inner, dict) else body).get("idempotencyKey")


def _missing(session: Session, remote_id: str, wanted: list[Line]) -> Steps[list[Line]]:
    """Those that are not there: by key, or where Aira shows none, by place, since they are added in order."""
    there = lines_of((yield from session.get(f"/{remote_id}")))
    keys = {line.get("idempotencyKey") for line in there}
    nameless = sum(not line.get("idempotencyKey") for line in there)
    return [line for line in wanted[nameless:] if line["idempotencyKey"] not in keys]


def _add(session: Session, remote_id: str, line: Line, wanted: list[Line]) -> Steps[None]:
    """A conflict may say that it is there."""
    try:
        yield from session.post(f"/{remote_id}/line-items", line)
    except Refused as refused:
        if refused.status != CONFLICT or line in (yield from _missing(session, remote_id, wanted)):
            raise


def _check_there(bill: Bill, found: Seen) -> None:
    if found.standing in (Standing.GONE, Standing.VOID):
        raise Refused(_("It is not there any more."))
    if found.total in (None, bill.total):
        return
    here, there = (
        format_money(amount or 0, bill.draft.currency, bill.draft.language)
        for amount in (bill.total, found.total)
    )
    raise Refused(_("The total there is %(there)s, here it is %(here)s.") % {"here": here, "there": there})
