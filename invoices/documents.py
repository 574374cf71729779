"""Frozen PDFs: rendered once after the change that calls for them, byte-identical for ever after."""

import hashlib
import logging
import re
from dataclasses import dataclass

from django.db.models import F

from core import files
from core.paper import PaperError, render
from invoices.models import Document, Invoice, Mark
from invoices.paper import html
from invoices.pdf import paper
from invoices.status import Status

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 20
BATCH = 10  # about two seconds of work, so that a worker that is told to stop does
MARKS = {Status.PAID: Mark.PAID, Status.VOID: Mark.VOID}


@dataclass(frozen=True)
class Download:
    filename: str
    content: bytes


def download(invoice: Invoice) -> Download:
    """The PDF as it should be seen now; a draft's is a preview that stores nothing and uses no number.

    Raises PaperError when it cannot be made at the moment.
    """
    if invoice.status == Status.DRAFT:
        return Download(filename(invoice), render(html(paper(invoice))))
    mark = MARKS.get(Status(invoice.status), Mark.ISSUED)
    document, _new = Document.objects.get_or_create(invoice=invoice, mark=mark)
    return Download(filename(invoice), _read(document.key or freeze(document).key))


def freeze(document: Document) -> Document:
    """Render and store a pending document, once: whoever is second throws its copy away and returns the first's."""
    try:
        content = render(html(paper(document.invoice, document.mark)))
        key = _stored(content)
    except PaperError as error:
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
    except OSError as error:
        raise PaperError("unavailable", f"It cannot be stored: {error.strerror}.") from error


def freeze_pending(limit: int = BATCH) -> int:
    """What the schedule calls: make the PDFs that are still missing, oldest first; returns how many it made."""
    pending = (
        Document.objects.filter(key="", attempts__lt=MAX_ATTEMPTS).select_related("invoice").order_by("pk")
    )
    made = 0
    for document in pending[:limit]:
        try:
            freeze(document)
        except PaperError as error:
            logger.warning("no PDF for invoice %s yet: %s", document.invoice.number, error)
            continue
        made += 1
    return made


def freeze_now(invoice: Invoice) -> None:
    """Right after issuing, so that the first download is quick; the schedule mends whatever fails here."""
    for document in invoice.documents.filter(key=""):
        try:
            freeze(document)
        except PaperError as error:
            logger.warning("no PDF for invoice %s yet: %s", invoice.number, error)


def filename(invoice: Invoice) -> str:
    """ASCII letters, digits, dot and hyphen only, whatever the number looks like."""
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", f"{invoice.number or 'draft-' + invoice.public_id}").strip("-.")
    return f"{name or invoice.public_id}.pdf"
