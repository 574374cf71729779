"""The second step of signing in, for people who switch it on: codes from an app, and eight for a lost phone."""

import math
import secrets
from base64 import b32encode

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_otp import devices_for_user
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from businesses.models import User
from businesses.sign_ins import note
from core.problems import Problem

BACKUP_CODES = 8
DIGITS, BACKUP_DIGITS = 6, 10


def is_on(user: User) -> bool:
    return bool(TOTPDevice.objects.filter(user=user, confirmed=True).exists())


def begin(user: User) -> TOTPDevice:
    """A new secret that counts for nothing until a code of it is given."""
    TOTPDevice.objects.filter(user=user, confirmed=False).delete()
    return TOTPDevice.objects.create(user=user, name="app", confirmed=False)


def pending(user: User) -> TOTPDevice | None:
    return TOTPDevice.objects.filter(user=user, confirmed=False).first()


def secret_of(device: TOTPDevice) -> str:
    """The secret as apps take it by hand, in groups of four."""
    text = b32encode(device.bin_key).decode()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def address_of(device: TOTPDevice) -> str:
    """The `otpauth:` address that the QR code holds."""
    return str(device.config_url)


def confirm(user: User, code: str) -> tuple[Device, list[str]]:
    """Switch it on with the first code of the new secret; returns the backup codes, which are never shown again."""
    device = _check(TOTPDevice, user, _plain(code), confirmed=False)
    with transaction.atomic():
        TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
        codes = _new_backup_codes(user)
        note("staff.two_factor_on", user, by=user)
    return device, codes


def verify(user: User, code: str) -> Device:
    """The device that takes this code: the app for six digits, else the backup codes, each good for once."""
    plain = _plain(code)
    if len(plain) == DIGITS:
        return _check(TOTPDevice, user, plain, confirmed=True)
    return _check(StaticDevice, user, _hashed(plain), confirmed=True)


def switch_off(user: User, *, by: object) -> bool:
    """Forget every device; whether there was one."""
    with transaction.atomic():
        devices = list(devices_for_user(user, confirmed=None))
        for device in devices:
            device.delete()
        was_on = any(device.confirmed for device in devices)
        if was_on:
            note("staff.two_factor_off", user, by=by)
    return was_on


def backup_codes_left(user: User) -> int:
    return int(StaticToken.objects.filter(device__user=user).count())


def _check(model: type[Device], user: User, code: str, *, confirmed: bool) -> Device:
    """Raises Problem after the transaction, so that a wrong code is counted."""
    with transaction.atomic():
        device = model.objects.select_for_update().filter(user=user, confirmed=confirmed).first()
        allowed, why = device.verify_is_allowed() if device else (True, {})
        good = device is not None and allowed and device.verify_token(code)
    if not allowed:
        wait = max(1, math.ceil((why["locked_until"] - timezone.now()).total_seconds()))
        text = ngettext(
            "Too many wrong codes. Wait %(seconds)d second, then try a new one.",
            "Too many wrong codes. Wait %(seconds)d seconds, then try a new one.",
            wait,
        )
        raise Problem(text % {"seconds": wait}, field="code", code="throttled")
    if not good:
        raise Problem(_("This code is not right. Take the newest one."), field="code", code="wrong")
    return device


def _new_backup_codes(user: User) -> list[str]:
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="backup")
    codes = [f"{secrets.randbelow(10**BACKUP_DIGITS):0{BACKUP_DIGITS}}" for _number in range(BACKUP_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=_hashed(code)) for code in codes)
    return [f"{code[:5]} {code[5:]}" for code in codes]


def _plain(code: str) -> str:
    return "".join(char for char in code if char.isascii() and char.isdigit())


def _hashed(code: str) -> str:
    """What is stored: of no use to who reads the table without the SECRET_KEY. Sixteen characters are its width."""
    return salted_hmac("faturo.backup-code", code).hexdigest()[:16]
