"""What every test stands on: the database that DATABASE_URL names, quiet settings, no network, a few rows."""

import ipaddress
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test import override_settings
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from businesses.models import Business, User
from customers.models import Customer
from invoices.draft import InvoiceDraft
from products.models import Product
from tests import factories

hypothesis_settings.register_profile(
    "faturo", deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
hypothesis_settings.load_profile("faturo")

QUIET: dict[str, Any] = {
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    "STORAGES": {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    },
    "CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    "EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend",
    "AXES_ENABLED": False,
}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The second of two runs leaves out what asks no database: it could only say the same again."""
    if os.environ.get("FATURO_ONLY_DATABASE") != "on":
        return
    kept = [item for item in items if _asks_a_database(item)]
    config.hook.pytest_deselected(items=[item for item in items if not _asks_a_database(item)])
    items[:] = kept


def _asks_a_database(item: pytest.Item) -> bool:
    fixtures = {"db", "transactional_db", "live_server"} & set(getattr(item, "fixturenames", ()))
    return bool(fixtures) or item.get_closest_marker("django_db") is not None


@pytest.fixture(scope="session", autouse=True)
def quiet_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with override_settings(**QUIET, MEDIA_ROOT=str(tmp_path_factory.mktemp("media"))):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite in a file: threads cannot share a database in memory, and no server ever has one."""
    connection = connections["default"]
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("db") / "test.sqlite3")


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Only this machine can be reached."""
    connect = socket.socket.connect

    def only_here(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_here(address[0]):
            raise OSError(f"a test tried to reach {address[0]}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", only_here)
        yield


def _is_here(host: str) -> bool:
    return host == "localhost" or ipaddress.ip_address(host.partition("%")[0]).is_loopback


@pytest.fixture
def media(tmp_path: Path) -> Iterator[Path]:
    """An empty MEDIA_ROOT for tests that count or damage files."""
    with override_settings(MEDIA_ROOT=str(tmp_path)):
        yield tmp_path


@pytest.fixture
def business(db: None) -> Business:
    """Brazilian, in reais, with an alphanumeric CNPJ."""
    return factories.make_business(slug="padaria")


@pytest.fixture
def other_business(db: None) -> Business:
    """Portuguese, in euros."""
    return factories.make_business(
        slug="loja",
        legal_name="Loja do Porto Lda",
        tax_id="PT501442600",
        tax_id_kind="foreign",
        currency="EUR",
        country="PT",
        time_zone="Europe/Lisbon",
    )


@pytest.fixture
def customer(business: Business) -> Customer:
    return factories.make_customer(
        business, tax_id=factories.CPF, tax_id_kind="cpf", email="maria@example.com"
    )


@pytest.fixture
def product(business: Business) -> Product:
    return factories.make_product(business)


@pytest.fixture
def staff(business: Business) -> Callable[..., User]:
    """`staff("finance")` is a new member of the business's staff."""

    def make(role: str = "biller", **fields: Any) -> User:
        return factories.make_staff(business, role, **fields)

    return make


@pytest.fixture
def draft(customer: Customer) -> Callable[..., InvoiceDraft]:
    """`draft([line("10.00")], due_on=…)` for the customer."""

    def make(*args: Any, **fields: Any) -> InvoiceDraft:
        return factories.make_draft(customer, *args, **fields)

    return make
