"""What every test of the Base39 API stands on: a key, and invoices made through it."""

from collections.abc import Callable
from typing import Any

import pytest

from businesses.models import Business
from customers.models import Customer
from tests.gateway.calls import Caller
from tests.providers.base39.bodies import body_of

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def call(business: Business, customer: Customer) -> Caller:
    return Caller(business, "base39")


@pytest.fixture
def make(call: Caller) -> Make:
    """`make(type="pay_off")`: an invoice created through the API, as it was answered."""

    def create(**fields: Any) -> dict[str, Any]:
        response = call.post("/v1/invoices", body_of(call, **fields))
        assert response.status_code == 201, response.content
        answer: dict[str, Any] = response.json()
        return answer

    return create
