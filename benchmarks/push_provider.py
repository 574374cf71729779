"""A provider that takes its time, in a process of its own: it knows nothing of Django."""

import asyncio
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.sharedctypes import Synchronized
from typing import Any

ANSWERS_AFTER = 0.2  # seconds


async def _serve(port: Any, heard: "Synchronized[int]") -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                size = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
                await reader.readexactly(size)
                await asyncio.sleep(ANSWERS_AFTER)
                heard.value += 1
                writer.write(b'HTTP/1.1 201 Created\r\nContent-Length: 13\r\n\r\n{"id": "r-1"}')
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=500)
    port.value = server.sockets[0].getsockname()[1]
    await server.serve_forever()


def _provider(port: Any, heard: "Synchronized[int]") -> None:
    asyncio.run(_serve(port, heard))


@contextmanager
def provider() -> Iterator[tuple[int, "Synchronized[int]"]]:
    """Its port, and how many requests it has answered."""
    context = multiprocessing.get_context("spawn")
    port, heard = context.Value("i", 0), context.Value("i", 0)
    process = context.Process(target=_provider, args=(port, heard), daemon=True)
    process.start()
    while not port.value:
        time.sleep(0.05)
    try:
        yield port.value, heard
    finally:
        process.kill()
