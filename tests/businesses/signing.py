"""A browser at the sign-in page, and an authenticator app."""

import time
from typing import Any

from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from businesses import second_factor
from businesses.models import Event, User
from tests.factories import PASSWORD

LOGIN = "/admin/login/"
SCREEN = "/admin/two-factor/"


def sign_in(client: Client, name: str, password: str = PASSWORD, **extra: Any) -> Any:
    return client.post(LOGIN, {"username": name, "password": password}, **extra)


def is_inside(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def kinds(user: User | None = None) -> list[str]:
    """What happened, oldest first."""
    events = Event.objects.about(user) if user else Event.objects.all()
    return list(events.filter(kind__startswith="staff.").order_by("id").values_list("kind", flat=True))


def code_of(device: TOTPDevice, *, steps: int = 0) -> str:
    """What the app shows, this many half minutes from now."""
    app = TOTP(device.bin_key)
    app.time = time.time() + 30 * steps
    return f"{app.token():06}"


def switch_on(user: User) -> tuple[TOTPDevice, list[str]]:
    """The second step, confirmed with the code before this one, so that the one of now is still good."""
    device = second_factor.begin(user)
    _device, codes = second_factor.confirm(user, code_of(device, steps=-1))
    return device, codes
