"""The screens of this room."""

from notifications.admin import mails, webhooks, wordings

__all__ = ["mails", "webhooks", "wordings"]
