"""What accounts needs from rooms above."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

if TYPE_CHECKING:
    from portal.accounts.models import Organisation, Post

#: In the query of the sign-in page: what was being typed is kept. Says nothing of whom or what.
KEPT: Final = "kept"


class OnSignOut(Protocol):
    """Wipe what must not outlive the session of a person (drafts of visits).

    Called inside the transaction of the sign-out; not called when a session merely expires,
    because nothing typed is lost by an expired session.
    """

    def __call__(self, *, user_id: int) -> None: ...


_bound: list[OnSignOut] = []


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What would be left behind, such as 2 份没写完的走访, and where to go on with it."""

    text: str
    url: str


class BeforeSignOut(Protocol):
    """Say what a person would lose by signing out; None when it is nothing."""

    def __call__(self, *, user_id: int) -> Unfinished | None: ...


_asked: list[BeforeSignOut] = []


def bind_before_sign_out(ask: BeforeSignOut) -> None:
    """For ``AppConfig.ready()`` of an upper app; binding the same thing twice binds it once."""
    if ask not in _asked:
        _asked.append(ask)


def unfinished(*, user_id: int) -> tuple[Unfinished, ...]:
    """Everything that a sign-out would wipe, from all that were bound."""
    return tuple(found for ask in _asked if (found := ask(user_id=user_id)) is not None)


def bind_on_sign_out(wipe: OnSignOut) -> None:
    """For ``AppConfig.ready()`` of an upper app; binding the same thing twice binds it once."""
    if wipe not in _bound:
        _bound.append(wipe)


def on_sign_out() -> tuple[OnSignOut, ...]:
    """Everything that is to be wiped at sign-out."""
    return tuple(_bound)


class OnUnitChanged(Protocol):
    """A unit got another name or place; the tree is as it will be.

    Called inside the transaction of the change. What follows the address follows now; what was
    written on a day keeps the places of that day.
    """

    def __call__(self, *, unit: Organisation) -> None: ...


class KeepsUnit(Protocol):
    """What above still needs a unit, in words such as 还有3户住户; "" when nothing does."""

    def __call__(self, *, unit: Organisation) -> str: ...


_following: list[OnUnitChanged] = []
_keeping: list[KeepsUnit] = []


def bind_on_unit_changed(follow: OnUnitChanged) -> None:
    """For ``AppConfig.ready()`` of an upper app; binding the same thing twice binds it once."""
    if follow not in _following:
        _following.append(follow)


def on_unit_changed() -> tuple[OnUnitChanged, ...]:
    return tuple(_following)


def bind_keeps_unit(ask: KeepsUnit) -> None:
    """For ``AppConfig.ready()`` of an upper app; binding the same thing twice binds it once."""
    if ask not in _keeping:
        _keeping.append(ask)


def what_keeps() -> tuple[KeepsUnit, ...]:
    return tuple(_keeping)


class LeavesBehind(Protocol):
    """Say what nobody would answer for once a post ends; None when it is nothing."""

    def __call__(self, *, held: Post) -> Unfinished | None: ...


_leaving: list[LeavesBehind] = []


def bind_leaves_behind(ask: LeavesBehind) -> None:
    """For ``AppConfig.ready()`` of an upper app; binding the same thing twice binds it once."""
    if ask not in _leaving:
        _leaving.append(ask)


def left_behind(*, held: Post) -> tuple[Unfinished, ...]:
    """Everything a post still answers for, from all that were bound."""
    return tuple(found for ask in _leaving if (found := ask(held=held)) is not None)


class Spoken(NamedTuple):
    """A free text about a unit, and whose people may be named in it."""

    text: str
    community_id: int | None
    street_id: int | None


class HidePeople(Protocol):
    """Free texts with every number, and whoever of their places is named, hidden in them."""

    def __call__(self, *, spoken: Sequence[Spoken]) -> list[str]: ...


_hiding: list[HidePeople] = []


def bind_hide_people(hide: HidePeople) -> None:
    """For ``AppConfig.ready()`` of the app that keeps the register; there is one."""
    _hiding[:] = [hide]


def hides_people() -> bool:
    return bool(_hiding)


def hide_people(spoken: Sequence[Spoken]) -> list[str]:
    """SECURITY: without anybody bound nothing is shown at all (``accounts.E002`` stops the start)."""
    if not _hiding:
        raise RuntimeError("Nobody is bound to hide_people.")
    return _hiding[0](spoken=spoken)
