"""Open grievances side by side: 看板 by state, and what may be the same (可能重复)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.generic import TemplateView

from contacts.selectors.words import masked_texts
from grievances.selectors.board import board_of
from grievances.selectors.listing import scope_words
from grievances.selectors.repeats import COMPARED, repeats_among
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin
from portal.accounts.services import inspections


class BoardView(PostMixin, TemplateView):
    """Columns of states, each with its exact number and what is due first."""

    permission = Permission.SEE_GRIEVANCES
    template_name = "grievances/board.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        inspections.note_listed(actor=self.post_in_force)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        post = self.post_in_force
        columns = board_of(post=post, now=timezone.now(), mask=masked_texts)
        return super().get_context_data(
            columns=columns,
            count_text=f"共 {sum(column.number for column in columns)} 件",
            scope=scope_words(post),
            **kwargs,
        )


class DuplicatesView(PostMixin, TemplateView):
    """可能重复: groups of open ones that may be about one thing, newest first."""

    permission = Permission.SEE_GRIEVANCES
    template_name = "grievances/duplicates.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        inspections.note_listed(actor=self.post_in_force)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        post = self.post_in_force
        found = repeats_among(post=post, now=timezone.now(), mask=masked_texts)
        return super().get_context_data(
            found=found,
            compared=COMPARED,
            count_text=f"共 {found.number} 组",
            scope=scope_words(post),
            **kwargs,
        )
