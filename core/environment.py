"""Reading the environment: a value that cannot be used ends in one sentence that names it and says what to write."""

import warnings
import zoneinfo
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

Value = TypeVar("Value")


class Env(environ.Env):
    """Values are never repeated in a message: some of them are secrets."""

    def whole(self, name: str, default: int, *, least: int, most: int) -> int:
        advice = f"must be a whole number from {least} to {most}"
        found = self._read(name, advice, lambda: int(self.int(name, default=default)))
        if not least <= found <= most:
            raise ImproperlyConfigured(f"{name} {advice}.")
        return found

    def address(self, name: str, default: str) -> str:
        """A web address without the slash at its end."""
        text = str(self.str(name, default=default)).rstrip("/")
        advice = "must be a web address like https://billing.example.com"
        self._read(name, advice, lambda: urlsplit(text).port)
        return text

    def database(self, name: str, default: str) -> dict[str, Any]:
        advice = "must be like sqlite:////path/to/file.sqlite3 or postgres://user:password@host:5432/name"
        address = self.str(name, default="") or default
        found = self._read(name, advice, lambda: dict(self.db_url_config(address)))
        if not found.get("ENGINE", "").endswith(("sqlite3", "postgresql")):
            raise ImproperlyConfigured(f"{name} {advice}.")
        return found

    def mail(self, name: str, default: str) -> dict[str, Any]:
        """Django's EMAIL_… settings; a server that does not answer is given up after ten seconds."""
        advice = "must be like smtp+tls://user:password@mail.example.com:587 or filemail:///path/to/folder"
        address = str(self.str(name, default="") or default)
        if not address.startswith(("smtp", "filemail:///", "consolemail://")):
            raise ImproperlyConfigured(f"{name} {advice}.")
        found = self._read(name, advice, lambda: dict(self.email_url_config(address)))
        return {**found, "EMAIL_TIMEOUT": 10}

    def zone(self, name: str, default: str) -> str:
        text = str(self.str(name, default=default))
        self._read(name, "must be a time zone like America/Sao_Paulo", lambda: zoneinfo.ZoneInfo(text))
        return text

    def one_of(self, name: str, default: str, choices: list[str]) -> str:
        text = str(self.str(name, default=default))
        if text not in choices:
            raise ImproperlyConfigured(f"{name} must be one of: {', '.join(choices)}.")
        return text

    def hosts(self, name: str) -> dict[str, list[str]]:
        """`name=host` pairs: the names that each host stands for."""
        pairs = [str(pair).partition("=")[::2] for pair in self.list(name, default=[])]
        if not all(left and host for left, host in pairs):
            raise ImproperlyConfigured(f"{name} must be like highlevel=hl.example.com,aira=aira.example.com.")
        return {host.lower(): [left for left, other in pairs if other == host] for left, host in pairs}

    def _read(self, name: str, advice: str, read: Callable[[], Value]) -> Value:
        try:
            with warnings.catch_warnings(action="error"):
                return read()
        except (ImproperlyConfigured, ValueError, KeyError, OSError, UserWarning) as error:
            raise ImproperlyConfigured(f"{name} {advice}.") from error
