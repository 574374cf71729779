"""From what an event names, `invoice:12`, to the row itself and its page, for a whole list at once."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.contrib.admin import site
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse

from businesses.admin.keys import key_of
from businesses.models import Event, User


def screens() -> dict[str, Any]:
    """Each model with a screen, by the name that events use."""
    return {str(model._meta.model_name): screen for model, screen in site._registry.items()}


def rows_about(request: HttpRequest, events: Iterable[Event]) -> dict[str, Model]:
    """The rows that these events are about and that this person may see; one query for each model.

    People have names here but no page.
    """
    keys: dict[str, set[int]] = defaultdict(set)
    for event in events:
        name, _colon, text = event.subject.partition(":")
        key = key_of(text)
        if key is not None:
            keys[name].add(key)
    people = User.objects.in_bulk(keys["user"]) if keys["user"] else {}
    found: dict[str, Model] = {f"user:{key}": user for key, user in people.items()}
    for name, screen in screens().items():
        if keys[name] and screen.has_view_permission(request):
            rows = screen.get_queryset(request).in_bulk(keys[name])
            found |= {f"{name}:{key}": row for key, row in rows.items()}
    return found


def page_of(row: Model) -> str:
    if isinstance(row, User):
        return ""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
