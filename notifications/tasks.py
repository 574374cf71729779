"""What runs in the background; each task only looks into the database for what is due."""

from celery import shared_task
from django.utils import timezone

from notifications import reminding


@shared_task(name="notifications.tasks.remind", ignore_result=True)
def remind() -> int:
    """Tell the reminder steps whose moment has come."""
    return reminding.tick(timezone.now())
