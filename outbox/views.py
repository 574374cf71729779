"""What whoever runs this asks: does work get done."""

from django.db import Error
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from outbox import health


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200, or 503 and a word for why: `database` away, `schedule` not running, `late`: deliveries wait too long."""
    reason = _reason()
    if not reason:
        return JsonResponse({"status": "ok"})
    return JsonResponse({"status": "unavailable", "reason": reason}, status=503)


def _reason() -> str:
    try:
        if health.overdue_since():
            return "late"
        return "schedule" if health.is_silent("schedule") else ""
    except Error:
        return "database"
