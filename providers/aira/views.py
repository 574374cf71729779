"""Where Aira's payment links lead: to the invoice's page, at the way to pay that the link names."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from businesses.models import Business
from invoices.models import Invoice
from invoices.status import Status
from portal.answers import public
from portal.guard import misses_too_often
from portal.notices import GONE, MISSING, TOO_MANY, Refusal
from providers.aira import links


@public
def pay(request: HttpRequest, signed: str) -> HttpResponse:
    link = links.opened(signed)
    invoice = _invoice(link) if link else None
    if link is None or invoice is None:
        raise Refusal(TOO_MANY if misses_too_often(request) else MISSING)
    if not link.is_fresh:
        raise Refusal(GONE, language=invoice.language)
    part = f"?part={link.part + 1}" if invoice.schedule else ""
    return HttpResponseRedirect(reverse("portal:page", args=[invoice.token]) + f"{part}#way-{link.way}")


def _invoice(link: links.PayLink) -> Invoice | None:
    business = Business.objects.filter(public_id=link.business).first()
    rows = Invoice.objects.for_business(business).current().exclude(status=Status.DRAFT)
    return rows.filter(public_id=link.invoice).first()
