"""Secrets at rest: a text column that holds only Fernet tokens, and what a screen may show of a secret."""

import base64
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import models
from django.utils.translation import gettext as _

from core.text import SafeText

if TYPE_CHECKING:
    TextColumn = models.TextField[str, str]
else:
    TextColumn = models.TextField

LABEL = b"faturo fields 1"
"""Sets the key of the columns apart from everything else that grows from SECRET_KEY (RFC 5869, `info`)."""

SHOWN = 4
LONG = 24
"""Below this many characters, eight shown ones would be too large a part of the secret."""

BULLETS = "•" * 8


class SecretUnreadable(Exception):
    """No key opens a stored secret; the text says what to do."""

    @property
    def text(self) -> str:
        return str(self)


def seal(text: str) -> str:
    """The token to store for a clear text; empty stays empty."""
    return _keys().encrypt(text.encode()).decode() if text else ""


def opened(token: str) -> str:
    """The clear text of a token; SecretUnreadable when no key fits."""
    try:
        return _keys().decrypt(token).decode() if token else ""
    except (InvalidToken, ValueError):
        raise _unreadable() from None


def resealed(token: str) -> str:
    """The same secret under the newest key, for retiring an old one; SecretUnreadable when no key fits."""
    try:
        return _keys().rotate(token).decode() if token else ""
    except (InvalidToken, ValueError):
        raise _unreadable() from None


def masked(text: str) -> str:
    """Enough to recognise a long secret, `sk_l…9f3a`; bullets for a short one, the same number for any length."""
    if len(text) < LONG:
        return BULLETS if text else ""
    return f"{text[:SHOWN]}…{text[-SHOWN:]}"


def _unreadable() -> SecretUnreadable:
    message = _(
        "This secret can't be read. Put the key that sealed it back into FIELD_KEYS, or enter it again."
    )
    return SecretUnreadable(message)


def _keys() -> MultiFernet:
    """FIELD_KEYS, newest first, then what SECRET_KEY gives: setting FIELD_KEYS later locks nothing up."""
    grown = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return _box(tuple(getattr(settings, "FIELD_KEYS", ())), grown)


@lru_cache(maxsize=4)
def _box(keys: tuple[str, ...], grown: tuple[str, ...]) -> MultiFernet:
    try:
        named = [Fernet(key) for key in keys]
    except ValueError:
        raise ImproperlyConfigured(
            "FIELD_KEYS holds something that is not a Fernet key. This makes one: "
            'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
        ) from None
    return MultiFernet([*named, *(Fernet(_derived(secret)) for secret in grown)])


def _derived(secret: str) -> bytes:
    """A Fernet key by HKDF-SHA256 (RFC 5869)."""
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=LABEL).derive(secret.encode())
    return base64.urlsafe_b64encode(key)


class EncryptedField(TextColumn):
    """Clear text in Python, a Fernet token in the column.

    Reading a row whose token no key opens raises SecretUnreadable; `defer` the field to reach the rest of the row.
    Each sealing gives another token, so nothing can be searched for. Screens show `masked`.
    """

    default_validators = [SafeText(lines=True)]

    def from_db_value(self, value: str | None, *_args: object) -> str | None:
        return None if value is None else opened(value)

    def get_prep_value(self, value: Any) -> Any:
        prepared = super().get_prep_value(value)
        return seal(prepared) if isinstance(prepared, str) else prepared

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else self._refuse(lookup_name)

    def get_transform(self, lookup_name: str) -> Any:
        return self._refuse(lookup_name)

    def _refuse(self, lookup_name: str) -> NoReturn:
        raise FieldError(f"{self.name} is encrypted and can't be searched with {lookup_name}.")
