"""单位: the tree below the own unit; making, renaming, moving, ending."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.generic import FormView, TemplateView

from portal.accounts.forms.units import EndUnitForm, MakeUnitsForm, MoveForm, RenameForm
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin
from portal.accounts.selectors import units as selectors
from portal.accounts.services import organisations as services
from portal.core.errors import DomainError


class UnitMixin(PostMixin):
    """A unit in reach; without one in the address, the own."""

    permission = Permission.MANAGE_ORGANISATIONS
    kwargs: dict[str, Any]

    @cached_property
    def unit(self) -> Organisation:
        rows = Organisation.objects.visible_to(self.post_in_force)
        pk = self.kwargs.get("pk", self.post_in_force.organisation_id)
        unit: Organisation = get_object_or_404(
            rows.select_related("community", "street", "parent"), pk=pk
        )
        return unit

    @cached_property
    def page(self) -> selectors.UnitPage:
        return selectors.unit_page(post=self.post_in_force, unit=self.unit)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        return context | {
            "unit": self.unit,
            "page": self.page,
            "may_grant": self.post_in_force.may(Permission.GRANT_POSTS),
            "export_url": self.export_url("units", f"?unit={self.unit.pk}"),
        }


class UnitView(UnitMixin, TemplateView):
    template_name = "accounts/unit.html"


class UnitsNewView(UnitMixin, FormView):
    """Make one or several units below this one."""

    template_name = "accounts/unit_new.html"

    def get_form(self, form_class: Any = None) -> MakeUnitsForm:  # noqa: ARG002 -- Django's signature
        if not self.page.kinds or self.unit.valid_until is not None:
            raise Http404
        return MakeUnitsForm(self.request.POST or None, kinds=self.page.kinds)

    def form_valid(self, form: MakeUnitsForm) -> HttpResponse:
        try:
            made = services.create_several(
                actor=self.post_in_force,
                kind=OrganisationKind(form.cleaned_data["kind"]),
                names=form.cleaned_data["names"],
                parent=self.unit,
                on=form.cleaned_data["on"],
            )
        except DomainError as error:
            names = {"name": "names", "valid_from": "on"}
            field = names.get(error.field or "", error.field)
            form.add_error(field if field in form.fields else None, error.message)
            return self.form_invalid(form)
        words = "、".join(unit.name for unit in made)
        messages.success(self.request, f"已建立 {len(made)} 个：{words}。")
        return redirect("people:unit", pk=self.unit.pk)


class UnitEditView(UnitMixin, TemplateView):
    """Another name, another place, an end, or taking the end back; each a form of its own."""

    template_name = "accounts/unit_edit.html"

    def forms(self, data: Any = None, asked: str = "") -> dict[str, forms.Form]:
        places = selectors.new_places(post=self.post_in_force, unit=self.unit)

        def typed(name: str) -> Any:
            return data if name == asked else None

        return {
            "rename": RenameForm(typed("rename"), initial={"name": self.unit.name}),
            "move": MoveForm(typed("move"), places=places),
            "end": EndUnitForm(typed("end")),
            "reopen": forms.Form(typed("reopen")),
        }

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        asked = request.POST.get("do", "")
        found = self.forms(request.POST, asked)
        form = found.get(asked)
        if form is None:
            raise Http404
        if form.is_valid():
            try:
                words = self._actions[asked](form.cleaned_data)
            except DomainError as error:
                form.add_error(error.field if error.field in form.fields else None, error.message)
            else:
                messages.success(request, words)
                return redirect("people:unit", pk=self.unit.pk)
        return self.render_to_response(self.get_context_data(forms=found, failed=form))

    @property
    def _actions(self) -> dict[str, Callable[[dict[str, Any]], str]]:
        return {
            "rename": self._rename,
            "move": self._move,
            "end": self._end,
            "reopen": self._reopen,
        }

    def _rename(self, data: dict[str, Any]) -> str:
        services.rename_organisation(
            actor=self.post_in_force,
            organisation=self.unit,
            name=data["name"],
            on=timezone.localdate(),
        )
        return f"已改名为{self.unit.name}，以前的记录仍显示当时的名称。"

    def _move(self, data: dict[str, Any]) -> str:
        parents = Organisation.objects.visible_to(self.post_in_force)
        parent = parents.select_related("community", "street").get(pk=data["parent"])
        services.move_organisation(actor=self.post_in_force, organisation=self.unit, parent=parent)
        return f"{self.unit.name}已移到{parent.full_name}。"

    def _end(self, data: dict[str, Any]) -> str:
        services.end_organisation(actor=self.post_in_force, organisation=self.unit, on=data["on"])
        return f"{self.unit.name}从 {self.unit.valid_until} 起停用。"

    def _reopen(self, _data: dict[str, Any]) -> str:
        services.reopen_organisation(actor=self.post_in_force, organisation=self.unit)
        return f"{self.unit.name}已恢复使用。"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {"forms": self.forms()} | super().get_context_data(**kwargs)
