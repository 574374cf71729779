"""A PDF that is rendered once and never changes again: its columns, and how the file comes into them."""

import hashlib
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import models
from django.db.models import F, Q

from core import files
from core.paper import QUEUE_SECONDS, PaperError, render
from core.problems import Problem

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 20
PENDING = Q(key="", attempts__lt=MAX_ATTEMPTS)


class FrozenPaper(models.Model):
    """Written pending (without `key`) with the change that calls for it; rendered right after, or by the next tick."""

    key = models.CharField(max_length=100, blank=True, editable=False)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    size = models.PositiveIntegerField(default=0, editable=False)
    error = models.CharField(max_length=200, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        abstract = True


Paper = TypeVar("Paper", bound=FrozenPaper)


def freeze(row: Paper, html: Callable[[Paper], str], *, patience: int = QUEUE_SECONDS) -> Paper:
    """Render and store a pending paper, once: whoever is second throws its copy away and returns the first's."""
    rows: Any = type(row)._base_manager
    try:
        content = render(html(row), patience=patience)
        key = _stored(content)
    except Exception as error:
        rows.filter(pk=row.pk).update(attempts=F("attempts") + 1, error=str(error)[:200])
        raise
    values = {"key": key, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "error": ""}
    if not rows.filter(pk=row.pk, key="").update(**values):
        files.discard(key)
    row.refresh_from_db()
    return row


def freeze_pending(rows: Any, html: Callable[[Any], str], limit: int) -> int:
    """Make some of the papers that are still missing, those that failed least first; returns how many it made.

    One that cannot be made must not keep the others waiting, whatever is wrong with it.
    """
    made = 0
    for row in rows.filter(PENDING).order_by("attempts", "pk")[:limit]:
        try:
            freeze(row, html)
        except Exception:
            logger.exception("no PDF for %s %s yet", row._meta.model_name, row.pk)
            continue
        made += 1
    return made


def content_of(row: FrozenPaper) -> bytes:
    """The stored bytes; PaperError when the storage has lost them."""
    try:
        return files.read(row.key)
    except FileNotFoundError as error:
        logger.error("the frozen PDF %s is missing from the storage", row.key)
        raise PaperError("unavailable", "Its file is missing from the storage.") from error


def _stored(content: bytes) -> str:
    try:
        return files.store("documents", "pdf", content)
    except Problem as problem:
        raise PaperError("unavailable", problem.text) from problem
