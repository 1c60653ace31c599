"""One grievance: its page, its moves, and the reason to see in full whom it is from."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.generic import FormView, TemplateView

from grievances.forms.moves import MoveForm, RevealForm
from grievances.models import Grievance
from grievances.models.core import NUMBER_LIMIT
from grievances.parties import parties_of
from grievances.selectors.handlers import handlers_of
from grievances.selectors.one import grievance_page
from grievances.selectors.papers import paper_links
from grievances.selectors.repeats import repeats_of
from grievances.services.moving import allowed_move, make_move
from grievances.services.revealing import REVEAL_FOR, check_may_reveal, note_opened, reveal
from grievances.workflow import BY_KEY, Move, Needs
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin
from portal.core.errors import DomainError

_SHOWN = (
    "street", "community", "building", "lead", "owner__user", "owner__organisation", "merged_into",
)  # fmt: skip


class OneMixin(PostMixin):
    """A page of one grievance inside the scope; anything else is a 404."""

    permission = Permission.SEE_GRIEVANCES
    kwargs: dict[str, Any]

    @cached_property
    def now(self) -> dt.datetime:
        return timezone.now()

    @cached_property
    def grievance(self) -> Grievance:
        rows = Grievance.objects.visible_to(self.post_in_force).select_related(*_SHOWN)
        found: Grievance | None = rows.filter(number=self.kwargs["number"]).first()
        if found is None:
            raise Http404
        return found


class GrievanceView(OneMixin, TemplateView):
    template_name = "grievances/grievance.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = grievance_page(post=self.post_in_force, grievance=self.grievance, now=self.now)
        if page.is_full:
            note_opened(actor=self.post_in_force, grievance=self.grievance)
        return super().get_context_data(**kwargs) | {
            "page": page,
            "grievance": self.grievance,
            "papers": paper_links(post=self.post_in_force, grievance=self.grievance, now=self.now),
            "repeats": repeats_of(post=self.post_in_force, grievance=self.grievance),
        }


class MoveView(OneMixin, FormView):
    """One move: its form, and making it."""

    permission = Permission.HANDLE_GRIEVANCES
    template_name = "grievances/move.html"
    form_class = MoveForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if kwargs["move"] not in BY_KEY or Needs.VERDICT in BY_KEY[kwargs["move"]].needs:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    @property
    def move(self) -> Move:
        return BY_KEY[self.kwargs["move"]]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            handlers = handlers_of(self.grievance, now=self.now)
            parties = parties_of(self.post_in_force, self.grievance, handlers)
            allowed_move(self.grievance, self.move.key, parties)
        except DomainError as error:
            messages.warning(request, error.message)
            return redirect(self.grievance)
        return super().get(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = super().get_form_kwargs()
        kwargs.pop("initial")
        return kwargs | {
            "move": self.move,
            "grievance": self.grievance,
            "post": self.post_in_force,
            "other": self.request.GET.get("other", "")[:NUMBER_LIMIT],
        }

    def form_valid(self, form: MoveForm) -> HttpResponse:
        if self._is_made_already():
            messages.info(self.request, f"“{self.move.label}”已办理，没有重复记录。")
            return redirect(self.grievance)
        try:
            make_move(
                actor=self.post_in_force,
                number=self.grievance.number,
                key=self.move.key,
                entry=form.entry(),
                now=self.now,
            )
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            return self.form_invalid(form)
        messages.success(self.request, f"已办理：{self.move.label}。")
        if not Grievance.objects.visible_to(self.post_in_force).filter(
            number=self.grievance.number
        ):
            return redirect("grievances:list")
        return redirect("grievances:grievance", self.grievance.number)

    def _is_made_already(self) -> bool:
        """The same button pressed twice: the last thing that happened is this move, by this post."""
        last = self.grievance.events.last()
        return (
            last is not None
            and self.grievance.state == self.move.to
            and (last.move, last.post_id) == (self.move.key, self.post_in_force.pk)
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "grievance": self.grievance,
            "move": self.move,
        }


class GrievanceRevealView(OneMixin, FormView):
    """Say why, then see for half an hour in full whom it is from."""

    permission = Permission.HANDLE_GRIEVANCES
    template_name = "grievances/reveal.html"
    form_class = RevealForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        check_may_reveal(self.post_in_force, self.grievance, now=self.now)
        return super().get(request, *args, **kwargs)

    def form_valid(self, form: RevealForm) -> HttpResponse:
        told = form.cleaned_data
        try:
            reveal(
                actor=self.post_in_force,
                number=self.grievance.number,
                reason=told["reason"],
                note=told["note"],
                now=self.now,
            )
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            return self.form_invalid(form)
        return redirect(self.grievance)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "grievance": self.grievance,
            "minutes": int(REVEAL_FOR.total_seconds() // 60),
        }
