"""Who may see households and visits; narrowing questions about them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, Self, cast

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact
from django.utils import timezone

from portal.accounts.outline import day_for, moment_for
from portal.accounts.permissions import ROLES, Permission
from portal.accounts.querysets import lies_in
from portal.accounts.roles import UNIT_WIDE, Role
from portal.core.db.bulk import Among
from portal.core.db.prepared import Number, Numbers

if TYPE_CHECKING:
    from portal.accounts.models import Post

#: Posts under which one may answer for a household (走访责任人); under any other a duty is nothing.
MAY_ANSWER: Final = ROLES[Permission.LOG_HOME_VISIT]
#: Roles that see the visits of the households they are responsible for, not only their own.
_RESPONSIBLE = MAY_ANSWER - UNIT_WIDE
_OWN_ONLY = frozenset({Role.DELEGATE, Role.CLERK, Role.HANDLER})
#: ``Reveal.subject_kind`` of a household.
REVEAL_SUBJECT: Final = "household"
#: Those who know of every household of their place.
KEEPS_REGISTER: Final = UNIT_WIDE | {Role.COMMUNITY_WORKER}


class HouseholdDutyQuerySet(models.QuerySet):
    def in_force(self, on: dt.date) -> Self:
        """Those that hold on that day: from ``since``, until the day before ``until``."""
        return self.filter(since__lte=on).filter(Q(until__isnull=True) | Q(until__gt=on))

    def planned(self, on: dt.date) -> Self:
        """Those that begin after that day: until then they open nothing."""
        return self.filter(since__gt=on)


def _duties(post: Post, on: dt.date | None = None) -> models.QuerySet:
    """Duties that hold under the acting post: its role may answer, its place has the household.

    ``on`` is today unless said otherwise. SECURITY: a duty names a person; what it opens belongs
    to the post, and only while the duty is in force.
    """
    within = _within(post, "household__")
    rows = _duties_anywhere(post, on)
    return rows.none() if within is None else rows.filter(within)


def _duties_anywhere(post: Post, on: dt.date | None = None) -> models.QuerySet:
    """The same wherever the household lies, to be asked of households within the place only."""
    from contacts.models import HouseholdDuty  # noqa: PLC0415 -- querysets name their own models

    if post.role not in MAY_ANSWER:
        return HouseholdDuty.objects.none()
    return HouseholdDuty.objects.filter(user_id=post.user_id).in_force(on or day_for(post))


def _took_part(post: Post) -> models.QuerySet:
    """Who-went rows of the acting post: what one wrote is readable while the post lasts."""
    from contacts.models import VisitPerson  # noqa: PLC0415 -- querysets name their own models

    return VisitPerson.objects.filter(post_id=post.pk)


def _live_reveals(post: Post, now: dt.datetime | None = None) -> models.QuerySet:
    """Households for which this post has stated a reason that still holds (decision 0002)."""
    from portal.accounts.models import Reveal  # noqa: PLC0415 -- querysets load before models

    live = Reveal.objects.filter(post_id=post.pk, subject_kind=REVEAL_SUBJECT)
    return live.filter(until__gt=now or moment_for(post))


def _at_open_homes(post: Post) -> tuple[models.QuerySet, models.QuerySet]:
    """Visits at households the post answers for, and at those it has stated a reason to see."""
    from contacts.models import Visit  # noqa: PLC0415 -- querysets name their own models

    own = _duties(post).order_by().values("household")
    revealed = _live_reveals(post).order_by().values("subject_id")
    every = Visit.objects.order_by()
    return (
        every.filter(household__in=own).values("pk"),
        every.filter(household__in=revealed).values("pk"),
    )


def _within(post: Post, prefix: str = "") -> Q | None:
    """Rows in the place of the post; a section's or department's officer: its street or district.

    ``prefix`` is the relation that leads to the scope columns.
    """
    place = post.organisation
    own = lies_in(place, prefix)
    if own is not None:
        return own
    ids = place.scope_ids()
    if ids.street_id:
        return Q(**{f"{prefix}street_id": ids.street_id})
    return Q(**{f"{prefix}district_id": ids.district_id}) if ids.district_id else None


def _reading(post: Post, prefix: str = "") -> Q | None:
    """Where a post reads the visits it took part in; None for one that reads none by that."""
    if post.role in UNIT_WIDE:
        return lies_in(post.organisation, prefix)
    return _within(post, prefix) if post.role in _RESPONSIBLE | _OWN_ONLY else None


def _beside(within: Q) -> Q:
    """The same condition on columns, beside one that has left a few rows already.

    Said so that no index answers it: of a street's that would be all the visits there are.
    """
    conditions = cast(list[tuple[str, Any]], within.children)
    return Q(*(Exact(Coalesce(F(column), Value(0)), value) for column, value in conditions))


def _inspected(post: Post, day: str = "") -> Q:
    """What an inspector's cases in force open: their units, and of visits their days.

    ``day`` is the column of the day the record belongs to, if it has one. Nothing without a case.
    """
    from portal.accounts.models import Inspection  # noqa: PLC0415 -- querysets load before models

    opened = Q(pk__in=[])
    for case in Inspection.objects.mandates(post, timezone.localdate()):
        place = lies_in(case.organisation)
        if place is not None:
            opened |= place & (Q(**{f"{day}__gte": case.reads_from}) if day else Q())
    return opened


def phone_only(on: dt.date) -> Q:
    """Households who wish not to be visited at the door on that day."""
    return Q(door_wish="PHONE") & (Q(door_wish_until__isnull=True) | Q(door_wish_until__gte=on))


def unmet_since(day: dt.date) -> Q:
    """Households where nobody was met at the door on or after ``day``, the never visited included."""
    return Q(last_met_on__isnull=True) | Q(last_met_on__lt=day)


class HouseholdQuerySet(models.QuerySet):
    def visible_to(self, post: Post | None) -> Self:
        """Households the acting post may know of (domain §3); what it sees of them is masking."""
        if post is None or (within := _within(post)) is None:
            return self.none()
        if post.role in KEEPS_REGISTER:
            return self.filter(within) if lies_in(post.organisation) is not None else self.none()
        if post.role in _RESPONSIBLE | _OWN_ONLY:
            met = _took_part(post).filter(visit__voided_at__isnull=True)
            # From the few to the many: an OR of two EXISTS asks every household of a street.
            known = (
                _duties(post)
                .order_by()
                .values("household")
                .union(
                    met.filter(visit__household__isnull=False).order_by().values("visit__household")
                )
            )
            return self.filter(within, pk__in=known)
        if post.role == Role.INSPECTOR:
            return self.filter(within).filter(_inspected(post))
        return self.none()

    def own(self, post: Post, on: dt.date | None = None) -> Self:
        """Those the acting post is responsible for now, or on another day."""
        within = _within(post)
        if within is None:
            return self.none()
        return self.filter(
            within, Exists(_duties_anywhere(post, on).filter(household=OuterRef("pk")))
        )

    def with_sight(self, post: Post, now: dt.datetime) -> Self:
        """Each with ``is_own`` (own duty now) and ``revealed_until`` (a live reason, or None).

        SECURITY: read by ``contacts.selectors.sight`` and nobody else.
        """
        within = _within(post)
        duties = _duties_anywhere(post, day_for(post, now)).filter(household=OuterRef("pk"))
        own = Q(pk__in=[]) if within is None else within & Q(Exists(duties))
        live = _live_reveals(post, now).filter(subject_id=OuterRef("pk")).order_by("-until")
        return self.annotate(is_own=own, revealed_until=Subquery(live.values("until")[:1]))

    def seen_in_full(self, post: Post, now: dt.datetime) -> Self:
        """Those the post sees unmasked, if it may see them at all."""
        rows = self.with_sight(post, now)
        return rows.filter(Q(is_own=True) | Q(revealed_until__isnull=False))

    def in_use(self) -> Self:
        return self.filter(ended_on__isnull=True)

    def for_line(self) -> Self:
        """Everything a line or a card of a household prints."""
        return self.select_related("community", "building")


class VisitQuerySet(models.QuerySet):
    def visible_to(self, post: Post | None) -> Self:
        """Visits the acting post may read (domain §3): every read of a visit starts here."""
        if post is None or (within := _within(post)) is None:
            return self.none()
        if post.role in UNIT_WIDE:
            return self.filter(within) if lies_in(post.organisation) is not None else self.none()
        if post.role == Role.INSPECTOR:
            return self.filter(within).filter(_inspected(post, day="occurred_on"))
        if post.role not in _RESPONSIBLE | _OWN_ONLY:
            return self.none()
        known = _took_part(post).order_by().values("visit")
        if post.role in _OWN_ONLY:
            # Theirs is mostly a street or a district, with a thousand times as many visits.
            return self.filter(_beside(within), pk__in=known)
        # From the few to the many, as above.
        return self.filter(within, pk__in=known.union(*_at_open_homes(post)))

    def of_household(self, household_id: int | Number, *, post: Post, full: bool) -> Self:
        """The visits of one household that the post may read, asked for at less cost.

        SECURITY: the rows of ``visible_to``, no others (a test holds them together). ``full`` is
        what ``sight`` has just said: one's own household, or one with a reason stated, is open to
        a responsible role with all its visits in the place of the post.
        """
        rows = self.filter(household_id=household_id)
        if full and post.role in _RESPONSIBLE and (within := _within(post)) is not None:
            return rows.filter(within)
        return rows.visible_to(post)

    def with_open_ends_of(self, post: Post, homes: Iterable[int] | Numbers) -> Self:
        """Of those ``visible_to`` the post: at households it answers for, and written under it.

        SECURITY: ``homes`` are ids from ``HouseholdQuerySet.own``, read for the same answer.
        """
        if (within := _reading(post)) is None:
            return self.none()
        mine = Q(Exists(_took_part(post).filter(visit=OuterRef("pk"))), post_id=post.pk)
        if post.role in MAY_ANSWER:
            mine |= Q(Among("household_id", homes))
        return self.filter(mine, _beside(within))

    def led_under(self, post: Post) -> Self:
        """Of those ``visible_to`` the post, the ones it led and another wrote down."""
        if (within := _reading(post)) is None:
            return self.none()
        led = _took_part(post).filter(is_lead=True).order_by()
        return self.filter(within, pk__in=led.values("visit")).exclude(post_id=post.pk)

    def by_person(
        self, user_id: int, *, start: dt.date | None = None, end: dt.date | None = None
    ) -> Self:
        """Visits in which the person took part; of the days from ``start`` before ``end``."""
        from contacts.models import VisitPerson  # noqa: PLC0415 -- querysets name their own models

        parts = VisitPerson.objects.filter(user_id=user_id, visit=OuterRef("pk"))
        if start is None or end is None:
            return self.filter(Exists(parts))
        # The day of the part is the visit's: the index of a person's parts has the days.
        days = Q(occurred_on__gte=start, occurred_on__lt=end)
        return self.filter(Exists(parts.filter(days)), days)

    def valid(self) -> Self:
        return self.filter(voided_at__isnull=True)

    def met_at_door(self) -> Self:
        """What counts as a household met: valid, contact made, at the door (domain §4)."""
        return self.valid().filter(result="MET", channel="DOOR")

    def with_readable(self, post: Post) -> Self:
        """Each with ``readable``: whether the post may read it, or only know that it was."""
        return self.annotate(
            readable=Exists(type(self)(self.model).visible_to(post).filter(pk=OuterRef("pk")))
        )

    def raising(self, outcome: str = "") -> Self:
        """Visits in which something was raised, with that outcome if one is given."""
        from contacts.models import Matter  # noqa: PLC0415 -- querysets name their own models

        raised = Matter.objects.filter(visit=OuterRef("pk"))
        return self.filter(Exists(raised.filter(outcome=outcome) if outcome else raised))

    def raising_waiting(self) -> Self:
        """Visits with a matter that was passed on and has no grievance yet (``is_waiting``)."""
        from contacts.models import Matter  # noqa: PLC0415 -- querysets name their own models

        waiting = Matter.objects.filter(outcome="ESCALATED", grievance_number="")
        return self.filter(Exists(waiting.filter(visit=OuterRef("pk"))))

    def contact_made(self) -> Self:
        """Contact made by any channel."""
        return self.valid().filter(result="MET")


class VisitPersonQuerySet(models.QuerySet):
    def of_own(self, post: Post) -> Self:
        """Parts of the post's person, under any post, in visits ``visible_to`` this one.

        The same visits as ``visible_to`` and ``by_person`` give, from the parts to the visits:
        the index of a person's parts by day has the newest of thousands at once.
        """
        if (within := _reading(post, "visit__")) is None:
            return self.none()
        mine = self.filter(within, user_id=post.user_id)
        if post.role in UNIT_WIDE:
            return mine
        seen = Q(post_id=post.pk)
        if post.role in _RESPONSIBLE:
            # Asked of the parts, not of the visits: else each visit is found by its place.
            own, revealed = _at_open_homes(post)
            seen |= Q(visit__in=own) | Q(visit__in=revealed)
        return mine.filter(seen)
