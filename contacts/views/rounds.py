"""扫楼: buildings, doors, the list for the way, and what is completed in the evening."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.generic import TemplateView, View

from contacts.forms.household_filters import ALL
from contacts.forms.rounds import CompleteForm, TapForm
from contacts.models import Visit
from contacts.selectors import rounds
from contacts.selectors.rounds import RoundDoor, RoundPage
from contacts.services import rounds as services
from contacts.views import in_field
from contacts.views.addresses import as_row_id, as_uuid
from portal.accounts.field import device_here, is_limited
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin, PublicMixin
from portal.core.errors import DomainError

LABELS: Final = [(result.value, result.label) for result in services.RESULTS]


class RoundListView(PostMixin, TemplateView):
    """The buildings of the own doors, in the order in which one walks."""

    permission = Permission.LOG_HOME_VISIT
    template_name = "contacts/round_list.html"
    in_field = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        post, today = self.post_in_force, timezone.localdate()
        buildings = rounds.round_buildings(post=post, today=today)
        return super().get_context_data(**kwargs) | {
            "buildings": buildings,
            "doors": sum(one.doors for one in buildings),
            "to_complete": rounds.to_complete_count(
                post, now=timezone.now(), own_only=is_limited(self.request)
            ),
            "on_own_device": device_here(self.request) is not None,
        }


class RoundView(PostMixin, TemplateView):
    """One building: one tap per door, and back to the door."""

    permission = Permission.LOG_HOME_VISIT
    template_name = "contacts/round.html"
    in_field = True

    @cached_property
    def now(self) -> dt.datetime:
        return timezone.now()

    @cached_property
    def round(self) -> RoundPage:
        building_id = as_row_id(str(self.kwargs["building"])) or 0
        page = rounds.round_page(
            post=self.post_in_force,
            building_id=building_id,
            now=self.now,
            own_only=is_limited(self.request),
        )
        if page is None:
            raise Http404
        return page

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = self.round
        others = {"building": page.building_id, "mine": ALL}
        return super().get_context_data(**kwargs) | {
            "round": page,
            "results": LABELS,
            "again": as_row_id(self.request.GET.get("again")),
            "others_url": f"{reverse('contacts:household_list')}?{urlencode(others)}",
            "to_complete": rounds.to_complete_count(
                self.post_in_force, now=self.now, own_only=is_limited(self.request)
            ),
            "on_own_device": device_here(self.request) is not None,
        }

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        page = self.round
        if "undo" in request.POST:
            return self._take_back(page)
        form = TapForm(request.POST)
        door = next(
            (d for d in page.doors if str(d.household_id) == request.POST.get("household")), None
        )
        if door is None:
            raise Http404
        if not form.is_valid():
            words = next(iter(form.errors.values()))[0]
            messages.error(
                request,
                f"{door.door}：{words}"
                if "note" in form.errors
                else "请在这一户的三个按钮里点一个。",
            )
            context = self.get_context_data(typed=form.data, typed_at=door.household_id)
            return self.render_to_response(context)
        try:
            services.tap(actor=self.post_in_force, tapped=form.tap(at=self.now), now=self.now)
        except DomainError as error:
            messages.error(request, f"{door.door}：{error.message}")
            context = self.get_context_data(typed=form.data, typed_at=door.household_id)
            return self.render_to_response(context)
        return self._back_to(door.household_id)

    def _take_back(self, page: RoundPage) -> HttpResponse:
        client_id = as_uuid(self.request.POST.get("undo"))
        known = {d.knock.client_id: d for d in page.doors if d.knock is not None}
        door = known.get(client_id) if client_id else None
        if door is not None and client_id is not None:
            try:
                services.take_back(actor=self.post_in_force, client_id=client_id, now=self.now)
            except DomainError as error:
                messages.error(self.request, f"{door.door}：{error.message}")
            else:
                messages.success(
                    self.request, f"已撤销 {door.door}。原来的一条已作废，不计入数字。"
                )
        # A second tap finds it taken back already.
        return self._back_to(door.household_id if door else None)

    def _back_to(self, household_id: int | None) -> HttpResponse:
        anchor = f"#door-{household_id}" if household_id else ""
        return redirect(f"{self.request.path}{anchor}")


class RoundTakeView(PostMixin, View):
    """带上这栋楼: the list for the encrypted store of the device. Spoken to by its script."""

    permission = Permission.LOG_HOME_VISIT
    http_method_names = ("post", "options")
    in_field = True

    def post(self, request: HttpRequest, building: int) -> HttpResponse:  # noqa: ARG002 -- the address
        page = services.take_along(
            actor=self.post_in_force,
            building_id=as_row_id(str(building)) or 0,
            now=timezone.now(),
        )
        if page is None:
            raise Http404
        return JsonResponse(
            {
                "building": page.building_id,
                "name": page.name,
                "doors": [_carried(door, unit) for unit, doors in page.units for door in doors],
            }
        )


def _carried(door: RoundDoor, unit: str) -> dict[str, Any]:
    """What leaves for the device, and no more (decision 0060)."""
    return {
        "id": door.household_id,
        "unit": unit,
        "room": door.room,
        "people": door.people,
        "wish": door.wish,
        "last": str(door.last_met_on or ""),
        "done": (
            f"{timezone.localtime(door.knock.at):%H:%M} {door.knock.words}" if door.knock else ""
        ),
    }


class RoundOfflineView(PublicMixin, TemplateView):
    """The shell that a phone keeps: no names, no sign-in; its script fills it from the store."""

    template_name = "contacts/round_offline.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"results": LABELS}


class ToCompleteView(PostMixin, TemplateView):
    """待补记: what was noted at the door and is written out in the evening."""

    permission = Permission.LOG_HOME_VISIT
    template_name = "contacts/to_complete.html"
    in_field = in_field.completes_own

    @cached_property
    def now(self) -> dt.datetime:
        return timezone.now()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        items = rounds.to_complete(
            post=self.post_in_force, now=self.now, own_only=is_limited(self.request)
        )
        return super().get_context_data(**kwargs) | {
            "items": items,
            "most": rounds.TO_COMPLETE,
        }

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        form = CompleteForm(request.POST)
        if "visit" not in form.data or not form.is_valid():
            messages.error(request, "情况最多写4000字，请写短一些。刚才写的还在下面。")
            return self.render_to_response(self.get_context_data(typed=form.data))
        try:
            services.complete(
                actor=self.post_in_force,
                client_id=form.cleaned_data["visit"],
                text=form.cleaned_data["text"],
                now=self.now,
            )
        except Visit.DoesNotExist as error:
            raise Http404 from error
        except DomainError as error:
            messages.error(request, error.message)
            return self.render_to_response(self.get_context_data(typed=form.data))
        messages.success(request, "补好了。")
        return redirect("contacts:to_complete")
