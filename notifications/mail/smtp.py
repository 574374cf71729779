"""Handing one message to the mail server, and what its answer means.

A message carries the same Message-ID on every try. When the connection breaks after the server may have taken it, it is
sent again under that id: most mailboxes show such a pair once, and none is lost.
"""

import re
import smtplib
import socket
import threading
import time
from contextlib import suppress
from dataclasses import replace

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from businesses.telling import End, Exchange, Outcome

NO_MAILBOX = re.compile(r"5\d\d 5\.(1\.(1|2|3|6|10)|2\.1)(?![\d.])")
"""RFC 3463, RFC 7505: no such mailbox or domain, or it is closed for good. A bare 550 may mean much else."""


def send(message: EmailMessage) -> Outcome:
    """Waits for the server, EMAIL_TIMEOUT seconds at each step, CALL_DEADLINE for all; touches no database."""
    started = time.monotonic()
    outcome = _sent(message)
    took = int((time.monotonic() - started) * 1000)
    about = f"To: {', '.join(message.to)}\nMessage-ID: {message.extra_headers.get('Message-ID', '')}"
    call = Exchange("SMTP", _server(), about, _status(outcome), outcome.detail, took, outcome.code)
    return replace(outcome, exchanges=(call,))


def _sent(message: EmailMessage) -> Outcome:
    """Before anything is handed over, nothing can be unclear."""
    started = time.monotonic()
    try:
        connection = get_connection()
        connection.open()
    except (smtplib.SMTPException, OSError) as error:
        return Outcome(End.LATER, "mail_server", _said(error))
    left = settings.CALL_DEADLINE - (time.monotonic() - started)
    if left <= 0:
        _cut(connection)
        return Outcome(End.LATER, "mail_server", "slow greeting")
    clock = threading.Timer(left, _cut, [connection])
    clock.start()
    try:
        return _handed_over(message, connection)
    finally:
        clock.cancel()
        _closed(connection)


def _cut(connection: BaseEmailBackend) -> None:
    """Whoever waits for the server then hears that it hung up."""
    line = getattr(getattr(connection, "connection", None), "sock", None)
    with suppress(OSError):
        if line is not None:
            line.shutdown(socket.SHUT_RDWR)


def _handed_over(message: EmailMessage, connection: BaseEmailBackend) -> Outcome:
    try:
        connection.send_messages([message])
    except smtplib.SMTPRecipientsRefused as refused:
        code, text = next(iter(refused.recipients.values()))
        return _refused(code, text, of_address=True)
    except smtplib.SMTPSenderRefused as refused:
        return Outcome(End.LATER, "mail_server", _answer(refused.smtp_code, refused.smtp_error))
    except smtplib.SMTPResponseException as refused:
        return _refused(refused.smtp_code, refused.smtp_error)
    except (smtplib.SMTPException, OSError) as broken:
        return Outcome(End.LATER, "mail_cut", _said(broken), is_unclear=True)
    except ValueError as wrong:
        return Outcome(End.DEAD, "mail_refused", _said(wrong))
    return Outcome(End.SENT)


def _refused(code: int, text: bytes | str, *, of_address: bool = False) -> Outcome:
    """RFC 5321 §4.2.1: 4yz is for later, 5yz for good."""
    answer = _answer(code, text)
    if code < 500:
        return Outcome(End.LATER, "mail_busy", answer)
    is_unknown = of_address and NO_MAILBOX.match(answer)
    return Outcome(End.DEAD, "unknown_address" if is_unknown else "mail_refused", answer)


def _answer(code: int, text: bytes | str) -> str:
    words = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
    return f"{code} {' '.join(words.split())}"[:300]


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _answer(error.smtp_code, error.smtp_error)
    return (" ".join(str(error).split()) or type(error).__name__)[:300]


def _status(outcome: Outcome) -> int | None:
    start = outcome.detail[:3]
    if outcome.end == End.SENT:
        return 250
    return int(start) if re.fullmatch("[2-5][0-9]{2}", start) else None


def _server() -> str:
    return f"smtp://{settings.EMAIL_HOST}:{settings.EMAIL_PORT}" if settings.EMAIL_HOST else "mail"


def _closed(connection: BaseEmailBackend) -> None:
    """Politeness only: the message was taken or refused before."""
    try:
        connection.close()
    except (smtplib.SMTPException, OSError):
        return
