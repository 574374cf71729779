"""A merchant with everything that a payer may use."""

import pytest

from businesses.models import Account, Business
from tests.gateway.calls import Caller


@pytest.fixture
def account(business: Business) -> Account:
    return Account.objects.create(
        business=business, name="Main", bank="Bradesco", branch="1234", number="67890", pix_key="a@b.example",
        bank_code="237", wallet="09", is_default=True,
    )  # fmt: skip


@pytest.fixture
def call(business: Business, account: Account) -> Caller:
    return Caller(business, "fatoripay")
