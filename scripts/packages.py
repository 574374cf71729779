"""`.venv` and the locked packages: with uv in seconds, with pip when uv can't be had."""

import json
import re
import shutil
import sys
from pathlib import Path

from scripts import system
from scripts.console import ROOT, VAR, VENV_PYTHON, Failed, environment, run
from scripts.stamps import digest

LOCKS = ("requirements.txt",)
DEV_LOCKS = ("requirements.txt", "requirements-dev.txt")
INSTALL = ("pip", "install", "--require-hashes")
STAMP = VENV_PYTHON.parent.parent / "faturo-packages.json"


def install(*, dev: bool = False) -> str:
    locks = DEV_LOCKS if dev else LOCKS
    wanted = {name: digest([ROOT / name]) for name in locks}
    installed = _installed()
    if wanted.items() <= installed.items():
        return "already there"
    uv = _uv()
    if not VENV_PYTHON.exists():
        run(sys.executable, "-m", "venv", "--clear", "--without-pip", str(ROOT / ".venv"))
    tool = _install(uv, locks)
    STAMP.write_text(json.dumps({**installed, **wanted}))
    return f"installed with {tool}"


def _installed() -> dict[str, str]:
    if not (VENV_PYTHON.exists() and STAMP.exists()):
        return {}
    return dict(json.loads(STAMP.read_text()))


def _install(uv: str | None, locks: tuple[str, ...]) -> str:
    files = [part for name in locks for part in ("-r", name)]
    try:
        if uv or (uv := _fetch_uv()):
            run(uv, *INSTALL, "--python", str(VENV_PYTHON), *files, env=_uv_environment())
            return "uv"
    except Failed:
        pass  # pip may know a mirror or a proxy that uv does not
    _add_pip()
    _pip(*files)
    return "pip"


def _uv() -> str | None:
    """A uv that is on the path and works: a pyenv shim may be there and point nowhere."""
    uv = shutil.which("uv")
    try:
        return uv if uv and run(uv, "--version") else None
    except Failed:
        return None


def _fetch_uv() -> str | None:
    """The uv that requirements-dev.txt pins, checked against its hashes."""
    try:
        _add_pip()
        lock = VAR / "uv.txt"
        lock.parent.mkdir(exist_ok=True)
        lock.write_text(locked("uv", ROOT / "requirements-dev.txt"))
        _pip("-r", str(lock))
    except Failed:
        return None
    return str(VENV_PYTHON.with_name("uv"))


def locked(name: str, lock: Path) -> str:
    """One package's entry of a lock file: its version and its hashes."""
    found = re.search(rf"^{name}==(?:.*\\\n)*.*\n", lock.read_text(), re.MULTILINE)
    if not found:
        raise Failed(f"{name} is not in {lock.name}.")
    return found[0]


def _pip(*arguments: str) -> None:
    run(str(VENV_PYTHON), "-m", *INSTALL, "--disable-pip-version-check", *arguments)


def _add_pip() -> None:
    if not system.has_ensurepip():
        try:
            system.apt_install("python3-venv")
        except Failed as failure:
            raise Failed("Python lacks pip. Run: sudo apt-get install -y python3-venv") from failure
    run(str(VENV_PYTHON), "-m", "ensurepip", "--default-pip")


def _uv_environment() -> dict[str, str]:
    """uv does not read pip's settings: hand it the mirror and certificates that the machine gave pip."""
    env = environment()
    env.setdefault("UV_HTTP_TIMEOUT", "30")
    for pip_name, uv_name in (("PIP_INDEX_URL", "UV_DEFAULT_INDEX"), ("PIP_CERT", "SSL_CERT_FILE")):
        if pip_name in env:
            env.setdefault(uv_name, env[pip_name])
    return env
