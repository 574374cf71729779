"""From the ids in a request to rows of the caller's business; what is another's is as if it did not exist."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from core.problems import Problem
from gateway.refusals import not_found


def one(rows: QuerySet[Any], public_id: str, *, field: str) -> Any:
    """The row that a field of the body names; Problem at that field when there is none."""
    row = rows.filter(public_id=public_id).first()
    if row is None:
        message = _("No such %(what)s.") % {"what": rows.model._meta.verbose_name}
        raise Problem(message, field=field, code="not_found")
    return row


def found(rows: QuerySet[Any], public_id: str) -> Any:
    """The row that the address names, or 404."""
    row = rows.filter(public_id=public_id).first()
    if row is None:
        raise not_found()
    return row
