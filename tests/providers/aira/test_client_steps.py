"""Aira as its client, one request at a time: what is asked, what is stored, and what each answer leads to."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from core.http import Answer, CallFailed
from providers.aira import wire
from providers.aira.client import AIRA
from providers.connector import Access, Bill, Busy, Doubtful, Refused, Standing, Unauthorized
from tests.factories import line, make_draft, tax
from tests.providers.aira.samples import sample
from tests.providers.stepping import HTML, KEY, TIME_OUT, Walk, bill_of, job_of, known, says, walk

ID = "3c90c3cc-0d44-4b50-8888-8dd25736052a"
ACCESS = Access(
    "https://api.aira.example", {"api_key": "k-1", "payment_account": "acc-1"}, {"customer": "external"}
)
CREATE, LINE = "POST v1/invoices/", f"POST v1/invoices/{ID}/line-items"
LOOK, CANCEL = f"GET v1/invoices/{ID}", f"POST v1/invoices/{ID}/cancel"
LISTED = "GET v1/invoices?invoiceDate.gte=2026-03-02&invoiceDate.lte=2026-03-02&limit=100"
OK = says({"id": "line"}, 201)
TWO = make_draft(1, [line("60"), line("40")])


def invoice(
    status: str = "open", *lines: dict[str, Any], total: int = 10000, **fields: Any
) -> dict[str, Any]:
    groups = [{"lineItems": list(lines)}]
    return {"id": ID, "status": status, "totalAmount": total, "lineItemGroups": groups, **fields}


def wrapped(status: str = "open", *lines: dict[str, Any], **fields: Any) -> Answer:
    return says({"invoice": invoice(status, *lines, **fields)})


def issue(*answers: Answer | CallFailed, bill: Bill | None = None, **fields: Any) -> Walk:
    access = fields.pop("access", ACCESS)
    return walk(AIRA.operations["issue"](job_of(access, bill, **fields)), *answers)


MADE = says(invoice(total=0), 201)
GONE = wrapped("canceled")


def test_an_invoice_is_created_then_its_lines_then_read_again() -> None:
    done = issue(MADE, OK, OK, wrapped(invoiceNumber="INV-9"), bill=bill_of(TWO))
    assert done.failed is None and done.asked == [CREATE, LINE, LINE, LOOK]
    assert {request.headers["X-API-KEY"] for request in done.requests} == {"k-1"}
    assert [done.body(place)["idempotencyKey"] for place in range(3)] == [KEY, f"{KEY}-1", f"{KEY}-2"]
    assert done.learned == {
        "id": ID, "number": "INV-9", "standing": "draft", "word": "open", "total": 10000, "notes": {},
    }  # fmt: skip
    assert getattr(done.noted[0], "id", "") == ID


def test_what_is_sent_is_what_aira_takes() -> None:
    draft = make_draft(1, [line("10.00", "3", tax("5"))], document_tax=33, description="Março",
                       period_start=date(2026, 3, 1), period_end=date(2026, 3, 31))  # fmt: skip
    done = issue(MADE, OK, OK, wrapped(total=3183), bill=bill_of(draft))
    first, lines = done.body(), [done.body(1), done.body(2)]
    wire.CreateInvoice.model_validate(first)
    for each in lines:
        wire.CreateLineItem.model_validate(each)
        assert set(each) <= set(sample("create_line_item"))
    assert first == {
        "idempotencyKey": KEY, "externalCustomerId": "cust_7", "paymentAccountId": "acc-1",
        "invoiceDate": "2026-03-02", "memo": "2026-0007 · Março",
    }  # fmt: skip
    assert [each["amount"] for each in lines] == [3150, 33]
    assert {(each["startDate"], each["endDate"]) for each in lines} == {("2026-03-01", "2026-03-31")}


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("external", {"externalCustomerId": "cust_7"}),
        ("ours", {"externalCustomerId": "6740a1b2c3d4e5f600000001"}),
        ("theirs", {"customerId": "cust_7"}),
    ],
)
def test_the_customer_is_named_as_the_connection_says(option: str, told: dict[str, str]) -> None:
    body = issue(TIME_OUT, access=replace(ACCESS, options={"customer": option})).body()
    assert {name: body[name] for name in ("customerId", "externalCustomerId") if name in body} == told


def test_what_only_our_own_api_keeps_of_a_line_stays_here() -> None:
    kept = {"aira": {"id": "x", "idempotencyKey": "old", "lineItemGroupId": "g", "startDate": "2026-01-01"}}
    body = issue(MADE, TIME_OUT, bill=bill_of(make_draft(1, [line("100", extras=kept)]))).body(1)
    assert set(body) == {"idempotencyKey", "name", "amount", "startDate", "endDate"}
    assert (body["idempotencyKey"], body["startDate"]) == (f"{KEY}-1", "2026-01-01")


FAILURES: list[tuple[Answer | CallFailed, type[Exception], bool | None]] = [
    (says({}, 429, retry_after="7"), Busy, False),
    (says({"code": "x"}, 500), Busy, True),
    (says({"code": "busy"}, 409, retry_after="1"), Busy, True),
    (TIME_OUT, CallFailed, True),
    (CallFailed("dns", is_unclear=False), CallFailed, False),
    (HTML, CallFailed, True),
    (says("x"), CallFailed, True),
    (says({"code": "credentials_wrong", "message": "wrong"}, 401), Unauthorized, None),
    (says({"code": "invalid", "message": "customerId: No such customer."}, 400), Refused, None),
    (says(b"", 301, location="http://127.0.0.1/"), Refused, None),
]


@pytest.mark.parametrize(("answer", "kind", "unclear"), FAILURES)
@pytest.mark.parametrize("before", [0, 1, 2])
def test_each_step_ends_as_its_answer_deserves(
    before: int, answer: Answer | CallFailed, kind: type[Exception], unclear: bool | None
) -> None:
    """Creating, adding a line, reading again. What cannot be made whole is cancelled."""
    is_given_up = bool(before) and kind is Refused
    done = issue(*[MADE, OK][:before], answer, *[wrapped(), GONE][: 2 * is_given_up])
    assert (done.asked[-1] == CANCEL) is is_given_up
    assert type(done.failed) is kind
    if unclear is not None:
        assert getattr(done.failed, "is_unclear") is unclear  # noqa: B009
    assert bool(done.learned.get("id")) == bool(before)


def test_after_an_unclear_creation_the_very_same_request_is_made_again_and_lines_are_compared() -> None:
    first = issue(TIME_OUT)
    again = issue(page(), MADE, wrapped(total=0), OK, wrapped(), is_unclear=True)
    assert first.requests[0] == again.requests[1]
    assert again.failed is None and again.asked == [f"{LISTED}&offset=0", CREATE, LOOK, LINE, LOOK]


@pytest.mark.parametrize(
    ("there", "added"),
    [
        ([], [f"{KEY}-1", f"{KEY}-2"]),
        ([{"idempotencyKey": f"{KEY}-1"}], [f"{KEY}-2"]),
        ([{"idempotencyKey": f"{KEY}-2"}], [f"{KEY}-1"]),
        ([{"idempotencyKey": None}], [f"{KEY}-2"]),
        ([{"idempotencyKey": f"{KEY}-1"}, {"idempotencyKey": f"{KEY}-2"}], []),
    ],
)
def test_lines_that_are_there_are_not_added_again(there: list[dict[str, Any]], added: list[str]) -> None:
    done = issue(
        wrapped("open", *there), *[OK for _line in added], wrapped(), bill=bill_of(TWO), remote=known(ID)
    )
    assert done.failed is None
    assert [done.body(place)["idempotencyKey"] for place in range(1, 1 + len(added))] == added


CONFLICT = says({"code": "conflict", "message": "idempotencyKey exists"}, 409)


def page(*rows: dict[str, Any], more: bool = False) -> Answer:
    return says({"items": list(rows), "hasMore": more})


def row(key: str, external: str = "cust_7", **fields: Any) -> dict[str, Any]:
    return {"id": key, "customer": {"id": "u", "externalId": external}, "status": "open", **fields}


def test_a_conflict_over_the_key_is_resolved_by_looking_it_up() -> None:
    other = says({"invoice": {**invoice(), "id": "a", "idempotencyKey": "another"}})
    mine = wrapped(idempotencyKey=KEY)
    listed = page(row("a"), row("b", "somebody"), row(ID))
    done = issue(CONFLICT, listed, other, mine, wrapped(), OK, wrapped())
    assert done.failed is None and done.learned["id"] == ID
    assert done.asked == [CREATE, f"{LISTED}&offset=0", "GET v1/invoices/a", LOOK, LOOK, LINE, LOOK]


def test_a_conflict_that_nothing_explains_needs_a_person() -> None:
    nobody = page({"id": ID, "customer": None}, {"id": ID, "customer": "x"}, {"customer": {}})
    for pages in ([page()], [page(more=True), page()], [nobody]):
        done = issue(CONFLICT, *pages)
        assert type(done.failed) is Doubtful and "idempotencyKey exists" in done.failed.text


def test_a_conflict_over_a_line_means_that_it_is_there_if_it_is() -> None:
    there, missing = wrapped("open", {"idempotencyKey": f"{KEY}-1"}), wrapped("open")
    assert issue(MADE, CONFLICT, there, wrapped()).failed is None
    assert type(issue(MADE, CONFLICT, missing, missing, GONE).failed) is Refused


def test_another_total_there_is_told_to_staff() -> None:
    done = issue(MADE, OK, wrapped(total=9900), wrapped(total=9900), GONE)
    assert type(done.failed) is Refused and "99,00" in done.failed.text and "100,00" in done.failed.text


@pytest.mark.parametrize("there", [says({}, 404), wrapped("canceled")])
def test_what_has_gone_there_meanwhile_is_a_failure(there: Answer) -> None:
    done = issue(MADE, OK, there, there)
    assert done.asked[-1] == LOOK
    assert type(done.failed) is Refused and done.learned["standing"] in (Standing.GONE, Standing.VOID)


@pytest.mark.parametrize("changes", [{"amount_paid": 100}, {"amount_due": 9000}])
def test_aira_cannot_be_told_of_money_so_what_has_some_stays_here(changes: dict[str, Any]) -> None:
    done = issue(bill=bill_of(**changes))
    assert type(done.failed) is Refused and done.failed.text and not done.requests
    assert type(issue(page(), bill=bill_of(**changes), is_unclear=True).failed) is Refused
    there = (page(row(ID)), wrapped(idempotencyKey=KEY), wrapped(), OK, wrapped())
    assert issue(*there, bill=bill_of(**changes), is_unclear=True).failed is None


def cancel(*answers: Answer | CallFailed) -> Walk:
    return walk(AIRA.operations["void"](job_of(ACCESS, remote=known(ID))), *answers)


def test_a_void_invoice_is_cancelled_there() -> None:
    done = cancel(says(invoice("canceled")))
    assert done.asked == [CANCEL] and done.failed is None and done.learned["standing"] == "void"


@pytest.mark.parametrize(
    ("there", "fails"), [(wrapped("canceled"), False), (says({}, 404), False), (wrapped("paid"), True)]
)
def test_a_refusal_to_cancel_is_looked_into(there: Answer, fails: bool) -> None:
    done = cancel(says({"message": "too late"}, 409), there)
    assert done.asked == [CANCEL, LOOK] and (type(done.failed) is Refused) is fails


def test_an_unclear_cancelling_is_simply_repeated() -> None:
    done = cancel(TIME_OUT)
    assert isinstance(done.failed, CallFailed) and done.failed.is_unclear
    assert isinstance(cancel(says({}, 401)).failed, Unauthorized)
