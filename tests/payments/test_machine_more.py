"""Hypothesis looks for an order of events that loses or makes money: the other half of the examples."""

import pytest

from tests.payments.machine import run

pytestmark = pytest.mark.django_db(transaction=True)


def test_no_other_order_of_events_does_either() -> None:
    run()
