"""`demo --invoices N`: many plain invoices with numbers, digests and events that `manage.py audit` accepts.

A few dozen real drafts are written and rolled back; every invoice is a copy of one, as the database gave it
back. They get no pending PDFs: a hundred thousand of those would keep the worker busy for hours.
"""

import itertools
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from businesses.events import digest_of
from businesses.models import Account, Business, Event
from businesses.terms import Terms
from core.ids import new_public_id, new_token
from core.management.commands._demo_catalogue import BY, line_of
from core.management.commands._demo_crowd import gather
from core.management.commands._demo_insert import Row, insert, reserve_ids
from core.management.commands._demo_mail import hush
from core.management.commands._demo_money import allocation_of, paid_fact, paid_with, received_fact
from core.series import series_for
from customers.models import Customer
from invoices import actions, frozen, numbering, rows
from invoices.draft import InvoiceDraft, LineDraft
from invoices.models import Invoice, Line, LineTax
from invoices.models import Sequence as Counters
from invoices.status import Status
from notifications import reminding
from notifications.models import ReminderRule
from payments.models import Allocation, Payment
from products.models import Product

PREFIX = "L"
BATCH = 1000
TEMPLATES = 36
YEARS_BACK = 3 * 365

# Of every sixty: 60 % paid, 25 % open of which a third is overdue, 10 % drafts, 5 % void.
# (how many, status, age in days from … to, days to pay)
MIX: tuple[tuple[int, Status, int, int, int], ...] = (
    (36, Status.PAID, 20, YEARS_BACK, 14),
    (10, Status.OPEN, 1, 28, 30),
    (5, Status.OPEN, 40, 400, 14),
    (6, Status.DRAFT, 0, 60, 14),
    (3, Status.VOID, 8, YEARS_BACK, 14),
)


@dataclass(frozen=True)
class Template:
    """A draft's rows without ids."""

    invoice: Row
    lines: tuple[tuple[Row, tuple[Row, ...]], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    status: Status
    issue_on: date
    due_on: date
    at: datetime


@dataclass(frozen=True)
class Payer:
    customer: Customer
    frozen: dict[str, Any]


@dataclass(frozen=True)
class Press:
    """What all invoices of a run share."""

    business: Business
    issuer: dict[str, Any]
    payment_terms: dict[str, Any]
    prefix: str
    payers: list[Payer]
    templates: list[Template]
    rng: random.Random


def top_up(slug: str, count: int) -> str:
    """Bring the bulk invoices of a business to `count`; later runs count in series of their own."""
    business = Business.objects.get(slug=slug)
    bulk = Invoice.objects.for_business(business).filter(number_prefix__regex=f"^{PREFIX}[0-9]+-$")
    have = bulk.count()
    if have < count:
        _remind_nobody(business)
        lot = bulk.values("number_prefix").distinct().count() + 1
        press = _press(business, f"{PREFIX}{lot}-", min(2000, max(20, count // 10)), have)
        plans = sorted(_plans(business, count - have, press.rng), key=lambda plan: plan.issue_on)
        for batch in _batches(_timed(business, plans)):
            _print(press, batch)
        _count_for_the_planner()
    return f"{business.name}: {max(count - have, 0)} more invoices, {max(count, have)} such in all"


def _remind_nobody(business: Business) -> None:
    """Thousands of made-up payers would get e-mails every day."""
    rule = ReminderRule.objects.for_business(business).filter(customer=None, is_active=True).first()
    if rule:
        rule.is_active = False
        reminding.save_rule(rule, by=BY)


def _count_for_the_planner() -> None:
    """SQLite never does so by itself, and without it sorts every invoice to show the first fifty."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _press(business: Business, prefix: str, customers: int, seed: int) -> Press:
    rng = random.Random(seed)
    with transaction.atomic():
        payers = [Payer(customer, frozen.payer(customer)) for customer in gather(business, customers)]
    account = Account.objects.for_business(business).filter(is_default=True).first()
    lines = [line_of(product) for product in Product.objects.for_business(business).active()]
    blank = InvoiceDraft(
        currency=business.currency,
        language=business.language,
        customer_id=payers[0].customer.pk,
        account_id=account.pk if account else None,
        issue_on=business.today(),
        due_on=business.today(),
        number_prefix=prefix,
    )
    templates = [_template(business, replace(blank, lines=_some(lines, rng))) for _ in range(TEMPLATES)]
    terms = Terms.of(business.payment_terms).as_dict()
    return Press(business, frozen.issuer(business, account), terms, prefix, payers, templates, rng)


def _some(lines: Sequence[LineDraft], rng: random.Random) -> tuple[LineDraft, ...]:
    chosen = rng.sample(lines, rng.randint(1, 3))
    return tuple(replace(line, quantity=Decimal(rng.randint(1, 12))) for line in chosen)


def _template(business: Business, draft: InvoiceDraft) -> Template:
    """The rows of a draft as the database gives them back; the draft itself is rolled back."""
    with transaction.atomic():
        invoice = actions.create(business, draft, by=BY)
        row = _untyped(Invoice.objects.filter(pk=invoice.pk).values().get())
        lines = [(_untyped(line), _taxes_of(line["id"])) for line in invoice.lines.values()]
        transaction.set_rollback(True)
    return Template(row, tuple(lines))


def _taxes_of(line: int) -> tuple[Row, ...]:
    return tuple(_untyped(tax) for tax in LineTax.objects.filter(line=line).values())


def _untyped(row: Mapping[str, Any]) -> Row:
    return dict(row)


def _plans(business: Business, count: int, rng: random.Random) -> Iterator[Plan]:
    today = business.today()
    kinds = [kind for kind in MIX for _ in range(kind[0])]
    rng.shuffle(kinds)
    for _many, status, least, most, days in itertools.islice(itertools.cycle(kinds), count):
        issue_on = today - timedelta(days=rng.randint(least, most))
        yield Plan(status, issue_on, issue_on + timedelta(days=days), datetime.now(UTC))


def _timed(business: Business, plans: Sequence[Plan]) -> Iterator[Plan]:
    """Issued from eight in the morning, a second apart: numbers follow the clock."""
    seen: Counter[date] = Counter()
    for plan in plans:
        opens = datetime.combine(plan.issue_on, time(8), business.zone).astimezone(UTC)
        yield replace(plan, at=min(opens + timedelta(seconds=seen[plan.issue_on]), plan.at))
        seen[plan.issue_on] += 1


def _batches(plans: Iterable[Plan]) -> Iterator[list[Plan]]:
    """Of one year each, for the year is part of the series."""
    for _year, group in itertools.groupby(plans, key=lambda plan: plan.issue_on.year):
        while batch := list(itertools.islice(group, BATCH)):
            yield batch


@transaction.atomic
def _print(press: Press, plans: Sequence[Plan]) -> None:
    numbers = _numbers(press, plans)
    chosen = [press.rng.choice(press.templates) for _ in plans]
    lines = [line for template in chosen for line in template.lines]
    line_ids = iter(reserve_ids(Line, len(lines)))
    tax_ids = iter(reserve_ids(LineTax, sum(len(taxes) for _line, taxes in lines)))
    out: dict[Any, list[Row]] = {Invoice: [], Line: [], LineTax: [], Payment: [], Allocation: [], Event: []}
    payment_ids = iter(reserve_ids(Payment, sum(plan.status == Status.PAID for plan in plans)))
    for key, plan, template in zip(reserve_ids(Invoice, len(plans)), plans, chosen, strict=True):
        written = [_line_rows(key, line, taxes, line_ids, tax_ids) for line, taxes in template.lines]
        new_lines = [line for line, _taxes in written]
        new_taxes = [tax for _line, taxes in written for tax in taxes]
        invoice = _invoice_row(press, key, plan, template, numbers)
        if plan.status != Status.DRAFT:
            invoice["content_digest"] = _digest(invoice, new_lines, new_taxes)
        out[Invoice].append(invoice)
        out[Line] += new_lines
        out[LineTax] += new_taxes
        payment = paid_with(invoice, next(payment_ids)) if invoice["amount_paid"] else None
        if payment:
            out[Payment].append(payment)
            out[Allocation].append(allocation_of(invoice, payment))
        out[Event] += _events(invoice, plan, payment)
    for model, model_rows in out.items():
        insert(model, model_rows)
    hush()


def _numbers(press: Press, plans: Sequence[Plan]) -> Iterator[numbering.Taken]:
    """The next numbers of the series, taken in one go; the counter stays locked until the batch is in."""
    series = series_for(press.business.number_pattern, day=plans[0].issue_on, prefix=press.prefix)
    count = sum(plan.status != Status.DRAFT for plan in plans)
    if not count:
        return iter(())
    Counters.objects.get_or_create(business=press.business, series=series.key)
    row = Counters.objects.select_for_update().get(business=press.business, series=series.key)
    Counters.objects.filter(pk=row.pk).update(next_place=row.next_place + count)
    places = range(row.next_place, row.next_place + count)
    return iter([numbering.Taken(series.number(place), series.key, place) for place in places])


def _line_rows(
    invoice: int, line: Row, taxes: Sequence[Row], line_ids: Iterator[int], tax_ids: Iterator[int]
) -> tuple[Row, list[Row]]:
    key = next(line_ids)
    row = {**line, "id": key, "invoice_id": invoice, "public_id": new_public_id()}
    return row, [{**tax, "id": next(tax_ids), "line_id": key} for tax in taxes]


def _invoice_row(
    press: Press, key: int, plan: Plan, template: Template, numbers: Iterator[numbering.Taken]
) -> Row:
    payer = press.rng.choice(press.payers)
    row = template.invoice | {
        "id": key,
        "public_id": new_public_id(),
        "token": new_token(),
        "customer_id": payer.customer.pk,
        "issue_on": plan.issue_on,
        "due_on": plan.due_on,
        "status": plan.status,
        "created_at": plan.at,
        "updated_at": plan.at,
    }
    issued = _issued(press, plan, payer, next(numbers), row) if plan.status != Status.DRAFT else {}
    row |= issued
    return row | {"search_text": rows.searchable(payer.customer, [row["number"]])}


def _issued(press: Press, plan: Plan, payer: Payer, taken: numbering.Taken, row: Row) -> Row:
    later = plan.at + timedelta(days=1 + taken.place % 7 if taken.place else 1)
    settled = plan.status == Status.PAID
    return {
        "number": taken.number,
        "series": taken.series,
        "series_place": taken.place,
        "version": 2 if plan.status == Status.OPEN else 3,
        "issuer": press.issuer,
        "payment_terms": press.payment_terms,
        "payer": payer.frozen,
        "finalized_at": plan.at,
        "paid_at": later if settled else None,
        "voided_at": later if plan.status == Status.VOID else None,
        "amount_paid": row["total"] - row["withheld_total"] if settled else 0,
    }


def _digest(invoice: Row, lines: list[Row], taxes: list[Row]) -> str:
    return frozen.digest_of(
        _only(frozen.FIXED, invoice),
        [_only(frozen.LINE, line) for line in lines],
        [_only(frozen.TAX, tax) for tax in taxes],
        [],
    )


def _only(names: list[str], row: Row) -> Row:
    return {name: row[name] for name in names}


def _events(invoice: Row, plan: Plan, payment: Row | None) -> Iterator[Row]:
    """The chains that `actions` would have written."""
    facts: list[tuple[str, datetime, Row]] = [("invoice.created", plan.at, {"total": invoice["total"]})]
    if plan.status != Status.DRAFT:
        data = {"number": invoice["number"], "status": Status.OPEN, "digest": invoice["content_digest"]}
        facts.append(("invoice.finalized", plan.at, data))
    if payment:
        facts.append(("invoice.paid", payment["paid_at"], paid_fact(payment)))
    if plan.status == Status.VOID:
        facts.append(("invoice.voided", invoice["voided_at"], {}))
    yield from _chain(f"invoice:{invoice['id']}", invoice, facts)
    if payment:
        received = ("payment.received", payment["paid_at"], received_fact(payment))
        yield from _chain(f"payment:{payment['id']}", invoice, [received])


def _chain(subject: str, invoice: Row, facts: Iterable[tuple[str, datetime, Row]]) -> Iterator[Row]:
    before = ""
    for kind, at, data in facts:
        fields = {"subject": subject, "kind": kind, "data": data, "actor": BY, "at": at}
        before = digest_of(fields, before)
        yield {**fields, "business_id": invoice["business_id"], "digest": before}
