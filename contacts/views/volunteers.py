"""志愿服务: teams, their members, sessions, and one tap for each service given."""

from __future__ import annotations

import uuid
from functools import cached_property
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.generic import FormView, TemplateView, View

from contacts.forms.volunteers import (
    MemberForm,
    SessionForm,
    TapForm,
    TeamEndForm,
    TeamForm,
    VoidSessionForm,
)
from contacts.models import ServiceEntry, ServiceSession, TeamMember, VolunteerTeam
from contacts.selectors import volunteers as selectors
from contacts.services import volunteers as services
from contacts.views.addresses import as_row_id, as_uuid
from contacts.views.points import TodayMixin
from portal.accounts.permissions import Permission
from portal.core.errors import DomainError
from portal.core.paging import paginate
from portal.core.periods import Month

ALL: Final = "all"


class TeamListView(TodayMixin, TemplateView):
    """Teams of the unit with what each did in a month."""

    permission = Permission.SEE_VOLUNTEERS
    template_name = "contacts/team_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        post, asked = self.post_in_force, self.request.GET.get("month", "")
        period = None if asked == ALL else _month(asked) or Month.of(self.today)
        current = Month.of(self.today)
        ended = self.request.GET.get("ended") == "1"
        return super().get_context_data(
            lines=selectors.team_lines(post, period=period, today=self.today, ended=ended),
            totals=selectors.totals(post, period),
            period=period.label if period else "全部时间",
            periods=[
                ("本月", f"?month={current}", period == current),
                ("上月", f"?month={current.previous()}", period == current.previous()),
                ("全部时间", f"?month={ALL}", period is None),
            ],
            scope=post.organisation.name,
            ended=ended,
            may_manage=post.may(Permission.MANAGE_TEAMS),
            may_log=post.may(Permission.LOG_SERVICE),
            export_url=self.export_url("teams"),
            **kwargs,
        )


def _month(text: str) -> Month | None:
    try:
        return Month.parse(text)
    except ValueError:
        return None


class TeamFormView(TodayMixin, FormView):
    """Found a team, or change it."""

    permission = Permission.MANAGE_TEAMS
    template_name = "contacts/team_form.html"
    form_class = TeamForm

    @cached_property
    def team(self) -> VolunteerTeam | None:
        if "pk" not in self.kwargs:
            return None
        rows = VolunteerTeam.objects.visible_to(self.post_in_force)
        team: VolunteerTeam = get_object_or_404(rows, pk=self.kwargs["pk"])
        if not selectors.may_keep(self.post_in_force, team):
            # SECURITY: the form prints what the page masks.
            raise PermissionDenied(services.OF_THE_STREET)
        return team

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"post": self.post_in_force}

    def get_initial(self) -> dict[str, Any]:
        team = self.team
        if team is None:
            return {"since": self.today, "kind": VolunteerTeam.Kind.TEAM}
        return {
            "name": team.name,
            "kind": team.kind,
            "community": team.community_id,
            "purpose": team.purpose,
            "since": team.since,
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(team=self.team, **kwargs)

    def form_valid(self, form: TeamForm) -> HttpResponse:
        told: dict[str, Any] = {
            "actor": self.post_in_force,
            "entry": form.entry,
            "now": self.now,
        }
        try:
            if self.team is None:
                team = services.open_team(**told)
            else:
                team = services.edit_team(team_id=self.team.pk, **told)
        except DomainError as error:
            form.add_domain_error(error)
            return self.form_invalid(form)
        messages.success(self.request, "已保存。")
        return redirect(team)


class TeamMixin(TodayMixin):
    """One team of the address, as far as it is visible; else a 404."""

    kwargs: dict[str, Any]

    @cached_property
    def team(self) -> VolunteerTeam:
        rows = VolunteerTeam.objects.visible_to(self.post_in_force)
        rows = rows.select_related("street", "community")
        team: VolunteerTeam = get_object_or_404(rows, pk=self.kwargs["pk"])
        return team


class TeamView(TeamMixin, TemplateView):
    """One team: who serves, what it did."""

    permission = Permission.SEE_VOLUNTEERS
    template_name = "contacts/team.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        post, team = self.post_in_force, self.team
        ended = team.until is not None and team.until <= self.today
        page = paginate(
            selectors.sessions_of(team, post=post),
            order=("-held_on", "-pk"),
            cursor=self.request.GET.get("cursor"),
        )
        kwargs.setdefault("member_form", MemberForm())
        return super().get_context_data(
            team=team,
            purpose=selectors.purpose_of(team),
            page=page,
            lines=selectors.session_lines(page.items, post=post),
            members=selectors.members_of(team, post=post, today=self.today),
            is_ended=ended,
            may_keep=selectors.may_keep(post, team),
            may_log=post.may(Permission.LOG_SERVICE) and not ended,
            log_url=f"{reverse('contacts:service_new')}?team={team.pk}",
            export_url=self.export_url("services", f"?team={team.pk}"),
            **kwargs,
        )


class MemberAddView(TeamView):
    """A volunteer joins: the form stands on the team's page."""

    permission = Permission.MANAGE_TEAMS
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        form = MemberForm(request.POST)
        if form.is_valid():
            data = form.cleaned_data
            try:
                services.add_member(
                    actor=self.post_in_force,
                    team_id=self.team.pk,
                    name=data["name"],
                    phone=data["phone"],
                    now=self.now,
                )
            except DomainError as error:
                form.add_domain_error(error)
            else:
                messages.success(request, f"{data['name']} 已入队。")
                return redirect(self.team)
        return self.render_to_response(self.get_context_data(member_form=form))


class MemberEndView(TeamMixin, View):
    """A volunteer leaves."""

    permission = Permission.MANAGE_TEAMS
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, member: int, **_kwargs: Any) -> HttpResponse:
        try:
            services.end_member(
                actor=self.post_in_force, team_id=self.team.pk, member_id=member, now=self.now
            )
        except TeamMember.DoesNotExist as error:
            raise Http404 from error
        messages.success(request, "已离队，以前的服务记录不变。")
        return redirect(self.team)


class TeamEndView(TeamMixin, FormView):
    """A team serves no more."""

    permission = Permission.MANAGE_TEAMS
    template_name = "contacts/team_end.html"
    form_class = TeamEndForm

    def get_initial(self) -> dict[str, Any]:
        return {"until": self.today}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(team=self.team, **kwargs)

    def form_valid(self, form: TeamEndForm) -> HttpResponse:
        try:
            services.end_team(
                actor=self.post_in_force,
                team_id=self.team.pk,
                until=form.cleaned_data["until"],
                now=self.now,
            )
        except DomainError as error:
            form.add_domain_error(error)
            return self.form_invalid(form)
        messages.success(self.request, "已记下停止的日子，以前的服务记录不变。")
        return redirect("contacts:team_list")


class ServiceNewView(TodayMixin, FormView):
    """Write an occasion down: the team first, then day, place and who served."""

    permission = Permission.LOG_SERVICE
    template_name = "contacts/service_form.html"
    form_class = SessionForm

    @cached_property
    def team(self) -> VolunteerTeam:
        rows = VolunteerTeam.objects.visible_to(self.post_in_force).in_force(self.today)
        asked = as_row_id(self.request.GET.get("team")) or 0
        team: VolunteerTeam = get_object_or_404(rows.select_related("community"), pk=asked)
        return team

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "team" not in request.GET:
            messages.info(request, "请先选队伍，再点“记一次服务”。")
            return redirect("contacts:team_list")
        return super().get(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        given = {"post": self.post_in_force, "team": self.team, "today": self.today}
        return super().get_form_kwargs() | given

    def get_initial(self) -> dict[str, Any]:
        return {"held_on": self.today, "community": self.team.community_id}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sent = as_uuid(self.request.POST.get("client_id"))
        return super().get_context_data(team=self.team, client_id=sent or uuid.uuid4(), **kwargs)

    def form_valid(self, form: SessionForm) -> HttpResponse:
        client_id = as_uuid(self.request.POST.get("client_id")) or uuid.uuid4()
        try:
            session = services.log_session(
                actor=self.post_in_force, entry=form.entry(client_id), now=self.now
            )
        except DomainError as error:
            form.add_domain_error(error)
            return self.form_invalid(form)
        messages.success(self.request, "已记下。现在每服务一人次，点一下项目。")
        return redirect(session)


class ServiceMixin(TodayMixin):
    """One occasion of the address, as far as it is visible; else a 404."""

    kwargs: dict[str, Any]

    @cached_property
    def session(self) -> ServiceSession:
        rows = ServiceSession.objects.visible_to(self.post_in_force)
        rows = rows.select_related("team", "community", "author", "voided_by")
        session: ServiceSession = get_object_or_404(rows, client_id=self.kwargs["client_id"])
        return session

    def taps(self) -> dict[str, Any]:
        page = selectors.session_page(self.session, post=self.post_in_force)
        return {"page": page, "session": self.session, "tap_id": uuid.uuid4()}


class ServiceView(ServiceMixin, TemplateView):
    """One occasion with its taps."""

    permission = Permission.SEE_VOLUNTEERS
    template_name = "contacts/service.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**self.taps(), **kwargs)


class ServiceTapView(ServiceMixin, View):
    """One tap, or one taken back; the script gets the taps alone, a browser the page."""

    permission = Permission.LOG_SERVICE
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        refused = ""
        try:
            self._do(request)
        except DomainError as error:
            refused = error.message
        is_part = request.headers.get("X-Requested-With") == "fetch"
        if not is_part and not refused:
            return redirect(self.session)
        typed = request.POST.get("served", "") if refused else ""
        context = {**self.taps(), "refused": refused, "typed_served": typed}
        page = "contacts/_service_taps.html" if is_part else "contacts/service.html"
        return render(request, page, context)

    def _do(self, request: HttpRequest) -> None:
        told: dict[str, Any] = {
            "actor": self.post_in_force,
            "session_id": self.session.client_id,
            "now": self.now,
        }
        if taken_back := as_uuid(request.POST.get("void")):
            try:
                services.void_entry(client_id=taken_back, **told)
            except ServiceEntry.DoesNotExist as error:
                raise Http404 from error
            return
        form = TapForm(request.POST)
        if not form.is_valid():
            told_why = form.errors.get("served", ["没有记上，请再点一次。"])
            raise DomainError(str(told_why[0]))
        services.add_entry(**form.cleaned_data, **told)


class ServiceVoidView(ServiceMixin, FormView):
    """作废: say why; the record stays and counts nowhere."""

    permission = Permission.LOG_SERVICE
    template_name = "contacts/service_void.html"
    form_class = VoidSessionForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(session=self.session, **kwargs)

    def form_valid(self, form: VoidSessionForm) -> HttpResponse:
        try:
            services.void_session(
                actor=self.post_in_force,
                client_id=self.session.client_id,
                reason=form.cleaned_data["reason"],
                now=self.now,
            )
        except DomainError as error:
            form.add_domain_error(error)
            return self.form_invalid(form)
        messages.success(self.request, "已作废。记录还在，注明了原因，不再计入任何数字。")
        return redirect(self.session)
