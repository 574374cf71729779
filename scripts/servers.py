"""The PostgreSQL and Redis that tests use: one that answers already, else a temporary one of our own."""

import contextlib
import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from scripts.console import VENV_PYTHON, Failed, environment, run

POSTGRES_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
)
INITIAL = ("--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")

Server = AbstractContextManager[str]  # gives its URL


class Missing(Exception):
    """Neither a server that answers nor the programs to start one."""


def postgres() -> Server:
    return _server("postgres", "TEST_POSTGRES_URL", "postgres://root@127.0.0.1:5432/test", _own_postgres)


def redis() -> Server:
    return _server("redis", "TEST_REDIS_URL", "redis://127.0.0.1:6379/15", _own_redis)


@contextlib.contextmanager
def _server(kind: str, variable: str, default: str, own: Callable[[], Server]) -> Iterator[str]:
    url = os.environ.get(variable) or default
    why_not = _probe(kind, url)
    if not why_not:
        yield url
    elif os.environ.get(variable):
        raise Failed(f"{variable} is set, but that server can't be used: {why_not}")
    else:
        with own() as temporary:
            yield temporary


def _probe(kind: str, url: str) -> str:
    """Why tests can't use this server; nothing when they can."""
    try:
        run(str(VENV_PYTHON), "-m", "scripts.probe", kind, url)
    except Failed as failure:
        return str(failure).splitlines()[-1]
    return ""


@contextlib.contextmanager
def _own_postgres() -> Iterator[str]:
    programs = _postgres_programs()
    if not programs:
        raise Missing("PostgreSQL does not answer and is not installed")
    owner = _unprivileged()
    port = _free_port()
    with _folder(owner) as folder:
        options = [f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", *QUICK]
        data = f"{folder}/data"
        control = [f"{programs}/pg_ctl", "-D", data, "-w", "-s"]
        settings = " ".join(f"-c {option}" for option in options)
        _run_as(owner, f"{programs}/initdb", "-D", data, "-U", "root", *INITIAL)
        _run_as(owner, *control, "-l", f"{folder}/log", "-o", settings, "start")
        try:
            yield f"postgres://root@127.0.0.1:{port}/postgres"
        finally:
            _run_as(owner, *control, "-m", "immediate", "stop")


@contextlib.contextmanager
def _own_redis() -> Iterator[str]:
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if not program:
        raise Missing("Redis does not answer and is not installed")
    port = _free_port()
    with _folder(None) as folder:
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, process_group=0) as server:
            try:
                _wait_for(port)
                yield f"redis://127.0.0.1:{port}/15"
            finally:
                server.terminate()


def _postgres_programs() -> Path | None:
    """The newest installation; Debian keeps these programs off the path."""
    found = [path for pattern in POSTGRES_FOLDERS for path in Path("/").glob(pattern[1:])]
    found += [Path(program).resolve().parent for program in [shutil.which("initdb")] if program]
    complete = [path for path in found if (path / "pg_ctl").exists() and (path / "initdb").exists()]
    return max(complete, key=lambda path: float((re.findall(r"\d+", str(path)) or ["0"])[0]), default=None)


def _unprivileged() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {user.pw_name for user in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _run_as(owner: str | None, *command: str) -> None:
    """To a file, not a pipe: the server keeps its output open, and a pipe would never end."""
    with tempfile.TemporaryFile("w+") as output:
        group = pwd.getpwnam(owner).pw_gid if owner else None
        done = subprocess.run(
            command,
            cwd="/",
            env=environment(),
            user=owner,
            group=group,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
        )
        output.seek(0)
        if done.returncode:
            raise Failed(f"{Path(command[0]).name} failed:\n{output.read()}")


@contextlib.contextmanager
def _folder(owner: str | None) -> Iterator[str]:
    """Under /tmp by name: a socket's path may not be longer than about 100 characters."""
    with tempfile.TemporaryDirectory(prefix="faturo-", dir="/tmp") as folder:
        if owner:
            shutil.chown(folder, owner)
        yield folder


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as caller:
            if caller.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise Failed(f"The temporary server on port {port} did not start.")
