"""A mail server on this machine: takes messages over real sockets, or refuses them as it is told."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from django.test import override_settings


@dataclass
class Mailbox:
    """`answers` are what is said to `RCPT` of an address or `DATA`; `cuts_after_data`: takes it, then hangs up.

    `dawdles`: half seconds before it says the last word after a message, a line each.
    """

    port: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    cuts_after_data: int = 0
    dawdles: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        while line := (await reader.readline()).decode().strip():
            verb = line[:4].upper()
            if verb == "DATA":
                writer.write(b"354 go on\r\n")
                if not await self._take(reader, writer):
                    break
                continue
            if verb == "QUIT":
                writer.write(b"221 bye\r\n")
                break
            address = line.partition("<")[2].partition(">")[0] if verb == "RCPT" else ""
            writer.write(f"{self.answers.get(address, '250 fine')}\r\n".encode())
        writer.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        raw = (await reader.readuntil(b"\r\n.\r\n"))[:-5].replace(b"\r\n..", b"\r\n.")
        answer = self.answers.get("DATA", "250 taken")
        if answer.startswith("250"):
            self.taken.append(message_from_bytes(raw, policy=policy.default))
        if self.cuts_after_data:
            self.cuts_after_data -= 1
            return False
        for _half in range(self.dawdles):
            writer.write(b"250-wait\r\n")
            await asyncio.sleep(0.5)
        writer.write(f"{answer}\r\n".encode())
        return True

    def to(self, address: str) -> list[EmailMessage]:
        return [message for message in self.taken if message["To"] == address]


@contextmanager
def open_mailbox() -> Iterator[Mailbox]:
    """Settings send all mail there."""
    mailbox, ready = Mailbox(), threading.Event()
    loop, over = asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        server = await asyncio.start_server(mailbox.serve, "127.0.0.1", 0)
        mailbox.port = server.sockets[0].getsockname()[1]
        ready.set()
        await over.wait()
        server.close()
        await server.wait_closed()

    def run() -> None:
        loop.run_until_complete(serve())
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        with override_settings(**by_smtp(mailbox.port)):
            yield mailbox
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)


def by_smtp(port: int) -> dict[str, Any]:
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": port,
        "EMAIL_TIMEOUT": 3,
    }


def subject(message: EmailMessage) -> str:
    """A long one is folded right after its name."""
    return str(message["Subject"]).strip()


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    return str(part.get_content()) if part else ""


def html_of(message: EmailMessage) -> str:
    part = message.get_body(("html",))
    return str(part.get_content()) if part else ""


def files_of(message: EmailMessage) -> dict[str | None, bytes]:
    return {part.get_filename(): part.get_payload(decode=True) for part in message.iter_attachments()}  # type: ignore[misc]
