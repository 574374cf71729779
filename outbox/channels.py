"""Every way in which an event leaves the house. Adding one is one line here and its name in the model."""

from businesses.telling import Channel
from notifications import notices, webhooks
from notifications.mail import channel as mail
from providers import pushing

CHANNELS: dict[str, Channel] = {
    channel.name: channel for channel in (pushing.PUSH, webhooks.WEBHOOKS, notices.NOTICES, mail.EMAIL)
}
