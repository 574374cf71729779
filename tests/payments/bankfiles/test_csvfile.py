"""CSV statements: headings in two languages, marks of two languages, and rows that do not fit."""

from datetime import date

import pytest

from core.problems import Problem
from payments.bankfiles.csvfile import CsvMapping, guess
from payments.bankfiles.detect import read
from tests.payments.bankfiles.samples import MARIA, amounts, data, read_bytes, sample

SMALL = CsvMapping({"date": "Dia", "amount": "Quanto"})


def small(row: str, mapping: CsvMapping = SMALL) -> int:
    text = f"Dia;Quanto\n21/11/2026;1,00\n{row}\n"
    return read("x", text.encode(), currency="BRL", mapping=mapping).movements[-1].amount


def test_a_brazilian_statement_is_read_below_its_preamble() -> None:
    assert guess(data("extrato.csv")) == CsvMapping(
        {"date": "Data", "description": "Histórico", "amount": "Valor (R$)", "tax_id": "CPF/CNPJ"},
        skip_rows=2,
    )
    found = sample("extrato.csv")
    assert amounts(found) == [(123456, 0), (5000, 0), (5000, 0), (500, 0)]
    assert [entry.line for entry in found.ignored] == [4, 6]
    maria = found.movements[0]
    assert (maria.line, maria.payer_name, maria.payer_tax_id) == (5, "MARIA SOUZA", MARIA)


def test_an_english_statement_is_read() -> None:
    found = sample("statement.csv")
    assert amounts(found) == [(123456, 0), (550, 0)]
    assert (found.movements[0].on, found.movements[0].payer_name) == (date(2026, 11, 12), "Acme Inc.")


@pytest.mark.parametrize(
    ("written", "minor"),
    [
        ("R$ 1.234,56", 123456),
        ("1234,5", 123450),
        ("+5", 500),
        ("10,00 C", 1000),
        ("BRL 7", 700),
        ('"0,01"', 1),
    ],
)
def test_amounts_as_people_write_them(written: str, minor: int) -> None:
    assert small(f"21/11/2026;{written}") == minor


@pytest.mark.parametrize("written", ["-10,00", "10,00 D", "10,00-", "R$ -1,00", "-R$ 1,00", "0"])
def test_money_out_is_left_aside(written: str) -> None:
    text = f"Dia;Quanto\n21/11/2026;{written}\n".encode()
    found = read("x", text, currency="BRL", mapping=SMALL)
    assert found.movements == () and found.ignored[0].line == 2


@pytest.mark.parametrize(
    "written",
    [
        "NaN",
        "Infinity",
        "1E+999999",
        "1,234",
        "1.23",
        "12.34,56",
        "1,00,00",
        "US$ 5",
        "--1",
        "",
        "9" * 5000,
        "١٢",
    ],
)
def test_what_is_not_an_amount_is_refused_by_its_line(written: str) -> None:
    with pytest.raises(Problem, match="^\\['Line 3: ") as refused:
        small(f"21/11/2026;{written}")
    assert refused.value.code in ("amount", "too_long")


@pytest.mark.parametrize(
    "day", ["01/01/0000", "31/02/2026", "2026-11-21", "11/21/2026", "ontem", "", "9" * 500]
)
def test_what_is_not_a_day_is_refused_by_its_line(day: str) -> None:
    with pytest.raises(Problem, match="Line 3: ") as refused:
        small(f"{day};1,00")
    assert refused.value.code == "date"


def test_month_first_only_when_the_mapping_says_so() -> None:
    american = CsvMapping({"date": "Dia", "amount": "Quanto"}, date_format="mm/dd/yyyy")
    found = read("x", b"Dia;Quanto\n11/12/2026;1,00\n", currency="BRL", mapping=american)
    assert found.movements[0].on == date(2026, 11, 12)


def test_a_column_of_credits_may_stand_for_the_amount() -> None:
    text = "Data;Histórico;Crédito (R$);Débito (R$)\n21/11/2026;PIX;10,00;\n22/11/2026;LUZ;;5,00\n"
    found = read_bytes(text.encode())
    assert amounts(found) == [(1000, 0)]
    assert [entry.line for entry in found.ignored] == [3]


def test_missing_columns_are_named() -> None:
    with pytest.raises(Problem, match="amount") as refused:
        guess("Data;Histórico\n21/11/2026;x\n".encode())
    assert refused.value.code == "columns"
    with pytest.raises(Problem, match="Quanto"):
        read("x", b"Dia;Valor\n", currency="BRL", mapping=SMALL)


@pytest.mark.parametrize(
    "row", ["21/11/2026", "21/11/2026;1,00;x", '21/11/2026;"1,00', "21/11/2026;1" + ";" * 200]
)
def test_a_row_that_does_not_fit_is_refused(row: str) -> None:
    with pytest.raises(Problem, match="Line 3: "):
        small(row)


@pytest.mark.parametrize(
    "mapping",
    [
        CsvMapping({"date": "Dia"}),
        CsvMapping(SMALL.columns, delimiter="ab"),
        CsvMapping(SMALL.columns, decimal="x"),
        CsvMapping(SMALL.columns, date_format="%Y"),
        CsvMapping(SMALL.columns, skip_rows=-1),
        CsvMapping({**SMALL.columns, "colour": "Dia"}),
    ],
)
def test_an_impossible_mapping_is_refused(mapping: CsvMapping) -> None:
    with pytest.raises(Problem):
        small("21/11/2026;1,00", mapping)
