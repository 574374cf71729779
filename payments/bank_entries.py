"""What is done with one movement of a bank file: applied to an invoice, kept as credit, set aside. The only writer.

A movement becomes a payment once, whoever confirms it and however often.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, time
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from businesses.events import record
from core.problems import Conflict, Problem
from core.text import clean_text
from customers.models import Customer
from invoices.models import Invoice
from payments.actions import Incoming, Target, locked_invoices, receive
from payments.matching import NOT_SURE
from payments.models import BankEntry, EntryState, Payment

SOURCE = "bank"
WAITING = (EntryState.SUGGESTED, EntryState.UNKNOWN)


def confirm(
    entry: BankEntry, invoice: Invoice | None = None, part: int | None = None, *, by: object = None
) -> Payment:
    """Somebody says which invoice it pays: the proposed one, or `invoice`. What that does not take becomes credit.

    Raises Conflict when somebody has dealt with the entry already, Problem for an invoice that is not there.
    """
    key = invoice.pk if invoice else entry.invoice_id
    if key is None:
        raise Problem(_("Choose the invoice."), field="invoice", code="required")
    part = part if invoice else entry.part
    with transaction.atomic():
        chosen = locked_invoices(entry.business_id, [key])[key]
        payment = book_entry(entry, [Target(key, part=part)], by=by)
        _tell("bank_entry.confirmed", entry, by, {"invoice": chosen.number})
    return payment


def keep_as_credit(entry: BankEntry, customer: Customer, *, by: object = None) -> Payment:
    """The customer's money, for no invoice yet."""
    if customer.business_id != entry.business_id:
        raise Problem(_("No such customer."), field="customer", code="not_found")
    with transaction.atomic():
        payment = book_entry(entry, [], customer, by=by)
        _tell("bank_entry.kept_as_credit", entry, by, {"customer": customer.name})
    return payment


def same_payment(entry: BankEntry, *, by: object = None) -> None:
    """Somebody agrees that the payment is here already: nothing is applied."""
    if entry.payment_id is None:
        raise Problem(_("There is no payment to compare with."), field="payment", code="required")
    with transaction.atomic():
        _claim(entry, [EntryState.SUGGESTED], state=EntryState.APPLIED)
        _tell("bank_entry.recognised", entry, by, {})


def dismiss(entry: BankEntry, reason: str, *, by: object = None) -> None:
    """Set aside: no payment of a customer."""
    reason = clean_text(reason, limit=200, field="reason")
    if not reason:
        raise Problem(_("Say why."), field="reason", code="required")
    reasons = [*entry.reasons, {"code": "dismissed", "text": reason}]
    with transaction.atomic():
        _claim(entry, WAITING, state=EntryState.DISMISSED, reasons=reasons)
        _tell("bank_entry.dismissed", entry, by, {"reason": reason})


def reopen(entry: BankEntry, *, by: object = None) -> None:
    """Take an entry that was set aside up again; from now on only somebody can apply it."""
    reasons = [row for row in entry.reasons if row["code"] != "dismissed"]
    state = EntryState.SUGGESTED if entry.invoice_id or entry.payment_id else EntryState.UNKNOWN
    with transaction.atomic():
        confidence = min(entry.confidence, NOT_SURE)
        _claim(entry, [EntryState.DISMISSED], state=state, reasons=reasons, confidence=confidence)
        _tell("bank_entry.reopened", entry, by, {})


def book_entry(
    entry: BankEntry, targets: Sequence[Target], customer: Customer | None = None, *, by: object = None
) -> Payment:
    """The one place where an entry becomes a payment; whoever comes second gets a Conflict."""
    _claim(entry, WAITING, state=EntryState.APPLIED)
    payment, _is_new = receive(entry.business, _incoming(entry), targets, customer=customer, by=by)
    values: dict[str, Any] = {"payment": payment}
    if targets:
        values |= {"invoice_id": targets[0].invoice_id, "part": targets[0].part}
    change(entry, [EntryState.APPLIED], **values)
    return payment


def _incoming(entry: BankEntry) -> Incoming:
    noon = datetime.combine(entry.on, time(12), entry.business.zone)
    is_today = entry.on == entry.business.today()
    return Incoming(
        amount=entry.amount,
        currency=entry.currency,
        method=entry.method,
        paid_at=min(noon, timezone.now()) if is_today else noon,
        source=SOURCE,
        external_id=entry.fingerprint,
        fee=entry.fee,
        account_id=entry.file.account_id,
        payer_name=entry.payer_name,
        payer_tax_id=entry.payer_tax_id,
    )


def _claim(entry: BankEntry, states: Iterable[str], **values: Any) -> None:
    if not change(entry, states, **values):
        raise Conflict(_("Somebody has dealt with this entry already."))


def change(entry: BankEntry, states: Iterable[str], **values: Any) -> bool:
    """Compare and set."""
    rows = BankEntry.objects.for_business(entry.business_id).filter(pk=entry.pk, state__in=list(states))
    if not rows.update(**values, updated_at=timezone.now()):
        return False
    for name, value in values.items():
        setattr(entry, name, value)
    return True


def _tell(kind: str, entry: BankEntry, by: object, data: dict[str, Any]) -> None:
    """On the file's own record, which has a page."""
    facts = {"line": entry.line, "amount": entry.amount, "currency": entry.currency}
    record(kind, entry.file, business=entry.business_id, by=by, data=facts | data)
