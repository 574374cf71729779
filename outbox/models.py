"""What is still to be told, and to whom: events that nobody has looked at yet, one row for each telling, its tries, the
ways out, and signs of life of whoever does the work.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from businesses.models import Event
from businesses.owned import Owned
from core.secrets import EncryptedField
from invoices.models import Invoice


class Untold(models.Model):
    """An event that has not been turned into deliveries yet.

    The database itself writes the row with the event, in the same transaction. Ids are no queue: of two events, the
    one with the higher id can be committed first, so whoever remembered how far they had read would miss the other.
    One that broke a channel stays, and is left alone until `retry_at`.
    """

    event = models.OneToOneField(
        Event, models.CASCADE, primary_key=True, related_name="+", db_constraint=False
    )
    retry_at = models.DateTimeField(null=True)


class ChannelName(models.TextChoices):
    WEBHOOK = "webhook", _("Webhook")
    PUSH = "push", _("Provider")
    EMAIL = "email", _("E-mail")
    NOTICE = "notice", _("Notice")


class State(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    SENT = "sent", _("Sent")
    SKIPPED = "skipped", _("Not needed")
    DEAD = "dead", _("Given up")
    NEEDS_PERSON = "needs_person", _("Needs a person")


UNFINISHED = (State.WAITING, State.NEEDS_PERSON)
"""What comes later in the same lane waits for these."""


class Route(models.Model):
    """A way out whose deliveries share a rate limit and a circuit breaker: a webhook, a connection, the mail server.

    After several failures in a row nothing is tried before `closed_until`, and then one delivery alone.
    """

    name = models.CharField(max_length=120, unique=True)
    failures = models.PositiveIntegerField(default=0)
    closed_until = models.DateTimeField(null=True)
    window_from = models.DateTimeField(null=True)
    window_used = models.PositiveIntegerField(default=0)
    served_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Delivery(Owned):
    """One event to be told to one target. `target` is a webhook's or a connection's public id, or an e-mail address.

    A worker takes it by setting `lease` until `lease_until`; what it then does is stored only while the lease is still
    its own. `tries` have ended; `lapses` are times in a row that whoever took it never said how it ended.
    `is_unclear`: a try may have reached its target although nothing says so.
    """

    event = models.ForeignKey(Event, models.PROTECT, related_name="+", verbose_name=_("event"))
    invoice = models.ForeignKey(
        Invoice, models.PROTECT, related_name="deliveries", null=True, verbose_name=_("invoice")
    )
    channel = models.CharField(_("channel"), max_length=10, choices=ChannelName)
    target = models.CharField(_("target"), max_length=254)
    route = models.CharField(max_length=120)
    lane = models.CharField(max_length=60, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.WAITING)
    due_at = models.DateTimeField(_("next try"))
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    lapses = models.PositiveSmallIntegerField(default=0)
    lease = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True)
    is_unclear = models.BooleanField(default=False)
    code = models.CharField(_("error"), max_length=30, blank=True)
    detail = models.CharField(_("answer"), max_length=300, blank=True)
    settled_at = models.DateTimeField(_("done"), null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("delivery"), _("deliveries")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["business", "-id"], name="delivery_newest"),
            models.Index(fields=["business", "state", "-id"], name="delivery_by_state"),
            models.Index(fields=["route", "due_at"], condition=Q(state=State.WAITING), name="delivery_due"),
            models.Index(
                fields=["route", "lane", "event"],
                condition=Q(state__in=[State.WAITING, State.NEEDS_PERSON]),
                name="delivery_lane",
            ),
            models.Index(fields=["lease"], condition=~Q(lease=""), name="delivery_lease"),
            models.Index(
                fields=["route", "lease_until"],
                condition=Q(state=State.WAITING) & ~Q(lease=""),
                name="delivery_under_way",
            ),
        ]
        constraints = [models.UniqueConstraint(fields=["event", "channel", "target"], name="delivery_once")]

    def __str__(self) -> str:
        return f"{self.event.kind} → {self.target}"


class Attempt(models.Model):
    """One call of one try, for people who look for a fault; `request` and `answer` may hold anybody's data."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField(auto_now_add=True)
    method = models.CharField(max_length=10)
    url = models.CharField(max_length=500)
    status = models.PositiveSmallIntegerField(null=True)
    took = models.PositiveIntegerField(default=0)
    code = models.CharField(max_length=30, blank=True)
    request = EncryptedField(default="", blank=True)
    answer = EncryptedField(default="", blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["at"], name="attempt_age")]


class Heartbeat(models.Model):
    """When a worker or the clock last did its work."""

    name = models.CharField(max_length=120, unique=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
