"""Numbers without gaps: one counter row per business and series, locked inside the transaction that issues."""

import logging
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from businesses.events import record
from businesses.models import Account, Business
from core.problems import Conflict, Problem
from core.series import Series
from invoices.models import Invoice, Numbered, Sequence

logger = logging.getLogger(__name__)

MAX_NUMBER = 60


@dataclass(frozen=True)
class Taken:
    number: str
    series: str = ""
    place: int | None = None


def take_next(business: Business, series: Series) -> Taken:
    """The next free number. The counter stays locked until the caller's transaction ends.

    A number that a caller chose before its series began (`2027-00001` in 2026) is jumped over like any other.
    """
    row = _locked(business, series)
    place = row.next_place
    while _is_taken(business, series, series.number(place), place):
        place += 1
    skipped = [*row.skipped, [row.next_place, place - 1]] if place > row.next_place else row.skipped
    _store(row, next_place=place + 1, skipped=skipped)
    return Taken(series.number(place), series.key, place)


def peek(business: Business, series: Series) -> str:
    """The number that `take_next` would give now. It is promised to nobody."""
    row = Sequence.objects.filter(business=business, kind=Numbered.INVOICE, series=series.key).first()
    place = row.next_place if row else 1
    while _is_taken(business, series, series.number(place), place):
        place += 1
    return series.number(place)


def take_own(business: Business, series: Series, number: str) -> Taken:
    """A number the caller chose, if unused; the counter jumps past it and remembers what it jumped over."""
    row = _locked(business, series)
    place = series.place_of(number)
    if _is_taken(business, series, number, place):
        raise Conflict(_("The number %(number)s is taken.") % {"number": number})
    if place is None:
        return Taken(number)
    skipped = [span for span in row.skipped if not span[0] <= place <= span[1]]
    skipped += [span for old in row.skipped if old not in skipped for span in _without(old, place)]
    if place > row.next_place:
        logger.warning("series %s jumps from %d to %d", series.key, row.next_place, place)
        skipped.append([row.next_place, place - 1])
    _store(row, next_place=max(row.next_place, place + 1), skipped=skipped)
    return Taken(number, series.key, place)


def start_at(business: Business, series: Series, place: int, *, by: object = None) -> None:
    """Let a series that has no number yet begin at `place`; on the record of the business, whose screen asks for it."""
    row = _locked(business, series)
    if row.next_place != row.first:
        raise Conflict(_("The series %(series)s has begun already.") % {"series": series.key})
    if place != row.first:
        _store(row, first=place, next_place=place)
        data = {"series": series.key, "first": place}
        record("series.started", business, business=business, by=by, data=data)


def take_credit_note(business: Business, series: Series) -> Taken:
    """The next number of a credit note: its own series, without gaps."""
    row = _locked(business, series, Numbered.CREDIT_NOTE)
    _store(row, next_place=row.next_place + 1)
    return Taken(series.number(row.next_place), series.key, row.next_place)


def take_our_numbers(account: Account | None, count: int) -> int | None:
    """The first of `count` boleto numbers in a row (nosso número) of an account whose bank issues boletos."""
    if account is None or not account.bank_code:
        return None
    row = Account.objects.for_business(account.business_id).select_for_update().get(pk=account.pk)
    Account.objects.for_business(account.business_id).filter(pk=row.pk).update(
        next_our_number=row.next_our_number + count
    )
    return int(row.next_our_number)


def _is_taken(business: Business, series: Series, number: str, place: int | None) -> bool:
    """By number or by place: the same place may be written with fewer digits since the pattern changed."""
    if len(number) > MAX_NUMBER:
        raise Problem(_("This number is too long."), field="number_prefix", code="too_long")
    same = Q(number=number)
    if place is not None:
        same |= Q(series=series.key, series_place=place)
    return Invoice.objects.for_business(business).filter(same).exists()


def _without(span: list[int], place: int) -> list[list[int]]:
    parts = [[span[0], place - 1], [place + 1, span[1]]]
    return [part for part in parts if part[0] <= part[1]]


def _locked(business: Business, series: Series, kind: str = Numbered.INVOICE) -> Sequence:
    if len(series.key) > MAX_NUMBER:
        raise Problem(_("This number is too long."), field="number_prefix", code="too_long")
    mine = Sequence.objects.select_for_update().filter(business=business, kind=kind, series=series.key)
    row = mine.first()
    if row is None:
        Sequence.objects.get_or_create(business=business, kind=kind, series=series.key)
        row = mine.get()
    return row


def _store(row: Sequence, **values: object) -> None:
    Sequence.objects.filter(pk=row.pk).update(**values)
