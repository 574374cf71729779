"""Visits to the public pages, with nothing that names the visitor; and links that show a payer all that is open."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from invoices.models import Invoice


class InvoiceView(models.Model):
    """`visitor` is a keyed hash. `slot` counts half hours since 1970: two requests at once are one row."""

    invoice = models.ForeignKey(
        Invoice, models.CASCADE, related_name="views", db_index=False, verbose_name=_("invoice")
    )
    at = models.DateTimeField(_("when"))
    visitor = models.CharField(max_length=64, editable=False)
    slot = models.PositiveIntegerField(editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("visit"), _("visits")
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "visitor", "slot"], name="view_once_a_slot")
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id} · {self.at:%Y-%m-%d %H:%M}"


class MagicLink(models.Model):
    """Sent to the customer's own address; opens once, for a quarter of an hour. Only its digest is kept."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    sha256 = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
