"""FatoriPay's words to ours and back, without a database."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import inbound_json
from core.problems import Problem
from invoices.draft import DiscountDraft
from invoices.totals import compute
from providers.fatoripay import codec, wire
from tests.factories import line, tax
from tests.providers.fatoripay.samples import REQUESTS, asked, sample

TODAY = date(2026, 11, 22)


def read(body: Any) -> codec.Order:
    """As it comes through the door: fractions are Decimals."""
    data = inbound_json.read(json.dumps(body).encode())
    return codec.read(wire.CreateInvoice.model_validate(data), TODAY)


@pytest.mark.parametrize("name", REQUESTS)
def test_what_is_written_reads_back_the_same(name: str) -> None:
    order = read(sample(name))
    assert read(codec.write(order)) == order


def test_document_003_adds_up() -> None:
    order = read(sample("create_request"))
    assert compute(order.draft).total == 5 * 10025 + 2 * 1144
    assert (order.draft.issue_on, order.draft.due_on) == (date(2024, 7, 25), date(2024, 7, 25))
    assert order.draft.payable_with == ("pix",)
    assert (order.person.phone, order.person.tax_id) == ("+5511999999999", "07120188917")


@pytest.mark.parametrize("prices, discount, total", [
    (["100.25", "11.44"], 10, "113.13"),
    (["100,25", "11,44"], "10,00", "113.13"),
    (["1.100,25", "11,44"], 0, "1123.13"),
    ([10025, 1144], 1000, "113.13"),
    ([10025, "11.44"], 10, "10037.88"),
    ([100.25, 11.44], 12.5, "110.63"),
    ([10025, 11.44], 0, "10047.88"),
])  # fmt: skip
def test_three_ways_to_write_money(prices: list[Any], discount: Any, total: str) -> None:
    """Cents only when every price is a whole JSON number; the discount goes with them."""
    items = [
        {"name": "a", "description": "", "quantity": count, "price": price}
        for count, price in zip((1, 2), prices, strict=True)
    ]
    draft = read(asked(items=items, discount_amount=discount)).draft
    assert codec.text(compute(draft).total) == total


@pytest.mark.parametrize(
    "price", ["100.255", "1.000", "abc", "", "-1", -1, "1e3", "١٢", "1,0,0", "9" * 40, 10**16, "NaN"]
)
def test_amounts_that_are_none(price: Any) -> None:
    with pytest.raises(Problem) as caught:
        read(asked(items=[{"name": "a", "quantity": 1, "price": price}]))
    assert caught.value.field == "items.0.price"


@given(st.integers(0, 10**11))
def test_an_amount_reads_back_from_its_text(minor: int) -> None:
    assert codec.amount(codec.text(minor), "", in_cents=False) == minor


@pytest.mark.parametrize("text", ["25-07-2024", "25/07/2024", "2024-07-25", " 25-07-2024 "])
def test_three_ways_to_write_a_day(text: str) -> None:
    assert codec.day(text, "due_date") == date(2024, 7, 25)


@pytest.mark.parametrize(
    "text", ["31-02-2024", "07-25-2024", "25.07.2024", "", "0000-01-01", "٢٥-٠٧-٢٠٢٤", "today"]
)
def test_days_that_are_none(text: str) -> None:
    with pytest.raises(Problem) as caught:
        codec.day(text, "due_date")
    assert caught.value.field == "due_date"


@pytest.mark.parametrize("cpfcnpj", ["07120188918", "", "123", "11111111111"])
def test_a_wrong_tax_id_is_named(cpfcnpj: str) -> None:
    with pytest.raises(Problem) as caught:
        read(asked(customer={"cpfcnpj": cpfcnpj}))
    assert caught.value.field == "customer.cpfcnpj"


def test_printed_tax_ids_and_both_words_for_the_postal_code_are_read() -> None:
    person = read(asked(customer={"cpfcnpj": "071.201.889-17", "address": {"zip_code": "01234-000"}})).person
    assert (person.tax_id, person.address.postal_code) == ("07120188917", "01234-000")


def test_what_fatoripay_cannot_say_is_summed_up() -> None:
    """Taxes, line discounts, broken quantities: the request still asks for the same total."""
    order = read(sample("create_request"))
    lines = (
        line("10.005", "1.5", tax("10"), discount_percent=Decimal(10)),
        line("100", "1", tax("5", inclusive=True)),
    )
    draft = replace(order.draft, lines=lines, discount=DiscountDraft(percent=Decimal(7)), document_tax=33)
    written = codec.write(replace(order, draft=draft))
    assert compute(read(written).draft).total == compute(draft).total
    assert [item["quantity"] for item in written["items"]] == [1, 1]


def test_no_other_currency_than_the_real_is_written() -> None:
    order = read(sample("create_request"))
    with pytest.raises(Problem):
        codec.write(replace(order, draft=replace(order.draft, currency="EUR")))
