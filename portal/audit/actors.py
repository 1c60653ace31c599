"""Who acts, as far as the trail needs to know. The trail stands below accounts and imports none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class UserLike(Protocol):
    @property
    def username(self) -> str: ...


class PostLike(Protocol):
    """What ``accounts.Post`` offers; the trail copies it into plain columns."""

    @property
    def pk(self) -> int: ...
    @property
    def user_id(self) -> int: ...
    @property
    def user(self) -> UserLike: ...
    @property
    def role(self) -> str: ...
    @property
    def organisation_id(self) -> int: ...
    @property
    def district_id(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Actor:
    """An actor without a post: somebody signing in, or nobody at all (the system)."""

    user_id: int | None = None
    username: str = ""
    post_id: int | None = None
    role: str = ""
    organisation_id: int | None = None
    district_id: int | None = None


def actor_of(who: PostLike | Actor | None) -> Actor:
    """The plain columns of a post; ``None`` is the system."""
    if who is None:
        return Actor()
    if isinstance(who, Actor):
        return who
    return Actor(
        user_id=who.user_id,
        username=who.user.username,
        post_id=who.pk,
        role=who.role,
        organisation_id=who.organisation_id,
        district_id=who.district_id,
    )
