"""Turns XHTML into PDF bytes in a warm child process that can reach no network and no file, so that a hostile
or endless page costs one PDF and never the worker that asked for it.
"""

import atexit
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal

Reason = Literal["timeout", "too_large", "engine", "unavailable", "pending"]

FRAME = struct.Struct(">BdI")  # kind, seconds allowed, length of the body in bytes
READY, JOB, PDF, FAILED = range(4)

MAX_BYTES = 6_000_000  # 500 lines are about 0.4 MB; the rest is room for a logo
START_SECONDS = 60.0  # importing the engine takes 1-2 s, more on a cold and busy disk
QUEUE_SECONDS = 60
FOLDER_PREFIX = "faturo-paper-"
JOBS_PER_CHILD = 500  # a fresh process now and then bounds whatever the C libraries leak

INSTALL = {
    "linux": "sudo apt-get install -y libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0",
    "darwin": "brew install pango",
}.get(sys.platform, "wsl --install (Pango runs in WSL or in Docker)")

# Nothing else of our environment reaches the child: no SECRET_KEY, no database address.
PASSED = ("PATH", "HOME", "SYSTEMROOT", "TEMP", "XDG_CACHE_HOME", "XDG_DATA_DIRS", "LD_LIBRARY_PATH")
PASSED_PREFIXES = ("DYLD_", "FONTCONFIG_", "LC_", "LANG", "WEASYPRINT_")


class PaperError(Exception):
    """No PDF came out; `reason` says which of the four kinds of trouble it was."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason: Reason = reason


def render(html: str, *, timeout: float = 10.0, patience: float = QUEUE_SECONDS) -> bytes:
    """The PDF of well-formed XHTML, whose root may name one of our sheets: <html data-sheet="invoice">."""
    body = html.encode(errors="replace")
    if len(body) > MAX_BYTES:
        raise PaperError("too_large", f"The page has {len(body)} bytes; the most is {MAX_BYTES}.")
    return _renderer.render(body, timeout, patience)


def send(stream: IO[bytes], kind: int, body: bytes, seconds: float = 0.0) -> None:
    left = memoryview(FRAME.pack(kind, seconds, len(body)) + body)
    while left:
        left = left[stream.write(left) :]


def receive(stream: IO[bytes]) -> tuple[int, float, bytes] | None:
    """The next frame, or None when the other side is gone."""
    head = _read(stream, FRAME.size)
    if head is None:
        return None
    kind, seconds, length = FRAME.unpack(head)
    body = _read(stream, length)
    return None if body is None else (kind, seconds, body)


def _read(stream: IO[bytes], size: int) -> bytes | None:
    data = bytearray()
    while len(data) < size:
        part = stream.read(size - len(data))
        if not part:
            return None
        data += part
    return bytes(data)


class _Gone(Exception):
    """The child went away without an answer."""


class _Child:
    """One engine process with a folder of its own, which goes with it."""

    def __init__(self) -> None:
        self.jobs = 0
        self.folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
        self.process = self._start()
        assert self.process.stdin and self.process.stdout
        self.stdin, self.stdout = self.process.stdin, self.process.stdout
        self._await_ready()

    def _start(self) -> subprocess.Popen[bytes]:
        try:
            with (self.folder / "stderr").open("wb") as stderr:
                return subprocess.Popen(
                    [sys.executable, "-P", "-m", "core.paper_child", str(self.folder)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=stderr,
                    bufsize=0,
                    cwd=self.folder,
                    env=_environment(self.folder),
                )
        except OSError as error:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise PaperError("unavailable", _advice(str(error))) from error

    def _await_ready(self) -> None:
        with self._killed_after(START_SECONDS):
            ready = receive(self.stdout)
        if ready is None:
            said = (self.folder / "stderr").read_text(errors="replace").strip()
            self.stop()
            raise PaperError("unavailable", _advice(said))

    def ask(self, body: bytes, seconds: float) -> bytes:
        self.jobs += 1
        with self._killed_after(seconds) as late:
            try:
                send(self.stdin, JOB, body, seconds)
                answer = receive(self.stdout)
            except OSError:
                answer = None
        if late.is_set() or answer is None:
            self.stop()
        if answer is None:
            if late.is_set():
                raise PaperError("timeout", f"The page took longer than {seconds:g} s.")
            raise _Gone
        if answer[0] != PDF:
            raise PaperError("engine", answer[2].decode(errors="replace"))
        return answer[2]

    @contextmanager
    def _killed_after(self, seconds: float) -> Iterator[threading.Event]:
        late = threading.Event()

        def kill() -> None:
            late.set()
            self.process.kill()

        timer = threading.Timer(seconds, kill)
        timer.daemon = True
        timer.start()
        try:
            yield late
        finally:
            timer.cancel()

    @property
    def is_spent(self) -> bool:
        return self.process.poll() is not None or self.jobs >= JOBS_PER_CHILD

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.forget()
        shutil.rmtree(self.folder, ignore_errors=True)

    def forget(self) -> None:
        self.stdin.close()
        self.stdout.close()


class _Renderer:
    """The child of this process, and the lock that gives it one page at a time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.child: _Child | None = None

    def render(self, body: bytes, seconds: float, patience: float = QUEUE_SECONDS) -> bytes:
        if not self.lock.acquire(timeout=patience):
            raise PaperError("timeout", "Other pages kept the engine busy for too long.")
        try:
            return self._ask(body, seconds)
        finally:
            self.lock.release()

    def _ask(self, body: bytes, seconds: float) -> bytes:
        was_idle = self.child is not None
        try:
            return self._living().ask(body, seconds)
        except _Gone:
            if not was_idle:
                raise PaperError("engine", "The engine stopped without an answer.") from None
        # An idle child may have died for reasons that are not this page's: one more try, with a fresh one.
        try:
            return self._living().ask(body, seconds)
        except _Gone:
            raise PaperError("engine", "The engine stopped without an answer.") from None

    def _living(self) -> _Child:
        if self.child is not None and self.child.is_spent:
            self.stop()
        if self.child is None:
            self.child = _Child()
        return self.child

    def stop(self) -> None:
        if self.child is not None:
            self.child.stop()
            self.child = None


def _environment(folder: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k in PASSED or k.startswith(PASSED_PREFIXES)}
    root = str(Path(__file__).resolve().parent.parent)
    return kept | {
        "PYTHONPATH": os.pathsep.join(dict.fromkeys([*filter(None, sys.path), root])),
        "PYTHONHASHSEED": "0",  # equal input, equal bytes
        "PYTHONIOENCODING": "utf-8",
        "TMPDIR": str(folder),
    }


def _advice(said: str) -> str:
    detail = said.splitlines()[-1][:300] if said else "it stopped without a word"
    return f"The PDF engine could not start. It needs Pango; this installs it: {INSTALL} ({detail})"


def _after_fork() -> None:
    """A forked process must neither share its parent's pipes nor wait for a lock nobody will release."""
    global _renderer
    inherited, _renderer = _renderer.child, _Renderer()
    if inherited is not None:
        inherited.forget()
        inherited.process.returncode = 0  # not our child: nothing to wait for


_renderer = _Renderer()
atexit.register(lambda: _renderer.stop())
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
