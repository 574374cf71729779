"""Frozen PDFs: rendered once after the change that calls for them, byte-identical for ever after."""

import logging
import re
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy

from core import frozen_paper
from core.paper import QUEUE_SECONDS, PaperError, Reason, render
from core.problems import Conflict
from invoices.models import Document, Invoice, Mark
from invoices.paper import html
from invoices.pdf import paper
from invoices.status import Status

logger = logging.getLogger(__name__)

PATIENCE = 5  # seconds that a web request waits for the engine; the schedule waits longer
BATCH = 10  # about two seconds of work, so that a worker that is told to stop does
WHY_NOT: dict[Reason, Any] = {
    "pending": gettext_lazy("It is being made; try again in a minute."),
    "timeout": gettext_lazy("It took too long."),
    "too_large": gettext_lazy("It is too large."),
    "engine": gettext_lazy("The PDF engine failed."),
    "unavailable": gettext_lazy("The PDF engine or the storage is not available."),
}
MARKS = {Status.PAID: Mark.PAID, Status.VOID: Mark.VOID}


@dataclass(frozen=True)
class Download:
    filename: str
    content: bytes


def download(invoice: Invoice, *, retry: bool = False) -> Download:
    """The PDF as it should be seen now; a draft's is a preview that stores nothing and uses no number.

    Raises PaperError when it cannot be made at the moment. What failed once is left to the schedule, and to staff
    (`retry`): else whoever has the link could keep every thread of the web server waiting for the engine.
    """
    if invoice.status == Status.DRAFT:
        return Download(filename(invoice), render(html(paper(invoice)), patience=PATIENCE))
    mark = MARKS.get(Status(invoice.status), Mark.ISSUED)
    document, _new = Document.objects.get_or_create(invoice=invoice, mark=mark, revision=invoice.revision)
    if not document.key and document.attempts and not retry:
        raise PaperError("pending", "It failed before; the schedule tries again.")
    if not document.key:
        document = freeze(document, patience=PATIENCE)
    return Download(filename(invoice), frozen_paper.content_of(document))


def frozen(invoice: Invoice) -> Download:
    """The PDF that is there; raises PaperError when it is still to be made. Renders nothing: many may be asked for."""
    mark = MARKS.get(Status(invoice.status), Mark.ISSUED)
    document, _new = Document.objects.get_or_create(invoice=invoice, mark=mark, revision=invoice.revision)
    if not document.key:
        raise PaperError("pending", "The schedule has not come to it yet.")
    return Download(filename(invoice), frozen_paper.content_of(document))


def freeze(document: Document, *, patience: int = QUEUE_SECONDS) -> Document:
    """Render and store a pending document, once."""
    return frozen_paper.freeze(document, _html, patience=patience)


def _html(document: Document) -> str:
    return html(paper(document.invoice, document.mark))


def freeze_pending(limit: int = BATCH) -> int:
    """What the schedule calls: make the PDFs that are still missing. Returns how many it made."""
    return frozen_paper.freeze_pending(Document.objects.select_related("invoice"), _html, limit)


def freeze_now(invoice: Invoice) -> None:
    """Right after issuing, so that the first download is quick; the schedule mends whatever fails here."""
    for document in invoice.documents.filter(key=""):
        try:
            freeze(document, patience=PATIENCE)
        except PaperError as error:
            logger.warning("no PDF for invoice %s yet: %s", invoice.number, error)


def why_not(error: PaperError | Conflict) -> str:
    """For people, in their language; what only an operator understands goes to the log."""
    if isinstance(error, Conflict):
        return error.text
    logger.warning("no PDF: %s", error)
    return str(WHY_NOT[error.reason])


def filename(invoice: Invoice) -> str:
    return f"{safe_name(invoice.number or f'draft-{invoice.public_id}') or invoice.public_id}.pdf"


def safe_name(text: str) -> str:
    """ASCII letters, digits, dot and hyphen only, whatever the number looks like."""
    return re.sub(r"[^A-Za-z0-9.-]+", "-", text).strip("-.")
