"""Clients of our own API."""

import pytest

from businesses.models import Business
from customers.models import Customer
from tests.factories import make_customer
from tests.gateway.calls import Caller


@pytest.fixture
def call(business: Business, customer: Customer) -> Caller:
    """Of the usual business, which has one customer."""
    return Caller(business, "faturo")


@pytest.fixture
def stranger(other_business: Business) -> Caller:
    """Of another business, with a customer of its own."""
    make_customer(other_business, "Stranger")
    return Caller(other_business, "faturo")
