"""What a provider says of an invoice against what we know of it: pure rules, read from the top."""

from dataclasses import dataclass

from invoices.models import Invoice
from invoices.status import Status
from providers.connector import Seen, Standing
from providers.models import DriftKind

RANKS = {standing: rank for rank, standing in enumerate(Standing)}
BACK = frozenset({Standing.REFUNDED, Standing.CHARGEBACK})
ENDED = frozenset({Standing.PAID, Standing.VOID, Standing.UNCOLLECTIBLE, Standing.GONE, *BACK})
WAITS = frozenset({Standing.OPEN, Standing.OVERDUE, Standing.PARTIALLY_PAID})
TAKES_MONEY = frozenset({Status.OPEN, Status.UNCOLLECTIBLE})


@dataclass(frozen=True)
class There:
    """An invoice at a provider; amounts in minor units of `currency`, None when it does not tell."""

    standing: str
    word: str
    currency: str
    total: int | None
    paid: int | None


def there(seen: Seen) -> There:
    return There(seen.standing, seen.word, seen.currency, seen.total, paid_of(seen))


def forward(old: str, new: str) -> str:
    """The later of two standings: news that come late, and words that say less than we know, change nothing.

    What was gone and is seen again was not gone.
    """
    if not old or old == Standing.GONE:
        return new
    if RANKS.get(Standing(new), 0) > RANKS.get(Standing(old), 0):
        return new
    return old


def paid_of(seen: Seen) -> int | None:
    """What was paid there, if it can be told. Who only says "paid" says that the whole sum was."""
    if seen.payments:
        return max(seen.paid or 0, sum(payment.amount for payment in seen.payments))
    if seen.standing == Standing.PAID:
        return seen.paid or seen.total
    return seen.paid


def differs(invoice: Invoice, seen: There) -> DriftKind | None:
    """The one difference that matters most; None while both can go on like this."""
    if seen.standing == Standing.GONE:
        return DriftKind.MISSING_THERE if invoice.status in TAKES_MONEY else None
    if seen.standing == Standing.UNKNOWN:
        return DriftKind.UNKNOWN_WORD
    if seen.standing in BACK:
        return DriftKind.REFUNDED_THERE if invoice.status == Status.PAID else None
    if invoice.status in TAKES_MONEY:
        return _while_open(invoice, seen)
    if seen.standing in ENDED:
        return None
    return DriftKind.VOID_HERE if invoice.status == Status.VOID else DriftKind.PAID_HERE


def _while_open(invoice: Invoice, seen: There) -> DriftKind | None:
    if seen.standing == Standing.VOID:
        return DriftKind.VOID_THERE
    if seen.currency != invoice.currency or not is_as_invoiced(invoice, seen):
        return DriftKind.AMOUNT
    if asks_too_much(invoice, seen):
        return DriftKind.AMOUNT
    if seen.standing != Standing.PAID:
        return None
    is_here = seen.paid is not None and seen.paid <= invoice.amount_paid
    return DriftKind.AMOUNT if is_here else DriftKind.PAID_THERE


def is_as_invoiced(invoice: Invoice, seen: There) -> bool:
    """Whether the sum there is the one that was asked for at issue, or the one that is asked for now."""
    return seen.total in (None, invoice.amount_invoiced, invoice.amount_due)


def asks_too_much(invoice: Invoice, seen: There) -> bool:
    """Whether more can still be paid there than remains here, after a credit note or a payment that came here."""
    if seen.total is None or seen.standing not in WAITS:
        return False
    return seen.total - (seen.paid or 0) > invoice.amount_remaining
