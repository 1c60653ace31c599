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
    """One account per role, in the order of the roles; demo users only."""
    posts = Post.objects.filter(user__is_demo=True).in_force(timezone.localdate())
    first: dict[str, DemoAccount] = {}
    for post in posts.select_related("user").with_places().order_by("pk"):
        if post.user.has_usable_password():
            account = DemoAccount(post.user.username, post.user.name, post.label, post.place)
            first.setdefault(post.role, account)
    return [first[role] for role in Role if role in first]
