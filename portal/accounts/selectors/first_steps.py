"""What a signed-in person must do before the first page."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from portal.accounts.models import Post, User


class Step(StrEnum):
    """A step and the url name of its page."""

    PASSWORD = "accounts:password"  # noqa: S105 -- a url name
    SECOND_FACTOR = "accounts:second_factor_setup"


def missing_step(
    *, user: User, posts: Sequence[Post], passed_second_factor: bool, demo: bool
) -> Step | None:
    """The next step, or none: a password of one's own, then the second factor of administrators.

    The second factor is asked of whoever holds an administrator's post at all: switching to it is
    one tap. In demo mode nothing is asked (quality §4).
    """
    if demo:
        return None
    if user.must_change_password:
        return Step.PASSWORD
    if not passed_second_factor and any(post.needs_second_factor for post in posts):
        return Step.SECOND_FACTOR
    return None
