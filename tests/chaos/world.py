"""A business, its connections to the pretended providers, and what must be true of all that was pushed."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from io import StringIO
from pathlib import Path
from typing import Any, Self

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection as database
from django.db.models import QuerySet

from businesses.models import Business
from core.addresses import Address
from core.clock import database_now
from customers.models import Customer
from invoices.models import Invoice
from outbox import actions as outbox
from outbox.models import Delivery, State, Untold
from providers import actions
from providers.models import Connection, RemoteInvoice
from providers.registry import CONNECTORS
from tests import factories
from tests.simulator import Simulator

ROOT = Path(__file__).resolve().parents[2]
DEADLINE = 1
"""CALL_DEADLINE of the workers, so that a lease lasts four seconds."""
LEASE = 4 * DEADLINE
PROVIDERS = tuple(name for name, connector in CONNECTORS.items() if connector.operations)


def make_customer(business: Business) -> Customer:
    """One that every provider takes."""
    return factories.make_customer(
        business,
        tax_id=factories.CPF,
        tax_id_kind="cpf",
        email="maria@example.com",
        phone="+5511987654321",
        external_id="cust_maria",
        address=Address(
            country="BR",
            postal_code="01000-000",
            street="Rua das Flores",
            number="10",
            city="São Paulo",
            region="SP",
        ),
    )


def connect(business: Business, simulator: Simulator, provider: str, name: str, **fields: Any) -> Connection:
    return actions.create(
        business,
        provider,
        simulator.providers[provider].credentials,
        name=name,
        base_url=simulator.base_url(provider, name),
        **fields,
    )


def issue(customer: Customer, number: int) -> Invoice:
    """Each of another amount, so that one taken for another is seen."""
    line = factories.line(f"{100 + number // 100}.{number % 100:02}")
    return factories.issue(factories.make_invoice(customer, [line]))


def environment(redis_url: str = "") -> dict[str, str]:
    """Of every program started here: this database, this Redis, and quick leases."""
    return {
        **os.environ,
        "DATABASE_URL": _database_url(),
        "REDIS_URL": redis_url,
        "SECRET_KEY": settings.SECRET_KEY,
        "CALL_DEADLINE": str(DEADLINE),
        "ALLOW_PRIVATE_TARGETS": "on",
        "LOG_LEVEL": "ERROR",
        "DEBUG": "off",
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "EMAIL_URL": f"filemail:///{settings.MEDIA_ROOT}/mail",
        "DJANGO_SETTINGS_MODULE": "billing.settings",
    }


def _database_url() -> str:
    found = database.settings_dict
    if database.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    who = f"{found['USER']}:{found['PASSWORD']}" if found["PASSWORD"] else found["USER"]
    return f"postgres://{who}@{found['HOST'] or '127.0.0.1'}:{found['PORT'] or 5432}/{found['NAME']}"


class Fleet:
    """`tests.chaos.fleet`, running. `said` is what it had to say at its end."""

    def __init__(self, *arguments: object, redis_url: str = "") -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="faturo-")
        env = environment(redis_url) | {"BEAT_FILE": f"{self._folder.name}/beat"}
        command = [sys.executable, "-m", "tests.chaos.fleet", *map(str, arguments)]
        self._program = subprocess.Popen(
            command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.said: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        try:
            out, _err = self._program.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self._program.kill()
            out, _err = self._program.communicate()
        self._folder.cleanup()
        with suppress(ValueError, IndexError):
            self.said = json.loads(out.splitlines()[-1])


@contextmanager
def quick(seconds: float) -> Iterator[Callable[[], float]]:
    """How long it has been going on; raises once it has gone on too long."""
    start = time.monotonic()

    def spent() -> float:
        found = time.monotonic() - start
        assert found < seconds, f"not done after {seconds:.0f} s: {states()}"
        return found

    yield spent


def states() -> dict[str, int]:
    return dict(Counter(Delivery.objects.filter(channel="push").values_list("state", flat=True)))


def waiting() -> QuerySet[Delivery]:
    return Delivery.objects.filter(channel="push", state=State.WAITING)


def is_over() -> bool:
    return not Untold.objects.exists() and not waiting().exists()


def hurry() -> None:
    """A person presses “Try now” on what would wait for longer than the first wait (5 s)."""
    now = database_now()
    for delivery in waiting().filter(lease="").order_by("pk"):
        if (delivery.due_at - now).total_seconds() > 7:
            outbox.try_now(delivery)


def check(simulator: Simulator, pushes: int) -> Mapping[str, int]:
    """Nothing lost, nothing twice, nothing different; how the deliveries ended."""
    found = states()
    assert set(found) <= {State.SENT, State.NEEDS_PERSON}, _failed()
    assert sum(found.values()) == pushes, found
    assert simulator.broken == []
    _check_objects(simulator)
    _check_books()
    return found


def _failed() -> list[tuple[Any, ...]]:
    rows = Delivery.objects.filter(channel="push").exclude(state__in=[State.SENT, State.NEEDS_PERSON])
    return list(rows.values_list("target", "state", "tries", "code", "detail", "due_at")[:10])


def _check_objects(simulator: Simulator) -> None:
    """One object there for each invoice and connection here, of the same amount."""
    rows = RemoteInvoice.objects.select_related("invoice", "connection")
    known = {(row.connection.provider, row.remote_id): row for row in rows if row.remote_id}
    there = {(name, key) for name, provider in simulator.providers.items() for key in provider.invoices}
    unsure = Delivery.objects.filter(channel="push", state=State.NEEDS_PERSON).count()
    lost = set(known) - there
    assert not lost, f"{len(lost)} lost: {sorted(lost)[:5]}"
    assert len(there - set(known)) <= unsure, (
        f"{len(there) - len(known)} too many: {_extra(there - set(known))}"
    )
    for (name, key), row in known.items():
        provider = simulator.providers[name]
        found = provider.invoices[key]
        assert provider.total(found) == row.invoice.total, (row.connection.name, row.invoice.total, found)


def _extra(keys: set[tuple[str, str]]) -> dict[str, int]:
    return dict(Counter(name for name, _key in keys))


def _check_books() -> None:
    told = StringIO()
    try:
        call_command("audit", stdout=told)
    except CommandError as error:
        raise AssertionError(told.getvalue()[:2000]) from error
