"""Signing in and out: what is recorded, what a stranger can learn, when it stops."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone

from businesses.events import broken_links
from businesses.models import Business, Event, User
from tests.businesses.signing import LOGIN, is_inside, kinds, sign_in
from tests.factories import PASSWORD

Staff = Callable[..., User]


@pytest.fixture
def ana(staff: Staff) -> User:
    return staff(username="ana")


@pytest.fixture
def throttled() -> Iterator[None]:
    """Password guessing is counted, as it is outside of tests."""
    with override_settings(AXES_ENABLED=True):
        yield


def test_signing_in_and_out_is_recorded(client: Client, ana: User) -> None:
    assert sign_in(client, "ana").headers["Location"] == "/admin/"
    assert is_inside(client)
    client.post("/admin/logout/")
    assert not is_inside(client)
    assert kinds(ana) == ["staff.signed_in", "staff.signed_out"]
    event = Event.objects.about(ana).first()
    assert event and (event.business, event.actor, event.data) == (None, "user:ana", {"address": "127.0.0.1"})


def test_the_session_gets_a_new_key_at_sign_in(client: Client, ana: User) -> None:
    session = client.session
    session["kept"] = 1
    session.save()
    before = session.session_key
    sign_in(client, "ana")
    assert client.session.session_key != before


def test_a_wrong_password_is_recorded_without_the_password(client: Client, ana: User) -> None:
    assert sign_in(client, "ana", "s3cret guess").status_code == 200
    event = Event.objects.about(ana).get()
    assert (event.kind, event.actor) == ("staff.sign_in_failed", "anonymous")
    assert event.data == {"name": "ana", "address": "127.0.0.1"}
    assert "s3cret" not in str(Event.objects.values_list())


def test_an_unknown_name_gets_the_same_answer_and_its_own_record(client: Client, ana: User) -> None:
    answers = [
        sign_in(client, name, "wrong").content.decode().replace(name, "NAME") for name in ("ana", "eva")
    ]
    plain = [text.split("csrfmiddlewaretoken")[0] for text in answers]
    assert plain[0] == plain[1]
    assert [event.data["name"] for event in Event.objects.order_by("id")] == ["ana", "eva"]


@pytest.mark.parametrize("field", ["is_active", "is_staff"])
def test_who_may_not_enter_gets_the_same_answer_too(client: Client, staff: Staff, field: str) -> None:
    staff(username="old", **{field: False})
    stranger, known = sign_in(client, "eva", "wrong"), sign_in(client, "old")
    assert not is_inside(client)
    assert list(known.context["form"].non_field_errors()) == list(stranger.context["form"].non_field_errors())


@pytest.mark.parametrize(
    ("typed", "kept"), [("a\x00na", "ana"), ("x" * 400, "x" * 150), ("a\u202ena\n", "ana"), ("ção", "ção")]
)
def test_any_typed_name_can_be_recorded(client: Client, db: None, typed: str, kept: str) -> None:
    assert sign_in(client, typed, "wrong").status_code == 200
    assert Event.objects.get().data["name"] == kept


def test_an_empty_form_is_not_worth_a_record(client: Client, db: None) -> None:
    sign_in(client, "", "")
    assert kinds() == []


def test_the_record_of_sign_ins_is_a_whole_chain(client: Client, ana: User) -> None:
    for name in ("eva", "ana", "eva", "ana"):
        sign_in(client, name, "wrong")
    assert list(broken_links(Event.objects.order_by("subject", "id"))) == []


@pytest.mark.usefixtures("throttled")
@pytest.mark.parametrize("language", ["en", "pt-br"])
def test_five_wrong_passwords_lock_out(client: Client, ana: User, language: str) -> None:
    answers = [sign_in(client, "ana", "wrong", headers={"accept-language": language}) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 4 + [429]
    page = answers[-1].content.decode()
    assert "15 minut" in page
    assert f'lang="{language}"' in page
    assert answers[-1].headers["Retry-After"] == "900"
    assert "--color-primary-600" in page
    assert kinds(ana)[-1] == "staff.locked_out"


@pytest.mark.usefixtures("throttled")
def test_the_right_password_does_not_open_a_locked_door(client: Client, ana: User) -> None:
    for _ in range(5):
        sign_in(client, "ana", "wrong")
    assert sign_in(client, "ana").status_code == 429
    assert not is_inside(client)
    assert kinds(ana) == ["staff.sign_in_failed"] * 4 + ["staff.locked_out"]


@pytest.mark.usefixtures("throttled")
def test_the_door_opens_after_a_quarter_of_an_hour_even_when_it_was_rattled(
    client: Client, ana: User
) -> None:
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        for _ in range(5):
            sign_in(client, "ana", "wrong")
    with time_machine.travel(start + timedelta(minutes=14), tick=False):
        assert sign_in(client, "ana", "wrong").status_code == 429
    with time_machine.travel(start + timedelta(minutes=15, seconds=1), tick=False):
        assert sign_in(client, "ana").status_code == 302


@pytest.mark.usefixtures("throttled")
def test_a_lockout_concerns_one_name_from_one_address(client: Client, ana: User, staff: Staff) -> None:
    staff(username="bia")
    for _ in range(5):
        sign_in(client, "ana", "wrong")
    assert sign_in(Client(), "bia").status_code == 302
    assert sign_in(Client(REMOTE_ADDR="203.0.113.9"), "ana").status_code == 302


def test_signing_out_or_in_needs_a_post(client: Client, ana: User) -> None:
    sign_in(client, "ana")
    assert client.get("/admin/logout/").status_code == 405
    assert is_inside(client)


@pytest.mark.parametrize("goal", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_elsewhere_after_sign_in(client: Client, ana: User, goal: str) -> None:
    answer = client.post(f"{LOGIN}?next={goal}", {"username": "ana", "password": PASSWORD})
    assert answer.headers["Location"] == "/admin/"


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(client: Client, ana: User) -> None:
    sign_in(client, "ana")
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 12 * 60 * 60)


def test_a_password_has_ten_characters_at_least(client: Client, ana: User) -> None:
    sign_in(client, "ana")
    values = {"old_password": PASSWORD, "new_password1": "c0rt4-me!", "new_password2": "c0rt4-me!"}
    answer = client.post("/admin/password_change/", values)
    assert "new_password2" in answer.context["form"].errors
    long = {**values, "new_password1": "c0rt4-me-not!", "new_password2": "c0rt4-me-not!"}
    assert client.post("/admin/password_change/", long).status_code == 302
    assert sign_in(Client(), "ana", "c0rt4-me-not!").status_code == 302


def test_packages_bring_no_screens_of_their_own(admin_client: Client, business: Business) -> None:
    page = admin_client.get("/admin/").content.decode()
    for path in ("otp_totp/totpdevice", "otp_static/staticdevice", "auth/group", "axes/accessattempt"):
        assert path not in page
        assert admin_client.get(f"/admin/{path}/").status_code == 404
