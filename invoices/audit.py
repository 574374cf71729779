"""Everything that must hold, checked from the rows as they stand: numbers, sums, history, files.

Reads only, in chunks. A change made while it reads is not a breach: what looks wrong is read a second time.
"""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeVar

from django.core.files.storage import default_storage
from django.db.models import Max, Q, QuerySet

from businesses.events import broken_links
from businesses.models import Event
from core.frozen_paper import MAX_ATTEMPTS
from core.problems import Problem
from invoices import frozen, rows
from invoices.balance import BALANCE
from invoices.models import Attachment, Document, Invoice, LineTax, Numbered, Sequence
from invoices.status import MOVES, Status
from invoices.totals import Totals, compute

T = TypeVar("T")
CHUNK = 500
SUMS = ["subtotal", "discount_total", "tax_total", "tax_included", "charge_total", "total", "withheld_total"]
LINE_SUMS = ["gross", "discount", "tax", "tax_included", "total"]
KEPT: frozenset[str] = frozenset(
    f"invoice.{kind}"
    for kind in (
        "updated",
        "processing",
        "deleted",
        "link_renewed",
        "link_revoked",
        "file_attached",
        "file_removed",
    )
)
"""Events that leave the status as it is. With those in MOVED they are all that a version counts."""
MOVED: dict[str, str] = {
    "invoice.created": Status.DRAFT,
    "invoice.finalized": Status.OPEN,
    "invoice.voided": Status.VOID,
    "invoice.marked_uncollectible": Status.UNCOLLECTIBLE,
    "invoice.paid": Status.PAID,
}
BALANCED = {"invoice.partially_paid", "invoice.paid", "invoice.payment_reversed", "invoice.credited"}
"""Events that move the balance; each tells by how much, and the status that follows."""


def breaches() -> Iterator[str]:
    """One sentence for each thing that is not as it must be."""
    yield from _numbers()
    yield from _invoices()
    yield from _history()
    yield from _files()


def _numbers() -> Iterator[str]:
    known = set()
    for series in Sequence.objects.filter(kind=Numbered.INVOICE).order_by("pk").iterator(CHUNK):
        known.add((series.business_id, series.series))
        yield from _gaps(series)
        yield from _disorder(series)
    used = Invoice.objects.exclude(series="").order_by().values_list("business_id", "series").distinct()
    for business, name in set(used) - known:
        yield f"business {business}, series {name}: there are numbers but no counter"


def _places(series: Sequence) -> QuerySet[Invoice]:
    mine = Invoice.objects.filter(business=series.business_id, series=series.series)
    return mine.order_by("series_place")


def _gaps(series: Sequence) -> Iterator[str]:
    """Places `first` to `next_place - 1` are all there, but for those that callers' own numbers jumped over."""
    where = f"business {series.business_id}, series {series.series}"
    places = _places(series).filter(series_place__gte=series.first, series_place__lt=series.next_place)
    spans = sorted((start, end) for start, end in series.skipped)
    expected = series.first
    taken: Iterator[Any] = places.values_list("series_place", flat=True).iterator(CHUNK)
    for place in chain(taken, [series.next_place]):
        for start, end in _missing(expected, place - 1, spans):
            yield f"{where}: no invoice has number {start}" + (f" to {end}" if end > start else "")
        expected = place + 1
    highest = _places(series).aggregate(highest=Max("series_place"))["highest"]
    next_place = Sequence.objects.values_list("next_place", flat=True).get(pk=series.pk)
    if highest is not None and highest >= next_place:
        yield f"{where}: number {highest} is used but the counter stands at {next_place}"


def _missing(start: int, end: int, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """What of `start` to `end` lies in no span; spans come in order."""
    for first, last in spans:
        if start < first <= end:
            yield start, first - 1
        if first <= end:
            start = max(start, last + 1)
    if start <= end:
        yield start, end


def _disorder(series: Sequence) -> Iterator[str]:
    """Numbers follow the order of issue; a caller's own number may stand anywhere."""
    latest = 0
    counted = _places(series).filter(wanted_number="").values_list("pk", "number").iterator(CHUNK)
    for chunk in _chunks(counted):
        subjects = {f"invoice:{key}": number for key, number in chunk}
        issued = Event.objects.filter(subject__in=subjects, kind="invoice.finalized")
        ids = dict(issued.values_list("subject", "pk"))
        for subject, number in subjects.items():
            event = ids.get(subject, latest)
            if event < latest:
                yield f"invoice {number} ({subject}): issued before the number that precedes it"
            latest = max(event, latest)


def _chunks(items: Iterable[T]) -> Iterator[list[T]]:
    chunk: list[T] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


@dataclass(frozen=True)
class _Case:
    """An invoice with all that is needed to judge it, read in a few queries a chunk."""

    invoice: Invoice
    events: list[Event]


def _cases(keys: Iterable[int]) -> Iterator[_Case]:
    invoices = Invoice.objects.filter(pk__in=list(keys)).order_by("pk")
    found = list(invoices.prefetch_related("lines__taxes", "charges", "attachments"))
    history: dict[str, list[Event]] = {f"invoice:{invoice.pk}": [] for invoice in found}
    for event in Event.objects.filter(subject__in=history).order_by("id"):
        history[event.subject].append(event)
    return (_Case(invoice, history[f"invoice:{invoice.pk}"]) for invoice in found)


def _invoices() -> Iterator[str]:
    for keys in _chunks(Invoice.objects.order_by("pk").values_list("pk", flat=True).iterator(CHUNK)):
        suspects = [case.invoice.pk for case in _cases(keys) if any(_faults(case))]
        for case in _cases(suspects):
            for fault in _faults(case):
                yield f"invoice {case.invoice.number or 'draft'} (invoice:{case.invoice.pk}): {fault}"


def _faults(case: _Case) -> Iterator[str]:
    yield from _sums(case.invoice)
    yield from _status(case.invoice)
    yield from _content(case)
    yield from _replay(case)


def _sums(invoice: Invoice) -> Iterator[str]:
    links = [row for row in invoice.attachments.all() if not row.key]
    draft = rows.assemble(invoice, invoice.lines.all(), invoice.charges.all(), links)
    try:
        totals = compute(draft)
    except (Problem, ArithmeticError, KeyError) as error:
        yield f"its lines do not add up: {error}"
        return
    expected = rows.columns(draft, totals)
    for name in SUMS:
        if getattr(invoice, name) != expected[name]:
            yield f"{name} is {getattr(invoice, name)}, its lines make {expected[name]}"
    yield from _line_sums(invoice, totals)


def _line_sums(invoice: Invoice, totals: Totals) -> Iterator[str]:
    for position, (line, sums) in enumerate(zip(invoice.lines.all(), totals.lines, strict=True), 1):
        for name in LINE_SUMS:
            if getattr(line, name) != getattr(sums, name):
                yield f"line {position}: {name} is {getattr(line, name)}, it makes {getattr(sums, name)}"
        amounts = [tax.amount for tax in line.taxes.all()]
        if amounts != list(sums.taxes):
            yield f"line {position}: taxes are {amounts}, they make {list(sums.taxes)}"


def _status(invoice: Invoice) -> Iterator[str]:
    paid, remaining = invoice.amount_paid, invoice.amount_remaining
    if invoice.amount_due != paid + remaining:
        yield f"{paid} paid and {remaining} remaining are not the {invoice.amount_due} due"
    agrees = {
        Status.DRAFT: paid == 0,
        Status.OPEN: remaining > 0,
        Status.PAID: remaining == 0,
        Status.VOID: paid == 0,
        Status.UNCOLLECTIBLE: remaining > 0,
    }
    if not agrees.get(Status(invoice.status)) or paid < 0 or remaining < 0:
        yield f"it is {invoice.status}, but {paid} of {invoice.amount_due} is paid"


def _content(case: _Case) -> Iterator[str]:
    """What was fixed at issue is what the digest in the row and in the event say."""
    invoice = case.invoice
    if invoice.status == Status.DRAFT:
        return
    if _digest(invoice) != invoice.content_digest:
        yield "its content has changed since it was issued"
    told = [event.data.get("digest") for event in case.events if event.kind == "invoice.finalized"]
    if told != [invoice.content_digest]:
        yield "its digest is not the one that was recorded when it was issued"


def _digest(invoice: Invoice) -> str:
    """What issuing digested, from the rows as they stand."""
    lines = list(invoice.lines.all())
    taxes: list[LineTax] = [tax for line in lines for tax in sorted(line.taxes.all(), key=lambda tax: tax.pk)]
    return frozen.digest_of(
        frozen.picked(invoice, frozen.FIXED),
        [frozen.picked(line, frozen.LINE) for line in lines],
        [frozen.picked(tax, frozen.TAX) for tax in taxes],
        [frozen.picked(charge, frozen.CHARGE) for charge in invoice.charges.all()],
    )


def _replay(case: _Case) -> Iterator[str]:
    """The history tells the status, the balance and the version."""
    status, version = "", 0
    balance = dict.fromkeys(BALANCE, 0)
    for event in case.events:
        kind = event.kind
        version += kind in MOVED or kind in KEPT or kind in BALANCED
        if kind in BALANCED:
            balance = {name: so_far + event.data.get(name, 0) for name, so_far in balance.items()}
        after = event.data.get("status") or MOVED.get(kind, status)
        if status and after != status and after not in MOVES[status]:
            yield f"its history goes from {status} to {after}"
        status = after
    yield from _end(case.invoice, status, version, balance)


def _end(invoice: Invoice, status: str, version: int, balance: dict[str, int]) -> Iterator[str]:
    if (status, version) != (invoice.status, invoice.version):
        yield (
            f"its history ends {status or 'nowhere'} at version {version}, "
            f"the row is {invoice.status} at version {invoice.version}"
        )
    for name, told in balance.items():
        stands = getattr(invoice, BALANCE[name])
        if told != stands:
            yield f"its history ends with {BALANCE[name]} {told}, the row has {stands}"


def _history() -> Iterator[str]:
    """Each event follows from the one before, and each invoice that has a history is still there."""
    for event in broken_links(Event.objects.order_by("subject", "id").iterator(CHUNK)):
        yield f"event {event.pk} ({event.kind} of {event.subject}): it or one before it was edited or removed"
    subjects = Event.objects.filter(subject__startswith="invoice:").order_by("subject")
    for chunk in _chunks(subjects.values_list("subject", flat=True).distinct().iterator(CHUNK)):
        keys = {int(subject.partition(":")[2]) for subject in chunk}
        for key in sorted(keys - set(Invoice.objects.filter(pk__in=keys).values_list("pk", flat=True))):
            yield f"invoice:{key} has a history, but its row is gone"


def _files() -> Iterator[str]:
    for document in (
        Document.objects.filter(key="", attempts__gte=MAX_ATTEMPTS).order_by("pk").iterator(CHUNK)
    ):
        yield f"PDF “{document.mark}” of invoice:{document.invoice_id} cannot be made: {document.error}"
    for document in Document.objects.exclude(key="").order_by("pk").iterator(CHUNK):
        fault = _file_fault(document)
        if fault:
            yield f"PDF “{document.mark}” of invoice:{document.invoice_id}: {document.key} {fault}"
    for file in Attachment.objects.filter(~Q(key="")).order_by("pk").iterator(CHUNK):
        if not default_storage.exists(file.key):
            yield f"attachment of invoice:{file.invoice_id}: {file.key} is gone"
    for folder in ("documents", "attachments"):
        for name in _names(folder):
            if name.endswith(".tmp"):
                yield f"{folder}/{name} was never finished"


def _file_fault(document: Document) -> str:
    if not default_storage.exists(document.key):
        return "is gone"
    with default_storage.open(document.key) as stored:
        same = hashlib.file_digest(stored, "sha256").hexdigest() == document.sha256
    return "" if same else "has changed"


def _names(folder: str) -> list[str]:
    with suppress(NotImplementedError, OSError):
        return list(default_storage.listdir(folder)[1])
    return []
