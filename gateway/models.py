"""Who may call our APIs, and what they were answered: keys, the tokens they are exchanged for, remembered answers."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from businesses.owned import Owned
from businesses.roles import Role
from core.fields import LineField, SmallJSONField
from core.secrets import EncryptedField


class ApiName(models.TextChoices):
    """Which of the five APIs a key opens."""

    FATURO = "faturo", "Faturo"
    HIGHLEVEL = "highlevel", "HighLevel"
    BASE39 = "base39", "Base39"
    AIRA = "aira", "Aira"
    FATORIPAY = "fatoripay", "FatoriPay"


class ApiKey(Owned):
    """A credential of one business for one API. Only a hash of the secret is kept; `role` says what it may do."""

    name = LineField(_("name"), max_length=100)
    dialect = models.CharField(_("API"), max_length=10, choices=ApiName)
    role = models.CharField(pgettext_lazy("API key", "may"), max_length=8, choices=Role, default=Role.FINANCE)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(_("begins with"), max_length=12, editable=False)
    options = SmallJSONField(default=dict, blank=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("API key"), _("API keys")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name

    def is_valid(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class TokenKind(models.TextChoices):
    CODE = "code"
    ACCESS = "access"
    REFRESH = "refresh"


class ApiToken(models.Model):
    """What a key was exchanged for: short-lived access, or the right to more of it. Codes and refreshes work once."""

    key = models.ForeignKey(ApiKey, models.CASCADE, related_name="tokens")
    kind = models.CharField(max_length=7, choices=TokenKind)
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="token_expiry")]


class Answer(models.Model):
    """What a key was answered under an idempotency key; `fingerprint` hashes the request that was answered.

    Some answers show a secret that nobody may see twice, so the body is encrypted.
    """

    key = models.ForeignKey(ApiKey, models.CASCADE, related_name="+")
    name = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = EncryptedField(default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "name"], name="answer_once")]
        indexes = [models.Index(fields=["created_at"], name="answer_age")]
