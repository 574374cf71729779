"""A till for cards: a business whose account is connected to a small Stripe on this machine."""

from collections.abc import Iterator
from typing import Any

import pytest

from customers.models import Customer
from tests.payments.till import Till
from tests.stripe_server import StripeServer


@pytest.fixture
def stripe(settings: Any) -> Iterator[StripeServer]:
    with StripeServer() as server:
        settings.STRIPE_API_BASE = server.base_url
        yield server


@pytest.fixture
def till(customer: Customer, stripe: StripeServer) -> Till:
    return Till(customer, stripe)
