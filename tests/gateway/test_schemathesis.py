"""What the five OpenAPI documents promise, held against what is answered: schemathesis with all its checks, in process.

SCHEMATHESIS_EXAMPLES=200 asks more of every operation than CI does.
"""

import os
from collections.abc import Iterator
from typing import Any
from zlib import crc32

import pytest
import schemathesis
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.config import SchemathesisConfig

from billing.wsgi import application
from gateway.dialect import dialects
from tests.gateway.calls import Caller
from tests.gateway.house import House

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "15"))
CONFIG = SchemathesisConfig.from_dict(
    {
        "seed": 4,
        "generation": {
            "deterministic": True,
            "with-security-parameters": False,  # the key is sent by us; wrong ones are `ignored_auth`'s
            "max-examples": EXAMPLES,
            "no-shrink": "CI" in os.environ,
        },
        "checks": {
            # A document cannot say every rule of the business: that a CPF's digits add up, that a due date is not
            # before the issue date, that a paid invoice is not voided, that a made-up refresh token opens nothing,
            # that a made-up ETag is no version.
            # So well-formed data may be refused; what must not happen to it is a 405, a 413, a 429 or a 5xx.
            "positive_data_acceptance": {
                "expected-statuses": ["2xx", "400", "401", "403", "404", "409", "412", "415", "422"]
            },
        },
    }
)
HURRIED = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def described(name: str) -> Any:
    return schemathesis.openapi.from_wsgi(
        f"{dialects()[name].prefix}/openapi.json", application, config=CONFIG
    )


FATURO, HIGHLEVEL, BASE39, AIRA, FATORIPAY = map(
    described, ("faturo", "highlevel", "base39", "aira", "fatoripay")
)


@pytest.fixture
def house(db: None) -> Iterator[House]:
    """A server gives its connection back after each request; here that would end the test's own transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield House("schemathesis")
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


class Visitor:
    """Calls as a key of a business with rows of every kind. Two thirds of the well-formed requests name rows that exist
    and amounts, days and tax ids as people write them; else hardly any would get past the first rule of the business.
    """

    def __init__(self, house: House, name: str) -> None:
        self.house, self.call = house, Caller(house.business, name)
        self.known = house.known(name)

    def visit(self, case: Case[Any]) -> None:
        cache.clear()  # the limits are tested elsewhere
        turn = crc32(repr((case.path_parameters, case.query, case.body)).encode())
        is_positive = case.meta is None or case.meta.generation.mode.is_positive
        if turn % 3 and is_positive:
            self._aim(case, turn // 3)
        case.call_and_validate(headers=self.call.headers)

    def _aim(self, case: Case[Any], turn: int) -> None:
        for name in case.path_parameters:
            real = self.house.id_for(self.call.dialect.name, case.path, name, turn)
            case.path_parameters[name] = real or case.path_parameters[name]
        if "If-Match" in (case.headers or {}):
            case.headers["If-Match"] = "*"
        self._fill(case.query, turn)
        self._fill(case.body, turn)

    def _fill(self, value: Any, turn: int) -> None:
        """Texts under names that the house knows become what it knows."""
        if isinstance(value, dict):
            for name, inner in value.items():
                known = self.known.get(name) if isinstance(inner, str) else None
                if known:
                    value[name] = known[turn % len(known)]
                self._fill(inner, turn)
        elif isinstance(value, list):
            for inner in value:
                self._fill(inner, turn)


@FATURO.parametrize()
@HURRIED
def test_faturo(case: Case[Any], house: House) -> None:
    Visitor(house, "faturo").visit(case)


@HIGHLEVEL.parametrize()
@HURRIED
def test_highlevel(case: Case[Any], house: House) -> None:
    Visitor(house, "highlevel").visit(case)


@BASE39.parametrize()
@HURRIED
def test_base39(case: Case[Any], house: House) -> None:
    Visitor(house, "base39").visit(case)


@AIRA.parametrize()
@HURRIED
def test_aira(case: Case[Any], house: House) -> None:
    Visitor(house, "aira").visit(case)


@FATORIPAY.parametrize()
@HURRIED
def test_fatoripay(case: Case[Any], house: House) -> None:
    Visitor(house, "fatoripay").visit(case)
