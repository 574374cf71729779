"""What somebody can do with one entry of a bank file: a GET asks, a POST does."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from businesses.admin.keys import key_of
from businesses.admin.owned import staff
from businesses.roles import Can
from core.problems import Conflict, Problem
from customers.models import Customer
from invoices.admin.frame import framed
from invoices.models import Invoice
from payments import bank_entries as entries
from payments import ledger
from payments.actions import TAKES_MONEY
from payments.bank_words import sentence
from payments.models import BankEntry, EntryState

FOUND = 20
SUGGESTED, UNKNOWN, DISMISSED = EntryState.SUGGESTED, EntryState.UNKNOWN, EntryState.DISMISSED

Act = Callable[[HttpRequest, BankEntry], object]


@dataclass(frozen=True)
class Verb:
    """`asks` is what must be given besides the click: an invoice, a customer, a reason or nothing."""

    name: str
    label: str | Promise
    icon: str
    states: frozenset[str]
    question: str | Promise
    done: str | Promise
    act: Act
    asks: str = ""
    is_main: bool = False
    holds: Callable[[BankEntry], bool] = lambda entry: True

    def allowed(self, entry: BankEntry) -> bool:
        return entry.state in self.states and self.holds(entry)


def _confirm(request: HttpRequest, entry: BankEntry) -> object:
    return entries.confirm(entry, by=request.user)


def _same(request: HttpRequest, entry: BankEntry) -> None:
    entries.same_payment(entry, by=request.user)


def _choose(request: HttpRequest, entry: BankEntry) -> object:
    rows = Invoice.objects.for_business(entry.business_id)
    invoice = rows.filter(pk=key_of(request.POST.get("invoice", "")) or 0).first()
    if invoice is None:
        raise Problem(str(_("Choose the invoice.")), field="invoice", code="required")
    return entries.confirm(entry, invoice, by=request.user)


def _credit(request: HttpRequest, entry: BankEntry) -> object:
    rows = Customer.objects.for_business(entry.business_id)
    customer = rows.filter(pk=key_of(request.POST.get("customer", "")) or 0).first()
    if customer is None:
        raise Problem(str(_("Choose the customer.")), field="customer", code="required")
    return entries.keep_as_credit(entry, customer, by=request.user)


def _dismiss(request: HttpRequest, entry: BankEntry) -> None:
    entries.dismiss(entry, request.POST.get("reason", ""), by=request.user)


def _reopen(request: HttpRequest, entry: BankEntry) -> None:
    entries.reopen(entry, by=request.user)


VERBS = {
    verb.name: verb
    for verb in [
        Verb(
            "same",
            _("It is the same payment"),
            "done_all",
            frozenset({SUGGESTED}),
            _("Nothing is applied: the payment is here already."),
            _("Recognised."),
            _same,
            is_main=True,
            holds=lambda entry: entry.payment_id is not None,
        ),
        Verb(
            "apply",
            _("Apply"),
            "task_alt",
            frozenset({SUGGESTED}),
            _("The payment is registered and applied to this invoice."),
            _("Applied."),
            _confirm,
            is_main=True,
            holds=lambda entry: entry.payment_id is None and entry.invoice_id is not None,
        ),
        Verb(
            "choose",
            _("Choose the invoice"),
            "search",
            frozenset({SUGGESTED, UNKNOWN}),
            _("Which invoice does it pay? What that does not take becomes the customer's credit."),
            _("Applied."),
            _choose,
            asks="invoice",
        ),
        Verb(
            "credit",
            _("Keep as customer credit"),
            "savings",
            frozenset({SUGGESTED, UNKNOWN}),
            _("Whose money is it? The next invoice of this customer will use it."),
            _("Kept as credit."),
            _credit,
            asks="customer",
        ),
        Verb(
            "dismiss",
            pgettext_lazy("action", "Set aside"),
            "visibility_off",
            frozenset({SUGGESTED, UNKNOWN}),
            _("For money that is no customer's payment. You can take it up again."),
            _("Set aside."),
            _dismiss,
            asks="reason",
        ),
        Verb(
            "reopen",
            _("Take up again"),
            "undo",
            frozenset({DISMISSED}),
            _("The entry waits to be confirmed again."),
            _("Taken up again."),
            _reopen,
            is_main=True,
        ),
    ]
}


def verbs_for(entry: BankEntry) -> list[Verb]:
    return [verb for verb in VERBS.values() if verb.allowed(entry)]


def find(request: HttpRequest, pk: str) -> BankEntry:
    rows = BankEntry.objects.for_staff(staff(request))
    rows = rows.select_related("file", "business", "invoice__customer", "payment")
    entry = rows.filter(pk=key_of(pk) or 0).first()
    if entry is None:
        raise Http404
    if not staff(request).can(Can.RECEIVE, entry.business_id):
        raise PermissionDenied
    return entry  # type: ignore[no-any-return]


def act(request: HttpRequest, pk: str, verb: str) -> HttpResponse:
    entry, found = find(request, pk), VERBS.get(verb)
    if found is None:
        raise Http404
    if request.method not in ("GET", "POST"):
        return HttpResponseNotAllowed(["GET", "POST"])
    if not found.allowed(entry):
        messages.warning(request, str(_("This is not possible any more.")))
        return redirect(_back(request, entry))
    if request.method == "GET":
        return _ask(request, entry, found)
    try:
        found.act(request, entry)
    except Problem as problem:
        return _ask(request, entry, found, problem.text)
    except Conflict as conflict:
        messages.error(request, conflict.text)
        return redirect(_back(request, entry))
    messages.success(request, str(found.done))
    return redirect(_back(request, entry))


def _back(request: HttpRequest, entry: BankEntry) -> str:
    if "list" in (request.POST.get("back"), request.GET.get("back")):
        return reverse("admin:payments_bankfile_waiting")
    return reverse("admin:payments_bankfile_change", args=[entry.file_id])


def _ask(request: HttpRequest, entry: BankEntry, verb: Verb, error: str = "") -> HttpResponse:
    words = " ".join(request.GET.get("q", "")[:100].split())
    context: dict[str, Any] = {
        "entry": entry,
        "verb": verb,
        "error": error,
        "q": words,
        "back": _back(request, entry),
        "is_list": "list" in (request.POST.get("back"), request.GET.get("back")),
        "reasons": [sentence(reason, entry.currency) for reason in entry.reasons],
        "reason": request.POST.get("reason", "")[:200],
    }
    if verb.asks == "invoice":
        context["invoices"] = [_offer(invoice, entry) for invoice in _invoices(entry, words)]
    if verb.asks == "customer":
        context["customers"] = _customers(entry, words)
    return framed(request, "admin/bank/ask.html", context, str(verb.label), 422 if error else 200)


def _offer(invoice: Invoice, entry: BankEntry) -> tuple[Invoice, int]:
    """With what it asked for on the day of the payment."""
    return invoice, ledger.owed(invoice, entry.on).total


def _invoices(entry: BankEntry, words: str) -> Iterable[Invoice]:
    """What was searched for; before that, those that the entry could mean."""
    rows = Invoice.objects.for_business(entry.business_id).current().filter(currency=entry.currency)
    rows = rows.filter(status__in=TAKES_MONEY).select_related("customer", "business")
    rows = rows.prefetch_related("allocations", "waivers").order_by("due_on", "pk")
    if words:
        return list(rows.search(words)[:FOUND])
    meant = [row["id"] for reason in entry.reasons for row in reason.get("invoices", [])]
    return list(rows.filter(pk__in=[*meant, entry.invoice_id or 0])[:FOUND])


def _customers(entry: BankEntry, words: str) -> list[Customer]:
    rows = Customer.objects.for_business(entry.business_id)
    if words:
        return list(rows.search(words)[:FOUND])
    if entry.payer_tax_id:
        return list(rows.filter(tax_id=entry.payer_tax_id)[:FOUND])
    return list(rows.search(entry.payer_name)[:FOUND]) if entry.payer_name else []
