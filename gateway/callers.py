"""From the secret in a request to the key behind it. Only hashes are compared, and every request asks the database:
a revoked key stops at once.
"""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import OperationalError
from django.utils import timezone

from businesses.models import Business
from businesses.roles import GRANTS, Can
from gateway.models import ApiKey, ApiToken, TokenKind
from gateway.refusals import forbidden

ACCESS_MARK = "fta_"
"""How access tokens begin; keys begin otherwise, so one look-up finds either."""
USED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Credential:
    """What a request shows: a secret and, in APIs that ask for both, the public id of its key."""

    secret: str
    client_id: str = ""


@dataclass(frozen=True)
class Caller:
    """The key behind a request and the business it acts for, which never comes from the body."""

    key: ApiKey

    @property
    def business(self) -> Business:
        return self.key.business

    @property
    def actor(self) -> str:
        """Who did it, as Events tell."""
        return f"key:{self.key.name}"

    def may(self, can: Can) -> bool:
        return can in GRANTS[self.key.role]

    def require(self, can: Can) -> None:
        """Raises a 403 when the key's role does not allow it."""
        if not self.may(can):
            raise forbidden()


def digest_of(secret: str) -> str:
    """SHA-256; secrets have 178 random bits, so neither salt nor slowness adds anything."""
    return hashlib.sha256(secret.encode()).hexdigest()


def caller_of(credential: Credential, dialect: str) -> Caller | None:
    """The caller that a credential stands for in one API; None when it is wrong, of another API, expired or revoked."""
    now = timezone.now()
    key = _key(credential, now)
    if key is None or key.dialect != dialect or not key.is_valid(now):
        return None
    if credential.client_id and credential.client_id != key.public_id:
        return None
    _note_use(key, now)
    return Caller(key)


def _key(credential: Credential, now: datetime) -> ApiKey | None:
    digest = digest_of(credential.secret)
    if not credential.secret.startswith(ACCESS_MARK):
        return ApiKey.objects.select_related("business").filter(digest=digest).first()
    tokens = ApiToken.objects.select_related("key__business")
    token = tokens.filter(digest=digest, kind=TokenKind.ACCESS, expires_at__gt=now).first()
    return token.key if token else None


def _note_use(key: ApiKey, now: datetime) -> None:
    """At most once a minute: it is for people who wonder whether a key is still needed. A busy database is no reason
    to refuse a request.
    """
    if key.last_used_at is not None and now - key.last_used_at < USED_EVERY:
        return
    with suppress(OperationalError):
        ApiKey.objects.for_business(key.business_id).filter(pk=key.pk).update(last_used_at=now)
