"""What people call the state of a payment, computed from its amounts; the pills and tabs of the list."""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from payments.models import Payment

LEFT = Q(amount__gt=F("tip") + F("applied") + F("refunded"))
GONE = Q(refunded__gte=F("amount"))


class State(models.TextChoices):
    UNASSIGNED = "unassigned", _("Unassigned")
    CREDIT = "credit", _("Credit left")
    DISPUTED = "disputed", pgettext_lazy("payment", "Disputed")
    REFUNDED = "refunded", pgettext_lazy("payment", "Given back")
    APPLIED = "applied", pgettext_lazy("payment", "Applied")

    @property
    def tone(self) -> str:
        return TONES[self]


TONES: dict[str, str] = {
    State.UNASSIGNED: "bad",
    State.CREDIT: "warn",
    State.DISPUTED: "bad",
    State.REFUNDED: "neutral",
    State.APPLIED: "good",
}
WHERE: dict[str, Q] = {
    State.REFUNDED: GONE,
    State.DISPUTED: Q(disputed_at__isnull=False) & ~GONE,
    State.UNASSIGNED: LEFT & Q(customer=None, disputed_at=None),
    State.CREDIT: LEFT & Q(customer__isnull=False, disputed_at=None),
    State.APPLIED: ~LEFT & ~GONE & Q(disputed_at=None),
}
SORT_OUT = "sort-out"
WAITING: Any = LEFT | WHERE[State.DISPUTED]
"""What somebody should look at: money that no invoice has, and money that is questioned."""


def state_of(payment: Payment) -> State:
    """The same as WHERE, for one row."""
    if payment.refunded >= payment.amount:
        return State.REFUNDED
    if payment.disputed_at is not None:
        return State.DISPUTED
    if not payment.unapplied:
        return State.APPLIED
    return State.CREDIT if payment.customer_id else State.UNASSIGNED
