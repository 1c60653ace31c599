"""One ask of a grievance: its form, and making it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.generic import FormView

from grievances.asks import ASK_BY_KEY, Ask
from grievances.clocks.kinds import Step
from grievances.forms.asks import AskForm
from grievances.selectors import due
from grievances.selectors.ask_choices import Standing, asks_for, standing_of
from grievances.selectors.beside import Mask, waiting_lines
from grievances.selectors.words import GrievanceWords
from grievances.services.asking import AlreadyAskedError, allowed_ask, make_ask
from grievances.views.one import OneMixin
from portal.accounts.permissions import Permission
from portal.core.errors import DomainError


class AskView(OneMixin, FormView):
    """Whatever stands beside the state; which party asks what is said by ``grievances.asks``."""

    permission = Permission.HANDLE_GRIEVANCES
    template_name = "grievances/ask.html"
    form_class = AskForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if kwargs["key"] not in ASK_BY_KEY:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    @property
    def ask(self) -> Ask:
        return ASK_BY_KEY[self.kwargs["key"]]

    @cached_property
    def standing(self) -> Standing:
        return standing_of(self.post_in_force, self.grievance, now=self.now)

    @cached_property
    def mask(self) -> Mask:
        words = GrievanceWords([self.grievance], texts=self.standing.beside.texts())
        return lambda text: words.masked(self.grievance, text)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            allowed_ask(self.grievance, self.ask.key, self.standing.parties)
        except DomainError as error:
            messages.warning(request, error.message)
            return redirect(self.grievance)
        if self.ask not in asks_for(self.standing):
            messages.warning(request, f"现在不需要“{self.ask.label}”。")
            return redirect(self.grievance)
        return super().get(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = super().get_form_kwargs()
        kwargs.pop("initial")
        return kwargs | {"ask": self.ask, "standing": self.standing, "mask": self.mask}

    def form_valid(self, form: AskForm) -> HttpResponse:
        try:
            make_ask(
                actor=self.post_in_force,
                number=self.grievance.number,
                key=self.ask.key,
                entry=form.entry(),
                now=self.now,
            )
        except AlreadyAskedError:
            messages.info(self.request, f"“{self.ask.label}”已办理，没有重复记录。")
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            return self.form_invalid(form)
        else:
            messages.success(self.request, f"已办理：{self.ask.label}。")
        return redirect(self.grievance)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        policy = due.policy_for(self.grievance, Step.SETTLE)
        lines = waiting_lines(self.ask.key, self.standing.beside, policy, self.mask, now=self.now)
        return super().get_context_data(**kwargs) | {
            "grievance": self.grievance,
            "ask": self.ask,
            "lines": lines,
        }
