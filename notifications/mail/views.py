"""Stopping reminders from the link in one (RFC 8058: mail programs POST it themselves)."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from core.colours import palette
from notifications.mail import actions, links
from notifications.mail.models import Message, Reason, Suppression
from portal.answers import page, posted, public, wanted_language
from portal.guard import ORDERS, misses_too_often, too_often
from portal.notices import MISSING, TOO_MANY, Refusal

TEMPLATE = "mail/unsubscribe.html"


@csrf_exempt
def unsubscribe(request: HttpRequest, signed: str) -> HttpResponseBase:
    """GET asks, since mail scanners open every link; POST does, and may come from any site: the link is the proof."""
    return (_stop if request.method == "POST" else _ask)(request, signed=signed)


@public
def _ask(request: HttpRequest, signed: str) -> HttpResponse:
    message = _message(request, signed)
    rows = Suppression.objects.for_business(message.business_id).filter(reason=Reason.UNSUBSCRIBED)
    return _page(request, message, is_done=rows.filter(address=message.address.lower()).exists())


@posted
def _stop(request: HttpRequest, signed: str) -> HttpResponse:
    message = _message(request, signed)
    if too_often(request, f"unsubscribe {message.pk}", ORDERS):
        raise Refusal(TOO_MANY, language=message.language)
    actions.suppress(message.business_id, message.address, Reason.UNSUBSCRIBED)
    return _page(request, message, is_done=True)


def _message(request: HttpRequest, signed: str) -> Message:
    message = links.message_of(signed)
    if message is None:
        raise Refusal(TOO_MANY if misses_too_often(request) else MISSING)
    return message


def _page(request: HttpRequest, message: Message, *, is_done: bool) -> HttpResponse:
    context: dict[str, object] = {
        "business": message.business.name,
        "address": message.address,
        "is_done": is_done,
        "palette": palette(message.business.accent),
    }
    return page(TEMPLATE, context, language=wanted_language(request, message.language))
