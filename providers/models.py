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

    It is pushed what happens after the event `since`. While it is paused nothing is tried: the provider refused the
    credentials. `token` is in the address at which the provider's webhooks reach us.
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
    since = models.BigIntegerField(default=0, editable=False)
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


GENERATION = "generation"
"""Note: how often the invoice was pushed anew because it was gone there."""


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


class InboundState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


class Inbound(Owned):
    """A webhook as it came. Of what it says only `about` is used, the invoices to be read again: (id there, our id).

    `digest` of query and body makes the same words one row. The body is encrypted: it holds people's data.
    """

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    sealed_body = EncryptedField(editable=False, blank=True, default="")
    about = models.JSONField(default=list)
    state = models.CharField(max_length=7, choices=InboundState, default=InboundState.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    code = models.CharField(max_length=30, blank=True)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("webhook received"), _("webhooks received")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["connection", "digest"], name="inbound_once")]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state=InboundState.WAITING), name="inbound_due"),
        ]

    def __str__(self) -> str:
        return self.public_id


class DriftKind(models.TextChoices):
    PAID_THERE = "paid_there", _("Paid there, open here")
    PAID_HERE = "paid_here", _("Paid here, open there")
    VOID_THERE = "void_there", _("Cancelled there, open here")
    VOID_HERE = "void_here", _("Void here, open there")
    AMOUNT = "amount", _("The amounts differ")
    MISSING_THERE = "missing_there", _("Not found there")
    MISSING_HERE = "missing_here", _("Unknown here")
    REFUNDED_THERE = "refunded_there", _("Given back there, paid here")
    UNKNOWN_WORD = "unknown_word", _("A state that Faturo does not know")
    PERHAPS_PAID = "perhaps_paid", _("Perhaps another payment")


class DriftState(models.TextChoices):
    NEW = "new", _("to look at")
    ASKED = "asked", _("on its way")
    IGNORED = "ignored", _("ignored")


class Drift(Owned):
    """Something that a provider sees otherwise than we do, found by comparing; gone when both agree again.

    `key` is `invoice:7`, or `remote:…` for an invoice that only the provider has. What is there is kept as it was seen:
    amounts in minor units of `currency`, None when the provider does not tell.
    """

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="+")
    invoice = models.ForeignKey(Invoice, models.CASCADE, null=True, related_name="+")
    key = models.CharField(max_length=110)
    kind = models.CharField(_("what differs"), max_length=14, choices=DriftKind)
    state = models.CharField(_("state"), max_length=7, choices=DriftState, default=DriftState.NEW)
    remote_id = models.CharField(max_length=100)
    number = models.CharField(max_length=100, blank=True)
    link = models.CharField(max_length=500, blank=True)
    standing = models.CharField(max_length=20)
    word = models.CharField(max_length=40, blank=True)
    currency = models.CharField(max_length=3)
    total = models.BigIntegerField(null=True)
    paid = models.BigIntegerField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("difference"), _("differences")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["connection", "key"], name="drift_once")]

    def __str__(self) -> str:
        return str(self.get_kind_display())
