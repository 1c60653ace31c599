"""What accounts needs from rooms above."""

from __future__ import annotations

from typing import Protocol


class OnSignOut(Protocol):
    """Wipe what must not outlive the session of a person (drafts of visits).

    Called inside the transaction of the sign-out; not called when a session merely expires,
    because nothing typed is lost by an expired session.
    """

    def __call__(self, *, user_id: int) -> None: ...


_bound: list[OnSignOut] = []


def bind_on_sign_out(wipe: OnSignOut) -> None:
    """For ``AppConfig.ready()`` of an upper app; binding the same thing twice binds it once."""
    if wipe not in _bound:
        _bound.append(wipe)


def on_sign_out() -> tuple[OnSignOut, ...]:
    """Everything that is to be wiped at sign-out."""
    return tuple(_bound)
