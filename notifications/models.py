"""Who wants to be told what, and where."""

import json
from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from businesses.owned import Owned
from core.fields import LineField, SmallJSONField
from core.secrets import EncryptedField
from core.targets import validate_target
from gateway.models import ApiName
from notifications.catalogue import is_wanted, validate_patterns
from notifications.mail.models import MailSettings as MailSettings
from notifications.mail.models import Message as Message
from notifications.mail.models import Suppression as Suppression
from notifications.mail.models import Wording as Wording
from notifications.models_reminders import Reminder as Reminder
from notifications.models_reminders import ReminderPause as ReminderPause
from notifications.models_reminders import ReminderRule as ReminderRule

SEALED = ("secret", "previous_secret", "sealed_headers")
"""Columns that a list need not open: one that no key opens must not hide the rest."""


class Health(models.TextChoices):
    WELL = "well", _("Well")
    FAILING = "failing", _("Failing")
    PAUSED = "paused", _("Paused")
    OFF = "off", _("Off")


class Pause(models.TextChoices):
    """Why nothing is sent there until a person resumes it."""

    PERSON = "person", _("somebody paused it")
    GONE = "gone", _("the address answered 410, gone")
    EXHAUSTED = "exhausted", _("it failed for three days")
    UNREADABLE = "unreadable", _("its secret can’t be read")


class WebhookEndpoint(Owned):
    """An address that wants to hear of events, in the form of one of the APIs.

    `events` are patterns of the catalogue; it hears of what comes after the event `since`. `extras` keeps what an API's
    own form of this row says beyond these columns. While it is paused, what it would be told waits. `previous_secret`
    signs too until `previous_until`. `failing_since`: no call has succeeded from then on.
    """

    dialect = models.CharField(_("API"), max_length=10, choices=ApiName, default=ApiName.FATURO)
    name = LineField(_("name"), max_length=100, blank=True)
    url = models.CharField(_("address"), max_length=500, validators=[validate_target])
    events = SmallJSONField(_("events"), default=list, validators=[validate_patterns])
    secret = EncryptedField(_("secret"), editable=False)
    previous_secret = EncryptedField(editable=False, blank=True, default="")
    previous_until = models.DateTimeField(null=True, editable=False)
    sealed_headers = EncryptedField(editable=False, blank=True, default="")
    is_active = models.BooleanField(_("active"), default=True)
    since = models.BigIntegerField(default=0, editable=False)
    extras = SmallJSONField(default=dict, blank=True)
    paused_at = models.DateTimeField(null=True, editable=False)
    pause_reason = models.CharField(max_length=10, choices=Pause, blank=True, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    told_at = models.DateTimeField(_("last success"), null=True, editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("webhook"), _("webhooks")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name or self.url

    @property
    def route(self) -> str:
        return f"webhook:{self.public_id}"

    @property
    def headers(self) -> dict[str, str]:
        """Sent along with every call; some of them are credentials."""
        return dict(json.loads(self.sealed_headers or "{}"))

    @property
    def is_open(self) -> bool:
        """Whether anything may be sent there now."""
        return self.is_active and self.paused_at is None

    @property
    def health(self) -> Health:
        if not self.is_active:
            return Health.OFF
        if self.paused_at:
            return Health.PAUSED
        return Health.FAILING if self.failing_since else Health.WELL

    def secrets(self, now: datetime) -> list[str]:
        """What signs now, the newest first."""
        is_both = self.previous_until is not None and now < self.previous_until
        return [self.secret, *filter(None, [self.previous_secret if is_both else ""])]

    def wants(self, kind: str) -> bool:
        return self.is_active and is_wanted(kind, self.events)
