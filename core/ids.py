"""Public identifiers and secrets: nothing a stranger can count or guess."""

import re
import secrets
import time


def new_public_id() -> str:
    """24 hex digits: 4 bytes of time, so that indexes stay local, and 8 random bytes.

    The length is the one that every API we speak can carry (HighLevel and Base39 show 24 hex digits; a UUID has room
    for them).
    """
    return f"{int(time.time()):08x}{secrets.token_hex(8)}"


def new_token() -> str:
    """A secret for links: 30 letters and digits, 178 bits."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return "".join(secrets.choice(alphabet) for _ in range(30))


def as_uuid(public_id: str) -> str:
    """A public id in the form of a version 4 UUID, for the APIs whose ids are UUIDs; `from_uuid` turns it back."""
    return f"{public_id[:8]}-{public_id[8:12]}-4{public_id[12:15]}-a{public_id[15:18]}-{public_id[18:]}{UUID_END}"


UUID_END = "fa7000"


def from_uuid(text: str) -> str:
    """The public id behind a UUID of ours; empty when it is not one."""
    found = re.fullmatch(
        rf"([0-9a-f]{{8}})-([0-9a-f]{{4}})-4([0-9a-f]{{3}})-a([0-9a-f]{{3}})-([0-9a-f]{{6}}){UUID_END}",
        text.lower(),
    )
    return "".join(found.groups()) if found else ""


def prefixed(prefix: str, public_id: str) -> str:
    """`inv_` + a public id, as Base39 writes them."""
    return f"{prefix}_{public_id}"


def unprefixed(text: str, *prefixes: str) -> str:
    """The public id after one of the prefixes; empty when there is none."""
    prefix, _mark, public_id = text.partition("_")
    return public_id if prefix in prefixes and re.fullmatch("[0-9a-f]{24}", public_id) else ""
