"""Credit notes and their lines."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from businesses.owned import Owned
from core.fields import LineField
from core.frozen_paper import FrozenPaper
from invoices.models import Invoice, Line


class CreditNote(Owned, FrozenPaper):
    """What an invoice asked for too much: `reduces` was not paid yet, `gives_back` was."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="credit_notes")
    number = models.CharField(_("number"), max_length=60)
    series = models.CharField(max_length=60, editable=False)
    series_place = models.BigIntegerField(editable=False)
    on = models.DateField(_("date"))
    reason = LineField(_("reason"), max_length=200)
    currency = models.CharField(max_length=3)
    total = models.BigIntegerField(_("total"))
    reduces = models.BigIntegerField()
    gives_back = models.BigIntegerField()

    class Meta:
        verbose_name, verbose_name_plural = _("credit note"), _("credit notes")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["id"], condition=Q(key=""), name="credit_note_pending"),
            models.Index(fields=["business", "-id"], name="credit_note_newest"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["business", "number"], name="credit_note_number"),
            models.UniqueConstraint(
                fields=["business", "series", "series_place"], name="credit_note_series_place"
            ),
            models.CheckConstraint(
                condition=Q(total__gt=0, reduces__gte=0, gives_back__gte=0)
                & Q(total=F("reduces") + F("gives_back")),
                name="credit_note_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class CreditNoteLine(models.Model):
    """One line of it: of an invoice's line, or of the invoice as a whole."""

    credit_note = models.ForeignKey(CreditNote, models.CASCADE, related_name="lines")
    line = models.ForeignKey(Line, models.PROTECT, null=True, related_name="+")
    name = LineField(max_length=200)
    amount = models.BigIntegerField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="credit_note_line_amount")]
