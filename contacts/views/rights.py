"""Requests about personal data, for who answers them: list, counter, one request, the copy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import cached_property
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.generic import FormView, TemplateView
from django.views.generic.detail import SingleObjectMixin

from contacts.forms.rights import (
    AnswerForm,
    EraseForm,
    FindDoorForm,
    OwnerForm,
    RequestForm,
    ResidentForm,
    RightsFilterForm,
)
from contacts.models import RightsRequest
from contacts.querysets import HouseholdQuerySet, RightsRequestQuerySet
from contacts.selectors import household_register, rights_copy
from contacts.selectors import rights as selectors
from contacts.selectors.household_register import Narrowing, PersonQuery
from contacts.selectors.sight import HouseholdLine, household_lines
from contacts.services import erasing, households
from contacts.services import rights as services
from contacts.services.looking import check_find_rate
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin, ScopedMixin
from portal.core.errors import DomainError
from portal.core.paging import paginate

_FOUND: Final = 12
_ANSWER_ANYWAY: Final = (
    "都找不到，可能没有登记：请与当事人核对身份和住址，再直接答复，写明没有查到。"
)
#: Said when nothing was found, by how it was looked for: what, and what to do now.
_NOT_FOUND: Final = {
    "find": (
        "没有找到这个地址的住户",
        f"只找这个请求所在的社区。换一个写法再找，如只写楼号；门牌打星号的住户只能按楼号找。{_ANSWER_ANYWAY}",
    ),
    "find_phone": (
        "没有住户登记过当事人的这个电话",
        f"请按地址再找；换过号码的，问一问原来登记的是哪个。{_ANSWER_ANYWAY}",
    ),
}
_NOT_SEEN: Final = "您的岗位只看得到自己接待过的住户，也可以请社区负责人或街道管理员来关联。"


class RightsListView(PostMixin, TemplateView):
    """What is asked of the post's place, the nearest end first."""

    permission = Permission.HANDLE_RIGHTS
    template_name = "contacts/rights_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        post, form = self.post_in_force, RightsFilterForm(self.request.GET)
        state = form.cleaned_data["state"] if form.is_valid() else selectors.State.OPEN
        today = timezone.localdate()
        rows = selectors.requests_of(post, state=state, today=today)
        page = paginate(rows, order=selectors.ORDER[state], cursor=self.request.GET.get("cursor"))
        return super().get_context_data(**kwargs) | {
            "page": page,
            "lines": selectors.lines(page.items, post=post, today=today),
            "state": state,
            "scope": post.organisation.name,
            "export_url": self.export_url("rights"),
            "answer_days": services.ANSWER_WITHIN.days,
        }


class RightsNewView(PostMixin, FormView):
    """Taking a request down for somebody who came or rang."""

    permission = Permission.HANDLE_RIGHTS
    form_class = RequestForm
    template_name = "contacts/rights_form.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        communities = selectors.community_choices(
            today=timezone.localdate(), post=self.post_in_force
        )
        return super().get_form_kwargs() | {"communities": communities}

    def form_valid(self, form: RequestForm) -> HttpResponse:
        try:
            request, code = services.file_request(
                actor=self.post_in_force, entry=form.entry(), now=timezone.now()
            )
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            return self.form_invalid(form)
        messages.success(self.request, f"已登记，请把查询码 {code} 交给当事人。")
        return redirect(request)


class RequestMixin(ScopedMixin, SingleObjectMixin):
    """One request of the post's place."""

    permission = Permission.HANDLE_RIGHTS
    model = RightsRequest

    @cached_property
    def now(self) -> dt.datetime:
        return timezone.now()

    @cached_property
    def asked(self) -> RightsRequest:
        self.object = self.get_object()
        found: RightsRequest = self.object
        return found

    def get_queryset(self) -> RightsRequestQuerySet:
        rows: RightsRequestQuerySet = super().get_queryset()
        return rows.with_owner(timezone.localdate(self.now)).select_related(
            "community",
            "street",
            "owner",
            "taken_by__user",
            "household__community",
            "household__building",
        )

    def line(self) -> HouseholdLine | None:
        """Of the household it is about, as the post may read it."""
        if self.asked.household is None:
            return None
        lines = household_lines(
            post=self.post_in_force, households=[self.asked.household], now=self.now
        )
        return lines.get(self.asked.household.pk)


class RightsRequestView(RequestMixin, TemplateView):
    """One request with its steps; each form says which step it is (``do``)."""

    template_name = "contacts/rights_request.html"

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        services.note_read(actor=self.post_in_force, request=self.asked)
        return super().render_to_response(context, **kwargs)

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        if request.POST.get("do") in {"find", "find_phone"}:
            return self._found()
        steps: dict[str, Callable[[], tuple[BaseForm, str]]] = {
            "owner": self._assign,
            "household": self._link,
            "answer": self._answer,
            "erase": self._erase,
        }
        step = steps.get(request.POST.get("do", ""))
        if step is None:
            raise Http404
        form, done = step()
        if form.errors:
            key = request.POST["do"]
            return self.render_to_response(
                self.get_context_data(**{f"{key}_form": form, "form": form})
            )
        messages.success(request, done)
        return HttpResponseRedirect(self.asked.get_absolute_url())

    def _try(self, form: BaseForm, act: Callable[[dict[str, Any]], object]) -> BaseForm:
        if form.is_valid():
            try:
                act(form.cleaned_data)
            except DomainError as error:
                form.add_error(error.field if error.field in form.fields else None, error.message)
        return form

    def _assign(self) -> tuple[BaseForm, str]:
        form = OwnerForm(self.request.POST, choices=self._owners)
        return self._try(
            form,
            lambda data: services.assign(
                actor=self.post_in_force,
                request_id=self.asked.pk,
                user_id=data["owner"],
                now=self.now,
            ),
        ), "已指定承办人。"

    def _link(self) -> tuple[BaseForm, str]:
        form = FindDoorForm({"q": "0"})
        chosen = self.request.POST.get("household", "")
        household_id = int(chosen) if chosen.isdecimal() else 0
        return self._try(
            form,
            lambda _data: services.link_household(
                actor=self.post_in_force, request_id=self.asked.pk, household_id=household_id
            ),
        ), "已关联住户。"

    def _answer(self) -> tuple[BaseForm, str]:
        form = AnswerForm(self.request.POST)
        return self._try(
            form,
            lambda data: services.answer(
                actor=self.post_in_force, request_id=self.asked.pk, now=self.now, **data
            ),
        ), "已答复。当事人凭查询码可以看到。"

    def _erase(self) -> tuple[BaseForm, str]:
        form = EraseForm(self.request.POST, choices=self._residents)
        return self._try(
            form,
            lambda data: erasing.erase_resident(
                actor=self.post_in_force,
                request_id=self.asked.pk,
                resident_id=data["resident"],
                now=self.now,
            ),
        ), "已从住户登记和记录文字中删除。请接着写答复。"

    @cached_property
    def _owners(self) -> list[tuple[int, str]]:
        return selectors.owner_choices(self.asked, today=timezone.localdate(self.now))

    @cached_property
    def _residents(self) -> list[tuple[int, str]]:
        """SECURITY: names in a choice, so only of a household that is seen in full."""
        line = self.line()
        if line is None or not line.is_full or self.asked.household is None:
            return []
        return rights_copy.residents_of(self.asked.household)

    def _found(self) -> HttpResponse:
        """The page with the doors that fit: by the address typed, or by the caller's own number."""
        do = self.request.POST["do"]
        find = FindDoorForm(self.request.POST if do == "find" else None)
        if find.is_bound and not find.is_valid():
            return self.render_to_response(self.get_context_data(find_form=find, form=find))
        try:
            rows = self._by_address(find) if find.is_bound else self._by_phone()
        except DomainError as error:
            messages.error(self.request, error.message)
            return redirect(self.asked)
        found = list(rows.order_by(*household_register.order_for(mine=False))[:_FOUND])
        lines = household_lines(post=self.post_in_force, households=found, now=self.now)
        doors = [lines[household.pk] for household in found]
        not_found = None if doors else self._not_found(do)
        context = self.get_context_data(find_form=find, doors=doors, not_found=not_found)
        return self.render_to_response(context)

    def _not_found(self, do: str) -> tuple[str, str]:
        title, words = _NOT_FOUND[do]
        sees_all = self.post_in_force.may(Permission.FIND_PERSONS)
        return title, words if sees_all else f"{words}{_NOT_SEEN}"

    def _by_address(self, find: FindDoorForm) -> HouseholdQuerySet:
        return household_register.register(
            post=self.post_in_force,
            narrowing=Narrowing(q=find.cleaned_data["q"], community_id=self.asked.community_id),
            today=timezone.localdate(self.now),
        )

    def _by_phone(self) -> HouseholdQuerySet:
        """Finding a person like any other: with its right, its limit and its trace."""
        check_find_rate(actor=self.post_in_force, now=self.now)
        households.note_found(actor=self.post_in_force, by="phone")
        return household_register.households_with(
            post=self.post_in_force, asked=PersonQuery("phone", self.asked.phone)
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        post, asked = self.post_in_force, self.asked
        page = selectors.rights_page(
            post=post, request=asked, now=self.now, today=timezone.localdate(self.now)
        )
        kind = RightsRequest.Kind
        own_hand = asked.taken_by is not None and asked.taken_by.user_id == post.user_id
        forms = {
            "find_form": FindDoorForm(),
            "owner_form": OwnerForm(choices=self._owners, initial={"owner": asked.owner_id}),
            "answer_form": AnswerForm(),
            "copy_form": ResidentForm(choices=self._residents),
            "erase_form": EraseForm(choices=self._residents, auto_id="erase_%s"),
        }
        return super().get_context_data(**{**forms, **kwargs}) | {
            "page": page,
            "may_find": post.may(Permission.FIND_PERSONS),
            "may_erase": asked.kind == kind.DELETION and post.may(Permission.EDIT_HOUSEHOLDS),
            "own_hand": own_hand,
            "is_correction": asked.kind == kind.CORRECTION,
            "may_edit": post.may(Permission.EDIT_HOUSEHOLDS),
            "may_reveal": post.may(Permission.REVEAL_PERSONS),
        }


class RightsCopyView(RequestMixin, TemplateView):
    """The sheet of what is kept about one resident; a POST, so that the trail knows of it."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        line, household = self.line(), self.asked.household
        if household is None or line is None or not line.is_full:
            raise PermissionDenied("这一户对您部分遮盖，请先在住户页说明理由后查看，再打印。")
        choices = rights_copy.residents_of(household)
        form = ResidentForm(request.POST, choices=choices)
        if not form.is_valid():
            messages.error(request, "请选择是哪一位居民。")
            return redirect(self.asked)
        resident = get_object_or_404(household.residents, pk=form.cleaned_data["resident"])
        services.note_copied(
            actor=self.post_in_force, request_id=self.asked.pk, household=household
        )
        context = self.get_context_data(
            object=self.asked,
            copy=rights_copy.copy_of(resident),
            back=reverse("contacts:rights_request", args=[self.asked.pk]),
            now=self.now,
        )
        return render(request, "contacts/rights_copy.html", context)
