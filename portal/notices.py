"""What we tell a reader when there is no invoice to show: what happened, and what to do about it."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MISSING, GONE, TOO_MANY, NO_PDF = 404, 410, 429, 503


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
                "Many wrong links were opened from your network. Wait a minute, then open the link from your "
                "message again."
            ),
        ),
        retry_after=60,
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
