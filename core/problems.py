"""The two kinds of refusal that every face knows how to show: the caller's fault, and too late."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError


class Problem(ValidationError):
    """The caller's fault: `field` is a dotted path into the input, `code` a stable word, the message is for people.

    It is a ValidationError, so forms and `full_clean` treat it as their own.
    """

    def __init__(self, message: str, *, field: str = "", code: str = "invalid") -> None:
        super().__init__(message, code=code)
        self.field = field

    @property
    def text(self) -> str:
        return " ".join(self.messages)


class Conflict(Exception):
    """Too late: the row has moved on. `legal` lists what may still be done with it."""

    def __init__(self, message: str, *, legal: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.legal = tuple(legal)

    @property
    def text(self) -> str:
        """Under the same name as a Problem's: whoever shows refusals need not tell the two apart."""
        return str(self)
