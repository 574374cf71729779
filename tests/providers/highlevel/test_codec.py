"""The mapping alone: what is read can be written so that it reads the same."""

import json
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from businesses.terms import Interest, Terms
from core import inbound_json
from core.problems import Problem
from invoices.draft import DiscountDraft, InvoiceDraft, TaxDraft
from providers.highlevel import codec, late_fees, parts, wire
from providers.highlevel.codec import Known
from tests.providers.highlevel.spec import SAMPLES, check, sample

BASE = InvoiceDraft("BRL", 7, date(2026, 3, 2), date(2026, 3, 16), terms="usual")
SAMPLED = ["004-update", "specification-create", "wild-create"]


def body_of(data: Any) -> wire.InvoiceIn:
    """As the door reads it: fractions exact."""
    exact = inbound_json.read(json.dumps(data).encode())
    return wire.InvoiceIn.model_validate(exact)


def read(data: Any, known: Known | None = None) -> InvoiceDraft:
    return codec.read(body_of(data), BASE, known or Known())


def written(draft: InvoiceDraft) -> dict[str, Any]:
    kept = draft.extras["highlevel"]
    told = codec.write(draft, kept["contactDetails"], kept["businessDetails"])
    return {"altId": "a", "altType": "location", **inbound_json.plain(told)}


@pytest.mark.parametrize("name", SAMPLED)
def test_what_was_read_and_written_reads_the_same(name: str) -> None:
    draft = read(sample(name))
    assert asdict(read(written(draft))) == asdict(draft)


@pytest.mark.parametrize("name", SAMPLED)
def test_what_is_written_is_what_the_specification_asks_for(name: str) -> None:
    told = written(read(sample(name)))
    loose = {
        "paymentSchedule",
        "miscellaneousCharges",
    }  # lists of texts, and lists of lists, say the documents
    keep = {key: value for key, value in told.items() if key not in loose}
    if name == "specification-create":  # its own example says where it lives in one line
        keep["businessDetails"].pop("address")
        keep["lateFeesConfiguration"].pop("maxLateFees")
    check(keep, {"$ref": "#/components/schemas/CreateInvoiceDto"})


def test_every_sample_is_one_that_is_tested() -> None:
    others = {"000-create-en", "000-create-pt", "004-answer"}
    assert {path.stem for path in SAMPLES.glob("*.json")} == {*SAMPLED, *others}


def test_nothing_that_a_request_says_is_lost() -> None:
    data = sample("wild-create")
    told = written(read(data))
    for name in set(data) - {"altId", "items"}:
        assert told[name] == data[name], name
    for said, back in zip(data["items"], told["items"], strict=True):
        assert said == {key: back[key] for key in said}


def test_prices_and_quantities_stay_exact() -> None:
    (first, _second) = read(sample("wild-create")).lines
    assert (first.unit_price, first.quantity) == (Decimal("90.5"), Decimal("2.25"))


@pytest.mark.parametrize(
    "said",
    [
        ["6579751d56f60276e5bd4154", "b"],
        '["6579751d56f60276e5bd4154", "b"]',
        "[ '6579751d56f60276e5bd4154', 'b' ]",
        "6579751d56f60276e5bd4154,b",
    ],
)
def test_a_discount_s_products_come_in_four_forms(said: Any) -> None:
    body = wire.Discount(type="percentage", value=Decimal(10), validOnProductIds=said)
    assert parts.discount(body, "USD") == DiscountDraft(
        Decimal(10), product_refs=("6579751d56f60276e5bd4154", "b")
    )


def test_a_fixed_discount_is_in_the_currency_s_minor_units() -> None:
    assert parts.discount(wire.Discount(type="fixed", value=Decimal("5.5")), "USD").amount == 550
    with pytest.raises(Problem) as refused:
        parts.discount(wire.Discount(type="fixed", value=Decimal("5.5")), "JPY")
    assert refused.value.code == "decimals"


def test_a_fixed_discount_of_nothing_keeps_its_name() -> None:
    data = sample("wild-create") | {"discount": {"type": "fixed", "value": 0}}
    assert written(read(data))["discount"] == {"type": "fixed", "value": 0}


def test_parts_of_a_schedule_are_ours_when_they_can_be_told() -> None:
    draft = read(sample("wild-create"))
    assert [(part["due_on"], part["percent"]) for part in draft.schedule["parts"]] == [
        ("2026-03-05", "30"),
        ("2026-03-16", "70"),
    ]
    assert "paymentSchedule" not in draft.extras["highlevel"]


def test_a_schedule_of_amounts_may_come_as_json_text() -> None:
    said = {"type": "fixed", "schedules": ['{"dueDate": "2026-04-01T00:00:00Z", "value": 12.5}']}
    body = wire.PaymentSchedule.model_validate(said)
    assert parts.schedule(body, "USD") == {"parts": [{"due_on": "2026-04-01", "amount": 1250}]}


@pytest.mark.parametrize("rows", [["<string>"], [{"dueDate": "2026-04-01"}], [], ["[" * 50]])
def test_a_schedule_that_cannot_be_told_is_kept_as_it_came(rows: list[Any]) -> None:
    said = {"type": "fixed", "schedules": rows}
    draft = read(sample("wild-create") | {"paymentSchedule": said})
    assert draft.schedule == {}
    assert written(draft)["paymentSchedule"] == said


def test_charges_that_are_switched_off_are_told_but_not_charged() -> None:
    draft = read(sample("wild-create"))
    assert [(charge.name, charge.amount) for charge in draft.charges] == [("Processing Fee", 550)]


def test_a_list_of_lists_of_charges_is_one_of_charges() -> None:
    said = {"charges": [[{"name": "Fee", "amount": 1}], [{"name": "More", "amount": 2}]]}
    draft = read(sample("wild-create") | {"miscellaneousCharges": said})
    assert [charge.amount for charge in draft.charges] == [100, 200]


def test_charges_of_an_unknown_form_are_kept_as_they_came() -> None:
    said = sample("004-update")["miscellaneousCharges"]
    draft = read(sample("004-update"))
    assert draft.charges == ()
    assert written(draft)["miscellaneousCharges"] == said


FEES: list[tuple[str, str, int, Terms]] = [
    ("percentage", "one_time", 1, Terms(fine_percent=Decimal(2))),
    ("fixed", "one_time", 1, Terms(fine_amount=200)),
    ("percentage", "day", 1, Terms(interest=Interest.PERCENT_DAY, interest_percent=Decimal(2))),
    ("fixed", "day", 1, Terms(interest=Interest.AMOUNT_DAY, interest_amount=200)),
]


def fees(kind: str, interval: str, count: int, **more: Any) -> wire.LateFees:
    said = {
        "enable": True,
        "value": 2,
        "type": kind,
        "frequency": {"intervalCount": count, "interval": interval},
    }
    return wire.LateFees.model_validate({**said, **more})


@pytest.mark.parametrize("kind,interval,count,terms", FEES)
def test_fees_once_or_a_day_are_ours_too(kind: str, interval: str, count: int, terms: Terms) -> None:
    config = fees(kind, interval, count)
    assert late_fees.read(config, Terms(), "USD") == terms
    assert late_fees.write(terms, "USD") == config.raw()


@pytest.mark.parametrize(
    "config",
    [
        fees("percentage", "month", 1),
        fees("fixed", "day", 10),
        fees("fixed", "one_time", 1, grace={"intervalCount": 3, "interval": "day"}),
        fees("fixed", "one_time", 1, maxLateFees={"type": "fixed", "value": "10"}),
    ],
)
def test_fees_that_ours_cannot_say_change_nothing(config: wire.LateFees) -> None:
    assert late_fees.read(config, Terms(fine_percent=Decimal(2)), "USD") is None


def test_fees_switched_off_leave_the_discounts() -> None:
    terms = Terms(fine_percent=Decimal(2), per_day="percent", per_day_percent=Decimal(1))
    off = fees("fixed", "day", 1, enable=False)
    assert late_fees.read(off, terms, "USD") == Terms(per_day="percent", per_day_percent=Decimal(1))


def test_terms_with_more_than_one_fee_are_not_told_as_one() -> None:
    assert (
        late_fees.write(
            Terms(fine_percent=Decimal(2), fine_amount=0, interest="amount_day", interest_amount=1), "USD"
        )
        is None
    )
    assert late_fees.write(Terms(), "USD") is None


def test_a_tax_of_the_business_brings_what_highlevel_cannot_say() -> None:
    known = Known(taxes={"t1": TaxDraft("ISS", withheld=True, tax_id=3)})
    (first, _second) = read(sample("wild-create"), known).lines
    (tax,) = first.taxes
    assert (tax.name, tax.percent, tax.withheld, tax.tax_id) == ("GST", Decimal("7.5"), True, 3)


def test_a_line_in_another_currency_is_refused() -> None:
    data = sample("wild-create") | {"currency": "BRL"}
    with pytest.raises(Problem) as refused:
        read(data)
    assert refused.value.field == "items.0.currency"


def test_a_due_date_left_out_keeps_the_usual_days() -> None:
    data = sample("wild-create")
    del data["dueDate"]
    assert read(data).due_on == date(2026, 3, 16)


def test_terms_left_out_are_the_usual_ones_and_empty_ones_are_none() -> None:
    data = sample("wild-create")
    del data["termsNotes"]
    assert read(data).terms == "usual"
    assert read(data | {"termsNotes": ""}).terms == ""
