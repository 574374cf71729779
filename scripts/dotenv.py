"""Reads `.env`, and writes into it the secrets that a fresh clone lacks."""

import os
import re
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

HEADER = "# Made by `make run`; .env.example describes every setting. The environment wins over this file.\n"
LINE = re.compile(r"^\s*(?:export\s+)?(\w+)\s*=\s*(.*?)\s*$")
EASY_TO_TYPE = "abcdefghjkmnpqrstuvwxyz23456789"


def _secret_key() -> str:
    return secrets.token_urlsafe(50)


def _password() -> str:
    return "-".join("".join(secrets.choice(EASY_TO_TYPE) for _ in range(4)) for _ in range(3))


MAKERS: dict[str, Callable[[], str]] = {"SECRET_KEY": _secret_key, "DEMO_PASSWORD": _password}


def read(path: Path) -> dict[str, str]:
    """As django-environ reads it: the first line that sets a name wins."""
    values: dict[str, str] = {}
    for line in path.read_text().splitlines() if path.exists() else []:
        if found := LINE.match(line):
            values.setdefault(found[1], _value(found[2]))
    return values


def complete(path: Path, environ: Mapping[str, str]) -> list[str]:
    """Adds each missing secret, touches nothing else; returns the names added."""
    present = {**read(path), **environ}
    missing = [name for name in MAKERS if not present.get(name)]
    if missing:
        text = path.read_text() if path.exists() else HEADER
        for name in missing:
            text = _with(text, name, MAKERS[name]())
        _write_private(path, text)
    return missing


def _value(raw: str) -> str:
    if len(raw) >= 2 and raw[0] in "\"'" and raw.endswith(raw[0]):
        return raw[1:-1]
    return re.split(r"(?:^|\s)#", raw)[0].strip()


def _with(text: str, name: str, value: str) -> str:
    empty = re.compile(rf"^{name}=[ \t]*$", re.MULTILINE)
    if empty.search(text):
        return empty.sub(f"{name}={value}", text, count=1)
    return f"{text}{'' if text.endswith(chr(10)) or not text else chr(10)}{name}={value}\n"


def _write_private(path: Path, text: str) -> None:
    """Whole or not at all, and readable by its owner only from its first byte."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)
