"""Events about one row, written at the same moment, still follow one another."""

import pytest

from businesses.events import broken_links, record
from businesses.models import Event
from tests.factories import make_business, make_customer
from tests.races import race

pytestmark = pytest.mark.django_db(transaction=True)


def test_events_written_at_once_make_one_chain() -> None:
    business = make_business()
    customer = make_customer(business)

    def tell(thread: int) -> None:
        for _time in range(5):
            record("customer.seen", customer, business=business, by=f"key:{thread}")

    assert set(race(8, tell)) == {None}
    events = list(Event.objects.about(customer).order_by("id"))
    assert len(events) == 41
    assert list(broken_links(events)) == []
