"""The papers of money: a payment's receipt, a credit note, and the booklet of a payment schedule."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from businesses.admin.keys import key_of
from businesses.admin.owned import staff
from core.paper import PaperError
from core.problems import Conflict
from invoices import documents
from invoices.admin.screens import find as find_invoice
from payments import papers
from payments.admin.screens import find
from payments.models import CreditNote


def receipt(request: HttpRequest, pk: str) -> HttpResponse:
    payment = find(request, pk)
    try:
        return _pdf(papers.receipt(payment, retry=True))
    except PaperError as error:
        return _no_paper(request, error, "admin:payments_payment_change", payment.pk)


def credit_note(request: HttpRequest, pk: str) -> HttpResponse:
    rows = CreditNote.objects.for_staff(staff(request)).select_related("business", "invoice")
    note = rows.filter(pk=key_of(pk) or 0).first()
    if note is None:
        raise Http404
    try:
        return _pdf(papers.credit_note(note, retry=True))
    except PaperError as error:
        return _no_paper(request, error, "admin:invoices_invoice_change", note.invoice_id)


def booklet(request: HttpRequest, pk: str) -> HttpResponse:
    """One slip for each part of a payment schedule."""
    invoice = find_invoice(request, pk)
    if invoice.number is None or not invoice.schedule.get("parts"):
        raise Http404
    try:
        content = papers.carne(invoice)
    except PaperError as error:
        return _no_paper(request, error, "admin:invoices_invoice_change", invoice.pk)
    except Conflict as conflict:
        messages.warning(request, conflict.text)
        return redirect("admin:invoices_invoice_change", invoice.pk)
    return _pdf(documents.Download(f"{_('booklet')}-{documents.filename(invoice)}", content))


def _pdf(paper: Any) -> HttpResponse:
    shown = {"Content-Disposition": content_disposition_header(False, paper.filename) or "inline"}
    return HttpResponse(paper.content, content_type="application/pdf", headers=shown)


def _no_paper(request: HttpRequest, error: PaperError, page: str, pk: int) -> HttpResponse:
    reason = documents.why_not(error)
    messages.error(request, _("The PDF cannot be made right now: %(reason)s") % {"reason": reason})
    return redirect(page, pk)
