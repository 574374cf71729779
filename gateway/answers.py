"""Writing JSON answers fast, and remembering those that were given under an idempotency key."""

import hashlib
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import orjson
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _

from core.inbound_json import plain
from gateway.dialect import ApiRequest
from gateway.models import Answer
from gateway.refusals import Refused

MAX_KEY = 255


def json(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """`data` as UTF-8 JSON; Decimals become JSON numbers, dates ISO 8601; an instant as SQLite stores it is UTC too."""
    body = orjson.dumps(data, default=_other, option=orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC)
    return HttpResponse(body, status=status, content_type="application/json", headers=headers)


def _other(value: Any) -> Any:
    return plain(value) if isinstance(value, Decimal) else str(value)


def once(request: ApiRequest, name: str, work: Callable[[], HttpResponse]) -> HttpResponse:
    """Do the work and remember its answer, or give the answer remembered; call it inside a transaction.

    The row that claims the key and the work commit together, so a crash leaves neither. Whoever comes meanwhile waits
    for that commit on the row's unique index. Only answers of success are kept: after a refusal the key is free.
    """
    if len(name) > MAX_KEY:
        message = _("An idempotency key has at most %(limit)d characters.") % {"limit": MAX_KEY}
        raise Refused(400, "idempotency_key_invalid", message)
    claim = Answer(key=request.caller.key, name=name, fingerprint=_fingerprint(request))
    if not _claimed(claim):
        return _replayed(request, claim)
    response = work()
    if response.status_code < 400:
        kept = {key: value for key, value in response.items() if key != "Content-Type"}
        body = response.content.decode()
        Answer.objects.filter(pk=claim.pk).update(status=response.status_code, headers=kept, body=body)
    return response


def _claimed(claim: Answer) -> bool:
    try:
        with transaction.atomic():
            claim.save(force_insert=True)
    except IntegrityError:
        return False
    return True


def _replayed(request: ApiRequest, claim: Answer) -> HttpResponse:
    answer = Answer.objects.get(key=claim.key, name=claim.name)
    if answer.fingerprint != claim.fingerprint:
        message = _("This idempotency key was used for another request.")
        raise Refused(422, "idempotency_key_reused", message)
    headers = {**answer.headers, "Idempotent-Replayed": "true"}
    return HttpResponse(
        answer.body.encode(), status=answer.status, content_type="application/json", headers=headers
    )


def _fingerprint(request: ApiRequest) -> str:
    where = request.path.rstrip("/")  # some clients write the slash at the end, some do not
    about = f"{request.method} {where}?{request.META['QUERY_STRING']}\n".encode()
    return hashlib.sha256(about + request.body).hexdigest()
