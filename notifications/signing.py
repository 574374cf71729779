"""Signatures of Standard Webhooks 1.0.0: `v1,` and the base64 of an HMAC-SHA256 over id, time and body."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime

MARK = "whsec_"


def headers(secrets: Iterable[str], name: str, at: datetime, body: bytes) -> dict[str, str]:
    """`name` is the same for every try, `at` the time of this one; one signature for each secret that is valid."""
    seconds = str(int(at.timestamp()))
    signed = f"{name}.{seconds}.".encode() + body
    signatures = [f"v1,{signature(secret, signed)}" for secret in secrets]
    found = {"webhook-id": name, "webhook-timestamp": seconds}
    return {**found, "webhook-signature": " ".join(signatures)} if signatures else found


def signature(secret: str, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256)).decode()


def _key(secret: str) -> bytes:
    """One that is not ours, entered by hand, is taken as it stands."""
    text = secret.removeprefix(MARK)
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return text.encode()
