"""A business with a customer whom its own system calls by a name, and a bank account for Pix and boleto."""

import pytest

from businesses.models import Account, Business
from customers.models import Customer
from tests.factories import make_customer
from tests.gateway.calls import Caller


@pytest.fixture
def account(business: Business) -> Account:
    return Account.objects.create(
        business=business, name="Main", bank="Bradesco", branch="1234", number="67890", pix_key="a@b.example",
        bank_code="237", wallet="09", is_default=True,
    )  # fmt: skip


@pytest.fixture
def payer(business: Business) -> Customer:
    return make_customer(business, external_id="acme-1", email="acme@example.com", tax_id="52998224725",
                         tax_id_kind="cpf")  # fmt: skip


@pytest.fixture
def call(business: Business, payer: Customer, account: Account) -> Caller:
    return Caller(business, "aira")
