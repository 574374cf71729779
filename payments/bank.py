"""Bank files are read, compared and stored once; what is sure is applied, the rest waits in `payments.bank_entries`."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from businesses.events import actor_name, record
from businesses.models import Account, Business
from core.problems import Conflict, Problem
from invoices.models import Invoice
from payments.actions import Target
from payments.bank_entries import SOURCE, book_entry, change
from payments.bankfiles import detect
from payments.bankfiles.csvfile import CsvMapping
from payments.bankfiles.movement import BankFile as Found
from payments.bankfiles.movement import Ignored, Movement
from payments.bankfiles.reading import plain
from payments.matching import AGAIN, NOT_SURE, SURE, Match, Reason, here, match_all, words_of
from payments.models import BankEntry, BankFile, EntryState, Method, Payment
from payments.owing import Book, fingerprint

BATCH = 500
PENDING = 200
"""Payments that one run of the schedule applies: some seconds."""
SURELY = Q(state=EntryState.SUGGESTED, confidence__gte=SURE, payment=None)
"""What an import applies by itself; some are left when it was interrupted."""


@dataclass(frozen=True)
class Examined:
    """A file that was read and compared; nothing is stored. `known` movements came in another file before."""

    found: Found
    fresh: tuple[Movement, ...]
    matches: tuple[Match, ...]
    known: int

    @property
    def sure(self) -> int:
        return sum(match.is_sure for match in self.matches)

    @property
    def unknown(self) -> int:
        return sum(not (match.invoice_id or match.payment_id) for match in self.matches)

    @property
    def to_confirm(self) -> int:
        return len(self.matches) - self.sure - self.unknown


def examine(
    business: Business, name: str, data: bytes, *, account: Account | None, mapping: CsvMapping | None = None
) -> Examined:
    """The dry run. Raises Problem, with the line, for a file that cannot be read or that is another bank's."""
    if account is not None and account.business_id != business.pk:
        raise Problem(_("No such receiving account."), field="account", code="not_found")
    found = detect.read(name, data, currency=business.currency, mapping=mapping)
    if account and account.bank_code and found.bank and account.bank_code != found.bank:
        message = _("This file is of bank %(found)s, the chosen account is at bank %(chosen)s.")
        banks = {"found": found.bank, "chosen": account.bank_code}
        raise Problem(message % banks, field="account", code="bank")
    known = _known(business, account, found.movements)
    fresh = tuple(move for move in found.movements if fingerprint(account, move) not in known)
    certain = _is_of(account, found.account)
    book = Book(business, account, fresh, words_of, is_account_certain=certain)
    return Examined(found, fresh, tuple(match_all(book, fresh)), len(found.movements) - len(fresh))


def _is_of(account: Account | None, written: str) -> bool:
    """Whether the file can be the chosen account's; banks write it with branch, zeros and check digit, or without."""
    mine = re.sub("[^0-9]", "", account.number).lstrip("0") if account else ""
    theirs = re.sub("[^0-9]", "", written)
    return not mine or not theirs or mine in theirs or (len(mine) > 3 and mine[:-1] in theirs)


def _known(business: Business, account: Account | None, movements: Sequence[Movement]) -> set[str]:
    prints = [fingerprint(account, movement) for movement in movements]
    found: set[str] = set()
    for start in range(0, len(prints), BATCH):
        rows = BankEntry.objects.for_business(business).filter(fingerprint__in=prints[start : start + BATCH])
        found |= set(rows.values_list("fingerprint", flat=True))
    return found


def import_file(
    business: Business,
    name: str,
    data: bytes,
    *,
    account: Account | None,
    mapping: CsvMapping | None = None,
    by: object = None,
    at_once: int | None = None,
) -> BankFile:
    """Store the file's new movements and apply the sure ones; the same bytes again give the first import.

    `at_once` is how many are applied before it returns, the schedule applies the rest; None is all of
    them. Raises Problem like `examine`, and then nothing is stored.
    """
    digest = hashlib.sha256(data).hexdigest()
    before = file_with(business, digest)
    if before is not None:
        return before
    examined = examine(business, name, data, account=account, mapping=mapping)
    try:
        with transaction.atomic():
            stored = _store(business, plain(name, limit=150), digest, account, examined, by)
    except IntegrityError:
        before = file_with(business, digest)
        if before is None:
            raise
        return before
    apply_sure(stored, by=by, most=at_once)
    return stored


def file_with(business: Business, digest: str) -> BankFile | None:
    found: BankFile | None = BankFile.objects.for_business(business).filter(sha256=digest).first()
    return found


def _store(
    business: Business, name: str, digest: str, account: Account | None, examined: Examined, by: object
) -> BankFile:
    found = examined.found
    file: BankFile = BankFile.objects.create(
        business=business,
        name=name or found.kind,
        kind=found.kind,
        sha256=digest,
        account=account,
        by=actor_name(by),
        ignored=folded(found.ignored),
    )
    pairs = zip(examined.fresh, examined.matches, strict=True)
    rows = [_entry(file, account, movement, match) for movement, match in pairs]
    BankEntry.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
    data = {"name": file.name, "movements": len(rows), "known": examined.known}
    record("bank_file.imported", file, business=business, by=by, data=data)
    return file


def folded(ignored: Iterable[Ignored]) -> list[dict[str, Any]]:
    """The lines that were left aside, once for each reason."""
    lines: dict[str, list[int]] = defaultdict(list)
    for row in ignored:
        lines[row.reason].append(row.line)
    return [{"reason": reason, "lines": found} for reason, found in lines.items()]


def _entry(file: BankFile, account: Account | None, movement: Movement, match: Match) -> BankEntry:
    texts = [movement.memo, movement.document if movement.document not in movement.memo else ""]
    return BankEntry(
        business_id=file.business_id,
        file=file,
        fingerprint=fingerprint(account, movement),
        line=movement.line,
        on=movement.on,
        currency=movement.currency,
        amount=movement.amount,
        fee=movement.fee,
        method=method_of(movement),
        payer_name=movement.payer_name[:200],
        payer_tax_id=movement.payer_tax_id[:40],
        memo=" · ".join(filter(None, texts))[:300],
        state=EntryState.SUGGESTED if match.invoice_id or match.payment_id else EntryState.UNKNOWN,
        invoice_id=match.invoice_id,
        part=match.part,
        confidence=match.confidence,
        reasons=list(match.reasons),
        payment_id=match.payment_id,
    )


def method_of(movement: Movement) -> str:
    if movement.txid or re.search(r"\bpix\b", movement.memo, re.IGNORECASE):
        return Method.PIX
    return Method.BOLETO if movement.our_number else Method.BANK_TRANSFER


def apply_sure(file: BankFile, *, by: object = None, most: int | None = None) -> int:
    """Apply what is sure and still waits, at most so many, each movement by itself; how many were applied.

    One that is refused stays, with the reason. Safe to call again after an interruption.
    """
    return sum(_apply_sure(entry, by) for entry in _sure(file, most))


def apply_pending(most: int = PENDING) -> int:
    """What large or interrupted imports left, in all businesses; how many were applied. The next run goes on."""
    applied = 0
    for business in Business.objects.all():
        waiting = BankEntry.objects.for_business(business).filter(SURELY).values("file")
        for file in BankFile.objects.for_business(business).filter(pk__in=waiting).select_related("business"):
            applied += apply_sure(file, by=file.by, most=most - applied)
            if applied >= most:
                return applied
    return applied


def _sure(file: BankFile, most: int | None) -> list[BankEntry]:
    rows = BankEntry.objects.for_business(file.business_id).filter(SURELY, file=file).order_by("line", "pk")
    found = list(rows[:most])
    for entry in found:
        entry.file, entry.business = file, file.business
    return found


def _apply_sure(entry: BankEntry, by: object) -> bool:
    assert entry.invoice_id
    try:
        with transaction.atomic():
            _lock(entry)
            known = _came_meanwhile(entry)
            if known is None:
                book_entry(entry, [Target(entry.invoice_id, part=entry.part)], by=by)
    except Conflict:
        return False
    except Problem as problem:
        _demote(entry, {"code": "refused", "text": problem.text}, None)
        return False
    if known is not None:
        _demote(entry, here(known.pk, known.paid_on, known.source), known)
    return known is None


def _lock(entry: BankEntry) -> None:
    """Nobody else pays the invoice until this is done."""
    rows = Invoice.objects.for_business(entry.business_id).filter(pk=entry.invoice_id)
    list(rows.select_for_update().values_list("pk"))


def _came_meanwhile(entry: BankEntry) -> Payment | None:
    """Somebody told of the same payment between the comparison and now; asked with the invoice locked."""
    near = (entry.on - AGAIN, entry.on + AGAIN)
    rows = Payment.objects.for_business(entry.business_id).filter(amount=entry.amount, paid_on__range=near)
    origin = entry.fingerprint.partition("-")[0]
    others = rows.exclude(source=SOURCE, external_id__startswith=f"{origin}-")
    found: Payment | None = others.filter(allocations__invoice=entry.invoice_id).first()
    return found


def _demote(entry: BankEntry, reason: Reason, known: Payment | None) -> None:
    change(
        entry,
        [EntryState.SUGGESTED],
        confidence=min(entry.confidence, NOT_SURE),
        reasons=[*entry.reasons, reason],
        payment=known,
    )
