"""What whoever runs this asks a process: do you live."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@never_cache
@require_safe
def alive(request: HttpRequest) -> JsonResponse:
    """Asks nothing of the database: a process that answers need not be killed."""
    return JsonResponse({"status": "ok"})
