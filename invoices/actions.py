"""The only writers of invoices. Each changes the row and appends its Event in one transaction, and calls nobody above.

Every change of an existing row is a compare-and-set on its version: whoever comes second gets a Conflict.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from businesses.events import record
from businesses.models import Business
from core.ids import new_token
from core.problems import Conflict, Problem
from core.series import series_for
from customers.models import Customer
from invoices import frozen, numbering, ownership, rows, schedule
from invoices.changes import changes
from invoices.draft import InvoiceDraft, cleaned
from invoices.models import Document, Invoice, Mark, RetiredLink
from invoices.moves import change, require
from invoices.status import Status
from invoices.totals import Totals, compute


def create(
    business: Business,
    draft: InvoiceDraft,
    *,
    by: object = None,
    at: datetime | None = None,
    cloned_from: Invoice | None = None,
) -> Invoice:
    """Store a draft. Raises Problem with a field path when it does not add up or names what is not the business's."""
    draft, totals, customer = _ready(business, draft)
    with transaction.atomic():
        invoice = Invoice.objects.create(
            business=business,
            cloned_from=cloned_from,
            search_text=_search_text(customer, draft),
            **rows.columns(draft, totals),
        )
        rows.write_lines(invoice, draft, totals)
        record("invoice.created", invoice, business=business, by=by, data={"total": totals.total}, at=at)
    return invoice


def revise(invoice: Invoice, draft: InvoiceDraft, *, version: int, by: object = None) -> Invoice:
    """Replace a draft's content; only the version that the caller saw."""
    draft, totals, customer = _ready(invoice.business, draft)
    total_before = invoice.total
    with transaction.atomic():
        before = rows.read(invoice)
        values = rows.columns(draft, totals) | {"search_text": _search_text(customer, draft)}
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
        "search_text": rows.searchable(invoice.customer, texts),
    }


def void(invoice: Invoice, *, by: object = None, at: datetime | None = None) -> Invoice:
    """Cancel an issued invoice that nobody has paid; number and PDF stay, marked void."""
    if invoice.amount_paid:
        raise Conflict(_("It has been paid in part; give the money back first."))
    now = at or timezone.now()
    with transaction.atomic():
        change(
            invoice,
            {Status.OPEN, Status.UNCOLLECTIBLE},
            status=Status.VOID,
            voided_at=now,
            amount_processing=0,
        )
        Document.objects.create(invoice=invoice, mark=Mark.VOID)
        record("invoice.voided", invoice, business=invoice.business_id, by=by, at=now)
    return invoice


def mark_uncollectible(invoice: Invoice, *, by: object = None, at: datetime | None = None) -> Invoice:
    """Give up on an open invoice; a later payment is still welcome."""
    with transaction.atomic():
        change(invoice, {Status.OPEN}, status=Status.UNCOLLECTIBLE)
        record("invoice.marked_uncollectible", invoice, business=invoice.business_id, by=by, at=at)
    return invoice


def apply_payment(invoice: Invoice, amount: int, *, by: object = None, at: datetime | None = None) -> Invoice:
    """Count `amount` minor units as paid, at most what remains; the invoice is paid when nothing remains."""
    if not 0 < amount <= invoice.amount_remaining:
        raise Problem(_("At most what remains can be paid."), field="amount", code="amount")
    now = at or timezone.now()
    settled = amount == invoice.amount_remaining
    changes: dict[str, Any] = {"amount_paid": invoice.amount_paid + amount, "amount_processing": 0}
    if settled:
        changes |= {"status": Status.PAID, "paid_at": now}
    with transaction.atomic():
        change(invoice, {Status.OPEN, Status.UNCOLLECTIBLE}, **changes)
        if settled:
            Document.objects.create(invoice=invoice, mark=Mark.PAID)
        kind = "invoice.paid" if settled else "invoice.partially_paid"
        record(kind, invoice, business=invoice.business_id, by=by, data={"amount": amount}, at=now)
    return invoice


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


def _ready(business: Business, draft: InvoiceDraft) -> tuple[InvoiceDraft, Totals, Customer]:
    draft = cleaned(draft)
    customer = ownership.check(business, draft)
    totals = compute(draft)
    schedule.check(draft.schedule, totals.amount_due)
    return draft, totals, customer


def _search_text(customer: Customer, draft: InvoiceDraft) -> str:
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
