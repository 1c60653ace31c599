"""The form of a visit: choose a door, write down, change later; nothing typed is lost."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from functools import cached_property
from typing import Any, Final

from django.contrib import messages
from django.forms import BaseFormSet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.generic import TemplateView

from contacts import ports
from contacts.forms.visit_drafts import restored, typed_of
from contacts.forms.visits import VisitForm, initial_of, matter_forms, visit_entry
from contacts.models import Household, Matter, Visit
from contacts.selectors import visit_choices, visit_drafts
from contacts.selectors.at_door import at_door
from contacts.selectors.household_shapes import AtDoor
from contacts.selectors.households import one_household
from contacts.selectors.proposals import proposals
from contacts.selectors.sight import (
    HouseholdLine,
    Sight,
    address_of,
    household_lines,
    sight,
    sight_of,
)
from contacts.services import drafts, visits
from contacts.services.visit_entries import VisitEntry, ordinary_entry, says_the_same
from contacts.views.addresses import as_row_id, as_uuid, safe_next
from portal.accounts.field import is_limited
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin
from portal.core.errors import DomainError

HOME: Final = "home"


class VisitFormView(PostMixin, TemplateView):
    """What writing down and changing have in common; knows one household."""

    permission = Permission.LOG_HOME_VISIT
    template_name = "contacts/visit_form.html"
    needs_reason = False

    @cached_property
    def now(self) -> dt.datetime:
        return timezone.now()

    @cached_property
    def today(self) -> dt.date:
        return timezone.localdate(self.now)

    @property
    def household(self) -> Household:
        raise NotImplementedError

    @property
    def base(self) -> VisitEntry:
        """What is known before anything is typed."""
        raise NotImplementedError

    @cached_property
    def line(self) -> HouseholdLine:
        one, post = self.household, self.post_in_force
        lines = household_lines(post=post, households=[one], now=self.now)
        return lines.get(one.pk) or self.line_of_the_day()

    @cached_property
    def seen(self) -> Sight:
        """What the post sees of the household now."""
        return sight(post=self.post_in_force, household_ids=[self.household.pk], now=self.now)

    def line_of_the_day(self) -> HouseholdLine:
        raise Http404

    @property
    def street_id(self) -> int:
        """Where those who come along have their posts."""
        return self.household.street_id

    def colleagues(self) -> list[visit_choices.Colleague]:
        return visit_choices.companion_choices(
            post=self.post_in_force,
            street_id=self.street_id,
            today=self.today,
            always=self.base.companions,
        )

    def people(self) -> list[visit_choices.MetChoice]:
        return visit_choices.met_choices(household_id=self.household.pk, always=self.base.met)

    def named(self, names: Iterable[str]) -> dict[str, set[int]]:
        return visit_choices.colleagues_named(
            names, post=self.post_in_force, street_id=self.street_id, today=self.today
        )

    def form(self, data: Any = None, initial: dict[str, Any] | None = None) -> VisitForm:
        return VisitForm(
            data,
            initial=initial,
            met_choices=self.people if self.seen.sees(self.household.pk) else None,
            colleagues=self.colleagues,
            named=self.named,
            by_phone=self.base.channel == Visit.Channel.PHONE,
            needs_reason=self.needs_reason,
        )

    def door(self) -> AtDoor:
        """What to know before knocking; a visit that is written down needs none of it."""
        return AtDoor()

    def page(self, form: VisitForm, matters: BaseFormSet, **extra: Any) -> HttpResponse:
        context = self.get_context_data(
            form=form,
            matters=matters,
            line=self.line,
            door=self.door(),
            door_wish=self.household.wishes_phone(self.today),
            next=safe_next(self.request, ""),
            matter_waits=Matter.WAITING_LABEL if ports.escalate.is_default else "",
            **extra,
        )
        return self.render_to_response(context)

    def owner(self, client_id: uuid.UUID) -> str:
        return drafts.owner_token(user=self.user, client_id=client_id)


class VisitNewView(VisitFormView):
    """记走访: choose a household, then one page; or one tap for an ordinary visit."""

    def get(self, _request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:  # type: ignore[override]
        if self.household_id is None:
            return self._choose()
        if self.draft is not None:
            initial, rows = restored(visit_drafts.typed_in(self.draft))
            return self._show(
                self.form(initial=initial_of(self.base) | initial),
                matter_forms(initial=rows),
                restored_at=self.draft.updated_at,
            )
        return self._show(
            self.form(initial=initial_of(self.base)), matter_forms(), offers=self._offers()
        )

    def _offers(self) -> Any:
        return visit_drafts.offers_at(self.line, post=self.post_in_force)

    def _choose(self) -> HttpResponse:
        post = self.post_in_force
        buildings = visit_choices.own_doors(post=post, today=self.today)
        doors = {door.household_id: door for one in buildings for door in one.doors}
        self.template_name = "contacts/visit_choose.html"
        context = self.get_context_data(
            proposals=[
                (one, doors[one.household_id])
                for one in (proposals(post=post, today=self.today) if doors else ())
                if one.household_id in doors
            ],
            buildings=buildings,
            door_example=visit_choices.door_example(buildings),
            offers=visit_drafts.offers(post=post, now=self.now, own_only=is_limited(self.request)),
        )
        return self.render_to_response(context)

    @cached_property
    def draft(self) -> Any:
        client_id = as_uuid(self.request.GET.get("draft"))
        return client_id and visit_drafts.draft_of(post=self.post_in_force, client_id=client_id)

    @cached_property
    def household_id(self) -> int | None:
        asked = self.request.POST.get("household") or self.request.GET.get("household")
        if asked is None and self.draft is not None:
            return as_row_id(visit_drafts.typed_in(self.draft).get("household", [""])[-1])
        if asked is not None and as_row_id(asked) is None:
            raise Http404
        return as_row_id(asked)

    @cached_property
    def household(self) -> Household:
        found = one_household(post=self.post_in_force, pk=self.household_id or 0, now=self.now)
        if found is None or found.ended_on is not None:
            raise Http404
        return found

    @cached_property
    def seen(self) -> Sight:
        return sight_of(self.household, post=self.post_in_force, now=self.now)

    @property
    def address(self) -> str:
        full = self.seen.sees(self.household.pk)
        return address_of(self.household, post=self.post_in_force, full=full)

    @cached_property
    def base(self) -> VisitEntry:
        phone = (
            self.household.wishes_phone(self.today) or self.request.GET.get("channel") == "PHONE"
        )
        return VisitEntry(
            client_id=self._client_id,
            household_id=self.household.pk,
            occurred_at=self.now,
            channel=Visit.Channel.PHONE if phone else Visit.Channel.DOOR,
            result="",
        )

    @property
    def _client_id(self) -> uuid.UUID:
        if self.draft is not None:
            return uuid.UUID(str(self.draft.client_id))
        return as_uuid(self.request.POST.get("client_id")) or uuid.uuid4()

    def door(self) -> AtDoor:
        return at_door(
            post=self.post_in_force,
            household=self.household,
            full=self.seen.sees(self.household.pk),
            today=self.today,
        )

    def _show(self, form: VisitForm, matters: BaseFormSet, **extra: Any) -> HttpResponse:
        client_id = self.base.client_id
        return self.page(form, matters, client_id=client_id, owner=self.owner(client_id), **extra)

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        ordinary = "ordinary" in request.POST
        if ordinary and "occurred_at" not in request.POST:
            return self._one_tap()
        data = request.POST.copy()
        if ordinary and not data.get("result"):
            data["result"] = Visit.Result.MET
        form, matters = self.form(data), matter_forms(data)
        if form.is_valid() and matters.is_valid():
            entry = visit_entry(form, matters, self.base)
            try:
                visit = visits.log_visit(actor=self.post_in_force, entry=entry, now=self.now)
            except DomainError as error:
                form.add_domain_error(error.field, error.message)
            else:
                return self._saved(visit, entry, ordinary=ordinary)
        return self._show(form, matters)

    def _one_tap(self) -> HttpResponse:
        """平安，无事项: met at the door just now."""
        entry = ordinary_entry(
            client_id=self.base.client_id, household_id=self.household.pk, now=self.now
        )
        try:
            visit = visits.log_visit(actor=self.post_in_force, entry=entry, now=self.now)
        except DomainError as error:
            messages.error(self.request, error.message)
            return redirect(f"{reverse('contacts:visit_new')}?household={self.household.pk}")
        return self._saved(visit, None, ordinary=True)

    def _saved(self, visit: Visit, entry: VisitEntry | None, *, ordinary: bool) -> HttpResponse:
        if entry is not None and visit.recorded_at != self.now and not says_the_same(visit, entry):
            return self._said_more(visit)
        default = reverse("desk:today") if ordinary else visit.get_absolute_url()
        if visit.client_id != self.base.client_id:
            self._say_it_is_there(visit)
            return redirect(safe_next(self.request, default))
        words = f"已记下：{self.address} {visit.result_words}"
        if self.household.wishes_phone(self.today) and visit.channel == Visit.Channel.DOOR:
            words += "。住户希望暂不上门，下次请先打电话"
        messages.success(
            self.request,
            format_html(
                '{}。<span class="cluster"><a class="btn btn-quiet" href="{}">补充</a>'
                '<a class="btn btn-quiet" href="{}">记错了，作废</a></span>',
                words,
                reverse("contacts:visit_edit", args=[visit.client_id]),
                reverse("contacts:visit_void", args=[visit.client_id]),
            ),
        )
        return redirect(safe_next(self.request, default))

    def _say_it_is_there(self, visit: Visit) -> None:
        """Another form has said the same a moment ago (decision 0020)."""
        messages.info(
            self.request,
            format_html(
                "这次走访刚才已经记过，没有再记一遍：{} {} {}。"
                '<span class="cluster"><a class="btn btn-quiet" href="{}">看这次走访</a></span>',
                self.address,
                f"{timezone.localtime(visit.occurred_at):%H:%M}",
                visit.result_words,
                visit.get_absolute_url(),
            ),
        )

    def _said_more(self, visit: Visit) -> HttpResponse:
        """The form was sent before, and more has been written since: keep it for the edit page."""
        drafts.save_draft(
            actor=self.post_in_force,
            client_id=drafts.edit_id(visit.client_id),
            typed=typed_of(self.request.POST),
            household_id=None,
            now=self.now,
        )
        messages.warning(
            self.request, "这次走访刚才已经保存。您后来改的内容在下面，还没有保存，请核对后保存。"
        )
        return redirect(f"{reverse('contacts:visit_edit', args=[visit.client_id])}?draft=1")
