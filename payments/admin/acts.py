"""What staff can do with one payment: give back, apply, say whose it is, and what became of a dispute."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from businesses.admin.owned import staff
from businesses.models import User
from businesses.roles import Can
from core.dates import short_date
from core.money import format_money
from core.problems import Conflict
from payments import actions, cards, refunds
from payments.actions import locked_invoices
from payments.admin.ask import Ask, answered
from payments.admin.fields import MoneyForm
from payments.admin.forms import AssignForm, RefundForm, ShareForm
from payments.admin.owing import open_invoices
from payments.models import CardProvider, Payment


@dataclass(frozen=True)
class Act:
    """`ask` builds the page and what its POST does."""

    name: str
    label: str | Promise
    icon: str
    can: Can
    is_legal: Callable[[Payment], bool]
    ask: Callable[[HttpRequest, Payment], tuple[Ask, Callable[[], str]]]
    is_danger: bool = False


def act(request: HttpRequest, payment: Payment, name: str) -> HttpResponse:
    chosen = ACTS[name]
    if request.method == "GET" and not chosen.is_legal(payment):
        messages.warning(request, _("This is not possible any more."))
        return redirect("admin:payments_payment_change", payment.pk)
    return answered(request, *chosen.ask(request, payment))


def known(name: str) -> Act:
    if name not in ACTS:
        raise Http404
    return ACTS[name]


def acts_for(user: User, payment: Payment) -> list[Act]:
    return [
        item for item in ACTS.values() if user.can(item.can, payment.business_id) and item.is_legal(payment)
    ]


def _page(request: HttpRequest, payment: Payment, title: str, form: MoneyForm, **more: Any) -> Ask:
    language = staff(request).language
    facts = [
        (gettext_lazy("Received on"), short_date(payment.paid_on, language)),
        (gettext_lazy("Amount"), format_money(payment.amount, payment.currency, language)),
    ]
    if payment.customer:
        facts.insert(0, (gettext_lazy("Customer"), payment.customer.name))
    back = reverse("admin:payments_payment_change", args=[payment.pk])
    return Ask(title=title, back=back, form=form, facts=facts, **more)


def _data(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _refund(request: HttpRequest, payment: Payment) -> tuple[Ask, Callable[[], str]]:
    initial = {
        "amount": payment.unapplied or payment.refundable,
        "on": payment.business.today(),
        "method": payment.method,
    }
    form = RefundForm(_data(request), payment=payment, initial=initial)
    is_card = payment.source in CardProvider.values
    most = format_money(payment.refundable, payment.currency, staff(request).language)
    through = _("The card provider is told to give the money back to the payer.")
    by_hand = _("Faturo writes it down; send the money yourself.")
    says = [
        _("At most %(amount)s can be given back.") % {"amount": most},
        through if is_card else by_hand,
        _("Credit goes first, then what the invoices hold."),
    ]
    ask = _page(
        request, payment, _("Give money back"), form, says=says, button=_("Give back"), is_danger=True
    )

    def do() -> str:
        if is_card:
            data = form.cleaned_data
            cards.give_back(
                payment,
                data["amount"],
                data["reason"],
                reopen=bool(data["reopen"]),
                key=data["key"],
                by=request.user,
            )
        else:
            refunds.refund(payment, form.given(), by=request.user)
        return _("The money is given back.")

    return ask, do


def _apply(request: HttpRequest, payment: Payment) -> tuple[Ask, Callable[[], str]]:
    language = staff(request).language
    opened = open_invoices(payment.customer, payment.currency) if payment.customer else []
    initial = {"language": language}
    form = ShareForm(_data(request), currency=payment.currency, opened=opened, initial=initial)
    left = format_money(payment.unapplied, payment.currency, language)
    rows = [
        (
            (
                str(row.invoice),
                short_date(row.invoice.due_on, language),
                format_money(row.today, payment.currency, language),
            ),
            bound,
        )
        for row, bound in form.shares()
    ]
    says = [
        _("%(amount)s are left of this payment.") % {"amount": left},
        _("Leave the amounts empty to pay the oldest invoices first."),
    ]
    head = [_("Invoice"), _("Due"), _("Today")]
    ask = _page(
        request, payment, _("Apply to invoices"), form, says=says, button=_("Apply"), head=head, rows=rows
    )
    return ask, lambda: _applied(request, payment, form)


def _applied(request: HttpRequest, payment: Payment, form: ShareForm) -> str:
    form.check_shares(payment.unapplied)
    targets = form.targets()
    used = 0
    with transaction.atomic():
        found = locked_invoices(payment.business_id, [target.invoice_id for target in targets])
        rows = Payment.objects.for_business(payment.business_id).select_for_update()
        locked = rows.select_related("business").get(pk=payment.pk)
        day = max(payment.business.today(), payment.paid_on)
        for target in targets:
            invoice = found[target.invoice_id]
            used += actions.apply(locked, invoice, limit=target.amount, on=day, by=request.user)
        if not used:
            raise Conflict(_("No open invoice takes this money."))
    amount = format_money(used, payment.currency, staff(request).language)
    return _("%(amount)s applied.") % {"amount": amount}


def _assign(request: HttpRequest, payment: Payment) -> tuple[Ask, Callable[[], str]]:
    form = AssignForm(_data(request), payment=payment, initial={"customer": payment.customer_id})
    says = [_("Nothing is applied yet: that is the next step.")]
    ask = _page(request, payment, _("Assign to a customer"), form, says=says, button=_("Assign"))

    def do() -> str:
        actions.assign(payment, form.cleaned_data["customer"], by=request.user)
        return _("The payment has its customer.")

    return ask, do


def _dispute(request: HttpRequest, payment: Payment) -> tuple[Ask, Callable[[], str]]:
    says = [_("The payer’s bank questions this payment. Nothing moves until it is decided.")]
    form = MoneyForm(_data(request), currency=payment.currency)
    ask = _page(request, payment, _("Mark as disputed"), form, says=says, button=_("Mark as disputed"))

    def do() -> str:
        refunds.dispute(payment, by=request.user)
        return _("Marked as disputed.")

    return ask, do


def _won(request: HttpRequest, payment: Payment) -> tuple[Ask, Callable[[], str]]:
    form = MoneyForm(_data(request), currency=payment.currency)
    ask = _page(
        request, payment, _("Dispute won"), form, says=[_("The money stays.")], button=_("Dispute won")
    )

    def do() -> str:
        refunds.win_dispute(payment, by=request.user)
        return _("The dispute is won.")

    return ask, do


def _lost(request: HttpRequest, payment: Payment) -> tuple[Ask, Callable[[], str]]:
    says = [_("The money is gone: the invoices that it paid ask for it again.")]
    form = MoneyForm(_data(request), currency=payment.currency)
    ask = _page(
        request, payment, _("Dispute lost"), form, says=says, button=_("Dispute lost"), is_danger=True
    )

    def do() -> str:
        if payment.disputed_at is None:
            raise Conflict(_("This is not possible any more."))
        refunds.lose_dispute(payment, by=request.user)
        return _("The dispute is lost; what the payment had paid is due again.")

    return ask, do


def _is_disputed(payment: Payment) -> bool:
    return payment.disputed_at is not None and payment.refundable > 0


ACTS = {
    item.name: item
    for item in [
        Act(
            "apply",
            gettext_lazy("Apply to invoices"),
            "receipt_long",
            Can.RECEIVE,
            lambda payment: payment.unapplied > 0 and payment.customer_id is not None,
            _apply,
        ),
        Act(
            "assign",
            gettext_lazy("Assign to a customer"),
            "person_add",
            Can.RECEIVE,
            lambda payment: payment.unapplied > 0 and not payment.applied,
            _assign,
        ),
        Act(
            "refund",
            gettext_lazy("Give back"),
            "undo",
            Can.REFUND,
            lambda payment: payment.refundable > 0,
            _refund,
            is_danger=True,
        ),
        Act(
            "dispute",
            gettext_lazy("Mark as disputed"),
            "gavel",
            Can.REFUND,
            lambda payment: payment.disputed_at is None and payment.refundable > 0,
            _dispute,
        ),
        Act("won", gettext_lazy("Dispute won"), "verified", Can.REFUND, _is_disputed, _won),
        Act(
            "lost",
            pgettext_lazy("payment", "Dispute lost"),
            "money_off",
            Can.REFUND,
            _is_disputed,
            _lost,
            is_danger=True,
        ),
    ]
}
