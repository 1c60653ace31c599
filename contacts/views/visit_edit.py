"""Changing a visit that is written down: freely for seven days, then with a reason."""

from __future__ import annotations

import uuid
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import BaseFormSet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from contacts import workflow
from contacts.forms.visit_drafts import restored
from contacts.forms.visits import VisitForm, initial_of, matter_forms, matters_of, visit_entry
from contacts.models import Household, Visit
from contacts.selectors import visit_drafts
from contacts.selectors.sight import HouseholdLine, line_out_of_sight
from contacts.selectors.visit_places import LOGS
from contacts.services import drafts, visits
from contacts.services.visit_entries import VisitEntry, entry_of
from contacts.views import in_field
from contacts.views.addresses import safe_next
from contacts.views.place_edit import PlaceEditView
from contacts.views.visit_drafts import stash, to_sign_in
from contacts.views.visit_forms import VisitFormView
from portal.accounts.permissions import Permission
from portal.core.errors import DomainError


class VisitEditView(VisitFormView):
    """Change the own record: freely for seven days, then with a reason beside the old words."""

    # Whose record it is decides; each kind is written under another permission.
    permission = Permission.SEE_VISITS

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.post_in_force.require(self.permission)
        self.post_in_force.require(LOGS[self.visit.kind])
        if request.method == "GET" and self.visit.is_voided:
            messages.error(request, "这份记录已作废，不能再改。需要时请重新记一次。")
            return redirect(self.visit)
        if self.visit.kind != Visit.Kind.HOME:
            return PlaceEditView.as_view()(request, visit=self.visit)
        return super().dispatch(request, *args, **kwargs)

    in_field = in_field.edits_own

    @cached_property
    def visit(self) -> Visit:
        rows = Visit.objects.visible_to(self.post_in_force).select_related(
            "household", "community", "street"
        )
        visit: Visit = get_object_or_404(rows, client_id=self.kwargs["client_id"])
        if visit.post_id != self.post_in_force.pk:
            raise PermissionDenied("只有记录人能修改这份记录。如有误，请联系记录人或街道管理员。")
        return visit

    @property
    def household(self) -> Household:
        if self.visit.household is None:
            raise Http404
        return self.visit.household

    @cached_property
    def base(self) -> VisitEntry:
        return entry_of(self.visit)

    def line_of_the_day(self) -> HouseholdLine:
        place, url = self.visit.place_words, self.visit.get_absolute_url()
        return line_out_of_sight(self.household, place=place, url=url)

    @property
    def street_id(self) -> int:
        return self.visit.street_id

    @cached_property
    def draft_id(self) -> uuid.UUID:
        return drafts.edit_id(self.visit.client_id)

    @property
    def needs_reason(self) -> bool:  # type: ignore[override]
        return not workflow.may_edit_freely(self.visit.recorded_at, now=self.now)

    def get(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        draft = visit_drafts.draft_of(post=self.post_in_force, client_id=self.draft_id)
        initial = initial_of(self.base)
        if draft is not None and "draft" in request.GET:
            typed, rows = restored(visit_drafts.typed_in(draft))
            return self._show(
                self.form(initial=initial | typed),
                matter_forms(initial=rows),
                restored_at=draft.updated_at,
            )
        return self._show(
            self.form(initial=initial),
            matter_forms(initial=matters_of(self.base)),
            unsent_at=draft.updated_at if draft else None,
        )

    def _show(self, form: VisitForm, matters: BaseFormSet, **extra: Any) -> HttpResponse:
        return self.page(
            form,
            matters,
            visit=self.visit,
            client_id=self.draft_id,
            owner=self.owner(self.draft_id),
            **extra,
        )

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        form, matters = self.form(request.POST), matter_forms(request.POST)
        if form.is_valid() and matters.is_valid():
            try:
                self._save(form, visit_entry(form, matters, self.base))
            except DomainError as error:
                form.add_domain_error(error.field, error.message)
            else:
                messages.success(
                    request, "已更正，原来的内容保留在下面。" if self.needs_reason else "已保存。"
                )
                return redirect(safe_next(request, self.visit.get_absolute_url()))
        return self._show(form, matters)

    def _save(self, form: VisitForm, entry: VisitEntry) -> None:
        change: dict[str, Any] = {
            "actor": self.post_in_force,
            "visit_id": self.visit.pk,
            "entry": entry,
            "now": self.now,
        }
        if self.needs_reason:
            visits.amend_visit(reason=form.cleaned_data["reason"], **change)
        else:
            visits.edit_visit(**change)

    @staticmethod
    def when_signed_out(request: HttpRequest, **kwargs: Any) -> HttpResponse | None:
        if stash(request, of_household=False) is None:
            return None
        return to_sign_in(f"{reverse('contacts:visit_edit', kwargs=kwargs)}?draft=1")
