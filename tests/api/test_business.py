"""The business behind a key, and its receiving accounts."""

import pytest

from api.business import Account, Business
from businesses import actions
from businesses.models import Account as AccountRow
from businesses.models import Business as BusinessRow
from businesses.roles import Role
from tests.api.words import listed, queries_of, said
from tests.gateway.calls import Caller

pytestmark = pytest.mark.django_db


def make_account(business: BusinessRow, name: str = "Main") -> AccountRow:
    account = AccountRow(business=business, name=name, pix_key="contas@padaria.example", external_id=name)
    return actions.save_account(account)


def test_a_key_sees_the_business_that_it_acts_for(business: BusinessRow) -> None:
    call = Caller(business, "faturo", Role.VIEWER)
    response = call.get("/business")
    found = said(response, Business)
    assert (found["id"], found["slug"], found["role"]) == (business.public_id, "padaria", "viewer")
    assert found["address"]["city"] == "São Paulo"
    assert call.get("/business", headers={"If-None-Match": response["ETag"]}).status_code == 304
    assert call.get("/business?fields=currency,due_days").json() == {"currency": "BRL", "due_days": 14}


def test_accounts_are_listed_and_read(business: BusinessRow, other_business: BusinessRow) -> None:
    call = Caller(business, "faturo")
    first, second = make_account(business), make_account(business, "Second")
    foreign = make_account(other_business)
    found = listed(call.get("/accounts"), Account)
    assert [row["id"] for row in found] == [second.public_id, first.public_id]
    assert said(call.get(f"/accounts/{first.public_id}"), Account) == found[1]
    assert listed(call.get("/accounts?external_id=Main"), Account) == found[1:]
    assert call.get(f"/accounts/{foreign.public_id}").status_code == 404
    assert queries_of(call, "/accounts") == 2
