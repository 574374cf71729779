"""Visits to the public pages of invoices: one row a visit, with nothing in it that names the visitor."""

from django.db import models
from django.utils.translation import gettext_lazy as _

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
