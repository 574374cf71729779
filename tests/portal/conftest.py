"""Invoices that have been issued, and readers who look at them."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from businesses.models import Business
from customers.models import Customer
from invoices.draft import LineDraft
from invoices.models import Invoice
from tests import factories

PHONE = (
    "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36"
)


@pytest.fixture(autouse=True)
def no_misses_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def reader() -> Client:
    """Someone with a phone and no account."""
    return Client(headers={"User-Agent": PHONE})


@pytest.fixture
def today(business: Business) -> date:
    return business.today()


@pytest.fixture
def issued(customer: Customer) -> Callable[..., Invoice]:
    """`issued(due_in=5, lines=[line("10.00")], terms="…")` is an open invoice, dated by the clock of the test."""

    def make(due_in: int = 5, lines: Sequence[LineDraft] | None = None, **fields: Any) -> Invoice:
        today = customer.business.today()
        due_on = today + timedelta(due_in)
        dates = {"issue_on": min(today, due_on), "due_on": due_on}
        return factories.issue(factories.make_invoice(customer, lines, **{**dates, **fields}))

    return make


def address(invoice: Invoice, rest: str = "") -> str:
    return f"/i/{invoice.token}/{rest}"


def text(body: bytes) -> str:
    """What a page says, with single plain spaces."""
    reader = _Text()
    reader.feed(body.decode())
    return " ".join("".join(reader.parts).replace("\u00a0", " ").split())


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data + " ")
