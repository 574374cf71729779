"""What of the money waits for somebody, for the first page; each line counts what the list behind it shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Sum
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from businesses.models import User
from core.money import format_money
from payments.admin.state import WHERE, State
from payments.bank_entries import WAITING
from payments.models import UNAPPLIED, BankEntry, Payment

PAYMENTS: list[tuple[State, Any, Any]] = [
    (State.DISPUTED, _("Payments that the payer's bank questions"), F("amount") - F("refunded")),
    (State.UNASSIGNED, _("Payments whose customer is not known"), UNAPPLIED),
    (State.CREDIT, _("Payments with credit left"), UNAPPLIED),
]


@dataclass(frozen=True)
class Attention:
    label: str
    tone: str
    count: int
    amounts: list[str]
    url: str


def attention(user: User) -> list[Attention]:
    """Nothing when nothing waits."""
    return [*_of_payments(user), *_of_bank(user)]


def _of_payments(user: User) -> Iterator[Attention]:
    for state, label, amount in PAYMENTS:
        count, amounts = _sums(user, Payment.objects.for_staff(user).filter(WHERE[state]), amount)
        if count:
            url = f"{reverse('admin:payments_payment_changelist')}?state={state}"
            yield Attention(str(label), state.tone, count, amounts, url)


def _of_bank(user: User) -> Iterator[Attention]:
    rows = BankEntry.objects.for_staff(user).filter(state__in=WAITING)
    count, amounts = _sums(user, rows, F("amount"))
    if count:
        url = reverse("admin:payments_bankfile_waiting")
        yield Attention(str(_("Bank entries to confirm")), "info", count, amounts, url)


def _sums(user: User, rows: Any, amount: Any) -> tuple[int, list[str]]:
    found = rows.order_by().values("currency").annotate(sum=Sum(amount), count=Count("pk"))
    sums = list(found.order_by("currency"))
    amounts = [format_money(row["sum"], row["currency"], user.language) for row in sums]
    return sum(row["count"] for row in sums), amounts
