"""Our side of the providers: where we push to, what we know of each invoice there, and what they told us."""

import json

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from businesses.owned import Owned
from core.fields import LineField, SmallJSONField
from core.ids import new_token
from core.secrets import EncryptedField
from invoices.models import Invoice


class ProviderName(models.TextChoices):
    HIGHLEVEL = "highlevel", "HighLevel"
    BASE39 = "base39", "Base39"
    AIRA = "aira", "Aira"
    FATORIPAY = "fatoripay", "FatoriPay"


class PushOn(models.TextChoices):
    ISSUE = "issue", _("when issued")
    SEND = "send", _("when sent to the customer")
    NEVER = "never", _("never by itself")


class Health(models.TextChoices):
    UNKNOWN = "", _("not tried yet")
    WELL = "well", _("works")
    FAILING = "failing", _("fails")
    PAUSED = "paused", _("paused")


class Connection(Owned):
    """An account of the business at a provider. Credentials, and the tokens got for them, are encrypted at rest.

    While it is paused nothing is tried: the provider refused the credentials. `token` is in the address at which the
    provider's webhooks reach us.
    """

    provider = models.CharField(_("provider"), max_length=10, choices=ProviderName)
    name = LineField(_("name"), max_length=100, blank=True)
    base_url = models.CharField(_("address"), max_length=300)
    is_live = models.BooleanField(_("live"), default=True)
    push_on = models.CharField(_("push invoices"), max_length=5, choices=PushOn, default=PushOn.ISSUE)
    sealed_credentials = EncryptedField(editable=False, default="")
    sealed_tokens = EncryptedField(editable=False, blank=True, default="")
    options = SmallJSONField(_("options"), default=dict, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    health = models.CharField(_("state"), max_length=7, choices=Health, blank=True, default=Health.UNKNOWN)
    health_at = models.DateTimeField(_("last tried"), null=True, editable=False)
    health_code = models.CharField(max_length=30, blank=True, editable=False)
    health_detail = models.CharField(max_length=300, blank=True, editable=False)
    pulled_at = models.DateTimeField(_("last compared"), null=True, editable=False)
    token = models.CharField(max_length=30, unique=True, default=new_token, editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("connection"), _("connections")
        ordering = ["provider", "pk"]

    def __str__(self) -> str:
        return self.name or self.get_provider_display()

    @property
    def credentials(self) -> dict[str, str]:
        return dict(json.loads(self.sealed_credentials or "{}"))

    @property
    def tokens(self) -> dict[str, str]:
        """Short-lived access that the credentials were exchanged for."""
        return dict(json.loads(self.sealed_tokens or "{}"))

    @property
    def route(self) -> str:
        """Its name among the outbox's routes."""
        return f"push:{self.public_id}"


class RemoteInvoice(Owned):
    """What we know of an invoice at a provider; without a `remote_id` it is on its way there.

    `standing` is one of `connector.Standing`, `word` the provider's own. Amounts are minor units, None when it does not
    tell. `notes` is what the connector remembers between its steps.
    """

    connection = models.ForeignKey(Connection, models.PROTECT, related_name="+")
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="remotes")
    remote_id = models.CharField(max_length=100, blank=True)
    number = models.CharField(max_length=100, blank=True)
    link = models.CharField(max_length=500, blank=True)
    standing = models.CharField(max_length=20, blank=True)
    word = models.CharField(max_length=40, blank=True)
    total = models.BigIntegerField(null=True)
    paid = models.BigIntegerField(null=True)
    notes = SmallJSONField(default=dict, blank=True)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("invoice at a provider"), _("invoices at providers")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["connection", "invoice"], name="remote_once"),
            models.UniqueConstraint(
                fields=["connection", "remote_id"], condition=~Q(remote_id=""), name="remote_id_once"
            ),
        ]

    def __str__(self) -> str:
        return self.remote_id or str(self.invoice_id)
