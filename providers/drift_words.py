"""Differences in plain words."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from providers.connector import Standing
from providers.models import Drift, DriftKind

WHY: Mapping[str, Any] = {
    DriftKind.PAID_THERE: _("%(provider)s says it is paid, but not how much came in."),
    DriftKind.PAID_HERE: _("It was paid another way, and can still be paid there a second time."),
    DriftKind.VOID_THERE: _("It was cancelled at %(provider)s; here it still waits for its money."),
    DriftKind.VOID_HERE: _("It is void here, but can still be paid there."),
    DriftKind.AMOUNT: _("%(provider)s asks for another sum than the invoice does."),
    DriftKind.MISSING_THERE: _("It was pushed, but %(provider)s does not have it any more."),
    DriftKind.MISSING_HERE: _("Somebody made it at %(provider)s itself; Faturo never pushed it."),
    DriftKind.REFUNDED_THERE: _("The money went back to the payer. Register the refund on the payment."),
    DriftKind.PERHAPS_PAID: _(
        "%(provider)s was paid more than came in from there: it may be what was paid here, or another payment."
    ),
    DriftKind.UNKNOWN_WORD: _("%(provider)s calls its state “%(word)s”; nothing was changed here."),
}
STANDINGS: Mapping[str, Any] = {
    Standing.DRAFT: _("Draft"),
    Standing.OPEN: _("Open"),
    Standing.OVERDUE: _("Overdue"),
    Standing.PROCESSING: _("Processing"),
    Standing.PARTIALLY_PAID: _("Partially paid"),
    Standing.PAID: _("Paid"),
    Standing.VOID: _("Void"),
    Standing.UNCOLLECTIBLE: _("Uncollectible"),
    Standing.REFUNDED: _("Given back"),
    Standing.CHARGEBACK: _("Charged back"),
    Standing.GONE: _("Not there"),
}


def why(drift: Drift) -> str:
    words = {"provider": drift.connection.get_provider_display(), "word": drift.word}
    return str(WHY[drift.kind] % words)


def standing_word(drift: Drift) -> str:
    """The provider's own word for what we have none."""
    return str(STANDINGS.get(drift.standing) or drift.word or "—")
