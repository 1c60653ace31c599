"""联系点: the list, naming and ending one, and what to bring to one of them."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.generic import FormView, TemplateView

from contacts.forms.points import PointEndForm, PointForm
from contacts.models import ContactPoint
from contacts.selectors.points import brief, point_lines
from contacts.services import points as services
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin
from portal.core.errors import DomainError


class TodayMixin(PostMixin):
    """One moment for the whole answer."""

    @cached_property
    def now(self) -> dt.datetime:
        return timezone.now()

    @cached_property
    def today(self) -> dt.date:
        return timezone.localdate(self.now)


class PointListView(TodayMixin, TemplateView):
    """联系点 of the unit, the own first."""

    permission = Permission.SEE_POINTS
    template_name = "contacts/point_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        post = self.post_in_force
        ended = self.request.GET.get("ended") == "1"
        return super().get_context_data(
            lines=point_lines(post=post, today=self.today, ended=ended),
            ended=ended,
            scope=post.organisation.name,
            may_manage=post.may(Permission.MANAGE_POINTS),
            export_url=self.export_url("points", "?ended=1" if ended else ""),
            **kwargs,
        )


class PointNewView(TodayMixin, FormView):
    """Name somebody the liaison of a unit."""

    permission = Permission.MANAGE_POINTS
    template_name = "contacts/point_form.html"
    form_class = PointForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"post": self.post_in_force, "today": self.today}

    def get_initial(self) -> dict[str, Any]:
        return {"since": self.today}

    def form_valid(self, form: PointForm) -> HttpResponse:
        data = form.cleaned_data
        try:
            services.open_point(
                actor=self.post_in_force,
                user_id=data["user"],
                organisation_id=data["organisation"],
                since=data["since"],
                note=data["note"],
                now=self.now,
            )
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            return self.form_invalid(form)
        messages.success(self.request, "联系点已定下。")
        return redirect("contacts:point_list")


class PointMixin(TodayMixin):
    """One contact point of the address, as far as it is visible; else a 404."""

    kwargs: dict[str, Any]

    @cached_property
    def point(self) -> ContactPoint:
        rows = ContactPoint.objects.visible_to(self.post_in_force)
        rows = rows.select_related("user", "organisation__community", "organisation__street")
        point: ContactPoint = get_object_or_404(rows, pk=self.kwargs["pk"])
        return point

    def brief(self) -> dict[str, Any]:
        return {
            "brief": brief(
                post=self.post_in_force, point=self.point, now=self.now, today=self.today
            ),
            "today": self.today,
            "now": self.now,
        }


class PointView(PointMixin, TemplateView):
    """带案下访: what is open there, and the last visits."""

    permission = Permission.SEE_POINTS
    template_name = "contacts/point.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        post = self.post_in_force
        in_force = self.point.in_force(self.today)
        return super().get_context_data(
            **self.brief(),
            may_log=in_force and post.may(Permission.LOG_FIELD_VISIT),
            may_end=post.may(Permission.MANAGE_POINTS) and self.point.until is None,
            log_url=f"{reverse('contacts:visit_new_field')}?point={self.point.pk}",
            **kwargs,
        )


class PointPrintView(PointMixin, TemplateView):
    """The paper: asked for by POST, because it leaves a line in the trail."""

    permission = Permission.SEE_POINTS
    http_method_names = ["post", "options"]
    template_name = "contacts/point_print.html"

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        context = self.brief()
        services.note_print(actor=self.post_in_force, point=self.point)
        return render(request, self.template_name, {**context, "post": self.post_in_force})


class PointEndView(PointMixin, FormView):
    """Somebody is no longer the liaison."""

    permission = Permission.MANAGE_POINTS
    template_name = "contacts/point_end.html"
    form_class = PointEndForm

    def get(self, *_args: Any, **_kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(point=self.point, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        return {"until": self.today}

    def form_valid(self, form: PointEndForm) -> HttpResponse:
        try:
            services.end_point(
                actor=self.post_in_force,
                point_id=self.point.pk,
                until=form.cleaned_data["until"],
                now=self.now,
            )
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            return self.form_invalid(form)
        messages.success(self.request, "已记下结束的日子，以前的下访记录不变。")
        return redirect("contacts:point_list")
