"""The papers of money: the payer's receipt, the credit note, and the booklet of a payment schedule."""

from payments.papers.booklet import carne
from payments.papers.credit_notes import credit_note
from payments.papers.receipts import receipt

__all__ = ["carne", "credit_note", "receipt"]
