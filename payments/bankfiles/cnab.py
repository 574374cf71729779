"""Records of fixed width, as both CNAB layouts have them; positions count from 1, as in the manuals."""

import re
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from core.money import bounded_minor
from core.problems import Problem
from core.taxids import TaxIdKind
from payments.bankfiles.memo import checked_tax_id
from payments.bankfiles.reading import broken, day_of, not_a_day, plain

Span = tuple[int, int]
TAX_IDS = {"1": (TaxIdKind.CPF, 11), "2": (TaxIdKind.CNPJ, 14)}


@dataclass(frozen=True)
class Record:
    text: str
    line: int

    def at(self, span: Span) -> str:
        return self.text[span[0] - 1 : span[1]].strip()

    def words(self, span: Span) -> str:
        return plain(self.at(span), limit=120)

    def digits(self, span: Span) -> str:
        """Digits only; a number of zeros is no number."""
        found = re.sub("[^0-9]", "", self.at(span))
        return found if found.strip("0") else ""

    def cents(self, span: Span) -> int:
        """An amount in centavos; blank is zero."""
        text = self.at(span) or "0"
        if not re.fullmatch("[0-9]+", text, re.ASCII):
            what = _("positions %(first)d to %(last)d hold no amount.")
            raise broken(self.line, what % {"first": span[0], "last": span[1]}, code="amount")
        return bounded_minor(int(text), field="file")

    def day(self, span: Span) -> date:
        """DDMMYY (this century) or DDMMYYYY."""
        text = self.at(span)
        if not re.fullmatch("[0-9]{6}|[0-9]{8}", text, re.ASCII):
            raise not_a_day(text, self.line)
        year = text[4:] if len(text) == 8 else f"20{text[4:]}"
        return day_of(year, text[2:4], text[:2], line=self.line)

    def tax_id(self, kind: Span, number: Span) -> str:
        """CPF or CNPJ, which stand at the right end of 15 positions."""
        rule = TAX_IDS.get(self.at(kind))
        return checked_tax_id(self.at(number)[-rule[1] :], rule[0]) if rule else ""


def records(text: str, width: int, *, currency: str) -> list[Record]:
    """Every line of the file; raises Problem when one has another width."""
    if currency != "BRL":
        raise Problem(_("CNAB files are in BRL only."), field="file", code="currency")
    return [_record(line, number, width) for number, line in enumerate(text.split("\n"), start=1)]


def _record(text: str, line: int, width: int) -> Record:
    if len(text) != width:
        what = _("%(found)d characters instead of %(width)d.")
        raise broken(line, what % {"found": len(text), "width": width}, code="width")
    return Record(text, line)


def truncated(record: Record) -> Problem:
    return broken(record.line, _("the file ends before its trailer record."), code="truncated")


def not_a_return(record: Record) -> Problem:
    what = _("not a return file: this is what a business sends to its bank.")
    return broken(record.line, what, code="direction")
