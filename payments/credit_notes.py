"""Credit notes: the only way to correct an issued invoice downwards, numbered in a series of their own."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from businesses.events import record
from core.money import bounded_minor
from core.problems import Problem
from core.series import series_for
from core.text import clean_text
from invoices import actions as invoices
from invoices.balance import Movement
from invoices.models import Invoice
from invoices.moves import require
from invoices.numbering import take_credit_note
from invoices.status import Status
from payments import ledger
from payments.actions import cancel_intents, locked_invoices, tell_credit
from payments.models import Allocation, CardProvider, CreditNote, CreditNoteLine, Payment
from payments.refunds import GivenBack, refund


@dataclass(frozen=True)
class Credit:
    """`amount` minor units off one line of the invoice, or off the invoice as a whole (`line_id` None, named)."""

    amount: int
    line_id: int | None = None
    name: str = ""


def issue(
    invoice: Invoice,
    credits: Sequence[Credit],
    *,
    reason: str,
    refund_by: str = "",
    by: object = None,
) -> CreditNote:
    """Credit an issued invoice. What was not paid yet is due no more; what was paid becomes the customer's credit.

    With `refund_by`, a payment method, that part is recorded as given back at once. Raises Problem when it would be
    more than was invoiced, as a whole or for one line.
    """
    reason = clean_text(reason, limit=200, field="reason")
    if not reason:
        raise Problem(_("Say why."), field="reason", code="required")
    with transaction.atomic():
        invoice = locked_invoices(invoice.business_id, _concerned(invoice, refund_by))[invoice.pk]
        require(invoice, invoices.PAYABLE)
        _require_each_line_once(credits)
        lines = [_line(invoice, credit, f"lines.{i}") for i, credit in enumerate(credits)]
        note = _numbered(invoice, lines, reason)
        for line in lines:
            line.credit_note = note
        CreditNoteLine.objects.bulk_create(lines)
        freed = _settle(invoice, note, by)
        for payment, amount in freed:
            _give(payment, amount, note, refund_by, by)
    return note


def _concerned(invoice: Invoice, refund_by: str) -> set[int]:
    """What is locked at the start: giving back touches every invoice that the same payments have paid."""
    if not refund_by:
        return {invoice.pk}
    paying = invoice.allocations.values("payment")
    shared = Allocation.objects.filter(payment__in=paying).values_list("invoice", flat=True)
    return {invoice.pk, *shared}


def _require_each_line_once(credits: Sequence[Credit]) -> None:
    named = [credit.line_id for credit in credits if credit.line_id is not None]
    if len(set(named)) != len(named):
        raise Problem(_("Name each line once."), field="lines", code="twice")


def _line(invoice: Invoice, credit: Credit, path: str) -> CreditNoteLine:
    if bounded_minor(credit.amount, field=f"{path}.amount") <= 0:
        raise Problem(_("The amount must be above zero."), field=f"{path}.amount", code="amount")
    if credit.line_id is None:
        name = clean_text(credit.name, limit=200, field=f"{path}.name") or _("Credit on the whole invoice")
        return CreditNoteLine(name=name, amount=credit.amount)
    line = invoice.lines.filter(pk=credit.line_id).first()
    if line is None:
        raise Problem(_("No such line."), field=f"{path}.line", code="not_found")
    before = CreditNoteLine.objects.filter(line=line).aggregate(sum=Sum("amount"))["sum"] or 0
    if before + credit.amount > line.total:
        raise Problem(_("This is more than was invoiced for it."), field=f"{path}.amount", code="too_large")
    return CreditNoteLine(line=line, name=line.name, amount=credit.amount)


def _numbered(invoice: Invoice, lines: Sequence[CreditNoteLine], reason: str) -> CreditNote:
    total = sum(line.amount for line in lines)
    most = invoice.amount_invoiced - invoice.credit_total - invoice.allowance_total
    if not lines:
        raise Problem(_("The amount must be above zero."), field="lines", code="required")
    if total > most:
        raise Problem(_("This is more than was invoiced."), field="lines", code="too_large")
    paid = invoice.amount_paid - invoice.surcharge_total
    gives_back = max(0, paid - (most - total))
    business = invoice.business
    on = business.today()
    taken = take_credit_note(business, series_for(business.credit_note_pattern, day=on))
    row: CreditNote = CreditNote.objects.create(
        business=business,
        invoice=invoice,
        number=taken.number,
        series=taken.series,
        series_place=taken.place or 0,
        on=on,
        reason=reason,
        currency=invoice.currency,
        total=total,
        reduces=total - gives_back,
        gives_back=gives_back,
    )
    return row


def _settle(invoice: Invoice, note: CreditNote, by: object) -> list[tuple[Payment, int]]:
    """Lower the debt and free what was paid too much, the newest payment first."""
    wanted = _newest_first(invoice, note.gives_back)
    rows = Payment.objects.for_business(note.business_id).filter(pk__in=wanted).order_by("paid_on", "pk")
    freed = [(payment, wanted[payment.pk]) for payment in rows.select_for_update()]
    for payment, amount in freed:
        ledger.take_back(invoice, payment, amount, note.on, reopen=True, only_principal=True)
    movement = Movement(amount=-note.gives_back, credited=note.total)
    about = {"credit_note": note.number, "reason": note.reason}
    invoices.move(invoice, movement, "invoice.credited", about=about, by=by)
    if invoice.status == Status.PAID:
        cancel_intents(invoice)
    data = {"number": note.number, "total": note.total, "gives_back": note.gives_back}
    record("credit_note.issued", note, business=note.business_id, by=by, data=data)
    return freed


def _newest_first(invoice: Invoice, amount: int) -> dict[int, int]:
    """How much of `amount` each payment gives, by its id."""
    wanted: dict[int, int] = {}
    for share in ledger.shares(invoice):
        given = min(amount, share.principal)
        amount -= given
        if given:
            wanted[share.payment_id] = wanted.get(share.payment_id, 0) + given
    return wanted


def _give(payment: Payment, amount: int, note: CreditNote, refund_by: str, by: object) -> None:
    if not refund_by:
        tell_credit(payment, "credit_note", by=by)
        return
    if refund_by == payment.method and payment.source in CardProvider.values:
        message = _("Keep it as credit, then give it back from the payment: that asks the card provider.")
        raise Problem(message, field="refund_by", code="card")
    key = f"{note.number}-{payment.pk}"
    given = GivenBack(amount, reason=note.reason, method=refund_by, external_id=key)
    refund(payment, given, by=by)
