"""What an idempotency key cannot be trusted with: how long it is kept, and what it answers after a refusal.

A provider forgets keys, some after a day, and our tries go on for longer: so what was perhaps made is looked for before
it is asked for again. And a key may go on answering with its first refusal, or refuse another body: so after a clear
refusal, which did nothing, whoever asks again (staff have mended something) does it under a new key.
"""

from collections.abc import Iterator
from typing import TypeVar

from core.http import CallFailed
from providers.connector import Busy, Job, Learned, Refused, Steps, Unauthorized
from providers.objects import CONFLICT, dict_of, list_of

ASKED, ROUNDS = "asked", "rounds"
"""Notes: for whom an invoice was perhaps made, and how many refusals each key has had."""
T = TypeVar("T")


def key_of(job: Job, key: str = "") -> str:
    """The job's key, or the one given, as it is to be sent now."""
    key = key or job.key
    past = _rounds(job).get(key, 0)
    return f"{key}-r{past}" if past else key


def is_ours(job: Job, key: object) -> bool:
    """Whether this is the job's key, of whatever round."""
    return isinstance(key, str) and (key == job.key or key.startswith(f"{job.key}-r"))


def is_clear(refused: Refused) -> bool:
    """Nothing was done. A conflict may say that it was; a wrong credential has nothing to do with the key."""
    status = refused.status or 0
    return 400 <= status < 500 and status != CONFLICT and not isinstance(refused, Unauthorized)


def used_up(job: Job, refused: Refused, key: str = "") -> Iterator[Learned]:
    key = key or job.key
    if is_clear(refused):
        yield Learned(notes={ROUNDS: {**_rounds(job), key: _rounds(job).get(key, 0) + 1}})


def is_doubtful(job: Job) -> bool:
    """Whether the invoice is perhaps there although we have no id of it."""
    return job.is_unclear or bool(job.remote.notes.get(ASKED)) or job.key in _rounds(job)


def payers(job: Job, whom: str) -> list[str]:
    """For whom the invoice may have been made: now, and when it was asked for before."""
    before = (name for name in list_of(job.remote.notes.get(ASKED)) if isinstance(name, str))
    return list(dict.fromkeys([whom, *before]))


def creating(job: Job, whom: str, steps: Steps[T]) -> Steps[T]:
    """The steps that make the invoice. How they fail is noted, for whoever asks again."""
    try:
        return (yield from steps)
    except (CallFailed, Busy) as failed:
        if failed.is_unclear:
            yield Learned(notes={ASKED: payers(job, whom)})
        raise
    except Refused as refused:
        yield from used_up(job, refused)
        raise


def _rounds(job: Job) -> dict[str, int]:
    return dict_of(job.remote.notes.get(ROUNDS))
