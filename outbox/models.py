"""What is still to be told, and to whom: events that nobody has looked at yet, and one row for each telling."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from businesses.models import Event
from businesses.owned import Owned


class Untold(models.Model):
    """An event that has not been turned into deliveries yet.

    The database itself writes the row with the event, in the same transaction. Ids are no queue: of two events, the
    one with the higher id can be committed first, so whoever remembered how far they had read would miss the other.
    """

    event = models.OneToOneField(
        Event, models.CASCADE, primary_key=True, related_name="+", db_constraint=False
    )


class Channel(models.TextChoices):
    WEBHOOK = "webhook", _("Webhook")


class State(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    SENT = "sent", _("Sent")
    DEAD = "dead", _("Given up")
    NEEDS_PERSON = "needs_person", _("Needs a person")


class Delivery(Owned):
    """One event to be told to one target; `target` is a webhook's public id."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="+", verbose_name=_("event"))
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    target = models.CharField(_("target"), max_length=100)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.WAITING)

    class Meta:
        verbose_name, verbose_name_plural = _("delivery"), _("deliveries")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["business", "-id"], name="delivery_newest")]
        constraints = [models.UniqueConstraint(fields=["event", "channel", "target"], name="delivery_once")]

    def __str__(self) -> str:
        return f"{self.event.kind} → {self.target}"
