"""What Aira's requests do to our rows: one-off invoices, their groups and lines, cancelling."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from businesses.models import Account
from businesses.roles import Can
from core.ids import as_uuid, from_uuid, new_public_id
from core.money import major_units
from core.problems import Problem
from customers.models import Customer
from gateway.callers import Caller
from gateway.refusals import not_found
from invoices import actions as invoices
from invoices import rows
from invoices.draft import ONE, DiscountDraft, InvoiceDraft, LineDraft
from invoices.models import Invoice, Line
from invoices.moves import require
from invoices.status import Status
from invoices.totals import compute
from payments import actions as payments
from products.models import Product
from providers.aira import codec, shown, wire
from providers.aira.codec import CURRENCY, FIELDS, NAME
from providers.wording import spoken


def of_caller(caller: Caller) -> Any:
    """Invoices in reais, the only money Aira knows; also drafts that were cancelled here."""
    mine = Invoice.objects.for_business(caller.business).filter(currency=CURRENCY)
    seen = mine.filter(Q(deleted_at=None) | Q(extras__has_key=NAME))
    return seen.select_related("customer", "account")


def one(caller: Caller, uuid: str) -> Invoice:
    public_id = from_uuid(uuid)
    return _first(caller, of_caller(caller).filter(public_id=public_id) if public_id else None)


def again(caller: Caller, row: Invoice) -> Invoice:
    """The same as its rows stand now."""
    return _first(caller, of_caller(caller).filter(pk=row.pk))


def by_external(caller: Caller, name: str) -> Invoice:
    """By the id that another system has for it, or for its charge; of several, the newest."""
    mine = of_caller(caller)
    found = Q(external_id=name) | Q(pk__in=mine.filter(intents__external_id=name).values("pk"))
    return _first(caller, mine.filter(found).order_by("-pk") if name else None)


def _first(caller: Caller, found: Any) -> Invoice:
    row: Invoice | None = None
    if found is not None:
        row = found.prefetch_related(*shown.PARTS, *shown.PARTS_TODAY).first()
    if row is None:
        raise not_found()
    row.business = caller.business
    return row


def create(caller: Caller, body: wire.CreateInvoice) -> Invoice:
    business = caller.business
    draft = codec.read_invoice(body, business.today(), business.due_days)
    draft = replace(
        draft,
        customer_id=_customer(caller, body),
        account_id=_account(caller, body.paymentAccountId),
        language=business.language,
        terms=business.terms,
        rounding_mode=business.rounding_mode,
        rounding_rule=business.rounding_rule,
    )
    with spoken(FIELDS):
        return invoices.create(business, draft, by=caller.actor)


def _customer(caller: Caller, body: wire.CreateInvoice) -> int:
    if bool(body.customerId) == bool(body.externalCustomerId):
        message = _("Give customerId or externalCustomerId, one of them.")
        raise Problem(message, field="customerId", code="one_of")
    name = "customerId" if body.customerId else "externalCustomerId"
    wanted = (
        {"public_id": from_uuid(body.customerId)}
        if body.customerId
        else {"external_id": body.externalCustomerId}
    )
    found: int | None = (
        Customer.objects.for_business(caller.business).filter(**wanted).values_list("pk", flat=True).first()
    )
    if found is None:
        raise Problem(_("No such customer."), field=name, code="not_found")
    return found


def _account(caller: Caller, uuid: str | None) -> int | None:
    """The business's own id means its default account, as does none."""
    accounts = Account.objects.for_business(caller.business)
    if uuid in (None, as_uuid(caller.business.public_id)):
        return accounts.filter(is_default=True).values_list("pk", flat=True).first()
    found: int | None = accounts.filter(public_id=from_uuid(uuid or "")).values_list("pk", flat=True).first()
    if found is None:
        raise Problem(_("No such receiving account."), field="paymentAccountId", code="not_found")
    return found


def revise(caller: Caller, uuid: str, change: Callable[[InvoiceDraft], InvoiceDraft]) -> Invoice:
    """One change of a draft; whoever changes it meanwhile waits."""
    row = one(caller, uuid)
    locked: Invoice = Invoice.objects.for_business(caller.business).select_for_update().get(pk=row.pk)
    locked.business = caller.business
    require(locked, {Status.DRAFT})
    draft = _with_ids(rows.read(locked), locked.lines.all())
    with spoken(FIELDS):
        invoices.revise(locked, change(draft), version=locked.version, by=caller.actor)
    return one(caller, uuid)


def _with_ids(draft: InvoiceDraft, lines: Iterable[Line]) -> InvoiceDraft:
    """The ids that the lines are known by go with them to their next rows."""
    pairs = zip(draft.lines, lines, strict=True)
    return replace(draft, lines=tuple(_with(line, {"id": shown.line_id(row)}) for line, row in pairs))


def update(body: wire.UpdateInvoice) -> Callable[[InvoiceDraft], InvoiceDraft]:
    def change(draft: InvoiceDraft) -> InvoiceDraft:
        """A new date keeps the days to pay."""
        issue_on = body.invoiceDate or draft.issue_on
        memo = draft.description if body.memo is None else body.memo
        due_on = issue_on + (draft.due_on - draft.issue_on)
        return replace(draft, issue_on=issue_on, due_on=due_on, description=memo)

    return change


def new_id() -> str:
    return as_uuid(new_public_id())


def add_group(
    caller: Caller, body: wire.CreateGroup, group_id: str
) -> Callable[[InvoiceDraft], InvoiceDraft]:
    _product(caller, body.productId)
    group = {"id": group_id, **body.model_dump(mode="json", exclude_none=True)}
    return lambda draft: _with_groups(draft, [*_groups(draft), group])


def change_group(body: wire.UpdateGroup, group_id: str) -> Callable[[InvoiceDraft], InvoiceDraft]:
    said = body.model_dump(mode="json", exclude_none=True)

    def change(draft: InvoiceDraft) -> InvoiceDraft:
        if not any(group["id"] == group_id for group in _groups(draft)):
            raise not_found()
        groups = [{**group, **said} if group["id"] == group_id else group for group in _groups(draft)]
        return _with_groups(draft, groups)

    return change


def _groups(draft: InvoiceDraft) -> list[dict[str, Any]]:
    return list(draft.extras.get(NAME, {}).get("groups", []))


def _with_groups(draft: InvoiceDraft, groups: list[dict[str, Any]]) -> InvoiceDraft:
    return replace(draft, extras={**draft.extras, NAME: {**draft.extras.get(NAME, {}), "groups": groups}})


def add_line(
    caller: Caller, body: wire.CreateLineItem, line_id: str
) -> Callable[[InvoiceDraft], InvoiceDraft]:
    line = replace(codec.read_line(body), product_id=_product(caller, body.productId))

    def change(draft: InvoiceDraft) -> InvoiceDraft:
        group = body.lineItemGroupId
        if group and not any(each["id"] == group for each in _groups(draft)):
            raise Problem(_("No such group."), field="lineItemGroupId", code="not_found")
        return replace(draft, lines=(*draft.lines, _with(line, {"id": line_id})))

    return change


def change_line(body: wire.UpdateLineItem, line_id: str) -> Callable[[InvoiceDraft], InvoiceDraft]:
    def change(draft: InvoiceDraft) -> InvoiceDraft:
        if not any(_said(line)["id"] == line_id for line in draft.lines):
            raise not_found()
        lines = (
            _changed(draft, line, body) if _said(line)["id"] == line_id else line for line in draft.lines
        )
        return replace(draft, lines=tuple(lines))

    return change


def _changed(draft: InvoiceDraft, line: LineDraft, body: wire.UpdateLineItem) -> LineDraft:
    """A new amount makes it one piece at that price."""
    said = body.model_dump(mode="json", exclude_none=True, exclude={"name", "amount"})
    line = _with(line, said)
    if body.name is not None:
        line = replace(line, name=body.name)
    if body.amount is not None:
        line = replace(line, unit_price=major_units(body.amount, CURRENCY), quantity=ONE)
    alone = compute(replace(draft, lines=(line,), discount=DiscountDraft(), document_tax=0))
    parts = [wire.SubLineItemIn.model_validate(part) for part in _said(line).get("subLineItems", [])]
    codec.check_parts(alone.lines[0].gross, parts)
    return line


def _said(line: LineDraft) -> dict[str, Any]:
    found: dict[str, Any] = line.extras.get(NAME, {})
    return found


def _with(line: LineDraft, more: dict[str, Any]) -> LineDraft:
    return replace(line, extras={**line.extras, NAME: {**_said(line), **more}})


def _product(caller: Caller, uuid: str | None) -> int | None:
    if uuid is None:
        return None
    wanted = Product.objects.for_business(caller.business).filter(public_id=from_uuid(uuid))
    found: int | None = wanted.values_list("pk", flat=True).first()
    if found is None:
        raise Problem(_("No such product."), field="productId", code="not_found")
    return found


def cancel(caller: Caller, uuid: str) -> Invoice:
    """A draft is deleted and Aira shows it as cancelled; an issued one is voided."""
    caller.require(Can.VOID)
    row = one(caller, uuid)
    if row.status == Status.DRAFT:
        invoices.delete(row, by=caller.actor)
    else:
        payments.void(row, by=caller.actor)
    return row
