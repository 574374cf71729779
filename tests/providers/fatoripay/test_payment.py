"""What is captured, paid, given back, cancelled and changed, as FatoriPay's clients see it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from businesses.models import Account, Business
from core import boleto, pix
from customers.models import Customer
from invoices.draft import DiscountDraft
from invoices.models import Document, Invoice
from payments import refunds
from payments.models import PaymentIntent
from providers.fatoripay import wire
from tests.factories import DUE, issue, line, make_invoice
from tests.gateway.calls import Caller, error_of
from tests.payments.money import LATE, issued, pay
from tests.providers.fatoripay.samples import CREATE, LIST, asked, created, row, sample

pytestmark = pytest.mark.django_db
ALL = {"boleto": True, "pix": True, "credit_card": True}


def capture(call: Caller, invoice: Any, method: str, **more: Any) -> Any:
    return call.post(f"{LIST}/capture/{invoice['id']}", {"method": method, **more})


def told(response: Any) -> Any:
    """An answer that must be an invoice as the description promises it."""
    assert response.status_code == 200, response.content
    answer = response.json()
    wire.Invoice.model_validate(answer, strict=True)
    return answer


def tomorrow(business: Business) -> str:
    return f"{business.today() + timedelta(days=1):%d-%m-%Y}"


def test_a_pix_capture_gives_a_code_that_pays_this_invoice(call: Caller, account: Account) -> None:
    invoice = created(call, payable_with=ALL)
    answer = told(capture(call, invoice, "pix"))
    payment = answer["payment"]
    code = pix.read(payment["transaction"]["qr_code"])
    assert (code.key, code.amount, code.txid) == (account.pix_key, 52413, row(invoice).public_id)
    assert (payment["status"], payment["method"], payment["total_amount"]) == ("pending", "pix", "524.13")
    assert payment["paid_at"] is None and payment["transaction"]["link"] == invoice["link"]
    assert call.get(f"{LIST}/{invoice['id']}").json() == answer


def test_a_boleto_capture_gives_a_line_that_pays_and_is_processing(call: Caller, business: Business) -> None:
    invoice = created(call, payable_with=ALL, due_date=tomorrow(business))
    answer = told(capture(call, invoice, "boleto"))
    slip = answer["payment"]["transaction"]
    assert answer["status"] == "processing"
    assert boleto.formatted(boleto.line(slip["barcode"])) == slip["typeable_line"]
    assert slip["barcode"].endswith("0000052413", 0, 19) and slip["due_date"] == answer["due_date"]


def test_the_same_capture_again_is_the_same_charge_and_another_way_is_another(call: Caller) -> None:
    invoice = created(call, payable_with=ALL)
    first, second = (told(capture(call, invoice, "pix"))["payment"] for _each in range(2))
    assert first == second
    other = told(capture(call, invoice, "boleto"))["payment"]
    assert (other["method"], other["id"] == first["id"]) == ("boleto", False)


def test_card_data_is_refused_and_never_kept(call: Caller) -> None:
    invoice = created(call, payable_with=ALL)
    card = {"holder": "Jorge", "number": "5502093769921690", "cvv": "411", "expiry": "0131"}
    response = capture(call, invoice, "credit_card", payment={"card": card})
    assert (response.status_code, list(error_of(response)["errors"])) == (422, ["method"])
    assert not PaymentIntent.objects.exists()


@pytest.mark.parametrize("offered, method", [("pix", "boleto"), ("boleto", "pix")])
def test_only_what_the_invoice_offers_is_captured(call: Caller, offered: str, method: str) -> None:
    invoice = created(call, payable_with={"pix": False, offered: True})
    response = capture(call, invoice, method)
    assert (response.status_code, list(error_of(response)["errors"])) == (422, ["method"])


def test_a_charge_of_what_is_paid_or_cancelled_is_refused(call: Caller) -> None:
    paid, cancelled = created(call), created(call)
    pay(row(paid), 52413, on=DUE)
    call.post(f"{LIST}/cancel/{cancelled['id']}")
    for invoice in (paid, cancelled):
        assert capture(call, invoice, "pix").status_code == 409


def test_once_paid_the_payment_says_so(call: Caller) -> None:
    invoice = created(call)
    capture(call, invoice, "pix")
    money = pay(row(invoice), 52413, fee=100)
    answer = told(call.get(f"{LIST}/{invoice['id']}"))
    assert (answer["status"], answer["paid_at"]) == ("paid", f"{money.paid_on:%d/%m/%Y}")
    expected = {
        "status": "paid",
        "method": "pix",
        "total_amount": "524.13",
        "fee_amount": "1.00",
        "transaction": None,
    }
    assert {name: answer["payment"][name] for name in expected} == expected


def test_fine_and_interest_are_asked_for_and_told(call: Caller, customer: Customer, account: Account) -> None:
    late = issued(customer, terms=LATE, account_id=account.pk)
    invoice = call.get(LIST).json()[0]
    assert invoice["status"] == "overdue"
    asked_for = told(capture(call, invoice, "pix"))["payment"]
    assert asked_for["interest_amount"] != "0"
    pay(late, 10200 + 31, on=DUE + timedelta(days=31))
    answer = told(call.get(f"{LIST}/{invoice['id']}"))
    assert answer["payment"]["interest_amount"] not in ("0", asked_for["interest_amount"])


def test_an_invoice_born_past_due_is_overdue_the_day_after(call: Caller) -> None:
    invoice = created(call)
    assert invoice["status"] == "unpaid"
    Invoice.objects.update(created_at=row(invoice).created_at - timedelta(days=1))
    assert call.get(f"{LIST}/{invoice['id']}").json()["status"] == "overdue"


def test_a_refund_is_a_chargeback_as_the_plugin_knows_it(call: Caller) -> None:
    invoice = created(call)
    money = pay(row(invoice), 52413)
    part = told(call.post(f"{LIST}/{invoice['id']}/refund", {"amount": "24.13", "reason": "broken"}))
    assert (part["status"], part["payment"]["status"]) == ("paid", "paid")
    answer = told(call.post(f"{LIST}/refund/{invoice['id']}"))
    assert (answer["status"], answer["payment"]["status"]) == ("chargeback", "chargeback")
    money.refresh_from_db()
    assert money.refunded == 52413
    nothing = call.post(f"{LIST}/refund/{invoice['id']}")
    assert nothing.status_code == 409 and error_of(nothing)["message"]


@pytest.mark.parametrize("amount", [600, "5.25", 0, -1, "x", True])
def test_refunds_that_cannot_be(call: Caller, amount: Any) -> None:
    invoice = created(call)
    pay(row(invoice), 524)
    response = call.post(f"{LIST}/{invoice['id']}/refund", {"amount": amount})
    assert (response.status_code, list(error_of(response)["errors"])) == (422, ["amount"])


def test_money_that_the_payer_s_bank_took_back_is_a_chargeback(call: Caller) -> None:
    invoice = created(call)
    money = pay(row(invoice), 52413)
    refunds.lose_dispute(money)
    assert told(call.get(f"{LIST}/{invoice['id']}"))["status"] == "chargeback"


def test_cancelling(call: Caller) -> None:
    invoice = created(call)
    capture(call, invoice, "pix")
    answer = told(call.post(f"{LIST}/{invoice['id']}/cancel"))
    assert (answer["status"], answer["payment"]) == ("canceled", None)
    assert call.post(f"{LIST}/{invoice['id']}/cancel").status_code == 409


def test_what_is_given_changes_and_the_rest_stays(call: Caller, business: Business) -> None:
    invoice = created(call, due_date=tomorrow(business))
    answer = told(call.patch(f"{LIST}/{invoice['id']}", {"description": "New", "discount_amount": 24}))
    assert answer == {**invoice, "description": "New", "discount_amount": "24.00", "total_amount": "500.13",
                      "items": answer["items"]}  # fmt: skip
    assert [item["product"] for item in answer["items"]] == [item["product"] for item in invoice["items"]]
    assert Document.objects.filter(invoice=row(invoice), mark="issued").count() == 2


def test_new_items_and_another_customer(call: Caller, business: Business) -> None:
    invoice = created(call, due_date=tomorrow(business))
    items = [{"name": "Produto 3", "description": "x", "quantity": 3, "price": 1050}]
    who = {**asked()["customer"], "cpfcnpj": "52998224725", "name": "Ana"}
    answer = told(call.patch(f"{LIST}/{invoice['id']}", {"items": items, "customer": who}))
    assert (answer["total_amount"], answer["customer"]["name"]) == ("31.50", "Ana")
    assert answer["customer"]["id"] != invoice["customer"]["id"]


def test_an_invoice_in_cents_is_changed_in_cents_and_keeps_what_only_fatoripay_says(
    call: Caller, business: Business
) -> None:
    invoice = call.post(f"{LIST}/create", sample("create_in_cents")).json()
    kept = row(invoice).extras
    changes = {"discount_amount": 100, "notification_url": "https://a.example/"}
    answer = told(call.patch(f"{LIST}/{invoice['id']}", changes))
    assert (answer["discount_amount"], invoice["discount_amount"]) == ("1.00", "5.00")
    expected = {"fatoripay": {**kept["fatoripay"], "notification_url": "https://a.example/"}}
    assert row(invoice).extras == expected


def test_an_invoice_from_elsewhere_keeps_what_has_no_word_here(
    call: Caller, customer: Customer, business: Business
) -> None:
    """A negative line, a discount in percent, terms."""
    lines = [line("100"), line("-20")]
    discount, due_on = DiscountDraft(percent=Decimal(10)), business.today() + timedelta(days=9)
    issue(make_invoice(customer, lines, discount=discount, terms="Thanks", due_on=due_on))
    (invoice,) = call.get(LIST).json()
    answer = told(call.patch(f"{LIST}/{invoice['id']}", {"description": "New"}))
    assert (answer["total_amount"], answer["description"]) == (invoice["total_amount"], "New")
    assert [item["product"]["price"] for item in answer["items"]] == ["100.00", "-20.00"]
    assert row(invoice).terms == "Thanks"


@pytest.mark.parametrize("body, field", [
    ({"due_date": "01-01-2020"}, "due_date"),
    ({"items": []}, "items"),
    ({"discount_amount": "9999"}, "discount_amount"),
    ({"customer": {"name": "Ana", "cpfcnpj": "1"}}, "customer.cpfcnpj"),
    ({"notification_url": "x"}, "notification_url"),
])  # fmt: skip
def test_changes_that_cannot_be(call: Caller, business: Business, body: dict[str, Any], field: str) -> None:
    invoice = created(call, due_date=tomorrow(business))
    response = call.patch(f"{LIST}/{invoice['id']}", body)
    assert (response.status_code, list(error_of(response)["errors"])) == (422, [field])
    assert call.get(f"{LIST}/{invoice['id']}").json() == invoice


def test_what_was_paid_is_not_changed_any_more(call: Caller) -> None:
    invoice = created(call)
    pay(row(invoice), 100)
    assert call.patch(f"{LIST}/{invoice['id']}", {"description": "New"}).status_code == 409


def test_an_invoice_of_nothing_is_paid_at_once(call: Caller) -> None:
    answer = created(call, items=[{"name": "Gift", "description": "", "quantity": 1, "price": "0"}])
    assert (answer["status"], answer["total_amount"]) == ("paid", "0")
    assert call.post(CREATE, asked(discount_amount="524,13")).json()["status"] == "paid"
