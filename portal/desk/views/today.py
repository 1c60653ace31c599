"""今日: what the acting post has to do today and why."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from urllib.parse import urlencode

from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.views.generic import TemplateView

from contacts.models import Visit
from contacts.selectors import rights
from contacts.selectors.week import REFERENCE, Part, UnitWeek
from grievances import todo
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Inspection, Post
from portal.accounts.permissions import Permission
from portal.accounts.roles import Role
from portal.accounts.scope import PostMixin
from portal.accounts.selectors.inspections import cases_in_force, titles_of
from portal.accounts.selectors.trail import trail_state
from portal.core.periods import Week
from portal.desk import feedback, manual
from portal.desk.selectors import today_page

#: What the units below are called.
_PART_KINDS: Final = {
    OrganisationKind.DISTRICT: OrganisationKind.STREET.label,
    OrganisationKind.STREET: OrganisationKind.COMMUNITY.label,
    OrganisationKind.COMMUNITY: OrganisationKind.GRID.label,
}


def _visits(week: Week, **query: str) -> str:
    """The list of exactly the visits behind a figure: those voided since are not in it."""
    query = {"week": str(week), **query, "state": "valid"}
    return f"{reverse('contacts:visit_list')}?{urlencode(query)}"


def _households(**query: str) -> str:
    """The part of the register behind a figure."""
    return f"{reverse('contacts:household_list')}?{urlencode(query)}"


def _cases(post: Post, today: dt.date) -> list[tuple[Inspection, str, str, str]] | None:
    """An inspector's cases in force: what about, and the visits and households it opens."""
    if post.role != Role.INSPECTOR:
        return None
    cases = cases_in_force(post, today=today)
    return [
        (
            case,
            title,
            f"{reverse('contacts:visit_list')}?{urlencode({'unit': case.organisation.code})}",
            _households(unit=case.organisation.code),
        )
        for case, title in zip(cases, titles_of(cases), strict=True)
    ]


class TodayView(PostMixin, TemplateView):
    permission = Permission.USE_PORTAL
    template_name = "desk/today.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        post, now = self.post_in_force, timezone.now()
        current = Week.of(timezone.localdate(now))
        page = today_page(post=post, week=self._week(current), now=now)
        unit = page.unit
        return super().get_context_data(
            **kwargs,
            post=post,
            now=now,
            today=timezone.localdate(now),
            reference=REFERENCE if post.role == Role.COMMUNITY_WORKER else None,
            own=page.own,
            grievances=todo.due_items(post=post, now=now),
            may_register=post.may(Permission.REGISTER_GRIEVANCES),
            rights=rights.reminders(post=post, today=timezone.localdate(now)),
            replies=feedback.fresh_replies(post=post, now=now),
            unit=unit,
            trail=(
                trail_state(post=post, today=timezone.localdate(now))
                if post.may(Permission.READ_AUDIT)
                else None
            ),
            trail_today_url=f"{reverse('accounts:audit')}?{urlencode({'since': timezone.localdate(now), 'until': timezone.localdate(now)})}",
            cases=_cases(post, timezone.localdate(now)),
            commands=manual.COMMANDS.get(Role(post.role), ()),
            manual=manual.MANUALS[Role(post.role)],
            manual_slug=manual.slug(Role(post.role)),
            may_see_households=post.may(Permission.SEE_HOUSEHOLDS),
            week_url=_visits(current, who="me", result="MET", channel="DOOR"),
            phone_url=_visits(current, who="me", result="MET", channel="PHONE"),
            field_url=_visits(current, who="me", kind=Visit.Kind.FIELD),
            reception_url=_visits(current, who="me", kind=Visit.Kind.RECEPTION),
            **(self._unit_links(unit.week, current) if unit else {}),
            unit_register=f"在册 {unit.coverage.households} 户中" if unit else "",
        )

    def _week(self, current: Week) -> Week:
        """The week of the unit's figures: this one, or an earlier one from ``?week=``."""
        text = self.request.GET.get("week", "")
        try:
            return Week.parse(text) if text else current
        except ValueError as error:
            raise Http404("没有这一周。周次的写法如 2026-W47。") from error

    def _unit_links(self, week: UnitWeek, current: Week) -> dict[str, Any]:
        """Every figure opens to its records; no unit is left out, the quiet ones are folded."""
        kind = self.post_in_force.organisation.kind
        return {
            "week": week.week,
            "is_current": week.week == current,
            "previous_url": f"?week={week.week.previous()}",
            "next_url": f"?week={week.week.next()}" if week.week < current else "",
            "unit_visits_url": _visits(week.week),
            "unit_met_url": _visits(week.week, result="MET", channel="DOOR"),
            "unit_phoned_url": _visits(week.week, result="MET", channel="PHONE"),
            "unit_escalated_url": _visits(week.week, matter="ESCALATED"),
            "unit_kinds": [
                (Visit.Kind(kind).label, count, _visits(week.week, kind=kind))
                for kind, count in week.by_kind
            ],
            "unit_results": [
                (Visit.Result(result).label, count, _visits(week.week, result=result))
                for result, count in week.by_result
            ],
            "unit_parts": [
                (part, self._part_url(week.week, part)) for part in week.parts if part.visits
            ],
            "unit_quiet": [part for part in week.parts if not part.visits],
            "part_kind": _PART_KINDS.get(OrganisationKind(kind), "单位"),
            "unit_escalated_note": f"在 {week.escalated_visits} 次走访中",
            "figures_url": f"{reverse('contacts:figures')}?{urlencode({'period': week.week})}",
            "never_url": _households(since="never"),
            "year_url": _households(since="year"),
        }

    @staticmethod
    def _part_url(week: Week, part: Part) -> str:
        return _visits(week, **({"unit": part.code} if part.code else {"apart": "1"}))
