"""`manage.py reconcile`: compare our invoices with those at the providers, now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from businesses.models import Business
from providers import reconciling
from providers.models import Connection, Drift, DriftState


class Command(BaseCommand):
    help = "Compare our invoices with those at the providers; what differs is listed in the back office."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--business", metavar="SLUG", help="only this business")

    def handle(self, *_args: Any, **options: Any) -> None:
        connections = Connection.objects.filter(is_active=True).select_related("business")
        slug = options["business"]
        if slug:
            if not Business.objects.filter(slug=slug).exists():
                raise CommandError(f"No business has the slug “{slug}”.")
            connections = connections.filter(business__slug=slug)
        readings = reconciling.pull(list(connections))
        for reading in readings:
            self._tell(reading)
        if any(reading.failed for reading in readings):
            raise CommandError("Not every provider could be asked.")

    def _tell(self, reading: Any) -> None:
        name = f"{reading.connection.business.slug} · {reading.connection}"
        if reading.failed:
            self.stderr.write(f"{name}: {' '.join(reading.why)}")
            return
        rows = Drift.objects.filter(connection=reading.connection, state=DriftState.NEW)
        self.stdout.write(f"{name}: {len(reading.value)} seen, {rows.count()} differ")
