"""Whatever a caller puts into a draft is clean or a Problem that names its field; nothing reaches the database raw."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from businesses.models import Account, Business
from core.problems import Problem
from customers.models import Customer
from invoices import actions
from invoices.draft import AttachmentDraft, ChargeDraft, DiscountDraft, InvoiceDraft, TaxDraft, cleaned
from tests.factories import line, make_customer, make_draft, make_product, make_tax, tax

LINK = AttachmentDraft("contract", "https://example.com/contract.pdf")
WRONG: list[tuple[str, dict[str, Any]]] = [
    ("currency", {"currency": "XXZ"}),
    ("due_on", {"due_on": date(2026, 3, 1)}),
    ("issue_on", {"issue_on": date(1900, 1, 1)}),
    ("period_end", {"period_start": date(2026, 2, 1), "period_end": date(2026, 1, 1)}),
    ("discount", {"discount": DiscountDraft(Decimal(1), 1)}),
    ("discount.percent", {"discount": DiscountDraft(Decimal(101))}),
    ("discount.percent", {"discount": DiscountDraft(Decimal("NaN"))}),
    ("discount.amount", {"discount": DiscountDraft(amount=-1)}),
    ("discount.product_refs", {"discount": DiscountDraft(Decimal(1), product_refs=("\x00",))}),
    ("document_tax", {"document_tax": -1}),
    ("kind", {"kind": "quote"}),
    ("language", {"language": "tlh"}),
    ("rounding_mode", {"rounding_mode": "up"}),
    ("rounding_rule", {"rounding_rule": "ceil"}),
    ("title", {"title": "a\nb"}),
    ("name", {"name": "x" * 201}),
    ("description", {"description": "\x00"}),
    ("terms", {"terms": "\ud800"}),
    ("number_prefix", {"number_prefix": "\u202e"}),
    ("wanted_number", {"wanted_number": "1" * 41}),
    ("external_id", {"external_id": "\x00"}),
    ("metadata", {"metadata": {"a": "\x00"}}),
    ("extras", {"extras": {"a": "x" * 20_000}}),
    ("schedule", {"schedule": {"a": float("nan")}}),
    ("recipients", {"recipients": ("not an address",)}),
    ("recipients", {"recipients": ("a@example.com",) * 21}),
    ("payable_with", {"payable_with": ("\ud800",)}),
    ("tip_percents", {"tip_percents": (Decimal(-5),)}),
    ("attachments.0.url", {"attachments": (replace(LINK, url="javascript:alert(1)"),)}),
    ("attachments.0.url", {"attachments": (replace(LINK, url="http://a.example/\x00"),)}),
    ("attachments.0.name", {"attachments": (replace(LINK, name="\x00"),)}),
    ("attachments", {"attachments": (LINK,) * 21}),
    ("charges.1.amount", {"charges": (ChargeDraft("a", 1), ChargeDraft("b", -1))}),
    ("charges.0.name", {"charges": (ChargeDraft("\x00", 1),)}),
    ("charges", {"charges": (ChargeDraft("a", 1),) * 51}),
    ("lines", {"lines": [line()] * 501}),
    ("lines.1.name", {"lines": [line(), line(name=" ")]}),
    ("lines.0.detail", {"lines": [line(detail="\x00")]}),
    ("lines.0.kind", {"lines": [line(kind="sometimes")]}),
    ("lines.0.extras", {"lines": [line(extras={"\x00": 1})]}),
    ("lines.0.product_ref", {"lines": [line(product_ref="x" * 61)]}),
    ("lines.0.quantity", {"lines": [line("1", "0")]}),
    ("lines.0.quantity", {"lines": [line("1", "NaN")]}),
    ("lines.0.quantity", {"lines": [line("1", "1E-999999")]}),
    ("lines.0.quantity", {"lines": [line("1", "1.00001")]}),
    ("lines.0.quantity", {"lines": [line("1", "1.0000" + "0" * 30 + "1")]}),
    ("lines.0.unit_price", {"lines": [line("1E+999999")]}),
    ("lines.0.unit_price", {"lines": [line("sNaN")]}),
    ("lines.0.unit_price", {"lines": [line("0.0000001")]}),
    ("lines.0.discount_percent", {"lines": [line(discount_percent=Decimal("100.1"))]}),
    ("lines.0.discount_amount", {"lines": [line(discount_amount=-1)]}),
    ("lines.0.taxes", {"lines": [line("1", "1", *[TaxDraft("t")] * 11)]}),
    ("lines.0.taxes.1.percent", {"lines": [line("1", "1", tax("1"), tax("-1"))]}),
    ("lines.0.taxes.0.percent", {"lines": [line("1", "1", tax("Infinity"))]}),
    ("lines.0.taxes.0.fixed", {"lines": [line("1", "1", tax(fixed=-1))]}),
    ("lines.0.taxes.0.name", {"lines": [line("1", "1", tax("1", name="\x00"))]}),
]


@pytest.mark.parametrize(("field", "fields"), WRONG, ids=[f"{i}-{case[0]}" for i, case in enumerate(WRONG)])
def test_what_is_wrong_is_named(field: str, fields: dict[str, Any]) -> None:
    with pytest.raises(Problem) as problem:
        cleaned(make_draft(1, **fields))
    assert problem.value.field == field


def test_trailing_zeros_are_not_decimal_places() -> None:
    cleaned(make_draft(1, [line("1.5000000", "1.000000000")]))


def test_texts_come_out_clean() -> None:
    draft = cleaned(make_draft(1, title=" e\u0301 ", terms="<p onclick=x>ok</p><script>no</script>"))
    assert (draft.title, draft.terms) == ("é", "<p>ok</p>")


def test_several_recipients_are_kept_once_each(customer: Customer, draft: Any) -> None:
    invoice = actions.create(customer.business, draft(recipients=("a@example.com", "b@example.com")))
    assert invoice.recipients == ["a@example.com", "b@example.com"]


def test_the_payer_may_be_a_person_or_a_company(business: Business) -> None:
    for kind in ("person", "company"):
        payer = make_customer(business, kind=kind)
        assert actions.create(business, make_draft(payer)).customer.kind == kind


def foreign_drafts(customer: Customer, other: Business) -> list[tuple[str, InvoiceDraft]]:
    """Drafts that point at rows of another business."""
    product = make_product(other)
    account = Account.objects.create(business=other, name="theirs")
    price = product.prices.get()
    return [
        ("customer", make_draft(make_customer(other))),
        ("account", make_draft(customer, account_id=account.pk)),
        ("lines", make_draft(customer, [line(product_id=product.pk)])),
        ("lines", make_draft(customer, [line(price_id=price.pk)])),
        ("lines", make_draft(customer, [line("1", "1", tax("5", tax_id=make_tax(other).pk))])),
        ("customer", make_draft(999_999_999)),
        ("lines", make_draft(customer, [line(price_id=999_999_999)])),
    ]


def test_rows_of_another_business_do_not_exist(customer: Customer, other_business: Business) -> None:
    for field, draft in foreign_drafts(customer, other_business):
        with pytest.raises(Problem) as problem:
            actions.create(customer.business, draft)
        assert (problem.value.field, problem.value.code) == (field, "not_found")


def test_an_invoice_may_choose_its_receiving_account(customer: Customer, draft: Any) -> None:
    account = Account.objects.create(business=customer.business, name="Pix", pix_key="a@example.com")
    invoice = actions.finalize(actions.create(customer.business, draft(account_id=account.pk)))
    account.pix_key = "changed@example.com"
    account.save()
    invoice.refresh_from_db()
    assert invoice.issuer["account"]["pix_key"] == "a@example.com"


def test_terms_nested_too_deeply_for_the_pdf_are_refused(customer: Customer) -> None:
    with pytest.raises(Problem) as refusal:
        cleaned(make_draft(customer, terms="<ul><li>" * 20 + "x"))
    assert (refusal.value.field, refusal.value.code) == ("terms", "depth")


def test_more_text_than_the_pdf_can_hold_is_refused(customer: Customer) -> None:
    with pytest.raises(Problem) as refusal:
        cleaned(make_draft(customer, [line("1", detail="x" * 2000)] * 101))
    assert (refusal.value.field, refusal.value.code) == ("lines", "too_long")
