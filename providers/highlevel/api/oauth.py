"""Where OAuth clients get their tokens. The one public path: the key's own secret signs the request."""

from typing import Any
from urllib.parse import parse_qsl

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Router
from ninja.errors import ValidationError as SchemaError
from pydantic import ValidationError

from core.problems import Problem
from gateway import actions
from gateway.actions import Grant
from gateway.callers import Credential, caller_of, digest_of
from gateway.dialect import ApiRequest
from gateway.refusals import Refused
from providers.highlevel import tokens
from providers.highlevel.api.common import reply
from providers.highlevel.parts import NAME

router = Router(tags=["OAuth"])
FORM = "application/x-www-form-urlencoded"
MAX_FIELDS = 50
SCHEMA: dict[str, Any] = tokens.TokenRequest.model_json_schema(by_alias=False)
BODY = {"requestBody": {"required": True, "content": {FORM: {"schema": SCHEMA}}}}


@router.post("/oauth/token", response=tokens.Tokens, summary="Get an access token", openapi_extra=BODY)
def token(request: ApiRequest) -> HttpResponse:
    """A code or a refresh token works once; access lasts a day, the right to renew it a year."""
    try:
        form = tokens.TokenRequest.model_validate(_fields(request))
    except ValidationError as error:
        raise SchemaError([{**fault, "loc": ("form", *fault["loc"])} for fault in error.errors()]) from error
    return reply(tokens.answer(_grant(form)))


def _fields(request: ApiRequest) -> dict[str, str]:
    """Each once; the door leaves bodies of public paths unread."""
    if request.content_type != FORM:
        raise Refused(415, "not_a_form", _("Send %(type)s.") % {"type": FORM})
    try:
        return dict(parse_qsl(request.body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError as error:
        raise Refused(400, "form", _("This is not a form.")) from error


def _grant(form: tokens.TokenRequest) -> Grant:
    """An access token is no secret to sign with: it would renew itself for ever."""
    client = caller_of(Credential(form.client_secret, form.client_id), NAME)
    if client is None or client.key.digest != digest_of(form.client_secret) or not form.client_id:
        raise Refused(401, "invalid_client", _("These credentials are wrong or revoked."))
    if form.grant_type == "client_credentials":
        return actions.log_in(client.key)
    secret = form.code if form.grant_type == "authorization_code" else form.refresh_token
    try:
        return actions.exchange(Credential(secret, form.client_id), NAME)
    except Problem as problem:
        raise Refused(400, "invalid_grant", problem.text) from problem
