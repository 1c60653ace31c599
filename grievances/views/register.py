"""登记诉求: what came by a call, a letter, at the counter or at a meeting is written down once."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.generic import FormView

from contacts.models import Household
from contacts.selectors.sight import HouseholdLine, household_lines
from contacts.views.addresses import as_row_id
from grievances.forms.register import FIELDS, RegisterForm
from grievances.kinds import Urgency
from grievances.models import Grievance
from grievances.selectors.listing import household_of
from grievances.services.registering import register
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin
from portal.core.errors import DomainError

#: Said after a 特急 one, whatever was chosen before.
RING_NOW = "特急的事请现在就打：危险、治安 110，火情 119，伤病 120。登记不等于报警，12345 也不是。"


class RegisterView(PostMixin, FormView):
    """One page; ``?household=`` takes the place from a household in sight."""

    permission = Permission.REGISTER_GRIEVANCES
    form_class = RegisterForm
    template_name = "grievances/register.html"

    @cached_property
    def now(self) -> dt.datetime:
        return timezone.now()

    @cached_property
    def at_home(self) -> Household | None:
        asked = self.request.POST.get("household") or self.request.GET.get("household")
        if not asked:
            return None
        found = household_of(self.post_in_force, as_row_id(asked))
        if found is None:
            raise Http404
        return found

    @property
    def line(self) -> HouseholdLine | None:
        """The household as the post may read it."""
        if self.at_home is None:
            return None
        lines = household_lines(post=self.post_in_force, households=[self.at_home], now=self.now)
        return lines.get(self.at_home.pk)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {
            "post": self.post_in_force,
            "now": self.now,
            "today": timezone.localdate(self.now),
            "at_home": self.at_home,
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        back = self.line.url if self.line else reverse("grievances:list")
        return super().get_context_data(line=self.line, back_url=back, **kwargs)

    def form_valid(self, form: RegisterForm) -> HttpResponse:
        if form.in_danger:
            return self.render_to_response(self.get_context_data(form=form))
        try:
            grievance = register(actor=self.post_in_force, entry=form.entry(), now=self.now)
        except DomainError as error:
            name = FIELDS.get(error.field or "", error.field)
            form.add_error(name if name in form.fields else None, error.message)
            return self.form_invalid(form)
        self._say(grievance)
        return redirect(grievance)

    def _say(self, grievance: Grievance) -> None:
        messages.success(self.request, f"已登记，编号 {grievance.number}，请告诉诉求人。")
        if grievance.urgency == Urgency.CRITICAL:
            messages.warning(self.request, RING_NOW)
