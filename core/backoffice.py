"""The admin site itself: its name, its first page's title, and a search that survives bad input."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite


class Site(UnfoldAdminSite):
    index_title = _("Dashboard")
    enable_nav_sidebar = True

    def search(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The search palette; one page of results is plenty, so page numbers from outside are not read."""
        query = request.GET.copy()
        query.pop("page", None)
        request.GET = query  # type: ignore[assignment]
        return super().search(request, extra_context)  # type: ignore[no-any-return]
