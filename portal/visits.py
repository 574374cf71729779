"""The view log: who counts as a visitor, how visits are kept, and how many an invoice has had."""

import logging
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.db.models import Count, Exists, Max, OuterRef
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from invoices.models import Invoice
from portal.models import InvoiceView

log = logging.getLogger(__name__)

WINDOW = timedelta(minutes=30)
MACHINES = re.compile(
    # Search engines and link previews; CUBOT is a make of phone.
    r"(?<!cu)bot\b|(?<!cu)bot[/_;-]|crawl|spider|slurp|preview|facebookexternalhit|facebookcatalog|whatsapp/"
    r"|embedly|iframely|vkshare|snapchat|mastodon|archive|validator|lighthouse"
    # Scanners of mail and links, and the proxies of mailboxes.
    r"|imageproxy|mailproxy|ms-office|microsoft office|microsoft outlook|safelinks|barracuda|proofpoint"
    r"|mimecast|symantec|trend ?micro|fortinet|sophos|checkpoint|zscaler|forcepoint"
    r"|virustotal|urlscan|scan(ner|ning)"
    # Programs and monitors.
    r"|headless|phantomjs|selenium|curl/|wget/|python|go-http|java/|okhttp|axios|node|undici|libwww|lwp|ruby"
    r"|perl|php/|guzzle|postman|insomnia|httpclient|http_client|winhttp|apache-|monitor|uptime|pingdom|statuscake",
    re.IGNORECASE,
)
AHEAD_OF_TIME = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")


@dataclass(frozen=True)
class Visits:
    count: int
    last_at: datetime | None


def of(invoice: Invoice) -> Visits:
    """How often the public page was looked at, and when last; one query."""
    row = InvoiceView.objects.filter(invoice=invoice).aggregate(count=Count("pk"), last_at=Max("at"))
    return Visits(**row)


def visitor(request: HttpRequest, token: str) -> str:
    """Address and browser as a keyed hash; keyed by the link too, so nobody is followed across invoices."""
    parts = [token, request.META.get("REMOTE_ADDR", ""), request.headers.get("User-Agent", "")]
    return salted_hmac("portal.visits", "\n".join(parts), algorithm="sha256").hexdigest()


def recent(by: str, now: datetime) -> Exists:
    """For an invoice query: whether this visitor has been there within the window."""
    return Exists(InvoiceView.objects.filter(invoice=OuterRef("pk"), visitor=by, at__gt=now - WINDOW))


def is_a_person(request: HttpRequest) -> bool:
    """A reader, as opposed to staff, a HEAD request, a prefetch, a mail scanner or a link preview."""
    browser = request.headers.get("User-Agent", "")
    if request.method != "GET" or not browser or MACHINES.search(browser):
        return False
    if any("prefetch" in request.headers.get(name, "") for name in AHEAD_OF_TIME):
        return False
    return not request.user.is_authenticated


def record(invoice: Invoice, by: str, now: datetime) -> None:
    """Keep a visit. The page is worth more than its log: a row that cannot be written does not stop it."""
    slot = int(now.timestamp() // WINDOW.total_seconds())
    row = InvoiceView(invoice=invoice, at=now, visitor=by, slot=slot)
    try:
        InvoiceView.objects.bulk_create([row], ignore_conflicts=True)
    except DatabaseError:
        log.exception("A visit could not be recorded.")
