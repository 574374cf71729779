"""Payments: money that came in, where it went, what was given back."""

from typing import Any, Literal

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import Field

from api import etags, paging, ranges, refs, selection, wire
from api.access import Problem
from api.filters import choices
from api.invoice_wire import Method
from api.paging import PageQuery
from api.ranges import CreatedQuery, Day
from api.selection import SelectionQuery
from businesses.models import Account, Business
from businesses.roles import Can
from core.money import MAX_MINOR
from core.problems import Conflict
from core.problems import Problem as Wrong
from customers.models import Customer
from gateway.dialect import ApiRequest, dialects
from invoices.models import Invoice
from invoices.schedule import parts_of
from invoices.status import Status
from notifications.told import payment as write
from payments import actions, refunds
from payments.actions import Incoming, Target
from payments.bank_entries import SOURCE as BANK
from payments.models import CardProvider
from payments.models import Method as Methods
from payments.models import Payment as PaymentRow
from payments.refunds import GivenBack

router = Router(tags=["Payments"])
ORDER = paging.Order("payments", ("paid_on", "id"))
RESERVED = {BANK, *CardProvider.values}
"""Sources that only our own bank files and card checkouts may name: whose payment it is follows from them. The other
APIs name their payments after themselves, and only they may.
"""


class TargetInput(wire.Request):
    invoice: wire.PublicId
    amount: wire.Amount | None = Field(
        None, description="At most so much of the money; all that is due when left out."
    )
    part: int | None = Field(None, ge=0, le=59, strict=True, description="Of a schedule: this part first.")


class CreatePayment(wire.Request):
    amount: int = Field(gt=0, le=MAX_MINOR, strict=True, description="Gross, in minor units.")
    method: Method
    currency: wire.Currency | None = Field(None, description="The business's own when left out.")
    paid_at: wire.Instant | None = Field(None, description="Now when left out.")
    source: str = Field("api", pattern="^[a-z0-9_-]{1,20}$", description="Who tells of it.")
    external_id: str = Field(
        "", max_length=150, description="Of one source, the same id is the same payment."
    )
    fee: wire.Amount = Field(0, description="Kept by the provider.")
    tip: wire.Amount = 0
    account: wire.PublicId | None = None
    customer: wire.PublicId | None = Field(None, description="The first invoice's when left out.")
    payer_name: str = Field("", max_length=200)
    payer_tax_id: str = Field("", max_length=40)
    note: str = Field("", max_length=500)
    invoices: list[TargetInput] = Field(
        [], max_length=100, description="Paid in this order; the rest is credit."
    )


class CreateRefund(wire.Request):
    amount: int = Field(gt=0, le=MAX_MINOR, strict=True)
    reason: str = Field("", max_length=200)
    method: Method = "pix"
    on: wire.Day | None = None
    reopen: wire.Yes = Field(False, description="Invoices that lose money ask for it again.")
    external_id: str = Field("", max_length=150, description="The same id again gives back nothing more.")


class Allocation(wire.Answer):
    invoice: wire.PublicId
    part: int
    on: wire.Day
    amount: int
    principal: int
    fine: int
    interest: int
    discount: int
    write_off: int


class Refund(wire.Answer):
    id: wire.PublicId
    kind: Literal["refund", "chargeback"]
    amount: int
    on: wire.Day
    method: Method
    reason: str
    external_id: str


class Payment(wire.Resource):
    """`unapplied` is the customer's credit. An allocation is never changed; one with the signs turned takes it back."""

    id: wire.PublicId
    customer: wire.PublicId | None
    account: wire.PublicId | None
    source: str
    external_id: str
    method: Method
    currency: wire.Currency
    amount: int
    fee: int
    net: int
    tip: int
    applied: int
    refunded: int
    unapplied: int
    refundable: int
    paid_at: wire.Instant
    paid_on: wire.Day
    disputed_at: wire.Instant | None
    payer_name: str
    payer_tax_id: str
    note: str
    allocations: list[Allocation]
    refunds: list[Refund]
    created_at: wire.Instant
    updated_at: wire.Instant


class PaymentQuery(CreatedQuery):
    customer: str = Field("", pattern=f"{wire.PUBLIC_ID}|^$")
    invoice: str = Field(
        "", pattern=f"{wire.PUBLIC_ID}|^$", description="That this money went to, or was taken from."
    )
    method: str = Field("", max_length=100, description="By commas.", examples=["pix,boleto"])
    currency: str = Field("", pattern="^([A-Z]{3})?$")
    source: str = Field("", max_length=20)
    external_id: str = Field("", max_length=150)
    paid_from: Day = None
    paid_to: Day = None
    has_credit: bool | None = Field(None, description="Whether something is neither applied nor given back.")


@router.get("/payments", response={200: wire.Page[Payment]}, summary="List payments, the newest first")
def index(request: ApiRequest, query: Query[PaymentQuery]) -> HttpResponse:
    chosen = selection.read(request, query, Payment.model_fields)
    rows = _matching(request.caller.business, query)
    return paging.listed(request, _whole(rows), ORDER, query, lambda row: chosen.pick(write(row)))


@router.get(
    "/invoices/{id}/payments", response={200: wire.Page[Payment]}, summary="List an invoice's payments"
)
def of_invoice(request: ApiRequest, id: str, query: Query[PageQuery]) -> HttpResponse:
    """Also those of which everything was taken back from it."""
    chosen = selection.read(request, query, Payment.model_fields)
    business = request.caller.business
    invoice = refs.found(Invoice.objects.for_business(business).current(), id)
    rows = PaymentRow.objects.for_business(business).filter(pk__in=invoice.allocations.values("payment"))
    return paging.listed(request, _whole(rows), ORDER, query, lambda row: chosen.pick(write(row)))


def _matching(business: Business, query: PaymentQuery) -> Any:
    rows = PaymentRow.objects.for_business(business).filter(**query.created(business))
    exact = {
        "customer__public_id": query.customer,
        "method__in": choices(query.method, Methods.values, field="method"),
        "currency": query.currency,
        "source": query.source,
        "external_id": query.external_id,
    }
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    rows = rows.filter(**ranges.days("paid_on", query.paid_from, query.paid_to))
    if query.invoice:
        invoices = Invoice.objects.for_business(business).filter(public_id=query.invoice)
        rows = rows.filter(pk__in=invoices.values("allocations__payment"))
    if query.has_credit is None:
        return rows
    credit = PaymentRow.objects.for_business(business).with_credit().values("pk")
    return rows.filter(pk__in=credit) if query.has_credit else rows.exclude(pk__in=credit)


@router.get("/payments/{id}", response={200: Payment}, summary="Get a payment")
def get(request: ApiRequest, id: str, query: Query[SelectionQuery]) -> HttpResponse:
    chosen = selection.read(request, query, Payment.model_fields)
    row = _found(request, id)
    return etags.answer(request, chosen.pick(write(row)), row.updated_at)


@router.post("/payments", response={200: Payment, 201: Payment, 409: Problem}, summary="Register a payment")
def create(request: ApiRequest, body: CreatePayment) -> HttpResponse:
    """It pays the invoices named, in their order; what they do not take is the customer's credit. The same `source` and
    `external_id` again change nothing: the answer is 200 and the payment that there is.
    """
    caller = request.caller
    caller.require(Can.RECEIVE)
    customer = _ref(caller.business, Customer, body.customer, "customer")
    incoming = _incoming(caller.business, body)
    targets = _targets(caller.business, body.invoices, incoming.currency)
    payment, is_new = actions.receive(caller.business, incoming, targets, customer=customer, by=caller.actor)
    return _fresh(request, payment, 201 if is_new else 200)


def _incoming(business: Business, body: CreatePayment) -> Incoming:
    if body.source in RESERVED or body.source in dialects():
        raise Wrong(_("This source is Faturo’s own."), field="source", code="reserved")
    account = _ref(business, Account, body.account, "account")
    said = body.model_dump(exclude={"customer", "invoices", "account"})
    filled = {
        "currency": body.currency or business.currency,
        "paid_at": body.paid_at or timezone.now(),
        "account_id": account.pk if account else None,
    }
    return Incoming(**{**said, **filled})


def _ref(business: Business, model: Any, public_id: str | None, field: str) -> Any:
    rows = model.objects.for_business(business)
    return refs.one(rows, public_id, field=field) if public_id else None


def _targets(business: Business, given: list[TargetInput], currency: str) -> list[Target]:
    """Drafts take no money: they are as if they were not there."""
    wanted = {said.invoice for said in given}
    rows = Invoice.objects.for_business(business).current().exclude(status=Status.DRAFT)
    found = rows.filter(public_id__in=wanted).only("public_id", "currency", "schedule") if wanted else []
    by_id = {row.public_id: row for row in found}
    return [_target(said, by_id.get(said.invoice), currency, f"invoices.{i}") for i, said in enumerate(given)]


def _target(said: TargetInput, row: Invoice | None, currency: str, path: str) -> Target:
    if row is None:
        raise Wrong(_("No such issued invoice."), field=f"{path}.invoice", code="not_found")
    if row.currency != currency:
        raise Wrong(_("This invoice is in another currency."), field=f"{path}.invoice", code="currency")
    if said.part and said.part >= len(parts_of(row.schedule)):
        raise Wrong(_("There is no such part."), field=f"{path}.part", code="not_found")
    return Target(row.pk, said.amount, said.part)


@router.post(
    "/payments/{id}/refund",
    response={200: Payment, 201: Payment, 409: Problem, 412: Problem},
    summary="Give money back",
)
def refund(request: ApiRequest, id: str, body: CreateRefund) -> HttpResponse:
    """Credit goes first, then what the invoices hold. Faturo writes it down; send the money yourself. The same
    `external_id` again gives back nothing more: the answer is 200, or 409 when it says another amount.
    """
    request.caller.require(Can.REFUND)
    row = _locked(request, id)
    etags.require(request, row.updated_at)
    if row.source in CardProvider.values:
        message = _("Give it back in Faturo’s back office: that asks the card provider.")
        raise Wrong(message, field="", code="card")
    given = GivenBack(**body.model_dump(exclude=set() if body.external_id.strip() else {"external_id"}))
    before = {back.pk for back in row.refunds.all()}
    back = refunds.refund(row, given, by=request.caller.actor)
    if back.amount != given.amount:
        raise Conflict(_("This external id has given back another amount."))
    return _fresh(request, row, 200 if back.pk in before else 201)


def _whole(rows: Any) -> Any:
    return rows.select_related("customer", "account").prefetch_related("allocations__invoice", "refunds")


def _found(request: ApiRequest, id: str) -> PaymentRow:
    business = request.caller.business
    row: PaymentRow = refs.found(_whole(PaymentRow.objects.for_business(business)), id)
    row.business = business
    return row


def _locked(request: ApiRequest, id: str) -> PaymentRow:
    """The same, held until the answer; its invoices first, like everybody who locks both."""
    row, business = _found(request, id), request.caller.business
    actions.locked_invoices(business, {share.invoice_id for share in row.allocations.all()})
    PaymentRow.objects.for_business(business).select_for_update().get(pk=row.pk)
    return _found(request, id)


def _fresh(request: ApiRequest, row: PaymentRow, status: int) -> HttpResponse:
    row = _found(request, row.public_id)
    where = {"Location": f"{request.base}/payments/{row.public_id}"}
    return etags.answer(request, write(row), row.updated_at, status, where)
