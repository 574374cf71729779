"""Telling Base39 of money that came here: an offline payment intent of what is not known there, then that it is paid.

What we are about to say is stored first, and said to its end under its own key before anything else is, so that a
repeat says the same, whatever was paid meanwhile; then what has come since is told.
"""

from datetime import timedelta
from typing import Any

from core.http import CallFailed
from providers import rounds
from providers.base39.asking import body_of, look
from providers.base39.calls import Session
from providers.base39.seen import OUR_KEY, OUR_NUMBER, intents_of, learned
from providers.connector import Job, Learned, Refused, Seen, Steps
from providers.objects import TOO_LATE, dict_of, list_of, quoted, text_of

FAR = timedelta(days=365)
"""Base39 wants to know until when even of what has been paid."""
PLAN, TOLD = "paid", "told"
"""Notes: what is being told, and the intents that have told of money."""


def tell_paid(session: Session, job: Job, found: Seen) -> Steps[None]:
    """`found` is the invoice there, read just now."""
    plan, told = dict_of(job.remote.notes.get(PLAN)), [*list_of(job.remote.notes.get(TOLD))]
    if plan and not plan.get("done"):
        yield from _end(session, job, found.id, plan, told)
        found = yield from look(session, found.id)
    if plan.get("key") != job.key:
        rest = _plan(job, found)
        if rest["amount"] > 0:
            yield Learned(notes={PLAN: rest})
            yield from _settle(session, job, found.id, rest, told)
            found = yield from look(session, found.id)
    yield learned(found)


def _plan(job: Job, found: Seen) -> dict[str, Any]:
    """Not more than is asked for there: fines that were paid here are not. Who does not say what was paid there may
    know of all of it.
    """
    bill = job.bill
    if found.paid is None:
        raise CallFailed("garbage", is_unclear=False, detail="amountPaid")
    most = bill.amount_invoiced if found.total is None else found.total
    until = max(bill.draft.due_on, bill.paid_on or bill.draft.due_on) + FAR
    amount = min(bill.amount_paid, most) - found.paid
    return {"key": job.key, "amount": amount, "until": until.isoformat()}


def _end(session: Session, job: Job, remote_id: str, plan: dict[str, Any], told: list[str]) -> Steps[None]:
    """A plan of an earlier try. Its intent may be there although we never heard of it."""
    if not plan.get("intent"):
        body = yield from body_of(session, remote_id)
        marked = (row for row in intents_of(body) if _mark_of(row) == plan["key"])
        plan = {**plan, "intent": next((text_of(row, "id") for row in marked), "")}
    yield from _settle(session, job, remote_id, plan, told)


def _mark_of(intent: dict[str, Any]) -> Any:
    return dict_of(intent.get("metadata")).get(OUR_KEY)


def _settle(session: Session, job: Job, remote_id: str, plan: dict[str, Any], told: list[str]) -> Steps[None]:
    """A clear refusal ends the plan: what is to be told is counted anew when somebody asks again."""
    key = rounds.key_of(job, plan["key"])
    try:
        intent = plan.get("intent") or (yield from _intent(session, remote_id, plan, key))
        if intent not in told:
            told.append(intent)
        yield Learned(notes={PLAN: {**plan, "intent": intent}, TOLD: [*told]})
        yield from _pay(session, job, remote_id, (intent, key, plan["amount"]))
    except Refused as refused:
        if rounds.is_clear(refused):
            yield Learned(notes={PLAN: {}})
        yield from rounds.used_up(job, refused, plan["key"])
        raise
    yield Learned(notes={PLAN: {**plan, "intent": intent, "done": True}})


def _intent(session: Session, remote_id: str, plan: dict[str, Any], key: str) -> Steps[str]:
    body = {
        "amount": session.unit.write(plan["amount"]),
        "expireAt": plan["until"],
        "method": "offline",
        "metadata": {OUR_KEY: plan["key"]},
    }
    path = f"payment-intents?invoice={quoted(remote_id)}"
    return text_of((yield from session.post(path, body, f"{key}-offline")), "id")


def _pay(session: Session, job: Job, remote_id: str, told: tuple[str, str, int]) -> Steps[None]:
    """To be refused is no harm when it is paid already."""
    intent, key, amount = told
    said = {"amount": session.unit.write(amount), "metadata": {OUR_NUMBER: job.bill.number}}
    try:
        yield from session.post(f"payment-intents/{quoted(intent)}/pay", said, f"{key}-paid")
    except Refused as refused:
        if refused.status not in TOO_LATE or not (yield from _is_paid(session, remote_id, intent)):
            raise


def _is_paid(session: Session, remote_id: str, intent: str) -> Steps[bool]:
    rows = intents_of((yield from body_of(session, remote_id)))
    return any(row.get("id") == intent and row.get("status") == "paid" for row in rows)
