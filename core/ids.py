"""Public identifiers and secrets: nothing a stranger can count or guess."""

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
