"""What is done at Base39 with one of our invoices: created and finalized, voided, told what was paid here.

Every request that changes something has an idempotency key of its own, which follows from the job's: what a try did
before it broke off is answered again, not done again. Since nobody knows for how long, what a try may have made is
looked for first.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from core.money import format_money
from invoices import ways
from providers import rounds
from providers.base39 import asking
from providers.base39.asking import look
from providers.base39.calls import Session
from providers.base39.seen import intents_of, learned, seen
from providers.base39.telling import tell_paid
from providers.connector import Job, Learned, Refused, Seen, Standing, Steps, Unauthorized
from providers.objects import TOO_LATE, dict_of, quoted, text_of

WAYS = {"pix": ways.PIX, "boleto": ways.BOLETO}
"""What we offer an invoice's payer, by Base39's words for it."""
KEPT = timedelta(days=59)
"""How long after the due date a charge can be paid there, as banks keep boletos."""

Charge = tuple[Any, str | None]


def issue(job: Job) -> Steps[None]:
    """Made as a draft, whose total is compared with ours before anybody can pay it."""
    session = Session(job.access)
    found = yield from (look(session, job.remote.id) if job.remote.id else _created(session, job))
    yield learned(found)
    _check_there(found)
    if found.standing == Standing.DRAFT or not job.remote.id:
        _check_total(job, found)
    if found.standing == Standing.DRAFT:
        found = yield from _moved(session, job, "finalize", found.id, lambda now: now != Standing.DRAFT)
    if job.bill.amount_paid:
        yield from tell_paid(session, job, found)
    elif job.access.options.get("charges") == "offered":
        yield from _charge(session, job, found.id)


def void(job: Job) -> Steps[None]:
    yield from _moved(Session(job.access), job, "void", job.remote.id, lambda now: now in asking.ENDED)


def pay(job: Job) -> Steps[None]:
    session = Session(job.access)
    yield from tell_paid(session, job, (yield from look(session, job.remote.id)))


def _created(session: Session, job: Job) -> Steps[Seen]:
    """Now, or by an earlier try of which we never heard."""
    if rounds.is_doubtful(job):
        found = yield from asking.found(session, job)
        if found is not None:
            return found
    _check_due(job)
    return (yield from rounds.creating(job, job.bill.payer["external_id"], _made(session, job)))


def _made(session: Session, job: Job) -> Steps[Seen]:
    body = asking.creation(job, session.unit)
    return seen((yield from session.post("invoices", body, rounds.key_of(job))), session.unit)


def _check_due(job: Job) -> None:
    if job.bill.amount_due != job.bill.amount_invoiced:
        raise Refused(_("Credit notes, discounts or fines have changed what is due since it was issued."))


def _check_there(found: Seen) -> None:
    if found.standing == Standing.GONE:
        raise Refused(_("It is not there any more."))
    if found.standing == Standing.VOID:
        raise Refused(_("It was voided there."))


def _check_total(job: Job, found: Seen) -> None:
    """Rules of its own would have the payer pay another amount; another unit of money does not show."""
    bill = job.bill
    if found.total in (None, bill.amount_invoiced):
        return
    here, there = (
        format_money(amount or 0, bill.draft.currency, bill.draft.language)
        for amount in (bill.amount_invoiced, found.total)
    )
    raise Refused(_("The total there is %(there)s, here it is %(here)s.") % {"here": here, "there": there})


def _moved(
    session: Session, job: Job, verb: str, remote_id: str, is_done: Callable[[str], bool]
) -> Steps[Seen]:
    """The invoice after the verb; to be refused is no harm when it is there already."""
    path = f"invoices/{quoted(remote_id)}/{verb}"
    try:
        body = yield from session.post(path, {}, f"{rounds.key_of(job)}-{verb}")
        found = seen(body, session.unit)
    except Refused as refused:
        if refused.status not in TOO_LATE:
            raise
        found = yield from look(session, remote_id)
        if not is_done(found.standing):
            yield from rounds.used_up(job, refused)
            raise
    yield learned(found)
    return found


def _charge(session: Session, job: Job, remote_id: str) -> Steps[None]:
    """A payment intent for each way to pay that the invoice offers. One that is refused keeps nobody from paying, and
    is asked for again, under another key, when somebody pushes the invoice again.
    """
    offered, charges = set(job.bill.draft.payable_with), dict_of(job.remote.notes.get("charges"))
    there = (yield from _open_charges(session, remote_id)) if job.is_unclear else {}
    for method, words in WAYS.items():
        is_made = isinstance(charges.get(method), str)
        if is_made or (offered and not words & offered):
            continue
        if method in there:
            made, link = there[method]
        else:
            made, link = yield from _charged(session, job, remote_id, method)
        charges = {**charges, method: made}
        yield Learned(link=link, notes={"charges": charges})


def _open_charges(session: Session, remote_id: str) -> Steps[dict[str, Charge]]:
    """What an earlier try may have made without hearing of it, by method."""
    rows = intents_of((yield from asking.body_of(session, remote_id)))
    still_open = [row for row in rows if row.get("status") == "open"]
    return {str(row.get("method")): (text_of(row, "id"), _page(row)) for row in still_open}


def _charged(session: Session, job: Job, remote_id: str, method: str) -> Steps[Charge]:
    """The intent's id and page; or why it was refused, and how often."""
    amount, until = session.unit.write(job.bill.amount_invoiced), job.bill.draft.due_on + KEPT
    body = {"amount": amount, "expireAt": until.isoformat(), "method": method}
    times = dict_of(dict_of(job.remote.notes.get("charges")).get(method)).get("times", 0)
    key = f"{job.key}-{method}-r{times}" if times else f"{job.key}-{method}"
    try:
        intent = yield from session.post(f"payment-intents?invoice={quoted(remote_id)}", body, key)
    except Unauthorized:
        raise
    except Refused as refused:
        return {"refused": refused.text, "times": times + 1}, None
    return text_of(intent, "id"), _page(intent)


def _page(intent: dict[str, Any]) -> str | None:
    url = dict_of(intent.get("methodData")).get("url")
    return url if isinstance(url, str) and url.startswith("https://") else None
