"""Demo accounts: who may sign in where, and what the sign-in page of the demo offers."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from portal.accounts.models import Post, User
from portal.accounts.roles import Role


@dataclass(frozen=True, slots=True)
class DemoAccount:
    username: str
    name: str
    role: str
    place: str


def may_sign_in(user: User) -> bool:
    """SECURITY: a demo account, whose password is printed, counts in demo mode only."""
    return user.is_active and (settings.DEMO or not user.is_demo)


def demo_accounts() -> list[DemoAccount]:
    """One account per role, in the order of the roles; demo users only.

    The first made for each role has the printed password; the others' nobody knows. Where that
    one holds the role no more, nobody is offered for it.
    """
    posts = Post.objects.filter(user__is_demo=True).select_related("user").with_places()
    today = timezone.localdate()
    whose: dict[str, int] = {}
    first: dict[str, DemoAccount] = {}
    for post in posts.order_by("pk"):
        user = post.user
        if not user.has_usable_password() or whose.setdefault(post.role, user.pk) != user.pk:
            continue
        if user.is_active and post.in_force(today):
            account = DemoAccount(user.username, user.name, post.label, post.place)
            first.setdefault(post.role, account)
    return [first[role] for role in Role if role in first]
