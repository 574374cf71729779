"""FatoriPay's login: client-id and client-secret for a token that lasts a day, and a new one for its refresh token."""

from typing import Any, TypeVar

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Router
from ninja.errors import ValidationError as SchemaError
from pydantic import BaseModel, ValidationError

from core import inbound_json
from core.problems import Problem
from gateway import actions, answers
from gateway.actions import Grant
from gateway.callers import Credential, caller_of
from gateway.dialect import ApiRequest
from gateway.refusals import Refused
from providers.fatoripay import access, wire
from providers.fatoripay.codec import NAME

Body = TypeVar("Body", bound=BaseModel)
router = Router(tags=["auth"])


def _takes(model: type[BaseModel], *, required: bool) -> dict[str, Any]:
    """The body as the document describes it: on paths without credentials the door does not read it."""
    content = {"application/json": {"schema": model.model_json_schema()}}
    return {"requestBody": {"content": content, "required": required}}


@router.post(
    "/login", response=wire.Token, summary="Log in", openapi_extra=_takes(wire.LogIn, required=False)
)
def log_in(request: ApiRequest) -> HttpResponse:
    """The two headers say who it is; the `username` beside them is FatoriPay's and means nothing to us."""
    _body(request, wire.LogIn)
    credential = access.pair(request)
    caller = caller_of(credential, NAME) if credential else None
    if caller is None:
        raise _wrong()
    return _token(actions.log_in(caller.key))


@router.post(
    "/refresh",
    response=wire.Token,
    summary="Renew a token",
    openapi_extra=_takes(wire.Refresh, required=True),
)
def refresh(request: ApiRequest) -> HttpResponse:
    body = _body(request, wire.Refresh)
    client = request.headers.get("client-id", "").strip()
    try:
        return _token(actions.exchange(Credential(body.refresh_token, client), NAME))
    except Problem as problem:
        raise _wrong() from problem


def _body(request: ApiRequest, model: type[Body]) -> Body:
    data = inbound_json.read(request.body) if request.body else {}
    try:
        return model.model_validate(data)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        raise SchemaError([{**fault, "loc": ("body", "body", *fault["loc"])} for fault in faults]) from error


def _wrong() -> Refused:
    return Refused(401, "credentials_wrong", _("These credentials are wrong or revoked."))


def _token(grant: Grant) -> HttpResponse:
    told = {"access_token": grant.access, "token_type": "Bearer", "expires_in": grant.seconds}
    return answers.json({**told, "refresh_token": grant.refresh})
