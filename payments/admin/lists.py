"""The list of payments: tabs, filters, what a person types into the search, sums, and the list as a file."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from django.db.models import F, Q, QuerySet, Sum
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from businesses.models import User
from core.admin import SimpleListFilter
from core.csv_out import Row
from core.money import bounded_number, currency_codes, exponent, format_money, major_units
from core.problems import Problem
from customers.models import Customer
from invoices.admin.lists import InvoiceList
from payments.admin.state import SORT_OUT, WAITING, WHERE, State, state_of
from payments.models import UNAPPLIED, Payment

MOST_COUNTED = 1000
AMOUNT = re.compile(r"[0-9][0-9.,]{0,20}", re.ASCII)
GROUPED = re.compile(r"(.*?)[.,]([0-9]{1,2})", re.ASCII)


class StateFilter(SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [(SORT_OUT, gettext_lazy("To sort out")), *State.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value() or ""
        if value == SORT_OUT:
            return queryset.filter(WAITING)
        return queryset.filter(WHERE[value]) if value in WHERE else queryset


class PaymentList(InvoiceList):
    """The newest first, like invoices; its tabs lead to what waits for somebody."""

    key_field = "paid_on"

    def tabs(self) -> list[tuple[str, str, bool]]:
        now = self.params.get("state", "")
        drop = ["state", "after", "before", "p"]
        waiting = Payment.objects.for_staff(self.user).filter(WAITING)[: MOST_COUNTED + 1].count()
        count = f"{MOST_COUNTED}+" if waiting > MOST_COUNTED else str(waiting)
        labels = [
            ("", pgettext("payments", "All")),
            (SORT_OUT, _("To sort out (%(count)s)") % {"count": count}),
            (State.DISPUTED, pgettext("payments", "Disputed")),
            (State.REFUNDED, pgettext("payments", "Given back")),
        ]
        return [
            (label, self.get_query_string({"state": value} if value else {}, drop), value == now)
            for value, label in labels
        ]

    def sums(self) -> list[tuple[str, str, str]]:
        """Kept (without tips and what went back), credit left and given back, by currency; past ten thousand rows,
        of this page.
        """
        if self.paginator.is_capped:
            keys: Any = [row.pk for row in self.result_list]
        else:
            keys = self.queryset.order_by().values("pk")
        rows = Payment.objects.for_staff(self.user).filter(pk__in=keys).order_by().values("currency")
        columns = {
            "all": Sum(F("amount") - F("tip") - F("refunded")),
            "left": Sum(UNAPPLIED),
            "back": Sum("refunded"),
        }
        return [
            tuple(  # type: ignore[misc]
                format_money(row[name], row["currency"], self.user.language) if row[name] else ""
                for name in columns
            )
            for row in rows.annotate(**columns).order_by("currency")
        ]

    def export_url(self) -> str:
        return str(self.get_query_string({}, ["after", "before", "p", "o"]))


def searched(rows: QuerySet[Any], text: str, user: User) -> QuerySet[Any]:
    """By payer, customer, external id, or an amount as it is written in either language."""
    words = text.strip()[:150]
    if not words:
        return rows
    customers = Customer.objects.for_staff(user).search(words)
    wanted = Q(payer_name__icontains=words) | Q(external_id__iexact=words) | Q(customer__in=customers)
    wanted |= Q(payer_tax_id=words) | _amounts(words)
    return rows.filter(wanted)


def _amounts(text: str) -> Q:
    """`1.234,56` and `1,234.56` and `1234.56` are the same; a currency with other decimals has other minor units."""
    if not AMOUNT.fullmatch(text):
        return Q(pk__in=[])
    parted = GROUPED.fullmatch(text)
    whole, cents = parted.groups() if parted else (text, "0")
    try:
        value = bounded_number(f"{re.sub('[.,]', '', whole)}.{cents}", places=2)
    except Problem:
        return Q(pk__in=[])
    found = Q(pk__in=[])
    for places, currencies in _by_exponent():
        minor = value.scaleb(places)
        if minor == int(minor):
            found |= Q(amount=int(minor), currency__in=currencies)
    return found


@cache
def _by_exponent() -> tuple[tuple[int, tuple[str, ...]], ...]:
    places = {code: exponent(code) for code in sorted(currency_codes())}
    return tuple(
        (count, tuple(code for code in places if places[code] == count))
        for count in sorted({*places.values()})
    )


def table(rows: QuerySet[Any]) -> Iterator[Row]:
    """The list as rows of a file: amounts in major units."""
    yield [
        _("Date"), _("Customer"), _("Payer"), _("Method"), _("State"), _("Currency"), _("Amount"),
        pgettext("of the bank", "Fee"), _("Net"), _("Tip"), pgettext("payment", "Applied"),
        pgettext("payment", "Given back"), _("Credit left"), _("Source"), _("External id"), _("Note"),
    ]  # fmt: skip
    for payment in rows.iterator(chunk_size=500):
        yield _cells(payment)


def _cells(payment: Payment) -> list[object]:
    names = ("amount", "fee", "net", "tip", "applied", "refunded", "unapplied")
    return [
        payment.paid_on.isoformat(),
        payment.customer.name if payment.customer else "",
        payment.payer_name,
        str(payment.get_method_display()),
        str(state_of(payment).label),
        payment.currency,
        *(major_units(getattr(payment, name), payment.currency) for name in names),
        payment.source,
        payment.external_id,
        payment.note,
    ]
