"""Pages of the register: the list, one household, a reason to look, who answers."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.views.generic import FormView, TemplateView
from django.views.generic.detail import SingleObjectMixin

from contacts.forms.household_filters import (
    ALL,
    MINE,
    FindPersonForm,
    HouseholdFilterForm,
    as_asked,
)
from contacts.forms.households import DutyForm, RevealForm
from contacts.models import Household
from contacts.querysets import HouseholdQuerySet
from contacts.selectors import duties, household_register
from contacts.selectors.figures import HOUSEHOLD_LIST, Figure, list_figures
from contacts.selectors.household_register import FOUND_AT_MOST, Since
from contacts.selectors.household_shapes import May
from contacts.selectors.households import (
    door_address,
    household_page,
    one_household,
    place_line,
)
from contacts.selectors.sight import HouseholdLine, household_lines, sees_cares
from contacts.services import households as services
from contacts.services.looking import check_find_rate
from contacts.views import in_field
from contacts.views.addresses import safe_next
from contacts.views.household_rows import household_rows
from portal.accounts.field import is_limited
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin, ScopedMixin
from portal.accounts.services import inspections
from portal.core.errors import DomainError
from portal.core.paging import KeyPage
from portal.search.persons import asks_for_a_person

#: ``?find=person``: somebody was looked for where only addresses are found.
PERSON = "person"


class HouseholdListView(PostMixin, TemplateView):
    """The register, as far as the acting post may see it, masked line by line."""

    permission = Permission.SEE_HOUSEHOLDS
    template_name = "contacts/household_list.html"
    in_field = in_field.lists_own

    @cached_property
    def today(self) -> dt.date:
        return timezone.localdate()

    @cached_property
    def filter(self) -> HouseholdFilterForm:
        return HouseholdFilterForm(self.query, post=self.post_in_force, today=self.today)

    @cached_property
    def own(self) -> list[int]:
        """The households the post answers for, where the register opens with those."""
        return household_register.opens_with_own(self.post_in_force)

    @cached_property
    def query(self) -> QueryDict:
        """What the address asks; asked for nothing, the own households where there are any."""
        return as_asked(self.request.GET, opens_with_own=bool(self.own))

    @cached_property
    def mine(self) -> bool:
        return self.filter.is_valid() and self.filter.narrowing().mine

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # SECURITY: a number or a person in ``q`` is not looked for, and leaves the address at once.
        if asks_for_a_person(self.post_in_force, request.GET.get("q", ""), places=True):
            return redirect(f"{request.path}{self._address(q='', find=PERSON)}")
        inspections.note_listed(actor=self.post_in_force)
        return super().get(request, *args, **kwargs)

    def rows(self) -> HouseholdQuerySet:
        """A filter that cannot be read shows nothing rather than everything."""
        if not self.filter.is_valid():
            return Household.objects.visible_to(self.post_in_force).none()
        return household_register.register(
            post=self.post_in_force,
            narrowing=self.filter.narrowing(),
            today=self.today,
            own=self.own or None,
        )

    @cached_property
    def figures(self) -> list[Figure]:
        """The figures this list is the record of, from the one place that counts them."""
        which = self.filter.which if self.filter.is_valid() else None
        if which is None:
            return []
        return list_figures(
            post=self.post_in_force,
            page=HOUSEHOLD_LIST,
            filters=which,
            unit=self.filter.cleaned_data["unit"],
            period=None,
            today=self.today,
        )

    def page(self) -> KeyPage[int]:
        return household_register.page_of(
            self.rows(),
            post=self.post_in_force,
            mine=self.mine,
            cursor=self.request.GET.get("cursor"),
            total=self.figures[0].value if self.figures else None,
        )

    def chips(self) -> list[dict[str, str]]:
        """The filters that are on, each with the address without it."""
        chosen = self.filter.chosen() if self.filter.is_valid() else []
        return [
            {"label": label, "url": self._address(**{name: ""})}
            for name, label in chosen
            if name != "mine" or not self.own
        ]

    def tabs(self) -> list[dict[str, Any]]:
        """Own or all, for those whose register opens with the own ones."""
        if not self.own:
            return []
        return [
            {
                "label": f"我负责的 {len(self.own)} 户",
                "url": self._address(mine=MINE),
                "on": self.mine,
            },
            {"label": "全部", "url": self._address(mine=ALL), "on": not self.mine},
        ]

    def shortcuts(self) -> list[dict[str, str]]:
        """Questions asked often, while no other is."""
        found = [
            ("从未走访", {"since": Since.NEVER}),
            ("未走访满12个月", {"since": Since.YEAR}),
        ]
        if not self.own and self.post_in_force.may(Permission.LOG_HOME_VISIT):
            found.insert(0, ("我负责的", {"mine": MINE}))
        return [{"label": label, "url": self._address(**asked)} for label, asked in found]

    def _address(self, **changes: str) -> str:
        """The list with another question: whose households stays said in the address."""
        query = self.query.copy()
        if self.own:
            query["mine"] = MINE if self.mine else ALL
        for name in ("cursor", "find"):
            query.pop(name, None)
        for name, value in changes.items():
            query.pop(name, None)
            if value:
                query[name] = value
        return f"?{query.urlencode()}"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page, post = self.page(), self.post_in_force
        here = not is_limited(self.request)
        return super().get_context_data(**kwargs) | {
            "page": page,
            "rows": household_rows(page.items, post=post, now=timezone.now()),
            "filter": self.filter,
            "chips": self.chips(),
            "figures": self.figures,
            "tabs": self.tabs(),
            "shortcuts": self.shortcuts(),
            "scope": post.organisation.name,
            "today": self.today,
            "sees_cares": sees_cares(post),
            "may_find": here and post.may(Permission.FIND_PERSONS),
            "asked_for_person": self.request.GET.get("find") == PERSON,
            "may_register": here and post.may(Permission.EDIT_HOUSEHOLDS),
            "may_import": here and post.may(Permission.IMPORT_HOUSEHOLDS),
            "export_url": here and self.export_url("households", self._address()),
        }


class HouseholdFindView(PostMixin, FormView):
    """Finding a person by name or number: what is asked never stands in an address."""

    permission = Permission.FIND_PERSONS
    form_class = FindPersonForm
    template_name = "contacts/household_find.html"

    def form_valid(self, form: FindPersonForm) -> HttpResponse:
        try:
            asked = household_register.person_query(form.cleaned_data["words"])
            check_find_rate(actor=self.post_in_force, now=timezone.now())
        except DomainError as error:
            form.add_error("words", error.message)
            return self.form_invalid(form)
        services.note_found(actor=self.post_in_force, by=asked.by)
        found = self._found(
            household_register.households_with(post=self.post_in_force, asked=asked)
        )
        return self.render_to_response(self.get_context_data(form=form, **found))

    def _found(self, rows: HouseholdQuerySet) -> dict[str, Any]:
        order = household_register.order_for(mine=False)
        shown = list(rows.order_by(*order).values_list("pk", flat=True)[: FOUND_AT_MOST + 1])
        return {
            "rows": household_rows(
                shown[:FOUND_AT_MOST], post=self.post_in_force, now=timezone.now()
            ),
            "more": len(shown) > FOUND_AT_MOST,
            "asked": True,
            "sees_cares": sees_cares(self.post_in_force),
            "today": timezone.localdate(),
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"scope": self.post_in_force.organisation.name}


class HouseholdView(PostMixin, TemplateView):
    """One household, the door card first."""

    permission = Permission.SEE_HOUSEHOLDS
    template_name = "contacts/household.html"
    in_field = in_field.is_own

    @cached_property
    def now(self) -> dt.datetime:
        return timezone.now()

    @cached_property
    def household(self) -> Household:
        post, pk = self.post_in_force, self.kwargs["pk"]
        found = one_household(post=post, pk=pk, now=self.now)
        if found is None:
            raise Http404
        return found

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        household = self.household
        if household.merged_into is not None:
            messages.info(request, "这条记录已经并入这一户，以前的走访也在这里。")
            return redirect(household.merged_into)
        page = household_page(
            post=self.post_in_force,
            household=household,
            now=self.now,
            cursor=request.GET.get("cursor"),
        )
        places = (household.community_id, household.street_id)
        inspections.note_read(actor=self.post_in_force, obj=household, places=places)
        if is_limited(request):
            # What other apps add leads to pages that ask for the password.
            page = replace(page, may=May.out_of_doors(log=page.may.log), sections=())
        if page.is_full:
            services.note_opened(actor=self.post_in_force, household=household)
        context = self.get_context_data(
            household=page, client_id=uuid.uuid4(), today=timezone.localdate()
        )
        return self.render_to_response(context)


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
        """Do it; the sentence to show, if the next page does not say it by itself."""
        raise NotImplementedError

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            done = self.perform(form)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            return self.form_invalid(form)
        if done:
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
        if self.get_success_url() == self.object.get_absolute_url():
            return ""
        return f"这一户的信息对您开放到 {timezone.localtime(revealed.until):%H:%M}。"

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
            since=form.cleaned_data["since"],
            now=timezone.now(),
        )
        day = "今天" if duty.since <= timezone.localdate() else f"{duty.since} "
        return f"从{day}起由{duty.user.name}负责走访这一户。"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lines = duties.history(self.object, today=timezone.localdate())
        return super().get_context_data(**kwargs) | {"duties": lines}
