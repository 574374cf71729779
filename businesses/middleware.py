"""Who is asking: a person's own language, and nobody at all until the second step is done."""

from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from businesses import second_factor

Handler = Callable[[HttpRequest], HttpResponse]


def preferences(get_response: Handler) -> Handler:
    """A signed-in person's own language, over what the browser asks for."""

    def middleware(request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated:
            translation.activate(user.language)
            request.LANGUAGE_CODE = user.language
        return get_response(request)

    return middleware


def second_step(get_response: Handler) -> Handler:
    """Whose code is still missing is nobody, to every view of every room; `halfway` is who they will be."""

    def middleware(request: HttpRequest) -> HttpResponse:
        user = request.user
        request.halfway = None  # type: ignore[attr-defined]
        if user.is_authenticated and not user.is_verified() and second_factor.is_on(user):  # type: ignore[attr-defined]
            request.halfway = user  # type: ignore[attr-defined]
            request.user = AnonymousUser()
        return get_response(request)

    return middleware
