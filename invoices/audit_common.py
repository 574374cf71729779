"""What every audit does alike: rows in chunks, suspects read twice, series without gaps, files as they were frozen."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any, Protocol, TypeVar

from django.core.files.storage import default_storage
from django.db.models import Max, QuerySet, Sum

from businesses.models import Event
from core.frozen_paper import MAX_ATTEMPTS
from invoices.models import Sequence as Counter

T = TypeVar("T")
CHUNK = 500


class Case(Protocol):
    """A row with all that is needed to judge it."""

    @property
    def key(self) -> int: ...

    @property
    def title(self) -> str: ...

    def faults(self) -> Iterator[str]: ...


def chunks(items: Iterable[T]) -> Iterator[list[T]]:
    chunk: list[T] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def judged(rows: QuerySet[Any], read: Callable[[list[int]], Iterable[Case]]) -> Iterator[str]:
    """The faults of all these rows, which `read` reads by their keys, a chunk in a few queries.

    A change made meanwhile is no fault: what looks wrong is read a second time.
    """
    for keys in chunks(rows.order_by("pk").values_list("pk", flat=True).iterator(CHUNK)):
        suspects = [case.key for case in read(keys) if any(case.faults())]
        for case in read(suspects) if suspects else ():
            for fault in case.faults():
                yield f"{case.title}: {fault}"


def history(model: str, keys: Iterable[int], **wanted: Any) -> dict[int, list[Event]]:
    """The events of rows of one model by their keys, oldest first."""
    found: dict[int, list[Event]] = {key: [] for key in keys}
    subjects = [f"{model}:{key}" for key in found]
    for event in Event.objects.filter(subject__in=subjects, **wanted).order_by("id"):
        found[int(event.subject.partition(":")[2])].append(event)
    return found


def orphans(model: str, rows: QuerySet[Any]) -> Iterator[str]:
    """Each row that has a history is still there."""
    subjects = Event.objects.filter(subject__startswith=f"{model}:").order_by("subject")
    for chunk in chunks(subjects.values_list("subject", flat=True).distinct().iterator(CHUNK)):
        keys = {int(subject.partition(":")[2]) for subject in chunk}
        for key in sorted(keys - set(rows.filter(pk__in=keys).values_list("pk", flat=True))):
            yield f"{model}:{key} has a history, but its row is gone"


def numbers(kind: str, rows: QuerySet[Any], *, event: str, chosen: bool = False) -> Iterator[str]:
    """Each series of a kind counts its rows without a gap, in the order of the events that gave out the numbers.

    `chosen`: a caller may have asked for a number of its own; such a one may stand anywhere.
    """
    known = set()
    for series in Counter.objects.filter(kind=kind).order_by("pk").iterator(CHUNK):
        known.add((series.business_id, series.series))
        places = rows.filter(business=series.business_id, series=series.series).order_by("series_place")
        yield from _gaps(series, places)
        yield from _disorder(places.filter(wanted_number="") if chosen else places, event)
    used = rows.exclude(series="").order_by().values_list("business_id", "series").distinct()
    for business, name in set(used) - known:
        yield f"business {business}, series {name}: there are numbers but no counter"


def _gaps(series: Counter, rows: QuerySet[Any]) -> Iterator[str]:
    """Places `first` to `next_place - 1` are all there, but for those that callers' own numbers jumped over."""
    where = f"business {series.business_id}, series {series.series}"
    places = rows.filter(series_place__gte=series.first, series_place__lt=series.next_place)
    spans = sorted((start, end) for start, end in series.skipped)
    expected = series.first
    taken: Iterator[Any] = places.values_list("series_place", flat=True).iterator(CHUNK)
    for place in chain(taken, [series.next_place]):
        for start, end in _missing(expected, place - 1, spans):
            yield f"{where}: no {_noun(rows)} has number {start}" + (f" to {end}" if end > start else "")
        expected = place + 1
    highest = rows.aggregate(highest=Max("series_place"))["highest"]
    next_place = Counter.objects.values_list("next_place", flat=True).get(pk=series.pk)
    if highest is not None and highest >= next_place:
        yield f"{where}: number {highest} is used but the counter stands at {next_place}"


def _missing(start: int, end: int, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """What of `start` to `end` lies in no span; spans come in order."""
    for first, last in spans:
        if start < first <= end:
            yield start, first - 1
        if first <= end:
            start = max(start, last + 1)
    if start <= end:
        yield start, end


def _disorder(rows: QuerySet[Any], kind: str) -> Iterator[str]:
    """Numbers follow the order of their events."""
    model, latest = str(rows.model._meta.model_name), 0
    for chunk in chunks(rows.values_list("pk", "number").iterator(CHUNK)):
        subjects = {f"{model}:{key}": number for key, number in chunk}
        issued = Event.objects.filter(subject__in=subjects, kind=kind)
        ids = dict(issued.values_list("subject", "pk"))
        for subject, number in subjects.items():
            event = ids.get(subject, latest)
            if event < latest:
                yield f"{_noun(rows)} {number} ({subject}): issued before the number that precedes it"
            latest = max(event, latest)


def _noun(rows: QuerySet[Any]) -> str:
    return {"invoice": "invoice", "creditnote": "credit note"}[str(rows.model._meta.model_name)]


def papers(rows: QuerySet[Any], name: Callable[[Any], str]) -> Iterator[str]:
    """Frozen PDFs that cannot be made, are gone or have changed; `name` says whose one is."""
    for paper in rows.filter(key="", attempts__gte=MAX_ATTEMPTS).order_by("pk").iterator(CHUNK):
        yield f"{name(paper)} cannot be made: {paper.error}"
    for paper in rows.exclude(key="").order_by("pk").iterator(CHUNK):
        fault = _file_fault(paper.key, paper.sha256)
        if fault:
            yield f"{name(paper)}: {paper.key} {fault}"


def _file_fault(key: str, sha256: str) -> str:
    if not default_storage.exists(key):
        return "is gone"
    with default_storage.open(key) as stored:
        same = hashlib.file_digest(stored, "sha256").hexdigest() == sha256
    return "" if same else "has changed"


def missing_files(rows: QuerySet[Any], column: str, name: Callable[[Any], str]) -> Iterator[str]:
    """Rows that name a file of ours which is not there."""
    for row in rows.exclude(**{column: ""}).order_by("pk").iterator(CHUNK):
        key = getattr(row, column)
        if not default_storage.exists(key):
            yield f"{name(row)}: {key} is gone"


def unfinished(folders: Sequence[str]) -> Iterator[str]:
    for folder in folders:
        for name in _names(folder):
            if name.endswith(".tmp"):
                yield f"{folder}/{name} was never finished"


def _names(folder: str) -> list[str]:
    with suppress(NotImplementedError, OSError):
        return list(default_storage.listdir(folder)[1])
    return []


def sums(rows: QuerySet[Any], by: str, names: Iterable[str]) -> Mapping[int, dict[str, int]]:
    """The sums of columns of these rows, grouped by one."""
    columns = {f"sum_{name}": Sum(name) for name in names}
    grouped = rows.order_by().values(by).annotate(**columns)
    return {row[by]: {name: row[f"sum_{name}"] for name in names} for row in grouped}
