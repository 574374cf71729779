"""Hypothesis looks for an order of events that loses or makes money: half of the examples."""

import pytest

from tests.payments.machine import run

pytestmark = pytest.mark.django_db(transaction=True)


def test_no_order_of_events_loses_or_makes_money() -> None:
    run()
