"""A Redis of our own, that can be killed and comes back empty."""

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from typing import Self


class OwnRedis:
    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/2"
        self._folder = tempfile.TemporaryDirectory(prefix="faturo-")
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.kill()
        self._folder.cleanup()

    def start(self) -> None:
        program = shutil.which("redis-server") or shutil.which("valkey-server") or "redis-server"
        where = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", self._folder.name]
        command = [program, *where, "--save", "", "--appendonly", "no"]
        self._server = subprocess.Popen(command, stdout=subprocess.DEVNULL, process_group=0)
        for _try in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.02)
        raise RuntimeError("Redis does not start")

    def kill(self) -> None:
        if self._server:
            self._server.kill()
            self._server.wait()
        self._server = None

    def lose_everything(self) -> None:
        self.kill()
        self.start()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
