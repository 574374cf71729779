"""Storing how tries ended: one transaction for many, and only for those whose lease is still the worker's own."""

import logging
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, transaction

from businesses.telling import End, Outcome, Try
from core.text import REFUSED
from invoices.models import Invoice
from outbox import retrying
from outbox.channels import CHANNELS
from outbox.models import Attempt, ChannelName, Delivery, Route, State

logger = logging.getLogger(__name__)

OURS = ("broken", "lost", "not_ready", "quiet_hours")
ANSWERS = ("refused", "mail_refused", "mail_busy", "unknown_address")

MAX_LOGGED = 8000
"""Characters of a request or an answer that the log keeps."""

TOO_MANY = "too_many"
"""Only a wish to wait: no fault of the route, and no try, as long as the schedule would have lasted."""

Ends = Sequence[tuple[Delivery, Try, Outcome]]


def settle(lease: str, ends: Ends, now: datetime) -> None:
    """Store the ends; what another worker took over meanwhile is that worker's to tell.

    All together; one by one when a channel breaks over them, so that only the broken one is left to a person.
    """
    try:
        _settle(lease, ends, now)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("storing %d ends broke", len(ends))
    else:
        return
    if len(ends) > 1:
        for end in ends:
            settle(lease, [end], now)
        return
    _settle(lease, [(row, one, _broken(outcome)) for row, one, outcome in ends], now, is_told=False)


def _settle(lease: str, ends: Ends, now: datetime, *, is_told: bool = True) -> None:
    with transaction.atomic():
        decided = [(row, one, _decided(row, one, outcome, now)) for row, one, outcome in ends]
        _lock_invoices([row for row, _one, _outcome in ends])
        stored = _store(lease, decided, now)
        _log(stored)
        _note_routes(stored, now)
        for name, channel in CHANNELS.items() if is_told else ():
            mine = [(one, outcome) for row, one, outcome in stored if row.channel == name]
            if mine:
                channel.settled(mine)


def _lock_invoices(rows: Sequence[Delivery]) -> None:
    """Before everything else, as payments do: channels write events about them, each following the one before."""
    keys = {row.invoice_id for row in rows if row.invoice_id}
    if keys:
        locked = Invoice.objects.filter(pk__in=keys).order_by("pk").select_for_update(no_key=True)
        list(locked.values_list("pk", flat=True))


def _broken(outcome: Outcome) -> Outcome:
    """What should follow from this end cannot be stored, so nobody may take it for done."""
    end = End.LATER if outcome.end == End.LATER else End.NEEDS_PERSON
    return Outcome(end, "broken", is_unclear=outcome.is_unclear or outcome.end == End.SENT)


def _decided(row: Delivery, one: Try, outcome: Outcome, now: datetime) -> Outcome:
    """A try that may be repeated ends for good when there is no other; an unclear push then needs a person.

    So does one that is refused or cannot be made now, if an earlier try may have been done.
    """
    outcome = replace(outcome, code=plain(outcome.code)[:30], detail=plain(outcome.detail)[:300])
    is_over = outcome.end == End.LATER and one.is_last and not _is_free(row, outcome, now)
    if outcome.end != End.DEAD and not is_over:
        return outcome
    is_unclear = outcome.is_unclear or one.is_unclear
    end = End.NEEDS_PERSON if row.channel == ChannelName.PUSH and is_unclear else End.DEAD
    return replace(outcome, end=end, is_unclear=is_unclear)


def _is_free(row: Delivery, outcome: Outcome, now: datetime) -> bool:
    """Whether it counts as no try: it only found the way closed, or was asked to come back later."""
    schedule = timedelta(seconds=sum(CHANNELS[row.channel].delays))
    return outcome.pauses or (outcome.code == TOO_MANY and now < row.created_at + schedule)


def plain(text: str) -> str:
    """What others sent us, without what a database or a screen stumbles over."""
    return "".join(" " if unicodedata.category(char) in REFUSED else char for char in text)


def _store(lease: str, ends: Ends, now: datetime) -> Ends:
    mine = Delivery.objects.filter(lease=lease, state=State.WAITING)
    alike: dict[tuple[Any, ...], list[int]] = {}
    for row, one, outcome in ends:
        alike.setdefault(tuple(sorted(_values(row, one, outcome, now).items())), []).append(row.pk)
    held = set(
        mine.filter(pk__in=[row.pk for row, _one, _outcome in ends])
        .select_for_update(no_key=True)
        .values_list("pk", flat=True)
    )
    for values, keys in alike.items():
        mine.filter(pk__in=keys).update(**dict(values))
    for row, _one, outcome in ends:
        if row.pk not in held:
            logger.warning("delivery %s was taken over before its try ended (%s)", row.public_id, outcome.end)
    return [end for end in ends if end[0].pk in held]


def _values(row: Delivery, one: Try, outcome: Outcome, now: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {
        "lease": "",
        "lease_until": None,
        "lapses": 0,
        "code": outcome.code,
        "detail": outcome.detail,
        "updated_at": now,
    }
    if outcome.end != End.LATER:
        ended = {"state": State(outcome.end), "tries": one.number, "settled_at": now}
        return {**values, **ended, "is_unclear": outcome.is_unclear}
    values["tries"] = one.number - 1 if _is_free(row, outcome, now) else one.number
    delays = CHANNELS[row.channel].delays
    wait = retrying.delay(delays, min(one.number, len(delays)), _wish(outcome)) or 0.0
    wait = max(wait, outcome.not_before or 0.0)
    unclear = outcome.is_unclear or one.is_unclear
    return {**values, "due_at": now + timedelta(seconds=wait), "is_unclear": unclear}


def _log(ends: Ends) -> None:
    Attempt.objects.bulk_create(
        Attempt(
            delivery_id=row.pk,
            number=one.number,
            method=plain(call.method)[:10],
            url=plain(call.url)[:500],
            status=call.status,
            took=call.took,
            code=plain(call.code)[:30],
            request=_whole(call.request),
            answer=_whole(call.answer),
        )
        for row, one, outcome in ends
        for call in outcome.exchanges
    )


def _whole(text: str) -> str:
    """Half a character (a lone surrogate) cannot be encoded."""
    return text[:MAX_LOGGED].encode(errors="replace").decode()


def _note_routes(ends: Ends, now: datetime) -> None:
    """A success opens a route again. A wish to wait closes it at once, and several failures in a row for longer.

    Always in the order of their names: two workers that store ends of the same routes must not wait for each other.
    """
    by_route: dict[str, list[Outcome]] = {}
    for row, _one, outcome in ends:
        by_route.setdefault(row.route, []).append(outcome)
    noted = {
        name: outcomes
        for name, outcomes in by_route.items()
        if any(_is_failure(outcome) or _wish(outcome) for outcome in outcomes)
    }
    good = sorted(by_route.keys() - noted.keys())
    for name in Route.objects.filter(name__in=good, failures__gt=0).values_list("name", flat=True):
        noted[name] = by_route[name]
    routes = Route.objects.filter(name__in=noted).order_by("name").select_for_update(no_key=True)
    for route in routes if noted else ():
        _note_route(route, noted[route.name], now)
        route.save(update_fields=["failures", "closed_until"])


def _note_route(route: Route, outcomes: Sequence[Outcome], now: datetime) -> None:
    failed = [outcome for outcome in outcomes if _is_failure(outcome)]
    wait = max(map(_wish, outcomes), default=0.0)
    if any(map(_is_answer, outcomes)):
        if route.failures >= retrying.PATIENCE:
            route.closed_until = None
        route.failures = 0
    elif failed and (route.closed_until is None or route.closed_until <= now):
        route.failures = retrying.counted(route.failures, len(failed))
        wait = max(wait, retrying.pause(route.failures) or 0.0)
    if wait:
        until = now + timedelta(seconds=wait)
        route.closed_until = max(until, route.closed_until or until)


def _wish(outcome: Outcome) -> float:
    """Seconds that the other side wants to be left alone; who asks for it without saying how long gets a pause."""
    if outcome.end != End.LATER or outcome.code in OURS:
        return 0.0
    unsaid = retrying.FIRST_PAUSE if outcome.code == TOO_MANY else 0.0
    return retrying.wish(unsaid if outcome.retry_after is None else outcome.retry_after)


def _is_answer(outcome: Outcome) -> bool:
    """Whoever takes or refuses what we send is there."""
    return outcome.end == End.SENT or outcome.code in ANSWERS


def _is_failure(outcome: Outcome) -> bool:
    """Of the other side, not of ours."""
    return outcome.end == End.LATER and outcome.code not in (*OURS, TOO_MANY)
