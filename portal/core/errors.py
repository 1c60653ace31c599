"""What a person can act on: the one exception that services raise for a broken rule."""

from __future__ import annotations


class DomainError(Exception):
    """A rule forbids this; ``message`` is a Chinese sentence that says what to do instead.

    ``field`` names the form field the message belongs to; without it the message is about the
    whole form. Anything a person cannot act on is a bug and must not be raised as this.
    """

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field

    def __str__(self) -> str:
        return self.message
