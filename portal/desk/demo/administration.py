"""What administrators of the demo find: who signed in when, and the cases of the inspector."""

import datetime as dt
from random import Random
from typing import Final

from django.db.models import Max
from django.utils import timezone

from contacts.models import Visit
from grievances.models import Event
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation, Post, User
from portal.accounts.roles import Role
from portal.accounts.services import inspections
from portal.accounts.services.inspections import NewInspection
from portal.desk.demo.rhythm import ZONE

#: One account in so many has not been used for a long time.
_FORGOTTEN: Final = 40
_DAY: Final = dt.timedelta(days=1)
_FRIDAY: Final = 4


def forgotten() -> frozenset[int]:
    """Users whose accounts have not been used for a long time."""
    users = User.objects.filter(is_demo=True).order_by("pk").values_list("pk", flat=True)
    return frozenset(pk for number, pk in enumerate(users, start=1) if number % _FORGOTTEN == 0)


def date_accounts(rng: Random, *, began: dt.date, now: dt.datetime) -> None:
    """Accounts are as old as the first post; most were used within the last days.

    Whoever wrote something signed in no earlier than on that day. Who has no password never did,
    and has had the account for some days only.
    """
    users = list(User.objects.filter(is_demo=True).order_by("pk"))
    first = dict(Post.objects.order_by("-since", "-pk").values_list("user_id", "since"))
    wrote = _wrote()
    today = now.astimezone(ZONE).date()
    unused = forgotten()
    for user in users:
        days = rng.randint(95, 300) if user.pk in unused else rng.randint(0, 6)
        made = first.get(user.pk, began)
        if user.has_usable_password():
            user.last_login = _signed_in(rng, days, wrote=wrote.get(user.pk), now=now)
        else:
            made = today - (3 + days % 14) * _DAY
        user.created_at = dt.datetime.combine(made, dt.time(9), ZONE)
    User.objects.bulk_update(users, ["created_at", "last_login"])


def _wrote() -> dict[int, dt.datetime]:
    """When each last wrote something: a visit, or a step of a grievance."""
    visits = Visit.objects.order_by().values_list("author_id")
    steps = Event.objects.order_by().exclude(post=None).values_list("post__user_id")
    found: dict[int, dt.datetime] = dict(visits.annotate(last=Max("recorded_at")))
    for user, at in steps.annotate(last=Max("at")):
        found[user] = max(at, found.get(user, at))
    return found


def _signed_in(
    rng: Random, days: int, *, wrote: dt.datetime | None, now: dt.datetime
) -> dt.datetime:
    """A working morning so many days ago, or that of the day when something was written."""
    at = _morning(rng, _workday(now.astimezone(ZONE).date() - days * _DAY))
    if wrote is not None:
        at = max(at, _morning(rng, wrote.astimezone(ZONE).date()))
    return at if at <= now else _morning(rng, _workday(at.date() - _DAY))


def _workday(day: dt.date) -> dt.date:
    """The day, or the Friday before a weekend."""
    return day - max(0, day.weekday() - _FRIDAY) * _DAY


def _morning(rng: Random, day: dt.date) -> dt.datetime:
    """A moment before the first doors are knocked at."""
    return dt.datetime(day.year, day.month, day.day, 8, rng.randint(5, 55), tzinfo=ZONE)


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
