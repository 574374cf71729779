"""Bytes to text, text to amounts and days; every refusal names the line."""

import re
import unicodedata
from datetime import date
from functools import cache

from babel.numbers import get_currency_symbol
from django.utils.translation import gettext as _

from core.money import bounded_number, exponent, minor_units
from core.problems import Problem
from core.text import BIDI_CONTROLS, REFUSED

MAX_BYTES = 5 * 1024 * 1024
MAX_WRITTEN = 60
"""Characters of an amount or a day; anything longer is something else."""
END_OF_FILE = "\x1a"
"""Still written at the end by programs that come from DOS."""
BALANCE = re.compile(
    r"s a l d o|saldo( (anterior|inicial|final|atual|total|parcial|dispon[ií]vel|bloqueado|do dia|em conta)\b.*)?",
    re.IGNORECASE,
)
GROUPS = {",": r"\.", ".": ","}


def broken(line: int, what: str, *, code: str = "line") -> Problem:
    message = _("Line %(line)d: %(what)s")
    return Problem(message % {"line": line, "what": what}, field="file", code=code)


def decode(data: bytes) -> str:
    """UTF-8 (a byte order mark is dropped) or, when that fails, Windows-1252; lines end in `\\n`.

    Windows-1252 gives Latin-1 its own meaning for every printable character. Raises Problem for more than 5 MB,
    an empty file, NUL bytes and bytes of neither encoding.
    """
    if len(data) > MAX_BYTES:
        message = _("The file is larger than %(limit)d MB.") % {"limit": MAX_BYTES // 1024**2}
        raise Problem(message, field="file", code="too_large")
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise broken(line, _("a NUL byte; this is not a text file."), code="nul")
    text = _text(data).replace("\r\n", "\n").replace("\r", "\n").rstrip(f"\n{END_OF_FILE}")
    if not text.strip():
        raise Problem(_("The file is empty."), field="file", code="empty")
    return text


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = _("a character that is neither UTF-8 nor Windows-1252.")
        raise broken(line, what, code="encoding") from error


def plain(text: str, *, limit: int) -> str:
    """Text from a bank as one line that can be stored: hidden characters become spaces, the rest is cut at `limit`."""
    kept = (" " if c in BIDI_CONTROLS or unicodedata.category(c) in REFUSED else c for c in text[: 4 * limit])
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())[:limit].rstrip()


def is_balance(text: str) -> bool:
    """Banks list balances among the movements: `SALDO ANTERIOR`, `S A L D O`."""
    return bool(BALANCE.fullmatch(text))


def amount_of(text: str, currency: str, *, decimal: str, line: int) -> int:
    """Minor units of `R$ 1.234,56`, `-10,00`, `+5`, `10,00 D`; `decimal` is the decimal mark, `,` or `.`."""
    short = " ".join(text[: MAX_WRITTEN + 1].split()).upper()
    for mark in _marks(currency):
        short = short.replace(mark, " ", 1)
    written = _written(decimal).fullmatch(short.strip())
    if len(text) > MAX_WRITTEN or not written:
        raise _not_an_amount(text, line)
    number = re.sub("[.,]", "", written["whole"]) + (f".{written['part']}" if written["part"] else "")
    try:
        amount = minor_units(bounded_number(number, places=exponent(currency)), currency)
    except Problem as error:
        raise _not_an_amount(text, line) from error
    return -amount if "-" in short or written["side"] == "D" else amount


@cache
def _marks(currency: str) -> tuple[str, str]:
    return currency, get_currency_symbol(currency, "en")


@cache
def _written(decimal: str) -> re.Pattern[str]:
    whole = rf"(?P<whole>[0-9]{{1,15}}|[0-9]{{1,3}}(?:{GROUPS[decimal]}[0-9]{{3}}){{1,4}})"
    part = rf"(?:{re.escape(decimal)}(?P<part>[0-9]{{1,6}}))?"
    return re.compile(rf"[+-]? *{whole}{part} ?(?P<side>[CD-]?)", re.ASCII)


def _not_an_amount(text: str, line: int) -> Problem:
    return broken(line, _("“%(text)s” is not an amount.") % {"text": plain(text, limit=40)}, code="amount")


def day_of(year: str, month: str, day: str, *, line: int) -> date:
    """A day between 1990 and 2200, from digits."""
    try:
        found = date(int(year), int(month), int(day))
    except ValueError as error:
        raise not_a_day(f"{day}/{month}/{year}", line) from error
    if not 1990 <= found.year <= 2200:
        raise not_a_day(f"{day}/{month}/{year}", line)
    return found


def not_a_day(text: str, line: int) -> Problem:
    return broken(line, _("“%(text)s” is not a date.") % {"text": plain(text, limit=40)}, code="date")
