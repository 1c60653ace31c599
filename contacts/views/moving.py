"""迁居 and 合并: a household behind another door, two records that are one household."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from contacts.forms.moving import DuplicateForm, MergeForm, MoveForm
from contacts.models import Household
from contacts.querysets import HouseholdQuerySet
from contacts.selectors.merging import Side, side
from contacts.services import households as services
from contacts.services.doors import ask, find_duplicate
from contacts.services.merging import merge_households
from contacts.services.moving import move_household
from contacts.views.addresses import as_row_id
from contacts.views.households import HouseholdActionView
from portal.accounts.permissions import Permission
from portal.core.errors import DomainError


class _InUseView(HouseholdActionView):
    """Of a household that is still lived in; any other is a 404."""

    def get_queryset(self) -> HouseholdQuerySet:
        return super().get_queryset().in_use()


class HouseholdMoveView(_InUseView):
    """迁到: the new door; the old one is kept, visits keep their place."""

    permission = Permission.MERGE_HOUSEHOLDS
    form_class = MoveForm
    template_name = "contacts/household_move.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        today = timezone.localdate()
        told = {"household": self.object, "post": self.post_in_force, "today": today}
        return super().get_form_kwargs() | told

    def perform(self, form: MoveForm) -> str:
        now = timezone.now()
        taken = ask(actor=self.post_in_force, door=form.door(), besides=self.object.pk, now=now)
        if taken is not None:
            raise DomainError(taken.words, field="room")
        moved = move_household(
            actor=self.post_in_force,
            household_id=self.object.pk,
            entry=form.entry(),
            now=now,
        )
        if moved.duties.in_force(timezone.localdate()).exists():
            return "已登记迁居。以前的走访仍记在原来的住处。"
        return "已登记迁居。新住处还没有走访责任人，请指定。"


class HouseholdMergeView(_InUseView):
    """Find the other record by its door, look at both, then say that they are the same."""

    permission = Permission.MERGE_HOUSEHOLDS
    form_class = MergeForm
    template_name = "contacts/household_merge.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "find" in request.POST:
            return self._find()
        return super().post(request, *args, **kwargs)

    def _find(self) -> HttpResponse:
        """SECURITY: the door is asked for by POST, and no address carries it."""
        self.object = self.get_object()
        form = self._duplicate_form(self.request.POST)
        if form.is_valid():
            try:
                found = find_duplicate(
                    actor=self.post_in_force,
                    household_id=self.object.pk,
                    door=form.door(),
                    reason=form.cleaned_data["reason"],
                    now=timezone.now(),
                )
            except DomainError as error:
                form.add_error(error.field if error.field in form.fields else None, error.message)
            else:
                return redirect(f"{self.request.path}?other={found.pk}")
        return self.render_to_response(self.get_context_data(find_form=form))

    @cached_property
    def other(self) -> Household | None:
        """The other record; 404 for one out of sight, out of use or elsewhere."""
        asked = self.request.POST.get("other") or self.request.GET.get("other")
        if not asked:
            return None
        rows = self.get_queryset().filter(community_id=self.object.community_id)
        found: Household | None = (
            rows.exclude(pk=self.object.pk).filter(pk=as_row_id(asked)).first()
        )
        if found is None:
            raise Http404
        return found

    def get_initial(self) -> dict[str, Any]:
        return {"other": self.other.pk if self.other else None}

    def perform(self, form: MergeForm) -> str:
        merge_households(
            actor=self.post_in_force,
            household_id=self.object.pk,
            other_id=form.cleaned_data["other"],
            now=timezone.now(),
        )
        return "已合并。两条记录的居民、走访和承诺都在这一户。"

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return super().form_valid(form)
        except Household.DoesNotExist:
            raise Http404 from None

    def _side(self, household: Household) -> Side:
        found = side(post=self.post_in_force, household=household, now=timezone.now())
        if found.is_full:
            services.note_opened(actor=self.post_in_force, household=household)
        return found

    def _duplicate_form(self, data: Any = None) -> DuplicateForm:
        return DuplicateForm(
            data,
            household=self.object,
            post=self.post_in_force,
            today=timezone.localdate(),
            initial={"building": self.object.building_id},
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context.setdefault("find_form", self._duplicate_form())
        if self.other is not None:
            context |= {"kept": self._side(self.object), "other": self._side(self.other)}
        return context
