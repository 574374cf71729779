"""A page of ours inside the admin's own frame."""

from typing import Any

from django.contrib.admin import site
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse


def framed(
    request: HttpRequest, template: str, context: dict[str, Any], title: str, status: int = 200
) -> HttpResponse:
    request.current_app = site.name
    shared = {**site.each_context(request), "title": title, "is_fullwidth": "1"}
    return TemplateResponse(request, template, shared | context, status=status)
