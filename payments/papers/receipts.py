"""The payer's receipt: who paid whom, how much and how, and what it paid."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Sum
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core import frozen_paper, taxids
from core.addresses import Address
from core.dates import short_date
from core.money import format_money
from invoices import frozen as copies
from invoices.documents import BATCH, Download
from invoices.paper import Paper, PaperLine, PaperRow, html
from invoices.pdf import letterhead
from invoices.schedule import parts_of
from payments.models import Payment, Receipt
from payments.papers import frozen

SHARES = ("amount", "principal", "fine", "interest", "discount", "write_off")


def receipt(payment: Payment, *, retry: bool = False) -> Download:
    """The frozen PDF in the customer's language; raises PaperError when it cannot be made at the moment."""
    row, _is_new = Receipt.objects.get_or_create(payment=payment)
    return Download(f"receipt-{payment.public_id}.pdf", frozen.content(row, page, retry=retry))


def freeze_pending(limit: int = BATCH) -> int:
    """What the schedule calls: make the PDFs that are still missing. Returns how many it made."""
    rows = Receipt.objects.select_related("payment__customer", "payment__business", "payment__account")
    return frozen_paper.freeze_pending(rows, page, limit)


def page(row: Receipt) -> str:
    language = _language(row.payment)
    with translation.override(language):
        return html(_paper(row.payment, language))


def _language(payment: Payment) -> str:
    return str(payment.customer.language if payment.customer else payment.business.language)


def _paper(payment: Payment, language: str) -> Paper:
    shares = list(_shares(payment))
    payer = _payer(payment)
    return Paper(
        language=language,
        title=_("Receipt"),
        number="",
        mark="",
        status="",
        status_tone="good",
        payer_label=_("Received from"),
        dates=(
            (_("Received on"), short_date(payment.paid_on, language)),
            (_("Method"), str(payment.get_method_display())),
        ),
        amount_label=_("Amount received"),
        amount=_money(payment, payment.amount, language),
        amount_note="",
        description=_sentence(payment, payer, shares, language),
        lines=tuple(_line(payment, share, language) for share in shares),
        totals=tuple(_totals(payment, language)),
        is_test=any(not share["invoice__live_mode"] for share in shares),
        **letterhead(copies.issuer(payment.business, payment.account), payer, language),
    )


def _payer(payment: Payment) -> dict[str, Any]:
    """The customer as it is now; for money that nobody has claimed yet, what the bank said."""
    if payment.customer:
        return copies.payer(payment.customer)
    return {
        "name": payment.payer_name or _("Unknown payer"),
        "legal_name": "",
        "tax_id": payment.payer_tax_id,
        "tax_id_kind": taxids.guess_kind(payment.payer_tax_id),
        "address": Address().as_dict(),
        "emails": [],
        "phone": "",
    }


def _shares(payment: Payment) -> Iterable[dict[str, Any]]:
    """What it paid of each part of each invoice, all its rows together."""
    sums = {f"{name}_sum": Sum(name) for name in SHARES}
    facts = ("invoice__number", "invoice__schedule", "invoice__live_mode", "part")
    rows = payment.allocations.order_by("invoice", "part").values("invoice", *facts).annotate(**sums)
    return rows.filter(amount_sum__gt=0)  # type: ignore[no-any-return]


def _sentence(payment: Payment, payer: dict[str, Any], shares: list[dict[str, Any]], language: str) -> str:
    numbers = list(dict.fromkeys(share["invoice__number"] for share in shares))
    tax_id = taxids.label_tax_id(payer["tax_id"], payer["tax_id_kind"])
    words = {
        "payer": ", ".join(filter(None, [payer["legal_name"] or payer["name"], tax_id])),
        "amount": _money(payment, payment.amount, language),
        "method": payment.get_method_display(),
        "date": short_date(payment.paid_on, language),
        "invoices": ", ".join(numbers),
    }
    if not numbers:
        return _("We received %(amount)s from %(payer)s on %(date)s (%(method)s).") % words
    if len(numbers) == 1:
        return (
            _("We received %(amount)s from %(payer)s on %(date)s (%(method)s) for invoice %(invoices)s.")
            % words
        )
    return (
        _("We received %(amount)s from %(payer)s on %(date)s (%(method)s) for invoices %(invoices)s.") % words
    )


def _line(payment: Payment, share: dict[str, Any], language: str) -> PaperLine:
    parts = parts_of(share["invoice__schedule"])
    name = _("Invoice %(number)s") % {"number": share["invoice__number"]}
    if parts:
        name += " · " + _("part %(number)d of %(count)d") % {
            "number": share["part"] + 1,
            "count": len(parts),
        }
    detail = " · ".join(
        f"{label} {_money(payment, amount, language)}" for label, amount in _details(share) if amount
    )
    return PaperLine(name, detail, total=_money(payment, share["amount_sum"], language))


def _details(share: dict[str, Any]) -> list[tuple[str, int]]:
    """Nothing when all of it is principal and nothing was let go."""
    more = [
        (_("Fine"), share["fine_sum"]),
        (_("Interest"), share["interest_sum"]),
        (_("Discount granted"), share["discount_sum"]),
        (_("Difference let go"), share["write_off_sum"]),
    ]
    if not any(amount for _label, amount in more):
        return []
    return [(_("Principal"), share["principal_sum"]), *more]


def _totals(payment: Payment, language: str) -> list[PaperRow]:
    rows = [
        (_("Invoices"), payment.applied),
        (pgettext("amount", "Tip"), payment.tip),
        (_("Credit for the next invoices"), payment.unapplied),
        (_("Given back"), payment.refunded),
    ]
    told = [PaperRow(label, _money(payment, amount, language)) for label, amount in rows if amount]
    total = PaperRow(_("Total received"), _money(payment, payment.amount, language), "strong")
    return [*(told if len(told) > 1 or not payment.applied else []), total]


def _money(payment: Payment, amount: int, language: str) -> str:
    return format_money(amount, payment.currency, language)
