"""Tax identifiers: CPF (Brazilian person), CNPJ (Brazilian company, letters allowed since July 2026), or foreign.

Stored without punctuation and upper-case, shown formatted. Rules: Receita Federal, IN RFB 2.229/2024 for letters.
"""

import re

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from stdnum.br import cnpj, cpf
from stdnum.exceptions import ValidationError as InvalidNumber

from core.problems import Problem
from core.text import clean_text

PUNCTUATION = re.compile(r"[\s./\-]")
FOREIGN = re.compile(r"[A-Z0-9]{3,20}", re.ASCII)


class TaxIdKind(models.TextChoices):
    CPF = "cpf", "CPF"
    CNPJ = "cnpj", "CNPJ"
    FOREIGN = "foreign", gettext_lazy("Foreign")


RULES = {TaxIdKind.CPF: cpf, TaxIdKind.CNPJ: cnpj}
LENGTHS = {11: TaxIdKind.CPF, 14: TaxIdKind.CNPJ}


def compact(text: str) -> str:
    return PUNCTUATION.sub("", text).upper()


def guess_kind(text: str) -> TaxIdKind:
    """For callers that do not say: 11 digits are a CPF, 14 letters or digits a CNPJ, anything else is foreign."""
    number = compact(text)
    kind = LENGTHS.get(len(number), TaxIdKind.FOREIGN)
    return TaxIdKind.FOREIGN if kind == TaxIdKind.CPF and not number.isdecimal() else kind


def parse(text: str, kind: str, *, field: str = "tax_id") -> str:
    """The stored form of a tax id, or a Problem when its check digits are wrong. Empty stays empty."""
    number = compact(clean_text(text, limit=40, field=field))
    if not number:
        return ""
    if kind not in TaxIdKind:
        raise Problem(_("Not a kind of tax id."), field=f"{field}_kind", code="choice")
    if not _is_valid(number, kind):
        message = _("“%(number)s” is not a valid %(kind)s.")
        raise Problem(
            message % {"number": text.strip(), "kind": TaxIdKind(kind).label}, field=field, code="tax_id"
        )
    return number


def _is_valid(number: str, kind: str) -> bool:
    rule = RULES.get(TaxIdKind(kind))
    if rule is None:
        return bool(FOREIGN.fullmatch(number))
    try:
        return bool(number.isascii() and len(set(number)) > 1 and rule.validate(number))
    except InvalidNumber:
        return False


def format_tax_id(number: str, kind: str) -> str:
    """`12ABC34501DE35` → `12.ABC.345/01DE-35`, `07120188917` → `071.201.889-17`; foreign ones as they are."""
    if kind == TaxIdKind.CNPJ and len(number) == 14:
        return f"{number[:2]}.{number[2:5]}.{number[5:8]}/{number[8:12]}-{number[12:]}"
    if kind == TaxIdKind.CPF and len(number) == 11:
        return f"{number[:3]}.{number[3:6]}.{number[6:9]}-{number[9:]}"
    return number


def label_tax_id(number: str, kind: str) -> str:
    """With its name in front, for documents: `CNPJ 12.ABC.345/01DE-35`; empty when there is none."""
    if not number:
        return ""
    prefix = TaxIdKind(kind).label if kind in RULES else _("Tax ID")
    return f"{prefix} {format_tax_id(number, kind)}"


def mask_cpf(number: str, kind: str) -> str:
    """For public pages: the middle of a CPF only (LGPD: show no more than needed)."""
    if kind == TaxIdKind.CPF and len(number) == 11:
        return f"CPF ***.{number[3:6]}.{number[6:9]}-**"
    return label_tax_id(number, kind)
