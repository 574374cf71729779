"""Boletos: the 44 digits of the bar code, the 47 that people type, their check digits and due dates, both ways.

Source: FEBRABAN, layout of the boleto's bar code and “linha digitável”; due-date factor as restarted on 2025-02-22.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from core.problems import Problem

REAL = "9"
FACTOR_BASE = date(1997, 10, 7)
FIRST_FACTOR, LAST_FACTOR = 1000, 9999
FACTOR_CYCLE = LAST_FACTOR - FIRST_FACTOR + 1
MAX_AMOUNT = 10**10 - 1
"""In centavos: the bar code has ten digits for it."""

MAX_TYPED = 100
LINE_MARKS = re.compile(r"[ .\-]")
BANK = re.compile(r"[0-9]{3}", re.ASCII)
FREE_FIELD = re.compile(r"[0-9]{25}", re.ASCII)
BARCODE = re.compile(r"[0-9]{3}9[0-9]{40}", re.ASCII)
LINE = re.compile(r"[0-9]{3}9[0-9]{43}", re.ASCII)


@dataclass(frozen=True)
class Boleto:
    """What a bar code says; `amount` in centavos, `due_on` None when it falls due on sight."""

    bank: str
    due_on: date | None
    amount: int
    free_field: str


def mod10(digits: str) -> int:
    """The modulo-10 check digit: weights 2 and 1 from the right, digits of each product added."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        total += sum(divmod(int(digit) * (2 - place % 2), 10))
    return -total % 10


def mod11(digits: str, *, top: int = 9) -> int:
    """11 less the modulo-11 remainder, so 1 to 11; weights 2 to `top` from the right, again and again.

    What 10 and 11 become differs: 1 in a bar code, and by bank elsewhere.
    """
    total = sum(int(digit) * (2 + place % (top - 1)) for place, digit in enumerate(reversed(digits)))
    return 11 - total % 11


def factor(day: date) -> int:
    """The due date's four digits: days since 1997-10-07, and after 9999 again from 1000.

    Raises Problem for a day before 2000-07-03, the first to have a factor.
    """
    days = (day - FACTOR_BASE).days
    if days < FIRST_FACTOR:
        raise Problem(_("A boleto cannot fall due before July 2000."), field="due_on", code="date")
    return (days - FIRST_FACTOR) % FACTOR_CYCLE + FIRST_FACTOR


def day_of(factor: int, *, near: date) -> date | None:
    """The due date nearest to `near` that has this factor, since each comes back after 9000 days; None for 0."""
    if factor == 0:
        return None
    if not FIRST_FACTOR <= factor <= LAST_FACTOR:
        raise _invalid("barcode")
    first = FACTOR_BASE + timedelta(days=factor)
    cycles = ((near - first).days + FACTOR_CYCLE // 2) // FACTOR_CYCLE
    return first + timedelta(days=max(cycles, 0) * FACTOR_CYCLE)


def barcode(bank: str, free_field: str, *, due_on: date | None, amount: int) -> str:
    """The 44 digits; `amount` in centavos, ten digits at most. No date: due on sight.

    Raises Problem for an amount that does not fit and for a bank or free field that is not 3 or 25 digits.
    """
    if not BANK.fullmatch(bank):
        raise Problem(_("A bank's code has three digits."), field="bank", code="bank")
    if not FREE_FIELD.fullmatch(free_field):
        raise Problem(_("A boleto's free field has 25 digits."), field="free_field", code="digits")
    if not 0 <= amount <= MAX_AMOUNT:
        raise Problem(_("This amount does not fit a boleto."), field="amount", code="amount")
    due = factor(due_on) if due_on else 0
    head, tail = bank + REAL, f"{due:04d}{amount:010d}{free_field}"
    return head + _dac(head + tail) + tail


def _dac(digits: str) -> str:
    """The bar code's fifth digit, taken over the other 43; never 0, so 10 and 11 become 1."""
    check = mod11(digits)
    return str(check) if check < 10 else "1"


def line(barcode: str) -> str:
    """The 47 digits that people type, in which the free field comes first and each part has a check digit."""
    code = _checked(barcode, "barcode")
    free = code[19:]
    parts = [code[:4] + free[:5], free[5:15], free[15:]]
    return "".join(f"{part}{mod10(part)}" for part in parts) + code[4:19]


def barcode_of(line: str) -> str:
    """The 44 digits behind a typed line, with or without its dots and spaces; a Problem when any digit is wrong."""
    digits = LINE_MARKS.sub("", line[:MAX_TYPED])
    if not LINE.fullmatch(digits) or len(line) > MAX_TYPED:
        raise _invalid("line")
    parts = [digits[:10], digits[10:21], digits[21:32]]
    if any(str(mod10(part[:-1])) != part[-1] for part in parts):
        raise _invalid("line")
    free = parts[0][4:-1] + parts[1][:-1] + parts[2][:-1]
    return _checked(digits[:4] + digits[32:] + free, "line")


def formatted(line: str) -> str:
    """A line of 47 digits as slips print it: `00190.50095 40144.816069 06809.350314 3 37370000000100`."""
    parts = [line[:5], line[5:10], line[10:15], line[15:21], line[21:26], line[26:32]]
    pairs = [".".join(parts[i : i + 2]) for i in (0, 2, 4)]
    return " ".join([*pairs, line[32:33], line[33:]])


def read(barcode: str, *, near: date) -> Boleto:
    """What 44 digits say; the due date is the one nearest to `near`. A Problem when they are not a boleto's."""
    code = _checked(barcode, "barcode")
    return Boleto(
        bank=code[:3], due_on=day_of(int(code[5:9]), near=near), amount=int(code[9:19]), free_field=code[19:]
    )


def _checked(barcode: str, field: str) -> str:
    if not BARCODE.fullmatch(barcode) or _dac(barcode[:4] + barcode[5:]) != barcode[4]:
        raise _invalid(field)
    return barcode


def _invalid(field: str) -> Problem:
    return Problem(_("This is not a valid boleto; check its digits."), field=field, code=field)
