"""The form of a household: registering it, changing it, taking it out of use."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.generic import TemplateView

from contacts.forms.households import (
    EndForm,
    HouseholdForm,
    ResidentFormSet,
    household_initial,
    residents_initial,
    running_cares,
)
from contacts.models import Household
from contacts.selectors.household_doors import is_at
from contacts.selectors.households import one_household
from contacts.selectors.sight import Sight, sees_cares, sight_of
from contacts.services import doors
from contacts.services import households as services
from contacts.services.household_ending import end_household
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin
from portal.core.errors import DomainError


class HouseholdFormView(PostMixin, TemplateView):
    """Register or change a household with its people; one form, one transaction."""

    permission = Permission.EDIT_HOUSEHOLDS
    template_name = "contacts/household_form.html"
    #: The household in full sight that has the door already.
    there: Household | None = None

    @cached_property
    def household(self) -> Household | None:
        """The household that is changed; None for a new one. 404 outside the scope."""
        if "pk" not in self.kwargs:
            return None
        household = one_household(post=self.post_in_force, pk=self.kwargs["pk"], now=timezone.now())
        if household is None:
            raise Http404
        return household

    @cached_property
    def sight(self) -> Sight:
        """What the post sees of the household that is changed."""
        assert self.household is not None  # noqa: S101 -- narrows the type
        return sight_of(self.household, post=self.post_in_force, now=timezone.now())

    @cached_property
    def cares(self) -> dict[str, str] | None:
        """The categories of this household, if the post may read, so may set them."""
        if self.household is None:
            return {} if sees_cares(self.post_in_force) else None
        may = self.sight.sees_cares(self.household.pk)
        return running_cares(self.household) if may else None

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        if self.household is not None:
            if not self.sight.sees(self.household.pk):
                # SECURITY: the form would print what the page masks.
                raise PermissionDenied(services.NotSeenInFullError().message)
            services.note_opened(actor=self.post_in_force, household=self.household)
        return self._show(request, self._form(None), self._formset(None))

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        """A reveal that ran out meanwhile is told on the form, so that nothing typed is lost."""
        if self.household is not None and "end" in request.POST:
            return self._end(request, self.household)
        form, formset = self._form(request.POST), self._formset(request.POST)
        valid = [form.is_valid(), formset.is_valid(), self._door_is_free(form)]
        if not all(valid):
            return self._show(request, form, formset)
        try:
            saved = self._save(form, formset)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            return self._show(request, form, formset)
        messages.success(request, "已保存。" if self.household else "已登记。")
        return redirect(saved)

    def _form(self, data: Any) -> HouseholdForm:
        household = self.household
        initial: dict[str, Any] = {"door_wish": Household.DoorWish.NONE}
        if household is not None:
            initial = household_initial(household, cares=self.cares)
        return HouseholdForm(
            data,
            initial=initial,
            post=self.post_in_force,
            today=timezone.localdate(),
            household=household,
            cares=self.cares,
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

    def _door_is_free(self, form: HouseholdForm) -> bool:
        """Say in the same round that the door is registered already, and who may mend it."""
        asked = form.cleaned_data
        if not asked.get("building") or not asked.get("room"):
            return True
        told = {
            "building_id": asked["building"],
            "unit": asked.get("unit", ""),
            "room": asked["room"],
        }
        if self.household is not None and is_at(self.household, **told):
            return True
        try:
            taken = doors.ask(
                actor=self.post_in_force,
                door=doors.Door(**told),
                besides=self.household.pk if self.household else None,
                now=timezone.now(),
            )
        except DomainError as error:
            form.add_error(None, error.message)
            return False
        if taken is None:
            return True
        self.there = taken.household if taken.is_open else None
        form.add_error("room", taken.words)
        return False

    def _end(self, request: HttpRequest, household: Household) -> HttpResponse:
        if not self.sight.sees(household.pk):
            raise PermissionDenied(services.NotSeenInFullError().message)
        form = EndForm(request.POST, prefix="end")
        if form.is_valid():
            try:
                end_household(
                    actor=self.post_in_force,
                    household_id=household.pk,
                    now=timezone.now(),
                    **form.cleaned_data,
                )
            except DomainError as error:
                form.add_error(error.field if error.field in form.fields else None, error.message)
            else:
                messages.success(
                    request, "这一户已停用，走访责任和关爱类别同时结束，历史记录保留。"
                )
                return redirect("contacts:household_list")
        return self._show(request, self._form(None), self._formset(None), end=form)

    def _show(
        self,
        request: HttpRequest,
        form: HouseholdForm,
        formset: Any,
        end: EndForm | None = None,
    ) -> HttpResponse:
        household = self.household
        back = household.get_absolute_url() if household else reverse("contacts:household_list")
        context = {
            "form": form,
            "formset": formset,
            "household": household,
            "back": back,
            "there": self.there,
            "end": end or EndForm(prefix="end", initial={"ended_on": timezone.localdate()}),
        }
        return render(request, self.template_name, context)
