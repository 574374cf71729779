"""The door for providers' webhooks: checked, stored and answered at once; everything else comes after."""

import logging
from http import HTTPStatus

from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import Http404, HttpRequest, JsonResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from core.problems import Problem
from core.secrets import SecretUnreadable
from providers import inbox
from providers.connector import Forged, Secured
from providers.models import Connection

log = logging.getLogger(__name__)

REFUSALS: dict[type[Exception], HTTPStatus] = {
    Forged: HTTPStatus.UNAUTHORIZED,
    UnreadablePostError: HTTPStatus.BAD_REQUEST,
    RequestDataTooBig: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    SecretUnreadable: HTTPStatus.SERVICE_UNAVAILABLE,
    OperationalError: HTTPStatus.SERVICE_UNAVAILABLE,
    Problem: HTTPStatus.BAD_REQUEST,
}


@csrf_exempt
@require_POST
def webhook(request: HttpRequest, token: str) -> JsonResponse:
    """What a provider tells of one connection, which its address names; at most DATA_UPLOAD_MAX_MEMORY_SIZE bytes.

    Also of one that is switched off: it may be paid there still.
    """
    connection: Connection | None = Connection.objects.filter(token=token).first()
    if connection is None:
        raise Http404
    try:
        headers = {name.lower(): value for name, value in request.headers.items()}
        inbox.hear(connection, Secured(headers, request.body, request.GET.dict()))
    except tuple(REFUSALS) as refusal:
        return _refused(refusal, connection)
    return JsonResponse({"received": True})


def _refused(refusal: Exception, connection: Connection) -> JsonResponse:
    status = next(status for kind, status in REFUSALS.items() if isinstance(refusal, kind))
    log.warning(
        "A webhook for connection %s was answered %d (%s)",
        connection.public_id,
        status,
        type(refusal).__name__,
    )
    return JsonResponse({"error": status.phrase}, status=status)
