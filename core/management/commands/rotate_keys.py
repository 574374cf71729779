"""`manage.py rotate_keys`: every stored secret sealed anew, so that an old key can be taken out of FIELD_KEYS."""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Cast

from core.secrets import EncryptedField, SecretUnreadable, resealed

TEXT = models.TextField()


class Command(BaseCommand):
    help = (
        "Seal every stored secret under the newest key of FIELD_KEYS; then the older keys can be taken out."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        lost = 0
        for model in apps.get_models():
            for field in model._meta.local_concrete_fields:
                if isinstance(field, EncryptedField):
                    done, unreadable = reseal(model, field.name)
                    lost += unreadable
                    self.stdout.write(
                        f"{model._meta.label}.{field.name}: {done} sealed, {unreadable} unreadable"
                    )
        if lost:
            raise CommandError(
                f"{lost} secrets can't be read: keep the key that sealed them, or enter them again."
            )


def reseal(model: type[models.Model], name: str) -> tuple[int, int]:
    """How many were sealed anew, and how many no key opens; what somebody changes meanwhile is left to them."""
    rows = model._base_manager.annotate(sealed=Cast(F(name), TEXT))
    done = unreadable = 0
    for key, token in rows.values_list("pk", "sealed").iterator():
        try:
            fresh = resealed(token or "")
        except SecretUnreadable:
            unreadable += 1
            continue
        if fresh:
            done += rows.filter(pk=key, sealed=token).update(**{name: Value(fresh, output_field=TEXT)})
    return done, unreadable
