"""`manage.py audit`: name everything that is not as it must be; exit code 1 when there is something."""

from itertools import chain
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from invoices import audit as invoices
from payments import audit as payments


class Command(BaseCommand):
    help = "Check numbers, sums, money, history and files; changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        found = 0
        for breach in chain(invoices.breaches(), payments.breaches()):
            self.stdout.write(breach)
            found += 1
        if found:
            raise CommandError(f"{found} found that must not be.")
        self.stdout.write(self.style.SUCCESS("Everything is as it must be."))
