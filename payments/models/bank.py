"""Bank files that were read, and what each movement was taken for."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from businesses.models import Account
from businesses.owned import Owned
from core.fields import LineField, SmallJSONField
from invoices.models import Invoice
from payments.models.money import Method, Payment


class BankFile(Owned):
    """A file from the bank that was read; the same bytes are read once."""

    name = LineField(_("file"), max_length=150)
    kind = models.CharField(_("kind"), max_length=10)
    sha256 = models.CharField(max_length=64, editable=False)
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("receiving account")
    )
    by = models.CharField(_("who"), max_length=150, blank=True)
    ignored: Any = models.JSONField(default=list)

    class Meta:
        verbose_name, verbose_name_plural = _("bank file"), _("bank files")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["business", "sha256"], name="bank_file_once")]

    def __str__(self) -> str:
        return self.name


class EntryState(models.TextChoices):
    APPLIED = "applied", _("Applied")
    SUGGESTED = "suggested", _("To be confirmed")
    UNKNOWN = "unknown", _("Not recognised")
    DISMISSED = "dismissed", _("Set aside")


class BankEntry(Owned):
    """One movement of a bank file, what it was taken for and why."""

    file = models.ForeignKey(BankFile, models.PROTECT, related_name="entries")
    fingerprint = models.CharField(max_length=150)
    line = models.PositiveIntegerField()
    on = models.DateField(_("date"))
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField(_("amount"))
    fee = models.BigIntegerField(default=0)
    method = models.CharField(max_length=13, choices=Method, default=Method.BANK_TRANSFER)
    payer_name = models.CharField(_("payer"), max_length=200, blank=True)
    payer_tax_id = models.CharField(max_length=40, blank=True)
    memo = models.CharField(_("text"), max_length=300, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=EntryState, default=EntryState.UNKNOWN)
    invoice = models.ForeignKey(Invoice, models.PROTECT, null=True, related_name="+")
    part = models.PositiveSmallIntegerField(null=True)
    confidence = models.PositiveSmallIntegerField(default=0)
    reasons = SmallJSONField(default=list)
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name, verbose_name_plural = _("bank entry"), _("bank entries")
        ordering = ["file", "line"]
        indexes = [models.Index(fields=["business", "state", "-id"], name="bank_entry_state")]
        constraints = [
            models.UniqueConstraint(fields=["business", "fingerprint"], name="bank_entry_once"),
        ]
