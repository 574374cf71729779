"""The states of an invoice, the legal moves between them, and the situations computed from a state and a day."""

from dataclasses import dataclass
from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    DRAFT = "draft", _("Draft")
    OPEN = "open", _("Open")
    PAID = "paid", _("Paid")
    VOID = "void", _("Void")
    UNCOLLECTIBLE = "uncollectible", _("Uncollectible")


MOVES: dict[str, frozenset[str]] = {
    Status.DRAFT: frozenset({Status.OPEN, Status.PAID}),
    Status.OPEN: frozenset({Status.PAID, Status.VOID, Status.UNCOLLECTIBLE}),
    Status.PAID: frozenset({Status.OPEN}),
    Status.VOID: frozenset(),
    Status.UNCOLLECTIBLE: frozenset({Status.PAID, Status.VOID}),
}
"""Draft to paid is the zero-amount invoice, paid the moment it is issued; paid to open, a payment taken back."""


class Situation(models.TextChoices):
    """What people call the state on a given day; never stored."""

    DRAFT = "draft", _("Draft")
    SCHEDULED = "scheduled", _("Scheduled")
    OPEN = "open", _("Open")
    PROCESSING = "processing", _("Processing")
    PARTIALLY_PAID = "partially_paid", _("Partially paid")
    OVERDUE = "overdue", _("Overdue")
    PAID = "paid", _("Paid")
    VOID = "void", _("Void")
    UNCOLLECTIBLE = "uncollectible", _("Uncollectible")

    @property
    def tone(self) -> str:
        return TONES[self]


TONES: dict[str, str] = {
    Situation.DRAFT: "neutral",
    Situation.SCHEDULED: "neutral",
    Situation.OPEN: "info",
    Situation.PROCESSING: "info",
    Situation.PARTIALLY_PAID: "warn",
    Situation.OVERDUE: "bad",
    Situation.PAID: "good",
    Situation.VOID: "neutral",
    Situation.UNCOLLECTIBLE: "bad",
}


@dataclass(frozen=True)
class Facts:
    """What the situation follows from; amounts in minor units, dates in the business's own days."""

    status: str
    issue_on: date
    due_on: date
    amount_due: int
    amount_paid: int
    amount_processing: int


def situation(facts: Facts, on: date) -> Situation:
    """One word for people. A payment on its way outranks overdue; overdue outranks partly paid."""
    if facts.status != Status.OPEN:
        return Situation(facts.status)
    if facts.amount_processing >= facts.amount_due - facts.amount_paid:
        return Situation.PROCESSING
    if facts.due_on < on:
        return Situation.OVERDUE
    if facts.amount_paid:
        return Situation.PARTIALLY_PAID
    return Situation.SCHEDULED if facts.issue_on > on else Situation.OPEN
