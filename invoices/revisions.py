"""A new version of an issued invoice under the same number; the papers before it stay as they were.

Our own screens never do this: they void and copy, or credit. The APIs whose clients edit what they have sent do
(HighLevel's PUT).
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from businesses.events import record
from core.paper import PaperError
from core.problems import Conflict, Problem
from invoices import actions, documents, frozen, numbering, rows
from invoices.changes import changes
from invoices.draft import InvoiceDraft
from invoices.models import Document, Invoice, Mark
from invoices.moves import change, require
from invoices.schedule import parts_of
from invoices.status import Status
from invoices.totals import Totals


def revise(
    invoice: Invoice, draft: InvoiceDraft, *, version: int, by: object = None, at: datetime | None = None
) -> Invoice:
    """Replace the content of an open invoice; number and issue date stay, both parties are copied anew.

    Raises Conflict once anything was paid, credited or let go, and while the paper before it is still to be made;
    Problem when nothing would be left to pay.
    """
    _require_untouched(invoice)
    _keep_paper(invoice)
    draft = replace(
        draft,
        issue_on=invoice.issue_on,
        number_prefix=invoice.number_prefix,
        wanted_number=invoice.wanted_number,
    )
    draft, totals, customer = actions.ready(invoice.business, draft)
    if not totals.amount_due:
        raise Problem(
            _("Nothing would be left to pay; void or credit the invoice."), field="lines", code="total"
        )
    before, total_before = rows.read(invoice), invoice.total
    values = rows.columns(draft, totals) | {"customer_id": customer.pk, "revision": invoice.revision + 1}
    with transaction.atomic():
        change(invoice, {Status.OPEN}, version=version, **values)
        _write(invoice, draft, totals)
        Document.objects.create(invoice=invoice, mark=Mark.ISSUED, revision=invoice.revision)
        data = {
            "revision": invoice.revision,
            "digest": invoice.content_digest,
            "total": invoice.total,
            "total_before": total_before,
            "changes": changes(before, draft),
        }
        record("invoice.revised", invoice, business=invoice.business_id, by=by, data=data, at=at)
    return invoice


def _require_untouched(invoice: Invoice) -> None:
    require(invoice, {Status.OPEN})
    if invoice.amount_due != invoice.amount_invoiced or invoice.amount_paid or invoice.amount_processing:
        raise Conflict(_("Something has been paid or credited; write a credit note instead."))


def _keep_paper(invoice: Invoice) -> None:
    """The paper so far is made from rows that are about to change: now or never."""
    pending = invoice.documents.filter(mark=Mark.ISSUED, revision=invoice.revision, key="").first()
    try:
        if pending is not None:
            documents.freeze(pending, patience=documents.PATIENCE)
    except PaperError as error:
        raise Conflict(
            _("The PDF of the version before is still being made; try again in a minute.")
        ) from error


def _write(invoice: Invoice, draft: InvoiceDraft, totals: Totals) -> None:
    """The rows below the invoice, then what follows from them all."""
    rows.clear_lines(invoice)
    rows.write_lines(invoice, draft, totals)
    invoice.refresh_from_db()
    texts = [invoice.number, draft.title, draft.name, draft.external_id]
    _set(
        invoice,
        issuer=frozen.issuer(invoice.business, invoice.account),
        payer=frozen.payer(invoice.customer),
        payment_terms=actions.terms_of(invoice).as_dict(),
        our_number=numbering.take_our_numbers(invoice.account, len(parts_of(invoice.schedule)) or 1),
        search_text=rows.searchable(invoice.customer, texts),
    )
    digest = frozen.digest_of(frozen.picked(invoice, frozen.FIXED), *frozen.contents(invoice))
    _set(invoice, content_digest=digest)


def _set(invoice: Invoice, **values: Any) -> None:
    """More of the change that is under way in this transaction."""
    Invoice.objects.for_business(invoice.business_id).filter(pk=invoice.pk).update(
        **values, updated_at=timezone.now()
    )
    invoice.refresh_from_db()
