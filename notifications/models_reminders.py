"""Who is reminded when, of which invoices nobody is for now, and what was told."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from businesses.models import Business
from businesses.owned import Owned
from core.fields import SmallJSONField
from customers.models import Customer
from invoices.models import Invoice
from notifications import reminders
from notifications.reminders import EARLIEST, FIRST_HOUR, LAST_HOUR, LATEST, MAX_STEPS


def usual_steps() -> list[int]:
    return list(reminders.STEPS)


def check_steps(value: Any) -> None:
    if not isinstance(value, list) or any(type(step) is not int for step in value):
        raise ValidationError(_("Enter whole days."), code="steps")
    if len(value) > MAX_STEPS:
        message = _("At most %(limit)d steps.")
        raise ValidationError(message, params={"limit": MAX_STEPS}, code="too_many")
    if any(not EARLIEST <= step <= LATEST for step in value):
        message = _("A step lies at most %(before)d days before and %(after)d days after the due date.")
        raise ValidationError(message, params={"before": -EARLIEST, "after": LATEST}, code="steps")


class ReminderRule(Owned):
    """A business's rule, or with `customer` the one that takes its place for them; switched off there: no reminders.

    The hours are the business's own for all. What was to be told up to `counted_at` is done with: the schedule moves it
    on, and so does every change, so that nobody hears at once of what a new rule would have told last week.
    """

    customer = models.OneToOneField(Customer, models.PROTECT, related_name="+", null=True, editable=False)
    is_active = models.BooleanField(_("send reminders"), default=False)
    steps = SmallJSONField(_("steps"), default=usual_steps, blank=True, validators=[check_steps])
    every = models.PositiveSmallIntegerField(
        _("then every (days)"), default=reminders.EVERY, validators=[MaxValueValidator(90)]
    )
    until = models.PositiveSmallIntegerField(
        _("until (days after)"), default=reminders.UNTIL, validators=[MaxValueValidator(LATEST)]
    )
    send_hour = models.PositiveSmallIntegerField(
        _("send at"),
        default=9,
        validators=[MinValueValidator(FIRST_HOUR), MaxValueValidator(LAST_HOUR - 1)],
    )
    quiet_hour = models.PositiveSmallIntegerField(
        _("never from"), default=LAST_HOUR, validators=[MaxValueValidator(LAST_HOUR)]
    )
    counted_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("reminder rule"), _("reminder rules")
        constraints = [
            models.UniqueConstraint(
                fields=["business"], condition=Q(customer=None), name="reminder_rule_of_business"
            ),
            models.CheckConstraint(
                condition=Q(quiet_hour__gt=models.F("send_hour")), name="reminder_rule_hours"
            ),
        ]

    def __str__(self) -> str:
        return str(self.customer or self.business)

    def clean(self) -> None:
        self.steps = sorted(set(self.steps))
        if self.send_hour is not None and self.quiet_hour is not None and self.quiet_hour <= self.send_hour:
            raise ValidationError({"quiet_hour": _("This hour must be later than the one to send at.")})

    def pure(self, business: Business, hours: "ReminderRule | None" = None) -> reminders.Rule:
        clock = hours or self
        return reminders.Rule(
            tuple(self.steps),
            self.every,
            self.until,
            clock.send_hour,
            clock.quiet_hour,
            business.zone,
            business.country,
        )


class ReminderPause(models.Model):
    """Of one invoice; going on counts only the steps that come after `at`."""

    invoice = models.OneToOneField(Invoice, models.CASCADE, related_name="reminder_pause")
    is_paused = models.BooleanField(default=True)
    at = models.DateTimeField()


class Reminder(models.Model):
    """A step that was told, written with its Event; `day` is the one on which it was.

    Each part of a payment schedule has its own steps; without a schedule there is part 0 only.
    """

    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="reminders")
    part = models.PositiveSmallIntegerField(default=0)
    step = models.SmallIntegerField()
    channel = models.CharField(max_length=10)
    day = models.DateField()
    at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("reminder"), _("reminders")
        constraints = [
            models.UniqueConstraint(fields=["invoice", "part", "step", "channel"], name="reminder_once"),
        ]

    def __str__(self) -> str:
        return f"{self.invoice} {self.step:+d}"
