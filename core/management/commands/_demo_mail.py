"""The demo mails nobody, except that a folder on this machine gets a few messages to look at."""

from django.conf import settings

from businesses.models import Business, Event
from core.management.commands._demo_catalogue import BY
from invoices.models import Invoice
from notifications.mail import actions
from outbox.models import Untold

SHOWN = 2
ASKED = "invoice.send_requested"
FILES = "django.core.mail.backends.filebased.EmailBackend"


def is_folder() -> bool:
    return bool(settings.EMAIL_BACKEND == FILES)


def hush() -> None:
    """What this transaction wrote is no news: no channel tells it to anybody."""
    Untold.objects.filter(event__actor=BY).exclude(event__kind=ASKED).delete()


def show(slug: str) -> str:
    """Ask for the newest issued invoices to be e-mailed, where e-mails are files and none was written yet."""
    if not is_folder():
        return ""
    business = Business.objects.get(slug=slug)
    if Event.objects.filter(business=business, kind=ASKED).exists():
        return ""
    rows = Invoice.objects.for_business(business).open().filter(issue_on__lte=business.today())
    asked = [
        row for row in rows.select_related("customer").order_by("-issue_on", "-pk")[:20] if row.customer.email
    ]
    for invoice in asked[:SHOWN]:
        actions.request_send(invoice, by=BY)
    return (
        f"{business.name}: {len(asked[:SHOWN])} e-mails, files in the folder of EMAIL_URL once a worker runs"
    )
