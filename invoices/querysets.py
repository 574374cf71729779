"""The words in which invoices are asked for: open, overdue on a day, found by text."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import F, Q

from businesses.models import Business
from businesses.owned import OwnedQuerySet
from core import taxids
from core.search import TextSearch
from core.taxids import TaxIdKind
from invoices.status import Status

INVOICED = F("total") - F("withheld_total")
DUE = INVOICED - F("credit_total") - F("allowance_total") + F("surcharge_total")
REMAINING = DUE - F("amount_paid")
"""`Invoice.amount_remaining` for the database."""


class InvoiceQuerySet(OwnedQuerySet):
    def current(self) -> "InvoiceQuerySet":
        """Without deleted drafts."""
        return self.filter(deleted_at=None)

    def drafts(self) -> "InvoiceQuerySet":
        return self.current().filter(status=Status.DRAFT)

    def open(self) -> "InvoiceQuerySet":
        return self.filter(status=Status.OPEN)

    def overdue(self, on: date) -> "InvoiceQuerySet":
        """Open and past due on that day; rows of one business, or of several in which it is the same day."""
        return self.open().filter(due_on__lt=on)

    def overdue_now(self, businesses: Iterable[Business], now: datetime | None = None) -> "InvoiceQuerySet":
        """Overdue by each business's own calendar."""
        by_day: dict[date, list[int]] = {}
        for business in businesses:
            by_day.setdefault(business.today(now), []).append(business.pk)
        late = Q(pk__in=[])
        for day, keys in by_day.items():
            late |= Q(business__in=keys, due_on__lt=day)
        return self.open().filter(late)

    def search(self, text: str) -> "InvoiceQuerySet":
        """By number, customer, tax id (as printed or bare) or title, accents and case aside; indexed."""
        index = TextSearch("invoices_invoice", "search_text")
        bare = taxids.compact(text[:40])
        if bare == text or taxids.guess_kind(bare) == TaxIdKind.FOREIGN:
            return index.apply(self, text)
        return index.apply(self, text) | index.apply(self, bare)
