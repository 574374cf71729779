"""The screens of the reminder rule: a business's steps and what they bring, a customer's own, an invoice's pause."""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from businesses.admin.keys import key_of
from businesses.admin.owned import may, staff
from businesses.models import Business
from businesses.roles import Can
from customers.models import Customer
from invoices.admin import screens
from invoices.admin.frame import framed
from notifications import reminding
from notifications.admin.reminder_forms import THEIRS, CustomerRuleForm, RuleForm
from notifications.admin.reminder_words import step_words
from notifications.models import ReminderRule
from notifications.reminder_bills import DAYS_AHEAD, Book, Coming, coming

MOST_SHOWN = 10
"""Invoices of one day."""


@dataclass(frozen=True)
class Day:
    """`sums` by currency, of what is still open; `more` invoices are not listed."""

    on: date
    count: int
    sums: list[tuple[str, int]]
    rows: list[tuple[Coming, str]]
    more: int


def calendar(found: Iterable[Coming]) -> list[Day]:
    return [_day(on, list(rows)) for on, rows in groupby(found, key=lambda one: one.planned.day)]


def _day(on: date, rows: list[Coming]) -> Day:
    sums: dict[str, int] = {}
    for row in rows:
        currency = row.invoice.currency
        sums[currency] = sums.get(currency, 0) + row.amount
    shown = [(row, step_words(row.planned.step)) for row in rows[:MOST_SHOWN]]
    return Day(on, len(rows), sorted(sums.items()), shown, len(rows) - len(shown))


@require_http_methods(["GET", "HEAD", "POST"])
def rule_page(request: HttpRequest) -> HttpResponse:
    """The rule of the business asked for, or of the person's first."""
    if not may(request, Can.VIEW):
        raise PermissionDenied
    mine = list(Business.objects.for_staff(staff(request)).order_by("pk"))
    asked = key_of(request.GET.get("business", ""))
    business = next((one for one in mine if one.pk == asked), mine[0] if mine and asked is None else None)
    if business is None:
        raise Http404
    can_change = staff(request).can(Can.MANAGE, business)
    if request.method == "POST" and not can_change:
        raise PermissionDenied
    book = Book.of(business)
    form = RuleForm(request.POST if request.method == "POST" else None, instance=copy(book.main))
    if request.method == "POST" and form.is_valid():
        reminding.save_rule(form.instance, by=request.user)
        messages.success(request, _("The reminders are saved."))
        return redirect(f"{reverse('admin_reminders')}?business={business.pk}")
    context = {
        "form": form,
        "business": business,
        "businesses": mine if len(mine) > 1 else [],
        "can_change": can_change,
        "is_active": book.main.is_active,
        **_forecast(book, timezone.now()),
    }
    return framed(request, "admin/reminders/rule.html", context, _("Reminders"), 422 if form.errors else 200)


def _as_if_on(book: Book, now: datetime) -> Book:
    """The stored rule, or what it would do if somebody switched it on now."""
    if not book.main.is_active:
        book.main.is_active, book.main.counted_at = True, now
    return book


def _forecast(book: Book, now: datetime, customer: Customer | None = None) -> dict[str, Any]:
    outlook = coming(book.business, now, customer=customer, book=_as_if_on(book, now))
    found = outlook.found
    return {
        "read": outlook.read,
        "open": outlook.open,
        "calendar": calendar(found),
        "count": len(found),
        "invoices": len({one.invoice.pk for one in found}),
        "unreachable": len({one.invoice.pk for one in found if not one.has_address}),
        "days_ahead": DAYS_AHEAD,
    }


@require_http_methods(["GET", "HEAD", "POST"])
def customer_page(request: HttpRequest, object_id: str) -> HttpResponse:
    customer = _customer(request, object_id)
    can_change = staff(request).can(Can.WRITE, customer.business)
    if request.method == "POST" and not can_change:
        raise PermissionDenied
    book = Book.of(customer.business)
    rule = book.own.get(customer.pk) or ReminderRule(steps=book.main.steps, every=book.main.every)
    form = CustomerRuleForm(customer, request.POST if request.method == "POST" else None, instance=copy(rule))
    if request.method == "POST" and form.is_valid():
        _save_customer(form, customer, request.user)
        messages.success(request, _("The reminders are saved."))
        return redirect("admin_customer_reminders", customer.pk)
    context = {
        "form": form,
        "customer": customer,
        "business": customer.business,
        "can_change": can_change,
        "is_active": book.main.is_active,
        **_forecast(book, timezone.now(), customer),
    }
    title = _("Reminders of %(name)s") % {"name": customer.name}
    return framed(request, "admin/reminders/customer.html", context, title, 422 if form.errors else 200)


def _customer(request: HttpRequest, object_id: str) -> Customer:
    rows = Customer.objects.for_staff(staff(request)).select_related("business")
    customer = rows.filter(pk=key_of(object_id) or 0).first()
    if customer is None:
        raise Http404
    return customer  # type: ignore[no-any-return]


def _save_customer(form: CustomerRuleForm, customer: Customer, by: object) -> None:
    if form.cleaned_data["whose"] == THEIRS:
        reminding.forget_rule(customer, by=by)
    else:
        reminding.save_rule(form.instance, by=by)


@require_POST
def invoice_pause(request: HttpRequest, pk: str) -> HttpResponse:
    """Pause, or with `resume` go on."""
    invoice = screens.find(request, pk, Can.WRITE)
    if "resume" in request.POST:
        reminding.resume(invoice, by=request.user)
        messages.success(request, _("Reminders of this invoice go on."))
    else:
        reminding.pause(invoice, by=request.user)
        messages.success(request, _("Reminders of this invoice are paused."))
    return redirect("admin:invoices_invoice_change", invoice.pk)
