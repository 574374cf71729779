"""HighLevel's invoices in our words and back. Pure: rows are looked up before and written after.

An answer is the request that would make the invoice (`write`) with what only the server knows. What the core has no
place for is kept in `extras["highlevel"]` and comes back as it came: of the invoice, of a line, of a tax.

The number of a draft is the one that was asked for, or "" until the invoice is sent: numbers have no gaps, so none is
promised before. A prefix is told apart from the number, as it is written.

What the client says of totals, status and money collected is ignored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from businesses.terms import Terms
from core import inbound_json
from core.problems import Problem
from invoices.draft import AttachmentDraft, DiscountDraft, InvoiceDraft, LineDraft, TaxDraft
from providers.highlevel import late_fees, parts, wire
from providers.highlevel.figures import short
from providers.highlevel.parts import NAME, Json

PLAIN = ("contactId", "xeroDetails", "paymentMethods", "lateFeesConfiguration")
ECHOED = ("businessDetails", "contactDetails", "sentTo", *PLAIN)
NOT_IN_UPDATES = ("sentTo", "lateFeesConfiguration", "send")
OF_LINE = {
    "name", "currency", "amount", "qty", "description", "productId", "taxes", "type", "isSetupFeeItem", "_id",
}  # fmt: skip


@dataclass(frozen=True)
class Known:
    """Rows of the business by the ids that a request may say: keys of products and prices, and its taxes; and the terms
    of payment that it has anyway.
    """

    products: Mapping[str, int] = field(default_factory=dict)
    prices: Mapping[str, int] = field(default_factory=dict)
    taxes: Mapping[str, TaxDraft] = field(default_factory=dict)
    terms: Mapping[str, Any] = field(default_factory=dict)


def blank(draft: InvoiceDraft) -> InvoiceDraft:
    """What an update starts from: its document replaces the rest, but cannot say everything."""
    kept = {name: value for name, value in draft.extras.get(NAME, {}).items() if name in NOT_IN_UPDATES}
    return replace(
        draft,
        title="",
        description="",
        terms="",
        discount=DiscountDraft(),
        charges=(),
        attachments=(),
        schedule={},
        automatic_taxes=False,
        tips_enabled=False,
        tip_percents=(),
        extras={**draft.extras, NAME: kept},
    )


def read(body: wire.InvoiceIn, base: InvoiceDraft, known: Known) -> InvoiceDraft:
    """`base` with what the request says. Raises Problem, its field in HighLevel's words."""
    currency = body.currency.upper()
    kept = {**base.extras.get(NAME, {}), **_echoed(body)}
    draft = replace(
        base,
        currency=currency,
        name=body.name,
        title=base.title if body.title is None else body.title,
        description=base.description if body.description is None else body.description,
        terms=base.terms if body.termsNotes is None else body.termsNotes,
        issue_on=body.issueDate,
        due_on=body.dueDate or body.issueDate + (base.due_on - base.issue_on),
        wanted_number=base.wanted_number if body.invoiceNumber is None else body.invoiceNumber,
        number_prefix=base.number_prefix if body.invoiceNumberPrefix is None else body.invoiceNumberPrefix,
        live_mode=base.live_mode if body.liveMode is None else body.liveMode,
        automatic_taxes=bool(body.automaticTaxesEnabled),
        lines=tuple(_line(item, currency, known, i) for i, item in enumerate(body.lines)),
        attachments=tuple(map(_attachment, body.attachments or ())),
    )
    if body.sentTo:
        draft = replace(draft, recipients=_recipients(body.sentTo))
    if body.tipsConfiguration:
        config = body.tipsConfiguration
        draft = replace(draft, tips_enabled=config.tipsEnabled, tip_percents=parts.tips(config))
    return _with_parts(draft, body, known, kept)


def _with_parts(draft: InvoiceDraft, body: wire.InvoiceIn, known: Known, kept: Json) -> InvoiceDraft:
    """Those that may be ours or else are only kept."""
    currency = draft.currency
    found: Json = {}
    if body.discount:
        found["discount"] = parts.discount(body.discount, currency)
        if body.discount.type == "fixed" and not body.discount.value:
            kept["discountType"] = "fixed"
    if body.lateFeesConfiguration:
        found["payment_terms"] = _terms(body.lateFeesConfiguration, draft, known.terms)
    if body.paymentSchedule:
        schedule = parts.schedule(body.paymentSchedule, currency)
        found["schedule"] = schedule or {}
        if schedule is None:
            kept["paymentSchedule"] = _plain(body.paymentSchedule)
    if body.miscellaneousCharges:
        charges = parts.charges(body.miscellaneousCharges, currency)
        found["charges"] = charges or ()
        if charges is None:
            kept["miscellaneousCharges"] = _plain(body.miscellaneousCharges)
        elif off := parts.charges_off(body.miscellaneousCharges):
            kept["chargesOff"] = off
    return replace(draft, **found, extras={**draft.extras, NAME: kept})


def with_late_fees(draft: InvoiceDraft, config: wire.LateFees, usual: Mapping[str, Any]) -> InvoiceDraft:
    """`usual` are the terms of the business, which stand until an invoice has its own."""
    kept = {**draft.extras.get(NAME, {}), "lateFeesConfiguration": _plain(config)}
    terms = _terms(config, draft, usual)
    return replace(draft, payment_terms=terms, extras={**draft.extras, NAME: kept})


def _terms(config: wire.LateFees, draft: InvoiceDraft, usual: Mapping[str, Any]) -> Json:
    terms = late_fees.read(config, Terms.of(draft.payment_terms or usual), draft.currency)
    return draft.payment_terms if terms is None else terms.as_dict()


def _plain(body: wire.Kept) -> Json:
    return dict(inbound_json.plain(body.raw()))


def _echoed(body: wire.InvoiceIn) -> Json:
    said = {name: getattr(body, name) for name in ECHOED}
    return {
        name: _plain(value) if isinstance(value, wire.Kept) else inbound_json.plain(value)
        for name, value in said.items()
        if value is not None and not _is_sent_to_nobody(value)
    }


def _is_sent_to_nobody(value: object) -> bool:
    """How an invoice is written that was never told whom to go to."""
    return isinstance(value, wire.SentTo) and not any(value.raw().values())


def _recipients(sent: wire.SentTo) -> tuple[str, ...]:
    """Without blind copies: those are nobody else's business."""
    said = [email.strip() for email in [*sent.email, *(sent.emailCc or ())]]
    return tuple(dict.fromkeys(filter(None, said)))


def _line(item: wire.Item, currency: str, known: Known, place: int) -> LineDraft:
    if item.currency.upper() != currency:
        raise Problem(
            _("All lines are in the invoice’s currency."), field=f"items.{place}.currency", code="currency"
        )
    taxes = item.taxes or []
    dropped = OF_LINE | ({"taxInclusive"} if taxes else set())
    kept = {name: value for name, value in _plain(item).items() if name not in dropped}
    return LineDraft(
        name=item.name,
        unit_price=item.amount,
        quantity=item.qty,
        detail=item.description or "",
        kind=item.type or "one_time",
        is_setup_fee=bool(item.isSetupFeeItem),
        product_id=known.products.get(item.productId or ""),
        product_ref=item.productId or "",
        price_id=known.prices.get(item.priceId or ""),
        taxes=tuple(_tax(tax, known, is_inclusive=bool(item.taxInclusive)) for tax in taxes),
        extras={NAME: kept} if kept else {},
    )


def _tax(tax: wire.ItemTax, known: Known, *, is_inclusive: bool) -> TaxDraft:
    """One of the business's own taxes brings what HighLevel cannot say: whether it is withheld or compound."""
    own = known.taxes.get(tax.id) or known.taxes.get(tax.taxId or "") or TaxDraft(tax.name)
    kept = {name: value for name, value in _plain(tax).items() if name not in ("name", "rate")}
    return replace(own, name=tax.name, percent=tax.rate, inclusive=is_inclusive, extras={NAME: kept})


def _attachment(link: wire.Attachment) -> AttachmentDraft:
    return AttachmentDraft(link.name, link.url, link.type, int(link.size), link.id)


def read_simple(body: wire.SimpleInvoice, base: InvoiceDraft) -> InvoiceDraft:
    """Document 000's form; amounts are major units of the business's currency."""
    lines = tuple(LineDraft(item.description, item.unitAmount, item.quantity) for item in body.invoiceItems)
    return replace(base, lines=lines, extras={**base.extras, NAME: {"contactId": body.contactId}})


def write(draft: InvoiceDraft, contact: Json, business: Json) -> Json:
    """The request that makes this invoice for that contact of that business, without altId."""
    kept, currency = draft.extras.get(NAME, {}), draft.currency
    found: Json = {
        "name": draft.name,
        "title": draft.title,
        "currency": currency,
        "businessDetails": business,
        "contactDetails": contact,
        "issueDate": draft.issue_on.isoformat(),
        "dueDate": draft.due_on.isoformat(),
        "invoiceNumber": draft.wanted_number,
        "items": [_item(line, currency) for line in draft.lines],
        "discount": parts.discount_out(draft.discount, currency, kept.get("discountType", "")),
        "liveMode": draft.live_mode,
        "automaticTaxesEnabled": draft.automatic_taxes,
        "sentTo": kept.get("sentTo") or {"email": list(draft.recipients)},
    }
    optional: Json = {
        "description": draft.description,
        "termsNotes": draft.terms,
        "invoiceNumberPrefix": draft.number_prefix,
        "paymentSchedule": parts.schedule_out(draft.schedule, currency) or kept.get("paymentSchedule"),
        "tipsConfiguration": parts.tips_out(draft.tip_percents, is_enabled=draft.tips_enabled),
        "attachments": [_link(link) for link in draft.attachments],
        "miscellaneousCharges": _charges(draft, kept),
    }
    found |= {name: value for name, value in optional.items() if value}
    return found | {name: kept[name] for name in PLAIN if name in kept}


def _item(line: LineDraft, currency: str) -> Json:
    found: Json = {
        "name": line.name,
        "currency": currency,
        "amount": short(line.unit_price),
        "qty": short(line.quantity),
        "taxes": [_tax_out(tax) for tax in line.taxes],
        "type": line.kind,
        "isSetupFeeItem": line.is_setup_fee,
    }
    if line.taxes:
        found["taxInclusive"] = all(tax.inclusive for tax in line.taxes)
    if line.detail:
        found["description"] = line.detail
    if line.product_ref:
        found["productId"] = line.product_ref
    kept: Json = line.extras.get(NAME, {})
    return found | kept


def _tax_out(tax: TaxDraft) -> Json:
    return {**tax.extras.get(NAME, {}), "name": tax.name, "rate": short(tax.percent)}


def _link(link: AttachmentDraft) -> Json:
    about = {"id": link.external_id, "type": link.content_type, "size": link.size}
    return {"name": link.name, "url": link.url, **about}


def _charges(draft: InvoiceDraft, kept: Json) -> Json | None:
    if "miscellaneousCharges" in kept:
        return dict(kept["miscellaneousCharges"])
    off = kept.get("chargesOff", [])
    rows = [parts.charge_out(charge, draft.currency) for charge in draft.charges]
    return {"charges": rows + off} if rows or off else None
