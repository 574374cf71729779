"""Between a request's words and the actions that store them: what changes, which version it is, what is wrong where."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import orjson
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model, UniqueConstraint

from businesses.events import changes_of
from core.problems import Problem
from gateway.refusals import Fault, Refused

Row = TypeVar("Row", bound=Model)


def change(row: Row, fields: dict[str, Any], save: Callable[[Row], object]) -> None:
    """Set some columns of a row; it is saved, and an Event tells of it, only when that changes something."""
    for name, value in fields.items():
        setattr(row, name, value)
    row.full_clean()
    if changes_of(row):
        save(row)


def version(data: Any) -> int:
    """For the ETag of what is made of several rows: a number that changes with anything in it."""
    digest = hashlib.blake2b(orjson.dumps(data, default=str), digest_size=6).digest()
    return int.from_bytes(digest)


@contextmanager
def under(path: str) -> Iterator[None]:
    """What is found wrong inside is told at its place in the body: `city` becomes `address.city`."""
    try:
        yield
    except Problem as error:
        raise Problem(error.text, field=_below(path, error.field), code=str(error.code)) from error
    except ValidationError as error:
        found = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
        raise ValidationError({_below(path, name): items for name, items in found.items()}) from error


def _below(path: str, name: str) -> str:
    return ".".join(part for part in (path, name) if part not in ("", NON_FIELD_ERRORS)) or NON_FIELD_ERRORS


@contextmanager
def unique(model: type[Model]) -> Iterator[None]:
    """A second row of what there is once is refused with 409, which names the field; also when both come at once."""
    try:
        with transaction.atomic():
            yield
    except (ValidationError, IntegrityError) as error:
        told = error.messages if isinstance(error, ValidationError) else [str(error)]
        for rule in (rule for rule in model._meta.constraints if isinstance(rule, UniqueConstraint)):
            message, field = str(rule.violation_error_message), rule.fields[-1]
            if message in told or any(f'"{rule.name}"' in text for text in told):
                fault = Fault(field, "duplicate", message)
                raise Refused(409, "duplicate", message, faults=(fault,)) from None
        raise
