"""Storing how tries ended: one transaction for many, and only for those whose lease is still the worker's own."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from businesses.telling import End, Outcome, Try
from outbox import retrying
from outbox.channels import CHANNELS
from outbox.models import Attempt, Delivery, Route, State

logger = logging.getLogger(__name__)

MAX_LOGGED = 8000
"""Characters of a request or an answer that the log keeps."""

Ends = Sequence[tuple[Delivery, Try, Outcome]]


def settle(lease: str, ends: Ends, now: datetime) -> None:
    """Store the ends; what another worker took over meanwhile is that worker's to tell."""
    with transaction.atomic():
        decided = [(row, one, _decided(row, one, outcome)) for row, one, outcome in ends]
        stored = _store(lease, decided, now)
        _log(stored)
        _note_routes(stored, now)
        for name, channel in CHANNELS.items():
            mine = [(one, outcome) for row, one, outcome in stored if row.channel == name]
            if mine:
                channel.settled(mine)


def _decided(row: Delivery, one: Try, outcome: Outcome) -> Outcome:
    """A try that may be repeated ends for good when there is no other; an unclear one then needs a person."""
    if outcome.end != End.LATER or outcome.pauses or not one.is_last:
        return outcome
    is_push = row.channel == "push" and outcome.is_unclear
    return replace(outcome, end=End.NEEDS_PERSON if is_push else End.DEAD)


def _store(lease: str, ends: Ends, now: datetime) -> Ends:
    mine = Delivery.objects.filter(lease=lease, state=State.WAITING)
    alike: dict[tuple[Any, ...], list[int]] = {}
    for row, one, outcome in ends:
        alike.setdefault(tuple(sorted(_values(row, one, outcome, now).items())), []).append(row.pk)
    held = set(
        mine.filter(pk__in=[row.pk for row, _one, _outcome in ends])
        .select_for_update()
        .values_list("pk", flat=True)
    )
    for values, keys in alike.items():
        mine.filter(pk__in=keys).update(**dict(values))
    for row, _one, _outcome in ends:
        if row.pk not in held:
            logger.warning("delivery %s was taken over before its try ended", row.public_id)
    return [end for end in ends if end[0].pk in held]


def _values(row: Delivery, one: Try, outcome: Outcome, now: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {
        "lease": "",
        "lease_until": None,
        "code": outcome.code[:30],
        "detail": outcome.detail[:300],
        "updated_at": now,
    }
    if outcome.end != End.LATER:
        return {**values, "state": State(outcome.end), "settled_at": now, "is_unclear": outcome.is_unclear}
    delays = CHANNELS[row.channel].delays
    wait = retrying.delay(delays, min(one.number, len(delays)), outcome.retry_after) or 0.0
    unclear = outcome.is_unclear or one.is_unclear
    return {**values, "due_at": now + timedelta(seconds=wait), "is_unclear": unclear}


def _log(ends: Ends) -> None:
    Attempt.objects.bulk_create(
        Attempt(
            delivery_id=row.pk,
            number=one.number,
            method=call.method,
            url=call.url[:500],
            status=call.status,
            took=call.took,
            code=call.code[:30],
            request=call.request[:MAX_LOGGED],
            answer=call.answer[:MAX_LOGGED],
        )
        for row, one, outcome in ends
        for call in outcome.exchanges
    )


def _note_routes(ends: Ends, now: datetime) -> None:
    """A success opens a route again. A wish to wait closes it at once, and several failures in a row for longer."""
    for name, outcomes in _by_route(ends).items():
        mine = Route.objects.filter(name=name)
        if any(outcome.end == End.SENT or outcome.code == "refused" for outcome in outcomes):
            mine.filter(failures__gt=0).update(failures=0, closed_until=None)
        failed = [outcome for outcome in outcomes if outcome.end == End.LATER]
        if not failed or len(failed) < len(outcomes):
            continue
        mine.update(failures=F("failures") + 1)
        wishes = [outcome.retry_after for outcome in failed if outcome.retry_after]
        failures = mine.values_list("failures", flat=True).first() or 0
        wait = max([*wishes, retrying.pause(failures) or 0.0])
        if wait:
            mine.update(closed_until=now + timedelta(seconds=wait))


def _by_route(ends: Ends) -> Mapping[str, list[Outcome]]:
    found: dict[str, list[Outcome]] = {}
    for row, _one, outcome in ends:
        found.setdefault(row.route, []).append(outcome)
    return found
