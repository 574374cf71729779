"""Files added to an invoice: short list of types, 10 MB each, twenty at most, kept under random names."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from businesses.events import record
from core import files
from core.problems import Conflict, Problem
from core.text import clean_text
from invoices.models import Attachment, Invoice
from invoices.moves import change, require
from invoices.status import Status

MAX_ATTACHMENTS = 20


def attach(invoice: Invoice, name: str, data: bytes, *, by: object = None) -> Attachment:
    """Add a file to a draft."""
    require(invoice, {Status.DRAFT})
    if invoice.attachments.count() >= MAX_ATTACHMENTS:
        message = _("At most %(limit)d attachments.") % {"limit": MAX_ATTACHMENTS}
        raise Problem(message, field="attachments", code="too_many")
    name = clean_text(name.replace("\\", "/").rpartition("/")[2], limit=150, field="attachments")
    kind = files.checked_type(name, data, field="attachments")
    key = files.store("attachments", "bin", data)
    try:
        return _listed(invoice, by, name=name, key=key, content_type=kind, size=len(data))
    except Conflict:
        files.discard(key)
        raise


def _listed(invoice: Invoice, by: object, **values: Any) -> Attachment:
    with transaction.atomic():
        change(invoice, {Status.DRAFT})
        row = Attachment.objects.create(invoice=invoice, **values)
        data = {"name": row.name}
        record("invoice.file_attached", invoice, business=invoice.business_id, by=by, data=data)
    return row


def detach(attachment: Attachment, *, by: object = None) -> None:
    """Take a file off a draft; its bytes stay until the storage is cleaned."""
    invoice = attachment.invoice
    require(invoice, {Status.DRAFT})
    with transaction.atomic():
        change(invoice, {Status.DRAFT})
        attachment.delete()
        record(
            "invoice.file_removed",
            invoice,
            business=invoice.business_id,
            by=by,
            data={"name": attachment.name},
        )
