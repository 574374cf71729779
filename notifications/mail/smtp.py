"""Handing one message to the mail server, and what its answer means.

A message carries the same Message-ID on every try. When the connection breaks after the server may have taken it, it is
sent again under that id: most mailboxes show such a pair once, and none is lost.
"""

import re
import smtplib
import time
from dataclasses import replace

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from businesses.telling import End, Exchange, Outcome

ENHANCED = re.compile(r"\b5\.(\d{1,3})\.(\d{1,3})\b")
UNKNOWN = frozenset({550, 551, 553})


def send(message: EmailMessage) -> Outcome:
    """Waits for the server, at most EMAIL_TIMEOUT seconds at each step; touches no database."""
    started = time.monotonic()
    outcome = _sent(message)
    took = int((time.monotonic() - started) * 1000)
    about = f"To: {', '.join(message.to)}\nMessage-ID: {message.extra_headers.get('Message-ID', '')}"
    call = Exchange("SMTP", _server(), about, _status(outcome), outcome.detail, took, outcome.code)
    return replace(outcome, exchanges=(call,))


def _sent(message: EmailMessage) -> Outcome:
    """Before anything is handed over, nothing can be unclear."""
    try:
        connection = get_connection()
        connection.open()
    except (smtplib.SMTPException, OSError) as error:
        return Outcome(End.LATER, "mail_server", _said(error))
    try:
        return _handed_over(message, connection)
    finally:
        _closed(connection)


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
        return Outcome(End.LATER, "mail_busy" if of_address else "down", answer)
    is_unknown = of_address and code in UNKNOWN and _is_about_address(answer)
    return Outcome(End.DEAD, "unknown_address" if is_unknown else "mail_refused", answer)


def _is_about_address(answer: str) -> bool:
    """Enhanced codes (RFC 3463): 5.1.x is the address, 5.2.1 a closed mailbox; 5.7.x is policy and may pass."""
    found = ENHANCED.search(answer)
    return found is None or found[1] == "1" or found.groups() == ("2", "1")


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
