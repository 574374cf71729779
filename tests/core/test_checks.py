"""Settings that cannot work, or are not safe, are explained: by a check, or in one line when nothing can start."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from core import checks

GOOD = {"SITE_URL": "https://billing.example.com", "SECRET_KEY": "k9" * 30, "DEBUG": False}


def ids(messages: list[Any]) -> list[str]:
    return [message.id for message in messages]


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=settings.ROOT,
        env={**kept, **environment},
    )


@pytest.mark.parametrize(
    ("changed", "numbers"),
    [
        ({}, []),
        ({"SECRET_KEY": "django-insecure-" + "x" * 50}, ["001"]),
        ({"SECRET_KEY": "short"}, ["001"]),
        ({"DEBUG": True}, ["002"]),
        ({"SITE_URL": "http://10.0.0.7", "SECRET_KEY": "short"}, ["001"]),
        ({"SITE_URL": "http://127.0.0.1:8000", "SECRET_KEY": "short", "DEBUG": True}, []),
        ({"SITE_URL": "http://localhost", "SECRET_KEY": "short"}, []),
        ({"SITE_URL": "http://[::1]:8000", "SECRET_KEY": "short"}, []),
    ],
)
def test_what_is_not_safe_for_others_is_said_once_others_can_come(
    changed: dict[str, Any], numbers: list[str]
) -> None:
    with override_settings(**{**GOOD, **changed}):
        assert ids(checks.safety()) == [f"core.W{number}" for number in numbers]
        assert ids(checks.safety_when_deploying()) == [f"core.E{number}" for number in numbers]


@pytest.mark.parametrize("url", ["billing.example.com", "ftp://x", "https://", "foo"])
def test_a_site_address_is_a_web_address(url: str) -> None:
    with override_settings(SITE_URL=url):
        assert ids(checks.addresses()) == ["core.E003"]


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("", []),
        ("redis://h:6379/0", []),
        ("rediss://h", []),
        ("unix:///run/r", []),
        ("h:6379", ["core.E004"]),
    ],
)
def test_a_redis_address_says_redis(url: str, found: list[str]) -> None:
    with override_settings(REDIS_URL=url):
        assert ids(checks.addresses()) == found


def test_a_proxy_must_be_counted() -> None:
    with override_settings(SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"), PROXY_COUNT=0):
        assert ids(checks.addresses()) == ["core.W008"]
    with override_settings(SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"), PROXY_COUNT=1):
        assert checks.addresses() == []


def test_an_old_sqlite_is_refused_only_where_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sqlite3.sqlite_version_info", (3, 33, 0))
    with override_settings(IS_SQLITE=True):
        assert "core.E005" in ids(checks.machine())
    with override_settings(IS_SQLITE=False):
        assert "core.E005" not in ids(checks.machine())


def test_files_must_have_a_place(tmp_path: Path) -> None:
    taken = tmp_path / "file"
    taken.write_text("")
    with override_settings(MEDIA_ROOT=str(tmp_path / "not" / "yet")):
        assert "core.E006" not in ids(checks.machine())
    with override_settings(MEDIA_ROOT=str(taken)):
        assert "core.E006" in ids(checks.machine())


def test_a_missing_pango_is_told_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.util.find_library", lambda _name: None)
    (message,) = [message for message in checks.machine() if message.id == "core.W007"]
    assert "Install it:" in str(message.hint)


def test_the_checks_do_not_load_the_pdf_engine() -> None:
    code = "import sys, django; django.setup()\nfrom core import checks\n"
    code += "checks.machine(); print('weasyprint' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=settings.ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "billing.settings"},
    )
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "abc"),
        ("PORT", "99999"),
        ("PROXY_COUNT", "one"),
        ("SITE_URL", "http://["),
        ("DATABASE_URL", "foo"),
        ("DATABASE_URL", "mysql://root:hunter2@host/name"),
        ("DATABASE_URL", "postgres://root:hunter2@host:port/name"),
        ("TIME_ZONE", "Mars/Olympus"),
        ("TIME_ZONE", "../../etc/passwd"),
        ("LANGUAGE_CODE", "tlh"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_a_setting_that_cannot_be_used_ends_in_one_line(name: str, value: str) -> None:
    done = manage("check", **{name: value})
    assert done.returncode == 1
    assert done.stderr.startswith(f"Faturo cannot start: {name} must be ")
    assert done.stderr.count("\n") == 1
    assert "hunter2" not in done.stderr


def test_an_empty_database_address_means_the_default() -> None:
    done = manage("check", DATABASE_URL="")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_good_public_setup_has_nothing_to_complain_of(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    public = {"SITE_URL": GOOD["SITE_URL"], "SECRET_KEY": os.urandom(40).hex(), "DATABASE_URL": database}
    done = manage("check", "--deploy", "--fail-level", "WARNING", **{k: str(v) for k, v in public.items()})
    assert (done.returncode, done.stderr) == (0, "")


def test_a_public_setup_with_the_sample_key_fails() -> None:
    """The key is said here, because the developer's own .env has a good one after `make run`."""
    sample = "django-insecure-set-SECRET_KEY-before-anyone-else-can-reach-this"
    done = manage("check", "--deploy", SITE_URL="https://billing.example.com", SECRET_KEY=sample)
    assert done.returncode == 1
    assert "core.E001" in done.stderr
