"""Money: payments and where they went, refunds, waivers, credit notes, charges at providers, bank files.

Amounts are minor units of the row's currency; `on` is a day in the business's time zone; instants are UTC.
"""

from payments.models.bank import BankEntry, BankFile, EntryState
from payments.models.credit_notes import CreditNote, CreditNoteLine
from payments.models.money import (
    UNAPPLIED,
    Allocation,
    Method,
    Payment,
    PaymentQuerySet,
    Receipt,
    Refund,
    RefundKind,
    Waiver,
)
from payments.models.providers import (
    CardConnection,
    CardProvider,
    IntentStatus,
    PaymentAttempt,
    PaymentIntent,
)

__all__ = [
    "Allocation",
    "BankEntry",
    "BankFile",
    "CardConnection",
    "CardProvider",
    "CreditNote",
    "CreditNoteLine",
    "EntryState",
    "IntentStatus",
    "Method",
    "Payment",
    "PaymentAttempt",
    "PaymentIntent",
    "PaymentQuerySet",
    "Receipt",
    "Refund",
    "RefundKind",
    "UNAPPLIED",
    "Waiver",
]
