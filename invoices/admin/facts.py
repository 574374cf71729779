"""What staff typed beyond what the paper shows, as pairs for an invoice's page; what is usual is not said."""

import json
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.dates import short_time
from core.money import format_money
from core.numbers import number_text
from invoices.admin.forms import METHODS
from invoices.models import Invoice, InvoiceKind, Line
from portal.visits import Visits

Fact = tuple[str, str]


def facts(invoice: Invoice, visits: Visits, language: str) -> list[Fact]:
    """In the order in which somebody on the phone asks."""
    return [*_typed(invoice, language), *_happened(invoice, visits, language), *_metadata(invoice)]


def _typed(invoice: Invoice, language: str) -> Iterator[Fact]:
    methods = {code: str(label) for code, label in METHODS}
    if invoice.name:
        yield _("Internal name"), invoice.name
    if invoice.external_id:
        yield _("External id"), invoice.external_id
    if invoice.kind != InvoiceKind.STANDARD:
        yield _("Kind"), str(InvoiceKind(invoice.kind).label)
    yield _("Language"), invoice.get_language_display()
    if invoice.recipients:
        yield _("Further recipients"), ", ".join(invoice.recipients)
    if invoice.payable_with:
        yield _("Payable with"), ", ".join(methods.get(code, code) for code in invoice.payable_with)
    if invoice.tips_enabled:
        percents = " · ".join(f"{percent} %" for percent in invoice.tip_percents)
        yield _("Tips"), percents or _("accepted")
    if not invoice.live_mode:
        yield _("Test mode"), _("not to be paid")


def _happened(invoice: Invoice, visits: Visits, language: str) -> Iterator[Fact]:
    zone = ZoneInfo(invoice.business.time_zone)
    times: list[tuple[str, datetime | None]] = [
        (_("Page last seen"), visits.last_at),
        (_("Paid on"), invoice.paid_at),
        (_("Voided on"), invoice.voided_at),
    ]
    for label, at in times:
        if at is not None:
            yield label, short_time(at, language, zone)
    stuck = invoice.documents.filter(key="").exclude(error="").first()
    if stuck is not None:
        tried = ngettext("tried once", "tried %(count)d times", stuck.attempts) % {"count": stuck.attempts}
        yield _("PDF not made yet"), f"{tried}: {stuck.error}"


def _metadata(invoice: Invoice) -> Iterator[Fact]:
    for key, value in sorted(invoice.metadata.items()):
        yield key, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def line_notes(line: Line, currency: str, language: str) -> str:
    """What a line's own amount follows from besides quantity and price, and what marks it."""
    notes = []
    if line.is_setup_fee:
        notes.append(_("setup fee"))
    if line.kind == "recurring":
        notes.append(_("recurring"))
    if line.discount_percent:
        notes.append(_("%(percent)s%% discount") % {"percent": number_text(line.discount_percent, language)})
    if line.discount_amount:
        amount = format_money(line.discount_amount, currency, language)
        notes.append(_("%(amount)s discount") % {"amount": amount})
    return " · ".join(notes)
