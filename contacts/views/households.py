"""Pages of the register: the list, one household, its form, a reason to look, who answers."""

from __future__ import annotations

import datetime as dt
import uuid
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.generic import FormView, TemplateView
from django.views.generic.detail import SingleObjectMixin

from contacts.forms.household_filters import FindPersonForm, HouseholdFilterForm
from contacts.forms.households import (
    DutyForm,
    HouseholdForm,
    ResidentFormSet,
    RevealForm,
    household_initial,
    residents_initial,
)
from contacts.models import Household
from contacts.querysets import HouseholdQuerySet
from contacts.selectors import duties, household_register
from contacts.selectors.household_register import FOUND_AT_MOST
from contacts.selectors.households import door_address, household_page, place_line
from contacts.selectors.sight import HouseholdLine, household_lines, sees_cares, sight
from contacts.services import households as services
from contacts.views.addresses import safe_next
from portal.accounts.models import Post
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin, ScopedMixin
from portal.core.errors import DomainError
from portal.core.paging import KeyPage, paginate


class HouseholdListView(PostMixin, TemplateView):
    """The register, as far as the acting post may see it, masked line by line."""

    permission = Permission.SEE_HOUSEHOLDS
    template_name = "contacts/household_list.html"

    @cached_property
    def today(self) -> dt.date:
        return timezone.localdate()

    @cached_property
    def filter(self) -> HouseholdFilterForm:
        return HouseholdFilterForm(self.request.GET, post=self.post_in_force, today=self.today)

    def rows(self) -> HouseholdQuerySet:
        """A filter that cannot be read shows nothing rather than everything."""
        if not self.filter.is_valid():
            return Household.objects.visible_to(self.post_in_force).none()
        return household_register.register(
            post=self.post_in_force, narrowing=self.filter.narrowing(), today=self.today
        )

    def page(self) -> KeyPage[Household]:
        order = household_register.order_for(self.post_in_force)
        return paginate(
            self.rows().select_related("building"),
            order=order,
            cursor=self.request.GET.get("cursor"),
        )

    def chips(self) -> list[dict[str, str]]:
        """The filters that are on, each with the address without it."""
        found = []
        for name, label in self.filter.chosen() if self.filter.is_valid() else []:
            query = self.request.GET.copy()
            for key in (name, "cursor"):
                query.pop(key, None)
            found.append({"label": label, "url": f"?{query.urlencode()}"})
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page, post = self.page(), self.post_in_force
        return super().get_context_data(**kwargs) | {
            "page": page,
            "lines": _lines(post, page.items),
            "filter": self.filter,
            "chips": self.chips(),
            "scope": post.organisation.name,
            "today": self.today,
            "sees_cares": sees_cares(post),
            "may_find": post.may(Permission.FIND_PERSONS),
            "may_register": post.may(Permission.EDIT_HOUSEHOLDS),
            "may_visit": post.may(Permission.LOG_HOME_VISIT),
        }


def _lines(post: Post, households: list[Household]) -> list[tuple[HouseholdLine, str]]:
    """Each household with who answers for it."""
    lines = household_lines(post=post, households=households, now=timezone.now())
    names = duties.responsible_names(lines)
    return [(lines[row.pk], names.get(row.pk, "")) for row in households]


class HouseholdFindView(PostMixin, FormView):
    """Finding a person by name or number: what is asked never stands in an address."""

    permission = Permission.FIND_PERSONS
    form_class = FindPersonForm
    template_name = "contacts/household_find.html"

    def form_valid(self, form: FindPersonForm) -> HttpResponse:
        try:
            asked = household_register.person_query(form.cleaned_data["words"])
        except DomainError as error:
            form.add_error("words", error.message)
            return self.form_invalid(form)
        services.note_found(actor=self.post_in_force, by=asked.by)
        found = self._found(
            household_register.households_with(post=self.post_in_force, asked=asked)
        )
        return self.render_to_response(self.get_context_data(form=form, **found))

    def _found(self, rows: HouseholdQuerySet) -> dict[str, Any]:
        order = household_register.order_for(self.post_in_force)
        households = list(rows.order_by(*order)[: FOUND_AT_MOST + 1])
        shown = households[:FOUND_AT_MOST]
        return {
            "lines": _lines(self.post_in_force, shown),
            "more": len(households) > FOUND_AT_MOST,
            "asked": True,
            "sees_cares": sees_cares(self.post_in_force),
            "today": timezone.localdate(),
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"scope": self.post_in_force.organisation.name}


class HouseholdView(ScopedMixin, SingleObjectMixin, TemplateView):
    """One household, the door card first."""

    permission = Permission.SEE_HOUSEHOLDS
    model = Household
    template_name = "contacts/household.html"

    @cached_property
    def now(self) -> dt.datetime:
        return timezone.now()

    def get_queryset(self) -> HouseholdQuerySet:
        rows: HouseholdQuerySet = super().get_queryset()
        rows = rows.with_sight(self.post_in_force, self.now)
        return rows.select_related("community", "grid", "building")

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        self.object = self.get_object()
        page = household_page(
            post=self.post_in_force,
            household=self.object,
            now=self.now,
            cursor=request.GET.get("cursor"),
        )
        if page.is_full:
            services.note_opened(actor=self.post_in_force, household=self.object)
        context = self.get_context_data(
            household=page, client_id=uuid.uuid4(), today=timezone.localdate()
        )
        return self.render_to_response(context)


class HouseholdFormView(PostMixin, TemplateView):
    """Register or change a household with its people; one form, one transaction."""

    permission = Permission.EDIT_HOUSEHOLDS
    template_name = "contacts/household_form.html"

    @cached_property
    def household(self) -> Household | None:
        """The household that is changed; None for a new one. 404 outside the scope."""
        if "pk" not in self.kwargs:
            return None
        rows = Household.objects.visible_to(self.post_in_force)
        household: Household | None = rows.filter(pk=self.kwargs["pk"]).first()
        if household is None:
            raise Http404
        return household

    @cached_property
    def with_cares(self) -> bool:
        """Whether the post may read, so may set, the categories of this household."""
        if self.household is None:
            return sees_cares(self.post_in_force)
        seen = sight(post=self.post_in_force, household_ids=[self.household.pk], now=timezone.now())
        return seen.sees_cares(self.household.pk)

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        if self.household is not None:
            if not self._seen():
                # SECURITY: the form would print what the page masks.
                raise PermissionDenied(services.NotSeenInFullError().message)
            services.note_opened(actor=self.post_in_force, household=self.household)
        return self._show(request, self._form(None), self._formset(None))

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        """A reveal that ran out meanwhile is told on the form, so that nothing typed is lost."""
        form, formset = self._form(request.POST), self._formset(request.POST)
        valid = [form.is_valid(), formset.is_valid()]
        if not all(valid):
            return self._show(request, form, formset)
        try:
            saved = self._save(form, formset)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            return self._show(request, form, formset)
        messages.success(request, "已保存。" if self.household else "已登记。")
        return redirect(saved)

    def _seen(self) -> bool:
        assert self.household is not None  # noqa: S101 -- narrows the type
        seen = sight(post=self.post_in_force, household_ids=[self.household.pk], now=timezone.now())
        return seen.sees(self.household.pk)

    def _form(self, data: Any) -> HouseholdForm:
        household = self.household
        initial: dict[str, Any] = {"door_wish": Household.DoorWish.NONE}
        if household is not None:
            initial = household_initial(household, with_cares=self.with_cares)
        return HouseholdForm(
            data,
            initial=initial,
            post=self.post_in_force,
            today=timezone.localdate(),
            household=household,
            with_cares=self.with_cares,
        )

    def _formset(self, data: Any) -> Any:
        initial = residents_initial(self.household) if self.household and data is None else None
        return ResidentFormSet(
            data, initial=initial, prefix="people", form_kwargs={"today": timezone.localdate()}
        )

    def _save(self, form: HouseholdForm, formset: Any) -> Household:
        entry, now = form.entry(formset.entries()), timezone.now()
        if self.household is not None:
            return services.edit_household(
                actor=self.post_in_force, household_id=self.household.pk, entry=entry, now=now
            )
        return services.register_household(
            actor=self.post_in_force,
            entry=entry,
            responsible_id=form.cleaned_data.get("responsible"),
            now=now,
        )

    def _show(self, request: HttpRequest, form: HouseholdForm, formset: Any) -> HttpResponse:
        household = self.household
        back = household.get_absolute_url() if household else reverse("contacts:household_list")
        context = {"form": form, "formset": formset, "household": household, "back": back}
        return render(request, self.template_name, context)


class HouseholdActionView(ScopedMixin, SingleObjectMixin, FormView):
    """A page about one household that asks for one thing and does it."""

    model = Household
    object: Household

    def get_queryset(self) -> HouseholdQuerySet:
        rows: HouseholdQuerySet = super().get_queryset()
        return rows.select_related("community", "grid", "building")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.object = self.get_object()
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.object = self.get_object()
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response

    def perform(self, form: Any) -> str:
        """Do it; the sentence to show."""
        raise NotImplementedError

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            done = self.perform(form)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            return self.form_invalid(form)
        messages.success(self.request, done)
        return HttpResponseRedirect(self.get_success_url())

    def get_success_url(self) -> str:
        return self.object.get_absolute_url()

    def line(self) -> HouseholdLine:
        lines = household_lines(
            post=self.post_in_force, households=[self.object], now=timezone.now()
        )
        return lines[self.object.pk]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        line = self.line()
        return super().get_context_data(**kwargs) | {
            "line": line,
            "place": place_line(self.object),
            "address": door_address(self.object, full=line.is_full),
        }


class HouseholdRevealView(HouseholdActionView):
    """Say why, then see the household in full for half an hour."""

    permission = Permission.REVEAL_PERSONS
    form_class = RevealForm
    template_name = "contacts/household_reveal.html"

    def perform(self, form: RevealForm) -> str:
        revealed = services.reveal(
            actor=self.post_in_force,
            household_id=self.object.pk,
            reason=form.cleaned_data["reason"],
            note=form.cleaned_data["note"],
            now=timezone.now(),
        )
        return (
            f"这一户的信息对您开放到 {timezone.localtime(revealed.until):%H:%M}，理由已记入日志。"
        )

    def get_success_url(self) -> str:
        """Back to the page that asked for it, if it is one of ours."""
        return safe_next(self.request, super().get_success_url())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.POST.get("next") or self.request.GET.get("next", "")
        return super().get_context_data(**kwargs) | {
            "next": asked,
            "minutes": int(services.REVEAL_FOR.total_seconds() // 60),
        }


class HouseholdDutyView(HouseholdActionView):
    """Name the responsible worker; who was it before stays in the history."""

    permission = Permission.ASSIGN_HOUSEHOLDS
    form_class = DutyForm
    template_name = "contacts/household_duty.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        choices = duties.candidate_choices(self.object, today=timezone.localdate())
        return super().get_form_kwargs() | {"choices": choices}

    def perform(self, form: DutyForm) -> str:
        duty = services.assign_duty(
            actor=self.post_in_force,
            household_id=self.object.pk,
            user_id=form.cleaned_data["user"],
            now=timezone.now(),
        )
        return f"从今天起由{duty.user.name}负责走访这一户。"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = self.object.duties.select_related("user")
        return super().get_context_data(**kwargs) | {"duties": rows}
