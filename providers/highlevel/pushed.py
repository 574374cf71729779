"""Our invoice as HighLevel is asked for it, and what it cannot take. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from businesses.terms import Terms
from core.addresses import Address
from core.money import major_units
from core.problems import Problem
from invoices.draft import ONE, DiscountDraft, InvoiceDraft, LineDraft, TaxDraft
from invoices.totals import LineTotals, compute
from providers import early, untouched
from providers.connector import Access, Bill, Job
from providers.highlevel import codec, late_fees, paying
from providers.highlevel.answering import address_out
from providers.highlevel.figures import number
from providers.highlevel.parts import NAME, Json

LEFT_AS_DRAFT = "no"
MODES = {str(ours): theirs for theirs, ours in paying.METHODS.items()}


def refuse(bill: Bill, access: Access) -> None:
    """Raises Problem for what could only be pushed wrongly."""
    taxes = [tax for line in bill.draft.lines for tax in line.taxes]
    if any(tax.withheld for tax in taxes):
        message = _("%(provider)s cannot charge less for taxes withheld at source.")
        raise Problem(message % {"provider": "HighLevel"}, field="lines", code="withheld")
    if any(tax.compound or tax.fixed for tax in taxes):
        message = _(
            "HighLevel knows taxes by percentage only, not on top of others and not as fixed amounts."
        )
        raise Problem(message, field="lines", code="tax")
    if any(len({tax.inclusive for tax in line.taxes}) > 1 for line in bill.draft.lines):
        message = _("HighLevel cannot have a tax in the price and another on top of it on one line.")
        raise Problem(message, field="lines", code="tax")
    early.check(bill, access, "HighLevel")
    untouched.check(bill, "HighLevel")
    _check_people(bill, access)


def _check_people(bill: Bill, access: Access) -> None:
    if not _email(bill.payer):
        raise Problem(_("HighLevel needs the customer’s e-mail address."), field="email", code="email")
    if not bill.payer.get("phone"):
        raise Problem(_("HighLevel needs the customer’s phone number."), field="phone", code="phone")
    if action_of(access) and not access.credentials.get("user_id"):
        message = _("HighLevel sends invoices in a user’s name: enter the user id, or leave them as drafts.")
        raise Problem(message, field="user_id", code="required")


def action_of(access: Access) -> str:
    """How an invoice is sent there; "" when it is left as a draft."""
    action = str(access.options.get("send", "send_manually"))
    return "" if action == LEFT_AS_DRAFT else action


def _email(payer: Mapping[str, Any]) -> str:
    return next(iter(payer.get("emails") or ()), "")


def contact(bill: Bill, location: str) -> Json:
    """The request that makes the customer a contact, or brings the one with that e-mail or phone up to date."""
    payer = bill.payer
    place = address_out(Address(**payer.get("address", {})))
    found = {
        "name": payer["name"],
        "email": _email(payer),
        "phone": payer.get("phone", ""),
        "companyName": payer.get("legal_name", ""),
        "address1": place.get("addressLine1", ""),
        "city": place.get("city", ""),
        "state": place.get("state", ""),
        "postalCode": place.get("postalCode", ""),
        "country": place.get("countryCode", ""),
    }
    return {"locationId": location, **{name: value for name, value in found.items() if value}}


def invoice(job: Job, contact_id: str, place: Mapping[str, str]) -> Json:
    """The request that makes the invoice. Its name ends with our own id, by which it is found again."""
    bill, draft = job.bill, job.bill.draft
    told = codec.write(_draft(bill), _contact_details(bill, contact_id), _business(bill.issuer))
    live = draft.live_mode and job.access.is_live
    return {**place, **told, "invoiceNumber": bill.number, "liveMode": live}


def _draft(bill: Bill) -> InvoiceDraft:
    """Without ids of ours that mean nothing there, and with what HighLevel has no word for turned into lines."""
    draft = bill.draft
    emails = list(draft.recipients) or list(bill.payer.get("emails") or ())
    kept: Json = {"sentTo": {"email": emails, "phoneNo": [bill.payer.get("phone", "")]}}
    fees = late_fees.write(Terms.of(draft.payment_terms), draft.currency)
    if fees:
        kept["lateFeesConfiguration"] = fees
    lines, discount = _lines(draft)
    return replace(
        draft,
        name=f"{bill.number} {bill.public_id}",
        description="\n".join(filter(None, [draft.description, early.sentence(bill)])),
        number_prefix="",
        lines=lines,
        discount=discount,
        charges=(),
        document_tax=0,
        extras={NAME: kept},
    )


def _lines(draft: InvoiceDraft) -> tuple[tuple[LineDraft, ...], DiscountDraft]:
    """Charges and a tax on the whole become lines.

    Where a discount would then mean something else, or is one of a line or of some products, it is taken off the lines.
    """
    totals = compute(draft)
    named = [(charge.name, charge.amount) for charge in draft.charges]
    if draft.document_tax:
        named.append((_("Taxes"), draft.document_tax))
    more = tuple(LineDraft(name, major_units(amount, draft.currency)) for name, amount in named)
    own = any(line.discount_percent or line.discount_amount for line in draft.lines)
    lines = draft.lines
    is_folded = bool(totals.discount and (own or more or draft.discount.product_refs))
    if is_folded:
        lines = tuple(_folded(*pair, draft.currency) for pair in zip(lines, totals.lines, strict=True))
    plain = tuple(_plain(line) for line in lines)
    return plain + more, DiscountDraft() if is_folded else draft.discount


def _folded(line: LineDraft, sums: LineTotals, currency: str) -> LineDraft:
    if not sums.discount:
        return line
    off = major_units(sums.discount, currency)
    detail = f"{line.detail}\n{line.quantity:f} × {line.unit_price:f} − {off:f}".strip()
    price = major_units(sums.gross - sums.discount, currency)
    return replace(line, unit_price=price, quantity=ONE, detail=detail)


def _plain(line: LineDraft) -> LineDraft:
    return replace(line, product_ref="", extras={}, taxes=tuple(map(_tax, line.taxes)))


def _tax(tax: TaxDraft) -> TaxDraft:
    """Each needs an id; the same tax has the same one."""
    named = hashlib.sha256(f"{tax.name} {tax.percent:f}".encode()).hexdigest()[:24]
    return replace(tax, extras={NAME: {"_id": named, "calculation": "exclusive"}})


def _contact_details(bill: Bill, contact_id: str) -> Json:
    payer = bill.payer
    found: Json = {
        "id": contact_id,
        "name": payer["name"],
        "phoneNo": payer.get("phone", ""),
        "email": _email(payer),
    }
    if payer.get("legal_name"):
        found["companyName"] = payer["legal_name"]
    place = address_out(Address(**payer.get("address", {})))
    return found | ({"address": place} if place else {})


def _business(issuer: Mapping[str, Any]) -> Json:
    found: Json = {name: issuer.get(ours, "") for name, ours in BUSINESS.items()}
    place = address_out(Address(**issuer.get("address", {})))
    return {name: value for name, value in (found | {"address": place}).items() if value}


BUSINESS = {"name": "name", "phoneNo": "phone", "website": "website"}


def sending(job: Job, place: Mapping[str, str]) -> Json:
    live = job.bill.draft.live_mode and job.access.is_live
    user = job.access.credentials.get("user_id", "")
    return {**place, "userId": user, "action": action_of(job.access), "liveMode": live}


def payment(job: Job, amount: int, place: Mapping[str, str]) -> Json:
    """What its document asks for whatever the mode is said, though empty."""
    bill = job.bill
    found: Json = {
        **place,
        "mode": MODES.get(bill.method, "other"),
        "card": {"brand": "", "last4": ""},
        "cheque": {"number": ""},
        "notes": job.key,
        "amount": number(amount, bill.draft.currency),
    }
    return found | ({"fulfilledAt": f"{bill.paid_on}T12:00:00.000Z"} if bill.paid_on else {})
