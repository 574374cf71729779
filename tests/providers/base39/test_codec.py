"""Base39's words to ours and back, without a database."""

from dataclasses import asdict, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core import inbound_json
from core.problems import Problem
from invoices.draft import ChargeDraft, InvoiceDraft, cleaned
from invoices.totals import compute
from providers.base39 import codec, wire
from providers.base39.codec import Unit
from tests.factories import line, tax
from tests.providers.base39.bodies import SAMPLES

REQUESTS = ["create", "create_minimal", "create_newer"]
COMMANDS = {"autoFinalize", "updateInvoiceItemOnInsert", "paidAt"}
REAIS = Unit("BRL")


def blank() -> InvoiceDraft:
    return InvoiceDraft("BRL", 1, date(2023, 12, 1), date(2023, 12, 15))


def request(name: str) -> dict[str, Any]:
    """A sample as the door reads it: fractions are exact."""
    found: dict[str, Any] = inbound_json.read((SAMPLES / f"{name}.json").read_bytes())
    return found


def read(body: dict[str, Any], unit: Unit = REAIS) -> InvoiceDraft:
    return codec.read(wire.CreateInvoice.model_validate(body), blank(), unit)


@pytest.mark.parametrize("name", REQUESTS)
@pytest.mark.parametrize("unit", [REAIS, Unit("BRL", minor=True)])
def test_what_is_written_is_read_as_the_same(name: str, unit: Unit) -> None:
    draft = read(request(name))
    assert asdict(read(codec.write(draft, unit), unit)) == asdict(draft)


@pytest.mark.parametrize("name", REQUESTS)
def test_every_word_of_a_request_is_written_again(name: str) -> None:
    sent = {key: value for key, value in request(name).items() if key not in COMMANDS and value}
    written = codec.write(read(sent), REAIS)
    due = sent.pop("dueDate", written["dueDate"])
    assert (written.pop("dueDate"), inbound_json.plain(written)) == (due, inbound_json.plain(sent))


def test_an_item_adds_amount_less_discount_plus_fine_and_interest() -> None:
    totals = compute(cleaned(read(request("create_newer"))))
    assert totals.total == 25050 - 1005 + 25050 + 501 + 83 + 1
    assert (totals.subtotal, totals.discount, totals.charges) == (50101, 1005, 584)


def test_five_hundred_items_with_a_fine_each_are_two_charges() -> None:
    items = [{"amount": 10, "fine": 1, "interest": 2} for _item in range(500)]
    draft = cleaned(read({**request("create_minimal"), "items": items}))
    assert [charge.amount for charge in draft.charges] == [50_000, 100_000]


def test_what_is_due_in_the_past_was_issued_by_then() -> None:
    draft = read({**request("create_minimal"), "dueDate": "2023-11-30"})
    assert (draft.issue_on, draft.due_on) == (date(2023, 11, 30), date(2023, 11, 30))


def test_lines_of_another_origin_are_items_that_add_up_to_the_same() -> None:
    lines = (line("10.00", "3", tax("5")), line("7.50", discount_percent=Decimal(10)))
    draft = replace(blank(), lines=lines, charges=(ChargeDraft("Postage", 250),))
    items = codec.write(draft, REAIS)["items"]
    owed = sum(item["amount"] - item.get("discount", 0) for item in items)
    assert REAIS.read(owed, "") == compute(draft).total
    assert [item["description"] for item in items] == ["Work", "Work", "Postage"]


@pytest.mark.parametrize(
    ("unit", "amount", "minor"),
    [
        (REAIS, "10.5", 1050),
        (Unit("JPY"), "10", 10),
        (Unit("BRL", minor=True), "10", 10),
        (Unit("BRL", minor=True), "10.0", 10),
    ],
)
def test_amounts_are_read_in_the_key_s_unit(unit: Unit, amount: str, minor: int) -> None:
    assert unit.read(Decimal(amount), "amount") == minor
    assert unit.read(unit.write(minor), "amount") == minor


@pytest.mark.parametrize(
    ("unit", "amount"), [(REAIS, "0.001"), (Unit("BRL", minor=True), "1.5"), (REAIS, "1E+20")]
)
def test_amounts_that_money_cannot_be_are_refused(unit: Unit, amount: str) -> None:
    with pytest.raises(Problem) as refused:
        unit.read(Decimal(amount), "items.0.amount")
    assert refused.value.field == "items.0.amount"


@pytest.mark.parametrize(
    ("item", "name", "detail"),
    [
        ({"description": "Parcela 1\nem atraso"}, "Parcela 1", "Parcela 1\nem atraso"),
        ({"description": "x" * 300}, "x" * 200, "x" * 300),
        ({"description": "Parcela 1"}, "Parcela 1", ""),
        ({"installment": "inst_7"}, "Parcela inst_7", ""),
        ({"description": "  "}, "Item", ""),
    ],
)
def test_each_line_has_a_name(item: dict[str, str], name: str, detail: str) -> None:
    draft = read({**request("create_minimal"), "items": [{"amount": 1, **item}]})
    assert (draft.lines[0].name, draft.lines[0].detail) == (name, detail)


def test_what_the_payer_reads_is_in_the_invoice_s_language() -> None:
    body = {**request("create_minimal"), "items": [{"amount": 1, "fine": 1, "interest": 1}]}
    english = codec.read(wire.CreateInvoice.model_validate(body), replace(blank(), language="en"), REAIS)
    assert [charge.name for charge in english.charges] == ["Fine", "Interest"]
    assert [charge.name for charge in read(body).charges] == ["Multa", "Juros"]
