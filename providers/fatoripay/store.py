"""What FatoriPay's requests do to our rows: invoices with their customer and products, charges, refunds."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from businesses.models import Account
from businesses.roles import Can
from core.ids import from_uuid
from core.problems import Conflict, Problem
from core.taxids import TaxIdKind
from customers import actions as customers
from customers.models import AddressKind, Customer, CustomerAddress, CustomerKind
from gateway.callers import Caller
from gateway.refusals import not_found
from invoices import actions as invoices
from invoices import revisions, rows, ways
from invoices.draft import InvoiceDraft, LineDraft, cleaned
from invoices.models import Invoice
from invoices.status import Status
from payments import actions as payments
from payments import intents, ledger, refunds
from payments.models import CardProvider, IntentStatus, Payment
from payments.refunds import GivenBack
from products import actions as products
from products.models import PriceKind, Product
from providers import loading
from providers.fatoripay import codec, shown, wire
from providers.fatoripay.codec import (
    CURRENCY,
    CUSTOMER_FIELDS,
    FIELDS,
    METHODS,
    NAME,
    Order,
    Person,
)
from providers.wording import spoken

KINDS = {TaxIdKind.CPF: CustomerKind.PERSON, TaxIdKind.CNPJ: CustomerKind.COMPANY}


def of_caller(caller: Caller) -> Any:
    """Issued invoices in reais: the API has no word for a draft, nor for another currency."""
    issued = loading.of_caller(caller).filter(currency=CURRENCY).exclude(status=Status.DRAFT)
    return issued.prefetch_related(None).prefetch_related(*shown.PARTS)


def one(caller: Caller, uuid: str) -> Invoice:
    public_id = from_uuid(uuid)
    found: Invoice | None = of_caller(caller).filter(public_id=public_id).first() if public_id else None
    if found is None:
        raise not_found()
    found.business = caller.business
    return found


def again(caller: Caller, invoice: Invoice) -> Invoice:
    """The same as its rows stand now."""
    return of_caller(caller).get(pk=invoice.pk)  # type: ignore[no-any-return]


def create(caller: Caller, order: Order) -> Invoice:
    """Issued at once, as FatoriPay does."""
    caller.require(Can.ISSUE)
    business = caller.business
    with spoken(FIELDS):
        draft = cleaned(order.draft)
    draft = replace(
        draft,
        customer_id=customer(caller, order.person).pk,
        account_id=_default_account(caller),
        lines=_with_products(caller, draft.lines),
        language=business.language,
        terms=business.terms,
    )
    with spoken(FIELDS):
        invoice = invoices.create(business, draft, by=caller.actor)
        return payments.issue(invoice, by=caller.actor)


def _default_account(caller: Caller) -> int | None:
    accounts = Account.objects.for_business(caller.business).filter(is_default=True)
    return accounts.values_list("pk", flat=True).first()


def customer(caller: Caller, person: Person) -> Customer:
    """Found by tax id and brought up to date with what is given, or new."""
    given = {"name": person.name, "email": person.email, "phone": person.phone}
    fields: dict[str, Any] = {name: value for name, value in given.items() if value}
    fields |= {"tax_id": person.tax_id, "tax_id_kind": person.tax_id_kind}
    fields |= {"kind": KINDS[TaxIdKind(person.tax_id_kind)]}
    with spoken(CUSTOMER_FIELDS, "customer"):
        row = customers.upsert(caller.business, by=caller.actor, **fields)
    with spoken(CUSTOMER_FIELDS, "customer.address"):
        _keep_address(caller, row, person)
    return row


def _keep_address(caller: Caller, owner: Customer, person: Person) -> None:
    given = person.address.as_dict()
    if not any(value for name, value in given.items() if name != "country"):
        return
    known = CustomerAddress.objects.filter(customer=owner, kind=AddressKind.BILLING)
    row = known.first() or CustomerAddress(customer=owner)
    if row.pk is None or row.address() != person.address:
        for name, value in given.items():
            setattr(row, name, value)
        customers.save_address(row, by=caller.actor)


def _with_products(caller: Caller, lines: Iterable[LineDraft]) -> tuple[LineDraft, ...]:
    """Each line with the product of its name and price; those that there are not yet, are made."""
    lines = tuple(lines)
    named = Product.objects.for_business(caller.business).active()
    named = named.filter(name__in={line.name for line in lines})
    known = {
        (row.name, price.unit_price): row.pk
        for row in named.prefetch_related("prices").order_by("-pk")
        for price in row.prices.all()
        if price.currency == CURRENCY and price.kind == PriceKind.ONE_TIME
    }
    for line in lines:
        if (line.name, line.unit_price) not in known:
            known[line.name, line.unit_price] = _new_product(caller, line).pk
    return tuple(replace(line, product_id=known[line.name, line.unit_price]) for line in lines)


def _new_product(caller: Caller, line: LineDraft) -> Product:
    prices = {CURRENCY: line.unit_price}
    return products.create(
        caller.business, by=caller.actor, name=line.name, description=line.detail, prices=prices
    )


TOUCHED = {
    "ref": ["external_id"],
    "due_date": ["due_on"],
    "description": ["description"],
    "discount_amount": ["discount"],
    "tax_amount": ["document_tax"],
    "items": ["lines"],
    "payable_with": ["payable_with", "card_instalments"],
}
"""What of a draft each of their fields says."""


def update(caller: Caller, invoice: Invoice, body: wire.UpdateInvoice) -> None:
    """A new version of an open invoice: what is given changes, the rest stays, also what the API has no word for."""
    caller.require(Can.ISSUE)
    given = body.model_dump(exclude_none=True)
    current = rows.read(invoice)
    told = _told(given, current, caller.business.today())
    names = [name for field in given for name in TOUCHED.get(field, [])]
    kept = {**current.extras.get(NAME, {}), **told.extras[NAME]}
    draft = replace(current, **{name: getattr(told, name) for name in names})
    draft = replace(draft, extras={**current.extras, NAME: kept})
    with spoken(FIELDS):
        draft = cleaned(draft)
    if body.items:
        draft = replace(draft, lines=_with_products(caller, draft.lines))
    if body.customer:
        draft = replace(draft, customer_id=customer(caller, codec.person(body.customer)).pk)
    with spoken(FIELDS):
        revisions.revise(invoice, draft, version=invoice.version, by=caller.actor)


def _told(given: dict[str, Any], current: InvoiceDraft, today: date) -> InvoiceDraft:
    """What is given, read as a whole request: without new items, amounts are written as the first ones were."""
    in_cents = current.extras.get(NAME, {}).get("cents", False)
    unread = {
        "ref": "",
        "due_date": f"{current.due_on:%Y-%m-%d}",
        "customer": {"name": "-", "cpfcnpj": ""},
        "items": [{"name": "-", "quantity": 1, "price": 0 if in_cents else "0"}],
    }
    return codec.draft_of(wire.CreateInvoice.model_validate({**unread, **given}), today)


def capture(invoice: Invoice, method: str, today: date) -> None:
    """Open a charge by Pix or boleto for what is owed today; the one that waits already will do."""
    amount = ledger.owed(invoice, today).total
    if method == METHODS["credit_card"]:
        message = _("Cards are taken on the invoice's own page; do not send their data here.")
        raise Problem(message, field="method", code="card")
    _check_offered(invoice, method, amount)
    waiting = invoice.intents.filter(provider=NAME, status=IntentStatus.OPEN).first()
    if waiting is None or (waiting.method, waiting.amount) != (method, amount):
        intents.create(invoice, method=method, provider=NAME, amount=amount)


def _check_offered(invoice: Invoice, method: str, amount: int) -> None:
    """A boleto has the amount of issue: once something was paid or credited, there is none any more."""
    if invoice.status not in payments.TAKES_MONEY:
        raise Conflict(_("This invoice is %(status)s now.") % {"status": invoice.get_status_display()})
    if method == METHODS["pix"]:
        is_offered = bool(ways.pix_code(invoice, amount))
    else:
        untouched = invoice.amount_remaining == invoice.amount_invoiced
        is_offered = untouched and len(ways.slips(invoice)) == 1
    if not is_offered:
        message = _("This invoice cannot be paid in this way.")
        raise Problem(message, field="method", code="method")


def refund(caller: Caller, invoice: Invoice, amount: int | None, reason: str) -> None:
    """Give back what was paid, or some of it, the last payment first; nobody is asked for it again."""
    caller.require(Can.REFUND)
    held = _held(invoice)
    left = sum(money for _payment, money in held) if amount is None else amount
    if not held:
        raise Conflict(_("Nothing of this invoice has been paid."))
    if left > sum(money for _payment, money in held):
        raise Problem(_("This is more than was paid."), field="amount", code="too_large")
    for payment, money in held:
        _give_back(caller, payment, min(left, money), reason)
        left -= min(left, money)
        if not left:
            break


def _held(invoice: Invoice) -> list[tuple[Payment, int]]:
    """Payments of the invoice and how much of each is still here, the last one first."""
    sums: dict[Payment, int] = {}
    for share in invoice.allocations.all():
        sums[share.payment] = sums.get(share.payment, 0) + share.amount
    return [(payment, money) for payment, money in reversed(sums.items()) if money > 0]


def _give_back(caller: Caller, payment: Payment, amount: int, reason: str) -> None:
    if payment.source in CardProvider.values:
        raise Conflict(_("Card payments are given back in the back office."))
    refunds.refund(payment, GivenBack(amount, reason, payment.method), by=caller.actor)
