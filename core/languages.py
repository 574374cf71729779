"""Which of our languages is spoken, and how it is called on a page."""

from django.conf import settings
from django.utils.translation import get_language


def language() -> str:
    """The active one, as `settings.LANGUAGES` writes it; English where none of ours is active."""
    active = get_language() or ""
    return active if active in dict(settings.LANGUAGES) else "en"


def tag(code: str) -> str:
    """`pt-br` → `pt-BR`, as browsers and screen readers expect it."""
    main, _, region = code.partition("-")
    return f"{main}-{region.upper()}" if region else main
