"""CSV files: every language's marks, and nothing that a spreadsheet would run."""

import csv
import io
from decimal import Decimal

import pytest

from core.csv_out import csv_lines, csv_response


def text(rows: list[list[object]], language: str = "en") -> str:
    return b"".join(csv_lines(rows, language)).decode("utf-8-sig")


@pytest.mark.parametrize("cell", ["=1+1", "+55", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "-"])
def test_a_cell_that_a_spreadsheet_would_run_is_made_plain_text(cell: str) -> None:
    assert next(csv.reader(io.StringIO(text([[cell]]), newline=""))) == [f"'{cell}"]


@pytest.mark.parametrize(
    ("cell", "written"),
    [(-5, "-5"), (Decimal("-1.50"), "-1.50"), ("-10,00", '"-10,00"'), (None, ""), ("a", "a")],
)
def test_numbers_stay_numbers(cell: object, written: str) -> None:
    assert text([[cell]]).strip() == (written or '""')


def test_portuguese_spreadsheets_get_their_own_marks() -> None:
    assert text([["nome", Decimal("1234.50")]], "pt-br") == "nome;1234,50\r\n"


def test_the_file_is_a_download_that_begins_with_the_mark_of_utf_8() -> None:
    answer = csv_response("pagamentos.csv", [["ação"]], "pt-br")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="pagamentos.csv"'
    assert b"".join(answer) == b"\xef\xbb\xbf" + "ação\r\n".encode()
