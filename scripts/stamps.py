"""Remembers which steps are done, by a digest of what each was done from."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from scripts.console import ROOT, VAR


def digest(paths: Iterable[Path], *more: str) -> str:
    """Changes when a file is added, removed, renamed or edited."""
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(f"{path.relative_to(ROOT)}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    for text in more:
        total.update(f"\0{text}".encode())
    return total.hexdigest()


def is_done(step: str, key: str) -> bool:
    file = VAR / "stamps" / step
    return file.exists() and file.read_text() == key


def done(step: str, key: str) -> None:
    file = VAR / "stamps" / step
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(key)


def forget(step: str) -> None:
    (VAR / "stamps" / step).unlink(missing_ok=True)
