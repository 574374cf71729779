"""The money of one invoice on its page: what it asks for today and why, what was paid, credited and waived."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Sum
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from businesses.models import User
from businesses.roles import Can
from businesses.terms import Terms
from invoices.actions import PAYABLE
from invoices.models import Invoice
from invoices.quote import Quote
from invoices.quote_words import explain
from payments import ledger
from payments.actions import TAKES_MONEY
from payments.models import UNAPPLIED, Payment


@dataclass(frozen=True)
class MoneyVerb:
    """A button that leads to a question about money."""

    name: str
    label: str | Promise
    icon: str
    can: Can
    is_legal: Callable[[Invoice], bool]

    def url(self, invoice: Invoice) -> str:
        if self.name == "register":
            return f"{reverse('admin:payments_payment_add')}?invoice={invoice.pk}"
        return reverse("admin:payments_payment_correct", args=[invoice.pk, self.name])


@dataclass(frozen=True)
class Paid:
    """What one payment has done for the invoice, all its rows together; minor units."""

    payment: Payment
    amount: int
    is_taken_back: bool


def today(invoice: Invoice) -> Quote | None:
    """What is due by the business's own calendar; nothing for what takes no money."""
    return ledger.owed(invoice, invoice.business.today()) if invoice.status in TAKES_MONEY else None


def context(invoice: Invoice, user: User) -> dict[str, Any]:
    quote = today(invoice)
    is_other = quote is not None and quote.total != invoice.amount_invoiced
    return {
        "quote": quote if is_other else None,
        "why": explain(quote, invoice.currency, user.language) if quote and is_other else [],
        "paid": paid(invoice),
        "credit_notes": invoice.credit_notes.order_by("pk"),
        "waivers": invoice.waivers.all(),
        "credit": credit_of(invoice) if invoice.status in TAKES_MONEY else 0,
        "money_verbs": [
            (verb, verb.url(invoice))
            for verb in MONEY_VERBS.values()
            if user.can(verb.can, invoice.business_id) and verb.is_legal(invoice)
        ],
    }


def paid(invoice: Invoice) -> list[Paid]:
    """The oldest first; one whose money was taken back is still said."""
    sums = dict(invoice.allocations.order_by().values_list("payment").annotate(Sum("amount")))
    rows = Payment.objects.for_business(invoice.business_id).filter(pk__in=sums).order_by("paid_on", "pk")
    return [Paid(payment, sums[payment.pk], not sums[payment.pk]) for payment in rows]


def credit_of(invoice: Invoice) -> int:
    """Minor units of its customer's credit in its currency."""
    rows = Payment.objects.for_business(invoice.business_id).with_credit()
    mine = rows.filter(customer=invoice.customer_id, currency=invoice.currency)
    return mine.aggregate(sum=Sum(UNAPPLIED))["sum"] or 0


def creditable(invoice: Invoice) -> int:
    """What a credit note may take off at most, in minor units."""
    return invoice.amount_invoiced - invoice.credit_total - invoice.allowance_total


def _is_open(invoice: Invoice) -> bool:
    return invoice.status in TAKES_MONEY


def _charges_late(invoice: Invoice) -> bool:
    terms = Terms.of(invoice.payment_terms)
    return bool(terms.fine_percent or terms.fine_amount or terms.interest)


MONEY_VERBS = {
    verb.name: verb
    for verb in [
        MoneyVerb("register", _("Register payment"), "add_card", Can.RECEIVE, _is_open),
        MoneyVerb(
            "use-credit",
            _("Use credit"),
            "savings",
            Can.RECEIVE,
            lambda invoice: _is_open(invoice) and credit_of(invoice) > 0,
        ),
        MoneyVerb(
            "credit-note",
            _("Credit note"),
            "receipt",
            Can.REFUND,
            lambda invoice: invoice.status in PAYABLE and creditable(invoice) > 0,
        ),
        MoneyVerb(
            "waive",
            _("Waive fine or interest"),
            "volunteer_activism",
            Can.REFUND,
            lambda invoice: _is_open(invoice) and _charges_late(invoice),
        ),
    ]
}
