"""What an event carries, in words: amounts as money, fields by their names on the forms, changes as before → after."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.html import format_html, format_html_join

from businesses.admin.sentences import VALUES, WORDS
from core.languages import language
from core.money import format_money

AMOUNTS = {"total", "total_before", "amount"}
MOST, LONGEST = 4, 60
"""Of the things said in a list, and of the characters of each; the event's own page has them all."""


def details_of(event: Any) -> str:
    """For a line of the list."""
    said = list(_pairs(event))
    if not said:
        return ""
    rest = ((word, _cut(text)) for word, text in said[:MOST])
    pairs = format_html_join(" ", "<span><b>{}</b> {}</span>", rest)
    return format_html('<div class="fa-data">{}{}</div>', pairs, " …" if len(said) > MOST else "")


def _pairs(event: Any) -> Iterator[tuple[str, str]]:
    for key, value in event.data.items():
        if key == "changes" and isinstance(value, dict):
            yield from ((_field_name(event.row, name), _change(change)) for name, change in value.items())
        elif key in WORDS:
            yield str(WORDS[key]), _shown(event, key, value)


def _shown(event: Any, key: str, value: Any) -> str:
    if key in AMOUNTS and isinstance(value, int):
        owner = event.business.currency if event.business else "BRL"
        return format_money(value, getattr(event.row, "currency", owner), language())
    return str(VALUES.get(key, {}).get(str(value), value))


def _change(change: Any) -> str:
    if not isinstance(change, list) or len(change) != 2:
        return str(change)
    before, after = (_cut(str(value)) or "–" for value in change)
    return f"{before} → {after}"


def _field_name(row: Model | None, name: str) -> str:
    try:
        return str(getattr(row._meta.get_field(name), "verbose_name", name)) if row else name
    except FieldDoesNotExist:
        return name


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
