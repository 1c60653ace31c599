"""Changing a 下访 or 接访 that is written down: freely for seven days, then with a reason."""

from __future__ import annotations

import uuid
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from contacts import workflow
from contacts.forms.field_visits import (
    PlaceVisitForm,
    guests_of,
    place_entry,
    place_initial,
    restored_place,
)
from contacts.forms.visits import matters_of
from contacts.models import Visit
from contacts.selectors import visit_drafts
from contacts.services import drafts, visits
from contacts.services.visit_entries import VisitEntry, entry_of
from contacts.views.addresses import safe_next
from contacts.views.place_forms import PlaceFormView, Sheets
from portal.core.errors import DomainError


class PlaceEditView(PlaceFormView):
    """Change the own 下访 or 接访; the place stays."""

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        #: The saved visit, read and checked by the view that leads here.
        self.visit: Visit = kwargs["visit"]

    @property
    def kind(self) -> Visit.Kind:
        return Visit.Kind(self.visit.kind)

    @cached_property
    def base(self) -> VisitEntry:
        return entry_of(self.visit)

    @property
    def place_ids(self) -> tuple[int, int]:
        return self.visit.street_id, self.visit.district_id

    @cached_property
    def draft_id(self) -> uuid.UUID:
        return drafts.edit_id(self.visit.client_id)

    @property
    def needs_reason(self) -> bool:  # type: ignore[override]
        return not workflow.may_edit_freely(self.visit.recorded_at, now=self.now)

    def get(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        draft = visit_drafts.draft_of(post=self.post_in_force, client_id=self.draft_id)
        initial = place_initial(self.base)
        if draft is not None and "draft" in request.GET:
            typed, matters, guests = restored_place(visit_drafts.typed_in(draft))
            sheets = self.sheets(initial=initial | typed, matters=matters, guests=guests)
            return self._show(sheets, restored_at=draft.updated_at)
        sheets = self.sheets(
            initial=initial, matters=matters_of(self.base), guests=guests_of(self.base)
        )
        return self._show(sheets, unsent_at=draft.updated_at if draft else None)

    def _show(self, sheets: Sheets, **extra: Any) -> HttpResponse:
        ids = {"client_id": self.draft_id, "owner": self.owner(self.draft_id)}
        return self.page(sheets, visit=self.visit, **ids, **extra)

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        sheets = self.sheets(request.POST)
        if sheets.are_valid:
            entry = place_entry(sheets.form, sheets.matters, sheets.guests, self.base)
            try:
                self._save(sheets.form, entry)
            except DomainError as error:
                sheets.form.add_domain_error(error.field, error.message)
            else:
                words = "已更正，原来的内容保留在下面。" if self.needs_reason else "已保存。"
                messages.success(request, words)
                return redirect(safe_next(request, self.visit.get_absolute_url()))
        return self._show(sheets)

    def _save(self, form: PlaceVisitForm, entry: VisitEntry) -> None:
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
