"""Compare and set: how an invoice row changes. Whoever comes second gets a Conflict and nothing is overwritten."""

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core.problems import Conflict
from invoices.models import Invoice
from invoices.status import MOVES


def require(invoice: Invoice, allowed: Iterable[str]) -> None:
    if invoice.status in allowed and invoice.deleted_at is None:
        return
    legal = [] if invoice.deleted_at else sorted(MOVES[invoice.status])
    raise Conflict(
        _("This invoice is %(status)s now.") % {"status": invoice.get_status_display()}, legal=legal
    )


def change(invoice: Invoice, allowed: Iterable[str], *, version: int | None = None, **values: Any) -> None:
    """Compare and set: the row still has the version and a status that this change starts from."""
    seen = invoice.version if version is None else version
    mine = Invoice.objects.filter(pk=invoice.pk, version=seen, status__in=list(allowed), deleted_at=None)
    values |= {"version": seen + 1, "updated_at": timezone.now()}
    if not _updated(mine, values):
        invoice.refresh_from_db()
        require(invoice, allowed)
        raise Conflict(_("Someone else has changed this invoice."), legal=sorted(MOVES[invoice.status]))
    for name, value in values.items():
        setattr(invoice, name, value)


def _updated(mine: QuerySet[Invoice], values: dict[str, Any]) -> bool:
    """The row's own rules may still refuse: another series can give the same number at the same moment."""
    try:
        return bool(mine.update(**values))
    except IntegrityError as error:
        if "invoice_number" not in str(error) and "invoices_invoice.number" not in str(error):
            raise
        raise Conflict(_("The number %(number)s is taken.") % {"number": values["number"]}) from error
