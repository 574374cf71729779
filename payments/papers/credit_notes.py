"""The credit note on paper: which invoice it corrects, by how much and why."""

from django.utils import translation
from django.utils.translation import gettext as _

from core import frozen_paper
from core.dates import short_date
from core.money import format_money
from invoices.documents import BATCH, Download, safe_name
from invoices.paper import Paper, PaperLine, PaperRow, html
from invoices.pdf import letterhead
from payments.models import CreditNote
from payments.papers import frozen


def credit_note(note: CreditNote, *, retry: bool = False) -> Download:
    """The frozen PDF in the invoice's language; raises PaperError when it cannot be made at the moment."""
    return Download(f"{safe_name(note.number)}.pdf", frozen.content(note, page, retry=retry))


def freeze_pending(limit: int = BATCH) -> int:
    """What the schedule calls: make the PDFs that are still missing. Returns how many it made."""
    rows = CreditNote.objects.select_related("invoice")
    return frozen_paper.freeze_pending(rows, page, limit)


def page(note: CreditNote) -> str:
    with translation.override(note.invoice.language):
        return html(_paper(note))


def _paper(note: CreditNote) -> Paper:
    invoice = note.invoice
    number = {"number": invoice.number, "date": short_date(invoice.issue_on, invoice.language)}
    return Paper(
        language=invoice.language,
        title=_("Credit note"),
        number=note.number,
        mark="",
        status="",
        status_tone="neutral",
        payer_label=_("Credited to"),
        dates=((_("Issued"), short_date(note.on, invoice.language)), (_("Corrects"), str(invoice.number))),
        amount_label=_("Credit"),
        amount=_money(note, note.total),
        amount_note="",
        description="\n".join(
            [
                _("This note corrects invoice %(number)s of %(date)s.") % number,
                _("Reason: %(reason)s") % {"reason": note.reason},
            ]
        ),
        lines=tuple(PaperLine(line.name, total=_money(note, line.amount)) for line in note.lines.all()),
        totals=tuple(_totals(note)),
        is_test=not invoice.live_mode,
        **letterhead(invoice.issuer, invoice.payer, invoice.language),
    )


def _totals(note: CreditNote) -> list[PaperRow]:
    rows = [
        (_("Taken off what was due"), note.reduces),
        (_("Paid already, so returned"), note.gives_back),
    ]
    split = [PaperRow(label, _money(note, amount), "aside") for label, amount in rows if amount]
    return [PaperRow(_("Total credited"), _money(note, note.total), "strong"), *split]


def _money(note: CreditNote, amount: int) -> str:
    return format_money(amount, note.currency, note.invoice.language)
