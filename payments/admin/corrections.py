"""What staff do about the money of an issued invoice: credit it, waive fine and interest, use the customer's credit."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from businesses.admin.owned import staff
from core.money import format_money
from core.problems import Conflict
from invoices.admin.received import MONEY_VERBS, credit_of, creditable
from invoices.admin.screens import find
from invoices.models import Invoice
from payments import actions, credit_notes, ledger
from payments.admin.ask import Ask, answered
from payments.admin.fields import MoneyForm
from payments.admin.forms import CreditNoteForm, WaiveForm
from payments.models import CreditNoteLine

Asked = tuple[Ask, Callable[[], str]]


def correct(request: HttpRequest, pk: str, name: str) -> HttpResponse:
    verb = MONEY_VERBS.get(name)
    if verb is None or name not in ASKS:
        raise Http404
    invoice = find(request, pk, verb.can)
    if request.method == "GET" and not verb.is_legal(invoice):
        messages.warning(request, _("This is not possible any more."))
        return redirect("admin:invoices_invoice_change", invoice.pk)
    return answered(request, *ASKS[name](request, invoice))


def _page(request: HttpRequest, invoice: Invoice, title: str, form: MoneyForm, **more: Any) -> Ask:
    language = staff(request).language
    facts = [
        (gettext_lazy("Customer"), str(invoice.payer.get("name") or invoice.customer.name)),
        (gettext_lazy("Invoice"), str(invoice)),
        (gettext_lazy("Invoiced"), format_money(invoice.amount_invoiced, invoice.currency, language)),
    ]
    if invoice.amount_paid:
        facts.append((gettext_lazy("Paid"), format_money(invoice.amount_paid, invoice.currency, language)))
    back = reverse("admin:invoices_invoice_change", args=[invoice.pk])
    return Ask(title=title, back=back, form=form, facts=facts, **more)


def _data(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _use_credit(request: HttpRequest, invoice: Invoice) -> Asked:
    money = format_money(credit_of(invoice), invoice.currency, staff(request).language)
    says = [
        _("The customer has a credit of %(amount)s.") % {"amount": money},
        _("It pays this invoice as far as it goes; the rest stays credit."),
    ]
    form = MoneyForm(_data(request), currency=invoice.currency)
    ask = _page(request, invoice, _("Use credit"), form, says=says, button=_("Use credit"))

    def do() -> str:
        used = actions.use_credit(invoice, by=request.user)
        if not used:
            raise Conflict(_("There is no credit any more."))
        amount = format_money(used, invoice.currency, staff(request).language)
        return _("%(amount)s of the credit used.") % {"amount": amount}

    return ask, do


def _credit_note(request: HttpRequest, invoice: Invoice) -> Asked:
    language = staff(request).language
    form = CreditNoteForm(_data(request), invoice=invoice, left=_left_of_lines(invoice))
    most = format_money(creditable(invoice), invoice.currency, language)
    says = [
        _("At most %(amount)s can be credited.") % {"amount": most},
        _(
            "What was not paid yet is due no more; what was paid is freed. A credit note cannot be taken back."
        ),
    ]
    rows = [
        ((line.name, format_money(left, invoice.currency, language)), bound)
        for line, bound, left in form.rows()
    ]
    head = [_("Item"), _("Left to credit")]
    ask = _page(
        request,
        invoice,
        _("Credit note"),
        form,
        says=says,
        button=_("Issue credit note"),
        head=head,
        rows=rows,
    )

    def do() -> str:
        data = form.cleaned_data
        note = credit_notes.issue(
            invoice, form.credits(), reason=data["reason"], refund_by=data["refund_by"], by=request.user
        )
        return _("Credit note %(number)s is issued.") % {"number": note.number}

    return ask, do


def _left_of_lines(invoice: Invoice) -> dict[int, int]:
    """What may still be credited of each line, in minor units."""
    rows = CreditNoteLine.objects.filter(line__invoice=invoice).values_list("line").annotate(Sum("amount"))
    credited = dict(rows.order_by())
    return {line.pk: line.total - credited.get(line.pk, 0) for line in invoice.lines.all()}


def _waive(request: HttpRequest, invoice: Invoice) -> Asked:
    language = staff(request).language
    quote = ledger.owed(invoice, invoice.business.today())
    form = WaiveForm(_data(request), currency=invoice.currency, initial={"fine": True, "interest": True})
    charged = {"fine": quote.fine, "interest": quote.interest}
    words = {name: format_money(amount, invoice.currency, language) for name, amount in charged.items()}
    says = [
        _("Today the fine is %(fine)s and the interest %(interest)s.") % words,
        _("What is waived is not asked for any more; the reason stays in the history."),
    ]
    ask = _page(request, invoice, _("Waive fine or interest"), form, says=says, button=_("Waive"))

    def do() -> str:
        data = form.cleaned_data
        actions.waive(
            invoice,
            reason=data["reason"],
            fine=data["fine"],
            interest=data["interest"],
            amount=data["amount"],
            by=request.user,
        )
        return _("Waived.")

    return ask, do


ASKS: dict[str, Callable[[HttpRequest, Invoice], Asked]] = {
    "use-credit": _use_credit,
    "credit-note": _credit_note,
    "waive": _waive,
}
