"""Lists: filters, cursors, `fields`, `expand`, and how often the database is asked."""

from itertools import product
from typing import Any

import pytest

from businesses.models import Account, Business
from customers.models import Customer
from invoices.models import Invoice
from invoices.status import Status
from payments import actions as payments
from payments.refunds import GivenBack, refund
from providers.base39 import wire
from tests import factories
from tests.gateway.calls import Caller, error_of
from tests.payments.money import pay
from tests.providers.base39.bodies import body_of, in_days
from tests.providers.base39.conftest import Make

pytestmark = pytest.mark.django_db
LIST = "/v1/invoices"


def ids(call: Caller, query: str = "") -> list[str]:
    response = call.get(f"{LIST}?limit=100&{query}")
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["data"]]


def test_the_newest_comes_first_whenever_it_is_due(call: Caller, make: Make) -> None:
    made = [make(dueDate=in_days(call.key.business, days))["id"] for days in (5, -40, 30, -3)]
    assert ids(call) == made[::-1]


def test_pages_follow_each_other_in_both_directions(call: Caller, make: Make) -> None:
    made = [make()["id"] for _invoice in range(7)][::-1]
    page = call.get(f"{LIST}?limit=3").json()
    assert ([row["id"] for row in page["data"]], page["hasMore"]) == (made[:3], True)
    make()
    page = call.get(f"{LIST}?limit=3&starting_after={made[2]}").json()
    assert ([row["id"] for row in page["data"]], page["hasMore"]) == (made[3:6], True)
    page = call.get(f"{LIST}?limit=3&starting_after={made[5]}").json()
    assert ([row["id"] for row in page["data"]], page["hasMore"]) == (made[6:], False)
    page = call.get(f"{LIST}?limit=2&ending_before={made[3]}").json()
    assert ([row["id"] for row in page["data"]], page["hasMore"]) == (made[1:3], True)


def test_a_page_has_ten_unless_told_otherwise(call: Caller, customer: Customer) -> None:
    for _invoice in range(11):
        factories.make_invoice(customer)
    answer = call.get(LIST).json()
    assert (len(answer["data"]), answer["hasMore"]) == (10, True)
    wire.Invoices.model_validate(answer)


@pytest.fixture
def many(call: Caller, make: Make, business: Business) -> list[dict[str, Any]]:
    """One of every type, status and due date, for two payers and two accounts."""
    other = factories.make_customer(business, "Other", external_id="crm-2")
    Account.objects.create(business=business, name="Usual", is_default=True)
    Account.objects.create(business=business, name="Second", external_id="acc-2")
    types = ["pay_off", "customer_recurring", "company_recurring"]
    ways = [None, "finalize", "void", "mark-uncollectible"]
    made = []
    for i, (kind, way) in enumerate(product(types, ways)):
        one = make(
            type=kind,
            dueDate=in_days(business, i),
            payer="crm-2" if i % 3 else call.ids["customer"],
            beneficiary="acc-2" if i % 2 else call.ids["business"],
            purpose="no_funds" if i % 4 == 0 else None,
            autoFinalize=way is not None,
        )["id"]
        if way in ("void", "mark-uncollectible"):
            assert call.post(f"{LIST}/{one}/{way}").status_code == 200
        made.append(one)
    pay(Invoice.objects.get(public_id=made[1].removeprefix("inv_")), 10_000, on=business.today())
    call.delete(f"{LIST}/{make(payer=f'comp_{other.public_id}')['id']}")
    return [call.get(f"{LIST}/{one}").json() for one in made[::-1]]


def test_filters_find_what_a_plain_loop_finds(
    call: Caller, many: list[dict[str, Any]], business: Business
) -> None:
    start, end = in_days(business, 2), in_days(business, 6)
    questions: dict[str, Any] = {
        "": lambda row: True,
        f"payer={call.ids['customer']}": lambda row: row["payer"] == call.ids["customer"],
        "payer=crm-2": lambda row: row["payer"] == "crm-2",
        f"payer=crm-2,{call.ids['customer']}": lambda row: True,
        "payer=nobody": lambda row: False,
        "beneficiary=acc-2": lambda row: row["beneficiary"] == "acc-2",
        f"beneficiary={call.ids['business']}": lambda row: row["beneficiary"] == call.ids["business"],
        f"beneficiary=acc-2,{call.ids['business']}": lambda row: True,
        f"due_date_start={start}": lambda row: row["dueDate"] >= start,
        f"due_date_end={end}": lambda row: row["dueDate"] <= end,
        f"due_date_start={start}&due_date_end={end}": lambda row: start <= row["dueDate"] <= end,
        **{f"status={word}": lambda row, word=word: row["status"] == word for word in Status.values},
        "status=refunded": lambda row: False,
        "status=open,paid": lambda row: row["status"] in ("open", "paid"),
        "type=pay_off": lambda row: row["type"] == "pay_off",
        "type=company_recurring&status=void": lambda row: (
            (row["type"], row["status"]) == ("company_recurring", "void")
        ),
        "purpose=regular": lambda row: row["purpose"] == "regular",
        "purpose=no_funds": lambda row: row["purpose"] == "no_funds",
    }
    for query, is_wanted in questions.items():
        assert ids(call, query) == [row["id"] for row in many if is_wanted(row)], query
    assert {row["status"] for row in many} == set(Status.values)


def test_an_invoice_of_another_origin_has_a_type_too(call: Caller, customer: Customer) -> None:
    factories.make_invoice(customer)
    assert call.get(f"{LIST}?type=pay_off").json()["data"][0]["type"] == "pay_off"


@pytest.mark.parametrize(
    "query",
    ["status=late", "type=standard", "purpose=fun", "limit=0", "limit=101", "limit=x", "due_date_start=25/12/2026",
     "starting_after=inv_1", "ending_before=inv_000000000000000000000000", "fields=id,secret", "fields=id,-status",
     "expand=items", "fields=payer.name"],
)  # fmt: skip
def test_a_question_that_makes_no_sense_is_refused(call: Caller, query: str) -> None:
    response = call.get(f"{LIST}?{query}")
    assert (response.status_code, error_of(response)["code"]) == (400, "INVALID_BODY")


def test_a_page_goes_in_one_direction(call: Caller, make: Make) -> None:
    one = make()["id"]
    assert call.get(f"{LIST}?starting_after={one}&ending_before={one}").status_code == 400


def test_nobody_else_s_invoice_is_a_place_in_the_list(call: Caller, other_business: Business) -> None:
    theirs = factories.make_invoice(factories.make_customer(other_business))
    missing = call.get(f"{LIST}?starting_after=inv_000000000000000000000000")
    assert call.get(f"{LIST}?starting_after=inv_{theirs.public_id}").content == missing.content
    assert ids(call) == []


def test_only_the_fields_asked_for(call: Caller, make: Make) -> None:
    one = make()
    path = f"{LIST}/{one['id']}"
    assert call.get(f"{path}?fields=id,status").json() == {"id": one["id"], "status": "draft"}
    assert call.get(f"{path}?fields=id&fields=status").json() == {"id": one["id"], "status": "draft"}
    assert set(call.get(f"{path}?fields=-id,-history").json()) == set(one) - {"id", "history"}
    assert call.get(f"{LIST}?fields=id").json()["data"] == [{"id": one["id"]}]
    assert call.get(f"{LIST}?fields=data.id").json()["data"] == [{"id": one["id"]}]


def test_a_payer_and_a_beneficiary_can_be_objects(call: Caller, make: Make, customer: Customer) -> None:
    one = make()
    answer = call.get(f"{LIST}/{one['id']}?expand=payer,beneficiary").json()
    wire.Invoice.model_validate(answer)
    assert (
        answer["payer"].items()
        >= {"id": one["payer"], "name": customer.name, "document": customer.tax_id}.items()
    )
    assert answer["beneficiary"]["id"] == one["beneficiary"]
    answer = call.get(f"{LIST}?expand=data.payer&fields=payer").json()
    assert (list(answer["data"][0]), answer["data"][0]["payer"]["id"]) == (["payer"], one["payer"])
    assert call.get(f"{LIST}/{one['id']}?expand=data.payer").status_code == 400


def test_every_answer_with_an_invoice_knows_fields(call: Caller, make: Make) -> None:
    wanted = "?fields=id,status"
    made = call.post(f"{LIST}{wanted}", body_of(call))
    assert (made.status_code, set(made.json())) == (201, {"id", "status"})
    path = f"{LIST}/{made.json()['id']}"
    answers = [
        call.post(path + wanted, {"description": "x"}),
        call.post(f"{path}/finalize{wanted}"),
        call.post(f"{path}/mark-uncollectible{wanted}"),
        call.post(f"{path}/void{wanted}"),
        call.delete(f"{LIST}/{make()['id']}{wanted}"),
    ]
    assert [set(answer.json()) for answer in answers] == [{"id", "status"}] * 5


def test_a_refund_is_told_to_those_who_know_the_word(
    call: Caller, business: Business, customer: Customer
) -> None:
    invoice = payments.issue(factories.make_invoice(customer))
    refund(pay(invoice, 10_000, on=business.today()), GivenBack(10_000))
    path = f"{LIST}/inv_{invoice.public_id}"
    assert call.get(path).json()["status"] == "paid"
    assert (len(ids(call, "status=paid")), ids(call, "status=refunded")) == (1, [])
    call.key.options = {"refunded": True}
    call.key.save()
    assert call.get(path).json()["status"] == "refunded"
    assert (ids(call, "status=paid"), len(ids(call, "status=refunded,open"))) == ([], 1)


def test_a_long_list_asks_the_database_as_often_as_a_short_one(
    call: Caller, make: Make, business: Business, django_assert_num_queries: Any
) -> None:
    def add() -> None:
        one = make(autoFinalize=True)["id"]
        asked = {"amount": 50, "expireAt": in_days(business, 5), "method": "offline"}
        intent = call.post(f"/v1/payment-intents?invoice={one}", asked).json()["id"]
        call.post(f"/v1/payment-intents/{intent}/pay")

    add()
    call.get(LIST)
    with django_assert_num_queries(7):
        assert len(call.get(f"{LIST}?expand=payer,beneficiary").json()["data"]) == 1
    for _invoice in range(8):
        add()
    with django_assert_num_queries(7):
        assert len(call.get(f"{LIST}?expand=payer,beneficiary").json()["data"]) == 9


@pytest.mark.parametrize("blank", ["%20", "%C2%A0", "%09", ",%20,"])
def test_blank_ids_have_no_invoices(call: Caller, make: Make, business: Business, blank: str) -> None:
    Account.objects.create(business=business, name="Itau", is_default=True)
    make()
    for name in ("payer", "beneficiary"):
        answer = call.get(f"{LIST}?{name}={blank}")
        assert answer.status_code == 400 or answer.json()["data"] == []
