"""移交: the sheet of one person, on screen and on paper, and handing over what stands on it."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.generic import FormView

from contacts.forms.handover import HandoverForm
from contacts.forms.households import RevealForm
from contacts.selectors import handover as selectors
from contacts.services import handover as services
from contacts.services.households import REVEAL_FOR
from portal.accounts.models import User
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin
from portal.core.errors import DomainError


class HandoverView(PostMixin, FormView):
    """POST with ``print`` is the paper, with ``reveal`` a reason: both stand in the trail."""

    permission = Permission.ASSIGN_HOUSEHOLDS
    template_name = "contacts/handover.html"
    form_class = HandoverForm

    @cached_property
    def now(self) -> dt.datetime:
        return timezone.now()

    @cached_property
    def today(self) -> dt.date:
        return timezone.localdate(self.now)

    @cached_property
    def person(self) -> User:
        person = selectors.person_in_scope(post=self.post_in_force, user_id=self.kwargs["user"])
        if person is None:
            raise Http404
        return person

    @cached_property
    def sheet(self) -> selectors.HandoverSheet:
        return selectors.sheet(
            post=self.post_in_force,
            person=self.person,
            now=self.now,
            whole="print" in self.request.POST,
        )

    def get_form_kwargs(self) -> dict[str, Any]:
        people = selectors.receivers(post=self.post_in_force, person=self.person, today=self.today)
        return super().get_form_kwargs() | {
            "buildings": self.sheet.buildings,
            "receivers": people,
            "today": self.today,
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "reveal" in request.POST:
            return self.reveal(RevealForm(request.POST))
        if "print" not in request.POST:
            return super().post(request, *args, **kwargs)
        services.note_printed(
            actor=self.post_in_force,
            person=self.person,
            household_ids=self.sheet.shown_in_full,
        )
        return self.render_to_response({"sheet": self.sheet, "on_paper": True, "now": self.now})

    def reveal(self, why: RevealForm) -> HttpResponse:
        if why.is_valid():
            try:
                opened = services.open_sheet(
                    actor=self.post_in_force, person=self.person, now=self.now, **why.cleaned_data
                )
            except DomainError as error:
                why.add_error(error.field if error.field in why.fields else None, error.message)
            else:
                until = timezone.localtime(self.now + REVEAL_FOR)
                messages.success(self.request, f"{len(opened)} 户对您开放到 {until:%H:%M}。")
                return redirect(reverse("contacts:handover", args=[self.person.pk]))
        form = self.form_class(**self.get_form_kwargs() | {"data": None, "files": None})
        return self.render_to_response(self.get_context_data(form=form, why=why))

    def form_valid(self, form: HandoverForm) -> HttpResponse:
        since = form.cleaned_data["since"]
        try:
            count = services.hand_over(
                actor=self.post_in_force,
                user_id=self.person.pk,
                receivers=form.receivers(),
                since=since,
                now=self.now,
            )
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            return self.form_invalid(form)
        day = "今天" if since == self.today else f"{since} "
        messages.success(self.request, f"已移交 {count} 户，从{day}起由新的责任人负责。")
        return redirect(reverse("contacts:handover", args=[self.person.pk]))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        told = {"sheet": self.sheet, "now": self.now, "minutes": REVEAL_FOR.seconds // 60}
        return {"why": RevealForm()} | super().get_context_data(**kwargs) | told
