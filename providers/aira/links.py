"""Links to pay by Pix or boleto that die 15 minutes after they were given, as Aira's do.

What is signed names no secret: the invoice's own link stays with whoever opens this one in time.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner

LIFE = timedelta(minutes=15)
WAYS = ("pix", "boleto")
FORM = re.compile(r"([0-9a-f]{24})\.([0-9a-f]{24})\.(pix|boleto)\.(\d{1,2})", re.ASCII)
_signer = TimestampSigner(salt="providers.aira.links")


@dataclass(frozen=True)
class PayLink:
    """One way to pay one part of an invoice; `is_fresh` is over after a quarter of an hour."""

    business: str
    invoice: str
    way: str
    part: int
    is_fresh: bool = True


def made(business: str, invoice: str, way: str, part: int) -> str:
    """A fresh address, from public ids."""
    return f"{settings.SITE_URL}/pay/{_signer.sign(f'{business}.{invoice}.{way}.{part}')}/"


def opened(signed: str) -> PayLink | None:
    """What a link is for; None when it is none of ours."""
    try:
        text, is_fresh = _signer.unsign(signed, max_age=LIFE), True
    except SignatureExpired:
        text, is_fresh = _signer.unsign(signed), False
    except BadSignature:
        return None
    found = FORM.fullmatch(text)
    return PayLink(found[1], found[2], found[3], int(found[4]), is_fresh) if found else None
