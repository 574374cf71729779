"""What lists are filtered by, read from query parameters."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from core.problems import Problem


def choices(text: str, known: Iterable[str], *, field: str) -> list[str]:
    """`open,paid` as its words, each of which must be known; nothing when nothing was asked."""
    words = [word for word in text.split(",") if word]
    if set(words) - set(known):
        raise Problem(_("Not one of the choices."), field=field, code="choice")
    return words
