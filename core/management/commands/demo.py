"""Fills the database with made-up businesses to look around in; again changes nothing."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from core.management.commands import _demo_base as base
from core.management.commands import _demo_bulk as bulk
from core.management.commands import _demo_mail as mail


class Command(BaseCommand):
    help = "Create demo data: two businesses, their customers and invoices, and the user demo. Again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--invoices",
            type=int,
            default=0,
            metavar="N",
            help="top up the Brazilian business with N more invoices",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        lines, password = base.load()
        if options["invoices"]:
            lines.append(bulk.top_up(base.VERDE.fields["slug"], options["invoices"]))
        lines.append(mail.show(base.VERDE.fields["slug"]))
        for line in filter(None, lines):
            self.stdout.write(line)
        if password:
            self.stdout.write(f"user: demo  password: {password}")
