"""What runs in the background; each task only looks into the database for what is due."""

import logging

from celery import shared_task
from django.conf import settings
from kombu.exceptions import OperationalError

from invoices import documents

logger = logging.getLogger(__name__)


@shared_task(name="invoices.tasks.freeze_documents", ignore_result=True)
def freeze_documents() -> int:
    """Make some of the PDFs that are still missing; a full batch calls for the next."""
    made = documents.freeze_pending()
    if made == documents.BATCH:
        wake()
    return made


def wake() -> None:
    """Ring the worker's bell after a commit; without a broker, or with a dead one, the schedule comes round anyway."""
    if not settings.REDIS_URL:
        return
    try:
        freeze_documents.apply_async(retry=False)
    except OperationalError:
        logger.warning("the broker does not answer; the schedule will find the work")
