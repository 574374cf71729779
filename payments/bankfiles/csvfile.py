"""Statements as CSV: a mapping says which column is what; `guess` proposes one from the headings."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice

from django.utils.translation import gettext as _

from core.problems import Problem
from core.taxids import guess_kind
from core.text import ascii_fold
from payments.bankfiles.memo import checked_tax_id, name_in, tax_id_in, txid_in
from payments.bankfiles.movement import BankFile, Gathering, Movement
from payments.bankfiles.reading import amount_of, broken, day_of, decode, is_balance, not_a_day, plain

HEADINGS = {
    "date": "data|data lancamento|data do lancamento|data mov|data movimento|data da transacao|data pagamento|date"
    "|transaction date|posted date|booking date|payment date",
    "amount": "valor|valor r|valor brl|valor recebido|valor pago|montante|amount|value|gross|gross amount",
    "credit": "credito|credito r|creditos|entrada|entradas|credit|paid in|money in",
    "fee": "tarifa|taxa|fee|fees",
    "description": "descricao|historico|lancamento|memo|description|details|narrative",
    "payer": "nome|pagador|nome do pagador|cliente|favorecido|payer|payer name|name|customer",
    "tax_id": "cpf cnpj|cpf|cnpj|documento do pagador|tax id|tax number",
    "txid": "txid|id da cobranca|pix txid",
    "our_number": "nosso numero|our number",
    "document": "documento|docto|numero do documento|seu numero|document|reference|invoice",
    "id": "id|identificador|codigo da transacao|id transacao|transaction id|identifier",
}
FIELDS = {heading: name for name, words in HEADINGS.items() for heading in words.split("|")}
DAYS = {
    "dd/mm/yyyy": re.compile(
        r"(?P<day>\d{1,2})[/.-](?P<month>\d{1,2})[/.-](?P<year>\d{4})(?:[ T].*)?", re.ASCII
    ),
    "mm/dd/yyyy": re.compile(
        r"(?P<month>\d{1,2})[/.-](?P<day>\d{1,2})[/.-](?P<year>\d{4})(?:[ T].*)?", re.ASCII
    ),
    "yyyy-mm-dd": re.compile(
        r"(?P<year>\d{4})[/.-](?P<month>\d{1,2})[/.-](?P<day>\d{1,2})(?:[ T].*)?", re.ASCII
    ),
}
DELIMITERS = ";,\t|"
LONGEST_PREAMBLE = 30
SAMPLE = 50
MAX_CELL = 2000
MAX_COLUMNS = 100


@dataclass(frozen=True)
class CsvMapping:
    """`columns`: our field → heading as in the file. `decimal` is `,` or `.`; `date_format` a key of DAYS;
    `skip_rows` are the rows above the headings.
    """

    columns: dict[str, str]
    delimiter: str = ";"
    date_format: str = "dd/mm/yyyy"
    decimal: str = ","
    skip_rows: int = 0


@dataclass(frozen=True)
class Row:
    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """A row under its headings."""

    row: Row
    values: dict[str, str]

    def cell(self, name: str) -> str:
        return self.values.get(name, "")


def guess(data: bytes) -> CsvMapping:
    """From headings in Portuguese or English; raises Problem that names the columns it could not find.

    Days are never guessed to be month first: map those by hand.
    """
    text = decode(data)
    best: dict[str, str] = {}
    for delimiter in DELIMITERS:
        for skipped, cells in enumerate(_first_rows(text, delimiter)):
            columns = _columns(cells)
            if not _missing(columns):
                return _with_formats(text, CsvMapping(columns, delimiter, skip_rows=skipped))
            best = max(best, columns, key=len)
    raise _without(_missing(best))


def _first_rows(text: str, delimiter: str) -> list[list[str]]:
    """The file's first lines cut at every delimiter: good enough to find the headings."""
    return [
        line[:MAX_CELL].split(delimiter) for line in text.split("\n", LONGEST_PREAMBLE)[:LONGEST_PREAMBLE]
    ]


def _columns(cells: list[str]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for cell in cells:
        heading = _heading(cell)
        if _fold(heading) in FIELDS:
            columns.setdefault(FIELDS[_fold(heading)], heading)
    return columns


def _heading(cell: str) -> str:
    return plain(cell[:200].strip().strip('"'), limit=80)


def _fold(heading: str) -> str:
    return " ".join(re.findall("[a-z0-9]+", ascii_fold(heading)))


def _missing(columns: dict[str, str]) -> list[str]:
    names = {"date": _("date"), "amount": _("amount")}
    have = {*columns, *(["amount"] if "credit" in columns else [])}
    return [label for name, label in names.items() if name not in have]


def _without(missing: list[str]) -> Problem:
    message = _("No column found for: %(names)s.") % {"names": ", ".join(missing)}
    return Problem(message, field="file", code="columns")


def _with_formats(text: str, found: CsvMapping) -> CsvMapping:
    """Day and decimal mark as the first rows write them."""
    entries = list(islice(_records(text, found), SAMPLE))
    amounts = [entry.cell("amount") or entry.cell("credit") for entry in entries]
    english = any(re.search(r"\.[0-9]{1,2}\D*$", amount) for amount in amounts)
    iso = any(DAYS["yyyy-mm-dd"].fullmatch(entry.cell("date")) for entry in entries)
    return CsvMapping(
        found.columns,
        found.delimiter,
        date_format="yyyy-mm-dd" if iso else "dd/mm/yyyy",
        decimal="." if english else ",",
        skip_rows=found.skip_rows,
    )


def _records(text: str, mapping: CsvMapping) -> Iterator[Entry]:
    rows = _rows(text, mapping)
    header = next(rows, Row(1, ()))
    headings = [_heading(cell) for cell in header.cells]
    missing = [heading for heading in mapping.columns.values() if heading not in headings]
    if missing:
        raise _without(missing)
    places = {name: headings.index(heading) for name, heading in mapping.columns.items()}
    for row in rows:
        if len(row.cells) != len(headings):
            what = _("%(found)d columns instead of %(expected)d.")
            raise broken(row.line, what % {"found": len(row.cells), "expected": len(headings)}, code="width")
        yield Entry(row, {name: row.cells[place] for name, place in places.items()})


def _rows(text: str, mapping: CsvMapping) -> Iterator[Row]:
    """From the headings on, without blank rows."""
    body = text.split("\n", mapping.skip_rows)[-1]
    reader = csv.reader(io.StringIO(body), delimiter=mapping.delimiter, strict=True)
    while True:
        line = mapping.skip_rows + reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise broken(line, _("not well-formed CSV."), code="csv") from error
        if cells is None:
            return
        if len(cells) > MAX_COLUMNS:
            raise broken(line, _("more than %(limit)d columns.") % {"limit": MAX_COLUMNS}, code="width")
        if any(len(cell) > MAX_CELL for cell in cells):
            raise broken(
                line, _("a cell of more than %(limit)d characters.") % {"limit": MAX_CELL}, code="too_long"
            )
        if any(cell.strip() for cell in cells):
            yield Row(line, tuple(cell.strip() for cell in cells))


def read(text: str, *, currency: str, mapping: CsvMapping) -> BankFile:
    """Rows with money in become movements; raises Problem naming the line of anything that cannot be read."""
    _check(mapping)
    found = Gathering()
    for entry in _records(text, mapping):
        _sort(entry, mapping, found, currency)
    return BankFile("csv", "", "", tuple(found.movements), tuple(found.ignored))


def _check(mapping: CsvMapping) -> None:
    good = {
        "delimiter": len(mapping.delimiter) == 1 and mapping.delimiter in DELIMITERS,
        "date_format": mapping.date_format in DAYS,
        "decimal": mapping.decimal in (",", "."),
        "skip_rows": 0 <= mapping.skip_rows <= LONGEST_PREAMBLE,
        "columns": set(mapping.columns) <= set(HEADINGS),
    }
    for name, is_good in good.items():
        if not is_good:
            raise Problem(_("This is not a way to read a CSV file."), field=f"mapping.{name}", code="choice")
    if _missing(mapping.columns):
        raise _without(_missing(mapping.columns))


def _sort(entry: Entry, mapping: CsvMapping, found: Gathering, currency: str) -> None:
    line = entry.row.line
    if is_balance(plain(entry.cell("description"), limit=100)):
        return found.skip(line, _("A balance, not a movement."))
    if "amount" not in mapping.columns and not entry.cell("credit"):
        return found.skip(line, _("Money out."))
    written = entry.cell("amount") or entry.cell("credit")
    amount = amount_of(written, currency, decimal=mapping.decimal, line=line)
    if amount <= 0:
        return found.skip(line, _("Money out."))
    found.take(_movement(entry, mapping, found, amount, currency))


def _movement(entry: Entry, mapping: CsvMapping, found: Gathering, amount: int, currency: str) -> Movement:
    on, memo, payer = (
        _day(entry, mapping),
        plain(entry.cell("description"), limit=300),
        entry.cell("payer"),
    )
    written = entry.cell("fee") or "0"
    fee = abs(amount_of(written, currency, decimal=mapping.decimal, line=entry.row.line))
    if fee > amount:
        raise broken(entry.row.line, _("the fee is more than the amount."), code="fee")
    return Movement(
        external_id=_identity(entry, found, on, amount),
        on=on,
        amount=amount,
        fee=fee,
        currency=currency,
        payer_name=plain(payer, limit=120) or name_in(memo),
        payer_tax_id=_tax_id(entry) or tax_id_in(memo),
        txid=plain(entry.cell("txid"), limit=35) or txid_in(memo),
        our_number=re.sub("[^0-9]", "", entry.cell("our_number"))[:20],
        document=plain(entry.cell("document"), limit=60),
        memo=memo,
        account="",
        line=entry.row.line,
    )


def _identity(entry: Entry, found: Gathering, on: date, amount: int) -> str:
    """By the bank's own id when there is a column for it, else by the whole row."""
    if entry.cell("id"):
        return found.identify("csv", entry.cell("id"), on.isoformat(), amount)
    return found.identify("csv", *(" ".join(cell.split()) for cell in entry.row.cells))


def _tax_id(entry: Entry) -> str:
    text = entry.cell("tax_id")
    return checked_tax_id(text, guess_kind(text))


def _day(entry: Entry, mapping: CsvMapping) -> date:
    text = entry.cell("date")
    parts = DAYS[mapping.date_format].fullmatch(text[:60])
    if not parts:
        raise not_a_day(text, entry.row.line)
    return day_of(parts["year"], parts["month"], parts["day"], line=entry.row.line)
