"""Charges at providers: who takes cards for an account, and every charge with its attempts."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from businesses.models import Account
from businesses.owned import Owned
from core.fields import SmallJSONField
from core.secrets import EncryptedField
from invoices.models import Invoice
from payments.models.money import Method


class CardProvider(models.TextChoices):
    """Whose hosted checkout takes cards."""

    STRIPE = "stripe", "Stripe"


class CardConnection(Owned):
    """The hosted checkout that takes cards for a receiving account; its secrets are encrypted at rest."""

    account = models.OneToOneField(
        Account, models.PROTECT, related_name="cards", verbose_name=_("receiving account")
    )
    provider = models.CharField(
        _("cards through"), max_length=10, choices=CardProvider, default=CardProvider.STRIPE
    )
    secret_key = EncryptedField(_("secret key"))
    webhook_secret = EncryptedField(_("webhook secret"), blank=True, default="")
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name, verbose_name_plural = _("card checkout"), _("card checkouts")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.get_provider_display()} · {self.account}"


class IntentStatus(models.TextChoices):
    OPEN = "open", _("Open")
    PROCESSING = "processing", _("Processing")
    SUCCEEDED = "succeeded", _("Succeeded")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Expired")


class PaymentIntent(Owned):
    """One charge of an invoice at a provider; of several, the first that settles cancels the others."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="intents")
    part = models.PositiveSmallIntegerField(null=True)
    method = models.CharField(max_length=13, choices=Method)
    provider = models.CharField(max_length=20)
    external_id = models.CharField(max_length=150, blank=True)
    url = models.URLField(max_length=2000, blank=True)
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    tip = models.BigIntegerField(default=0)
    status = models.CharField(max_length=10, choices=IntentStatus, default=IntentStatus.OPEN)
    expires_at = models.DateTimeField(null=True)
    extras = SmallJSONField(default=dict, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("charge at a provider"), _("charges at providers")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["provider", "external_id"], name="intent_external"),
            models.Index(fields=["invoice", "status"], name="intent_invoice"),
        ]
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="intent_amount")]


class PaymentAttempt(models.Model):
    """One try to pay an intent: what the provider said."""

    intent = models.ForeignKey(PaymentIntent, models.CASCADE, related_name="attempts")
    at = models.DateTimeField(auto_now_add=True)
    succeeded = models.BooleanField(default=False)
    external_id = models.CharField(max_length=150, blank=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]
