"""`updateInvoiceItemOnInsert` (document 001, row M19): what the business's own rules for paying early or late come to
on the day an item is inserted.

True puts them into each new item that says no discount, fine or interest of its own. What has been put there is not
granted or charged again when the invoice is paid: its own rules keep only what is left. False leaves items as sent,
and the business's rules count by the day of payment, as for every invoice.
"""

from dataclasses import dataclass, replace
from datetime import date

from businesses.models import Business
from businesses.terms import ZERO, Interest, PerDay, Terms
from invoices.quote import Debt, PartQuote, quote
from invoices.schedule import Part


@dataclass(frozen=True)
class Standing:
    terms: Terms
    country: str
    today: date

    @classmethod
    def of(cls, business: Business) -> "Standing":
        return cls(Terms.of(business.payment_terms), business.country, business.today())

    def on(self, amount: int, currency: str, due_on: date) -> tuple[int, int, int]:
        """Discount, fine and interest today, in minor units."""
        part = self._quote(amount, currency, due_on)
        return part.discount, part.fine, part.interest

    def left(self, due_on: date) -> Terms:
        """What still counts on the day of payment: no discount, and no fine nor interest when the items have them."""
        late = self._quote(1, "BRL", due_on).days_late > 0
        left = replace(self.terms, tiers=(), per_day=PerDay.NONE, per_day_percent=ZERO, per_day_amount=0)
        if not late:
            return left
        return replace(
            left,
            fine_percent=ZERO,
            fine_amount=0,
            interest=Interest.NONE,
            interest_percent=ZERO,
            interest_amount=0,
        )

    def _quote(self, amount: int, currency: str, due_on: date) -> PartQuote:
        debt = Debt(currency, (Part(due_on, amount),), self.terms, self.country)
        return quote(debt, self.today).parts[0]
