"""The public page of an invoice, its papers and files, and the way to the card page, for whoever has the link."""

import logging
import re
from collections.abc import Callable
from datetime import datetime

from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.gzip import gzip_page

from core import files, languages
from core.colours import DEFAULT, palette
from core.paper import PaperError
from core.problems import Conflict, Problem
from invoices import documents
from invoices.documents import Download, safe_name
from invoices.models import Invoice, RetiredLink
from invoices.status import Status
from notifications.mail import actions as mail
from payments import cards, papers
from payments.card_connections import connection_for
from payments.checkout import CheckoutError
from payments.models import Payment
from portal import dues, pages, pay, visits
from portal import mine as mine_links
from portal.answers import attachment, posted, public, wanted_language
from portal.answers import page as answer_page
from portal.guard import LOOKS, ORDERS, is_from_elsewhere, misses_too_often, too_often
from portal.notices import ELSEWHERE, GONE, MISSING, NO_CARD, NO_MAIL, NO_PDF, TOO_MANY, Refusal

log = logging.getLogger(__name__)

TOKEN = re.compile(r"[A-Za-z0-9_-]{1,30}", re.ASCII)
MESSAGE = re.compile(r"[0-9a-f]{24}")
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
        shown = pages.build(invoice, now, request.GET)
    response = answer_page(
        "portal/invoice.html", {"page": shown, "palette": shown.palette}, language=language
    )
    if visits.is_a_person(request):
        _note_mail(invoice, request.GET.get("m", ""), now)
        if not invoice.seen:  # type: ignore[attr-defined]
            visits.record(invoice, visitor, now)
    return response


def _note_mail(invoice: Invoice, public_id: str, now: datetime) -> None:
    """Which message led here, when its link says so."""
    if MESSAGE.fullmatch(public_id):
        mail.opened(invoice, public_id, now)


@public
def status(request: HttpRequest, token: str) -> JsonResponse:
    """Whether the page still says what is true: `version` is another one when it does not. Two queries."""
    invoice = _invoice(request, token)
    if too_often(request, f"status {invoice.pk}", LOOKS):
        return JsonResponse({}, status=TOO_MANY, headers={"Retry-After": "60"})
    today = pages.today_of(invoice, timezone.now())
    version = pages.version(invoice, today, invoice.waivers.count())
    return JsonResponse({"version": version, "paid": invoice.status == Status.PAID})


@posted
def card(request: HttpRequest, token: str) -> HttpResponse:
    """Opens the hosted page on which a card pays what is due today, and leads there.

    Pressing again leads to the same page: `cards.start` gives the one that waits. A page of ours leads on, since
    browsers stop a form whose answer redirects to another site (Content-Security-Policy, form-action).
    """
    if is_from_elsewhere(request):
        raise Refusal(ELSEWHERE)
    invoice = _invoice(request, token)
    if too_often(request, "card", ORDERS):
        raise Refusal(TOO_MANY, language=invoice.language)
    language = wanted_language(request, invoice.language)
    with translation.override(language):
        due = dues.of(invoice, request.POST, pages.today_of(invoice, timezone.now()))
        if not pay.can_pay(invoice, invoice.situation(due.day.today)):
            return HttpResponseRedirect(due.address(invoice))
        if connection_for(invoice) is None:
            raise Refusal(MISSING, language=language)
        url = _card_page(request, invoice, due, language)
    colours = palette(invoice.issuer.get("accent", ""))
    context: dict[str, object] = {"url": url, "palette": colours, "back": due.address(invoice)}
    return answer_page("portal/onward.html", context, language=language)


def _card_page(request: HttpRequest, invoice: Invoice, due: dues.Due, language: str) -> str:
    back = due.address(invoice)
    tip = pay.tip_of(invoice, due).amount
    try:
        return cards.start(
            invoice,
            amount=due.amount_now + tip,
            tip=tip,
            part=due.chosen.part,
            success_url=request.build_absolute_uri(due.address(invoice, thanks="1", tip="")),
            cancel_url=request.build_absolute_uri(back),
            language=language,
        )
    except (Problem, Conflict, CheckoutError) as error:
        log.warning("No card page for invoice %s: %s", invoice.number, error)
        raise Refusal(NO_CARD, language=language, back=back) from error


@public
def pdf(request: HttpRequest, token: str) -> HttpResponse:
    invoice = _invoice(request, token)
    return _paper(invoice, lambda: documents.download(invoice))


@public
def receipt(request: HttpRequest, token: str, public_id: str) -> HttpResponse:
    """The receipt of a payment of which something went to this invoice."""
    invoice = _invoice(request, token)
    payment = Payment.objects.filter(allocations__invoice=invoice, public_id=public_id).first()
    if payment is None:
        raise Refusal(MISSING, language=invoice.language)
    return _paper(invoice, lambda: papers.receipt(payment))


@public
def credit_note(request: HttpRequest, token: str, public_id: str) -> HttpResponse:
    invoice = _invoice(request, token)
    note = invoice.credit_notes.filter(public_id=public_id).first()
    if note is None:
        raise Refusal(MISSING, language=invoice.language)
    return _paper(invoice, lambda: papers.credit_note(note))


@public
def carne(request: HttpRequest, token: str) -> HttpResponse:
    """A slip for each part of the schedule. It is drawn anew each time, so one place may not order many."""
    invoice = _invoice(request, token)
    if too_often(request, "carne", ORDERS):
        raise Refusal(TOO_MANY, language=invoice.language)
    name = f"carnê-{safe_name(str(invoice))}.pdf"
    try:
        return _paper(invoice, lambda: Download(name, papers.carne(invoice)))
    except Conflict as conflict:
        raise Refusal(MISSING, language=invoice.language) from conflict


def _paper(invoice: Invoice, make: Callable[[], Download]) -> HttpResponse:
    try:
        download = make()
    except (PaperError, FileNotFoundError) as error:
        log.error("No PDF for invoice %s: %s", invoice.number, error)
        back = reverse("portal:page", args=[invoice.token])
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


@posted
def ask_mine(request: HttpRequest, token: str) -> HttpResponse:
    """Sends the payer a link to all that is open; the answer does not tell whether we know an address."""
    if is_from_elsewhere(request):
        raise Refusal(ELSEWHERE)
    invoice = _invoice(request, token)
    if too_often(request, "mine", ORDERS):
        raise Refusal(TOO_MANY, language=invoice.language)
    language = wanted_language(request, invoice.language)
    back = reverse("portal:page", args=[token])
    try:
        mine_links.send(invoice, language, timezone.now())
    except OSError as error:  # as smtplib's own errors are
        log.error("No message to the payer of invoice %s: %s", invoice.number, error)
        raise Refusal(NO_MAIL, language=language, back=back) from error
    context: dict[str, object] = {"palette": palette(invoice.issuer.get("accent", "")), "back": back}
    return answer_page("portal/mine_sent.html", context, language=language)


@public
def mine(request: HttpRequest, key: str) -> HttpResponse:
    """Only a button: scanners of mail open links too, and this one may be used once."""
    language = wanted_language(request, languages.language())
    if not mine_links.is_valid(key, timezone.now()):
        raise Refusal(TOO_MANY if misses_too_often(request) else GONE, language=language)
    context: dict[str, object] = {"key": key, "palette": palette(DEFAULT)}
    return answer_page("portal/mine_ask.html", context, language=language)


@posted
def open_mine(request: HttpRequest, key: str) -> HttpResponse:
    if is_from_elsewhere(request):
        raise Refusal(ELSEWHERE)
    now = timezone.now()
    language = wanted_language(request, languages.language())
    customer = mine_links.use(key, now)
    if customer is None:
        raise Refusal(GONE, language=language)
    with translation.override(language):
        shown = mine_links.build(customer, now)
    return answer_page("portal/mine.html", {"page": shown, "palette": shown.palette}, language=language)


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
