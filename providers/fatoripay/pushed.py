"""Our invoice as FatoriPay is asked for it, and what it cannot take. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from core.addresses import Address
from core.problems import Problem
from core.taxids import TaxIdKind
from invoices.draft import InvoiceDraft
from invoices.totals import compute
from providers import early, unpushable, untouched, withheld
from providers.connector import Access, Bill
from providers.fatoripay import codec
from providers.fatoripay.codec import METHODS, NAME, Order, Person

TAXES = "Impostos e acréscimos"
"""Today's API has no `tax_amount` any more: what it held becomes a line."""
BOTH = {"bolepix": ("boleto", "pix")}
BRAZIL = "+55"


def refuse(bill: Bill, access: Access) -> None:
    """Raises Problem for what could only be pushed wrongly."""
    unpushable.check(bill, "FatoriPay", lowers_lines=True)
    early.check(bill, access, "FatoriPay")
    untouched.check(bill, "FatoriPay")
    _check_payer(bill.payer)


def _check_payer(payer: Mapping[str, Any]) -> None:
    if not payer.get("tax_id") or payer.get("tax_id_kind") == TaxIdKind.FOREIGN:
        raise Problem(_("FatoriPay needs the customer’s CPF or CNPJ."), field="tax_id", code="tax_id")
    if not _email(payer):
        raise Problem(_("FatoriPay needs the customer’s e-mail address."), field="email", code="email")
    if not payer.get("phone", "").startswith(BRAZIL):
        raise Problem(
            _("FatoriPay needs a Brazilian phone number of the customer."), field="phone", code="phone"
        )


def _email(payer: Mapping[str, Any]) -> str:
    return next(iter(payer.get("emails") or ()), "")


def write(bill: Bill, access: Access) -> dict[str, Any]:
    """The request; `ref` is our own id, by which an invoice is found again when an answer is lost."""
    options = access.options
    told = codec.write(Order(_person(bill.payer), _draft(bill, options)))
    told["discount_amount"] = _off(bill, options)
    if options.get("path") == "createRequest":
        return {**told, "notification_url": ""}
    told["payable_with"].pop("pixboleto")
    if told["tax_amount"] not in (0, "0"):
        told["items"].append({"name": TAXES, "description": "", "quantity": 1, "price": told["tax_amount"]})
        told["tax_amount"] = 0
    return _with_commas(told) if options.get("money") == "comma" else told


def _draft(bill: Bill, options: Mapping[str, Any]) -> InvoiceDraft:
    draft = bill.draft
    is_cents = options.get("money", "cents") == "cents"
    ways = [way for wanted in draft.payable_with for way in BOTH.get(wanted, (wanted,))]
    if options.get("path") == "createRequest":
        ways = list(draft.payable_with)
    usable = tuple(way for way in ways if way in METHODS.values()) or ("boleto", "pix", "credit_card")
    return replace(
        draft,
        external_id=bill.public_id,
        description=_description(bill),
        payable_with=usable,
        extras={NAME: {"cents": is_cents}},
    )


def _off(bill: Bill, options: Mapping[str, Any]) -> int | str:
    """Discounts, and what the payer keeps back for taxes: nobody is asked for that."""
    off = compute(bill.draft).discount + bill.withheld
    return off if options.get("money", "cents") == "cents" else codec.text(off)


def _description(bill: Bill) -> str:
    """With what FatoriPay has no place for, in the invoice's language."""
    draft = bill.draft
    parts = [draft.description or draft.title or bill.number, withheld.told(draft), early.sentence(bill)]
    return "\n".join(filter(None, parts))


def _person(payer: Mapping[str, Any]) -> Person:
    return Person(
        payer["name"],
        _email(payer),
        payer.get("phone", ""),
        payer["tax_id"],
        payer["tax_id_kind"],
        Address(**payer.get("address", {})),
    )


def _with_commas(told: dict[str, Any]) -> dict[str, Any]:
    """As the vendor's plugin writes: prices `"100,25"`, the discount a JSON number of reais."""
    items = [{**item, "price": item["price"].replace(".", ",")} for item in told["items"]]
    return {**told, "items": items, "discount_amount": float(told["discount_amount"])}
