"""A program that keeps workers running and kills them: `python -m tests.chaos.fleet relay|celery|crash …`.

It loads Django once and forks, so that a killed worker is back at once. Each worker is a process group of its own, and
runs what the product runs: `manage.py relay`, a Celery worker or beat. Lines on standard input tell it what to do;
the last line of its output is what happened, as JSON. The faults of `crash` are put around the product's functions
here, in the worker's own process: the product knows nothing of them.
"""

import json
import os
import random
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import django
from django.conf import settings

django.setup()

from billing.celery import app  # noqa: E402
from core.management.commands import relay  # noqa: E402
from tests.chaos import deaths  # noqa: E402

OUTBOX = ("deliver", "heartbeat")
"""Of the schedule; drawing hundreds of PDFs would only take the processors from what is tested."""
QUIET = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "ERROR"]


def fork(work: Callable[[], Any]) -> int:
    """The id of a new process, and of its group, that does that work."""
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setpgid(0, 0)
        work()
    finally:
        os._exit(1)


def kill(pid: int) -> None:
    """Like `kill -9` of the whole group."""
    for send in (os.killpg, os.kill):  # it may not have made its group yet, or be dead already
        with suppress(ProcessLookupError, PermissionError):
            send(pid, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)


def run_relay() -> None:
    relay.Command().handle()


def run_worker() -> None:
    app.worker_main(["worker", "--pool", "prefork", "--concurrency", "1", *QUIET])


def run_beat() -> None:
    app.Beat(schedule=os.environ["BEAT_FILE"], loglevel="ERROR").run()


def run_alone(route: str, die: Callable[[], None]) -> None:
    """A worker that serves one route only, and dies as told."""
    deaths.serve_only(route)
    die()
    relay.run("deliver", "outbox.tasks.deliver", 0.25, threading.Event())


def storm(kind: str, count: str, every: str) -> NoReturn:
    """That many workers, of which a random one is killed every so many seconds; "calm" ends the killing."""
    work = {"relay": run_relay, "celery": run_worker}[kind]
    beat = fork(run_beat) if kind == "celery" else 0
    workers = [fork(work) for _ in range(int(count))]
    kills, pause = 0, float(every)
    while (line := heard(pause)) != "":
        pause = 3600.0 if line else pause
        if line is None:
            place = random.randrange(len(workers))
            kill(workers[place])
            workers[place] = fork(work)
            kills += 1
    finish([*workers, beat], {"kills": kills})


def crash(file: str) -> NoReturn:
    """One worker for each case, which dies at its step; then another one takes its place."""
    cases: dict[str, dict[str, str]] = json.loads(Path(file).read_text())
    folder = Path(file).parent
    running: dict[int, str] = {}
    for name, case in cases.items():
        pid = fork(partial(run_alone, case["route"], deaths.STEPS[case["step"]]))
        (folder / name).write_text(str(pid))
        running[pid] = name
    died: dict[str, dict[str, float]] = {}
    seconds: list[int] = []
    while heard(0.02) != "":
        pid, status = os.waitpid(-1, os.WNOHANG)
        while pid:
            if pid in running:
                name = running.pop(pid)
                died[name] = {"code": os.waitstatus_to_exitcode(status), "at": time.time()}
                (folder / f"{name}.died").touch()
                seconds.append(fork(partial(run_alone, cases[name]["route"], deaths.never)))
            pid, status = os.waitpid(-1, os.WNOHANG) if running or seconds else (0, 0)
    finish([*running, *seconds], died)


def heard(within: float) -> str | None:
    """A line of the standard input; "" at its end, None when there was none in time."""
    ready, _writable, _odd = select.select([sys.stdin], [], [], within)
    return sys.stdin.readline() if ready else None


def finish(pids: list[int], result: Any) -> NoReturn:
    for pid in filter(None, pids):
        kill(pid)
    print(json.dumps(result), flush=True)
    sys.exit()


def main(mode: str, *arguments: str) -> None:
    schedule = [entry for entry in settings.SCHEDULE if entry[0] in OUTBOX]
    settings.SCHEDULE = schedule
    settings.CELERY_BEAT_SCHEDULE = {
        name: entry for name, entry in settings.CELERY_BEAT_SCHEDULE.items() if name in OUTBOX
    }
    if mode == "crash":
        crash(*arguments)
    storm(mode, *arguments)


if __name__ == "__main__":
    main(*sys.argv[1:])
