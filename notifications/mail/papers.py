"""The PDF that goes with a message: only one that is frozen already, and only while it is small."""

from dataclasses import dataclass

from core import frozen_paper
from core.frozen_paper import FrozenPaper
from core.paper import PaperError
from invoices.documents import MARKS, filename, safe_name
from invoices.models import Document, Mark
from invoices.status import Status
from notifications.mail.letters import last_payment, note_of
from notifications.mail.models import Kind, Message
from payments.models import Receipt

MOST_BYTES = 2_000_000


class NotReady(Exception):
    """The schedule has not come to it yet."""


@dataclass(frozen=True)
class File:
    name: str
    content: bytes


def of(message: Message) -> list[File]:
    """Nothing when it is too large, lost or cannot be made: the message has the link. Raises NotReady."""
    name, row = _paper(message)
    if row is None or row.size > MOST_BYTES or (not row.key and row.attempts):
        return []
    if not row.key:
        raise NotReady
    try:
        content = frozen_paper.content_of(row)
    except PaperError:
        return []
    return [File(name, content)] if len(content) <= MOST_BYTES else []


def _paper(message: Message) -> tuple[str, FrozenPaper | None]:
    invoice = message.invoice
    if invoice is None or message.kind == Kind.TROUBLE:
        return "", None
    if message.kind == Kind.PAID and (payment := last_payment(invoice)):
        return f"receipt-{payment.public_id}.pdf", Receipt.objects.filter(payment=payment).first()
    if message.kind == Kind.CREDITED:
        note = note_of(message)
        return (f"{safe_name(note.number)}.pdf", note) if note else ("", None)
    mark = MARKS.get(Status(invoice.status), Mark.ISSUED)
    rows = Document.objects.filter(invoice=invoice, mark=mark, revision=invoice.revision)
    return filename(invoice), rows.first()
