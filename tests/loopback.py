"""Servers on this machine for what calls others: one speaks HTTP, the other sends whatever bytes a test wants."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Heard:
    """A server's address, and what it was sent, in the order of arrival."""

    url: str
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    connections: set[object] = field(default_factory=set)

    @property
    def paths(self) -> list[str]:
        return [path for _method, path, _headers, _body in self.requests]


Reply = tuple[int, dict[str, str], bytes]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 200


@contextmanager
def web_server(answer: Callable[[str], Reply] = lambda _path: (200, {}, b"{}")) -> Iterator[Heard]:
    """`answer(path)` runs on a thread of its own for each connection, and may take its time."""
    heard = Heard("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            heard.requests.append((self.command, self.path, dict(self.headers), body))
            heard.connections.add(self.client_address)
            status, headers, content = answer(self.path)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST

        def handle(self) -> None:
            with suppress(OSError):
                super().handle()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = _Server(("127.0.0.1", 0), Handler)
    heard.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield heard
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def byte_server(serve: Callable[[socket.socket], None], *, is_read: bool = True) -> Iterator[str]:
    """Hands every connection, its first request read, to `serve`; the address to call."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def handle(client: socket.socket) -> None:
        with client, suppress(OSError):
            if is_read:
                client.recv(65536)
            serve(client)

    def accept() -> None:
        with suppress(OSError):
            while not over.is_set():
                client, _address = listener.accept()
                threading.Thread(target=handle, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        listener.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
