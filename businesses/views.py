"""A person's own language."""

from django.conf import settings
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from businesses.models import User


@require_POST
@staff_member_required
def set_language(request: HttpRequest) -> HttpResponse:
    """Remember the language for good, and go back to where the person was."""
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        User.objects.filter(username=request.user.get_username()).update(language=language)
    back = request.POST.get("next", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, {request.get_host()}) else "admin:index")
