"""What runs in the background; each task only looks into the database for what is due."""

from celery import shared_task

from invoices.documents import BATCH
from payments import bank
from payments.papers import credit_notes, receipts


@shared_task(name="payments.tasks.freeze_papers", ignore_result=True)
def freeze_papers() -> int:
    """Make some of the receipts and credit notes that are still missing; the next run makes more."""
    made = receipts.freeze_pending()
    return made + credit_notes.freeze_pending(BATCH - made)


@shared_task(name="payments.tasks.apply_bank_entries", ignore_result=True)
def apply_bank_entries() -> int:
    """Apply some of the sure payments that large bank files still have; the next run applies more."""
    return bank.apply_pending()
