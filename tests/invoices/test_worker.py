"""The real background: the embedded worker and Celery with beat, as processes of their own, on the test database."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

from invoices.models import Document
from tests.factories import issue, make_business, make_customer, make_invoice

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0


def database_url() -> str:
    """The test database, as the process that is started must name it."""
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{given['NAME']}"
    person = quote(str(given["USER"])) + (f":{quote(str(given['PASSWORD']))}" if given["PASSWORD"] else "")
    return f"postgres://{person}@{given['HOST']}:{given['PORT'] or 5432}/{given['NAME']}"


@contextmanager
def process(media: Path, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    env = {**os.environ, "DATABASE_URL": database_url(), "MEDIA_ROOT": str(media), "LOG_LEVEL": "WARNING"}
    with (media / "said").open("wb") as said:
        running = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=env, stdout=said, stderr=said)
        try:
            yield running
        finally:
            if running.poll() is None:
                running.kill()
            running.wait()


def wait_for_pdfs(running: subprocess.Popen[bytes], media: Path, count: int) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if Document.objects.exclude(key="").count() == count:
            return
        assert running.poll() is None, (media / "said").read_text()
        time.sleep(0.1)
    pytest.fail(f"no PDFs after {PATIENCE:g} s: {(media / 'said').read_text()}")


def two_pending() -> None:
    customer = make_customer(make_business())
    for _number in range(2):
        issue(make_invoice(customer))
    assert Document.objects.filter(key="").count() == 2


def test_the_embedded_worker_makes_pending_pdfs_and_stops_when_told(media: Path) -> None:
    two_pending()
    with process(media, "manage.py", "relay") as running:
        wait_for_pdfs(running, media, 2)
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=20) == 0
    assert all((media / row.key).read_bytes().startswith(b"%PDF-") for row in Document.objects.all())


def test_a_celery_worker_with_beat_makes_pending_pdfs(media: Path) -> None:
    """Only in the pass that has a broker; the build server must have one."""
    if not settings.REDIS_URL:
        if os.environ.get("CI") and connection.vendor == "postgresql":
            pytest.fail("REDIS_URL is not set: the Celery worker is not tested.")
        pytest.skip("REDIS_URL is not set: the Celery worker is NOT TESTED")
    two_pending()
    schedule = ["--schedule", str(media / "beat"), "--pidfile", ""]
    worker = ["-m", "celery", "-A", "billing", "worker", "-B", "--pool", "solo", "--loglevel", "warning"]
    with process(media, *worker, *schedule) as running:
        wait_for_pdfs(running, media, 2)
        running.send_signal(signal.SIGTERM)
        running.wait(timeout=30)
    assert all((media / row.key).read_bytes().startswith(b"%PDF-") for row in Document.objects.all())
