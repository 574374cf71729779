"""The screens of payments: money in and out, and what it is told from."""

from payments.admin.bank import BankFileAdmin
from payments.admin.cards import CardConnectionAdmin
from payments.admin.payments import PaymentAdmin

__all__ = ["BankFileAdmin", "CardConnectionAdmin", "PaymentAdmin"]
