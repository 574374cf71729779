"""The public page of an invoice, its PDF and its files, for whoever has the link."""

import logging
import re

from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.gzip import gzip_page

from core import files
from core.paper import PaperError
from invoices import documents
from invoices.models import Invoice, RetiredLink
from invoices.status import Status
from portal import pages, visits
from portal.answers import attachment, public, wanted_language
from portal.answers import page as answer_page
from portal.guard import misses_too_often
from portal.notices import GONE, MISSING, NO_PDF, TOO_MANY, Refusal

log = logging.getLogger(__name__)

TOKEN = re.compile(r"[A-Za-z0-9_-]{1,30}", re.ASCII)
LOGO_BOX = (448, 88)  # pixels: twice its size on the page
FOREVER = "private, max-age=31536000, immutable"  # an issued invoice keeps its logo


@public
@gzip_page
def page(request: HttpRequest, token: str) -> HttpResponse:
    """The invoice itself. Its only write is the view log's row, for readers who are people."""
    now = timezone.now()
    visitor = visits.visitor(request, token)
    invoice = _invoice(request, token, seen=visits.recent(visitor, now))
    language = wanted_language(request, invoice.language)
    with translation.override(language):
        shown = pages.build(invoice, now)
    response = answer_page(
        "portal/invoice.html", {"page": shown, "palette": shown.palette}, language=language
    )
    if not invoice.seen and visits.is_a_person(request):  # type: ignore[attr-defined]
        visits.record(invoice, visitor, now)
    return response


@public
def pdf(request: HttpRequest, token: str) -> HttpResponse:
    invoice = _invoice(request, token)
    try:
        download = documents.download(invoice)
    except (PaperError, FileNotFoundError) as error:
        log.error("No PDF for invoice %s: %s", invoice.number, error)
        back = reverse("portal:page", args=[token])
        raise Refusal(NO_PDF, language=invoice.language, back=back) from error
    headers = {"Content-Disposition": attachment(download.filename), "Cache-Control": "private, no-cache"}
    return HttpResponse(download.content, content_type="application/pdf", headers=headers)


@public
def file(request: HttpRequest, token: str, public_id: str) -> FileResponse:
    """A file that was uploaded to the invoice; never shown in the browser, only downloaded."""
    invoice = _invoice(request, token)
    row = invoice.attachments.filter(public_id=public_id).exclude(key="").first()
    if row is None:
        raise Refusal(MISSING, language=invoice.language)
    if not default_storage.exists(row.key):
        log.error("The file of attachment %s is gone.", row.public_id)
        raise Refusal(MISSING, language=invoice.language)
    response = FileResponse(
        default_storage.open(row.key), content_type=row.content_type or "application/octet-stream"
    )
    response.headers["Content-Disposition"] = attachment(row.name)
    return response


@public
def logo(request: HttpRequest, token: str) -> HttpResponse:
    """The issuer's logo, no larger than the page shows it."""
    invoice = _invoice(request, token)
    key = invoice.issuer.get("logo", "")
    if not key or not default_storage.exists(key):
        raise Refusal(MISSING, language=invoice.language)
    picture = files.repainted_png(files.read(key), box=LOGO_BOX)
    return HttpResponse(picture, content_type="image/png", headers={"Cache-Control": FOREVER})


@public
def missing(request: HttpRequest) -> HttpResponse:
    """Any other address under ours."""
    raise _miss(request)


def _invoice(request: HttpRequest, token: str, **annotations: object) -> Invoice:
    """The issued invoice behind a link. A draft, deleted or not, is as if it did not exist."""
    issued = Invoice.objects.current().exclude(status=Status.DRAFT).annotate(**annotations)
    invoice = issued.filter(token=token).first() if TOKEN.fullmatch(token) else None
    if invoice is None:
        retired = RetiredLink.objects.filter(token=token[:30]).select_related("invoice").first()
        raise Refusal(GONE, language=retired.invoice.language) if retired else _miss(request)
    if invoice.token_revoked_at:
        raise Refusal(GONE, language=invoice.language)
    return invoice  # type: ignore[no-any-return]


def _miss(request: HttpRequest) -> Refusal:
    return Refusal(TOO_MANY if misses_too_often(request) else MISSING)
