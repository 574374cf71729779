"""What runs in the background; each task only looks into the database for what is due."""

from celery import shared_task

from core.clock import database_now
from providers import inbox, reconciling


@shared_task(name="providers.tasks.hear", ignore_result=True)
def hear() -> int:
    """Act on webhooks that came in; the next run takes more."""
    return inbox.process()


@shared_task(name="providers.tasks.reconcile", ignore_result=True)
def reconcile() -> int:
    """Compare the connections whose turn it is."""
    return reconciling.pull_due()


@shared_task(name="providers.tasks.forget_webhooks", ignore_result=True)
def forget_webhooks() -> int:
    return inbox.forget(database_now() - inbox.KEPT)
