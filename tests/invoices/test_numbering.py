"""Numbers: patterns, series, own numbers, and a counter that never leaves a hole it does not know of."""

import logging
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine

from businesses.models import Business
from core.problems import Conflict, Problem
from core.series import Series, check_pattern, series_for
from customers.models import Customer
from invoices import numbering
from invoices.audit import breaches
from invoices.models import Invoice, Sequence
from tests.factories import issue, make_business, make_customer, make_invoice

DAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("pattern", "options", "number"),
    [
        ("{seq}", {}, "7"),
        ("{yyyy}-{seq:05}", {}, "2026-00007"),
        ("INV-{yyyy}-{seq:05}", {}, "INV-2026-00007"),
        ("{yy}{mm}/{seq:3}", {}, "2603/007"),
        ("{seq:04}-{yyyy}", {"prefix": "NF-"}, "NF-0007-2026"),
        ("{customer}/{seq}", {"customer": "ACME"}, "ACME/7"),
    ],
)
def test_a_pattern_writes_the_number(pattern: str, options: dict[str, str], number: str) -> None:
    check_pattern(pattern)
    series = series_for(pattern, day=DAY, **options)
    assert series.number(7) == number
    assert series.place_of(number) == 7


@pytest.mark.parametrize(
    "pattern", ["", "INV", "{seq}{seq}", "{seq}-{year}", "{seq:0}", "{seq}#", "{seq", "{seq}}"]
)
def test_a_pattern_without_one_counter_is_refused(pattern: str) -> None:
    with pytest.raises(Problem):
        check_pattern(pattern)


@pytest.mark.parametrize(
    "number", ["2026-1", "2026-000001", "2025-00001", "2026-0000x", "2026-00000", "", "2026-０００１"]
)
def test_a_number_of_another_shape_has_no_place(number: str) -> None:
    assert Series("2026-", "", 5).place_of(number) is None


def numbers(customer: Customer, *drafts: dict[str, Any]) -> list[str | None]:
    return [issue(make_invoice(customer, **fields)).number for fields in drafts]


def test_a_year_begins_again_at_one(customer: Customer) -> None:
    new_year = {"issue_on": date(2027, 1, 1), "due_on": date(2027, 1, 1)}
    assert numbers(customer, {}, {}, new_year, {}) == ["2026-00001", "2026-00002", "2027-00001", "2026-00003"]
    assert list(breaches()) == []


def test_the_year_rolls_at_the_businesss_own_midnight(customer: Customer) -> None:
    """02:59:59 UTC on 1 January is still the old year in São Paulo."""
    found = []
    for second in (59, 60):
        with time_machine.travel(
            datetime(2026, 12, 31, 23, 59, tzinfo=UTC).timestamp() + 3 * 3600 + second, tick=False
        ):
            today = customer.business.today()
            found += numbers(customer, {"issue_on": today, "due_on": today})
    assert found == ["2026-00001", "2027-00001"]


def test_each_business_counts_for_itself(customer: Customer, other_business: Business) -> None:
    stranger = make_customer(other_business)
    assert numbers(customer, {}) + numbers(stranger, {}) == ["2026-00001"] * 2


def test_a_series_may_count_by_customer(db: None) -> None:
    business = make_business(number_pattern="{customer}-{seq}")
    first, second = make_customer(business, code="A"), make_customer(business, code="B")
    assert numbers(first, {}, {}) + numbers(second, {}) == ["A-1", "A-2", "B-1"]


def test_a_prefix_starts_its_own_series(customer: Customer) -> None:
    assert numbers(customer, {}, {"number_prefix": "X-"}) == ["2026-00001", "X-2026-00001"]


def test_a_series_may_start_at_any_place_but_only_once(customer: Customer) -> None:
    series = series_for(customer.business.number_pattern, day=DAY)
    numbering.start_at(customer.business, series, 1001)
    assert numbers(customer, {}, {}) == ["2026-01001", "2026-01002"]
    with pytest.raises(Conflict):
        numbering.start_at(customer.business, series, 5)
    assert list(breaches()) == []


def test_an_own_number_that_is_taken_is_a_conflict(customer: Customer) -> None:
    numbers(customer, {"wanted_number": "2026-00001"})
    second = make_invoice(customer, wanted_number="2026-00001")
    with pytest.raises(Conflict):
        issue(second)
    second.refresh_from_db()
    assert (second.status, second.number) == ("draft", None)
    assert numbers(customer, {}) == ["2026-00002"]


def test_the_counter_jumps_past_an_own_number_and_says_so(customer: Customer, caplog: Any) -> None:
    with caplog.at_level(logging.WARNING, logger="invoices.numbering"):
        assert numbers(customer, {}, {"wanted_number": "2026-00005"}, {}) == [
            "2026-00001",
            "2026-00005",
            "2026-00006",
        ]
    assert "jumps from 2 to 5" in caplog.text
    assert Sequence.objects.get().skipped == [[2, 4]]
    assert list(breaches()) == []


def test_a_skipped_place_can_still_be_asked_for(customer: Customer) -> None:
    numbers(customer, {"wanted_number": "2026-00005"}, {"wanted_number": "2026-00002"}, {})
    assert Sequence.objects.get().skipped == [[1, 1], [3, 4]]
    assert list(breaches()) == []


def test_a_number_of_another_shape_leaves_the_counter_alone(customer: Customer) -> None:
    assert numbers(customer, {"wanted_number": "A-77"}, {}) == ["A-77", "2026-00001"]
    assert list(breaches()) == []


def test_a_number_taken_before_its_series_began_is_jumped_over(customer: Customer) -> None:
    """Else the first invoice of 2027 would fail, and every one after it."""
    new_year = {"issue_on": date(2027, 1, 1), "due_on": date(2027, 1, 1)}
    assert numbers(customer, {"wanted_number": "2027-00001"}, new_year) == ["2027-00001", "2027-00002"]
    assert list(breaches()) == []


def test_two_series_that_write_the_same_number_do_not_block_each_other(db: None) -> None:
    customer = make_customer(make_business(number_pattern="{seq}"))
    assert numbers(customer, {"number_prefix": "1"}, *[{}] * 11)[-2:] == ["10", "12"]
    assert list(breaches()) == []


def test_a_place_written_with_fewer_digits_is_still_taken(customer: Customer) -> None:
    numbers(customer, {})
    Business.objects.update(number_pattern="{yyyy}-{seq:03}")
    customer.business.refresh_from_db()
    with pytest.raises(Conflict):
        numbers(customer, {"wanted_number": "2026-001"})
    assert numbers(customer, {}) == ["2026-002"]


def test_a_number_too_long_for_its_column_is_a_problem(db: None) -> None:
    customer = make_customer(make_business(number_pattern="x" * 45 + "{seq:05}"))
    with pytest.raises(Problem):
        numbers(customer, {"number_prefix": "p" * 20})
    assert not Invoice.objects.exclude(number=None).exists()
