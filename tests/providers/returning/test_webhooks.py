"""What comes in at the door of a connection: believed only as far as the provider's own books say the same."""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection as database
from django.test import Client

from businesses.models import Event
from core.clock import database_now
from invoices.models import Invoice
from payments.models import Payment
from providers import inbox
from providers.models import Connection, Drift, Health, Inbound, InboundState, RemoteInvoice
from tests.payments.money import issued
from tests.providers.returning.desk import SECRET, Desk

pytestmark = pytest.mark.django_db


def tell(connection: Connection, told: Any, token: str | None = SECRET, **query: str) -> int:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    headers = {} if token is None else {"x-token": token}
    path = inbox.inbound_url(connection).removeprefix(settings.SITE_URL)
    client = Client(enforce_csrf_checks=True)
    answer = client.post(path, body, content_type="application/json", headers=headers, query_params=query)
    return answer.status_code


def wait_is_over() -> None:
    Inbound.objects.update(due_at=database_now() - timedelta(seconds=1))


def test_a_paid_invoice_there_is_paid_here(
    connection: Connection, pushed: Callable[..., Invoice], desk: Desk
) -> None:
    invoice = pushed()
    desk.put("r1", standing="paid", paid=10000)
    assert tell(connection, {"id": "r1"}) == 200
    assert Payment.objects.count() == 0, "the answer came before anything was done"
    assert inbox.process() == 1
    invoice.refresh_from_db()
    payment = Payment.objects.get()
    assert (invoice.status, payment.amount, payment.source) == ("paid", 10000, "base39")
    row = RemoteInvoice.objects.get()
    assert (row.standing, row.paid, row.number) == ("paid", 10000, invoice.number)
    assert Event.objects.about(invoice).get(kind="invoice.paid").actor == "provider:Base39"


def test_the_same_words_again_are_answered_at_once_and_do_nothing(
    connection: Connection, pushed: Callable[..., Invoice], desk: Desk
) -> None:
    pushed()
    assert [tell(connection, {"id": "r1"}) for _ in range(3)] == [200, 200, 200]
    assert inbox.process() == 1
    assert inbox.process() == 0
    assert desk.calls == [("GET", "/invoices/r1")]


@pytest.mark.parametrize("token", [None, "", "wrong", "other-connection"])
def test_a_forged_webhook_is_refused_and_leaves_nothing(
    connect: Callable[..., Connection], pushed: Callable[..., Invoice], desk: Desk, token: str | None
) -> None:
    connect(provider="aira", secret="other-connection")
    invoice = pushed()
    desk.put("r1", standing="paid", paid=10000)
    mine = Connection.objects.get(provider="base39")
    assert tell(mine, {"id": "r1", "status": "paid", "paid": 10000}, token) == 401
    assert inbox.process() == 0
    invoice.refresh_from_db()
    assert (invoice.status, Inbound.objects.count(), desk.calls) == ("open", 0, [])


def test_a_right_signature_with_another_sum_pays_only_what_the_provider_has(
    connection: Connection, pushed: Callable[..., Invoice], desk: Desk
) -> None:
    invoice = pushed()
    desk.put("r1", paid=4000, standing="partially_paid")
    assert tell(connection, {"id": "r1", "standing": "paid", "paid": 999_999}) == 200
    inbox.process()
    invoice.refresh_from_db()
    assert (invoice.status, invoice.amount_paid) == ("open", 4000)


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"\xff\xfe", b'"x"', b"null"])
def test_what_cannot_be_read_is_refused_in_words(connection: Connection, body: bytes) -> None:
    assert tell(connection, body) == 400
    assert Inbound.objects.count() == 0


def test_only_posts_of_a_known_address_and_a_bearable_size_are_taken(connection: Connection) -> None:
    path = f"/webhooks/providers/{connection.token}/"
    assert Client().get(path).status_code == 405
    assert (
        Client().post("/webhooks/providers/nobody/", b"{}", content_type="application/json").status_code
        == 404
    )
    assert tell(connection, b" " * 1_000_001) == 413


def test_the_body_is_kept_encrypted_and_forgotten_later(connection: Connection) -> None:
    tell(connection, {"id": "r9", "name": "Maria Souza"})
    with database.cursor() as cursor:
        cursor.execute("SELECT sealed_body FROM providers_inbound")
        assert "Maria" not in cursor.fetchone()[0]
    assert "body" in json.loads(Inbound.objects.get().sealed_body)
    inbox.process()
    Inbound.objects.update(state=InboundState.DONE)
    assert inbox.forget(database_now() + timedelta(seconds=1)) == 1


def test_ids_that_no_database_takes_are_no_error_of_ours(connection: Connection) -> None:
    assert tell(connection, {"id": "a\x00b\ud800" + "x" * 500, "ref": 7}) == 200
    inbox.process()


def test_an_answer_waits_for_no_provider(connection: Connection) -> None:
    """The quickest of 20, with much room: this machine may have other things to do."""
    took = []
    for number in range(20):
        start = time.perf_counter()
        tell(connection, {"id": f"r{number}"})
        took.append(time.perf_counter() - start)
    assert min(took) < 0.5


def test_a_provider_that_is_down_is_asked_again_later(
    connection: Connection, pushed: Callable[..., Invoice], desk: Desk
) -> None:
    invoice = pushed()
    desk.put("r1", standing="paid", paid=10000)
    desk.sick = 503
    tell(connection, {"id": "r1"})
    inbox.process()
    row = Inbound.objects.get()
    assert (row.state, row.code, row.tries) == ("waiting", "down", 1)
    assert row.due_at > database_now()
    assert inbox.process() == 0, "not before its time"
    desk.sick = 0
    wait_is_over()
    inbox.process()
    invoice.refresh_from_db()
    assert (invoice.status, Inbound.objects.get().state) == ("paid", "done")


def test_a_provider_that_stays_down_is_given_up_and_that_is_seen(connection: Connection, desk: Desk) -> None:
    desk.sick = 500
    tell(connection, {"id": "r1"})
    for _ in range(len(inbox.DELAYS) + 1):
        wait_is_over()
        inbox.process()
    row = Inbound.objects.get()
    assert (row.state, row.code) == ("failed", "down")


def test_refused_credentials_pause_the_connection(connection: Connection, desk: Desk) -> None:
    desk.sick = 401
    tell(connection, {"id": "r1"})
    inbox.process()
    connection.refresh_from_db()
    assert connection.health == Health.PAUSED
    assert Inbound.objects.get().state == "waiting"


def test_a_webhook_before_our_create_returned_finds_the_invoice_by_our_reference(
    connection: Connection, customer: Any, desk: Desk
) -> None:
    invoice = issued(customer)
    RemoteInvoice.objects.create(business=invoice.business, connection=connection, invoice=invoice)
    desk.put("early", ref=invoice.public_id, total=10000, paid=10000, standing="paid")
    tell(connection, {"id": "early"})
    inbox.process()
    invoice.refresh_from_db()
    assert invoice.status == "paid"
    assert RemoteInvoice.objects.get().remote_id == "early"


def test_a_webhook_before_our_create_returned_waits_when_there_is_no_reference(
    connection: Connection, customer: Any, desk: Desk
) -> None:
    invoice = issued(customer)
    RemoteInvoice.objects.create(business=invoice.business, connection=connection, invoice=invoice)
    desk.put("early", total=10000, paid=4000, standing="partially_paid")
    tell(connection, {"id": "early"})
    inbox.process()
    assert Inbound.objects.get().code == "unknown_invoice"
    assert Drift.objects.get().kind == "missing_here"
    RemoteInvoice.objects.update(remote_id="early")
    wait_is_over()
    inbox.process()
    invoice.refresh_from_db()
    assert (invoice.amount_paid, Inbound.objects.get().state, Drift.objects.count()) == (4000, "done", 0)


def test_a_webhook_by_our_reference_alone_is_enough(
    connection: Connection, pushed: Callable[..., Invoice], desk: Desk
) -> None:
    invoice = pushed()
    desk.put("r1", standing="paid", paid=10000)
    tell(connection, {"ref": invoice.public_id})
    inbox.process()
    invoice.refresh_from_db()
    assert invoice.status == "paid"


def test_a_connection_that_is_switched_off_still_hears(
    connection: Connection, pushed: Callable[..., Invoice], desk: Desk
) -> None:
    invoice = pushed()
    Connection.objects.update(is_active=False)
    desk.put("r1", standing="paid", paid=10000)
    assert tell(connection, {"id": "r1"}) == 200
    inbox.process()
    invoice.refresh_from_db()
    assert invoice.status == "paid"
