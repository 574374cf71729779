"""Creating and issuing an invoice of ten lines: through `invoices.actions`, and row by row with `save()`."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from django.core.management import call_command
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from benchmarks import database
from benchmarks.timing import compare, heading, row
from businesses.models import Account, Business, Event
from core.management.commands._demo_catalogue import line_of
from customers.models import Customer
from invoices import actions, frozen, rows
from invoices.draft import InvoiceDraft
from invoices.models import Document, Invoice, Line, LineTax, Mark
from invoices.status import Status
from invoices.totals import compute
from products.models import Product

LINES, EACH, ROUNDS = 10, 30, 6


def main(sizes: list[int]) -> None:
    call_command("demo", verbosity=0, stdout=open("/dev/null", "w"))
    business = Business.objects.get(slug="estudio-verde")
    draft = _draft(business)
    ready: dict[str, list[Invoice]] = {"naive": [], "ours": []}

    def create_naive() -> None:
        ready["naive"] = [_create_row_by_row(business, draft) for _ in range(EACH)]

    def create_ours() -> None:
        ready["ours"] = [actions.create(business, draft) for _ in range(EACH)]

    def issue_naive() -> None:
        create_naive() if not ready["naive"] else None

    heading(f"{LINES}-line invoices, {database.label()}", "per s")
    del issue_naive
    pair = compare(create_naive, create_ours, ROUNDS)
    row("create", EACH / pair.naive, EACH / pair.ours, pair.ratio)
