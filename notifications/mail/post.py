"""A letter as the mail server takes it: plain text, HTML, headers and files."""

from collections.abc import Sequence
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from notifications.mail.letters import Letter, one_line
from notifications.mail.papers import File


def html(letter: Letter) -> str:
    with translation.override(letter.language):
        return render_to_string("mail/letter.html", {"letter": letter})


def text(letter: Letter) -> str:
    with translation.override(letter.language):
        body = render_to_string("mail/letter.txt", {"letter": letter})
    lines = [line.rstrip() for line in body.strip().splitlines()]
    kept = [line for i, line in enumerate(lines) if line or (i and lines[i - 1])]
    return "\n".join(kept) + "\n"


def envelope(
    letter: Letter, to: str, key: str, files: Sequence[File], *, plain: str, rich: str
) -> EmailMultiAlternatives:
    """`key` names the message on every try; the mail server's own host name stays out of it."""
    _name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    headers = {
        "Message-ID": f"<{key}@{address.partition('@')[2] or 'localhost'}>",
        "Auto-Submitted": "auto-generated",
    }
    if letter.unsubscribe:
        headers["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message = EmailMultiAlternatives(
        one_line(letter.subject),
        plain,
        from_email=formataddr((one_line(letter.sender.name), address)),
        to=[to],
        reply_to=[letter.sender.email] if letter.sender.email else None,
        headers=headers,
    )
    message.attach_alternative(rich, "text/html")
    for file in files:
        message.attach(file.name, file.content, "application/pdf")
    return message
