"""The HighLevel connector step by step: what it asks, and what it makes of every kind of answer."""

import base64
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from core.http import CallFailed
from core.problems import Problem
from invoices.draft import DiscountDraft, LineDraft, TaxDraft
from providers.connector import (
    Access,
    Busy,
    Doubtful,
    Forged,
    Job,
    Learned,
    Refused,
    Remote,
    Secured,
    Standing,
    Tokens,
    Unauthorized,
)
from providers.highlevel.client import HIGHLEVEL, issue, pay, send, void
from tests.providers.highlevel.spec import check_request
from tests.providers.steps import CUT, ID, Played, bill_of, play

HELD = {"location_id": "loc", "access_token": "pit", "user_id": "user"}
ACCESS = Access("https://there.example", HELD)
OAUTH = Access(
    "https://there.example",
    {"location_id": "loc", "user_id": "user", "client_id": "c", "client_secret": "s", "refresh_token": "r0"},
    tokens={"access_token": "a1", "refresh_token": "r1"},
)
JOB = Job(ACCESS, "key", bill_of())
THERE = Remote("inv1", notes={"contact": "c1", "asked": True})
CONTACT = (200, {"new": True, "contact": {"id": "c1"}})
PLACE = "altId=loc&altType=location"
CREATING = ["POST /contacts/upsert", "POST /invoices/", "POST /invoices/inv1/send"]
RENEWED = (200, {"access_token": "a2", "refresh_token": "r2"})


def row(status: str = "draft", **fields: Any) -> dict[str, Any]:
    known = {"_id": "inv1", "status": status, "name": f"2026-00001 {ID}", "currency": "BRL", "total": 100}
    return {**known, "amountPaid": 0, "invoiceNumber": "2026-00001", "altId": "loc", **fields}


def shown(*rows: Any) -> tuple[int, Any]:
    return 200, {"invoices": list(rows), "total": len(rows)}


def sent(status: str = "sent") -> tuple[int, Any]:
    return 200, {"invoice": row(status), "smsData": {}, "emailData": {}}


def at(job: Job, **options: str) -> Job:
    return replace(job, access=replace(job.access, options=options))


def played(*args: Any, **more: Any) -> Played:
    """Every request is one that the provider's own document allows."""
    found = play(*args, **more)
    for request in found.requests:
        path = request.url.removeprefix("https://there.example")
        if not path.startswith("/oauth"):
            check_request(request.method, path, json.loads(request.body) if request.body else None)
    return found


def test_it_makes_the_contact_the_invoice_and_sends_it() -> None:
    found = played(issue(JOB), CONTACT, (201, row()), sent())
    assert found.asked == CREATING
    headers = found.requests[1].headers
    assert (headers["Authorization"], headers["Version"]) == ("Bearer pit", "2021-07-28")
    body = found.body(1)
    assert (body["altId"], body["altType"], body["contactDetails"]["id"]) == ("loc", "location", "c1")
    assert (body["name"], body["invoiceNumber"]) == (f"2026-00001 {ID}", "2026-00001")
    assert found.body(2)["action"] == "send_manually"
    began, created, gone_out = found.learned
    assert began.notes == {"contact": "c1", "asked": True}
    assert (created.id, created.standing, created.total) == ("inv1", "draft", 10_000)
    assert gone_out.standing == "open"


def test_the_connection_says_how_it_is_sent_or_that_it_is_not() -> None:
    found = played(issue(at(JOB, send="email")), CONTACT, (201, row()), sent())
    assert found.body(2)["action"] == "email"
    assert played(issue(at(JOB, send="no")), CONTACT, (201, row())).asked == CREATING[:2]


def test_a_connection_for_trials_makes_trial_invoices() -> None:
    job = replace(JOB, access=replace(ACCESS, is_live=False))
    found = played(issue(job), CONTACT, (201, row()), sent())
    assert (found.body(1)["liveMode"], found.body(2)["liveMode"]) == (False, False)


@pytest.mark.parametrize("step", [0, 1, 2])
@pytest.mark.parametrize(
    ("answer", "raised", "is_unclear"),
    [
        ((429, {}), Busy, False),
        ((500, {}), Busy, True),
        ((200, b"<html>"), CallFailed, True),
        (CUT, CallFailed, True),
    ],
)
def test_an_answer_that_says_nothing_is_worth_another_try_at_every_step(
    step: int, answer: Any, raised: type[Busy | CallFailed], is_unclear: bool
) -> None:
    into = Played()
    with pytest.raises(raised) as failed:
        play(issue(JOB), *[CONTACT, (201, row())][:step], answer, into=into)
    failure: Any = failed.value
    assert failure.is_unclear is is_unclear
    assert into.asked == CREATING[: step + 1]


def test_a_refusal_says_the_providers_own_words() -> None:
    said = {"statusCode": 422, "message": ["altId must be a string", "items is empty"]}
    with pytest.raises(Refused) as refused:
        play(issue(JOB), CONTACT, (422, said))
    assert refused.value.text == "altId must be a string · items is empty"


@pytest.mark.parametrize(
    "job",
    [replace(JOB, is_unclear=True), replace(JOB, remote=Remote(notes={"contact": "c1", "asked": True}))],
)
def test_after_an_unclear_create_it_looks_for_our_id_first(job: Job) -> None:
    before = [] if job.remote.notes else [CONTACT]
    found = played(issue(job), *before, shown(row("sent")))
    assert found.asked[-1] == f"GET /invoices/?{PLACE}&limit=100&offset=0&search={ID}"
    assert found.learned[-1].id == "inv1"
    others = [row(name=f"another {'f' * 24}"), row(name="New invoice")]
    found = played(issue(job), *before, shown(*others), shown(*others, row("sent")))
    assert found.asked[-1] == f"GET /invoices/?{PLACE}&limit=100&offset=0&contactId=c1"
    found = played(issue(job), *before, shown(), shown(*others), (201, row()), sent())
    assert found.asked[-2:] == CREATING[1:]


def test_two_with_our_id_need_a_person() -> None:
    job = replace(JOB, remote=replace(THERE, id=""), is_unclear=True)
    with pytest.raises(Doubtful):
        play(issue(job), shown(row(), row(_id="inv2")))
    with pytest.raises(CallFailed):
        play(issue(job), (200, {"invoices": None}))


def test_what_was_created_already_is_only_sent() -> None:
    found = played(issue(replace(JOB, remote=THERE, is_unclear=True)), (200, row()), sent())
    assert found.asked == [f"GET /invoices/inv1?{PLACE}", CREATING[2]]
    assert played(issue(replace(JOB, remote=THERE)), (200, row("sent"))).asked == found.asked[:1]


def test_another_total_there_is_told_and_not_sent() -> None:
    into = Played()
    with pytest.raises(Refused):
        play(issue(JOB), CONTACT, (201, row(total=99.99)), into=into)
    assert into.learned[-1].total == 9_999 and into.asked == CREATING[:2]


def test_access_that_ran_out_is_renewed_once_and_stored_before_anything_else() -> None:
    job = replace(JOB, access=OAUTH)
    found = play(issue(job), (401, {}), RENEWED, CONTACT, (201, row()), sent())
    assert found.asked[:3] == [CREATING[0], "POST /oauth/token", CREATING[0]]
    renewal = found.requests[1]
    assert renewal.is_secret
    form = parse_qs(renewal.body.decode())
    assert (form["grant_type"], form["refresh_token"]) == (["refresh_token"], ["r1"])
    assert found.tokens == [Tokens({"access_token": "a2", "refresh_token": "r2"})]
    assert found.requests[2].headers["Authorization"] == "Bearer a2"
    with pytest.raises(Unauthorized):
        play(issue(job), (401, {}), RENEWED, (401, {}))


def test_the_first_access_is_got_with_the_refresh_token_that_was_entered() -> None:
    job = replace(JOB, access=replace(OAUTH, tokens={}))
    found = play(issue(job), RENEWED, CONTACT, (201, row()), sent())
    assert parse_qs(found.requests[0].body.decode())["refresh_token"] == ["r0"]


def test_a_private_token_that_is_not_taken_needs_somebody() -> None:
    with pytest.raises(Unauthorized):
        play(issue(JOB), (401, {"message": "Invalid token"}))
    with pytest.raises(Unauthorized):
        play(issue(replace(JOB, access=Access("https://there.example", {"location_id": "loc"}))))


def test_a_renewal_that_somebody_else_won_is_tried_again_and_only_then_given_up() -> None:
    job, into = replace(JOB, access=OAUTH), Played()
    refused = (400, {"message": "invalid_grant"})
    with pytest.raises(CallFailed) as failed:
        play(issue(job), (401, {}), refused, into=into)
    assert failed.value.code == "renewing" and not failed.value.is_unclear
    again = replace(job, remote=Remote(notes=into.learned[-1].notes))
    with pytest.raises(Unauthorized, match="invalid_grant"):
        play(issue(again), (401, {}), refused)
    won = replace(again, access=replace(OAUTH, tokens={"access_token": "a2", "refresh_token": "r2"}))
    assert play(issue(won), CONTACT, (201, row()), sent()).asked == CREATING
    with pytest.raises(Unauthorized):
        play(HIGHLEVEL.check(OAUTH), (401, {}), refused)


def test_a_payment_is_what_is_missing_there() -> None:
    bill = replace(bill_of(paid=7_000), paid_on=date(2026, 3, 9), method="pix")
    job = replace(JOB, bill=bill, remote=THERE)
    recorded = (200, {"success": True, "invoice": row("partially_paid", amountPaid=70)})
    found = played(pay(job), (200, row("partially_paid", amountPaid=29.5)), recorded)
    assert found.asked[1] == "POST /invoices/inv1/record-payment"
    body = found.body(1)
    assert (body["amount"], body["mode"], body["fulfilledAt"]) == (40.5, "other", "2026-03-09T12:00:00.000Z")
    assert (found.learned[-1].paid, found.learned[-1].standing) == (7_000, "partially_paid")


def test_a_payment_that_was_perhaps_recorded_is_not_recorded_again() -> None:
    job = replace(JOB, bill=bill_of(paid=7_000), remote=THERE, is_unclear=True)
    assert len(played(pay(job), (200, row("partially_paid", amountPaid=70))).asked) == 1
    with pytest.raises(Refused, match="void"):
        play(pay(job), (200, row("void")))
    with pytest.raises(CallFailed):
        play(pay(job), (200, row()), (200, {"success": True}))


def test_voiding() -> None:
    job = replace(JOB, remote=THERE)
    found = played(void(job), (200, row("sent")), (200, row("void")))
    assert found.asked[1] == "POST /invoices/inv1/void" and found.body(1)["altId"] == "loc"
    assert found.learned == [Learned("inv1", "2026-00001", None, "void", "void", 10_000, 0)]
    assert len(played(void(job), (200, row("void"))).asked) == 1
    assert played(void(job), (404, {})).learned[-1].standing == "gone"
    found = played(void(job), (200, row()), (200, row()))
    assert found.asked[1] == f"DELETE /invoices/inv1?{PLACE}" and found.learned[-1].standing == "gone"


def test_sending_once_more() -> None:
    job = replace(JOB, remote=THERE)
    assert len(played(send(job), (200, row("sent"))).asked) == 1
    assert played(send(job), (200, row()), sent()).asked[1] == CREATING[2]
    by_mail = at(job, send="email")
    assert played(send(by_mail), (200, row("sent")), sent()).body(1)["action"] == "email"
    with pytest.raises(Doubtful):
        play(send(replace(by_mail, is_unclear=True)), (200, row("sent")))
    assert len(played(send(by_mail), (200, row("void"))).asked) == 1


@pytest.mark.parametrize(
    ("field", "bill", "held"),
    [
        ("email", bill_of(payer={"emails": []}), HELD),
        ("phone", bill_of(payer={"phone": ""}), HELD),
        ("user_id", bill_of(), {"location_id": "loc"}),
        (
            "lines",
            bill_of(LineDraft("a", Decimal(9), taxes=(TaxDraft("a", Decimal(1), withheld=True),))),
            HELD,
        ),
        (
            "lines",
            bill_of(LineDraft("a", Decimal(9), taxes=(TaxDraft("a", Decimal(1), compound=True),))),
            HELD,
        ),
        ("lines", bill_of(LineDraft("a", Decimal(9), taxes=(TaxDraft("a", fixed=1),))), HELD),
        (
            "lines",
            bill_of(
                LineDraft(
                    "a",
                    Decimal(9),
                    taxes=(TaxDraft("a", Decimal(1)), TaxDraft("b", Decimal(1), inclusive=True)),
                )
            ),
            HELD,
        ),
    ],
)
def test_what_cannot_be_pushed_is_refused_before_anything_is_sent(
    field: str, bill: Any, held: dict[str, str]
) -> None:
    with pytest.raises(Problem) as problem:
        HIGHLEVEL.refuse(bill, replace(ACCESS, credentials=held))
    assert problem.value.field == field


def test_everything_else_is_not_refused() -> None:
    HIGHLEVEL.refuse(bill_of(currency="USD"), ACCESS)
    HIGHLEVEL.refuse(bill_of(), Access("", {"location_id": "loc"}, {"send": "no"}))


def test_a_discount_that_highlevel_cannot_say_is_taken_off_the_lines() -> None:
    lines = [LineDraft("a", Decimal(10), product_ref="p"), LineDraft("b", Decimal(90))]
    bill = bill_of(*lines, discount=DiscountDraft(percent=Decimal(50), product_refs=("p",)))
    found = played(issue(replace(JOB, bill=bill)), CONTACT, (201, row(total=95)), sent())
    body = found.body(1)
    assert [(item["amount"], item["qty"]) for item in body["items"]] == [(5, 1), (90, 1)]
    assert body["discount"]["value"] == 0 and "productId" not in body["items"][0]


def test_a_list_is_read_page_by_page_and_each_invoice_once() -> None:
    first = [row(_id=f"i{n}") for n in range(100)]
    whole = 200, {"invoices": first, "total": 102}
    found = played(
        HIGHLEVEL.listed(ACCESS, date(2026, 1, 1)),
        whole,
        (200, {"invoices": [first[-1], row(_id="last")], "total": 102}),
    )
    assert [f"offset={n}&startAt=2026-01-01" in asked for n, asked in zip((0, 100), found.asked, strict=True)]
    assert len(found.value) == 101


@pytest.mark.parametrize(
    ("said", "standing"),
    [
        ("draft", "draft"),
        ("payment_processing", "processing"),
        ("partially_paid", "partially_paid"),
        ("written_off", "unknown"),
    ],
)
def test_their_words_become_ours_and_unknown_ones_are_kept(said: str, standing: str) -> None:
    found = played(HIGHLEVEL.look(ACCESS, "inv1"), (200, row(said))).value
    assert (found.standing, found.word, found.ref) == (standing, said, ID)


def test_money_that_came_through_floating_point_is_rounded_to_the_cent() -> None:
    found = played(HIGHLEVEL.look(ACCESS, "inv1"), (200, row(total=0.1 + 0.2, amountPaid=29.999999996))).value
    assert (found.total, found.paid) == (30, 3_000)
    yen = played(HIGHLEVEL.look(ACCESS, "inv1"), (200, row(currency="JPY", total=500))).value
    assert yen.total == 500


def test_the_test_button_changes_nothing() -> None:
    found = played(HIGHLEVEL.check(ACCESS), shown())
    assert (found.asked, found.value) == ([f"GET /invoices/?{PLACE}&limit=1&offset=0"], "loc")
    with pytest.raises(CallFailed):
        play(HIGHLEVEL.check(ACCESS), (200, {}))


KEY = Ed25519PrivateKey.generate()
PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
HEARING = replace(ACCESS, credentials={**HELD, "webhook_key": PEM})


def webhook(said: Any, *, signed: bytes | None = None) -> Secured:
    body = said if isinstance(said, bytes) else json.dumps(said, ensure_ascii=False).encode()
    signature = base64.b64encode(KEY.sign(body if signed is None else signed)).decode()
    return Secured({"x-ghl-signature": signature}, body)


def test_a_signed_webhook_tells_of_its_invoice() -> None:
    said = {**row("paid", amountPaid=100, title="Março"), "type": "InvoicePaid", "locationId": "loc"}
    (news,) = HIGHLEVEL.hear(HEARING, webhook(said))
    assert (news.remote_id, news.ref) == ("inv1", ID)
    assert news.seen is not None
    assert (news.seen.standing, news.seen.paid) == (Standing.PAID, 10_000)
    (deleted,) = HIGHLEVEL.hear(HEARING, webhook(row("delete")))
    assert deleted.seen is not None and deleted.seen.standing == Standing.GONE
    (bare,) = HIGHLEVEL.hear(HEARING, webhook({"_id": "inv1", "altId": "loc"}))
    assert (bare.remote_id, bare.seen) == ("inv1", None)


def test_what_is_not_about_an_invoice_is_no_news() -> None:
    assert HIGHLEVEL.hear(HEARING, webhook({"type": "ContactCreate", "id": "c1"})) == []
    assert HIGHLEVEL.hear(HEARING, webhook({"type": "OrderCreate", "_id": "o1", "altId": "loc"})) == []
    assert HIGHLEVEL.hear(HEARING, webhook([1])) == []


@pytest.mark.parametrize(
    "forged",
    [
        Secured({}, b"{}"),
        Secured({"x-ghl-signature": ""}, b"{}"),
        Secured({"x-ghl-signature": "not base64"}, b"{}"),
        Secured({"x-ghl-signature": "é"}, b"{}"),
        Secured({"x-ghl-signature": base64.b64encode(b"0" * 64).decode()}, b"{}"),
        webhook(row("paid"), signed=json.dumps(row("sent")).encode()),
        webhook(row("paid", altId="another")),
        webhook({**row("paid"), "locationId": "another"}),
        webhook({"_id": "inv1", "status": "paid"}),
    ],
)
def test_what_is_not_signed_or_about_another_account_is_forged(forged: Secured) -> None:
    with pytest.raises(Forged):
        HIGHLEVEL.hear(HEARING, forged)


@pytest.mark.parametrize("key", ["", "rubbish", "AAAA", PEM[:60]], ids=["none", "rubbish", "short", "cut"])
def test_without_the_right_key_nothing_is_believed(key: str) -> None:
    access = replace(ACCESS, credentials={**HELD, "webhook_key": key})
    with pytest.raises(Forged):
        HIGHLEVEL.hear(access, webhook(row("paid")))


def test_a_signed_body_that_cannot_be_read_is_a_clear_error() -> None:
    with pytest.raises(Problem):
        HIGHLEVEL.hear(HEARING, webhook(b"{"))
