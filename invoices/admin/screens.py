"""One invoice on screen: the editor of a draft, the page of an issued one, its confirmations, PDF and live totals."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from businesses.admin.keys import key_of
from businesses.admin.owned import staff
from businesses.events import record
from businesses.models import Account, Business
from businesses.roles import Can
from core import files
from core.paper import PaperError
from core.problems import Conflict, Problem
from customers.models import Customer
from invoices import actions, attachments, documents, pdf
from invoices.admin import received
from invoices.admin.editor import Editor
from invoices.admin.facts import facts, line_notes
from invoices.admin.frame import framed
from invoices.admin.live import shown_totals
from invoices.admin.rules import said
from invoices.admin.timeline import timeline
from invoices.admin.verbs import VERBS, verbs_for
from invoices.models import Invoice
from invoices.schedule import parts_of
from invoices.status import Status
from invoices.summary import of_invoice
from notifications.admin import reminder_words
from notifications.mail import admin as mails
from outbox.admin import chips
from portal import visits

TEMPLATES = "admin/invoices/invoice"


def find(request: HttpRequest, pk: str, can: Can = Can.VIEW) -> Invoice:
    """One invoice of the person's own businesses; any other is as if it did not exist."""
    rows = (
        Invoice.objects.for_staff(staff(request)).current().select_related("business", "customer", "account")
    )
    key = key_of(pk)
    invoice = rows.filter(pk=key).first() if key is not None else None
    if invoice is None:
        raise Http404
    if not staff(request).can(can, invoice.business_id):
        raise PermissionDenied
    return invoice  # type: ignore[no-any-return]


def show(request: HttpRequest, pk: str) -> HttpResponse:
    """A draft opens in the editor for those who may write; everything else is read."""
    invoice = find(request, pk)
    if invoice.status == Status.DRAFT and staff(request).can(Can.WRITE, invoice.business_id):
        return edit(request, invoice.business, invoice)
    if request.method in ("GET", "HEAD"):
        return _page(request, "page.html", _page_context(request, invoice), str(invoice))
    if not staff(request).can(Can.WRITE, invoice.business_id):
        raise PermissionDenied
    messages.error(request, _("This invoice is %(status)s now.") % {"status": invoice.get_status_display()})
    return redirect("admin:invoices_invoice_change", invoice.pk)


def _page_context(request: HttpRequest, invoice: Invoice) -> dict[str, Any]:
    issuer, payer = pdf.parties(invoice)
    language = staff(request).language
    verbs = verbs_for(staff(request), invoice)
    seen = visits.of(invoice)
    lines = invoice.lines.prefetch_related("taxes")
    return {
        "invoice": invoice,
        "issuer": issuer,
        "payer": payer,
        "situation": invoice.situation(invoice.business.today()),
        "lines": [(line, line_notes(line, invoice.currency, language)) for line in lines],
        "facts": facts(invoice, seen, language),
        "parts": parts_of(invoice.schedule),
        "summary": of_invoice(invoice, language),
        "attachments": invoice.attachments.all(),
        "verbs": [verb for verb in verbs if verb.is_main],
        "more_verbs": [verb for verb in verbs if not verb.is_main],
        "timeline": timeline(invoice, language),
        "public_url": "" if invoice.token_revoked_at else pdf.public_url(invoice.token),
        "visits": seen,
        **received.context(invoice, staff(request)),
        **chips.context(invoice, staff(request)),
        **mails.context(invoice),
        **reminder_words.of_invoice(invoice, staff(request)),
    }


def add(request: HttpRequest) -> HttpResponse:
    """The editor of a new draft, for the business asked for or the person's first."""
    businesses = Business.objects.for_staff(staff(request), Can.WRITE).order_by("pk")
    wanted = request.GET.get("business", "")
    business = businesses.filter(pk=key_of(wanted) or 0).first() if wanted else businesses.first()
    if business is None:
        raise PermissionDenied
    return edit(request, business, Invoice(business=business))


def edit(request: HttpRequest, business: Business, invoice: Invoice) -> HttpResponse:
    initial = None if invoice.pk else _initial(business, request)
    editor = Editor.of(business, invoice, request.POST if request.method == "POST" else None, initial)
    status = 200
    if request.method == "POST":
        is_current = not invoice.pk or editor.is_of(invoice.version)
        saved = _save(request, editor, invoice) if is_current and editor.is_valid() else None
        if saved is not None:
            return _after_save(request, saved)
        status = 422
    context = {
        "editor": editor,
        "invoice": invoice if invoice.pk else None,
        "business": business,
        "businesses": Business.objects.for_staff(staff(request), Can.WRITE).order_by("pk"),
        "verbs": verbs_for(staff(request), invoice) if invoice.pk else [],
        "files": invoice.attachments.exclude(key="") if invoice.pk else [],
        "timeline": timeline(invoice, staff(request).language) if invoice.pk else [],
        "media": editor.head.media + editor.lines.empty_form.media,
        "said": said(business, invoice),
        "totals": shown_totals(invoice, staff(request).language) if invoice.pk else None,
    }
    title = _("Draft for %(name)s") % {"name": invoice.customer} if invoice.pk else _("New invoice")
    return _page(request, "editor.html", context, title, status)


def _initial(business: Business, request: HttpRequest) -> dict[str, Any]:
    today = business.today()
    wanted = key_of(request.GET.get("customer", ""))
    customer = Customer.objects.for_business(business).filter(pk=wanted or 0).first()
    return {
        "customer": customer,
        "account": _default_account(business),
        "currency": business.currency,
        "language": customer.language if customer else business.language,
        "issue_on": today,
        "due_on": today + timedelta(days=business.due_days),
        "terms": business.terms,
    }


def _default_account(business: Business) -> int | None:
    rows = Account.objects.for_business(business).filter(is_default=True)
    return rows.values_list("pk", flat=True).first()


def _save(request: HttpRequest, editor: Editor, invoice: Invoice) -> Invoice | None:
    """Through the actions; what they refuse is shown on the form, with everything typed still there."""
    try:
        draft = editor.draft()
        if invoice.pk:
            version = editor.head.cleaned_data["version"] or 0
            saved = actions.revise(invoice, draft, version=version, by=request.user)
        else:
            saved = actions.create(editor.business, draft, by=request.user)
    except Problem as problem:
        editor.show(problem)
        return None
    except Conflict as conflict:
        editor.tell(conflict.text)
        return None
    _save_files(request, saved)
    return saved


def _save_files(request: HttpRequest, invoice: Invoice) -> None:
    removed = [pk for pk in map(key_of, request.POST.getlist("remove_file")) if pk is not None]
    try:
        for row in invoice.attachments.filter(pk__in=removed).exclude(key=""):
            attachments.detach(row, by=request.user)
        for upload in request.FILES.getlist("files"):
            _save_file(request, invoice, upload)
    except Conflict as conflict:
        messages.error(request, conflict.text)


def _save_file(request: HttpRequest, invoice: Invoice, upload: Any) -> None:
    try:
        data = upload.read(files.MAX_FILE + 1)
        attachments.attach(invoice, upload.name or "", data, by=request.user)
    except Problem as problem:
        messages.error(request, f"{upload.name}: {problem.text}")


def _after_save(request: HttpRequest, invoice: Invoice) -> HttpResponse:
    if "_issue" in request.POST and VERBS["issue"].allowed(staff(request), invoice):
        return redirect("admin:invoices_invoice_act", invoice.pk, "issue")
    messages.success(request, _("The draft is saved."))
    return redirect("admin:invoices_invoice_change", invoice.pk)


def act(request: HttpRequest, pk: str, name: str) -> HttpResponse:
    """GET asks, POST does."""
    verb = VERBS.get(name)
    if verb is None:
        raise Http404
    invoice = find(request, pk, verb.can)
    if request.method not in ("GET", "POST"):
        return HttpResponseNotAllowed(["GET", "POST"])
    if not verb.allowed(staff(request), invoice):
        messages.warning(request, _("This is not possible any more."))
        return redirect("admin:invoices_invoice_change", invoice.pk)
    if request.method == "GET":
        context = {
            "invoice": invoice,
            "verb": verb,
            "situation": invoice.situation(invoice.business.today()),
            "obstacle": verb.obstacle(invoice),
            "about": verb.about(invoice),
            "paid": received.paid(invoice),
        }
        return _page(request, "confirm.html", context, str(verb.label))
    try:
        after = verb.act(invoice, request.user)
    except (Conflict, Problem) as refusal:
        messages.error(request, refusal.text)
        return redirect("admin:invoices_invoice_change", invoice.pk)
    messages.success(request, str(verb.done))
    return (
        redirect("admin:invoices_invoice_change", after.pk)
        if after
        else redirect("admin:invoices_invoice_changelist")
    )


def download(request: HttpRequest, pk: str) -> HttpResponse:
    invoice = find(request, pk)
    try:
        document = documents.download(invoice, retry=True)
    except (PaperError, Conflict) as error:
        reason = documents.why_not(error)
        messages.error(request, _("The PDF cannot be made right now: %(reason)s") % {"reason": reason})
        return redirect("admin:invoices_invoice_change", invoice.pk)
    record("invoice.downloaded", invoice, business=invoice.business_id, by=request.user)
    inline = {"Content-Disposition": content_disposition_header(False, document.filename) or "inline"}
    return HttpResponse(document.content, content_type="application/pdf", headers=inline)


def attached_file(request: HttpRequest, pk: str, public_id: str) -> HttpResponse:
    invoice = find(request, pk)
    row = invoice.attachments.exclude(key="").filter(public_id=public_id).first()
    if row is None:
        raise Http404
    try:
        content = files.read(row.key)
    except FileNotFoundError as error:
        raise Http404 from error
    headers = {
        "Content-Disposition": content_disposition_header(True, row.name) or "attachment",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return HttpResponse(content, content_type=row.content_type, headers=headers)


def _page(
    request: HttpRequest, name: str, context: dict[str, Any], title: str, status: int = 200
) -> HttpResponse:
    return framed(request, f"{TEMPLATES}/{name}", context, title, status)
