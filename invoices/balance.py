"""What moves an invoice's balance, and the columns that it moves."""

from dataclasses import asdict, dataclass

BALANCE = {
    "amount": "amount_paid",
    "surcharge": "surcharge_total",
    "allowance": "allowance_total",
    "credited": "credit_total",
}


@dataclass(frozen=True)
class Movement:
    """In minor units; negative takes back.

    `amount` is money, of which `surcharge` paid fines and interest; `allowance` was let go (an early discount, a
    difference of cents, money given back without asking for it again); `credited` is a credit note.
    """

    amount: int = 0
    surcharge: int = 0
    allowance: int = 0
    credited: int = 0

    @property
    def settles(self) -> int:
        """By how much it lowers what remains."""
        return self.amount - self.surcharge + self.allowance + self.credited

    def told(self) -> dict[str, int]:
        """For the Event: what is not zero."""
        return {name: value for name, value in asdict(self).items() if value}
