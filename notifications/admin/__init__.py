"""The screens of this room."""

from notifications.admin import mails, webhooks

__all__ = ["mails", "webhooks"]
