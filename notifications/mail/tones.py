"""The colours of a message's states."""

from notifications.mail.models import MessageState

TONES = {
    MessageState.QUEUED: "info",
    MessageState.SENT: "good",
    MessageState.OPENED: "good",
    MessageState.FAILED: "bad",
    MessageState.BOUNCED: "bad",
    MessageState.SKIPPED: "neutral",
}
