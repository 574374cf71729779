"""Frozen PDFs: rendered once after the change that calls for them, byte-identical for ever after."""

import hashlib
import logging
import re
from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_lazy

from core import files
from core.paper import QUEUE_SECONDS, PaperError, Reason, render
from core.problems import Conflict, Problem
from invoices.models import Document, Invoice, Mark
from invoices.paper import html
from invoices.pdf import paper
from invoices.status import Status

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 20
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
    document, _new = Document.objects.get_or_create(invoice=invoice, mark=mark)
    if not document.key and document.attempts and not retry:
        raise PaperError("pending", "It failed before; the schedule tries again.")
    return Download(filename(invoice), _read(document.key or freeze(document, patience=PATIENCE).key))


def frozen(invoice: Invoice) -> Download:
    """The PDF that is there; raises PaperError when it is still to be made. Renders nothing: many may be asked for."""
    mark = MARKS.get(Status(invoice.status), Mark.ISSUED)
    document, _new = Document.objects.get_or_create(invoice=invoice, mark=mark)
    if not document.key:
        raise PaperError("pending", "The schedule has not come to it yet.")
    return Download(filename(invoice), _read(document.key))


def freeze(document: Document, *, patience: int = QUEUE_SECONDS) -> Document:
    """Render and store a pending document, once: whoever is second throws its copy away and returns the first's."""
    try:
        content = render(html(paper(document.invoice, document.mark)), patience=patience)
        key = _stored(content)
    except Exception as error:
        Document.objects.filter(pk=document.pk).update(attempts=F("attempts") + 1, error=str(error)[:200])
        raise
    values = {"key": key, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "error": ""}
    if not Document.objects.filter(pk=document.pk, key="").update(**values):
        files.discard(key)
    document.refresh_from_db()
    return document


def _read(key: str) -> bytes:
    try:
        return files.read(key)
    except FileNotFoundError as error:
        logger.error("the frozen PDF %s is missing from the storage", key)
        raise PaperError("unavailable", "Its file is missing from the storage.") from error


def _stored(content: bytes) -> str:
    try:
        return files.store("documents", "pdf", content)
    except Problem as problem:
        raise PaperError("unavailable", problem.text) from problem


def freeze_pending(limit: int = BATCH) -> int:
    """What the schedule calls: make the PDFs that are still missing, those that failed least first.

    Returns how many it made. One that cannot be made must not keep the others waiting, whatever is wrong with it.
    """
    pending = Document.objects.filter(key="", attempts__lt=MAX_ATTEMPTS).select_related("invoice")
    made = 0
    for document in pending.order_by("attempts", "pk")[:limit]:
        try:
            freeze(document)
        except Exception:
            logger.exception("no PDF for invoice %s yet", document.invoice.number)
            continue
        made += 1
    return made


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
    """ASCII letters, digits, dot and hyphen only, whatever the number looks like."""
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", f"{invoice.number or 'draft-' + invoice.public_id}").strip("-.")
    return f"{name or invoice.public_id}.pdf"
