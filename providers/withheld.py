"""What the payer keeps back for the taxman (IRRF, ISS, PCC), for providers without a word for it: they are asked for
what is to be paid, and told in words what was withheld.
"""

from django.utils.translation import gettext as _
from django.utils.translation import override

from core.money import format_money, share_out
from invoices.draft import InvoiceDraft, LineDraft
from invoices.summary import tax_label
from invoices.totals import Totals, compute


def fits(draft: InvoiceDraft) -> bool:
    """Whether lines can be lowered by it: charges, and a tax on the whole, are no lines."""
    totals = compute(draft)
    return totals.withheld <= sum(line.total for line in totals.lines)


def shares(draft: InvoiceDraft) -> list[int]:
    """By how much each line is lowered; their sum is exact. Its own taxes, or where a line has less than those, its
    part of all of them.
    """
    totals = compute(draft)
    own = _own(draft, totals)
    if all(share <= line.total for share, line in zip(own, totals.lines, strict=True)):
        return own
    return share_out(totals.withheld, [line.total for line in totals.lines])


def _own(draft: InvoiceDraft, totals: Totals) -> list[int]:
    return [
        sum(amount for tax, amount in zip(line.taxes, sums.taxes, strict=True) if tax.withheld)
        for line, sums in zip(draft.lines, totals.lines, strict=True)
    ]


def told_of_line(draft: InvoiceDraft, line: LineDraft, share: int) -> str:
    """In the invoice's language."""
    taxes = [tax_label(tax, draft.language) for tax in line.taxes if tax.withheld]
    with override(draft.language):
        label = _("withheld at source")
    amount = format_money(share, draft.currency, draft.language)
    return f"{label}: {', '.join([*taxes, amount])}"


def told(draft: InvoiceDraft) -> str:
    """Every tax with its amount, in the invoice's language; "" when nothing is withheld."""
    rows = [row for row in compute(draft).taxes if row.tax.withheld and row.amount]
    if not rows:
        return ""
    with override(draft.language):
        label = _("Withheld at source")
    amounts = (
        f"{tax_label(row.tax, draft.language)}: {format_money(row.amount, draft.currency, draft.language)}"
        for row in rows
    )
    return f"{label}: {', '.join(amounts)}"
