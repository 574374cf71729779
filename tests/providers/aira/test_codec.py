"""Aira's words to ours and back, without a database."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.problems import Problem
from invoices.draft import DiscountDraft
from invoices.totals import compute
from providers.aira import codec, wire
from tests.factories import line, make_draft, tax
from tests.providers.aira.samples import sample

TODAY = date(2026, 11, 22)


def invoice(body: Any) -> Any:
    return codec.read_invoice(wire.CreateInvoice.model_validate(body), TODAY, 14)


def lines(bodies: list[Any]) -> Any:
    return tuple(codec.read_line(wire.CreateLineItem.model_validate(body)) for body in bodies)


def test_an_invoice_that_is_written_reads_back_the_same() -> None:
    body = sample("create_invoice")
    draft = invoice(body)
    assert codec.write_invoice(draft, body["customerId"]) == body
    assert invoice(codec.write_invoice(draft, body["customerId"])) == draft
    assert (draft.issue_on, draft.due_on) == (date(2026, 12, 25), date(2027, 1, 8))


def test_a_line_that_is_written_reads_back_the_same() -> None:
    draft = replace(invoice(sample("create_invoice")), lines=lines([sample("create_line_item")]))
    again = lines(codec.write_lines(draft))
    assert again == draft.lines
    assert [each.extras for each in again] == [each.extras for each in draft.lines]
    assert again[0].unit_price == Decimal("123.45")


def test_what_aira_cannot_say_is_in_the_amounts() -> None:
    """Quantities, discounts, taxes, charges: the lines that are written make the same total."""
    items = [line("10.005", "1.5", tax("10")), line("100", "3", discount_percent=Decimal(10))]
    draft = make_draft(1, items, discount=DiscountDraft(amount=77), document_tax=33)
    written = codec.write_lines(draft)
    assert sum(each["amount"] for each in written) == compute(draft).total


def test_parts_must_make_the_amount() -> None:
    with pytest.raises(Problem) as caught:
        lines([{**sample("create_line_item"), "amount": 12346}])
    assert caught.value.field == "subLineItems"


def test_no_other_currency_than_the_real_is_written() -> None:
    with pytest.raises(Problem):
        codec.write_invoice(make_draft(1, currency="EUR"), "x")
