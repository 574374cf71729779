"""A business keeps an administrator, whatever two of them do to each other at the same moment."""

import pytest

from businesses import actions
from businesses.models import Membership
from businesses.roles import Role
from tests.factories import make_business, make_staff
from tests.races import race

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_administrators_who_demote_each_other_do_not_both_succeed() -> None:
    for number in range(5):
        business = make_business(slug=f"b{number}")
        pair = [make_staff(business, "admin", username=f"{name}{number}") for name in ("ana", "rui")]
        theirs = [
            Membership.objects.select_related("user", "business").get(user=user) for user in reversed(pair)
        ]
        race(2, lambda thread, theirs=theirs: actions.change_role(theirs[thread], Role.VIEWER))  # type: ignore[misc]
        assert business.memberships.filter(role=Role.ADMIN).count() == 1


def test_an_administrator_who_cannot_sign_in_does_not_count() -> None:
    business = make_business()
    make_staff(business, "admin", username="gone", is_active=False)
    last = Membership.objects.get(user=make_staff(business, "admin", username="last"))
    with pytest.raises(Exception, match="admin"):
        actions.change_role(last, Role.VIEWER)
