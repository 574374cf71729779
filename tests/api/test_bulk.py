"""Many invoices in one request."""

import json
from typing import Any

import pytest

from api.bulk import Results
from businesses.models import Business, Event
from businesses.roles import Role
from invoices.models import Invoice
from tests.api.papers import LINE, body
from tests.api.words import fields_refused, said
from tests.gateway.calls import Caller

pytestmark = pytest.mark.django_db
LINES = "application/x-ndjson"


def test_the_bad_ones_of_many_are_named_and_the_others_stored(call: Caller) -> None:
    items: list[Any] = [body(call, external_id=str(i)) for i in range(8)]
    items[2] = body(call, {**LINE, "quantity": "0"})
    items[5] = {"customer": call.ids["customer"], "totl": 1}
    items[7] = "nothing"
    answer = said(call.post("/invoices/bulk", {"invoices": items}), Results)
    assert (answer["created"], answer["refused"]) == (5, 3)
    wrong = {
        row["index"]: row["problem"]["errors"][0]["field"] for row in answer["results"] if "problem" in row
    }
    assert wrong == {2: "lines.0.quantity", 5: "totl", 7: ""}
    made = {row["index"]: row["invoice"]["external_id"] for row in answer["results"] if "invoice" in row}
    assert made == {i: str(i) for i in (0, 1, 3, 4, 6)}
    assert {row["status"] for row in answer["results"]} == {201, 422}
    assert Invoice.objects.count() == Event.objects.filter(kind="invoice.created").count() == 5


@pytest.mark.slow
def test_a_thousand_items_of_which_three_are_bad(call: Caller) -> None:
    bad = {0, 500, 999}
    items = [body(call, **({"currency": "AAA"} if i in bad else {})) for i in range(1000)]
    answer = said(call.post("/invoices/bulk", {"invoices": items}), Results)
    assert (answer["created"], answer["refused"]) == (997, 3)
    assert {row["index"] for row in answer["results"] if row["status"] == 422} == bad
    assert Invoice.objects.count() == 997


def test_all_are_issued_when_asked(call: Caller) -> None:
    items = [body(call), body(call, lines=[]), body(call)]
    answer = said(call.post("/invoices/bulk", {"invoices": items, "issue": True}), Results)
    numbers = [row["invoice"]["number"] for row in answer["results"] if row["status"] == 201]
    assert numbers == ["2026-00001", "2026-00002"]
    assert Invoice.objects.count() == 2


def test_no_more_than_a_thousand_and_not_none(call: Caller, business: Business) -> None:
    assert fields_refused(call.post("/invoices/bulk", {"invoices": []})) == ["invoices"]
    assert fields_refused(call.post("/invoices/bulk", {"invoices": [{}] * 1001})) == ["invoices"]
    viewer = Caller(business, "faturo", role=Role.VIEWER)
    assert viewer.post("/invoices/bulk", {"invoices": [body(call)]}).status_code == 403


def test_a_bare_array_and_json_lines_are_the_invoices_too(call: Caller) -> None:
    first, second = body(call, external_id="1"), body(call, external_id="2")
    array = said(call.post("/invoices/bulk", [first, second]), Results)
    lines = "\n".join([json.dumps(first), "", json.dumps(second), ""]).encode()
    jsonl = said(call.send("POST", "/invoices/bulk", raw=lines, content_type=LINES), Results)
    assert array["created"] == jsonl["created"] == 2
    assert Invoice.objects.count() == 4


def test_a_line_that_is_not_json_is_named_and_nothing_stored(call: Caller) -> None:
    raw = json.dumps(body(call)).encode() + b"\n{nope}\n"
    answer = call.send("POST", "/invoices/bulk", raw=raw, content_type=LINES)
    assert answer.status_code == 400
    assert "Line 2: " in answer.json()["title"]
    assert not Invoice.objects.exists()
