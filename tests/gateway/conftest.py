"""The door with real routes or, where the route does not matter, with the workshop's."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from pytest_django import Settings

from businesses.models import Business
from gateway.dialect import dialects
from tests.gateway import workshop
from tests.gateway.calls import NAMES, Caller


@pytest.fixture(autouse=True)
def unhurried() -> None:
    """Nobody has called yet."""
    cache.clear()


@pytest.fixture
def routes(settings: Settings) -> Iterator[None]:
    """The five APIs with the workshop's routes."""
    settings.APIS = workshop.APIS
    dialects.cache_clear()
    yield
    dialects.cache_clear()


@pytest.fixture(params=NAMES)
def call(request: pytest.FixtureRequest, routes: None, business: Business) -> Caller:
    """A client of each API in turn."""
    return Caller(business, request.param)
