"""Access that is renewed with refresh tokens that work once: by many readings at a time, and by others meanwhile."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from django.test import override_settings

from businesses.models import Business
from core.http import Answer, CallFailed, Request
from invoices.models import Invoice
from providers import actions, inbox, reconciling
from providers.connector import Access, Seen, Steps, Tokens, Unauthorized, expect
from providers.models import Connection, Inbound, RemoteInvoice
from providers.reading import Reading, read
from providers.registry import CONNECTORS
from tests.payments.money import issued
from tests.providers.returning.desk import SECRET, Desk, DeskConnector, _seen, issue
from tests.providers.returning.test_webhooks import tell

pytestmark = pytest.mark.django_db
Pushed = Callable[..., Invoice]


class RotatingDesk(Desk):
    """Takes the newest token only, as the first part of a path; renewing spends the token that it is asked with."""

    def __init__(self) -> None:
        super().__init__()
        self.number = 7
        self.renewed = 0

    @property
    def held(self) -> dict[str, str]:
        return {"access_token": f"a{self.number}", "refresh_token": f"r{self.number}"}

    def renew(self) -> dict[str, str]:
        self.number += 1
        return self.held

    def answer(self, method: str, path: str, said: Any) -> tuple[int, Any]:
        with self.lock:
            if path == "/token":
                is_right = said["refresh_token"] == self.held["refresh_token"]
                self.renewed += is_right
                return (200, self.renew()) if is_right else (400, {})
            _empty, token, rest = path.split("/", 2)
            if token != self.held["access_token"]:
                return 401, {}
        return super().answer(method, f"/{rest}", said)


def _asked(access: Access, path: str) -> Steps[Answer]:
    answer: Answer = yield Request("GET", f"{access.base_url}/{access.tokens.get('access_token')}{path}")
    if answer.status != 401:
        return answer
    body = json.dumps({"refresh_token": access.tokens.get("refresh_token")}).encode()
    renewed = yield Request("POST", f"{access.base_url}/token", body=body, is_secret=True)
    if not renewed.is_success:
        raise Unauthorized("invalid_grant")
    yield Tokens(renewed.json())
    again: Answer = yield Request("GET", f"{access.base_url}/{renewed.json()['access_token']}{path}")
    return again


class RotatingConnector(DeskConnector):
    def look(self, access: Access, remote_id: str) -> Steps[Seen]:
        return _seen(expect((yield from _asked(access, f"/invoices/{remote_id}"))))

    def listed(self, access: Access, since: date) -> Steps[list[Seen]]:
        return [_seen(entry) for entry in expect((yield from _asked(access, "/invoices")))]


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[RotatingDesk]:
    monkeypatch.setitem(CONNECTORS, "base39", RotatingConnector("base39", issue=issue))
    with override_settings(ALLOW_PRIVATE_TARGETS=True), RotatingDesk() as running:
        yield running


@pytest.fixture
def there(business: Business, desk: RotatingDesk, customer: Any) -> Connection:
    """A connection whose access has run out, with six invoices that were paid there."""
    found = actions.create(business, "base39", {"secret": SECRET}, base_url=desk.url)
    actions.store(None, found.pk, Tokens({"access_token": "long over", "refresh_token": "r7"}))
    for number in range(6):
        invoice, remote_id = issued(customer), f"i{number}"
        row = {"business": business, "connection": found, "invoice": invoice, "remote_id": remote_id}
        RemoteInvoice.objects.create(**row, standing="open")
        desk.put(remote_id, standing="paid", total=10000, paid=10000, currency="BRL")
    found.refresh_from_db()
    return found


def statuses() -> set[str]:
    return set(Invoice.objects.values_list("status", flat=True))


def health(connection: Connection) -> str:
    return Connection.objects.get(pk=connection.pk).health


def test_many_readings_at_once_renew_their_access_once(there: Connection, desk: RotatingDesk) -> None:
    for remote_id in desk.books:
        tell(there, {"id": remote_id})
    inbox.process()
    assert (statuses(), desk.renewed, health(there)) == ({"paid"}, 1, "")
    assert set(Inbound.objects.values_list("state", flat=True)) == {"done"}
    assert Connection.objects.get().tokens == desk.held


def test_what_the_list_has_renewed_the_readings_after_it_use(there: Connection, desk: RotatingDesk) -> None:
    reconciling.pull([there])
    assert (statuses(), desk.renewed, health(there)) == ({"paid"}, 1, "")


def test_what_somebody_else_renewed_is_used_and_not_renewed_again(
    there: Connection, desk: RotatingDesk
) -> None:
    actions.store(None, there.pk, Tokens(desk.renew()))
    reconciling.pull([there])
    assert (statuses(), desk.renewed, health(there)) == ({"paid"}, 0, "")


def _refused(connection: Connection, *renewed: Any) -> Steps[None]:
    yield from renewed
    raise Unauthorized("invalid_grant")


def test_a_renewal_that_another_worker_won_pauses_nothing(there: Connection, desk: RotatingDesk) -> None:
    reading = Reading(there, _refused(there))
    actions.store(None, there.pk, Tokens(desk.renew()))
    read([reading])
    assert isinstance(reading.failed, CallFailed) and reading.failed.code == "renewing"
    assert health(there) == ""


def test_access_that_is_refused_right_after_it_was_renewed_does_pause(
    there: Connection, desk: RotatingDesk
) -> None:
    read([Reading(there, _refused(there, Tokens(desk.renew())))])
    assert health(there) == "paused"
