"""What is done with an invoice: sent, paid, void, late fees, a link, a visit, the next number."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from businesses.models import Business
from businesses.roles import Role
from businesses.terms import Interest, Terms
from customers.models import Customer
from invoices import actions
from invoices.models import Invoice
from invoices.status import Status
from payments.models import Payment
from portal import visits
from tests import factories
from tests.gateway.calls import Caller, error_of
from tests.payments.money import pay
from tests.providers.highlevel.spec import Watched, created, item, new, payment, send_body, sent

pytestmark = pytest.mark.django_db
ONCE = {
    "enable": True,
    "value": 2,
    "type": "percentage",
    "frequency": {"intervalCount": 1, "interval": "one_time"},
}


@pytest.fixture
def call(business: Business, customer: Customer) -> Watched:
    return Watched(business)


def body(response: Any, status: int = 200) -> Any:
    assert response.status_code == status, response.content
    return json.loads(response.content)


def stored(answer: Any) -> Invoice:
    found: Invoice = Invoice.objects.get(public_id=answer["_id"])
    return found


def record(call: Watched, invoice: Any, **fields: Any) -> Any:
    return call.post(f"/invoices/{invoice['_id']}/record-payment", payment(call, **fields))


def test_sending_issues_a_draft_and_says_that_the_message_is_queued(
    call: Watched, customer: Customer
) -> None:
    invoice = created(call, customer)
    answer = body(call.post(f"/invoices/{invoice['_id']}/send", send_body(call, liveMode=False)))
    assert answer["smsData"] == {}
    assert answer["emailData"] == {"status": "queued", "to": ["maria@example.com"]}
    told = answer["invoice"]
    assert (told["status"], told["liveMode"]) == ("sent", False)
    assert told["invoiceNumber"] == stored(told).number
    assert stored(told).extras["highlevel"]["send"] == {"action": "email", "userId": "user-1"}


def test_sending_again_changes_nothing(call: Watched, customer: Customer) -> None:
    invoice = sent(call, customer)
    again = body(call.post(f"/invoices/{invoice['_id']}/send", send_body(call)))["invoice"]
    assert again == invoice


def test_a_client_in_the_wild_sends_without_a_user(call: Watched, customer: Customer) -> None:
    invoice = created(call, customer)
    data = {**call.place, "action": "sms_and_email", "liveMode": True}
    told = body(call.post(f"/invoices/{invoice['_id']}/send", data, loose=True))["invoice"]
    assert told["_id"] and told["invoiceNumber"]


def test_a_void_invoice_is_not_sent(call: Watched, customer: Customer) -> None:
    invoice = sent(call, customer)
    body(call.post(f"/invoices/{invoice['_id']}/void", call.place))
    assert error_of(call.post(f"/invoices/{invoice['_id']}/send", send_body(call)))["statusCode"] == 400


def test_an_empty_invoice_is_not_sent(call: Watched, customer: Customer) -> None:
    invoice = created(call, customer, items=[])
    error = error_of(call.post(f"/invoices/{invoice['_id']}/send", send_body(call)))
    assert (error["statusCode"], stored(invoice).status) == (422, Status.DRAFT)
    assert error["message"][0].startswith("items")


def test_a_number_of_one_s_own_is_taken_with_its_prefix(call: Watched, customer: Customer) -> None:
    told = sent(call, customer, invoiceNumber="1001", invoiceNumberPrefix="INV-")
    assert (told["invoiceNumber"], told["invoiceNumberPrefix"]) == ("1001", "INV-")
    assert stored(told).number == "INV-1001"


def test_a_number_that_is_taken_is_a_bad_request(call: Watched, customer: Customer) -> None:
    sent(call, customer, invoiceNumber="1001")
    second = created(call, customer, invoiceNumber="1001")
    assert error_of(call.post(f"/invoices/{second['_id']}/send", send_body(call)))["statusCode"] == 400


def test_a_payment_without_an_amount_pays_all_that_is_due(call: Watched, customer: Customer) -> None:
    answer = body(record(call, sent(call, customer)))
    assert answer["success"] is True
    assert (answer["invoice"]["status"], answer["invoice"]["amountDue"], answer["invoice"]["amountPaid"]) == (
        "paid",
        0,
        100,
    )


def test_what_is_due_counts_the_late_fee(call: Watched, customer: Customer) -> None:
    told = body(record(call, sent(call, customer, lateFeesConfiguration=ONCE)))["invoice"]
    assert (told["status"], told["amountPaid"]) == ("paid", 102)


def test_a_payment_in_part(call: Watched, customer: Customer) -> None:
    told = body(record(call, sent(call, customer), amount=30.5))["invoice"]
    assert (told["status"], told["amountPaid"], told["amountDue"]) == ("partially_paid", 30.5, 69.5)


def test_more_than_is_due_becomes_the_contact_s_credit(call: Watched, customer: Customer) -> None:
    told = body(record(call, sent(call, customer), amount=150))["invoice"]
    assert (told["status"], told["amountPaid"]) == ("paid", 100)
    assert Payment.objects.get().unapplied == 5000


@pytest.mark.parametrize(
    "mode,method",
    [
        ("cash", "cash"),
        ("card", "credit_card"),
        ("cheque", "check"),
        ("bank_transfer", "bank_transfer"),
        ("other", "other"),
    ],
)
def test_each_mode_is_a_method_of_ours(call: Watched, customer: Customer, mode: str, method: str) -> None:
    details = {
        "card": {"brand": "visa", "last4": "4111111111111111"},
        "cheque": {"number": "12"},
        "notes": "thanks",
    }
    body(record(call, sent(call, customer), mode=mode, **details))
    row = Payment.objects.get()
    more = {"card": "thanks · visa 1111", "cheque": "thanks · 12"}
    assert (row.method, row.source, row.note) == (method, "highlevel", more.get(mode, "thanks"))


def test_a_payment_may_lie_in_the_past(call: Watched, customer: Customer) -> None:
    invoice = sent(call, customer)
    body(record(call, invoice, amount=10, fulfilledAt="2026-03-05"))
    body(record(call, invoice, amount=10, fulfilledAt="2026-03-06T01:00:00.000Z"))
    assert [str(row.paid_on) for row in Payment.objects.order_by("pk")] == ["2026-03-05", "2026-03-05"]


@pytest.mark.parametrize(
    "fields,field",
    [
        ({"amount": -5}, "amount"),
        ({"amount": 0}, "amount"),
        ({"amount": 0.001}, "amount"),
        ({"fulfilledAt": "soon"}, "fulfilledAt"),
        ({"fulfilledAt": f"{timezone.now() + timedelta(days=3):%Y-%m-%d}"}, "fulfilledAt"),
        ({"paymentScheduleIds": ["7"]}, "paymentScheduleIds"),
        ({"notes": "x" * 501}, "notes"),
    ],
)
def test_a_payment_that_makes_no_sense_is_refused(
    call: Watched, customer: Customer, fields: dict[str, Any], field: str
) -> None:
    error = error_of(record(call, sent(call, customer), **fields))
    assert (error["statusCode"], Payment.objects.count()) == (422, 0)
    assert error["message"][0].startswith(field)


def test_a_part_of_a_schedule_is_paid_by_its_id(call: Watched, customer: Customer) -> None:
    rows = [
        {"_id": "p1", "dueDate": "2099-03-05", "value": 40},
        {"_id": "p2", "dueDate": "2099-04-05", "value": 60},
    ]
    data = new(call, customer, paymentSchedule={"type": "fixed", "schedules": rows}, dueDate="2099-04-05")
    invoice = body(call.post("/invoices/", data, loose=True), 201)
    assert invoice["paymentSchedule"] == {"type": "fixed", "schedules": rows}
    body(call.post(f"/invoices/{invoice['_id']}/send", send_body(call)))
    body(record(call, invoice, amount=60, paymentScheduleIds=["p2"]))
    assert [row.part for row in stored(invoice).allocations.all()] == [1]


@pytest.mark.parametrize("state", ["draft", "paid", "void"])
def test_what_takes_no_money_any_more_refuses_it(call: Watched, customer: Customer, state: str) -> None:
    invoice = created(call, customer) if state == "draft" else sent(call, customer)
    if state == "paid":
        body(record(call, invoice))
    if state == "void":
        body(call.post(f"/invoices/{invoice['_id']}/void", call.place))
    before = Payment.objects.count()
    assert error_of(record(call, invoice, amount=5))["statusCode"] == 400
    assert Payment.objects.count() == before


def test_charges_are_collected_when_the_invoice_is_paid(call: Watched, customer: Customer) -> None:
    fee = {"_id": "f1", "name": "Processing Fee", "charge": 10, "amount": 10}
    claimed = [{**fee, "amount": 999}]
    said = {"charges": [[fee]], "collectedMiscellaneousCharges": 999, "paidCharges": claimed}
    invoice = sent(call, customer, miscellaneousCharges=said)
    assert (invoice["total"], invoice["miscellaneousCharges"]) == (110, {"charges": [fee]})
    told = body(record(call, invoice))["invoice"]
    assert told["miscellaneousCharges"] == {
        "charges": [fee],
        "collectedMiscellaneousCharges": 10,
        "paidCharges": [fee],
    }


def test_a_void_invoice_keeps_its_number(call: Watched, customer: Customer) -> None:
    invoice = sent(call, customer)
    told = body(call.post(f"/invoices/{invoice['_id']}/void", call.place))
    assert (told["status"], told["invoiceNumber"], told["amountDue"]) == (
        "void",
        invoice["invoiceNumber"],
        100,
    )


@pytest.mark.parametrize("state", ["draft", "paid", "void"])
def test_only_a_sent_unpaid_invoice_is_made_void(call: Watched, customer: Customer, state: str) -> None:
    invoice = created(call, customer) if state == "draft" else sent(call, customer)
    if state == "paid":
        body(record(call, invoice))
    if state == "void":
        body(call.post(f"/invoices/{invoice['_id']}/void", call.place))
    assert error_of(call.post(f"/invoices/{invoice['_id']}/void", call.place))["statusCode"] == 400


def test_a_biller_s_key_sends_but_voids_nothing(business: Business, customer: Customer) -> None:
    call = Watched(business, Role.BILLER)
    invoice = sent(call, customer)
    assert error_of(call.post(f"/invoices/{invoice['_id']}/void", call.place))["statusCode"] == 403


@pytest.mark.parametrize("is_sent", [False, True])
def test_late_fees_are_told_and_charged(call: Watched, customer: Customer, is_sent: bool) -> None:
    invoice = sent(call, customer) if is_sent else created(call, customer)
    data = {**call.place, "lateFeesConfiguration": ONCE}
    told = body(call.patch(f"/invoices/{invoice['_id']}/late-fees-configuration", data))
    assert told["lateFeesConfiguration"] == ONCE
    assert stored(told).payment_terms["fine_percent"] == "2"


def test_late_fees_leave_the_business_s_discount_for_paying_early(call: Watched, customer: Customer) -> None:
    usual = Terms(per_day="percent", per_day_percent=1, fine_percent=5)  # type: ignore[arg-type]
    Business.objects.filter(pk=call.business.pk).update(payment_terms=usual.as_dict())
    row = stored(created(call, customer, lateFeesConfiguration=ONCE))
    assert (row.payment_terms["per_day"], row.payment_terms["fine_percent"]) == ("percent", "2")
    assert stored(created(call, customer)).payment_terms == {}, (
        "those of the business, whatever they are at issue"
    )


def test_late_fees_in_another_rhythm_are_told_only(call: Watched, customer: Customer) -> None:
    monthly = {**ONCE, "frequency": {"intervalCount": 1, "interval": "month"}}
    invoice = created(call, customer)
    told = body(
        call.patch(
            f"/invoices/{invoice['_id']}/late-fees-configuration",
            {**call.place, "lateFeesConfiguration": monthly},
        )
    )
    assert told["lateFeesConfiguration"] == monthly
    assert stored(told).payment_terms == {}


def test_text2pay_gives_the_link_of_our_page(call: Watched, customer: Customer) -> None:
    answer = body(call.post("/invoices/text2pay", new(call, customer, action="send", userId="u")))
    assert answer["invoice"]["status"] == "sent"
    path = answer["invoiceUrl"].removeprefix("http://localhost:8000")
    assert call.client.get(path).status_code == 200


def test_text2pay_with_an_id_replaces_that_invoice(call: Watched, customer: Customer) -> None:
    first = body(call.post("/invoices/text2pay", new(call, customer, action="draft", userId="u")))["invoice"]
    data = new(call, customer, action="send", userId="u", id=first["_id"], items=[item(amount=7)])
    told = body(call.post("/invoices/text2pay", data))["invoice"]
    assert (told["_id"], told["status"], told["total"]) == (first["_id"], "sent", 7)


@pytest.mark.parametrize("include,terms", [(True, "Thanks"), (False, "")])
def test_text2pay_has_the_usual_terms_when_asked(
    call: Watched, customer: Customer, include: bool, terms: str
) -> None:
    Business.objects.filter(pk=call.business.pk).update(terms="Thanks")
    data = new(call, customer, action="draft", userId="u", includeTermsNote=include)
    told = body(call.post("/invoices/text2pay", data))["invoice"]
    assert told.get("termsNotes", "") == terms


def test_a_visit_is_kept_with_those_of_the_public_page(call: Watched, customer: Customer) -> None:
    invoice = sent(call, customer)
    assert body(call.patch("/invoices/stats/last-visited-at", {"invoiceId": invoice["_id"]})) == {}
    assert visits.of(stored(invoice)).count == 1


def test_the_next_number_is_told_and_not_taken(call: Watched, customer: Customer) -> None:
    path = f"/invoices/generate-invoice-number?{call.query}"
    told = body(call.get(path))["invoiceNumber"]
    assert body(call.get(path))["invoiceNumber"] == told
    today = str(call.business.today())
    assert sent(call, customer, issueDate=today, dueDate=today)["invoiceNumber"] == told
    assert body(call.get(path))["invoiceNumber"] != told


def test_a_number_told_can_be_asked_for(call: Watched, customer: Customer) -> None:
    told = body(call.get(f"/invoices/generate-invoice-number?{call.query}"))["invoiceNumber"]
    today = str(call.business.today())
    assert sent(call, customer, issueDate=today, dueDate=today, invoiceNumber=told)["invoiceNumber"] == told


def test_numbers_by_customer_cannot_be_foretold(call: Watched) -> None:
    Business.objects.filter(pk=call.business.pk).update(number_pattern="{customer}-{seq}")
    assert body(call.get(f"/invoices/generate-invoice-number?{call.query}")) == {"invoiceNumber": ""}


def test_settings_tell_what_new_invoices_start_from(call: Watched, business: Business) -> None:
    terms = Terms(interest=Interest.PERCENT_DAY, interest_percent=1)  # type: ignore[arg-type]
    Business.objects.filter(pk=business.pk).update(terms="Thanks", payment_terms=terms.as_dict())
    told = body(call.get(f"/invoices/settings?{call.query}"))
    assert (told["termsNote"], told["dueAfterXDays"]) == ("Thanks", 14)
    assert told["businessDetails"]["name"] == business.name
    assert told["lateFeesConfiguration"]["frequency"] == {"intervalCount": 1, "interval": "day"}


@pytest.mark.parametrize(
    "kind,empty", [("template", {"data": [], "totalCount": 0}), ("schedule", {"schedules": [], "total": 0})]
)
def test_there_are_no_templates_and_schedules(call: Watched, kind: str, empty: Any) -> None:
    assert body(call.get(f"/invoices/{kind}?{call.query}&limit=10&offset=0")) == empty
    refused = error_of(call.post(f"/invoices/{kind}", {**call.place, "name": "x"}, loose=True))
    assert refused["statusCode"] == 400
    gone = Caller.send(call, "GET", f"/invoices/{kind}/6578278e879ad2646715ba9c?{call.query}")
    assert error_of(gone)["statusCode"] == 404


def walks(foreign: str) -> list[tuple[str, str, Any]]:
    """Every route that names an invoice."""
    update = {
        "name": "n",
        "currency": "BRL",
        "invoiceItems": [item()],
        "issueDate": "2026-03-02",
        "dueDate": "2026-03-02",
    }
    return [
        ("GET", f"/invoices/{foreign}?{{query}}", None),
        ("DELETE", f"/invoices/{foreign}?{{query}}", None),
        ("PUT", f"/invoices/{foreign}", update),
        ("POST", f"/invoices/{foreign}/void", {}),
        ("POST", f"/invoices/{foreign}/send", {"userId": "u", "action": "email", "liveMode": True}),
        (
            "POST",
            f"/invoices/{foreign}/record-payment",
            {"mode": "cash", "card": {"brand": "", "last4": ""}, "cheque": {"number": ""}, "notes": ""},
        ),
        ("PATCH", f"/invoices/{foreign}/late-fees-configuration", {"lateFeesConfiguration": ONCE}),
        ("PATCH", "/invoices/stats/last-visited-at", {"invoiceId": foreign}),
    ]


@pytest.mark.parametrize("place", range(8))
def test_another_business_s_invoice_is_as_if_it_were_not_there(
    call: Watched, other_business: Business, place: int
) -> None:
    theirs = factories.make_invoice(factories.make_customer(other_business))
    answers = []
    for public_id in (theirs.public_id, "6578278e879ad2646715ba9c"):
        method, path, data = walks(public_id)[place]
        said = None if data is None else {**call.place, **data}
        error = error_of(call.send(method, path.format(query=call.query), said, loose=True))
        answers.append({name: value for name, value in error.items() if name != "traceId"})
    assert answers[0] == answers[1] == {"statusCode": 404, "message": "Not found.", "error": "Not Found"}
    theirs.refresh_from_db()
    assert (theirs.version, theirs.status) == (1, Status.DRAFT)


def test_text2pay_of_another_business_s_invoice(
    call: Watched, customer: Customer, other_business: Business
) -> None:
    theirs = factories.make_invoice(factories.make_customer(other_business))
    data = new(call, customer, action="draft", userId="u", id=theirs.public_id)
    assert error_of(call.post("/invoices/text2pay", data))["statusCode"] == 404


@pytest.mark.parametrize("place", range(8))
def test_a_key_that_may_only_read_does_nothing_with_it(
    business: Business, customer: Customer, place: int
) -> None:
    reader = Watched(business, Role.VIEWER)
    invoice = factories.make_invoice(customer)
    method, path, data = walks(invoice.public_id)[place]
    said = None if data is None else {**reader.place, **data}
    response = reader.send(method, path.format(query=reader.query), said, loose=True)
    assert response.status_code == (200 if method == "GET" else 403)


def test_a_payment_taken_elsewhere_is_told_here(call: Watched, customer: Customer) -> None:
    invoice = sent(call, customer)
    pay(stored(invoice), 2500)
    told = body(call.get(f"/invoices/{invoice['_id']}?{call.query}"))
    assert (told["status"], told["amountPaid"], told["amountDue"]) == ("partially_paid", 25, 75)


def test_money_on_its_way_is_told(call: Watched, customer: Customer) -> None:
    invoice = sent(call, customer)
    actions.set_processing(stored(invoice), 10000)
    assert body(call.get(f"/invoices/{invoice['_id']}?{call.query}"))["status"] == "payment_processing"
