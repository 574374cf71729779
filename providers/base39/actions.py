"""What Base39's requests do, through the core's own actions; each says who asked, and keeps what the client told."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from businesses.events import record
from businesses.models import Account, Business
from businesses.roles import Can
from core.fields import validate_small_json
from core.ids import new_public_id
from core.inbound_json import plain
from core.problems import Conflict, Problem
from core.text import clean_text
from customers.models import Customer
from gateway.callers import Caller
from invoices import actions as invoices
from invoices import rows
from invoices.draft import InvoiceDraft
from invoices.models import Invoice, Line
from invoices.moves import require
from invoices.status import Status
from payments import actions as payments
from payments import intents
from payments.actions import Incoming, Target
from payments.models import IntentStatus, Method, Payment, PaymentIntent
from providers.base39 import codec, reading, wire
from providers.base39.codec import NAME, Unit
from providers.base39.history import NOTED
from providers.base39.options import Options
from providers.base39.standing import Standing

NOON, LAST_MOMENT = time(12), time(23, 59, 59)
METHODS: dict[str, str] = {
    "pix": Method.PIX,
    "boleto": Method.BOLETO,
    "payment_method": Method.CREDIT_CARD,
    "offline": Method.OTHER,
    "loan": Method.OTHER,
}


@dataclass(frozen=True)
class Client:
    """A caller, and the client on whose behalf it asks (header `base39-external-client-id`)."""

    caller: Caller
    external_id: str = ""

    @property
    def business(self) -> Business:
        return self.caller.business

    @property
    def options(self) -> Options:
        return Options.of(self.caller.key.options)

    def unit(self, currency: str) -> Unit:
        return Unit(currency, self.options.minor)

    def standing(self, kind: str, said: bool | None) -> Standing | None:
        """The rules that new items get by themselves: as this request says, or else as the key is set up."""
        applies = kind in self.options.inserts if said is None else said
        return Standing.of(self.business) if applies else None


def create(client: Client, body: wire.CreateInvoice) -> Invoice:
    if body.autoFinalize or body.paidAt:
        client.caller.require(Can.ISSUE)
    if body.paidAt:
        client.caller.require(Can.RECEIVE)
    business = client.business
    customer = reading.payer(business, body.payer)
    base = _blank(business, customer, reading.beneficiary(business, body.beneficiary))
    standing = client.standing(body.type, body.updateInvoiceItemOnInsert)
    draft = codec.read(body, base, client.unit(base.currency), standing)
    paid_at = _past(business, body.paidAt) if body.paidAt else None
    if paid_at:
        draft = codec.paid_elsewhere(draft, business.today(paid_at))
    invoice = invoices.create(business, draft, by=client.caller.actor)
    _note(client, invoice)
    if body.autoFinalize or paid_at:
        invoice = finalize(client, invoice, wire.Note())
    if paid_at:
        _import_payment(client, invoice, paid_at)
    return invoice


def _blank(business: Business, customer: Customer, account: Account | None) -> InvoiceDraft:
    """An invoice about which nothing was said, as the business makes them."""
    today = business.today()
    return InvoiceDraft(
        currency=business.currency,
        customer_id=customer.pk,
        account_id=account.pk if account else None,
        issue_on=today,
        due_on=today + timedelta(days=business.due_days),
        rounding_mode=business.rounding_mode,
        rounding_rule=business.rounding_rule,
        language=customer.language,
        terms=business.terms,
    )


def _instant(business: Business, moment: date, hour: time) -> datetime:
    """A bare day means that hour of it, where the business is."""
    if isinstance(moment, datetime):
        return moment if moment.tzinfo else moment.replace(tzinfo=business.zone)
    return datetime.combine(moment, hour, business.zone)


def _past(business: Business, moment: date) -> datetime:
    """Noon of today may be yet to come; later days are left for the core to refuse."""
    found, now = _instant(business, moment, NOON), timezone.now()
    return min(found, now) if business.today(found) == business.today(now) else found


def _import_payment(client: Client, invoice: Invoice, paid_at: datetime) -> None:
    """The money that had come in elsewhere."""
    if not invoice.amount_invoiced:
        return
    money = Incoming(
        invoice.amount_invoiced,
        invoice.currency,
        Method.OTHER,
        paid_at,
        source=NAME,
        external_id=f"import-{invoice.public_id}",
        account_id=invoice.account_id,
    )
    payments.receive(client.business, money, [Target(invoice.pk)], by=client.caller.actor)


def update(client: Client, invoice: Invoice, body: wire.UpdateInvoice) -> Invoice:
    """Drafts only."""
    require(invoice, {Status.DRAFT})
    draft = rows.read(invoice)
    if body.payer:
        draft = replace(draft, customer_id=reading.payer(client.business, body.payer).pk)
    if body.beneficiary:
        account = reading.beneficiary(client.business, body.beneficiary)
        draft = replace(draft, account_id=account.pk if account else None)
    standing = client.standing(body.type or codec.TYPES[invoice.kind], body.updateInvoiceItemOnInsert)
    draft = codec.read(body, draft, client.unit(draft.currency), standing)
    return _revise(client, invoice, draft)


def _revise(client: Client, invoice: Invoice, draft: InvoiceDraft) -> Invoice:
    invoices.revise(invoice, draft, version=invoice.version, by=client.caller.actor)
    _note(client, invoice)
    return invoice


def add_item(client: Client, invoice: Invoice, body: wire.NewItem) -> str:
    """The new item's id."""
    require(invoice, {Status.DRAFT})
    draft = rows.read(invoice)
    unit = client.unit(draft.currency)
    standing = client.standing(codec.TYPES[invoice.kind], body.updateInvoiceItemOnInsert)
    draft = codec.with_items(draft, [codec.read_item(body, unit)], standing)
    key = new_public_id()
    lines = (*draft.lines[:-1], replace(draft.lines[-1], public_id=key))
    _revise(client, invoice, replace(draft, lines=lines))
    return key


def delete_item(client: Client, invoice: Invoice, line: Line) -> None:
    require(invoice, {Status.DRAFT})
    draft = rows.read(invoice)
    left = [each for each in draft.lines if each.public_id != line.public_id]
    _revise(client, invoice, codec.with_lines(draft, left))


def finalize(client: Client, invoice: Invoice, body: wire.Note) -> Invoice:
    client.caller.require(Can.ISSUE)
    issued = payments.issue(invoice, by=client.caller.actor)
    _note(client, issued, body)
    return issued


def void(client: Client, invoice: Invoice, body: wire.Note) -> Invoice:
    client.caller.require(Can.VOID)
    payments.void(invoice, by=client.caller.actor)
    _note(client, invoice, body)
    return invoice


def mark_uncollectible(client: Client, invoice: Invoice, body: wire.Note) -> Invoice:
    client.caller.require(Can.VOID)
    invoices.mark_uncollectible(invoice, by=client.caller.actor)
    _note(client, invoice, body)
    return invoice


def delete(client: Client, invoice: Invoice) -> Invoice:
    invoices.delete(invoice, by=client.caller.actor)
    _note(client, invoice)
    return invoice


def _note(client: Client, invoice: Invoice, body: wire.Note | None = None) -> None:
    """What the client told of the change just made; nothing when it told nothing."""
    said = body or wire.Note()
    data = {
        "description": clean_text(said.description or "", limit=2000, lines=True, field="description"),
        "metadata": _checked(plain(said.metadata or {}), "metadata"),
        "client": clean_text(client.external_id, limit=100, field="base39-external-client-id"),
    }
    told = {name: value for name, value in data.items() if value}
    if told:
        record(NOTED, invoice, business=client.business, by=client.caller.actor, data=told)


def _checked(value: dict[str, Any], field: str) -> dict[str, Any]:
    try:
        validate_small_json(value)
    except ValidationError as error:
        raise Problem(" ".join(error.messages), field=field, code="json") from error
    return value


def create_intent(client: Client, invoice: Invoice, body: wire.CreateIntent) -> PaymentIntent:
    unit = client.unit(invoice.currency)
    amount = unit.read(body.amount, "amount")
    if not amount:
        raise Problem(_("The amount must be above zero."), field="amount", code="amount")
    expires_at = _instant(client.business, body.expireAt, LAST_MOMENT)
    if expires_at <= timezone.now():
        raise Problem(_("This date has passed."), field="expireAt", code="past")
    kept: Mapping[str, Any] = {
        "method": body.method,
        "methodData": _checked(_theirs(body.methodData or {}), "methodData"),
        "metadata": _checked(plain(body.metadata or {}), "metadata"),
    }
    return intents.create(
        invoice,
        method=METHODS[body.method],
        provider=NAME,
        amount=amount,
        expires_at=expires_at,
        extras={NAME: {name: value for name, value in kept.items() if value}},
    )


def _theirs(data: Mapping[str, Any]) -> dict[str, Any]:
    """What a client may say of its method: not what only we know, least of all the code that pays."""
    return {name: plain(value) for name, value in data.items() if name not in codec.OURS}


def pay_intent(client: Client, intent: PaymentIntent, body: wire.PayIntent) -> None:
    """The client says that it was paid. Money is welcome also after the intent was void: then it is credit."""
    client.caller.require(Can.RECEIVE)
    if intent.status == IntentStatus.SUCCEEDED:
        raise Conflict(_("This has been paid already."))
    if intent.provider != NAME:
        raise Conflict(_("Its own provider will say when this is paid."))
    said = body.amount if body.amountPaid is None else body.amountPaid
    unit = client.unit(intent.currency)
    amount = intent.amount if said is None else unit.read(said, "amountPaid")
    payment = intents.succeeded(
        intent,
        external_id=f"pay-{intent.public_id}",
        amount=amount,
        currency=intent.currency,
        paid_at=timezone.now(),
        by=client.caller.actor,
    )
    if payment.amount != amount or not _is_through(intent, payment):
        raise Conflict(_("Another payment has this number."))
    mine = {**codec.own(intent.extras), "paid": payment.amount}
    if body.metadata:
        mine["paymentMetadata"] = _checked(plain(body.metadata), "metadata")
    intents.note(intent, {**intent.extras, NAME: mine})


def _is_through(intent: PaymentIntent, payment: Payment) -> bool:
    """And not one that somebody had told before under the name that it would have."""
    return intent.attempts.filter(succeeded=True, external_id=payment.external_id).exists()
