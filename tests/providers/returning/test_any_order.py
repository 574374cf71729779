"""A hundred webhooks, told twice and thrice, shuffled, fifty at a time: the same end as one after the other."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from businesses.models import Event
from customers.models import Customer
from invoices.models import Invoice
from payments.models import Payment
from providers import inbox, returns
from providers.connector import Seen, SeenPayment
from providers.models import Connection, Inbound, RemoteInvoice
from tests.payments.money import issued
from tests.providers.returning.desk import SECRET, Desk
from tests.races import race

WORDS = ("opened", "partially_paid", "paid")
COUNT = 11  # invoices; with three words each, told three times: 99 webhooks


def webhooks(invoices: list[str]) -> list[bytes]:
    told = [json.dumps({"id": one, "event": word}).encode() for one in invoices for word in WORDS] * 3
    told.append(json.dumps({"id": "of somebody else", "event": "paid"}).encode())
    return told


def post(connection: Connection, body: bytes) -> int:
    path = f"/webhooks/providers/{connection.token}/"
    headers = {"x-token": SECRET}
    return Client().post(path, body, content_type="application/json", headers=headers).status_code


def pay_in_two(desk: Desk, names: list[str]) -> None:
    parts = [("a", 3000), ("b", 7000)]
    for name in names:
        payments = [{"external_id": f"{name}-{part}", "amount": amount} for part, amount in parts]
        desk.put(name, standing="paid", paid=10000, payments=payments)


def the_end() -> dict[str, Any]:
    return {
        "invoices": sorted(Invoice.objects.values_list("status", "amount_paid")),
        "payments": sorted(Payment.objects.values_list("external_id", "amount", "applied")),
        "remotes": sorted(RemoteInvoice.objects.values_list("remote_id", "standing", "total", "paid")),
        "told": sorted(Event.objects.filter(kind="invoice.paid").values_list("kind", flat=True)),
    }


EXPECTED = {
    "invoices": [("paid", 10000)] * COUNT,
    "payments": sorted(
        (f"r{n:02}-{part}", amount, amount)
        for n in range(COUNT)
        for part, amount in [("a", 3000), ("b", 7000)]
    ),
    "remotes": [(f"r{n:02}", "paid", 10000, 10000) for n in range(COUNT)],
    "told": ["invoice.paid"] * COUNT,
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", [None, 1, 2, 3])
def test_100_webhooks_in_any_order_come_to_the_same_end(
    connection: Connection, pushed: Callable[..., Invoice], desk: Desk, seed: int | None
) -> None:
    """Some are acted on while others are still to come, and the provider's own books move on meanwhile."""
    names = [f"r{n:02}" for n in range(COUNT)]
    for name in names:
        pushed(name)
    told = webhooks(names)
    if seed is not None:
        random.Random(seed).shuffle(told)
    for number, body in enumerate(told):
        assert post(connection, body) == 200
        if number == 30:
            inbox.process()
            for name in names:
                desk.put(
                    name,
                    paid=3000,
                    standing="partially_paid",
                    payments=[{"external_id": f"{name}-a", "amount": 3000}],
                )
        if number == 50:
            inbox.process()
            pay_in_two(desk, names)
    later = json.dumps({"id": names[0], "event": "last"}).encode()
    for name in names:
        post(connection, json.dumps({"id": name, "event": "last"}).encode())
    assert post(connection, later) == 200
    while inbox.process():
        pass
    assert the_end() == EXPECTED
    assert Inbound.objects.count() == COUNT * 4 + 1


@pytest.mark.django_db(transaction=True)
def test_100_webhooks_50_at_a_time_with_several_workers_come_to_the_same_end(
    connection: Connection, pushed: Callable[..., Invoice], desk: Desk
) -> None:
    names = [f"r{n:02}" for n in range(COUNT)]
    for name in names:
        pushed(name)
    pay_in_two(desk, names)
    told = webhooks(names)
    random.Random(7).shuffle(told)

    def act(number: int) -> list[int]:
        codes = [post(connection, body) for body in told[number::50]]
        if number % 10 == 0:
            inbox.process()
        return codes

    codes = race(50, act)
    assert [code for code in codes if code != [200, 200]] == []
    while inbox.process():
        pass
    assert the_end() == EXPECTED


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_sum", [True, False])
def test_one_payment_seen_50_times_at_once_is_one_payment(
    connection: Connection, pushed: Callable[..., Invoice], is_sum: bool
) -> None:
    invoice = pushed()
    one = () if is_sum else (SeenPayment("pay-1", 10000),)
    seen = Seen("r1", "paid", "paid", total=10000, paid=10000, payments=one)
    ends = race(50, lambda _number: returns.take_in(connection, seen))
    assert ends == [True] * 50
    invoice.refresh_from_db()
    assert (invoice.status, Payment.objects.count()) == ("paid", 1)


@pytest.mark.django_db
def test_what_was_read_earlier_and_comes_later_changes_nothing(
    connection: Connection, pushed: Callable[..., Invoice]
) -> None:
    invoice = pushed()
    steps = [("open", 0), ("partially_paid", 4000), ("paid", 10000)]
    for standing, paid in [*steps, *reversed(steps), *steps]:
        returns.take_in(connection, Seen("r1", standing, standing, total=10000, paid=paid))
    invoice.refresh_from_db()
    row = RemoteInvoice.objects.get()
    assert (invoice.status, invoice.amount_paid, row.standing, row.paid) == ("paid", 10000, "paid", 10000)
    assert sorted(Payment.objects.values_list("amount", flat=True)) == [4000, 6000]


@pytest.mark.django_db
@pytest.mark.parametrize("word", ["open", "overdue", "processing", "unknown", "uncollectible"])
def test_a_word_that_says_less_never_undoes_what_is_known(
    connection: Connection, pushed: Callable[..., Invoice], word: str
) -> None:
    invoice = pushed()
    returns.take_in(
        connection, Seen("r1", "refunded", "refunded", total=10000, payments=(SeenPayment("p", 10000),))
    )
    returns.take_in(connection, Seen("r1", word, f"their {word}", total=10000))
    invoice.refresh_from_db()
    row = RemoteInvoice.objects.get()
    assert (invoice.status, row.standing) == ("paid", "refunded")
    assert row.word == ("their unknown" if word == "unknown" else "refunded")


@pytest.mark.django_db
def test_money_that_we_told_the_provider_of_does_not_come_back_as_a_payment(
    connection: Connection, customer: Customer, pushed: Callable[..., Invoice]
) -> None:
    invoice = pushed(invoice=issued(customer))
    from_elsewhere = Seen("r1", "partially_paid", "partially_paid", total=10000, paid=4000)
    RemoteInvoice.objects.update(notes={"told": ["pi_7"]})
    told = Seen("r1", "open", "open", total=10000, payments=(SeenPayment("pi_7", 4000),))
    returns.take_in(connection, told)
    assert Payment.objects.count() == 0
    returns.take_in(connection, from_elsewhere)
    returns.take_in(connection, from_elsewhere)
    assert Payment.objects.get().amount == 4000
    invoice.refresh_from_db()
    assert invoice.amount_paid == 4000
