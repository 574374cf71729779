"""Everything that must hold, checked from the rows as they stand: numbers, sums, history, files.

Reads only, in chunks. A change made while it reads is not a breach: what looks wrong is read a second time.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from businesses.events import broken_links
from businesses.models import Event
from core.problems import Problem
from invoices import frozen, rows
from invoices.audit_common import CHUNK, history, judged, missing_files, numbers, orphans, papers, unfinished
from invoices.balance import BALANCE
from invoices.models import Attachment, Document, Invoice, LineTax, Numbered
from invoices.status import MOVES, Status
from invoices.totals import Totals, compute

SUMS = ["subtotal", "discount_total", "tax_total", "tax_included", "charge_total", "total", "withheld_total"]
LINE_SUMS = ["gross", "discount", "tax", "tax_included", "total"]
KEPT: frozenset[str] = frozenset(
    f"invoice.{kind}"
    for kind in (
        "updated",
        "revised",
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
DIGESTED = {"invoice.finalized", "invoice.revised"}
BALANCED = {"invoice.partially_paid", "invoice.paid", "invoice.payment_reversed", "invoice.credited"}
"""Events that move the balance; each tells by how much, and the status that follows."""


def breaches() -> Iterator[str]:
    """One sentence for each thing that is not as it must be."""
    yield from numbers(Numbered.INVOICE, Invoice.objects.all(), event="invoice.finalized", chosen=True)
    yield from judged(Invoice.objects.all(), _cases)
    yield from _history()
    yield from _files()


@dataclass(frozen=True)
class _Case:
    """An invoice with all that is needed to judge it."""

    invoice: Invoice
    events: list[Event]

    @property
    def key(self) -> int:
        return self.invoice.pk

    @property
    def title(self) -> str:
        return f"invoice {self.invoice.number or 'draft'} (invoice:{self.invoice.pk})"

    def faults(self) -> Iterator[str]:
        yield from _sums(self.invoice)
        yield from _status(self.invoice)
        yield from _content(self)
        yield from _replay(self)


def _cases(keys: list[int]) -> Iterator[_Case]:
    invoices = Invoice.objects.filter(pk__in=keys).order_by("pk")
    found = list(invoices.prefetch_related("lines__taxes", "charges", "attachments"))
    told = history("invoice", keys)
    return (_Case(invoice, told[invoice.pk]) for invoice in found)


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
    if (invoice.paid_at is not None) != (invoice.status == Status.PAID):
        yield f"it is {invoice.status}, but was paid at {invoice.paid_at}"
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
    told = [event.data.get("digest") for event in case.events if event.kind in DIGESTED]
    if told[-1:] != [invoice.content_digest] or len(told) != invoice.revision:
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
    yield from orphans("invoice", Invoice.objects.all())


def _files() -> Iterator[str]:
    yield from papers(Document.objects.all(), lambda row: f"PDF “{row.mark}” of invoice:{row.invoice_id}")
    yield from missing_files(
        Attachment.objects.all(), "key", lambda row: f"attachment of invoice:{row.invoice_id}"
    )
    yield from unfinished(["documents", "attachments"])
