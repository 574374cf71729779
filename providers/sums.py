"""Money of an invoice of which a provider tells only the sum: what of it is here, what we told there, what is news."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet, Sum

from invoices.models import Invoice
from payments.models import Allocation, Payment
from providers.connector import TOLD_SUM
from providers.models import Connection, RemoteInvoice


@dataclass(frozen=True)
class Paid:
    """What a provider says was paid for an invoice, in minor units; `named` are the payments that it names."""

    remote_id: str
    amount: int
    currency: str
    named: tuple[str, ...] = ()


@dataclass(frozen=True)
class News:
    """Minor units that are surely new, and those that may be ours: paid here, and perhaps told there just now."""

    certain: int = 0
    doubtful: int = 0


def from_there(connection: Connection, remote_id: str) -> Q:
    """Payments that were taken from sums."""
    return Q(source=connection.provider, external_id__startswith=f"{remote_id}:")


def news(connection: Connection, invoice: Invoice, paid: Paid) -> News:
    """No money is counted twice, what was given back since included; none is passed over in silence."""
    got = _got(connection, paid)
    rest = paid.amount - _sum(got)
    if paid.currency != invoice.currency:
        return News(max(rest, 0))
    told = _told(connection, invoice)
    elsewhere = Allocation.objects.filter(invoice=invoice, amount__gt=0).exclude(payment__in=got)
    untold = max(_sum(elsewhere) - told, 0)
    rest = max(rest - told, 0)
    return News(max(rest - untold, 0), min(rest, untold))


def _got(connection: Connection, paid: Paid) -> QuerySet[Payment]:
    named = Q(source=connection.provider, external_id__in=paid.named)
    mine: QuerySet[Payment] = Payment.objects.for_business(connection.business_id)
    return mine.filter(from_there(connection, paid.remote_id) | named)


def _told(connection: Connection, invoice: Invoice) -> int:
    rows = RemoteInvoice.objects.for_business(connection.business_id)
    notes = rows.filter(connection=connection, invoice=invoice).values_list("notes", flat=True).first()
    return int((notes or {}).get(TOLD_SUM, 0))


def _sum(rows: QuerySet[Payment] | QuerySet[Allocation]) -> int:
    return rows.aggregate(sum=Sum("amount"))["sum"] or 0
