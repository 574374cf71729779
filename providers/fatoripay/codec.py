"""FatoriPay's requests to our drafts and back (document 003); pure. What it answers is in `shown`."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _

from core import taxids
from core.addresses import Address
from core.money import major_units, minor_units
from core.problems import Problem
from core.taxids import TaxIdKind
from core.validators import e164
from invoices.draft import DiscountDraft, InvoiceDraft, LineDraft
from invoices.totals import LineTotals, compute
from providers.fatoripay import wire

NAME = "fatoripay"
CURRENCY, COUNTRY = "BRL", "BR"
METHODS = {"boleto": "boleto", "pix": "pix", "credit_card": "credit_card", "pixboleto": "bolepix"}
"""Their flag → our word."""
KEPT = ("notification_url", "redirect_url", "notification_enabled")
KEPT_OF_METHODS = (
    "installments_min",
    "installments_max",
    "fee_mdr_responsible",
    "fee_antecipation_responsible",
)
DAYS = (
    re.compile(r"(?P<day>\d{2})[-/](?P<month>\d{2})[-/](?P<year>\d{4})", re.ASCII),
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})", re.ASCII),
)
AMOUNT = re.compile(r"\d{1,15}([.,]\d{1,2})?", re.ASCII)
GROUPED = re.compile(r"\d{1,3}(\.\d{3})+,\d{2}", re.ASCII)

FIELDS = {
    "lines": "items",
    "unit_price": "price",
    "detail": "description",
    "external_id": "ref",
    "due_on": "due_date",
    "discount": "discount_amount",
    "document_tax": "tax_amount",
    "card_instalments": "payable_with.credit_card_installments_without_interest",
}
"""Our fields' names in refusals."""
CUSTOMER_FIELDS = {
    "tax_id": "cpfcnpj",
    "phone": "cellphone",
    "district": "neighborhood",
    "region": "state",
    "postal_code": "zipcode",
}


@dataclass(frozen=True)
class Person:
    """The customer as it comes with an invoice."""

    name: str
    email: str
    phone: str
    tax_id: str
    tax_id_kind: str
    address: Address


@dataclass(frozen=True)
class Order:
    """An invoice and for whom it is; the draft's `customer_id` is 0 until the customer is known."""

    person: Person
    draft: InvoiceDraft


def read(body: wire.CreateInvoice, today: date) -> Order:
    """Raises Problem, its field in FatoriPay's words."""
    return Order(person(body.customer), draft_of(body, today))


def draft_of(body: wire.CreateInvoice, today: date) -> InvoiceDraft:
    in_cents = all(type(item.price) is int for item in body.items)
    due_on = day(body.due_date, "due_date")
    return InvoiceDraft(
        currency=CURRENCY,
        customer_id=0,
        issue_on=min(today, due_on),  # document 003's own example is past due
        due_on=due_on,
        external_id=body.ref,
        description=body.description,
        lines=tuple(_line(item, f"items.{i}", in_cents) for i, item in enumerate(body.items)),
        discount=DiscountDraft(amount=amount(body.discount_amount, "discount_amount", in_cents)),
        document_tax=amount(body.tax_amount, "tax_amount", in_cents),
        payable_with=tuple(ours for flag, ours in METHODS.items() if getattr(body.payable_with, flag)),
        card_instalments=max(1, body.payable_with.credit_card_installments_without_interest),
        extras={NAME: _extras(body, in_cents)},
    )


def _line(item: wire.ItemIn, path: str, in_cents: bool) -> LineDraft:
    price = major_units(amount(item.price, f"{path}.price", in_cents), CURRENCY)
    return LineDraft(item.name, price, Decimal(item.quantity), detail=item.description or "")


def _extras(body: wire.CreateInvoice, in_cents: bool) -> dict[str, Any]:
    kept = {name: getattr(body, name) for name in KEPT}
    kept |= {name: getattr(body.payable_with, name) for name in KEPT_OF_METHODS}
    for name in ("notification_url", "redirect_url"):
        _check_address(kept[name], name)
    return {"cents": in_cents} | {name: value for name, value in kept.items() if value is not None}


def _check_address(url: str | None, field: str) -> None:
    if not url:
        return
    try:
        URLValidator(["http", "https"])(url)
    except ValidationError as error:
        raise Problem(" ".join(error.messages), field=field, code="url") from error


def person(body: wire.CustomerIn) -> Person:
    number = taxids.compact(body.cpfcnpj)
    kind = taxids.guess_kind(number)
    if kind == TaxIdKind.FOREIGN:
        raise Problem(_("Enter a CPF or a CNPJ."), field="customer.cpfcnpj", code="tax_id")
    return Person(
        body.name,
        body.email,
        _phone(body.cellphone),
        taxids.parse(number, kind, field="customer.cpfcnpj"),
        kind,
        _address(body.address),
    )


def _phone(text: str) -> str:
    try:
        return e164(text[:40], COUNTRY)
    except ValidationError as error:
        raise Problem(" ".join(error.messages), field="customer.cellphone", code="phone") from error


def _address(body: wire.AddressIn) -> Address:
    return Address(
        body.street or "",
        body.number or "",
        body.complement or "",
        body.neighborhood or "",
        body.city or "",
        body.state or "",
        body.zipcode or body.zip_code or "",
        COUNTRY,
    )


def day(text: str, field: str) -> date:
    """`25-07-2024`, `25/07/2024` or `2024-07-25`."""
    found = next(filter(None, (pattern.fullmatch(text.strip()) for pattern in DAYS)), None)
    try:
        return date(*(int(found[part]) for part in ("year", "month", "day")))  # type: ignore[index]
    except (TypeError, ValueError):
        raise Problem(_("Enter a date, like 31-01-2026."), field=field, code="date") from None


def amount(value: int | str | Decimal, field: str, in_cents: bool) -> int:
    """Minor units. Whole JSON numbers are cents when all prices are; text and fractions are always reais."""
    if isinstance(value, int):
        number = major_units(value, CURRENCY) if in_cents else Decimal(value)
    else:
        number = value if isinstance(value, Decimal) else _number(value.strip(), field)
    if number < 0:
        raise Problem(_("An amount cannot be negative here."), field=field, code="negative")
    return minor_units(number, CURRENCY, field=field)


def _number(text: str, field: str) -> Decimal:
    """With a point or a comma before the cents; `1.000` could be one or a thousand, so it is neither."""
    if GROUPED.fullmatch(text):
        text = text.replace(".", "")
    if not AMOUNT.fullmatch(text):
        raise Problem(_("Enter an amount, like 100.25."), field=field, code="amount")
    return Decimal(text.replace(",", "."))


def write(order: Order) -> dict[str, Any]:
    """The request that asks for this invoice, in cents unless it came in reais.

    What FatoriPay has no word for is summed up: taxes and charges in `tax_amount`, all discounts in `discount_amount`,
    a broken quantity or price in a line of one. Raises Problem for another currency than the real.
    """
    draft = order.draft
    if draft.currency != CURRENCY:
        raise Problem(_("FatoriPay takes reais only."), field="currency", code="currency")
    totals = compute(draft)
    kept = draft.extras.get(NAME, {})
    said = _cents if kept.get("cents", True) else text
    methods = {flag: ours in draft.payable_with for flag, ours in METHODS.items()}
    instalments = draft.card_instalments if draft.card_instalments > 1 else 0
    return {
        "ref": draft.external_id,
        "due_date": f"{draft.due_on:%d-%m-%Y}",
        "description": draft.description,
        "discount_amount": said(totals.discount),
        "tax_amount": said(totals.total - totals.subtotal + totals.discount),
        "customer": _write_person(order.person),
        "items": [_write_line(*pair, said) for pair in zip(draft.lines, totals.lines, strict=True)],
        "payable_with": {
            **methods,
            "credit_card_installments_without_interest": instalments,
            **{name: kept[name] for name in KEPT_OF_METHODS if name in kept},
        },
        **{name: kept[name] for name in KEPT if name in kept},
    }


def _write_line(line: LineDraft, sums: LineTotals, said: Any) -> dict[str, Any]:
    cents = line.unit_price.scaleb(2)
    is_plain = cents == cents.to_integral_value() and line.quantity == line.quantity.to_integral_value()
    quantity, price = (int(line.quantity), int(cents)) if is_plain else (1, sums.gross)
    return {"name": line.name, "description": line.detail, "quantity": quantity, "price": said(price)}


def _write_person(who: Person) -> dict[str, Any]:
    return {
        "name": who.name,
        "email": who.email,
        "cellphone": national(who.phone),
        "cpfcnpj": who.tax_id,
        "address": address(who.address.as_dict()),
    }


def _cents(minor: int) -> int:
    return minor


def text(minor: int) -> str:
    """`"5924.13"`; nothing is `"0"`."""
    return f"{major_units(minor, CURRENCY):f}" if minor else "0"


def national(phone: str) -> str:
    return phone.removeprefix("+55")


def address(frozen: dict[str, Any]) -> dict[str, str]:
    return {
        "street": frozen.get("street", ""),
        "number": frozen.get("number", ""),
        "complement": frozen.get("complement", ""),
        "neighborhood": frozen.get("district", ""),
        "city": frozen.get("city", ""),
        "state": frozen.get("region", ""),
        "zipcode": frozen.get("postal_code", ""),
    }
