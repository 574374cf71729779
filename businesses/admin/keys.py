"""Row ids as they come from outside: what no row could have is nonsense in the address, never an error of ours."""

from typing import Any

from django import forms
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.admin import ModelAdmin


def key_of(text: str) -> int | None:
    """The id that a text says; None when no row could have it."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


class RowsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """An id that no row could have is a wrong choice; the database would refuse even to look for it."""

    def clean(self, value: Any) -> Any:
        keys = [key if key_of(str(key)) is not None else "" for key in value or []]
        return super().clean(keys)


OFFERED = ("__exact", "__id__exact", "__isnull", "_from", "_to")


def _asked_by(item: Any) -> set[str]:
    """The parameters of an entry of `list_filter`."""
    if isinstance(item, str | tuple):
        name = item if isinstance(item, str) else item[0]
        return {f"{name}{end}" for end in OFFERED}
    return {item.parameter_name}


class SafeKeys(ModelAdmin):
    """Lists answer impossible ids like any other filter that makes no sense; bulk actions pass over them."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        asked = [value.lstrip("-") for name, values in request.GET.lists() if name != "q" for value in values]
        if any(value.isdigit() and key_of(value) is None for value in asked):
            return redirect(f"{request.path}?e=1")
        return super().changelist_view(request, extra_context)  # type: ignore[no-any-return]

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """What the list's own filters ask, nothing else: a regex of a stranger's making can run for ever."""
        return any(lookup in _asked_by(item) for item in self.list_filter)

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        post = request.POST.copy()
        chosen = [key for key in post.getlist(ACTION_CHECKBOX_NAME) if key_of(key) is not None]
        post.setlist(ACTION_CHECKBOX_NAME, chosen)
        request.POST = post  # type: ignore[assignment]
        return super().response_action(request, queryset)
