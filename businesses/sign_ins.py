"""What the record says of people coming and going; names that nobody has are kept too, each on its own."""

import secrets
from typing import Any

from businesses.events import record
from businesses.models import Event, User

MAX_NAME = 150
NOBODY = "anonymous"
"""The actor of an event that nobody signed in is behind."""


def note(kind: str, user: User, *, by: object, data: dict[str, Any] | None = None) -> Event:
    """One event about a person, who may be the request's stand-in for one: only the key is taken."""
    return record(kind, User(pk=user.pk), business=None, by=by, data=data)


def note_failure(kind: str, typed: str, address: str, **data: Any) -> Event | None:
    """A refused sign-in under the name that was typed, whoever it was, from this address."""
    name = "".join(char for char in typed[:MAX_NAME] if char.isprintable())
    if not name:
        return None
    user = User.objects.filter(username=name).first() or _stranger()
    return note(kind, user, by=NOBODY, data={"name": name, "address": address, **data})


def _stranger() -> User:
    """Never stored. A key that no row has: strangers share no chain, so none of them has to wait for another."""
    return User(pk=-secrets.randbits(40))
