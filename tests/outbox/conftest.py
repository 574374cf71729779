"""A channel of its own for each test, and a server on this machine that it tells."""

from collections.abc import Iterator

import pytest
from django.test import override_settings

from tests.loopback import Heard, web_server
from tests.outbox.work import Probe, only


@pytest.fixture
def server() -> Iterator[Heard]:
    with web_server() as heard, override_settings(ALLOW_PRIVATE_TARGETS=True):
        yield heard


@pytest.fixture
def probe(server: Heard, monkeypatch: pytest.MonkeyPatch) -> Probe:
    return only(Probe(server.url), monkeypatch)
