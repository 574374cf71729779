"""HighLevel's late fees in our terms: a fee once or a day. Only what means the same in both is carried over.

A fee by the hour, week or month, a grace period or a cap has no like in ours: it is kept and echoed, not charged.
"""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from businesses.terms import Interest, Terms
from core.money import minor_units
from providers.highlevel import wire
from providers.highlevel.figures import number, short

NO_FEES = {
    "fine_percent": Decimal(0),
    "fine_amount": 0,
    "interest": "",
    "interest_percent": Decimal(0),
    "interest_amount": 0,
}


def read(config: wire.LateFees, terms: Terms, currency: str) -> Terms | None:
    """`terms` with these late fees in place of their own; None when ours cannot say them."""
    if not config.enable:
        return _with(terms)
    every = (config.frequency.interval, config.frequency.intervalCount)
    grace = config.grace.intervalCount if config.grace else 0
    if grace or config.maxLateFees or every not in (("one_time", every[1]), ("day", 1)):
        return None
    once = every[0] == "one_time"
    if config.type == "percentage":
        if once:
            return _with(terms, fine_percent=config.value)
        return _with(terms, interest=Interest.PERCENT_DAY, interest_percent=config.value)
    amount = minor_units(config.value, currency, field="lateFeesConfiguration.value")
    if once:
        return _with(terms, fine_amount=amount)
    return _with(terms, interest=Interest.AMOUNT_DAY, interest_amount=amount)


def _with(terms: Terms, **fees: Any) -> Terms:
    return replace(terms, **{**NO_FEES, **fees})


def write(terms: Terms, currency: str) -> dict[str, Any] | None:
    """The configuration that reads as these terms' late fees; None without fees, or when no single one does."""
    fees = [
        ("fixed", "one_time", number(terms.fine_amount, currency)),
        ("percentage", "one_time", short(terms.fine_percent)),
        ("fixed", "day", number(terms.interest_amount, currency)),
        ("percentage", "day", short(terms.interest_percent)),
    ]
    charged = [fee for fee in fees if fee[2]]
    daily = ("", Interest.AMOUNT_DAY, Interest.PERCENT_DAY)
    if len(charged) != 1 or terms.interest not in daily:
        return None
    kind, interval, value = charged[0]
    frequency = {"intervalCount": 1, "interval": interval}
    return {"enable": True, "value": value, "type": kind, "frequency": frequency}
