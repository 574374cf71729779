"""What went wrong, in words for people; each says what to do where somebody can do something."""

from typing import Any

from django.utils.translation import gettext_lazy as _

WORDS: dict[str, Any] = {
    "private": _("The address leads into a private network, which is not called."),
    "dns": _("Nobody knows this address: check its spelling."),
    "url": _("This is no web address."),
    "connect": _("Nothing answers at this address."),
    "tls": _("The certificate of this address is not in order."),
    "timeout": _("No answer in time."),
    "cut": _("The connection broke before the answer was complete."),
    "too_large": _("The answer was larger than a megabyte."),
    "garbage": _("Something answered that makes no sense; perhaps the address is another page."),
    "down": _("The other side has a fault at the moment."),
    "too_many": _("The other side asks us to slow down."),
    "refused": _("The other side refused it."),
    "unauthorized": _("The credentials are not accepted: enter them again."),
    "renewing": _("Another push is just renewing the access; this one follows."),
    "unreadable": _(
        "The stored credentials cannot be read: enter them again, or put the old key into FIELD_KEYS."
    ),
    "doubtful": _("It is not clear whether it was done: look there, then choose below."),
    "cannot": _("This invoice cannot be pushed there."),
    "broken": _("Something broke on our side; the log says what."),
    "lost": _("Whoever had it in hand stopped working, every time."),
    "test_mode": _("A test invoice is not pushed to a live account."),
    "gone": _("The address says that nobody listens there any more (410)."),
    "redirect": _("The address answered with a redirect, which is not followed: enter the final address."),
    "not_taken": _("The address did not take it."),
    "too_old": _("It waited for more than 30 days."),
    "nothing_there": _("There is nothing there that it could be done to."),
    "known_there": _("It is known there already."),
    "mail_server": _("The mail server cannot be used at the moment."),
    "mail_cut": _("The mail server broke off; the message goes again under the same id."),
    "mail_busy": _("The mail server of the address asks us to come back later."),
    "mail_refused": _("The mail server refused the message."),
    "unknown_address": _("This address does not exist, its mail server says."),
    "bounced_before": _("This address did not exist the last time: correct it, or unblock it."),
    "unsubscribed": _("This address wants no reminders."),
    "not_ready": _("Waiting for the PDF."),
    "settled": _("Nothing was left to pay."),
    "reminders_off": _("Reminders are switched off meanwhile."),
    "reminders_paused": _("Reminders of this invoice are paused."),
    "paying": _("A payment is on its way."),
    "disputed": _("A payment of it is disputed."),
    "day_over": _("Its day was over."),
    "quiet_hours": _("Reminders go out in the daytime, and not on Sundays and holidays."),
    "taken_back": _("The payment was taken back."),
    "void": _("The invoice is void."),
}


def words(code: str) -> str:
    """A sentence; "" for no error, and the code itself for one without words."""
    return str(WORDS.get(code, code))
