"""Register a payment: two clicks from an invoice, or one payment for several invoices of a customer."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from businesses.admin.keys import key_of
from businesses.admin.owned import staff
from businesses.models import Account, Business
from businesses.roles import Can
from core import files
from core.money import format_money
from core.problems import Problem
from customers.models import Customer
from invoices.admin.frame import framed
from invoices.admin.screens import find as find_invoice
from invoices.models import Invoice
from payments import actions
from payments.actions import TAKES_MONEY
from payments.admin.forms import CustomerForm, RegisterForm
from payments.admin.owing import asking, currencies, open_invoices
from payments.models import Method, Payment


def add(request: HttpRequest) -> HttpResponse:
    """For `?invoice=`, for `?customer=`, or first the question whose money it was."""
    if request.method not in ("GET", "POST"):
        return HttpResponseNotAllowed(["GET", "POST"])
    if "invoice" in request.GET:
        return _for_invoice(request, find_invoice(request, request.GET["invoice"], Can.RECEIVE))
    if "customer" in request.GET:
        return _for_customer(request, _customer(request))
    businesses = Business.objects.for_staff(staff(request), Can.RECEIVE).order_by("pk")
    first = businesses.first()
    if first is None:
        raise PermissionDenied
    form = CustomerForm(Customer.objects.for_staff(staff(request), Can.RECEIVE), first)
    return framed(request, "admin/payments/whose.html", {"form": form}, _("Register payment"))


def _customer(request: HttpRequest) -> Customer:
    rows = Customer.objects.for_staff(staff(request)).select_related("business")
    customer = rows.filter(pk=key_of(request.GET["customer"]) or 0).first()
    if customer is None:
        raise Http404
    if not staff(request).can(Can.RECEIVE, customer.business_id):
        raise PermissionDenied
    return customer  # type: ignore[no-any-return]


def _for_invoice(request: HttpRequest, invoice: Invoice) -> HttpResponse:
    """A second click arrives when the invoice is paid already, so only the question asks for an open one."""
    page = reverse("admin:invoices_invoice_change", args=[invoice.pk])
    if request.method == "GET" and invoice.status not in TAKES_MONEY:
        messages.warning(request, _("This is not possible any more."))
        return redirect(page)
    opened = asking([invoice], invoice.business.today())
    initial = _initial(request, invoice.business, opened[0].today if invoice.status in TAKES_MONEY else None)
    initial |= {"account": invoice.account_id or initial["account"], "method": _method(invoice)}
    form = _form(request, invoice.business, invoice.currency, initial)
    context = {"form": form, "invoice": invoice, "customer": invoice.customer, "back": page}
    return _answer(request, context, [actions.Target(invoice.pk)], page)


def _for_customer(request: HttpRequest, customer: Customer) -> HttpResponse:
    offered = currencies(customer)
    wanted = request.GET.get("currency", "")
    currency = wanted if wanted in offered else offered[0]
    opened = open_invoices(customer, currency)
    initial = _initial(request, customer.business, sum(row.today for row in opened) or None)
    form = _form(request, customer.business, currency, initial, opened=opened)
    context = {
        "form": form,
        "customer": customer,
        "currencies": [
            (code, "?" + urlencode({"customer": customer.pk, "currency": code}), code == currency)
            for code in offered
        ],
        "back": reverse("admin:payments_payment_changelist"),
    }
    return _answer(request, context, None, "")


def _form(
    request: HttpRequest, business: Business, currency: str, initial: dict[str, Any], **more: Any
) -> RegisterForm:
    data = request.POST if request.method == "POST" else None
    uploads = request.FILES if data is not None else None
    return RegisterForm(data, files=uploads, business=business, currency=currency, initial=initial, **more)


def _initial(request: HttpRequest, business: Business, amount: int | None) -> dict[str, Any]:
    accounts = Account.objects.for_business(business).filter(is_default=True)
    return {
        "amount": amount,
        "paid_on": business.today(),
        "method": Method.PIX,
        "account": accounts.values_list("pk", flat=True).first(),
        "language": staff(request).language,
    }


def _method(invoice: Invoice) -> str:
    """Pix, unless the invoice takes only others."""
    methods = invoice.payable_with
    return Method.PIX if not methods or Method.PIX in methods else str(methods[0])


def _answer(
    request: HttpRequest, context: dict[str, Any], targets: list[actions.Target] | None, page: str
) -> HttpResponse:
    form, status = context["form"], 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                payment, is_new = _receive(request, form, targets, context["customer"])
            except Problem as problem:
                form.show(problem)
            else:
                _tell(request, payment, is_new=is_new)
                return redirect(page or reverse("admin:payments_payment_change", args=[payment.pk]))
    return framed(request, "admin/payments/register.html", context, _("Register payment"), status)


def _receive(
    request: HttpRequest, form: RegisterForm, targets: list[actions.Target] | None, customer: Customer
) -> tuple[Payment, bool]:
    """A file that no payment names in the end is dropped again."""
    form.incoming()
    key = _stored(request.FILES.get("attachment"))
    is_new = False
    try:
        payment, is_new = actions.receive(
            form.business,
            form.incoming(key),
            form.targets() if targets is None else targets,
            customer=customer,
            by=request.user,
        )
    finally:
        if key and not is_new:
            files.discard(key)
    return payment, is_new


def _stored(upload: Any) -> str:
    """The key under which it is kept; Problem for a type or size that is not on the list."""
    if not upload:
        return ""
    data = upload.read(files.MAX_FILE + 1)
    name = str(upload.name or "")
    files.checked_type(name, data, field="attachment")
    return files.store("payments", name.rpartition(".")[2].lower(), data)


def _tell(request: HttpRequest, payment: Payment, *, is_new: bool) -> None:
    if not is_new:
        messages.warning(request, _("This payment was registered already; nothing has changed."))
        return
    language = staff(request).language
    amount = format_money(payment.amount, payment.currency, language)
    messages.success(request, _("Payment of %(amount)s registered.") % {"amount": amount})
    if payment.unapplied:
        left = format_money(payment.unapplied, payment.currency, language)
        messages.info(request, _("%(amount)s of it is left as the customer’s credit.") % {"amount": left})
