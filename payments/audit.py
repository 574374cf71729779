"""Everything that must hold of money, checked from the rows as they stand: where it went, what it did, who was told.

Reads only, in chunks, like the audit of invoices.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, Sum

from businesses.models import Event
from invoices.audit_common import history, judged, missing_files, numbers, orphans, papers, sums
from invoices.models import Invoice, Numbered
from invoices.status import Status
from payments.models import (
    Allocation,
    CreditNote,
    CreditNoteLine,
    IntentStatus,
    Payment,
    PaymentIntent,
    Receipt,
    Refund,
)

MOVED = ("amount", "fine", "interest", "discount", "write_off")
GIVEN_BACK = {"payment.refunded", "payment.charged_back"}
Share = dict[str, Any]


def breaches() -> Iterator[str]:
    """One sentence for each thing that is not as it must be."""
    yield from judged(Payment.objects.all(), _payments)
    yield from judged(Invoice.objects.all(), _invoices)
    yield from judged(CreditNote.objects.all(), _credit_notes)
    yield from numbers(Numbered.CREDIT_NOTE, CreditNote.objects.all(), event="credit_note.issued")
    yield from _credited_twice()
    yield from orphans("payment", Payment.objects.all())
    yield from orphans("creditnote", CreditNote.objects.all())
    yield from papers(Receipt.objects.all(), lambda row: f"receipt of payment:{row.payment_id}")
    yield from papers(CreditNote.objects.all(), lambda row: f"PDF of credit note {row.number}")
    yield from missing_files(Payment.objects.all(), "attachment", lambda row: f"file of payment:{row.pk}")


@dataclass(frozen=True)
class _Payment:
    """A payment, what it has on each invoice, what went back of it and what was told."""

    row: Payment
    shares: list[Share]
    given_back: int
    events: list[Event]

    @property
    def key(self) -> int:
        return self.row.pk

    @property
    def title(self) -> str:
        return f"payment of {self.row.paid_on} (payment:{self.row.pk})"

    def faults(self) -> Iterator[str]:
        yield from self._sums()
        yield from self._story()
        for share in self.shares:
            yield from self._share(share)

    def _sums(self) -> Iterator[str]:
        row = self.row
        applied = sum(share["sum"] for share in self.shares)
        if row.applied != applied:
            yield f"applied is {row.applied}, its allocations make {applied}"
        if row.refunded != self.given_back:
            yield f"refunded is {row.refunded}, its refunds make {self.given_back}"
        if min(row.tip, row.applied, row.refunded, row.unapplied) < 0:
            yield f"of {row.amount} more went somewhere than came in"

    def _story(self) -> Iterator[str]:
        """It was told of once, with this amount; so was each refund."""
        row = self.row
        told = [event.data for event in self.events if event.kind == "payment.received"]
        if [(data.get("amount"), data.get("currency")) for data in told] != [(row.amount, row.currency)]:
            yield f"its history does not tell that {row.amount} {row.currency} came in"
        elif told[0].get("tip", 0) < row.tip:
            yield f"its tip is {row.tip}, its history tells of {told[0].get('tip', 0)}"
        back = sum(event.data.get("amount", 0) for event in self.events if event.kind in GIVEN_BACK)
        if back != row.refunded:
            yield f"refunded is {row.refunded}, its history tells of {back}"

    def _share(self, share: Share) -> Iterator[str]:
        """An invoice never gave back more than it got. Somebody else's invoice may be paid, another business's not."""
        where = f"on invoice:{share['invoice']}"
        if share["sum"] < 0:
            yield f"{-share['sum']} more was taken back than it had {where}"
        if (share["business"], share["currency"]) != (self.row.business_id, self.row.currency):
            yield f"it went {where}, of another business or in another currency"
        if share["sum"] and self.row.customer_id is None:
            yield f"it is nobody's, but some of it is {where}"


def _payments(keys: list[int]) -> Iterator[_Payment]:
    rows = list(Payment.objects.filter(pk__in=keys).order_by("pk"))
    shares: dict[int, list[Share]] = {key: [] for key in keys}
    for share in _shares(keys):
        shares[share["payment"]].append(share)
    refunds = sums(Refund.objects.filter(payment__in=keys), "payment", ["amount"])
    told = history("payment", keys)
    return (_Payment(row, shares[row.pk], _of(refunds, row.pk)["amount"], told[row.pk]) for row in rows)


def _shares(keys: list[int]) -> Any:
    """What payments have on invoices, all rows of a pair together."""
    pairs = Allocation.objects.filter(payment__in=keys).order_by()
    facts = {"business": F("invoice__business"), "currency": F("invoice__currency")}
    return pairs.values("payment", "invoice", **facts).annotate(sum=Sum("amount"))


def _of(found: Mapping[int, dict[str, int]], key: int) -> dict[str, int]:
    return found.get(key) or dict.fromkeys(MOVED, 0)


@dataclass(frozen=True)
class _Invoice:
    """An invoice, the sums of what money did to it, its credit notes and its charges that still wait."""

    row: Invoice
    moved: dict[str, int]
    credited: int
    waiting: int

    @property
    def key(self) -> int:
        return self.row.pk

    @property
    def title(self) -> str:
        return f"invoice {self.row.number or 'draft'} (invoice:{self.row.pk})"

    def faults(self) -> Iterator[str]:
        moved = self.moved
        made = {
            "amount_paid": moved["amount"],
            "surcharge_total": moved["fine"] + moved["interest"],
            "allowance_total": moved["discount"] + moved["write_off"],
            "credit_total": self.credited,
        }
        for name, value in made.items():
            if getattr(self.row, name) != value:
                yield f"{name} is {getattr(self.row, name)}, its payments and credit notes make {value}"
        if self.credited > self.row.amount_invoiced:
            yield f"{self.credited} was credited of {self.row.amount_invoiced}"
        if self.waiting and self.row.status in (Status.PAID, Status.VOID):
            yield f"it is {self.row.status}, but {self.waiting} charges at providers still wait"


def _invoices(keys: list[int]) -> Iterator[_Invoice]:
    rows = Invoice.objects.filter(pk__in=keys).defer("issuer", "payer", "search_text", "terms").order_by("pk")
    moved = sums(Allocation.objects.filter(invoice__in=keys), "invoice", MOVED)
    credited = sums(CreditNote.objects.filter(invoice__in=keys), "invoice", ["total"])
    open_ones = PaymentIntent.objects.filter(invoice__in=keys, status=IntentStatus.OPEN).order_by()
    waiting = dict(open_ones.values_list("invoice").annotate(Count("pk")))
    return (
        _Invoice(row, _of(moved, row.pk), credited.get(row.pk, {"total": 0})["total"], waiting.get(row.pk, 0))
        for row in list(rows)
    )


@dataclass(frozen=True)
class _CreditNote:
    row: CreditNote
    lines: int
    events: list[Event]

    @property
    def key(self) -> int:
        return self.row.pk

    @property
    def title(self) -> str:
        return f"credit note {self.row.number} (creditnote:{self.row.pk})"

    def faults(self) -> Iterator[str]:
        row = self.row
        if not row.total == row.reduces + row.gives_back == self.lines:
            yield f"{row.reduces} and {row.gives_back}, or lines of {self.lines}, are not the {row.total} it has"
        if (row.business_id, row.currency) != (row.invoice.business_id, row.invoice.currency):
            yield "it is of another business or in another currency than its invoice"
        names = ("number", "total", "gives_back")
        told = [event.data for event in self.events if event.kind == "credit_note.issued"]
        if [[data.get(name) for name in names] for data in told] != [[getattr(row, name) for name in names]]:
            yield "it is not as its history tells"


def _credit_notes(keys: list[int]) -> Iterator[_CreditNote]:
    rows = list(CreditNote.objects.filter(pk__in=keys).select_related("invoice").order_by("pk"))
    lines = sums(CreditNoteLine.objects.filter(credit_note__in=keys), "credit_note", ["amount"])
    told = history("creditnote", keys)
    return (_CreditNote(row, _of(lines, row.pk)["amount"], told[row.pk]) for row in rows)


def _credited_twice() -> Iterator[str]:
    """No line of an invoice was credited by more than it came to, and none on another invoice's credit note."""
    lines = CreditNoteLine.objects.exclude(line=None).order_by()
    wrong = lines.values("line", "line__invoice", "line__total").annotate(sum=Sum("amount"))
    for row in wrong.filter(sum__gt=F("line__total")).iterator():
        yield f"invoice:{row['line__invoice']}: {row['sum']} was credited of a line of {row['line__total']}"
    strange = lines.filter(~Q(line__invoice=F("credit_note__invoice")))
    for key, number in strange.values_list("line__invoice", "credit_note__number").iterator():
        yield f"credit note {number} credits a line of invoice:{key}, which is not its own"
