"""What a person may do about a delivery: buttons, and what they post."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.clock import database_now
from outbox import actions
from outbox.models import Delivery, State


@dataclass(frozen=True)
class Act:
    name: str
    label: Promise | str
    icon: str
    done: Promise | str
    states: tuple[str, ...]
    run: Callable[..., None]
    is_main: bool = False


ACTS = {
    act.name: act
    for act in (
        Act("now", _("Try now"), "bolt", _("It is tried now."), (State.WAITING,), actions.try_now, True),
        Act(
            "again",
            _("Try again"),
            "replay",
            _("It is tried again."),
            (State.DEAD, State.SKIPPED, State.SENT),
            actions.again,
            True,
        ),
        Act(
            "not-done",
            _("It was not done: try again"),
            "replay",
            _("It is tried again."),
            (State.NEEDS_PERSON,),
            partial(actions.again, was_not_done=True),
            True,
        ),
        Act(
            "done",
            _("It was done: set aside"),
            "check",
            _("Set aside."),
            (State.NEEDS_PERSON,),
            actions.set_aside,
        ),
        Act(
            "aside",
            _("Do not try any more"),
            "block",
            _("Set aside."),
            (State.WAITING,),
            actions.set_aside,
        ),
    )
}


def acts_for(delivery: Delivery) -> list[Act]:
    """Those that its state allows; none while a worker has it in hand."""
    if delivery.lease_until and delivery.lease_until >= database_now():
        return []
    return [act for act in ACTS.values() if delivery.state in act.states]


def act_of(name: str, delivery: Delivery) -> Act | None:
    act: Any = ACTS.get(name)
    return act if act and delivery.state in act.states else None
