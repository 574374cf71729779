"""The address by which a reader stops reminders: signed, so that nobody can stop them for somebody else."""

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from notifications.mail.models import Message

SALT = "notifications.unsubscribe"


def unsubscribe(message: Message) -> str:
    signed = Signer(salt=SALT).sign(message.public_id)
    return f"{settings.SITE_URL}{reverse('mail:unsubscribe', args=[signed])}"


def message_of(signed: str) -> Message | None:
    """The message that holds this link; whoever can show it has received it."""
    try:
        public_id = Signer(salt=SALT).unsign(signed)
    except BadSignature:
        return None
    return Message.objects.filter(public_id=public_id).select_related("business", "invoice").first()
