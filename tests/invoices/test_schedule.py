"""Payment schedules by amount or by percentage, and card instalments: every sum exact."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.problems import Problem
from customers.models import Customer
from invoices import actions, schedule
from tests.factories import line, make_draft, make_invoice


def parts(*percents: str) -> dict[str, Any]:
    return {"parts": [{"due_on": f"2026-0{i}-15", "percent": text} for i, text in enumerate(percents, 3)]}


@pytest.mark.django_db
def test_percentages_become_amounts_that_sum_exactly(customer: Customer) -> None:
    invoice = make_invoice(customer, [line("99.99")], schedule=parts("33.3333", "33.3333", "33.3334"))
    assert [part.amount for part in schedule.parts_of(invoice.schedule)] == [3333, 3333, 3333]


@pytest.mark.django_db
def test_an_edit_keeps_the_percentages(customer: Customer) -> None:
    invoice = make_invoice(customer, schedule=parts("30", "70"))
    draft = make_draft(customer, [line("200.00")], schedule=invoice.schedule)
    revised = actions.revise(invoice, draft, version=1)
    assert [part.amount for part in schedule.parts_of(revised.schedule)] == [6000, 14000]


@pytest.mark.parametrize(
    ("percents", "code"),
    [
        (("50", "49"), "percent_sum"),
        (("50", ""), "percent"),
        (("120", "-20"), "percent"),
        (("1e2",), "number"),
        (("NaN",), "number"),
    ],
)
@pytest.mark.django_db
def test_percentages_that_make_no_hundred_are_refused(
    customer: Customer, percents: tuple[str, ...], code: str
) -> None:
    with pytest.raises(Problem) as refused:
        make_invoice(customer, schedule=parts(*percents))
    assert refused.value.code == code
    assert refused.value.field.startswith("schedule.parts")


@given(st.integers(1, 10**12), st.lists(st.integers(1, 10**6), min_size=2, max_size=60))
@settings(max_examples=300)
def test_any_split_sums_exactly(amount: int, weights: list[int]) -> None:
    """Percentages with four places; the last takes what rounding left."""
    shares = [Decimal(100 * weight // sum(weights)) for weight in weights[:-1]]
    shares = [max(share, Decimal("0.0001")) for share in shares]
    shares.append(100 - sum(shares, Decimal(0)))
    given_parts = [{"due_on": "2026-03-15", "percent": str(share)} for share in shares]
    found = schedule.resolved({"parts": given_parts}, amount)
    assert sum(part["amount"] for part in found["parts"]) == amount


def test_three_instalments_of_a_hundred() -> None:
    assert schedule.instalments(10000, 3) == [3334, 3333, 3333]


@pytest.mark.parametrize("count", [0, 25, -1])
@pytest.mark.django_db
def test_instalments_have_a_limit(customer: Customer, count: int) -> None:
    with pytest.raises(Problem) as refused:
        make_invoice(customer, card_instalments=count)
    assert refused.value.field == "card_instalments"
