"""The look of the back office, behind one module: nothing else imports unfold, so it can be changed in one place."""

from datetime import date
from typing import Any

from django.contrib.admin import SimpleListFilter, register, site
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RangeDateFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm, UserCreationForm
from unfold.sites import UnfoldAdminSite
from unfold.views import ChangeList
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminEmailInputWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelect2MultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

__all__ = [
    "AdminPasswordChangeForm",
    "AutocompleteSelectFilter",
    "BoundedPaginator",
    "ChoicesDropdownFilter",
    "KeysetChangeList",
    "ModelAdmin",
    "QuietChangeList",
    "RangeDateFilter",
    "RelatedDropdownFilter",
    "SimpleListFilter",
    "StackedInline",
    "TabularInline",
    "UnfoldAdminCheckboxSelectMultipleWidget",
    "UnfoldAdminDecimalFieldWidget",
    "UnfoldAdminEmailInputWidget",
    "UnfoldAdminFileFieldWidget",
    "UnfoldAdminIntegerFieldWidget",
    "UnfoldAdminPasswordWidget",
    "UnfoldAdminSelect2MultipleWidget",
    "UnfoldAdminSelectWidget",
    "UnfoldAdminSite",
    "UnfoldAdminTextInputWidget",
    "UnfoldAdminTextareaWidget",
    "UnfoldBooleanWidget",
    "UserCreationForm",
    "action",
    "display",
    "register",
    "site",
]

COUNT_LIMIT = 10_000


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts to ten thousand and no further, so that the count costs the same at a million rows."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if not isinstance(rows, QuerySet):
            return len(rows)
        return rows.order_by()[: COUNT_LIMIT + 1].count()

    @property
    def is_capped(self) -> bool:
        return self.count > COUNT_LIMIT


class QuietChangeList(ChangeList):
    """Without "n results (show all)" in the title: the list itself says how many there are."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count


class KeysetChangeList(QuietChangeList):
    """Pages by position, `?after=2026-11-21.4711`, while the list stands newest first: all cost the same.

    Sorted by another column it falls back to numbered pages.
    """

    key_field = "issue_on"

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        return {k: v for k, v in super().get_filters_params(params).items() if k not in ("after", "before")}

    def get_results(self, request: HttpRequest) -> None:
        self.is_keyset = "o" not in self.params
        if not self.is_keyset:
            super().get_results(request)
            return
        self.paginator = self.model_admin.get_paginator(request, self.queryset, self.list_per_page)
        self.result_count = self.paginator.count
        self.full_result_count = self.result_count
        self.show_full_result_count = False
        self.show_admin_actions = bool(self.result_count)
        self.show_all = self.can_show_all = self.multi_page = False
        self.result_list = self._page(request.GET.get("after", ""), request.GET.get("before", ""))

    def slices(self) -> list[QuerySet[Any]]:
        """What is merged into a page: parts of the list that an index each can serve newest first."""
        return [self.queryset]

    def _nearest(self, beyond: Q | None, *, oldest: bool = False) -> list[Any]:
        """One row more than fits on a page, so that it is known whether there is another page."""
        size, sign = self.list_per_page + 1, "" if oldest else "-"
        found = [
            row
            for rows in self.slices()
            for row in rows.filter(beyond or Q()).order_by(f"{sign}{self.key_field}", f"{sign}pk")[:size]
        ]
        found.sort(key=lambda row: (getattr(row, self.key_field), row.pk), reverse=not oldest)
        return found[:size]

    def _page(self, after: str, before: str) -> list[Any]:
        size = self.list_per_page
        if newer := self._beyond(before, "gt"):
            page = self._nearest(newer, oldest=True)
            self.previous_key = self._key(page[size - 1]) if len(page) > size else ""
            page = page[:size][::-1]
            self.next_key = self._key(page[-1]) if page else ""
            return page
        older = self._beyond(after, "lt")
        page = self._nearest(older)
        self.next_key = self._key(page[size - 1]) if len(page) > size else ""
        page = page[:size]
        self.previous_key = self._key(page[0]) if older and page else ""
        return page

    def _beyond(self, key: str, direction: str) -> Q | None:
        """Rows strictly past a key; the first condition alone lets the index start at the right place."""
        day, _dot, pk = key.partition(".")
        if len(day) != 10 or not (pk.isascii() and pk.isdigit() and len(pk) < 19):
            return None
        try:
            value = date.fromisoformat(day)
        except ValueError:
            return None
        name = self.key_field
        return Q(**{f"{name}__{direction}e": value}) & (
            Q(**{f"{name}__{direction}": value}) | Q(**{name: value, f"pk__{direction}": int(pk)})
        )

    def _key(self, row: Any) -> str:
        return f"{getattr(row, self.key_field).isoformat()}.{row.pk}"

    @property
    def next_url(self) -> str:
        return self.get_query_string({"after": self.next_key}, ["before", "p"]) if self.next_key else ""

    @property
    def previous_url(self) -> str:
        return (
            self.get_query_string({"before": self.previous_key}, ["after", "p"]) if self.previous_key else ""
        )
