"""The same two endpoints as most projects would write them with Django REST framework: what `benchmarks.api` compares
our own API with.

Same database, same fields in the answer, same key look-up, same arithmetic (`invoices.totals`). Served behind the
middleware that `startproject` writes, with model serializers, related objects by `SlugRelatedField`, CursorPagination
and `select_related` for the list; create validates nested lines, saves row by row in one transaction and writes one
Event. It does less than ours: no rate limit, no idempotency, no check that a tax or product is of the same business
beyond its queryset, no roles, no cleaning of texts, no ETag.
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.urls import path
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.generics import ListCreateAPIView
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from benchmarks import writes
from businesses.models import Account
from customers.models import Customer
from gateway.callers import digest_of
from gateway.models import ApiKey
from invoices.draft import InvoiceDraft, LineDraft, TaxDraft
from invoices.models import Invoice, Line, LineTax
from products.models import Product, Tax

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
"""As `django-admin startproject` writes it."""


class KeyAuthentication(BaseAuthentication):
    """Like TokenAuthentication, with our keys."""

    def authenticate(self, request: Request) -> tuple[Any, Any]:
        secret = request.headers.get("Authorization", "").removeprefix("Bearer ")
        key = ApiKey.objects.select_related("business").filter(digest=digest_of(secret)).first()
        if key is None or key.revoked_at is not None:
            raise AuthenticationFailed
        return key, key


class HasKey(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        return isinstance(request.auth, ApiKey)


class Percent(serializers.DecimalField):
    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=8, decimal_places=4, **options)


class LineTaxSerializer(serializers.ModelSerializer[LineTax]):
    tax = serializers.SlugRelatedField(
        slug_field="public_id", queryset=Tax.objects.all(), required=False, allow_null=True
    )
    name = serializers.CharField(required=False, max_length=100)
    percent = Percent(required=False)

    class Meta:
        model = LineTax
        fields = ["tax", "name", "percent", "fixed", "inclusive", "compound", "withheld", "amount"]
        read_only_fields = ["amount"]


class LineSerializer(serializers.ModelSerializer[Line]):
    id = serializers.CharField(source="public_id", read_only=True)
    product = serializers.SlugRelatedField(
        slug_field="public_id", queryset=Product.objects.all(), required=False, allow_null=True
    )
    quantity = serializers.DecimalField(max_digits=13, decimal_places=4)
    unit_price = serializers.DecimalField(max_digits=18, decimal_places=6)
    discount_percent = Percent(required=False)
    taxes = LineTaxSerializer(many=True)

    class Meta:
        model = Line
        fields = [
            "id", "name", "detail", "kind", "is_setup_fee", "product", "quantity", "unit", "unit_price",
            "discount_percent", "discount_amount", "taxes", "gross", "discount", "tax", "tax_included", "total",
        ]  # fmt: skip
        read_only_fields = ["gross", "discount", "tax", "tax_included", "total"]


WRITABLE = ["customer", "currency", "issue_on", "due_on", "title", "external_id"]


class InvoiceSerializer(serializers.ModelSerializer[Invoice]):
    id = serializers.CharField(source="public_id", read_only=True)
    customer = serializers.SlugRelatedField(slug_field="public_id", queryset=Customer.objects.all())
    account = serializers.SlugRelatedField[Account](slug_field="public_id", read_only=True)
    cloned_from = serializers.SlugRelatedField[Invoice](slug_field="public_id", read_only=True)
    situation = serializers.SerializerMethodField()
    discount = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()
    pdf_url = serializers.SerializerMethodField()
    amount_due = serializers.IntegerField(read_only=True)
    amount_remaining = serializers.IntegerField(read_only=True)

    class Meta:
        model = Invoice
        fields = [
            "id", "status", "situation", "number", "version", "revision", "external_id", "kind", "name", "title",
            "description", "currency", "language", "live_mode", "issue_on", "due_on", "period_start", "period_end",
            "terms", "number_prefix", "wanted_number", "customer", "account", "cloned_from", "recipients",
            "payable_with", "tips_enabled", "tip_percents", "card_instalments", "discount", "document_tax",
            "rounding_mode", "rounding_rule", "schedule", "payment_terms", "subtotal", "discount_total", "tax_total",
            "tax_included", "charge_total", "total", "withheld_total", "credit_total", "allowance_total",
            "surcharge_total", "amount_due", "amount_paid", "amount_remaining", "amount_processing", "url", "pdf_url",
            "finalized_at", "paid_at", "voided_at", "uncollectible_at", "created_at", "updated_at", "metadata",
        ]  # fmt: skip
        read_only_fields = [name for name in fields if name not in WRITABLE]

    def get_situation(self, row: Invoice) -> str:
        return row.situation(self.context["today"])

    def get_discount(self, row: Invoice) -> dict[str, Any]:
        return {
            "percent": str(row.discount_percent),
            "amount": row.discount_amount,
            "products": row.discount_products,
        }

    def get_url(self, row: Invoice) -> str | None:
        is_public = row.status != "draft" and row.token_revoked_at is None
        return f"{settings.SITE_URL}/i/{row.token}/" if is_public else None

    def get_pdf_url(self, row: Invoice) -> str | None:
        url = self.get_url(row)
        return url and f"{url}pdf/"


class WholeInvoiceSerializer(InvoiceSerializer):
    lines = LineSerializer(many=True)

    class Meta(InvoiceSerializer.Meta):
        fields = [*InvoiceSerializer.Meta.fields, "lines"]

    def create(self, validated_data: dict[str, Any]) -> Invoice:
        lines = tuple(_line(line) for line in validated_data.pop("lines"))
        customer = validated_data.pop("customer")
        draft = InvoiceDraft(customer_id=customer.pk, lines=lines, **validated_data)
        return writes.create(self.context["business"], draft, writes.save)


def _line(data: dict[str, Any]) -> LineDraft:
    product = data.pop("product", None)
    taxes = tuple(_tax(tax) for tax in data.pop("taxes"))
    return LineDraft(**data, taxes=taxes, product_id=product.pk if product else None)


def _tax(data: dict[str, Any]) -> TaxDraft:
    tax = data.pop("tax", None)
    if tax is None:
        return TaxDraft(**data)
    return TaxDraft(
        tax.name, tax.percent, tax.fixed, tax.inclusive, tax.compound, tax.withheld, tax_id=tax.pk
    )


class Pages(CursorPagination):
    page_size = 50
    ordering = ("-issue_on", "-id")


class Invoices(ListCreateAPIView[Invoice]):
    authentication_classes: Sequence[Any] = [KeyAuthentication]
    permission_classes: Sequence[Any] = [HasKey]
    renderer_classes: Sequence[Any] = [JSONRenderer]
    pagination_class = Pages

    def get_queryset(self) -> Any:
        rows = Invoice.objects.filter(business=self.request.auth.business, deleted_at=None)
        return rows.select_related("customer", "account", "cloned_from")

    def get_serializer_class(self) -> Any:
        return WholeInvoiceSerializer if self.request.method == "POST" else InvoiceSerializer

    def get_serializer_context(self) -> dict[str, Any]:
        business = self.request.auth.business
        return {**super().get_serializer_context(), "business": business, "today": business.today()}


urlpatterns = [path("drf/invoices/", Invoices.as_view())]
