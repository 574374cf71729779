"""Lists as CSV files that a spreadsheet opens as they are meant: its own marks, and no cell that it would run."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

Row = Sequence[object]

RUNS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection)."""
NUMBER = re.compile(r"-[0-9]{1,15}([.,][0-9]{1,6})?", re.ASCII)
COMMA_LANGUAGES = {"pt-br"}
"""Whose decimal mark is the comma, so that their spreadsheets part cells by semicolons."""


class _Echo:
    """What a csv writer writes is handed on."""

    def write(self, text: str) -> str:
        return text


def csv_response(name: str, rows: Iterable[Row], language: str) -> StreamingHttpResponse:
    """The rows as a download, one after the other as they are read; whole numbers and Decimals stay numbers."""
    headers = {"Content-Disposition": content_disposition_header(True, name) or "attachment"}
    return StreamingHttpResponse(csv_lines(rows, language), content_type="text/csv", headers=headers)


def csv_lines(rows: Iterable[Row], language: str) -> Iterator[bytes]:
    """UTF-8 behind the mark by which spreadsheets know it."""
    has_comma = language in COMMA_LANGUAGES
    writer = csv.writer(_Echo(), delimiter=";" if has_comma else ",")
    yield b"\xef\xbb\xbf"
    for row in rows:
        cells = [_cell(value, has_comma=has_comma) for value in row]
        yield writer.writerow(cells).encode(errors="replace")


def _cell(value: object, *, has_comma: bool) -> str:
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.replace(".", ",") if has_comma else text
    text = "" if value is None else str(value)
    if text.startswith(RUNS) and not NUMBER.fullmatch(text):
        return f"'{text}"
    return text
