"""The only writers of invoices. Each changes the row and appends its Event in one transaction, and calls nobody above.

Every change of an existing row is a compare-and-set on its version: whoever comes second gets a Conflict.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from businesses.events import record
from businesses.models import Business
from businesses.terms import Terms
from core.ids import new_token
from core.problems import Conflict, Problem
from core.series import series_for
from customers.models import Customer
from invoices import frozen, numbering, ownership, rows, schedule
from invoices.balance import BALANCE, Movement
from invoices.changes import changes
from invoices.draft import InvoiceDraft, cleaned
from invoices.models import Document, Invoice, Mark, RetiredLink
from invoices.moves import change, require
from invoices.schedule import parts_of
from invoices.status import MOVES, Status
from invoices.totals import Totals, compute

PAYABLE = frozenset({Status.OPEN, Status.UNCOLLECTIBLE, Status.PAID})


def create(
    business: Business,
    draft: InvoiceDraft,
    *,
    by: object = None,
    at: datetime | None = None,
    cloned_from: Invoice | None = None,
    known: Iterable[Model] = (),
) -> Invoice:
    """Store a draft. Raises Problem with a field path when it does not add up or names what is not the business's.

    `known` are rows of the business that the caller has just read for it; they are not looked for again.
    """
    draft, totals, customer = ready(business, draft, known)
    with transaction.atomic(savepoint=False):
        invoice = Invoice.objects.create(
            business=business,
            cloned_from=cloned_from,
            search_text=search_text(customer, draft),
            **rows.columns(draft, totals),
        )
        rows.write_lines(invoice, draft, totals)
        data = {"total": totals.total}
        record("invoice.created", invoice, business=business, by=by, data=data, at=at, is_first=True)
    return invoice


def revise(invoice: Invoice, draft: InvoiceDraft, *, version: int, by: object = None) -> Invoice:
    """Replace a draft's content; only the version that the caller saw."""
    draft, totals, customer = ready(invoice.business, draft)
    total_before = invoice.total
    with transaction.atomic():
        before = rows.read(invoice)
        values = rows.columns(draft, totals) | {"search_text": search_text(customer, draft)}
        change(invoice, {Status.DRAFT}, version=version, **values)
        rows.clear_lines(invoice)
        rows.write_lines(invoice, draft, totals)
        data = {"total": totals.total, "total_before": total_before, "changes": changes(before, draft)}
        record("invoice.updated", invoice, business=invoice.business_id, by=by, data=data)
    return invoice


def finalize(invoice: Invoice, *, by: object = None, at: datetime | None = None) -> Invoice:
    """Issue a draft: number, frozen copies of both parties, status, pending PDF and Event, all or nothing.

    An invoice of zero is paid the moment it is issued.
    """
    invoice = Invoice.objects.select_related("business", "customer", "account").get(pk=invoice.pk)
    require(invoice, {Status.DRAFT})
    contents = frozen.contents(invoice)
    if not contents[0]:
        raise Problem(_("An invoice needs at least one line."), field="lines", code="required")
    with transaction.atomic():
        values = _issued(invoice, _take_number(invoice), (at or timezone.now()).astimezone(UTC))
        row = {name: values.get(name, value) for name, value in frozen.picked(invoice, frozen.FIXED).items()}
        digest = frozen.digest_of(row, *contents)
        change(invoice, {Status.DRAFT}, content_digest=digest, **values)
        Document.objects.create(invoice=invoice, mark=Mark.PAID if invoice.paid_at else Mark.ISSUED)
        data = {"number": invoice.number, "status": invoice.status, "digest": digest}
        record(
            "invoice.finalized",
            invoice,
            business=invoice.business_id,
            by=by,
            data=data,
            at=values["finalized_at"],
        )
    return invoice


def _issued(invoice: Invoice, taken: numbering.Taken, now: datetime) -> dict[str, Any]:
    """The columns that issuing fills."""
    texts = [taken.number, invoice.title, invoice.name, invoice.external_id]
    return {
        "status": Status.OPEN if invoice.amount_due else Status.PAID,
        "number": taken.number,
        "series": taken.series,
        "series_place": taken.place,
        "issuer": frozen.issuer(invoice.business, invoice.account),
        "payer": frozen.payer(invoice.customer),
        "finalized_at": now,
        "paid_at": None if invoice.amount_due else now,
        "payment_terms": terms_of(invoice).as_dict(),
        "our_number": numbering.take_our_numbers(invoice.account, len(parts_of(invoice.schedule)) or 1),
        "search_text": rows.searchable(invoice.customer, texts),
    }


def terms_of(invoice: Invoice) -> Terms:
    """The invoice's own rules, or else those of its business as they are today."""
    return Terms.of(invoice.payment_terms or invoice.business.payment_terms)


def void(invoice: Invoice, *, by: object = None, at: datetime | None = None) -> Invoice:
    """Cancel an issued invoice that nobody has paid; number and PDF stay, marked void."""
    if invoice.amount_paid:
        legal = sorted(MOVES[invoice.status] - {Status.VOID})
        raise Conflict(_("It has been paid in part; give the money back first."), legal=legal)
    now = at or timezone.now()
    with transaction.atomic():
        change(
            invoice,
            {Status.OPEN, Status.UNCOLLECTIBLE},
            status=Status.VOID,
            voided_at=now,
            amount_processing=0,
        )
        Document.objects.create(invoice=invoice, mark=Mark.VOID, revision=invoice.revision)
        record("invoice.voided", invoice, business=invoice.business_id, by=by, at=now)
    return invoice


def mark_uncollectible(invoice: Invoice, *, by: object = None, at: datetime | None = None) -> Invoice:
    """Give up on an open invoice; a later payment is still welcome."""
    with transaction.atomic():
        change(invoice, {Status.OPEN}, status=Status.UNCOLLECTIBLE, uncollectible_at=at or timezone.now())
        record("invoice.marked_uncollectible", invoice, business=invoice.business_id, by=by, at=at)
    return invoice


def apply_payment(
    invoice: Invoice,
    amount: int,
    *,
    surcharge: int = 0,
    allowance: int = 0,
    about: dict[str, Any] | None = None,
    by: object = None,
    at: datetime | None = None,
) -> Invoice:
    """Count `amount` minor units as paid, `surcharge` of them for fine and interest; let go of `allowance`.

    Raises Problem when that is more than remains. The invoice is paid when nothing remains.
    """
    movement = Movement(amount, surcharge, allowance)
    if min(amount, surcharge, allowance, amount - surcharge) < 0 or not amount + allowance:
        raise Problem(_("The amount must be above zero."), field="amount", code="amount")
    settled = movement.settles == invoice.amount_remaining
    kind = "invoice.paid" if settled else "invoice.partially_paid"
    return move(invoice, movement, kind, about=about, by=by, at=at)


def move(
    invoice: Invoice,
    movement: Movement,
    kind: str,
    *,
    about: dict[str, Any] | None = None,
    by: object = None,
    at: datetime | None = None,
) -> Invoice:
    """Move the balance and with it the status: paid when nothing remains, open again when something does.

    `about` says in the Event what the money was.
    """
    remaining = invoice.amount_remaining - movement.settles
    if remaining < 0:
        raise Problem(_("At most what remains can be paid."), field="amount", code="amount")
    now = at or timezone.now()
    status = _status_with(invoice, remaining)
    deltas = movement.told()
    values: dict[str, Any] = {
        BALANCE[name]: getattr(invoice, BALANCE[name]) + value for name, value in deltas.items()
    }
    if status != invoice.status:
        values |= {"paid_at": now if status == Status.PAID else None}
    with transaction.atomic():
        change(invoice, PAYABLE, status=status, amount_processing=0, **values)
        if status == Status.PAID:
            Document.objects.get_or_create(invoice=invoice, mark=Mark.PAID, revision=invoice.revision)
        data = {**(about or {}), **deltas, "status": status}
        record(kind, invoice, business=invoice.business_id, by=by, data=data, at=now)
    return invoice


def _status_with(invoice: Invoice, remaining: int) -> str:
    if not remaining:
        return Status.PAID
    return Status.OPEN if invoice.status == Status.PAID else invoice.status


def set_processing(
    invoice: Invoice, amount: int, *, by: object = None, at: datetime | None = None
) -> Invoice:
    """Note money on its way (a card or boleto being settled), in minor units; 0 when it failed."""
    if not 0 <= amount <= invoice.amount_remaining:
        raise Problem(_("At most what remains can be paid."), field="amount", code="amount")
    with transaction.atomic():
        change(invoice, {Status.OPEN}, amount_processing=amount)
        data = {"amount": amount}
        record("invoice.processing", invoice, business=invoice.business_id, by=by, data=data, at=at)
    return invoice


def delete(invoice: Invoice, *, by: object = None) -> None:
    """Drafts only, and softly: the row and its history stay."""
    with transaction.atomic():
        change(invoice, {Status.DRAFT}, deleted_at=timezone.now())
        record("invoice.deleted", invoice, business=invoice.business_id, by=by)


def duplicate(invoice: Invoice, *, by: object = None) -> Invoice:
    """A new draft with the same content, dated today, without number, payments, uploaded files or history.

    The due dates, also those of a payment schedule, are as many days after the issue date as they were.
    """
    source = rows.read(invoice)
    today = invoice.business.today()
    draft = replace(
        source,
        issue_on=today,
        due_on=today + (source.due_on - source.issue_on),
        schedule=schedule.shifted(source.schedule, today - source.issue_on),
        lines=tuple(replace(line, public_id="") for line in source.lines),
        wanted_number="",
        external_id="",
    )
    return create(invoice.business, draft, by=by, cloned_from=invoice)


def renew_link(invoice: Invoice, *, by: object = None) -> Invoice:
    """A fresh public link; the old one answers "gone"."""
    with transaction.atomic():
        RetiredLink.objects.get_or_create(token=invoice.token, defaults={"invoice": invoice})
        change(invoice, set(Status), token=new_token(), token_revoked_at=None)
        record("invoice.link_renewed", invoice, business=invoice.business_id, by=by)
    return invoice


def revoke_link(invoice: Invoice, *, by: object = None) -> Invoice:
    with transaction.atomic():
        change(invoice, set(Status), token_revoked_at=timezone.now())
        record("invoice.link_revoked", invoice, business=invoice.business_id, by=by)
    return invoice


def ready(
    business: Business, draft: InvoiceDraft, known: Iterable[Model] = ()
) -> tuple[InvoiceDraft, Totals, Customer]:
    """A draft that may be stored, added up, and whom it is for; Problem when it may not."""
    draft = cleaned(draft)
    customer = ownership.check(business, draft, known)
    totals = compute(draft)
    draft = replace(draft, schedule=schedule.resolved(draft.schedule, totals.amount_due))
    schedule.check(draft.schedule, totals.amount_due)
    return draft, totals, customer


def search_text(customer: Customer, draft: InvoiceDraft) -> str:
    return rows.searchable(customer, [draft.wanted_number, draft.title, draft.name, draft.external_id])


def _take_number(invoice: Invoice) -> numbering.Taken:
    business, customer = invoice.business, invoice.customer
    series = series_for(
        business.number_pattern,
        day=invoice.issue_on,
        prefix=invoice.number_prefix,
        customer=customer.code or str(customer.pk),
    )
    if invoice.wanted_number:
        return numbering.take_own(business, series, invoice.number_prefix + invoice.wanted_number)
    return numbering.take_next(business, series)
