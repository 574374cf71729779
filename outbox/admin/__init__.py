"""The screens of what leaves the house."""

from outbox.admin import deliveries

__all__ = ["deliveries"]
