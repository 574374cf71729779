"""`make chaos`: workers killed, answers lost, Redis away; on SQLite and relay, then on PostgreSQL, Redis and Celery.

One test after another, because they measure time. ARGS are handed to pytest; DB=sqlite or DB=postgres runs one of them;
PUSHES=30000 and OUTAGE=60 (seconds) are longer runs.
"""

import contextlib
import os
import shlex
import subprocess

from scripts import test
from scripts.console import ROOT, VENV_PYTHON, environment, main

FILES = [f"tests/chaos/{name}.py" for name in ("crashes", "storm", "outage")]


def chaos() -> int:
    with contextlib.ExitStack() as running:
        return test.verdict([_run(this) for this in test.set_up(running)])


def _run(this: test.Pass) -> int:
    print(f"\n{this.label}", flush=True)
    arguments = shlex.split(os.environ.get("ARGS", ""))
    command = [str(VENV_PYTHON), "-m", "pytest", "-rP", *FILES, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment(**test.settings(this)), check=False).returncode


if __name__ == "__main__":
    main(chaos)
