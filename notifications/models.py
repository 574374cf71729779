"""Who wants to be told what, and where."""

import json

from django.db import models
from django.utils.translation import gettext_lazy as _

from businesses.owned import Owned
from core.fields import LineField, SmallJSONField
from core.secrets import EncryptedField
from core.targets import validate_target
from gateway.models import ApiName
from notifications.catalogue import is_wanted, validate_patterns


class WebhookEndpoint(Owned):
    """An address that wants to hear of events, in the form of one of the APIs.

    `events` are patterns of the catalogue; it hears of what comes after the event `since`. `extras` keeps what an API's
    own form of this row says beyond these columns.
    """

    dialect = models.CharField(_("API"), max_length=10, choices=ApiName, default=ApiName.FATURO)
    name = LineField(_("name"), max_length=100, blank=True)
    url = models.CharField(_("address"), max_length=500, validators=[validate_target])
    events = SmallJSONField(_("events"), default=list, validators=[validate_patterns])
    secret = EncryptedField(_("secret"), editable=False)
    sealed_headers = EncryptedField(editable=False, blank=True, default="")
    is_active = models.BooleanField(_("active"), default=True)
    since = models.BigIntegerField(default=0, editable=False)
    extras = SmallJSONField(default=dict, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("webhook"), _("webhooks")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name or self.url

    @property
    def headers(self) -> dict[str, str]:
        """Sent along with every call; some of them are credentials."""
        return dict(json.loads(self.sealed_headers or "{}"))

    def wants(self, kind: str) -> bool:
        return self.is_active and is_wanted(kind, self.events)
