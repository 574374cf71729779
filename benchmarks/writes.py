"""Creating and issuing an invoice of ten lines: through `invoices.actions`, and as one writes it with `save()`.

The naive way saves row by row in one transaction, numbers by MAX + 1, locks nothing, chains no digests and checks
nothing, or what `full_clean()` checks. Ours checks every text, amount and owner.
"""

import io
from collections.abc import Callable
from datetime import timedelta

from django.core.management import call_command
from django.db import models, transaction
from django.db.models import Max
from django.utils import timezone

from benchmarks.database import label
from benchmarks.timing import Act, compare, heading, row
from businesses.models import Business, Event
from core.management.commands._demo_catalogue import line_of
from customers.models import Customer
from invoices import actions, frozen, rows
from invoices.draft import InvoiceDraft, LineDraft, TaxDraft
from invoices.models import Document, Invoice, Line, LineTax, Mark
from invoices.status import Status
from invoices.totals import LineTotals, compute
from products.models import Product

LINES, EACH, ROUNDS = 10, 25, 7
Keep = Callable[[models.Model], None]


def main() -> None:
    call_command("demo", stdout=io.StringIO())
    business = Business.objects.get(slug="estudio-verde")
    draft = _draft(business)
    stock: list[Invoice] = []

    def restock() -> None:
        stock[:] = [actions.create(business, draft) for _ in range(EACH)]

    count = Invoice.objects.count()
    print(f"\nInvoices of {LINES} lines beside {count:,} others on {label()}, median of rounds of {EACH}")
    heading("", "per s")
    ours = _many(lambda: actions.create(business, draft))
    _measure("create, naive unchecked", _many(lambda: create(business, draft, save)), ours)
    _measure("create, naive with full_clean()", _many(lambda: create(business, draft, clean_save)), ours)
    ours = _many(lambda: actions.finalize(stock.pop()))
    _measure("issue, naive unchecked", _many(lambda: finalize(stock.pop(), save)), ours, restock)
    _measure(
        "issue, naive with full_clean()", _many(lambda: finalize(stock.pop(), clean_save)), ours, restock
    )


def _measure(name: str, naive: Act, ours: Act, before: Act = lambda: None) -> None:
    pair = compare(naive, ours, ROUNDS, before)
    row(name, EACH / pair.naive, EACH / pair.ours, pair.ratio)


def _many(act: Act) -> Act:
    return lambda: [act() for _ in range(EACH)]


def save(row: models.Model) -> None:
    row.save()


def clean_save(row: models.Model) -> None:
    row.full_clean()
    row.save()


def _draft(business: Business) -> InvoiceDraft:
    """The demo's products in turn, each with its taxes."""
    products = list(Product.objects.for_business(business))
    lines = [line_of(products[i % len(products)]) for i in range(LINES)]
    today = business.today()
    return InvoiceDraft(
        currency=business.currency,
        customer_id=Customer.objects.for_business(business).order_by("pk")[0].pk,
        issue_on=today,
        due_on=today + timedelta(days=14),
        lines=tuple(lines),
    )


@transaction.atomic
def create(business: Business, draft: InvoiceDraft, keep: Keep) -> Invoice:
    totals = compute(draft)
    invoice = Invoice(business=business, **rows.columns(draft, totals))
    keep(invoice)
    for position, (line, sums) in enumerate(zip(draft.lines, totals.lines, strict=True)):
        _line(invoice, position, line, sums, keep)
    _event(invoice, "invoice.created", keep)
    return invoice


def _line(invoice: Invoice, position: int, draft: LineDraft, sums: LineTotals, keep: Keep) -> None:
    line = Line(invoice=invoice, position=position, name=draft.name, quantity=draft.quantity)
    line.unit_price, line.product_id, line.price_id = draft.unit_price, draft.product_id, draft.price_id
    line.gross, line.discount, line.tax, line.tax_included = (
        sums.gross,
        sums.discount,
        sums.tax,
        sums.tax_included,
    )
    line.total = sums.total
    keep(line)
    for place, (tax, amount) in enumerate(zip(draft.taxes, sums.taxes, strict=True)):
        _tax(line, place, tax, amount, keep)


def _tax(line: Line, position: int, draft: TaxDraft, amount: int, keep: Keep) -> None:
    tax = LineTax(line=line, position=position, name=draft.name, percent=draft.percent, amount=amount)
    tax.tax_id, tax.inclusive, tax.compound, tax.withheld = (
        draft.tax_id,
        draft.inclusive,
        draft.compound,
        draft.withheld,
    )
    keep(tax)


@transaction.atomic
def finalize(invoice: Invoice, keep: Keep) -> None:
    invoice = Invoice.objects.select_related("business", "customer", "account").get(pk=invoice.pk)
    issued = Invoice.objects.for_business(invoice.business).exclude(series_place=None)
    place = (issued.aggregate(last=Max("series_place"))["last"] or 0) + 1
    invoice.status, invoice.series_place, invoice.number = Status.OPEN, place, f"N-{place}"
    invoice.issuer = frozen.issuer(invoice.business, invoice.account)
    invoice.payer = frozen.payer(invoice.customer)
    invoice.finalized_at = timezone.now()
    keep(invoice)
    keep(Document(invoice=invoice, mark=Mark.ISSUED))
    _event(invoice, "invoice.finalized", keep)


def _event(invoice: Invoice, kind: str, keep: Keep) -> None:
    event = Event(business_id=invoice.business_id, subject=f"invoice:{invoice.pk}", kind=kind)
    event.at, event.data, event.digest = timezone.now(), {"total": invoice.total}, "-"
    keep(event)
