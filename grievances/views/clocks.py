"""时限 and 工作日历: read by all who see grievances, changed by who keeps the clocks."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.generic import FormView, TemplateView

from grievances.forms.clocks import CalendarDayForm, ClearDayForm, PolicyForm
from grievances.models import ClockPolicy
from grievances.models.policies import KEY, SAID
from grievances.selectors.policy_table import in_force, policy_table
from grievances.selectors.year import year_of
from grievances.services import calendar_days, policies
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin
from portal.core.errors import DomainError
from portal.core.workdays.selectors import working_calendar

#: The first year with make-up days that the library knows in full; how far one looks ahead.
_FIRST: Final = 2010
_AHEAD: Final = 3


class CalendarView(PostMixin, TemplateView):
    """工作日历: a year, month by month."""

    permission = Permission.SEE_GRIEVANCES
    template_name = "grievances/calendar.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        today = timezone.localdate()
        asked = self.request.GET.get("year", "")
        number = int(asked) if asked.isascii() and asked.isdigit() else today.year
        number = min(max(number, _FIRST), today.year + _AHEAD)
        return super().get_context_data(**kwargs) | {
            "year": year_of(number, working_calendar()),
            "today": today,
            "earlier": number - 1 if number > _FIRST else None,
            "later": number + 1 if number < today.year + _AHEAD else None,
            "may_manage": self.post_in_force.may(Permission.MANAGE_CLOCKS),
        }


class CalendarDayView(PostMixin, FormView):
    """Say of one day whether it is worked, or take that back."""

    permission = Permission.MANAGE_CLOCKS
    template_name = "grievances/calendar_day.html"
    form_class = CalendarDayForm

    def get_initial(self) -> dict[str, Any]:
        form = ClearDayForm(self.request.GET)
        day = form.cleaned_data["day"] if form.is_valid() else None
        local = working_calendar().local.get(day) if day else None
        said = {"is_working": str(int(local.is_working)), "name": local.name} if local else {}
        return super().get_initial() | {"day": day} | said

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("do") != "clear":
            answer: HttpResponse = super().post(request, *args, **kwargs)
            return answer
        form = ClearDayForm(request.POST)
        if not form.is_valid():
            raise Http404
        try:
            calendar_days.clear_day(actor=self.post_in_force, day=form.cleaned_data["day"])
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, "已撤销，按公布的安排计算。受影响的期限正在重新计算。")
        return redirect(_year_url(form.cleaned_data["day"].year))

    def form_valid(self, form: CalendarDayForm) -> HttpResponse:
        data = form.cleaned_data
        try:
            calendar_days.set_day(
                actor=self.post_in_force,
                day=data["day"],
                is_working=data["is_working"] == "1",
                name=data["name"],
            )
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            return self.form_invalid(form)
        messages.success(self.request, "已登记。受影响的期限正在重新计算。")
        return redirect(_year_url(data["day"].year))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        day = self.get_initial()["day"]
        return context | {"is_set": bool(day) and "name" in self.get_initial(), "day": day}


class PolicyTableView(PostMixin, TemplateView):
    """时限: every clock in words, and what held before."""

    permission = Permission.SEE_GRIEVANCES
    template_name = "grievances/clocks.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        post = self.post_in_force
        return super().get_context_data(**kwargs) | {
            "table": policy_table(post.district_id),
            "may_manage": post.may(Permission.MANAGE_CLOCKS),
        }


class PolicyChangeView(PostMixin, FormView):
    """A district's own row: set it, or take it back."""

    permission = Permission.MANAGE_CLOCKS
    template_name = "grievances/clock_form.html"
    form_class = PolicyForm

    def get_initial(self) -> dict[str, Any]:
        key = tuple(self.request.GET.get(name, "") for name in KEY)
        row = in_force(self.post_in_force.district_id, key)
        if row is None:
            return super().get_initial() | {"extension": 0}
        said = {name: getattr(row, name) for name in (*KEY, *SAID)}
        # What a district sets rests on a paper of its own.
        article = row.article if row.district_id else ""
        return said | {"limit": f"{row.regime}.{row.step}", "article": article}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not (asked := request.POST.get("end", "")):
            answer: HttpResponse = super().post(request, *args, **kwargs)
            return answer
        if not (asked.isascii() and asked.isdigit() and len(asked) < 18):  # noqa: PLR2004 -- a bigint
            raise Http404
        try:
            policies.end(actor=self.post_in_force, policy_id=int(asked), now=timezone.now())
        except ClockPolicy.DoesNotExist as error:
            raise Http404 from error
        messages.success(request, "本区的规定已停用，以后开始的环节按系统提供的时限。")
        return redirect("grievances:clocks")

    def form_valid(self, form: PolicyForm) -> HttpResponse:
        try:
            policies.change_policy(
                actor=self.post_in_force, policy=form.policy(), now=timezone.now()
            )
        except DomainError as error:
            field = "limit" if error.field in {"regime", "step"} else error.field
            form.add_error(field if field in form.fields else None, error.message)
            return self.form_invalid(form)
        messages.success(self.request, "已设定。从现在起开始的环节按新的时限，已经开始的不变。")
        return redirect("grievances:clocks")


def _year_url(year: int) -> str:
    return f"{reverse('grievances:calendar')}?year={year}"
