"""How an event is written to a webhook: in our own words, or in those of the API whose client made the webhook."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from businesses.models import Event
from notifications import told
from providers.fatoripay import codec, notices

API_VERSION = "1"
Bodies = Mapping[int, bytes]


@dataclass(frozen=True)
class Form:
    """`bodies` by event; one that the form has no word for is left out."""

    content_type: str
    bodies: Callable[[Sequence[Event]], Bodies]
    can_test: bool = False


def ours(events: Sequence[Event]) -> Bodies:
    """Standard Webhooks 1.0.0: type, timestamp, data. The object is told as it is when it is sent."""
    keys: dict[str, set[int]] = defaultdict(set)
    for event in events:
        word, _colon, key = event.subject.partition(":")
        keys[word].add(int(key))
    objects = {word: told.SUBJECTS[word][1](wanted) for word, wanted in keys.items()}
    return {event.pk: _json(message(event, objects)) for event in events}


def message(event: Event, objects: Mapping[str, Mapping[int, Any]]) -> dict[str, Any]:
    """An event is named by the beginning of its digest: its key would count everybody's events."""
    word, _colon, key = event.subject.partition(":")
    row = objects[word].get(int(key))
    return {
        "type": event.kind,
        "timestamp": event.at,
        "data": {
            "event": event.digest[:24],
            "api_version": API_VERSION,
            "subject": {"type": told.SUBJECTS[word][0], "id": row["id"] if row else None},
            "object": row,
            "details": told.details(event.data),
        },
    }


def _json(data: Any) -> bytes:
    return orjson.dumps(data, default=str, option=orjson.OPT_UTC_Z)


FORMS: Mapping[str, Form] = {
    "faturo": Form("application/json", ours, can_test=True),
    codec.NAME: Form("application/x-www-form-urlencoded", notices.bodies),
}
"""By the API of the webhook. Adding one is its module in the provider's folder and one line here."""
