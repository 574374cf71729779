"""Refusals of the core with their fields in an API's own words."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from django.core.exceptions import ValidationError

from gateway.refusals import Refused, refusal_of


@contextmanager
def spoken(words: Mapping[str, str], inside: str = "") -> Iterator[None]:
    """Every step of a refusal's path by these words (`lines.0.detail` → `items.0.description`), below `inside`."""
    try:
        yield
    except ValidationError as error:
        refusal = refusal_of(error)
        assert refusal is not None
        faults = tuple(replace(fault, path=_path(fault.path, words, inside)) for fault in refusal.faults)
        raise Refused(refusal.status, refusal.code, refusal.message, faults=faults) from error


def _path(path: str, words: Mapping[str, str], inside: str) -> str:
    steps = [words.get(step, step) for step in path.split(".") if step]
    return ".".join(filter(None, [inside, *steps]))
