"""The admin site itself: its first page's title, signing in and out on the record, a search that survives bad input."""

import hashlib
from typing import Any, ClassVar, cast

from axes.helpers import get_client_ip_address
from django.conf import settings
from django.contrib.admin import site
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from businesses import second_factor
from businesses.admin.second_step import SecondStep
from businesses.admin.two_factor import TwoFactor
from businesses.models import User
from businesses.sign_ins import note, note_failure
from core.admin import UnfoldAdminSite


class Site(UnfoldAdminSite):
    index_title = gettext_lazy("Dashboard")
    enable_nav_sidebar: ClassVar[bool] = True

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Only our own screens: packages bring theirs for groups (not used here) and for secrets of the second step."""
        if getattr(admin_class, "__module__", "").startswith(("django.contrib.auth.", "django_otp.")):
            return
        super().register(model_or_iterable, admin_class, **options)

    def extra_urls(self) -> list[URLPattern]:
        return [path("two-factor/", self.admin_view(self.two_factor), name="two_factor")]

    def search(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The search palette; one page of results is plenty, so page numbers from outside are not read.

        Unfold keeps what a person found for five minutes. It is forgotten first, because who lost a role meanwhile
        would still be shown it.
        """
        query = request.GET.copy()
        query.pop("page", None)
        cache.delete(_found_before(request, query.get("s", "")))
        request.GET = query  # type: ignore[assignment]
        return super().search(request, extra_context)  # type: ignore[no-any-return]

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Name and password; then, of people who have it on, the code."""
        if getattr(request, "halfway", None) is not None:
            context = {**self.each_context(request), "title": _("Two-step sign-in")}
            return cast(HttpResponse, SecondStep.as_view(extra_context=context)(request))
        response: HttpResponse = super().login(request, extra_context)
        if request.method == "POST":
            _note_sign_in(request, is_in=response.status_code == 302)
        return response

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        user = request.user
        response: HttpResponse = super().logout(request, extra_context)
        if request.method == "POST" and isinstance(user, User):
            note("staff.signed_out", user, by=user)
        return response

    def two_factor(self, request: HttpRequest) -> HttpResponse:
        context = {**self.each_context(request), "title": _("Two-step sign-in")}
        return TwoFactor.as_view(extra_context=context)(request)


def _found_before(request: HttpRequest, words: str) -> str:
    """The key under which Unfold keeps it."""
    asked = f"{request.user.pk}_{words.lower()}".encode(errors="replace")
    return f"unfold_search_{hashlib.sha256(asked).hexdigest()}"


def _note_sign_in(request: HttpRequest, *, is_in: bool) -> None:
    """Once a name is locked out, further attempts are turned away unheard and are not worth a row each."""
    user, address = request.user, get_client_ip_address(request)
    if is_in:
        if isinstance(user, User) and not second_factor.is_on(user):
            note("staff.signed_in", user, by=user, data={"address": address})
        return
    is_locked = getattr(request, "axes_locked_out", False)
    if is_locked and request.axes_failures_since_start is None:  # type: ignore[attr-defined]
        return
    kind = "staff.locked_out" if is_locked else "staff.sign_in_failed"
    note_failure(kind, request.POST.get("username", ""), address or "")


def locked_out(request: HttpRequest, _response: object = None, _credentials: object = None) -> HttpResponse:
    """What django-axes answers in place of the sign-in page after too many wrong passwords."""
    minutes = round(settings.AXES_COOLOFF_TIME * 60)
    context = {**site.each_context(request), "title": _("Too many attempts"), "minutes": minutes}
    response = render(request, "admin/locked_out.html", context, status=429)
    response.headers["Retry-After"] = str(minutes * 60)
    return response
