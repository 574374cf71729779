"""Every message, its words as the business wants them, and the addresses that get none any more."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from businesses.models import LANGUAGES, Event
from businesses.owned import Owned
from core.fields import BlockField, LineField
from invoices.models import Invoice


class Kind(models.TextChoices):
    ISSUED = "issued", _("Invoice")
    DUE_SOON = "due_soon", _("Due soon")
    DUE_TODAY = "due_today", _("Due today")
    OVERDUE = "overdue", _("Overdue")
    PAID = "paid", _("Thank you and receipt")
    CREDITED = "credited", _("Credit note")
    TROUBLE = "trouble", _("Warning to staff")


REMINDERS = frozenset({Kind.DUE_SOON, Kind.DUE_TODAY, Kind.OVERDUE})
"""What people may unsubscribe from."""


class MessageState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SENT = "sent", pgettext_lazy("e-mail", "Sent")
    OPENED = "opened", pgettext_lazy("e-mail", "Opened")
    FAILED = "failed", pgettext_lazy("e-mail", "Failed")
    BOUNCED = "bounced", _("Bounced")
    SKIPPED = "skipped", _("Not needed")


class Message(Owned):
    """One e-mail to one address because of one event. `subject`, `text` and `html` are what the mail server took.

    `opened_at`: when somebody first came to the invoice's page by this message's own link. No picture spies on readers.
    """

    event = models.ForeignKey(Event, models.PROTECT, related_name="+")
    invoice = models.ForeignKey(
        Invoice, models.PROTECT, related_name="messages", null=True, verbose_name=_("invoice")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    address = models.EmailField(_("to"))
    language = models.CharField(_("language"), max_length=5, choices=LANGUAGES)
    state = models.CharField(_("status"), max_length=8, choices=MessageState, default=MessageState.QUEUED)
    code = models.CharField(_("error"), max_length=30, blank=True)
    detail = models.CharField(_("answer"), max_length=300, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True)
    opened_at = models.DateTimeField(_("opened"), null=True)
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    files = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("message"), _("messages")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["business", "-id"], name="message_newest"),
            models.Index(fields=["business", "state", "-id"], name="message_by_state"),
            models.Index(fields=["business", "kind", "created_at"], name="message_by_kind"),
        ]
        constraints = [models.UniqueConstraint(fields=["event", "address"], name="message_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} → {self.address}"


class Wording(Owned):
    """A business's own subject and opening words of one kind of message in one language."""

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    language = models.CharField(_("language"), max_length=5, choices=LANGUAGES, default="pt-br")
    subject = LineField(_("subject"), max_length=150, blank=True)
    intro = BlockField(_("opening words"), max_length=2000, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("e-mail wording"), _("e-mail wordings")
        ordering = ["kind", "language"]
        constraints = [
            models.UniqueConstraint(
                fields=["business", "kind", "language"],
                name="wording_once",
                violation_error_message=_("There are words for this kind and language already."),
            ),
            models.CheckConstraint(condition=~Q(subject="", intro=""), name="wording_says_something"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.get_language_display()}"


class MailSettings(Owned):
    """What a business's invoices do by themselves; without a row, all of it."""

    sends_issued = models.BooleanField(_("e-mail invoices as soon as they are issued"), default=True)
    sends_thanks = models.BooleanField(_("thank for payments, with the receipt"), default=True)

    class Meta:
        verbose_name, verbose_name_plural = _("e-mail settings"), _("e-mail settings")
        constraints = [models.UniqueConstraint(fields=["business"], name="mail_settings_once")]

    def __str__(self) -> str:
        return str(self.business)


class Reason(models.TextChoices):
    BOUNCED = "bounced", _("the address does not exist")
    UNSUBSCRIBED = "unsubscribed", _("wants no reminders")


class Suppression(Owned):
    """An address, in lower case, that this business writes to no more; after `unsubscribed`, only no reminders."""

    address = models.EmailField(_("address"))
    reason = models.CharField(_("reason"), max_length=12, choices=Reason)
    detail = models.CharField(_("answer"), max_length=300, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("blocked address"), _("blocked addresses")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["business", "address", "reason"], name="suppression_once")
        ]

    def __str__(self) -> str:
        return self.address
