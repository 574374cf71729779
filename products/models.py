"""What is sold: products, their prices, and the taxes that go with them."""

from decimal import Decimal
from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from businesses.owned import Owned, OwnedQuerySet, has_words
from core.fields import BlockField, LineField, ScaledField, SmallJSONField
from core.ids import new_public_id
from core.languages import language
from core.numbers import number_text
from core.text import ascii_fold
from core.validators import validate_currency


class Tax(Owned):
    """A rate, or a fixed amount a line; `order` and `compound` say what it is reckoned on."""

    name = LineField(_("name"), max_length=100)
    percent = ScaledField(
        _("rate (%)"), places=4, digits=8, default=Decimal(0), validators=[MinValueValidator(Decimal(0))]
    )
    fixed = models.BigIntegerField(
        _("fixed amount"),
        default=0,
        validators=[MinValueValidator(0)],
        help_text=_("In cents, a line, on top of the rate."),
    )
    inclusive = models.BooleanField(_("included in the price"), default=False)
    compound = models.BooleanField(_("on top of the taxes before it"), default=False)
    withheld = models.BooleanField(_("withheld by the payer"), default=False)
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    active = models.BooleanField(_("active"), default=True)
    external_id = LineField(_("external id"), max_length=100, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("tax"), _("taxes")
        ordering = ["order", "name", "pk"]

    def __str__(self) -> str:
        rate = number_text(self.percent, language())
        return f"{self.name} {rate} %" if self.percent else self.name


class ProductQuerySet(OwnedQuerySet):
    def active(self) -> "ProductQuerySet":
        return self.filter(active=True)

    def search(self, text: str) -> "ProductQuerySet":
        return self.filter(has_words(text))


class Product(Owned):
    name = LineField(_("name"), max_length=200)
    description = BlockField(_("description"), max_length=2000, blank=True)
    sku = LineField(_("SKU"), max_length=50, blank=True)
    unit = LineField(_("unit"), max_length=20, blank=True, help_text=_("hour, kg, month…"))
    taxes = models.ManyToManyField(Tax, blank=True, verbose_name=_("taxes"))
    active = models.BooleanField(_("active"), default=True)
    external_id = LineField(_("external id"), max_length=100, blank=True)
    metadata = SmallJSONField(_("metadata"), default=dict, blank=True)
    search_text = models.TextField(editable=False, default="")

    objects: ClassVar = ProductQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("product"), _("products")
        ordering = ["name", "pk"]
        indexes = [
            models.Index(fields=["business", "name"]),
            models.Index(fields=["business", "-id"], name="product_newest"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["business", "sku"],
                condition=~models.Q(sku=""),
                name="product_sku",
                violation_error_message=_("Another product has this SKU."),
            ),
            models.UniqueConstraint(
                fields=["business", "external_id"],
                condition=~models.Q(external_id=""),
                name="product_external_id",
                violation_error_message=_("Another product has this external id."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def searchable(self) -> str:
        return ascii_fold(" ".join([self.name, self.sku, self.external_id]))


class PriceKind(models.TextChoices):
    ONE_TIME = "one_time", _("one time")
    RECURRING = "recurring", _("recurring")


class Interval(models.TextChoices):
    DAY = "day", _("day")
    WEEK = "week", _("week")
    MONTH = "month", _("month")
    YEAR = "year", _("year")


class Price(models.Model):
    """One price of a product, in major units with up to six decimals; the oldest of a currency is the usual one."""

    public_id = models.CharField(max_length=24, unique=True, default=new_public_id, editable=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="prices", verbose_name=_("product"))
    name = LineField(_("name"), max_length=100, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="BRL", validators=[validate_currency])
    unit_price = ScaledField(_("price"), places=6, digits=18)
    kind = models.CharField(_("kind"), max_length=9, choices=PriceKind, default=PriceKind.ONE_TIME)
    interval = models.CharField(_("every"), max_length=5, choices=Interval, blank=True)
    interval_count = models.PositiveSmallIntegerField(
        _("intervals"), default=1, validators=[MinValueValidator(1)]
    )
    external_id = LineField(_("external id"), max_length=100, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("price"), _("prices")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="one_time", interval="")
                | (models.Q(kind="recurring") & ~models.Q(interval="")),
                name="price_interval",
                violation_error_message=_("A recurring price needs its interval, a one-time price has none."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.unit_price:f}"
