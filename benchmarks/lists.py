"""A page of the list and a search: by position and by trigram index, against OFFSET and `icontains`."""

from django.db.models import Q, QuerySet

from benchmarks.timing import compare, heading, row
from businesses.models import Business
from invoices.models import Invoice
from invoices.querysets import InvoiceQuerySet
from invoices.status import Status

PAGE = 50
ROUNDS = 15
SEARCHED = ("number", "title", "name", "customer__name", "customer__legal_name", "customer__tax_id")


def main(business: Business) -> None:
    heading("50 rows with their customers, median", "ms")
    _pages(business)
    _searches(business)


def _rows(business: Business) -> InvoiceQuerySet:
    rows: InvoiceQuerySet = Invoice.objects.for_business(business).current().select_related("customer")
    return rows.defer("terms", "issuer")


def _pages(business: Business) -> None:
    every, paid = _rows(business), _rows(business).filter(status=Status.PAID)
    for name, rows in (("", every), (", paid only", paid)):
        count = rows.count()
        for share in (0, 50, 90):
            start = count * share // 100
            before = rows[max(start - 1, 0)]
            beyond = _after(before) if start else Q()
            title = f"page {'1' if not share else f'at {share} %'}{name}"
            _measure(title, rows[start : start + PAGE], rows.filter(beyond)[:PAGE])


def _after(row: Invoice) -> Q:
    """As the list screen asks: the first condition lets the index start at the right place."""
    day, key = row.issue_on, row.pk
    return Q(issue_on__lte=day) & (Q(issue_on__lt=day) | Q(issue_on=day, pk__lt=key))


def _searches(business: Business) -> None:
    rows = _rows(business)
    some = rows.exclude(number=None)[PAGE]
    words = {
        "search: no such text": "zzyzx",
        f"search: a number ({some.number})": str(some.number),
        "search: part of a number": str(some.number)[-5:],
        f"search: a tax id ({some.customer.tax_id})": some.customer.tax_id,
        "search: a common name": "conceição",
    }
    for name, text in words.items():
        _measure(name, rows.filter(_contains(text))[:PAGE], rows.search(text)[:PAGE])


def _contains(text: str) -> Q:
    found = Q()
    for name in SEARCHED:
        found |= Q(**{f"{name}__icontains": text})
    return found


def _measure(name: str, naive: QuerySet[Invoice], ours: QuerySet[Invoice]) -> None:
    """`all()` makes a query that has not been asked yet."""
    pair = compare(lambda: list(naive.all()), lambda: list(ours.all()), ROUNDS)
    row(name, pair.naive * 1000, pair.ours * 1000, pair.ratio)
