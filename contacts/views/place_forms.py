"""The form of a 下访 or 接访: choose the place, write down, change later; nothing typed is lost."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Container, Iterable
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import BaseFormSet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.generic import TemplateView

from contacts import ports
from contacts.forms.field_visits import (
    PlaceVisitForm,
    guest_forms,
    place_entry,
    place_initial,
    restored_place,
    where_asked,
)
from contacts.forms.visit_drafts import typed_of
from contacts.forms.visits import matter_forms
from contacts.models import Matter, Visit
from contacts.selectors import visit_choices, visit_drafts
from contacts.selectors.sight import HouseholdLine, household_lines
from contacts.selectors.visit_places import (
    LEADS,
    LOGS,
    LastVisit,
    Where,
    finds_doors,
    homes_of,
    last_at,
    lead_choices,
    may_lead,
    wheres,
)
from contacts.services import drafts, visits
from contacts.services.drafts import PLACE_KINDS
from contacts.services.visit_entries import CHANNEL_OF, VisitEntry, says_the_same
from contacts.views.addresses import as_row_id, as_uuid, safe_next
from portal.accounts.kinds import OrganisationKind
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin
from portal.core.errors import DomainError


class Sheets(NamedTuple):
    """The form with what hangs on it."""

    form: PlaceVisitForm
    matters: BaseFormSet
    guests: BaseFormSet

    @property
    def are_valid(self) -> bool:
        return all([self.form.is_valid(), self.matters.is_valid(), self.guests.is_valid()])


class PlaceFormView(PostMixin, TemplateView):
    """What writing down and changing have in common; knows one kind."""

    permission = Permission.SEE_VISITS
    template_name = "contacts/place_form.html"
    needs_reason = False

    @cached_property
    def now(self) -> dt.datetime:
        return timezone.now()

    @cached_property
    def today(self) -> dt.date:
        return timezone.localdate(self.now)

    @property
    def kind(self) -> Visit.Kind:
        raise NotImplementedError

    @property
    def base(self) -> VisitEntry:
        """What is known before anything is typed."""
        raise NotImplementedError

    @property
    def place_ids(self) -> tuple[int, int]:
        """Street and district of the chosen place."""
        raise NotImplementedError

    @property
    def where_groups(self) -> list[tuple[str, Any]]:
        """Places to choose from; a saved visit keeps its own."""
        return []

    def colleagues(self) -> list[visit_choices.Colleague]:
        return visit_choices.companion_choices(
            post=self.post_in_force,
            street_id=self.place_ids[0],
            today=self.today,
            always=self.base.companions,
        )

    def named(self, names: Iterable[str]) -> dict[str, set[int]]:
        return visit_choices.colleagues_named(
            names, post=self.post_in_force, street_id=self.place_ids[0], today=self.today
        )

    @property
    def may_promise(self) -> bool:
        """Whether a promise can be written down: to a household that the post may join."""
        joined = any(guest.household_id for guest in self.base.guests)
        return finds_doors(self.post_in_force) or joined or bool(self.base.promise)

    @cached_property
    def leads(self) -> list[tuple[int, str]]:
        street_id, district_id = self.place_ids
        return lead_choices(
            post=self.post_in_force,
            kind=self.kind,
            street_id=street_id,
            district_id=district_id,
            today=self.today,
            always=self.base.lead,
        )

    def sheets(
        self,
        data: Any = None,
        initial: dict[str, Any] | None = None,
        matters: list[dict[str, Any]] | None = None,
        guests: list[dict[str, Any]] | None = None,
    ) -> Sheets:
        post = self.post_in_force
        guest_set = guest_forms(
            data, initial=guests or (), post=post, finds_doors=finds_doors(post)
        )
        form = PlaceVisitForm(
            data,
            initial=initial,
            kind=self.kind,
            wheres=self.where_groups,
            leads=self.leads,
            must_name_lead=not may_lead(post, self.kind),
            homes=self._homes(guest_set),
            colleagues=self.colleagues,
            named=self.named,
            needs_reason=self.needs_reason,
        )
        return Sheets(form, matter_forms(data, initial=matters or ()), guest_set)

    def _homes(self, guests: BaseFormSet) -> list[tuple[int, str]]:
        """The households of the guests: to one of them a promise is made."""
        if guests.is_bound:
            guests.is_valid()
            ids = {g.cleaned_data.get("household") for g in guests.forms if g.is_valid()}
        else:
            ids = {one.household_id for one in self.base.guests}
        ids.discard(None)
        found = homes_of(self.post_in_force, ids, always=self.base.promise_household_id)
        self.lines: dict[int, HouseholdLine] = household_lines(
            post=self.post_in_force, households=found, now=self.now, cares=False
        )
        return [(home.pk, self._label(home.pk, guests)) for home in found]

    def _label(self, household_id: int, guests: BaseFormSet) -> str:
        """6号楼（王女士家）: known by the guest, and by the address as far as it may be read."""
        names = [
            str(form["name"].value())
            for form in guests.forms
            if str(getattr(form, "cleaned_data", form.initial).get("household"))
            == str(household_id)
        ]
        line = self.lines.get(household_id)
        address = line.address if line else "一户"
        return f"{address}（{'、'.join(names)}）" if names else address

    def page(self, sheets: Sheets, **extra: Any) -> HttpResponse:
        context = self.get_context_data(
            form=sheets.form,
            matters=sheets.matters,
            guests=sheets.guests,
            kind=self.kind,
            kind_key=next(key for key, kind in PLACE_KINDS.items() if kind == self.kind),
            is_field=self.kind == Visit.Kind.FIELD,
            next=safe_next(self.request, ""),
            matter_waits=Matter.WAITING_LABEL if ports.escalate.is_default else "",
            **extra,
        )
        return self.render_to_response(context)

    def owner(self, client_id: uuid.UUID) -> str:
        return drafts.owner_token(user=self.user, client_id=client_id)


class PlaceNewView(PlaceFormView):
    """记下访, 记接访: one page; place, time and who led are filled in."""

    @cached_property
    def kind_asked(self) -> str:
        return self.request.POST.get("kind") or self.request.GET.get("kind") or ""

    @property
    def kind(self) -> Visit.Kind:
        if self.kind_asked not in PLACE_KINDS:
            raise Http404
        return PLACE_KINDS[self.kind_asked]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.post_in_force.require(LOGS[self.kind])
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def all_wheres(self) -> list[tuple[str, list[Where]]]:
        asked = as_row_id(self.request.GET.get("point"))
        return wheres(self.post_in_force, kind=self.kind, asked=asked, today=self.today)

    @property
    def where_groups(self) -> list[tuple[str, Any]]:
        return [
            (name, [(one.value, one.label) for one in group]) for name, group in self.all_wheres
        ]

    @cached_property
    def last(self) -> LastVisit | None:
        """The newest of this kind that the post wrote: where, and by whom it was held."""
        return last_at(post=self.post_in_force, kind=self.kind)

    @cached_property
    def where(self) -> Where:
        """The place that is asked for, or the likeliest."""
        known = {one.value: one for _, group in self.all_wheres for one in group}
        if not known:
            raise PermissionDenied("您的岗位没有可选的街道、社区，请联系街道管理员核对岗位。")
        typed = visit_drafts.typed_in(self.draft).get("where", [""])[-1] if self.draft else ""
        asked = where_asked(self.request.POST.get("where")) or where_asked(typed)
        if not asked and (point := as_row_id(self.request.GET.get("point"))):
            asked = f"p{point}"
            if asked not in known:
                raise Http404
        return known.get(asked or self._likeliest(known)) or next(iter(known.values()))

    def _likeliest(self, known: Container[str]) -> str:
        """A 接访 is held at home, in the hall of the own unit; a 下访 where the last one was."""
        own = self.post_in_force.organisation
        home = f"u{own.street_id if own.kind == OrganisationKind.SECTION else own.pk}"
        if self.kind == Visit.Kind.RECEPTION and home in known:
            return home
        if self.last is None or self._owns_points:
            return ""
        return f"u{self.last.unit_id}"

    @property
    def _owns_points(self) -> bool:
        return any(one.is_own for _, group in self.all_wheres for one in group)

    @property
    def place_ids(self) -> tuple[int, int]:
        return self.where.street_id, self.where.district_id

    @cached_property
    def draft(self) -> Any:
        client_id = as_uuid(self.request.GET.get("draft"))
        return client_id and visit_drafts.draft_of(post=self.post_in_force, client_id=client_id)

    @cached_property
    def base(self) -> VisitEntry:
        where, last = self.where, self.last
        again = last is not None and where.unit_id == last.unit_id
        post = self.post_in_force
        lead = post.user_id
        if where.owner_id is not None and self.kind == Visit.Kind.FIELD:
            lead = where.owner_id
        elif (
            post.role not in LEADS[self.kind]
            and again
            and last is not None
            and last.occurred_on == self.today
        ):
            # The next one at the same window is received by the same person.
            lead = last.lead_id() or lead
        return VisitEntry(
            client_id=self._client_id,
            kind=self.kind,
            point_id=where.point_id,
            unit_id=None if where.point_id else where.unit_id,
            place=last.place if again and last is not None else where.place,
            lead=lead,
            occurred_at=self.now,
            channel=CHANNEL_OF[self.kind],
            result=Visit.Result.MET,
        )

    @property
    def _client_id(self) -> uuid.UUID:
        if self.draft is not None:
            return uuid.UUID(str(self.draft.client_id))
        return as_uuid(self.request.POST.get("client_id")) or uuid.uuid4()

    def get(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        initial = place_initial(self.base)
        if self.draft is not None and "draft" in request.GET:
            typed, matters, guests = restored_place(visit_drafts.typed_in(self.draft))
            sheets = self.sheets(initial=initial | typed, matters=matters, guests=guests)
            return self._show(sheets, restored_at=self.draft.updated_at)
        offers = visit_drafts.place_offers(post=self.post_in_force, kind=self.kind_asked)
        return self._show(self.sheets(initial=initial), offers=offers)

    def _show(self, sheets: Sheets, **extra: Any) -> HttpResponse:
        client_id = self.base.client_id
        return self.page(sheets, client_id=client_id, owner=self.owner(client_id), **extra)

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        sheets = self.sheets(request.POST)
        if sheets.are_valid:
            entry = place_entry(sheets.form, sheets.matters, sheets.guests, self.base)
            try:
                visit = visits.log_visit(actor=self.post_in_force, entry=entry, now=self.now)
            except DomainError as error:
                sheets.form.add_domain_error(error.field, error.message)
            else:
                return self._saved(visit, entry)
        return self._show(sheets)

    def _saved(self, visit: Visit, entry: VisitEntry) -> HttpResponse:
        kind = self.kind.label
        if visit.client_id != entry.client_id:
            words = f"这次{kind}刚才已经记过，没有再记一遍。"
            messages.info(
                self.request,
                format_html('{}<a href="{}">看这次{}</a>', words, visit.get_absolute_url(), kind),
            )
        elif visit.recorded_at != self.now and not says_the_same(
            visit, replace(entry, place=entry.place or visit.place)
        ):
            return self._said_more(visit)
        else:
            messages.success(self.request, f"已记下这次{kind}。")
        return redirect(safe_next(self.request, visit.get_absolute_url()))

    def _said_more(self, visit: Visit) -> HttpResponse:
        """The form was sent before, and more has been written since: keep it for the edit page."""
        typed = typed_of(self.request.POST)
        typed.pop("kind", None)  # the change of a saved visit names none
        drafts.save_draft(
            actor=self.post_in_force,
            client_id=drafts.edit_id(visit.client_id),
            typed=typed,
            household_id=None,
            now=self.now,
        )
        messages.warning(
            self.request, "这次记录刚才已经保存。您后来改的内容在下面，还没有保存，请核对后保存。"
        )
        return redirect(f"{reverse('contacts:visit_edit', args=[visit.client_id])}?draft=1")
