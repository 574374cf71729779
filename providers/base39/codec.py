"""Base39's words to ours and back. Pure.

An item is one line: its amount the price, its discount the line's. All items' fines are one charge and all their
interest another, so that amountDue = amount - discount + fine + interest; each item's own are kept in the line's
extras.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from businesses.terms import Terms
from core.inbound_json import plain
from core.money import bounded_minor, major_units, minor_units
from core.problems import Problem
from invoices.draft import ChargeDraft, InvoiceDraft, LineDraft
from invoices.models import InvoiceKind
from invoices.totals import compute
from providers.base39 import wire
from providers.base39.standing import Standing

NAME = "base39"
"""Under which drafts, lines and charges keep what only Base39 knows."""

TYPES: dict[str, str] = {
    InvoiceKind.STANDARD: "pay_off",
    InvoiceKind.PAY_OFF: "pay_off",
    InvoiceKind.CUSTOMER_RECURRING: "customer_recurring",
    InvoiceKind.COMPANY_RECURRING: "company_recurring",
}
"""Base39 has no plain invoice; one that is paid once is nearest to its `pay_off`."""

OURS = frozenset(
    "type provider externalId url qrCode typeableLine barcode ourNumber ourNumberRaw customer events".split()
)
"""What `methodData` tells by itself."""

NAME_LENGTH = 200
INSERTED = "inserted"
"""Marks a draft whose items have the business's rules in them, so that its own rules are only what is left."""


@dataclass(frozen=True)
class Unit:
    """How amounts are written: JSON numbers in major units of the currency, or whole minor ones."""

    currency: str
    minor: bool = False

    def read(self, amount: Decimal, field: str) -> int:
        if not self.minor:
            return minor_units(amount, self.currency, field=field)
        if amount != amount.to_integral_value():
            raise Problem(_("Enter a whole number."), field=field, code="decimals")
        return bounded_minor(int(amount), field=field)

    def write(self, amount: int) -> Decimal:
        return Decimal(amount) if self.minor else major_units(amount, self.currency)


@dataclass(frozen=True)
class Item:
    """In minor units; None where the client said nothing."""

    amount: int
    discount: int | None = None
    fine: int | None = None
    interest: int | None = None
    kept: dict[str, Any] = field(default_factory=dict)


KEPT = ("installment", "description", "metadata", "purposeKey")


def read(
    body: wire.CreateInvoice | wire.UpdateInvoice,
    base: InvoiceDraft,
    unit: Unit,
    standing: Standing | None = None,
) -> InvoiceDraft:
    """`base` with what the client says; `standing` are the business's rules, when new items get them by themselves.

    What is due before it was issued was issued that day: invoices are brought over from elsewhere.
    """
    due_on = body.dueDate or base.due_on
    told = {"payer": body.payer, "beneficiary": body.beneficiary, "purpose": body.purpose}
    mine = {**base.extras.get(NAME, {}), **{name: value for name, value in told.items() if value}}
    draft = replace(
        base,
        due_on=due_on,
        issue_on=min(base.issue_on, due_on),
        kind=body.type or base.kind,
        description=base.description if body.description is None else body.description,
        metadata=base.metadata if body.metadata is None else plain(body.metadata),
        extras={**base.extras, NAME: mine},
    )
    if body.items is None:
        return draft
    items = [read_item(item, unit, f"items.{i}.") for i, item in enumerate(body.items)]
    return with_items(_emptied(draft), items, standing)


def _emptied(draft: InvoiceDraft) -> InvoiceDraft:
    """Without items; and with the business's rules again, when the items that go had them."""
    mine = own(draft.extras)
    terms = {} if mine.pop(INSERTED, False) else draft.payment_terms
    return replace(draft, lines=(), payment_terms=terms, extras={**draft.extras, NAME: mine})


def read_item(item: wire.Item, unit: Unit, path: str = "") -> Item:
    def amount(name: str) -> int | None:
        value = getattr(item, name)
        return None if value is None else unit.read(value, path + name)

    said = {name: plain(getattr(item, name)) for name in KEPT}
    return Item(
        unit.read(item.amount, f"{path}amount"),
        amount("discount"),
        amount("fine"),
        amount("interest"),
        {name: value for name, value in said.items() if value is not None},
    )


def with_items(draft: InvoiceDraft, items: Sequence[Item], standing: Standing | None = None) -> InvoiceDraft:
    """The draft with these items behind its lines."""
    if standing and items:
        items = [_with_standing(item, draft, standing) for item in items]
        extras = {**draft.extras, NAME: {**own(draft.extras), INSERTED: True}}
        draft = replace(draft, payment_terms=standing.left(draft.due_on).as_dict(), extras=extras)
    with override(draft.language):
        new = tuple(_line(item, draft.currency) for item in items)
    return with_lines(draft, draft.lines + new)


def _with_standing(item: Item, draft: InvoiceDraft, standing: Standing) -> Item:
    """Items that say a discount, fine or interest of their own, be it zero, are left as they are."""
    if (item.discount, item.fine, item.interest) != (None, None, None):
        return item
    discount, fine, interest = standing.on(item.amount, draft.currency, draft.due_on)
    return replace(item, discount=discount, fine=fine, interest=interest)


def with_lines(draft: InvoiceDraft, lines: Sequence[LineDraft]) -> InvoiceDraft:
    """The draft with these lines, and the charges that follow from their fines and interest."""
    charges = [charge for charge in draft.charges if NAME not in charge.extras]
    with override(draft.language):
        labels = {"fine": _("Fine"), "interest": _("Interest")}
    for name, label in labels.items():
        amount = sum(line.extras.get(NAME, {}).get(name, 0) for line in lines)
        if amount:
            charges.append(ChargeDraft(label, amount, {NAME: name}))
    return replace(draft, lines=tuple(lines), charges=tuple(charges))


def _line(item: Item, currency: str) -> LineDraft:
    extras = dict(item.kept)
    extras |= {name: value for name in ("fine", "interest") if (value := getattr(item, name))}
    said = item.kept.get("description", "").strip()
    first = said.partition("\n")[0].strip()[:NAME_LENGTH] or _item_name(item)
    return LineDraft(
        name=first,
        detail=said if said not in ("", first) else "",
        unit_price=major_units(item.amount, currency),
        discount_amount=item.discount or 0,
        extras={NAME: extras},
    )


def _item_name(item: Item) -> str:
    installment = item.kept.get("installment")
    return _("Instalment %(id)s") % {"id": installment} if installment else _("Item")


def write(draft: InvoiceDraft, unit: Unit, payer: str = "", beneficiary: str = "") -> dict[str, Any]:
    """The request that asks Base39 for this invoice. The two ids are Base39's; what came from there knows them."""
    mine = draft.extras.get(NAME, {})
    body = {
        "payer": payer or mine.get("payer"),
        "beneficiary": beneficiary or mine.get("beneficiary"),
        "type": TYPES[draft.kind],
        "purpose": mine.get("purpose"),
        "dueDate": draft.due_on.isoformat(),
        "description": draft.description,
        "items": [_item_out(item, unit) for item in items_of(draft)],
        "metadata": draft.metadata,
    }
    return {name: value for name, value in body.items() if value}


def items_of(draft: InvoiceDraft) -> Iterable[Item]:
    """What the lines come to, taxes and all; charges, and a tax on the whole, are items of their own."""
    for line, sums in zip(draft.lines, compute(draft).lines, strict=True):
        mine = line.extras.get(NAME)
        if mine is None:
            mine = {"description": line.name}
        kept = {name: mine[name] for name in KEPT if name in mine}
        fine, interest = mine.get("fine"), mine.get("interest")
        yield Item(sums.total + sums.discount, sums.discount, fine, interest, kept)
    for charge in draft.charges:
        if NAME not in charge.extras:
            yield Item(charge.amount, kept={"description": charge.name})
    if draft.document_tax:
        yield Item(draft.document_tax, kept={"description": _("Taxes")})


def _item_out(item: Item, unit: Unit) -> dict[str, Any]:
    amounts = {name: getattr(item, name) for name in ("discount", "fine", "interest")}
    written = {name: unit.write(value) for name, value in amounts.items() if value}
    return {**item.kept, "amount": unit.write(item.amount), **written}


def own(extras: Mapping[str, Any]) -> dict[str, Any]:
    return dict(extras.get(NAME, {}))


def paid_elsewhere(draft: InvoiceDraft, paid_on: date) -> InvoiceDraft:
    """Issued by then, and nothing more is granted or charged."""
    return replace(draft, issue_on=min(draft.issue_on, paid_on), payment_terms=Terms().as_dict())
