"""The second step of signing in: only for who has it on, and then for everything."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client, override_settings
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from businesses import second_factor
from businesses.models import Event, User
from core.problems import Problem
from tests.businesses.signing import LOGIN, SCREEN, code_of, is_inside, kinds, sign_in, switch_on
from tests.factories import PASSWORD


@pytest.fixture
def ana(staff: Callable[..., User]) -> User:
    return staff("admin", username="ana", language="en")


def give(client: Client, code: str, goal: str = "/admin/") -> Any:
    return client.post(f"{LOGIN}?next={goal}", {"code": code})


def test_who_has_it_off_signs_in_with_the_password_alone(client: Client, ana: User) -> None:
    sign_in(client, "ana")
    assert is_inside(client)


def test_the_code_is_asked_after_the_password(client: Client, ana: User) -> None:
    device, _codes = switch_on(ana)
    sign_in(client, "ana")
    assert not is_inside(client)
    assert "authenticator app" in client.get(LOGIN).content.decode()
    answer = give(client, code_of(device), "/admin/customers/customer/")
    assert answer.headers["Location"] == "/admin/customers/customer/"
    assert is_inside(client)
    assert kinds(ana) == ["staff.two_factor_on", "staff.signed_in"]


def test_half_way_nobody_is_signed_in_anywhere(client: Client, ana: User) -> None:
    switch_on(ana)
    sign_in(client, "ana")
    for path in (
        "/admin/",
        SCREEN,
        "/admin/invoices/invoice/",
        "/admin/password_change/",
        "/admin/search/?s=a",
    ):
        assert LOGIN in client.get(path).headers["Location"]
    assert LOGIN in client.post("/admin/language/", {"language": "pt-br"}).headers["Location"]
    ana.refresh_from_db()
    assert ana.language == "en"


def test_the_session_gets_another_key_with_the_code(client: Client, ana: User) -> None:
    device, _codes = switch_on(ana)
    sign_in(client, "ana")
    half = client.session.session_key
    give(client, code_of(device))
    assert client.session.session_key != half


def test_a_code_is_good_for_once(client: Client, ana: User) -> None:
    device, _codes = switch_on(ana)
    code = code_of(device)
    sign_in(client, "ana")
    give(client, code)
    again = Client()
    sign_in(again, "ana")
    assert give(again, code).status_code == 200
    assert not is_inside(again)


def test_a_wrong_code_is_recorded_and_slows_the_next_one_down(client: Client, ana: User) -> None:
    device, _codes = switch_on(ana)
    wrong = f"{(int(code_of(device)) + 7) % 10**6:06}"
    sign_in(client, "ana")
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        assert "code" in give(client, wrong).context["form"].errors
        assert "Wait 1 second," in str(give(client, code_of(device)).context["form"].errors)
    with time_machine.travel(start + timedelta(seconds=2), tick=False):
        assert give(client, code_of(device)).status_code == 302
    assert kinds(ana) == ["staff.two_factor_on", "staff.sign_in_failed", "staff.signed_in"]


def test_each_backup_code_works_once_however_it_is_written(client: Client, ana: User) -> None:
    _device, codes = switch_on(ana)
    assert len(set(codes)) == 8
    sign_in(client, "ana")
    give(client, f" {codes[0].replace(' ', '-')} ")
    assert is_inside(client)
    assert second_factor.backup_codes_left(ana) == 7
    with pytest.raises(Problem):
        second_factor.verify(ana, codes[0])


def test_the_database_does_not_hold_the_backup_codes(ana: User) -> None:
    _device, codes = switch_on(ana)
    kept = set(StaticToken.objects.values_list("token", flat=True))
    assert len(kept) == 8
    assert not kept & {code.replace(" ", "") for code in codes}


def test_another_persons_code_does_not_help(client: Client, ana: User, staff: Callable[..., User]) -> None:
    bia = staff(username="bia")
    device, codes = switch_on(bia)
    switch_on(ana)
    sign_in(client, "ana")
    for code in (code_of(device), codes[0]):
        give(client, code)
    assert not is_inside(client)


@pytest.mark.parametrize("code", ["", "\x00", "１２３４５６", "12345", "' OR 1=1", "9" * 4000])
def test_any_nonsense_is_a_wrong_code(client: Client, ana: User, code: str) -> None:
    switch_on(ana)
    sign_in(client, "ana")
    assert "code" in give(client, code).context["form"].errors


def test_a_person_can_turn_back_half_way(client: Client, ana: User) -> None:
    switch_on(ana)
    sign_in(client, "ana")
    assert client.post(LOGIN, {"leave": "1"}).headers["Location"] == LOGIN
    assert 'name="username"' in client.get(LOGIN).content.decode()


def test_switching_it_on_shows_a_qr_code_and_then_the_backup_codes_once(client: Client, ana: User) -> None:
    sign_in(client, "ana")
    assert "<svg" not in client.get(SCREEN).content.decode()
    client.post(SCREEN, {"step": "begin"})
    device = TOTPDevice.objects.get(user=ana)
    page = client.get(SCREEN).content.decode()
    assert 'class="fa-qr"' in page
    assert second_factor.secret_of(device) in page
    assert not second_factor.is_on(ana)
    answer = client.post(SCREEN, {"step": "confirm", "code": code_of(device)})
    assert len(answer.context["codes"]) == 8
    assert "no-store" in answer.headers["Cache-Control"]
    assert second_factor.is_on(ana)
    assert is_inside(client)
    assert answer.context["codes"][0] not in client.get(SCREEN).content.decode()


def test_it_stays_off_until_a_code_is_right(client: Client, ana: User) -> None:
    sign_in(client, "ana")
    client.post(SCREEN, {"step": "begin"})
    assert "code" in client.post(SCREEN, {"step": "confirm", "code": "12"}).context["form"].errors
    assert not second_factor.is_on(ana)
    assert is_inside(client)


def test_looking_at_the_screen_changes_nothing(client: Client, ana: User) -> None:
    sign_in(client, "ana")
    client.get(SCREEN, {"step": "begin"})
    assert not TOTPDevice.objects.exists()


def test_sessions_of_before_must_give_the_code_too(client: Client, ana: User) -> None:
    sign_in(client, "ana")
    switch_on(ana)
    assert not is_inside(client)


def test_a_second_start_does_not_replace_a_confirmed_secret(client: Client, ana: User) -> None:
    device, _codes = switch_on(ana)
    sign_in(client, "ana")
    give(client, code_of(device))
    client.post(SCREEN, {"step": "begin"})
    client.post(SCREEN, {"step": "confirm", "code": code_of(device, steps=1)})
    assert list(TOTPDevice.objects.filter(user=ana).values_list("pk", flat=True)) == [device.pk]


def test_switching_off_needs_the_password(client: Client, ana: User) -> None:
    device, _codes = switch_on(ana)
    sign_in(client, "ana")
    give(client, code_of(device))
    assert "password" in client.post(SCREEN, {"step": "off", "password": "guess"}).context["form"].errors
    assert second_factor.is_on(ana)
    client.post(SCREEN, {"step": "off", "password": PASSWORD})
    assert not second_factor.is_on(ana)
    assert not StaticToken.objects.exists()
    assert kinds(ana)[-1] == "staff.two_factor_off"
    assert is_inside(client)


def test_guessing_the_password_there_locks_out(client: Client, ana: User) -> None:
    device, _codes = switch_on(ana)
    sign_in(client, "ana")
    give(client, code_of(device))
    with override_settings(AXES_ENABLED=True):
        answers = [client.post(SCREEN, {"step": "off", "password": "guess"}) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200] * 4 + [429]
        assert client.post(SCREEN, {"step": "off", "password": PASSWORD}).status_code == 429
    assert second_factor.is_on(ana)


def test_an_administrator_can_reset_it_by_command(client: Client, ana: User) -> None:
    switch_on(ana)
    call_command("reset_two_factor", "ana", verbosity=0)
    assert not second_factor.is_on(ana)
    event = Event.objects.about(ana).order_by("-id").first()
    assert event and (event.kind, event.actor) == ("staff.two_factor_off", "command:reset_two_factor")
    sign_in(client, "ana")
    assert is_inside(client)


@pytest.mark.parametrize(("name", "words"), [("eva", "Nobody signs in"), ("ana", "no second step")])
def test_the_command_says_when_there_is_nothing_to_reset(ana: User, name: str, words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("reset_two_factor", name)
