"""What we tell a reader when there is no invoice to show: what happened, and what to do about it."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ELSEWHERE, MISSING, GONE, TOO_MANY, NO_CARD, NO_PDF, NO_MAIL = 403, 404, 410, 429, 502, 503, 504


class Refusal(Exception):
    """No invoice for this caller: the status to answer with, in which language, and where to go instead."""

    def __init__(self, status: int, *, language: str = "", back: str = "") -> None:
        super().__init__(status)
        self.status, self.language, self.back = status, language, back


@dataclass(frozen=True)
class Notice:
    title: str | Promise
    texts: tuple[str | Promise, ...]
    retry_after: int = 0  # seconds


NOTICES = {
    MISSING: Notice(
        _("There is no invoice here"),
        (
            _("Check that the link is complete: it sometimes breaks across two lines in a message."),
            _("If it still does not open, ask whoever sent it to you for a new one."),
        ),
    ),
    GONE: Notice(
        _("This link is no longer valid"),
        (
            _("Whoever issued the invoice has withdrawn this link, perhaps to replace it with a new one."),
            _(
                "Look for a newer message from them, or ask them for a new link. Do not pay from an old copy "
                "before you have asked."
            ),
        ),
    ),
    TOO_MANY: Notice(
        _("Too many attempts"),
        (
            _(
                "Too much was asked for from your network. Wait a minute, then open the link from your message "
                "again."
            ),
        ),
        retry_after=60,
    ),
    ELSEWHERE: Notice(
        _("This button belongs to the invoice's own page"),
        (_("Another site has pressed it for you. Nothing has happened."),),
    ),
    NO_CARD: Notice(
        _("Cards cannot be taken just now"),
        (
            _("The card page could not be opened. Nothing has been charged."),
            _("Please try again in half a minute, or pay in another way."),
        ),
        retry_after=30,
    ),
    NO_MAIL: Notice(
        _("The message could not be sent"),
        (_("Please try again in a few minutes; the invoice itself is not affected."),),
        retry_after=120,
    ),
    NO_PDF: Notice(
        _("The PDF is not ready yet"),
        (
            _(
                "It could not be made just now. Please try again in half a minute; the invoice itself is not "
                "affected."
            ),
        ),
        retry_after=30,
    ),
}
