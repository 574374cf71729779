"""The issuer of invoices, its receiving accounts, its staff, and the append-only record of what happened."""

import zoneinfo
from datetime import date, datetime
from typing import Any, NoReturn

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from businesses.owned import Owned
from businesses.roles import GRANTS, Can, Role, roles_that
from core import taxids
from core.addresses import AddressColumns
from core.boleto_banks import BankAccount, as_typed
from core.boleto_banks import check as check_bank_account
from core.fields import BlockField, LineField, SmallJSONField
from core.ids import new_public_id
from core.pix import parse_key
from core.series import check_own_pattern, check_pattern
from core.taxids import TaxIdKind
from core.validators import e164, validate_colour, validate_currency, validate_time_zone

LANGUAGES = [("pt-br", _("Brazilian Portuguese")), ("en", _("English"))]


class RoundingMode(models.TextChoices):
    LINE = "line", _("per line")
    TAX = "tax", _("per tax")
    DOCUMENT = "document", _("per document")


class RoundingRule(models.TextChoices):
    HALF_UP = "half_up", _("half up")
    HALF_EVEN = "half_even", _("half to even")


class BusinessQuerySet(models.QuerySet["Business"]):
    def for_staff(self, user: Any, can: Can = Can.VIEW) -> "BusinessQuerySet":
        if not user.is_active:
            return self.none()
        if user.is_superuser:
            return self.all()
        return self.filter(memberships__user=user, memberships__role__in=roles_that(can)).distinct()


class Business(AddressColumns):
    """Location, fund, payment account, merchant: whatever a provider calls it, this is who issues."""

    public_id = models.CharField(_("id"), max_length=24, unique=True, default=new_public_id, editable=False)
    slug = models.SlugField(
        _("short name"), unique=True, help_text=_("For commands and addresses: letters, digits, hyphens.")
    )
    legal_name = LineField(_("legal name"), max_length=200)
    trade_name = LineField(_("trade name"), max_length=200, blank=True)
    tax_id_kind = models.CharField(
        _("kind of tax id"), max_length=8, choices=TaxIdKind, default=TaxIdKind.CNPJ
    )
    tax_id = models.CharField(_("tax id"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    website = models.URLField(_("website"), blank=True)
    logo = models.CharField(max_length=100, blank=True, editable=False)
    accent = models.CharField(_("colour"), max_length=7, default="#4f46e5", validators=[validate_colour])
    currency = models.CharField(_("currency"), max_length=3, default="BRL", validators=[validate_currency])
    time_zone = models.CharField(
        _("time zone"), max_length=40, default="America/Sao_Paulo", validators=[validate_time_zone]
    )
    language = models.CharField(_("language"), max_length=5, choices=LANGUAGES, default="pt-br")
    rounding_mode = models.CharField(
        _("round taxes"), max_length=8, choices=RoundingMode, default=RoundingMode.LINE
    )
    rounding_rule = models.CharField(
        _("halves"), max_length=9, choices=RoundingRule, default=RoundingRule.HALF_UP
    )
    number_pattern = LineField(
        _("invoice numbers"),
        max_length=60,
        default="{yyyy}-{seq:05}",
        validators=[check_pattern],
        help_text=_(
            "{seq:05} is the counter; {yyyy} starts again each year, {mm} each month; {customer} counts by customer."
        ),
    )
    credit_note_pattern = LineField(
        _("credit note numbers"), max_length=60, default="NC-{yyyy}-{seq:04}", validators=[check_own_pattern]
    )
    due_days = models.PositiveSmallIntegerField(_("days to pay"), default=14)
    payment_terms = SmallJSONField(_("discount, fine and interest"), default=dict, blank=True)
    terms = BlockField(
        _("terms"), max_length=5000, blank=True, help_text=_("Printed below every new invoice.")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = BusinessQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("business"), _("businesses")
        ordering = ["legal_name"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.trade_name or self.legal_name

    @property
    def tax_id_label(self) -> str:
        return taxids.label_tax_id(self.tax_id, self.tax_id_kind)

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    def today(self, now: datetime | None = None) -> date:
        """The business day it is now, in the business's own time zone."""
        return timezone.localtime(now, self.zone).date()

    def clean(self) -> None:
        self.tax_id = _field(taxids.parse, "tax_id", self.tax_id, self.tax_id_kind)
        self.phone = _field(e164, "phone", self.phone, self.country)


def _field(parse: Any, field: str, *args: str) -> str:
    """Run a parser so that its complaint lands on the form field it is about."""
    try:
        return str(parse(*args))
    except ValidationError as error:
        raise ValidationError({field: error.messages}) from error


class Account(Owned):
    """Where money is received: a bank account or a Pix key, chosen per invoice and printed on it."""

    name = LineField(_("name"), max_length=100)
    bank = LineField(_("bank"), max_length=100, blank=True)
    branch = LineField(_("branch"), max_length=20, blank=True)
    number = LineField(_("account number"), max_length=40, blank=True)
    pix_key = LineField(_("Pix key"), max_length=77, blank=True)
    iban = LineField("IBAN", max_length=42, blank=True)
    bank_code = models.CharField(
        _("bank code"),
        max_length=3,
        blank=True,
        help_text=_("Three digits; boletos need it, with all below."),
    )
    wallet = LineField(_("boleto wallet"), max_length=5, blank=True)
    agreement = LineField(_("boleto agreement"), max_length=20, blank=True)
    next_our_number = models.BigIntegerField(_("next boleto number"), default=1)
    external_id = LineField(_("external id"), max_length=100, blank=True)
    is_default = models.BooleanField(_("default"), default=False)

    class Meta:
        verbose_name, verbose_name_plural = _("receiving account"), _("receiving accounts")
        constraints = [
            models.UniqueConstraint(
                fields=["business"], condition=models.Q(is_default=True), name="account_one_default"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def bank_account(self) -> BankAccount:
        """What the bank's boleto rules ask for."""
        return as_typed(self.bank_code, self.branch, self.number, self.wallet, self.agreement)

    def clean(self) -> None:
        self.pix_key = parse_key(self.pix_key)
        if self.bank_code:
            check_bank_account(self.bank_account())


class User(AbstractUser):
    """A person who signs in. What they may do is in their memberships, one per business."""

    language = models.CharField(_("language"), max_length=5, choices=LANGUAGES, default="pt-br")

    class Meta:
        verbose_name, verbose_name_plural = _("person"), _("people")

    def can(self, can: Can, business: Business | int | None = None) -> bool:
        """Whether this person may do `can` in that business, or in any when none is named."""
        if not self.is_active:
            return False
        if self.is_superuser:
            return True
        key = business.pk if isinstance(business, Business) else business
        return any(can in GRANTS[role] for owner, role in self._roles() if key in (None, owner))

    def business_keys(self, can: Can) -> list[int]:
        """Ids of the businesses in which this person may do `can`."""
        return [owner for owner, role in self._roles() if self.is_active and can in GRANTS[role]]

    def _roles(self) -> list[tuple[int, str]]:
        if not hasattr(self, "_role_rows"):
            self._role_rows = list(self.memberships.values_list("business_id", "role"))
        return self._role_rows


class Membership(models.Model):
    """One person's role in one business."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships", verbose_name=_("person"))
    business = models.ForeignKey(
        Business, models.CASCADE, related_name="memberships", verbose_name=_("business")
    )
    role = models.CharField(_("role"), max_length=8, choices=Role, default=Role.BILLER)

    class Meta:
        verbose_name, verbose_name_plural = _("membership"), _("staff")
        constraints = [models.UniqueConstraint(fields=["user", "business"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.business} · {self.get_role_display()}"


class EventQuerySet(models.QuerySet["Event"]):
    def about(self, subject: models.Model) -> "EventQuerySet":
        return self.filter(subject=f"{subject._meta.model_name}:{subject.pk}")

    def update(self, **_kwargs: object) -> NoReturn:
        raise TypeError("Events are append-only.")

    delete = update


class Event(models.Model):
    """One fact, written with the change that it tells; never changed, never deleted.

    `digest` chains the events of one subject: it hashes this event and the digest before it, so `manage.py audit`
    notices an edited or missing one.
    """

    business = models.ForeignKey(
        Business, models.PROTECT, related_name="+", null=True, verbose_name=_("business")
    )
    subject = models.CharField(max_length=60)
    kind = models.CharField(_("event"), max_length=60)
    data = SmallJSONField(default=dict)
    actor = models.CharField(_("who"), max_length=150, blank=True)
    at = models.DateTimeField(_("when"))
    digest = models.CharField(max_length=64)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("event"), _("events")
        indexes = [
            models.Index(fields=["subject", "id"]),
            models.Index(fields=["business", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
