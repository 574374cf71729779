"""One payment on screen: its money, where it went, what came back, its receipt and its voucher."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from businesses.admin.keys import key_of
from businesses.admin.owned import staff
from businesses.roles import Can
from core import files
from invoices.admin.frame import framed
from invoices.admin.timeline import timeline
from payments.admin.acts import acts_for
from payments.admin.state import state_of
from payments.models import Payment


@dataclass(frozen=True)
class Amount:
    """One line of a payment's money, in minor units."""

    label: str
    amount: int
    weight: str = ""


def find(request: HttpRequest, pk: str, can: Can = Can.VIEW) -> Payment:
    """One payment of the person's own businesses; any other is as if it did not exist."""
    rows = Payment.objects.for_staff(staff(request)).select_related("business", "customer", "account")
    payment = rows.filter(pk=key_of(pk) or 0).first()
    if payment is None:
        raise Http404
    if not staff(request).can(can, payment.business_id):
        raise PermissionDenied
    return payment  # type: ignore[no-any-return]


def show(request: HttpRequest, pk: str) -> HttpResponse:
    payment = find(request, pk)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    language = staff(request).language
    context = {
        "payment": payment,
        "state": state_of(payment),
        "amounts": amounts(payment),
        "allocations": payment.allocations.select_related("invoice"),
        "refunds": payment.refunds.all(),
        "acts": acts_for(staff(request), payment),
        "timeline": timeline(payment, language),
    }
    return framed(request, "admin/payments/payment.html", context, str(_("Payment")))


def amounts(payment: Payment) -> list[Amount]:
    """From what came in to what is left of it; what is zero is not said, but for what is left."""
    rows = [
        Amount(pgettext("payment", "Applied to invoices"), -payment.applied),
        Amount(_("Tip"), -payment.tip),
        Amount(_("Given back"), -payment.refunded),
    ]
    said = [row for row in rows if row.amount]
    return [
        Amount(_("Received"), payment.amount, "strong"),
        *said,
        Amount(_("Credit left"), payment.unapplied, "strong"),
    ]


def voucher(request: HttpRequest, pk: str) -> HttpResponse:
    """The file that was added when the payment was registered."""
    payment = find(request, pk)
    ending = payment.attachment.rpartition(".")[2]
    kind, _magic = files.TYPES.get(ending, ("", b""))
    if not kind:
        raise Http404
    try:
        content = files.read(payment.attachment)
    except FileNotFoundError as error:
        raise Http404 from error
    name = f"payment-{payment.public_id}.{ending}"
    headers = {
        "Content-Disposition": content_disposition_header(True, name) or "attachment",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return HttpResponse(content, content_type=kind, headers=headers)
