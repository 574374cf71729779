"""What every bank file becomes: money in, as plain facts, and the lines left aside with the reason."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from core.problems import Problem

MAX_RECORDS = 20_000


@dataclass(frozen=True)
class Movement:
    """Money that a payer paid. `amount` is gross and `fee` is what the bank kept of it, both in minor units.

    `on` is the day of the payment as the bank states it; `our_number` holds digits only, as wide as in the file and
    without its check digit where the layout keeps that apart; `line` counts from 1.
    """

    external_id: str
    on: date
    amount: int
    fee: int
    currency: str
    payer_name: str
    payer_tax_id: str
    txid: str
    our_number: str
    document: str
    memo: str
    account: str
    line: int


@dataclass(frozen=True)
class Ignored:
    """A line that is no money in, and why, in the reader's language."""

    line: int
    reason: str


@dataclass(frozen=True)
class BankFile:
    """`kind` is ofx, cnab240, cnab400 or csv; `bank` is the three-digit code, empty when the file does not tell."""

    kind: str
    bank: str
    account: str
    movements: tuple[Movement, ...]
    ignored: tuple[Ignored, ...]


class Gathering:
    """What a reader has found so far; it refuses a file of more than MAX_RECORDS records."""

    def __init__(self) -> None:
        self.movements: list[Movement] = []
        self.ignored: list[Ignored] = []
        self._seen: Counter[str] = Counter()

    def take(self, movement: Movement) -> None:
        self._check_room()
        self.movements.append(movement)

    def skip(self, line: int, reason: str) -> None:
        self._check_room()
        self.ignored.append(Ignored(line, reason))

    def identify(self, kind: str, *facts: object) -> str:
        """The same for the same facts in another copy of the file; equal facts are told apart by their order."""
        digest = hashlib.sha256("\x1f".join(map(str, facts)).encode()).hexdigest()[:40]
        self._seen[digest] += 1
        return f"{kind}-{digest}-{self._seen[digest]}"

    def _check_room(self) -> None:
        if len(self.movements) + len(self.ignored) >= MAX_RECORDS:
            message = _("The file has more than %(limit)d movements; split it by dates.")
            raise Problem(message % {"limit": MAX_RECORDS}, field="file", code="too_many")
