"""`make run`: from a fresh clone to a running Faturo, skipping whatever is already done."""

import contextlib
import http.client
import os
import platform
import signal
import socket
import subprocess
import time
from types import FrameType

from scripts import dotenv, packages, prepare, system
from scripts.console import ROOT, VAR, VENV_PYTHON, Failed, environment, main, step

READY_WITHIN = 60.0  # seconds
STOPS_WITHIN = 10.0

Programs = dict[str, subprocess.Popen[bytes]]


def start() -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    port = _port()
    check_port(port)
    settings = _set_up()
    programs: Programs = {}
    try:
        web, worker = _commands(settings, port)
        programs["web"] = _launch(web, port)
        _wait_until_ready(port, programs)
        programs["worker"] = _launch(worker, port)
        print(f"\nReady: http://127.0.0.1:{port}/admin/  user: demo  password: {settings['DEMO_PASSWORD']}")
        print("Ctrl-C stops it.", flush=True)
        _watch(programs)
    except KeyboardInterrupt:
        print("\nStopping.", flush=True)
    finally:
        _stop(programs)
    return 0


def check_port(port: int) -> None:
    """A port may be taken on all addresses or on ours: try to reach it, then to own it."""
    with socket.socket() as caller:
        caller.settimeout(1)
        taken = caller.connect_ex(("127.0.0.1", port)) == 0
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("127.0.0.1", port))
        except PermissionError as error:
            raise Failed(f"Port {port} needs root. Choose one above 1023: make run PORT=8000") from error
        except OSError:
            taken = True
    if taken:
        raise Failed(
            f"Port {port} is already in use. Stop its user, or choose another: make run PORT={port + 1}"
        )


def _port() -> int:
    value = _settings().get("PORT") or "8000"
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise Failed(f"PORT must be a number from 1 to 65535, not {value!r}.")
    return int(value)


def _settings() -> dict[str, str]:
    return {**dotenv.read(ROOT / ".env"), **os.environ}


def _set_up() -> dict[str, str]:
    VAR.mkdir(exist_ok=True)
    step("1/6  Python", platform.python_version)
    step("2/6  Libraries that draw PDFs", system.pdf_libraries)
    step("3/6  Python packages (.venv)", packages.install)
    step("4/6  Settings (.env)", _env_file)
    step("5/6  Database, static files", _database_and_files)
    step("6/6  Demo data", prepare.demo)
    return _settings()


def _env_file() -> str:
    added = dotenv.complete(ROOT / ".env", os.environ)
    return f"wrote {', '.join(added)}" if added else "already there"


def _database_and_files() -> str:
    made = prepare.files()
    state = prepare.database()
    return "already there" if (made, state) == ("already there", "up to date") else f"{state}, files {made}"


def _commands(settings: dict[str, str], port: int) -> tuple[list[str], list[str]]:
    python = str(VENV_PYTHON)
    web = [python, "-m", "gunicorn", "billing.wsgi:application", "--bind", f"127.0.0.1:{port}"]
    web += ["--worker-class", "gthread", "--workers", settings.get("WEB_CONCURRENCY") or "2"]
    web += ["--threads", "4", "--preload", "--graceful-timeout", "5", "--log-level", "warning"]
    if settings.get("REDIS_URL"):
        worker = [python, "-m", "celery", "-A", "billing", "worker", "--loglevel", "warning"]
        worker += ["--beat", "--schedule", str(VAR / "celerybeat-schedule")]
    else:
        worker = [python, "manage.py", "relay"]
    return web, worker


def _launch(command: list[str], port: int) -> subprocess.Popen[bytes]:
    """In a process group of its own: Ctrl-C reaches us alone, and we stop it and its children in order."""
    env = environment(PORT=str(port), PYTHONUNBUFFERED="1")
    return subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, process_group=0)


def _wait_until_ready(port: int, programs: Programs) -> None:
    deadline = time.monotonic() + READY_WITHIN
    status: int | None = None
    while time.monotonic() < deadline:
        _check_alive(programs)
        status = _answer(port)
        if status and status < 500:
            return
        time.sleep(0.05 if status is None else 1)
    raise Failed(
        f"The web server was not ready within {READY_WITHIN:.0f} s (last answer: {status or 'none'})."
    )


def _answer(port: int) -> int | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/admin/login/")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _watch(programs: Programs) -> None:
    """Until a program stops, or `make` itself is gone and nobody could stop us."""
    parent = os.getppid()
    while os.getppid() == parent or "MAKELEVEL" not in os.environ:
        _check_alive(programs)
        time.sleep(0.2)


def _check_alive(programs: Programs) -> None:
    for name, program in programs.items():
        if program.poll() is not None:
            raise Failed(f"The {name} stopped by itself (exit code {program.returncode}), so all of it did.")


def _stop(programs: Programs) -> None:
    for program in programs.values():
        program.terminate()
    deadline = time.monotonic() + STOPS_WITHIN
    for program in programs.values():
        with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            program.wait(max(0.0, deadline - time.monotonic()))
    for program in programs.values():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(program.pid, signal.SIGKILL)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main(start)
