"""What an invoice has had: the payments that went to it, and its credit notes, with their papers."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.urls import reverse
from django.utils.translation import gettext as _

from invoices.models import Invoice
from payments.models import Allocation, Payment
from portal import words


@dataclass(frozen=True)
class Entry:
    label: str
    day: str
    amount: str
    notes: list[str]
    href: str
    file: str  # what the link downloads


@dataclass
class _Taken:
    """What one payment gave this invoice, and what was taken back of it, in minor units."""

    payment: Payment
    given: int = 0
    back: int = 0
    notes: list[str] = field(default_factory=list)

    def add(self, row: Allocation) -> None:
        self.given += max(0, row.amount)
        self.back += max(0, -row.amount)


def of(invoice: Invoice) -> list[Entry]:
    """In the order in which it came; no queries when allocations, their payments and credit notes are prefetched."""
    return [*_payments(invoice), *_credit_notes(invoice)]


def _payments(invoice: Invoice) -> Iterator[Entry]:
    found: dict[int, _Taken] = {}
    for row in invoice.allocations.all():
        found.setdefault(row.payment_id, _Taken(row.payment)).add(row)
    for taken in sorted(found.values(), key=lambda taken: (taken.payment.paid_on, taken.payment.pk)):
        yield Entry(
            str(taken.payment.get_method_display()),
            words.day(taken.payment.paid_on),
            words.money(taken.given, invoice.currency),
            list(_notes(taken, invoice.currency)),
            reverse("portal:receipt", args=[invoice.token, taken.payment.public_id]),
            _("Receipt"),
        )


def _notes(taken: _Taken, currency: str) -> Iterator[str]:
    if taken.payment.tip:
        yield _("plus a tip of %(amount)s") % {"amount": words.money(taken.payment.tip, currency)}
    if taken.back:
        yield _("%(amount)s of it was taken back") % {"amount": words.money(taken.back, currency)}


def _credit_notes(invoice: Invoice) -> Iterator[Entry]:
    for note in sorted(invoice.credit_notes.all(), key=lambda note: note.pk):
        yield Entry(
            _("Credit note %(number)s") % {"number": note.number},
            words.day(note.on),
            words.money(-note.total, invoice.currency),
            [note.reason],
            reverse("portal:credit_note", args=[invoice.token, note.public_id]),
            _("Credit note"),
        )
