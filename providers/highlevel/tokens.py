"""HighLevel's OAuth end point in its own words: a form in, tokens out (RFC 6749; its public documents)."""

from typing import Any, Literal

from pydantic import AliasChoices, BaseModel, Field

from businesses.roles import Can
from gateway.actions import Grant
from gateway.callers import Caller

SCOPES = {Can.VIEW: "invoices.readonly contacts.readonly", Can.WRITE: "invoices.write contacts.write"}


def _either(snake: str, camel: str) -> Any:
    """The Python SDK spells its refresh in camel case."""
    return AliasChoices(snake, camel)


class TokenRequest(BaseModel):
    """`client_id` and `client_secret` are the key's; with them alone, `client_credentials` logs in at once."""

    client_id: str = Field(validation_alias=_either("client_id", "clientId"))
    client_secret: str = Field(validation_alias=_either("client_secret", "clientSecret"))
    grant_type: Literal["authorization_code", "refresh_token", "client_credentials"] = Field(
        validation_alias=_either("grant_type", "grantType")
    )
    code: str = ""
    refresh_token: str = Field("", validation_alias=_either("refresh_token", "refreshToken"))
    user_type: str = Field("Location", validation_alias=_either("user_type", "userType"))
    redirect_uri: str = Field("", validation_alias=_either("redirect_uri", "redirectUri"))


class Tokens(BaseModel):
    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str
    scope: str
    userType: str
    locationId: str
    companyId: str
    userId: str


def answer(grant: Grant) -> dict[str, Any]:
    """A business is a location and the company that it belongs to; a key stands for its user."""
    caller = Caller(grant.key)
    return {
        "access_token": grant.access,
        "token_type": "Bearer",
        "expires_in": grant.seconds,
        "refresh_token": grant.refresh,
        "scope": " ".join(words for can, words in SCOPES.items() if caller.may(can)),
        "userType": "Location",
        "locationId": caller.business.public_id,
        "companyId": caller.business.public_id,
        "userId": grant.key.public_id,
    }
