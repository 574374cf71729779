"""What runs in the background; each task only looks into the database for what is due."""

from celery import shared_task

from invoices import documents


@shared_task(name="invoices.tasks.freeze_documents", ignore_result=True)
def freeze_documents() -> int:
    """Make the PDFs that are still missing."""
    return documents.freeze_pending()
