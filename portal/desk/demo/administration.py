"""What administrators of the demo find: who signed in when, and the cases of the inspector."""

import datetime as dt
from random import Random
from typing import Final

from django.utils import timezone

from contacts.models import Visit
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation, Post, User
from portal.accounts.roles import Role
from portal.accounts.services import inspections
from portal.accounts.services.inspections import NewInspection

#: One account in so many has not been used for a long time.
_FORGOTTEN: Final = 40
_DAY: Final = dt.timedelta(days=1)


def date_accounts(rng: Random, *, began: dt.date, now: dt.datetime) -> None:
    """Accounts are as old as the first post; most were used within the last days."""
    users = list(User.objects.filter(is_demo=True).order_by("pk"))
    first = dict(Post.objects.order_by("-since", "-pk").values_list("user_id", "since"))
    for number, user in enumerate(users, start=1):
        made = dt.datetime.combine(first.get(user.pk, began), dt.time(9), now.tzinfo)
        days = rng.randint(95, 300) if number % _FORGOTTEN == 0 else rng.randint(0, 6)
        user.created_at = made
        user.last_login = now - days * _DAY - dt.timedelta(minutes=rng.randint(1, 600))
    User.objects.bulk_update(users, ["created_at", "last_login"])


def open_cases(*, now: dt.datetime) -> None:
    """One case that is being inspected, one that waits for the district leader."""
    posts = Post.objects.filter(user__is_demo=True).select_related("user", "organisation")
    by_role = {post.role: post for post in posts.order_by("-pk")}
    inspector, admin, leader = (
        by_role[role] for role in (Role.INSPECTOR, Role.DISTRICT_ADMIN, Role.DISTRICT_LEADER)
    )
    places = Organisation.objects.filter(kind=OrganisationKind.COMMUNITY).order_by("code")
    visited = Visit.objects.values("community_id")
    places = places.filter(path__startswith=inspector.organisation.path, pk__in=visited)
    titles = ("冬季供暖诉求走访情况核查", "走访记录与群众反映不一致的核查")
    today = timezone.localdate(now)
    for place, title in zip(places, titles, strict=False):
        case = inspections.ask(
            actor=admin,
            entry=NewInspection(
                post=inspector, title=title, organisation=place,
                since=today, until=today + 30 * _DAY,
            ),
            now=now,
        )  # fmt: skip
        if title == titles[0]:
            inspections.approve(actor=leader, inspection=case, now=now)
