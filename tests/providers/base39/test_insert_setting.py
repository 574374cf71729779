"""`updateInvoiceItemOnInsert`: whether the business's discount and fine go into new items by themselves (row M19)."""

from typing import Any

import pytest

from businesses.models import Business
from invoices.models import Invoice
from invoices.status import Status
from tests.gateway.calls import Caller
from tests.payments.money import pay
from tests.providers.base39.bodies import ITEM, body_of, in_days
from tests.providers.base39.conftest import Make

pytestmark = pytest.mark.django_db
RULES = {
    "tiers": [{"days": 0, "percent": "10"}],
    "fine_percent": "2",
    "interest": "percent_day",
    "interest_percent": "0.1",
    "moves_to_workday": False,
}


@pytest.fixture
def business(business: Business) -> Business:
    """10 % off when paid by the due date, 2 % and 0.1 % a day afterwards."""
    business.payment_terms = RULES
    business.save()
    return business


def set_up(call: Caller, on: bool) -> None:
    call.key.options = {"invoices": {"pay_off": {"updateInvoiceItemOnInsert": on}}}
    call.key.save()


def amounts(answer: dict[str, Any]) -> list[tuple[float, float, float]]:
    return [(item["discount"], item["fine"], item["interest"]) for item in answer["invoiceItems"]["data"]]


@pytest.mark.parametrize(
    ("flag", "setting", "applies"),
    [
        (True, True, True),
        (True, False, True),
        (False, True, False),
        (False, False, False),
        (None, True, True),
        (None, False, False),
    ],
)
def test_the_request_overrides_the_setting(
    call: Caller, make: Make, flag: bool | None, setting: bool, applies: bool
) -> None:
    set_up(call, setting)
    early = make(updateInvoiceItemOnInsert=flag)
    late = make(updateInvoiceItemOnInsert=flag, dueDate=in_days(call.key.business, -30))
    assert amounts(early) == [(10 if applies else 0, 0, 0)]
    assert amounts(late) == [(0, 2, 3) if applies else (0, 0, 0)]
    assert (early["amountDue"], late["amountDue"]) == ((90, 105) if applies else (100, 100))
    call.key.refresh_from_db()
    assert call.key.options["invoices"]["pay_off"]["updateInvoiceItemOnInsert"] is setting


def test_the_setting_is_of_one_type(call: Caller, make: Make) -> None:
    set_up(call, True)
    assert make(type="customer_recurring")["amountDue"] == 100


@pytest.mark.parametrize(
    "options", [{"invoices": 7}, {"invoices": {"pay_off": "on"}}, {"invoices": {"pay_off": {}}}]
)
def test_options_that_say_nothing_mean_off(call: Caller, make: Make, options: dict[str, Any]) -> None:
    call.key.options = options
    call.key.save()
    assert make()["amountDue"] == 100


@pytest.mark.parametrize("own", ["discount", "fine", "interest"])
def test_an_item_with_amounts_of_its_own_keeps_them(make: Make, own: str) -> None:
    answer = make(items=[{**ITEM, own: 0}, {**ITEM, own: 1}, ITEM], updateInvoiceItemOnInsert=True)
    assert [item[own] for item in answer["invoiceItems"]["data"][:2]] == [0, 1]
    assert [item["discount"] for item in answer["invoiceItems"]["data"]] == [0, own == "discount", 10]


def test_new_items_of_a_draft_get_them_too(call: Caller, make: Make) -> None:
    draft = make(updateInvoiceItemOnInsert=False)
    url = draft["invoiceItems"]["url"]
    assert call.post(url, {**ITEM, "updateInvoiceItemOnInsert": True}).json()["discount"] == 10
    assert call.post(url, ITEM).json()["discount"] == 0
    set_up(call, True)
    assert call.post(url, ITEM).json()["discount"] == 10
    answer = call.post(f"/v1/invoices/{draft['id']}", {"items": [ITEM]}).json()
    assert amounts(answer) == [(10, 0, 0)]


def settled(call: Caller, answer: dict[str, Any], amount: int) -> tuple[str, int]:
    """The status after a payment of so many cents today, and what is left."""
    invoice = Invoice.objects.get(public_id=answer["id"].removeprefix("inv_"))
    pay(invoice, amount, on=call.key.business.today())
    return invoice.status, invoice.amount_remaining


def test_what_the_items_grant_is_not_granted_again(call: Caller, make: Make) -> None:
    answer = make(updateInvoiceItemOnInsert=True, autoFinalize=True)
    assert settled(call, answer, 8_100) == (Status.OPEN, 900)
    assert settled(call, answer, 900) == (Status.PAID, 0)


def test_what_the_items_charge_is_not_charged_again(call: Caller, make: Make) -> None:
    late = in_days(call.key.business, -30)
    answer = make(updateInvoiceItemOnInsert=True, autoFinalize=True, dueDate=late)
    assert settled(call, answer, 10_500) == (Status.PAID, 0)


def test_without_it_the_day_of_payment_decides_as_for_every_invoice(call: Caller, make: Make) -> None:
    assert settled(call, make(autoFinalize=True), 9_000) == (Status.PAID, 0)
    late = make(autoFinalize=True, dueDate=in_days(call.key.business, -30))
    assert settled(call, late, 10_000) == (Status.OPEN, 500)


def test_a_fine_still_comes_when_items_were_made_in_time(call: Caller, make: Make) -> None:
    answer = make(updateInvoiceItemOnInsert=True)
    terms = Invoice.objects.get(public_id=answer["id"].removeprefix("inv_")).payment_terms
    assert (terms["fine_percent"], terms["interest"], terms["tiers"]) == ("2", "percent_day", [])


def test_items_that_are_replaced_take_their_share_of_the_rules_with_them(call: Caller, make: Make) -> None:
    draft = make(updateInvoiceItemOnInsert=True)
    answer = call.post(f"/v1/invoices/{draft['id']}", {"items": [ITEM]}).json()
    assert amounts(answer) == [(0, 0, 0)]
    call.post(f"/v1/invoices/{draft['id']}/finalize")
    assert settled(call, answer, 9_000) == (Status.PAID, 0)


def test_an_empty_list_of_items_takes_nothing_from_the_rules(call: Caller) -> None:
    response = call.post("/v1/invoices", body_of(call, items=[], updateInvoiceItemOnInsert=True))
    invoice = Invoice.objects.get(public_id=response.json()["id"].removeprefix("inv_"))
    assert invoice.payment_terms == {}
