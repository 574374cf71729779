"""Invoices, their lines, taxes, charges, attachments, frozen documents, and the counters that number them.

Amounts are minor units of the invoice's currency; dates are days in the business's time zone; instants are UTC.
"""

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from businesses.models import LANGUAGES, Account, Business, RoundingMode, RoundingRule
from businesses.owned import Owned
from core.fields import BlockField, LineField, ScaledField, SmallJSONField
from core.frozen_paper import FrozenPaper
from core.ids import new_public_id, new_token
from customers.models import Customer
from invoices.querysets import DUE, INVOICED, InvoiceQuerySet
from invoices.status import Facts, Situation, Status, situation
from products.models import Price, PriceKind, Product, Tax


class InvoiceKind(models.TextChoices):
    """What the invoice is for; the last three are document 001's `type`."""

    STANDARD = "standard", _("Standard")
    PAY_OFF = "pay_off", _("Pay off")
    CUSTOMER_RECURRING = "customer_recurring", _("Recurring, customer")
    COMPANY_RECURRING = "company_recurring", _("Recurring, company")


class DiscountKind(models.TextChoices):
    NONE = "", _("no discount")
    PERCENT = "percent", _("percent")
    AMOUNT = "amount", _("amount")


class Invoice(Owned):
    status = models.CharField(_("status"), max_length=13, choices=Status, default=Status.DRAFT)
    version = models.PositiveIntegerField(default=1, editable=False)
    revision = models.PositiveSmallIntegerField(_("revision"), default=1, editable=False)
    number = models.CharField(_("number"), max_length=60, null=True, editable=False)
    series = models.CharField(max_length=60, blank=True, editable=False)
    series_place = models.BigIntegerField(null=True, editable=False)
    number_prefix = LineField(_("number prefix"), max_length=20, blank=True)
    wanted_number = LineField(_("own number"), max_length=40, blank=True)
    external_id = LineField(_("external id"), max_length=100, blank=True)

    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="invoices", verbose_name=_("customer")
    )
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("receiving account")
    )
    kind = models.CharField(_("kind"), max_length=18, choices=InvoiceKind, default=InvoiceKind.STANDARD)
    name = LineField(_("internal name"), max_length=200, blank=True)
    title = LineField(_("title"), max_length=100, blank=True)
    description = BlockField(_("description"), max_length=2000, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="BRL")
    language = models.CharField(_("language"), max_length=5, choices=LANGUAGES, default="pt-br")
    live_mode = models.BooleanField(_("live mode"), default=True)
    issue_on = models.DateField(_("issue date"))
    due_on = models.DateField(_("due date"))
    period_start = models.DateField(_("period from"), null=True, blank=True)
    period_end = models.DateField(_("period to"), null=True, blank=True)
    terms = BlockField(_("terms"), max_length=20_000, blank=True)
    recipients = SmallJSONField(_("further recipients"), default=list, blank=True)

    discount_kind = models.CharField(
        _("discount"), max_length=7, choices=DiscountKind, blank=True, default=""
    )
    discount_percent = ScaledField(_("discount (%)"), places=4, digits=7, default=Decimal(0))
    discount_amount = models.BigIntegerField(_("discount amount"), default=0)
    discount_products = SmallJSONField(default=list, blank=True)
    document_tax = models.BigIntegerField(default=0)
    rounding_mode = models.CharField(max_length=8, choices=RoundingMode, default=RoundingMode.LINE)
    rounding_rule = models.CharField(max_length=9, choices=RoundingRule, default=RoundingRule.HALF_UP)
    automatic_taxes = models.BooleanField(default=False)
    tips_enabled = models.BooleanField(_("accept tips"), default=False)
    tip_percents = SmallJSONField(_("suggested tips (%)"), default=list, blank=True)
    payable_with = SmallJSONField(_("payable with"), default=list, blank=True)
    schedule = SmallJSONField(_("payment schedule"), default=dict, blank=True)
    payment_terms = SmallJSONField(_("discount, fine and interest"), default=dict, blank=True)
    card_instalments = models.PositiveSmallIntegerField(_("card instalments without interest"), default=1)
    our_number = models.BigIntegerField(null=True, editable=False)
    extras = SmallJSONField(default=dict, blank=True)
    metadata = SmallJSONField(_("metadata"), default=dict, blank=True)

    subtotal = models.BigIntegerField(_("subtotal"), default=0)
    discount_total = models.BigIntegerField(_("discounts"), default=0)
    tax_total = models.BigIntegerField(_("taxes"), default=0)
    tax_included = models.BigIntegerField(default=0)
    charge_total = models.BigIntegerField(_("charges"), default=0)
    total = models.BigIntegerField(_("total"), default=0)
    withheld_total = models.BigIntegerField(_("withheld"), default=0)
    credit_total = models.BigIntegerField(_("credited"), default=0)
    allowance_total = models.BigIntegerField(_("let go"), default=0)
    surcharge_total = models.BigIntegerField(_("fines and interest"), default=0)
    amount_paid = models.BigIntegerField(_("paid"), default=0)
    amount_processing = models.BigIntegerField(default=0)

    issuer = models.JSONField(default=dict, editable=False)
    payer = models.JSONField(default=dict, editable=False)
    content_digest = models.CharField(max_length=64, blank=True, editable=False)
    finalized_at = models.DateTimeField(null=True, editable=False)
    paid_at = models.DateTimeField(null=True, editable=False)
    voided_at = models.DateTimeField(null=True, editable=False)
    uncollectible_at = models.DateTimeField(null=True, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)
    cloned_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="clones", editable=False)
    token = models.CharField(max_length=30, unique=True, default=new_token, editable=False)
    token_revoked_at = models.DateTimeField(null=True, editable=False)
    search_text = models.TextField(default="", editable=False)

    objects: ClassVar = InvoiceQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("invoice"), _("invoices")
        ordering = ["-issue_on", "-pk"]
        indexes = [
            models.Index(fields=["-issue_on", "-id"], name="invoice_newest"),
            models.Index(fields=["business", "-issue_on", "-id"], name="invoice_business_newest"),
            models.Index(fields=["business", "status", "-issue_on", "-id"], name="invoice_status_newest"),
            models.Index(fields=["business", "status", "due_on", "currency", "total"], name="invoice_due"),
            models.Index(fields=["customer", "-id"], name="invoice_customer"),
            models.Index(
                fields=["business", "external_id"], condition=~Q(external_id=""), name="invoice_external"
            ),
            models.Index(
                fields=["account", "our_number"],
                condition=Q(our_number__isnull=False),
                name="invoice_our_number",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["business", "number"], name="invoice_number"),
            models.UniqueConstraint(
                fields=["business", "series", "series_place"], name="invoice_series_place"
            ),
            models.CheckConstraint(
                condition=Q(
                    total=F("subtotal")
                    - F("discount_total")
                    + F("tax_total")
                    - F("tax_included")
                    + F("charge_total")
                ),
                name="invoice_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(amount_paid__gte=0, withheld_total__gte=0, credit_total__gte=0)
                & Q(allowance_total__gte=0, surcharge_total__gte=0)
                & Q(credit_total__lte=INVOICED, amount_paid__lte=DUE),
                name="invoice_paid_within_due",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.DRAFT, number=None, finalized_at=None)
                | (~Q(status=Status.DRAFT) & Q(number__isnull=False, finalized_at__isnull=False)),
                name="invoice_number_when_issued",
            ),
            models.CheckConstraint(
                condition=Q(deleted_at=None) | Q(status=Status.DRAFT), name="invoice_only_drafts_deleted"
            ),
            models.CheckConstraint(condition=Q(due_on__gte=F("issue_on")), name="invoice_due_after_issue"),
        ]

    def __str__(self) -> str:
        return self.number or str(_("Draft"))

    @property
    def amount_invoiced(self) -> int:
        """What was asked for at issue: the total less what is withheld at source."""
        return self.total - self.withheld_total

    @property
    def amount_due(self) -> int:
        """The same, less credit notes and what was let go, plus the fines and interest that were paid."""
        return self.amount_invoiced - self.credit_total - self.allowance_total + self.surcharge_total

    @property
    def amount_remaining(self) -> int:
        return self.amount_due - self.amount_paid

    def situation(self, on: date) -> Situation:
        return situation(
            Facts(
                self.status,
                self.issue_on,
                self.due_on,
                self.amount_due,
                self.amount_paid,
                self.amount_processing,
            ),
            on,
        )


class RetiredLink(models.Model):
    """A public link that was replaced: whoever still has it is told so, instead of "not found"."""

    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="+")
    token = models.CharField(max_length=30, unique=True)


class Line(models.Model):
    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="lines")
    public_id = models.CharField(max_length=24, default=new_public_id, editable=False)
    position = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(_("kind"), max_length=9, choices=PriceKind, default=PriceKind.ONE_TIME)
    is_setup_fee = models.BooleanField(_("setup fee"), default=False)
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("product")
    )
    product_ref = models.CharField(max_length=60, blank=True, editable=False)
    price = models.ForeignKey(Price, models.SET_NULL, null=True, blank=True, related_name="+")
    name = LineField(_("description"), max_length=200)
    detail = BlockField(_("detail"), max_length=2000, blank=True)
    quantity = ScaledField(_("quantity"), places=4, digits=13, default=Decimal(1))
    unit = LineField(_("unit"), max_length=20, blank=True)
    unit_price = ScaledField(_("price"), places=6, digits=18)
    discount_percent = ScaledField(_("discount (%)"), places=4, digits=7, default=Decimal(0))
    discount_amount = models.BigIntegerField(default=0)
    extras = SmallJSONField(default=dict, blank=True)

    gross = models.BigIntegerField(default=0)
    discount = models.BigIntegerField(default=0)
    tax = models.BigIntegerField(default=0)
    tax_included = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)

    class Meta:
        verbose_name, verbose_name_plural = _("line"), _("lines")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(total=F("gross") - F("discount") + F("tax") - F("tax_included")),
                name="line_adds_up",
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="line_quantity"),
        ]

    def __str__(self) -> str:
        return self.name


class LineTax(models.Model):
    """A tax as it was when the line was written, and its amount."""

    line = models.ForeignKey(Line, models.CASCADE, related_name="taxes")
    position = models.PositiveSmallIntegerField(default=0)
    tax = models.ForeignKey(Tax, models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=100)
    percent = ScaledField(places=4, digits=8, default=Decimal(0))
    fixed = models.BigIntegerField(default=0)
    inclusive = models.BooleanField(default=False)
    compound = models.BooleanField(default=False)
    withheld = models.BooleanField(default=False)
    amount = models.BigIntegerField(default=0)
    extras = SmallJSONField(default=dict, blank=True)

    class Meta:
        ordering = ["position", "pk"]


class Charge(models.Model):
    """A miscellaneous charge: on top of the lines, untouched by taxes and discounts."""

    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="charges")
    position = models.PositiveSmallIntegerField(default=0)
    name = LineField(_("name"), max_length=200)
    amount = models.BigIntegerField(_("amount"))
    extras = SmallJSONField(default=dict, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("charge"), _("charges")
        ordering = ["position", "pk"]


class Attachment(models.Model):
    """A file of ours (`key` in the storage) or a link elsewhere (`url`), never both."""

    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="attachments")
    public_id = models.CharField(max_length=24, unique=True, default=new_public_id, editable=False)
    name = LineField(_("name"), max_length=150)
    url = models.URLField(_("link"), max_length=500, blank=True)
    key = models.CharField(max_length=100, blank=True, editable=False)
    content_type = models.CharField(max_length=100, blank=True)
    size = models.BigIntegerField(default=0)
    external_id = models.CharField(max_length=100, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("attachment"), _("attachments")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class Mark(models.TextChoices):
    """Which copy of the PDF: as issued, or stamped paid or void afterwards. Each is frozen once."""

    ISSUED = "issued", _("as issued")
    PAID = "paid", _("paid")
    VOID = "void", _("void")


class Document(FrozenPaper):
    """A frozen PDF. Written `pending` with the change that calls for it; rendered right after, or by the next tick."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="documents")
    mark = models.CharField(max_length=6, choices=Mark)
    revision = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["invoice", "mark", "revision"], name="document_once")]
        indexes = [models.Index(fields=["id"], condition=Q(key=""), name="document_pending")]


class Numbered(models.TextChoices):
    """What a series counts."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class Sequence(models.Model):
    """The counter of one series of one business; `skipped` lists places that callers' own numbers jumped over."""

    business = models.ForeignKey(Business, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=11, choices=Numbered, default=Numbered.INVOICE)
    series = models.CharField(max_length=60)
    first = models.BigIntegerField(default=1)
    next_place = models.BigIntegerField(default=1)
    skipped: Any = models.JSONField(default=list)

    class Meta:
        verbose_name, verbose_name_plural = _("numbering series"), _("numbering series")
        constraints = [models.UniqueConstraint(fields=["business", "kind", "series"], name="sequence_once")]
