"""What is done at Base39 with one of our invoices: created and finalized, voided, told what was paid here.

Every request that changes something has an idempotency key of its own, which follows from the job's: what a try did
before it broke off is answered again, not done again.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from core.money import format_money
from invoices import ways
from providers.base39 import codec
from providers.base39.calls import Session
from providers.base39.codec import Unit
from providers.base39.seen import OUR_ID, OUR_KEY, OUR_NUMBER, learned, seen
from providers.connector import Job, Learned, Refused, Seen, Standing, Steps, Unauthorized
from providers.objects import dict_of, text_of

WAYS = {"pix": ways.PIX, "boleto": ways.BOLETO}
"""What we offer an invoice's payer, by Base39's words for it."""
KEPT = timedelta(days=59)
"""How long after the due date a charge can be paid there, as banks keep boletos."""
FAR = timedelta(days=365)
"""Base39 wants to know until when even of what has been paid."""
TOO_LATE = frozenset({400, 404, 409, 422})
"""How a verb may be refused that an earlier try has done."""


def look(session: Session, remote_id: str) -> Steps[Seen]:
    try:
        body = yield from session.get(f"invoices/{remote_id}")
    except Refused as refused:
        if refused.status != 404:
            raise
        return Seen(remote_id, Standing.GONE, "404")
    return seen(body, session.unit)


def issue(job: Job) -> Steps[None]:
    """Made as a draft, whose total is compared with ours before anybody can pay it."""
    session = Session(job.access)
    if job.remote.id:
        found = yield from look(session, job.remote.id)
    else:
        _check_due(job)
        body = yield from session.post("invoices", creation(job, session.unit), job.key)
        found = seen(body, session.unit)
    yield learned(found)
    if found.standing == Standing.GONE:
        raise Refused(_("It is not there any more."))
    if found.standing == Standing.DRAFT or not job.remote.id:
        _check_total(job, found)
    if found.standing == Standing.DRAFT:
        found = yield from _moved(session, job, "finalize", found.id, lambda now: now != Standing.DRAFT)
    if job.bill.amount_paid:
        yield from _tell_paid(session, job, found)
    elif job.access.options.get("charges") == "offered":
        yield from _charge(session, job, found.id)


def void(job: Job) -> Steps[None]:
    ended = (Standing.VOID, Standing.GONE)
    yield from _moved(Session(job.access), job, "void", job.remote.id, lambda now: now in ended)


def pay(job: Job) -> Steps[None]:
    session = Session(job.access)
    yield from _tell_paid(session, job, (yield from look(session, job.remote.id)))


def creation(job: Job, unit: Unit) -> dict[str, Any]:
    """What asks for the invoice; Base39 shall add no discounts and fines by itself."""
    bill, mine = job.bill, job.access.credentials
    body = codec.write(bill.draft, unit, bill.payer["external_id"], mine["beneficiary"])
    return {
        **body,
        "description": body.get("description") or bill.number,
        "metadata": {**bill.draft.metadata, OUR_ID: bill.public_id, OUR_NUMBER: bill.number},
        "autoFinalize": job.access.options.get("finalize") == "at_once",
        "updateInvoiceItemOnInsert": False,
    }


def _check_due(job: Job) -> None:
    if job.bill.amount_due != job.bill.total and not job.is_unclear:
        raise Refused(_("Credit notes, discounts or fines have changed what is due since it was issued."))


def _check_total(job: Job, found: Seen) -> None:
    """Rules of its own would have the payer pay another amount; another unit of money does not show."""
    bill = job.bill
    if found.total in (None, bill.total):
        return
    here, there = (
        format_money(amount or 0, bill.draft.currency, bill.draft.language)
        for amount in (bill.total, found.total)
    )
    raise Refused(_("The total there is %(there)s, here it is %(here)s.") % {"here": here, "there": there})


def _moved(
    session: Session, job: Job, verb: str, remote_id: str, is_done: Callable[[str], bool]
) -> Steps[Seen]:
    """The invoice after the verb; to be refused is no harm when it is there already."""
    try:
        body = yield from session.post(f"invoices/{remote_id}/{verb}", {}, f"{job.key}-{verb}")
        found = seen(body, session.unit)
    except Refused as refused:
        if refused.status not in TOO_LATE:
            raise
        found = yield from look(session, remote_id)
        if not is_done(found.standing):
            raise
    yield learned(found)
    return found


def _charge(session: Session, job: Job, remote_id: str) -> Steps[None]:
    """A payment intent for each way to pay that the invoice offers. One that is refused keeps nobody from paying."""
    draft, made = job.bill.draft, dict(job.remote.notes.get("charges", {}))
    for method, words in WAYS.items():
        if method in made or (draft.payable_with and not words & set(draft.payable_with)):
            continue
        amount, until = session.unit.write(job.bill.total), draft.due_on + KEPT
        body = {"amount": amount, "expireAt": until.isoformat(), "method": method}
        try:
            intent = yield from _intend(session, remote_id, body, f"{job.key}-{method}")
        except Unauthorized:
            raise
        except Refused as refused:
            intent = {"refused": refused.text}
        made[method] = intent.get("id") or intent
        yield Learned(link=_page(intent), notes={"charges": made})


def _intend(session: Session, remote_id: str, body: dict[str, Any], key: str) -> Steps[dict[str, Any]]:
    """A payment intent."""
    return (yield from session.post(f"payment-intents?invoice={remote_id}", body, key))


def _page(intent: dict[str, Any]) -> str | None:
    url = dict_of(intent.get("methodData")).get("url")
    return url if isinstance(url, str) and url.startswith("https://") else None


def _tell_paid(session: Session, job: Job, found: Seen) -> Steps[None]:
    """What was paid here and is not known there. What we are about to say is stored first, so that a repeat, whatever
    was paid meanwhile, says the same.
    """
    plan = job.remote.notes.get("paid", {})
    if plan.get("key") != job.key:
        plan = _plan(job, found)
        if plan["amount"] <= 0:
            yield learned(found)
            return
        yield Learned(notes={"paid": plan})
    yield from _settle(session, job, found.id, plan)
    yield learned((yield from look(session, found.id)))


def _plan(job: Job, found: Seen) -> dict[str, Any]:
    """Not more than is asked for there: fines that were paid here are not."""
    bill, known = job.bill, found.paid or 0
    most = bill.total if found.total is None else found.total
    until = max(bill.draft.due_on, bill.paid_on or bill.draft.due_on) + FAR
    return {
        "key": job.key,
        "amount": min(bill.amount_paid, most) - known,
        "until": until.isoformat(),
    }


def _settle(session: Session, job: Job, remote_id: str, plan: dict[str, Any]) -> Steps[None]:
    amount = session.unit.write(plan["amount"])
    mark = {OUR_KEY: job.key}
    body = {"amount": amount, "expireAt": plan["until"], "method": "offline", "metadata": mark}
    intent = plan.get("intent", "")
    if not intent:
        intent = text_of((yield from _intend(session, remote_id, body, f"{job.key}-offline")), "id")
        told = [*job.remote.notes.get("told", []), intent]
        yield Learned(notes={"paid": {**plan, "intent": intent}, "told": told})
    said = {"amount": amount, "metadata": {OUR_NUMBER: job.bill.number}}
    try:
        yield from session.post(f"payment-intents/{intent}/pay", said, f"{job.key}-paid")
    except Refused as refused:
        if refused.status not in TOO_LATE or not (yield from _is_paid(session, intent)):
            raise


def _is_paid(session: Session, intent: str) -> Steps[bool]:
    found = yield from session.get(f"payment-intents/{intent}")
    return found.get("status") == "paid"
