"""The door for webhooks of hosted checkouts: nothing is believed that the provider did not sign."""

import logging
from http import HTTPStatus

from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import Http404, HttpRequest, JsonResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from core.problems import Conflict, Problem
from core.secrets import SecretUnreadable
from payments import card_news
from payments.card_connections import checkout_of
from payments.checkout import BadSignature
from payments.models import CardConnection, CardProvider

log = logging.getLogger(__name__)

REFUSALS: dict[type[Exception], HTTPStatus] = {
    BadSignature: HTTPStatus.UNAUTHORIZED,
    UnreadablePostError: HTTPStatus.BAD_REQUEST,
    RequestDataTooBig: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    SecretUnreadable: HTTPStatus.SERVICE_UNAVAILABLE,
    OperationalError: HTTPStatus.SERVICE_UNAVAILABLE,
    Conflict: HTTPStatus.CONFLICT,
    Problem: HTTPStatus.UNPROCESSABLE_ENTITY,
}
"""Stripe tells again, for three days, whatever was not answered with 2xx (docs.stripe.com/webhooks)."""


@csrf_exempt
@require_POST
def stripe(request: HttpRequest, public_id: str) -> JsonResponse:
    """What Stripe tells of one connection; the body is at most DATA_UPLOAD_MAX_MEMORY_SIZE."""
    try:
        connection = _connection(public_id, CardProvider.STRIPE)
        news = checkout_of(connection).read_webhook(request.body, request.headers)
        card_news.hear(connection, news)
    except tuple(REFUSALS) as refusal:
        return _refused(refusal, public_id)
    return JsonResponse({"received": True})


def _connection(public_id: str, provider: str) -> CardConnection:
    """Also one that is switched off: its payers may be at the till still."""
    rows = CardConnection.objects.filter(provider=provider).select_related("business")
    found: CardConnection | None = rows.filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found


def _refused(refusal: Exception, public_id: str) -> JsonResponse:
    status = next(status for kind, status in REFUSALS.items() if isinstance(refusal, kind))
    log.warning("A webhook for %s was answered %d: %s", public_id, status, refusal)
    return JsonResponse({"error": status.phrase}, status=status)
