"""Who is billed: people and companies, their tax ids, e-mails and addresses."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.utils.translation import gettext_lazy as _

from businesses.models import LANGUAGES
from businesses.owned import Owned, OwnedQuerySet, has_words
from core import taxids
from core.addresses import Address, AddressColumns
from core.fields import BlockField, LineField, SmallJSONField
from core.taxids import TaxIdKind
from core.text import ascii_fold
from core.validators import e164

MAX_EMAILS = 20


class CustomerKind(models.TextChoices):
    COMPANY = "company", _("Company")
    PERSON = "person", _("Person")


class AddressKind(models.TextChoices):
    BILLING = "billing", _("Billing")
    DELIVERY = "delivery", _("Delivery")


def validate_emails(value: object) -> None:
    if not isinstance(value, list) or len(value) > MAX_EMAILS:
        raise ValidationError(
            _("At most %(limit)d e-mail addresses."), params={"limit": MAX_EMAILS}, code="too_many"
        )
    for email in value:
        validate_email(email)


class CustomerQuerySet(OwnedQuerySet):
    def search(self, text: str) -> "CustomerQuerySet":
        """By words of the name, an e-mail, the external id, or the tax id as it is printed or bare."""
        bare = ascii_fold(taxids.compact(text[:100]))
        wanted = has_words(text)
        return self.filter(wanted | models.Q(search_text__contains=bare) if bare else wanted)


class Customer(Owned):
    kind = models.CharField(_("kind"), max_length=7, choices=CustomerKind, default=CustomerKind.COMPANY)
    name = LineField(_("name"), max_length=200)
    legal_name = LineField(_("legal name"), max_length=200, blank=True)
    tax_id_kind = models.CharField(
        _("kind of tax id"), max_length=8, choices=TaxIdKind, default=TaxIdKind.CNPJ
    )
    tax_id = models.CharField(_("tax id"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    more_emails = SmallJSONField(_("further e-mails"), default=list, blank=True, validators=[validate_emails])
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    language = models.CharField(_("language"), max_length=5, choices=LANGUAGES, default="pt-br")
    code = LineField(
        _("code"),
        max_length=20,
        blank=True,
        help_text=_("Short, for invoice numbers that count by customer."),
    )
    external_id = LineField(
        _("external id"), max_length=100, blank=True, help_text=_("Their id in another system.")
    )
    notes = BlockField(_("notes"), max_length=2000, blank=True, help_text=_("Only staff see these."))
    metadata = SmallJSONField(_("metadata"), default=dict, blank=True)
    search_text = models.TextField(editable=False, default="")

    objects: ClassVar = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("customer"), _("customers")
        ordering = ["name", "pk"]
        indexes = [
            models.Index(fields=["business", "name"]),
            models.Index(fields=["business", "-id"], name="customer_newest"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["business", "tax_id_kind", "tax_id"],
                condition=~models.Q(tax_id=""),
                name="customer_tax_id",
                violation_error_message=_("Another customer has this tax id."),
            ),
            models.UniqueConstraint(
                fields=["business", "external_id"],
                condition=~models.Q(external_id=""),
                name="customer_external_id",
                violation_error_message=_("Another customer has this external id."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def tax_id_label(self) -> str:
        return taxids.label_tax_id(self.tax_id, self.tax_id_kind)

    @property
    def emails(self) -> list[str]:
        """Every address once, the main one first."""
        return list(dict.fromkeys(filter(None, [self.email, *self.more_emails])))

    def address(self, kind: str = AddressKind.BILLING) -> Address:
        row = next((row for row in self.addresses.all() if row.kind == kind), None)
        return row.address() if row else Address()

    def clean(self) -> None:
        errors: dict[str, Any] = {}
        rules: list[tuple[str, Callable[..., str], tuple[str, str]]] = [
            ("tax_id", taxids.parse, (self.tax_id, self.tax_id_kind)),
            ("phone", e164, (self.phone, self.business.country if self.business_id else "")),
        ]
        for field, parse, args in rules:
            try:
                setattr(self, field, parse(*args))
            except ValidationError as error:
                errors[field] = error.messages
        if errors:
            raise ValidationError(errors)

    def searchable(self) -> str:
        return ascii_fold(" ".join([self.name, self.legal_name, self.tax_id, *self.emails, self.external_id]))


class CustomerAddress(AddressColumns):
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="addresses")
    kind = models.CharField(_("kind"), max_length=8, choices=AddressKind, default=AddressKind.BILLING)

    class Meta:
        verbose_name, verbose_name_plural = _("address"), _("addresses")
        constraints = [models.UniqueConstraint(fields=["customer", "kind"], name="customer_address_kind")]

    def __str__(self) -> str:
        return ", ".join(self.address().lines(home=self.country, language="en"))
