"""民情日记 by week, on screen and on paper."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.views.generic import TemplateView

from contacts.selectors.diary import (
    DiaryDay,
    DiaryGroup,
    diary_owner,
    diary_people,
    diary_units,
    diary_week,
)
from contacts.selectors.week import REFERENCE
from contacts.services.diary import note_print
from portal.accounts.models import Organisation, User
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin
from portal.core.periods import Week


@dataclass(frozen=True, slots=True)
class StripDay:
    """One day of the week strip."""

    date: dt.date
    count: int
    url: str
    today: bool


def _strip(days: tuple[DiaryDay, ...], today: dt.date) -> list[StripDay]:
    return [
        StripDay(day.date, day.count, f"#day-{day.date}" if day.count else "", day.date == today)
        for day in days
    ]


class DiaryMixin(PostMixin):
    """Whose diary, which week, from ``?person=&week=`` (or the same two fields of a form)."""

    permission = Permission.SEE_DIARY

    @cached_property
    def asked(self) -> Any:
        return self.request.POST if self.request.method == "POST" else self.request.GET

    @cached_property
    def today(self) -> dt.date:
        return timezone.localdate()

    @cached_property
    def week(self) -> Week:
        """The week asked for; a week that cannot be read is a page that is not there."""
        text = self.asked.get("week", "")
        try:
            return Week.parse(text) if text else Week.of(self.today)
        except ValueError as error:
            raise Http404("没有这一周。周次的写法如 2026-W47。") from error

    @cached_property
    def owner(self) -> User:
        """Refuses another person's diary without the right to it; outside the scope a 404."""
        text = self.asked.get("person", "")
        if not text or text == str(self.post_in_force.user_id):
            return self.user
        self.post_in_force.require(Permission.SEE_DIARY_OF_OTHERS)
        owner = None
        if text.isascii() and text.isdigit() and len(text) < 19:  # noqa: PLR2004 -- a 64-bit key
            owner = diary_owner(post=self.post_in_force, user_id=int(text))
        if owner is None:
            raise Http404("没有这个人的日记。")
        return owner

    def diary(self) -> dict[str, Any]:
        """What page and paper share."""
        diary = diary_week(
            post=self.post_in_force,
            user_id=self.owner.pk,
            week=self.week,
            now=timezone.now(),
        )
        return {
            "owner": self.owner,
            "is_own": self.owner.pk == self.post_in_force.user_id,
            "week": self.week,
            "week_label": self._label(),
            "diary": diary,
            "reference": REFERENCE,
            "post": self.post_in_force,
        }

    def _label(self) -> str:
        """Short enough for a phone; the year where it is not this one."""
        week = self.week
        name = f"第{week.number}周" if week.year == Week.of(self.today).year else week.label
        return f"{name} {week.start:%m-%d} 至 {week.last_day:%m-%d}"


class DiaryView(DiaryMixin, TemplateView):
    template_name = "contacts/diary.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shared = self.diary()
        current = Week.of(self.today)
        return super().get_context_data(
            **kwargs,
            **shared,
            **self._choice(),
            strip=_strip(shared["diary"].days, self.today),
            is_current=self.week == current,
            previous_url=self._url(self.week.previous()),
            next_url=self._url(self.week.next()) if self.week < current else "",
            current_url=self._url(current),
            may_log=self.post_in_force.may(Permission.LOG_HOME_VISIT),
            visits_url=self._visits_url(),
        )

    def _url(self, week: Week) -> str:
        query = {"week": str(week)}
        if self.owner.pk != self.post_in_force.user_id:
            query["person"] = str(self.owner.pk)
        if self.asked.get("unit"):
            query["unit"] = self.asked["unit"]
        return f"?{urlencode(query)}"

    def _visits_url(self) -> str:
        """The records behind the count, while the list can name the person (who=me)."""
        if self.owner.pk != self.post_in_force.user_id:
            return ""
        query = {
            "week": str(self.week),
            "who": "me",
            "result": "MET",
            "channel": "DOOR",
            "state": "valid",
        }
        return f"{reverse('contacts:visit_list')}?{urlencode(query)}"

    @cached_property
    def units(self) -> list[Organisation]:
        return diary_units(self.post_in_force)

    @cached_property
    def unit(self) -> Organisation | None:
        """Where to choose from: a district chooses the street first."""
        if not self.units:
            return self.post_in_force.organisation
        return next((unit for unit in self.units if unit.code == self.asked.get("unit")), None)

    @cached_property
    def groups(self) -> list[DiaryGroup]:
        if self.unit is None:
            return []
        return diary_people(post=self.post_in_force, unit=self.unit, today=self.today)

    def _choice(self) -> dict[str, Any]:
        """The people whose diaries this post may open; nothing for those who have only the own."""
        if not self.post_in_force.may(Permission.SEE_DIARY_OF_OTHERS):
            return {}
        listed = {person.user_id for group in self.groups for person in group.people}
        return {
            "may_choose": True,
            "units": self.units,
            "unit": self.unit if self.units else None,
            "groups": self.groups,
            "owner_is_listed": self.owner.pk in listed,
        }


class DiaryPrintView(DiaryMixin, TemplateView):
    """The paper: asked for by POST, because it leaves a line in the trail."""

    http_method_names = ["post", "options"]
    template_name = "contacts/diary_print.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:  # noqa: ARG002 -- Django's signature
        shared = self.diary()
        note_print(
            actor=self.post_in_force,
            owner=self.owner,
            week=self.week,
            household_ids=shared["diary"].shown_in_full,
        )
        label = f"{self.week.label} {self.week.start} 至 {self.week.last_day}"
        context = {**shared, "paper_label": label, "now": timezone.now()}
        return render(request, self.template_name, context)
