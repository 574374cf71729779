"""Payments, where their money went, and what went back."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from businesses.models import Account
from businesses.owned import Owned, OwnedQuerySet
from core.fields import BlockField, LineField
from core.frozen_paper import FrozenPaper
from customers.models import Customer
from invoices.models import Invoice

UNAPPLIED = F("amount") - F("tip") - F("applied") - F("refunded")
"""`Payment.unapplied` for the database."""


class Method(models.TextChoices):
    """How the money came; the invoice's `payable_with` holds the same words."""

    PIX = "pix", "Pix"
    BOLETO = "boleto", _("Boleto")
    BOLEPIX = "bolepix", _("Boleto with Pix")
    CREDIT_CARD = "credit_card", _("Credit card")
    CASH = "cash", _("Cash")
    BANK_TRANSFER = "bank_transfer", _("Bank transfer")
    CHECK = "check", _("Check")
    OTHER = "other", _("Other")


class PaymentQuerySet(OwnedQuerySet):
    def with_credit(self) -> "PaymentQuerySet":
        """Those of which something is neither applied nor given back."""
        return self.filter(amount__gt=F("tip") + F("applied") + F("refunded"))


class Payment(Owned):
    """Money that came in once. `source` and `external_id` name it for whoever tells us of it again."""

    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="payments", null=True, blank=True, verbose_name=_("customer")
    )
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("receiving account")
    )
    source = models.CharField(_("source"), max_length=20, default="manual", editable=False)
    external_id = models.CharField(_("external id"), max_length=150, editable=False)
    method = models.CharField(_("method"), max_length=13, choices=Method, default=Method.PIX)
    currency = models.CharField(_("currency"), max_length=3)
    amount = models.BigIntegerField(_("amount"))
    fee = models.BigIntegerField(_("fee"), default=0)
    tip = models.BigIntegerField(_("tip"), default=0)
    applied = models.BigIntegerField(_("applied"), default=0, editable=False)
    refunded = models.BigIntegerField(_("given back"), default=0, editable=False)
    paid_at = models.DateTimeField(_("paid at"))
    paid_on = models.DateField(_("paid on"), editable=False)
    disputed_at = models.DateTimeField(null=True, editable=False)
    payer_name = LineField(_("payer"), max_length=200, blank=True)
    payer_tax_id = models.CharField(_("payer's tax id"), max_length=40, blank=True)
    note = BlockField(_("note"), max_length=500, blank=True)
    attachment = models.CharField(max_length=100, blank=True, editable=False)

    objects: ClassVar = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("payment"), _("payments")
        ordering = ["-paid_on", "-pk"]
        indexes = [
            models.Index(fields=["business", "-paid_on", "-id"], name="payment_newest"),
            models.Index(fields=["customer", "-id"], name="payment_customer"),
            models.Index(
                fields=["business", "customer"],
                condition=Q(amount__gt=F("tip") + F("applied") + F("refunded")),
                name="payment_with_credit",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["business", "source", "external_id"], name="payment_once"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, fee__gte=0, tip__gte=0, applied__gte=0, refunded__gte=0)
                & Q(amount__gte=F("fee"))
                & Q(amount__gte=F("tip") + F("applied") + F("refunded")),
                name="payment_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_method_display()} {self.paid_on}"

    @property
    def net(self) -> int:
        return self.amount - self.fee

    @property
    def unapplied(self) -> int:
        """The customer's credit: neither applied to an invoice, nor a tip, nor given back."""
        return self.amount - self.tip - self.applied - self.refunded

    @property
    def refundable(self) -> int:
        return self.amount - self.refunded


class Allocation(models.Model):
    """Money of one payment on one invoice; never changed, taken back by a row with the signs turned.

    `amount` = `principal` + `fine` + `interest`. `discount` and `write_off` lower the invoice without money.
    """

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="allocations")
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="allocations")
    part = models.PositiveSmallIntegerField(default=0)
    on = models.DateField()
    at = models.DateTimeField(auto_now_add=True)
    amount = models.BigIntegerField()
    principal = models.BigIntegerField()
    fine = models.BigIntegerField(default=0)
    interest = models.BigIntegerField(default=0)
    discount = models.BigIntegerField(default=0)
    write_off = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount=F("principal") + F("fine") + F("interest")), name="allocation_adds_up"
            )
        ]


class RefundKind(models.TextChoices):
    REFUND = "refund", _("Refund")
    CHARGEBACK = "chargeback", _("Chargeback")


class Refund(Owned):
    """Money given back, or taken back by the payer's bank."""

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    kind = models.CharField(max_length=10, choices=RefundKind, default=RefundKind.REFUND)
    amount = models.BigIntegerField(_("amount"))
    on = models.DateField(_("date"))
    method = models.CharField(_("method"), max_length=13, choices=Method, default=Method.PIX)
    reason = LineField(_("reason"), max_length=200, blank=True)
    external_id = models.CharField(max_length=150, editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("refund"), _("refunds")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["payment", "external_id"], name="refund_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount"),
        ]


class Receipt(FrozenPaper):
    """The payer's receipt: one for each payment, frozen when it is first made."""

    payment = models.OneToOneField(Payment, models.PROTECT, related_name="receipt")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["id"], condition=Q(key=""), name="receipt_pending")]


class Waiver(Owned):
    """Fine or interest that staff let go of: up to `amount`, or all of it for good when there is none."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="waivers")
    fine = models.BooleanField(_("fine"), default=True)
    interest = models.BooleanField(_("interest"), default=True)
    amount = models.BigIntegerField(_("at most"), null=True, blank=True)
    reason = LineField(_("reason"), max_length=200)

    class Meta:
        verbose_name, verbose_name_plural = _("waiver"), _("waivers")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(fine=True) | Q(interest=True), name="waiver_of_something"),
            models.CheckConstraint(condition=Q(amount=None) | Q(amount__gt=0), name="waiver_amount"),
        ]
