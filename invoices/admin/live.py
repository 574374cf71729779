"""What the editor asks for while somebody types: totals, and what a product fills in."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils.formats import localize
from django.utils.translation import gettext as _

from businesses.admin.keys import key_of
from businesses.admin.owned import staff
from businesses.models import Business
from businesses.roles import Can
from core.money import exponent, format_money
from core.numbers import plain
from core.problems import Problem
from customers.models import Customer
from invoices import rows
from invoices.admin.editor import Editor, filled
from invoices.draft import InvoiceDraft, cleaned
from invoices.models import Invoice
from invoices.summary import of_draft
from invoices.totals import Totals, compute
from products.models import PriceKind, Product


def totals(request: HttpRequest) -> HttpResponse:
    """What the form on screen adds up to: the code that stores it, so never a cent apart."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    business = _business(request)
    editor = Editor.of(business, _on_screen(business, request.POST.get("lines-0-id", "")), request.POST)
    if any("id" in form.errors for form in editor.lines.forms):
        return JsonResponse({"error": _("Someone else has changed this invoice.")})
    if not editor.is_valid() and set(editor.head.errors) - {"customer", "__all__"}:
        return JsonResponse({"error": _("Complete the marked fields to see the total.")})
    try:
        draft = cleaned(editor.draft())
        sums = compute(draft)
    except Problem as problem:
        return JsonResponse({"error": problem.text})
    shown = _shown(draft, sums, staff(request).language)
    amounts = zip(filled(editor.lines), shown.pop("lines"), strict=True)
    unfinished = any(form.has_changed() and not form.is_valid() for form in editor.lines.forms)
    note = _("Lines that are not complete do not count yet.") if unfinished else ""
    return JsonResponse(shown | {"lines": {form.prefix: amount for form, amount in amounts}, "note": note})


def _on_screen(business: Business, line: str) -> Invoice:
    """The stored draft that its first line belongs to, because what its form does not show counts too."""
    rows_of = Invoice.objects.for_business(business).drafts()
    return rows_of.filter(lines=key_of(line) or 0).first() or Invoice(business=business)


def _business(request: HttpRequest) -> Business:
    wanted = key_of(request.POST.get("business", ""))
    business = Business.objects.for_staff(staff(request), Can.WRITE).filter(pk=wanted or 0).first()
    if business is None:
        raise PermissionDenied
    return business


def shown_totals(invoice: Invoice, language: str) -> dict[str, Any]:
    draft = rows.read(invoice)
    return _shown(draft, compute(draft), language)


def _shown(draft: InvoiceDraft, sums: Totals, language: str) -> dict[str, Any]:
    def money(amount: int) -> str:
        return format_money(amount, draft.currency, language)

    shown = of_draft(draft, sums, language)
    last = max(place for place, row in enumerate(shown) if row.weight == "strong")
    return {
        "lines": [money(line.gross) for line in sums.lines],
        "summary": [
            {"label": row.label, "amount": money(row.amount), "weight": row.weight, "is_last": place == last}
            for place, row in enumerate(shown)
        ],
    }


def payer(request: HttpRequest, pk: str) -> HttpResponse:
    """What choosing a customer sets: the language of the document."""
    customer = Customer.objects.for_staff(staff(request)).filter(pk=key_of(pk) or 0).first()
    if customer is None:
        raise Http404
    return JsonResponse({"language": customer.language})


def fill(request: HttpRequest, pk: str) -> HttpResponse:
    """What choosing a product puts into its line: name, detail, unit, taxes, its price in the invoice's currency."""
    product = (
        Product.objects.for_staff(staff(request))
        .filter(pk=key_of(pk))
        .prefetch_related("prices", "taxes")
        .first()
    )
    if product is None:
        raise Http404
    currency = request.GET.get("currency", "")
    price = next((row for row in product.prices.all() if row.currency == currency), None)
    return JsonResponse(
        {
            "name": product.name,
            "detail": product.description,
            "unit": product.unit,
            "unit_price": localize(plain(price.unit_price, exponent(currency))) if price else "",
            "taxes": [str(tax.pk) for tax in product.taxes.all() if tax.active],
            "kind": price.kind if price else PriceKind.ONE_TIME,
            "price": str(price.pk) if price else "",
        }
    )
