"""A postal address as a set of columns, and the way it is written on paper."""

from dataclasses import asdict, dataclass

from babel import Locale
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.fields import LineField
from core.validators import validate_country


@dataclass(frozen=True)
class Address:
    """One address as a value: what gets frozen into an issued invoice."""

    street: str = ""
    number: str = ""
    complement: str = ""
    district: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""

    def lines(self, *, home: str, language: str) -> list[str]:
        """At most four lines; the country, by its name in that language, only when it is not `home`."""
        street = ", ".join(filter(None, [self.street, self.number, self.complement]))
        city = "/".join(filter(None, [self.city, self.region]))
        place = " · ".join(filter(None, [city, self.postal_code]))
        country = country_name(self.country, language) if self.country != home else ""
        return [line for line in (street, self.district, place, country) if line]

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


def country_name(code: str, language: str) -> str:
    """`FR` → `França`; a code without a name stays as it is."""
    return str(Locale.parse(language, sep="-").territories.get(code, code))


class AddressColumns(models.Model):
    """Mixed into rows that have an address."""

    street = LineField(_("street"), max_length=200, blank=True)
    number = LineField(_("number"), max_length=20, blank=True)
    complement = LineField(_("complement"), max_length=100, blank=True)
    district = LineField(_("district"), max_length=100, blank=True)
    city = LineField(_("city"), max_length=100, blank=True)
    region = LineField(_("state or region"), max_length=50, blank=True)
    postal_code = LineField(_("postal code"), max_length=20, blank=True)
    country = models.CharField(
        _("country"),
        max_length=2,
        default="BR",
        validators=[validate_country],
        help_text=_("Two letters (ISO 3166): BR, PT, US."),
    )

    class Meta:
        abstract = True

    def address(self) -> Address:
        return Address(
            self.street,
            self.number,
            self.complement,
            self.district,
            self.city,
            self.region,
            self.postal_code,
            self.country,
        )
