"""How a receipt or a credit note comes to its stored PDF."""

from collections.abc import Callable
from typing import TypeVar

from core import frozen_paper
from core.frozen_paper import FrozenPaper
from core.paper import PaperError
from invoices.documents import PATIENCE

Row = TypeVar("Row", bound=FrozenPaper)


def content(row: Row, html: Callable[[Row], str], *, retry: bool) -> bytes:
    """The stored bytes, made now when they are still missing; PaperError when they cannot be.

    What failed once is left to the schedule and to staff (`retry`), so that a link cannot keep the engine busy.
    """
    if not row.key and row.attempts and not retry:
        raise PaperError("pending", "It failed before; the schedule tries again.")
    if not row.key:
        row = frozen_paper.freeze(row, html, patience=PATIENCE)
    return frozen_paper.content_of(row)
