"""The only writers of keys and tokens. A secret is returned once, to whoever made it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from businesses.events import record
from businesses.models import Business
from businesses.roles import Role
from core.ids import new_token
from core.problems import Problem
from gateway.callers import ACCESS_MARK, Credential, digest_of
from gateway.models import Answer, ApiKey, ApiToken, TokenKind

KEY_MARK = "ftk_"
REFRESH_MARK = "ftr_"
CODE_MARK = "ftc_"
ACCESS_SECONDS = 86_399
"""HighLevel's own figure for a day."""
REFRESH_LIFE = timedelta(days=365)
CODE_LIFE = timedelta(minutes=10)
ANSWERS_KEPT = timedelta(hours=48)
"""Twice as long as we promise."""


def create_key(
    business: Business,
    name: str,
    dialect: str,
    *,
    role: str = Role.FINANCE,
    expires_at: datetime | None = None,
    options: dict[str, Any] | None = None,
    by: object = None,
) -> tuple[ApiKey, str]:
    """A key and its secret, which nobody can see again; what `options` mean is for its API to say."""
    secret = f"{KEY_MARK}{new_token()}"
    key = ApiKey(business=business, name=name, dialect=dialect, role=role, expires_at=expires_at)
    key.options = options or {}
    key.digest, key.hint = digest_of(secret), secret[:8]
    key.full_clean()
    with transaction.atomic():
        key.save(force_insert=True)
        data = {"name": name, "api": dialect, "role": role}
        record("api_key.created", key, business=business, by=by, data=data)
    return key, secret


def revoke_key(key: ApiKey, *, by: object = None) -> None:
    """From now on it opens nothing, nor do its tokens."""
    with transaction.atomic():
        rows = ApiKey.objects.for_business(key.business_id).filter(pk=key.pk, revoked_at=None)
        if rows.update(revoked_at=timezone.now()):
            record("api_key.revoked", key, business=key.business_id, by=by, data={"name": key.name})


def forget() -> int:
    """Drop answers that nobody can replay any more and tokens that have ended; how many rows went."""
    now = timezone.now()
    answers, _by_model = Answer.objects.filter(created_at__lt=now - ANSWERS_KEPT).delete()
    tokens, _by_model = ApiToken.objects.filter(expires_at__lt=now).delete()
    return answers + tokens


@dataclass(frozen=True)
class Grant:
    """What a token end point hands out; `seconds` until the access token ends."""

    key: ApiKey
    access: str
    refresh: str
    seconds: int = ACCESS_SECONDS


def authorization_code(key: ApiKey) -> str:
    """A code that can be exchanged once, within ten minutes (OAuth 2.0, RFC 6749 §4.1.2)."""
    return _token(key, TokenKind.CODE, CODE_MARK, CODE_LIFE)


def access(key: ApiKey) -> str:
    """Access for a day, for a client whose key itself gets it the next (RFC 6749 §4.4.3: nothing to renew it)."""
    return _token(key, TokenKind.ACCESS, ACCESS_MARK, timedelta(seconds=ACCESS_SECONDS))


def log_in(key: ApiKey) -> Grant:
    """Access for a day, and the right to renew it for a year."""
    with transaction.atomic():
        return Grant(key, access(key), _token(key, TokenKind.REFRESH, REFRESH_MARK, REFRESH_LIFE))


def exchange(credential: Credential, dialect: str) -> Grant:
    """Trade a code or a refresh token, once, for new tokens. Raises Problem (`invalid_grant`) when it is spent."""
    now = timezone.now()
    digest = digest_of(credential.secret)
    with transaction.atomic():
        tokens = ApiToken.objects.filter(digest=digest, kind__in=[TokenKind.CODE, TokenKind.REFRESH])
        fresh = tokens.filter(used_at=None, expires_at__gt=now)
        token = tokens.select_related("key__business").first()
        if token is None or not fresh.update(used_at=now) or not _is_its_key(token.key, credential, dialect):
            raise Problem(_("This grant is wrong, expired or used already."), code="invalid_grant")
        return log_in(token.key)


def _is_its_key(key: ApiKey, credential: Credential, dialect: str) -> bool:
    return (
        key.dialect == dialect
        and key.is_valid(timezone.now())
        and credential.client_id in ("", key.public_id)
    )


def _token(key: ApiKey, kind: str, mark: str, life: timedelta) -> str:
    secret = f"{mark}{new_token()}"
    ApiToken.objects.create(key=key, kind=kind, digest=digest_of(secret), expires_at=timezone.now() + life)
    return secret
