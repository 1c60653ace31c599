"""The desk and people who never sign in: links, calls, the sheet to hand over, and the book."""

from __future__ import annotations

from typing import Any

import segno
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.views.generic import FormView, TemplateView, View

from grievances.forms.outside import CallForm, LiaisonForm
from grievances.models import Assignment, HandlerLink, Liaison
from grievances.selectors.liaisons import book_of, choosable_units
from grievances.selectors.move_choices import in_groups
from grievances.selectors.outside import OutsideUnit, forward_page, outside_page
from grievances.services import handler_links, liaisons
from grievances.services.forwarding import note_forwarded, note_links_shown
from grievances.views.handler_link import handler_address
from grievances.views.one import OneMixin
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin
from portal.core.errors import DomainError
from portal.core.periods import day_of


class DeskMixin(OneMixin):
    """A page of one grievance for its desk. It carries private links: nothing of it stays behind."""

    permission = Permission.HANDLE_GRIEVANCES

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "same-origin"
        return response

    def check(self) -> None:
        handler_links.check_is_desk(self.post_in_force, self.grievance, now=self.now)

    def drawn(self, units: tuple[OutsideUnit, ...]) -> list[dict[str, Any]]:
        """Each unit with the address and picture of its link, and the words to send it with."""
        return [{"unit": unit} | self._link(unit.link) for unit in units]

    def _link(self, link: HandlerLink | None) -> dict[str, Any]:
        if link is None:
            return {}
        address = handler_address(self.request, str(link.token))
        until = timezone.localtime(link.expires_at)
        words = (
            f"【{self.grievance.street.name}】诉求 {self.grievance.number} 请{link.get_step_display()}："
            f"{address} 只能提交一次，{until.month}月{until.day}日前有效，请勿转发。"
        )
        picture = segno.make(address, error="m").svg_data_uri(scale=4, border=2)
        return {"address": address, "words": words, "picture": picture}


class OutsideView(DeskMixin, FormView):
    """Each unit with its 联络员 and link, and the calls; a call is written down here."""

    template_name = "grievances/outside.html"
    form_class = CallForm

    def get_initial(self) -> dict[str, Any]:
        return {"at": timezone.localtime(self.now)}

    def get_form_kwargs(self) -> dict[str, Any]:
        self.check()
        self.page = outside_page(post=self.post_in_force, grievance=self.grievance, now=self.now)
        return super().get_form_kwargs() | {"units": self.page.units}

    def form_valid(self, form: CallForm) -> HttpResponse:
        try:
            liaisons.log_call(
                actor=self.post_in_force,
                number=self.grievance.number,
                entry=form.entry(),
                now=self.now,
            )
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            return self.form_invalid(form)
        messages.success(self.request, "已记下通话。")
        return redirect("grievances:outside", self.grievance.number)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if any(unit.link for unit in self.page.units):
            note_links_shown(actor=self.post_in_force, grievance=self.grievance)
        return context | {
            "grievance": self.grievance,
            "page": self.page,
            "units": self.drawn(self.page.units),
        }


class LinkView(DeskMixin, View):
    """Make the link of one unit anew, or end it."""

    http_method_names = ("post", "options")

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        does = handler_links.revoke_link if "revoke" in request.POST else handler_links.make_link
        try:
            does(
                actor=self.post_in_force,
                number=self.grievance.number,
                assignment_id=self.kwargs["assignment"],
                now=self.now,
            )
        except Assignment.DoesNotExist as error:
            raise Http404 from error
        except DomainError as error:
            messages.warning(request, error.message)
        else:
            done = (
                "已作废办理链接。"
                if "revoke" in request.POST
                else "办理链接已生成，原来的打不开了。"
            )
            messages.success(request, done)
        return redirect("grievances:outside", self.grievance.number)


class ForwardView(DeskMixin, TemplateView):
    """转办单: by POST with the resident's name, while the post sees it for a stated reason."""

    template_name = "grievances/forward.html"
    http_method_names = ("get", "post", "options")
    named = False

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.named = True
        return self.get(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.check()
        if self.grievance.is_restricted:
            messages.warning(request, "封存的诉求不打印转办单，请当面交办。")
            return redirect(self.grievance)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        post, grievance = self.post_in_force, self.grievance
        page = forward_page(post=post, grievance=grievance, named=self.named, now=self.now)
        note_forwarded(actor=post, grievance=grievance, named=page.raised_by is not None)
        owner = grievance.owner
        return super().get_context_data(**kwargs) | {
            "grievance": grievance,
            "page": page,
            "units": self.drawn(page.units),
            "contact": owner.user.name if owner else "",
            "phone": settings.PRIVACY_PHONE,
            "now": self.now,
        }


class BookMixin(PostMixin):
    """The book of the own desk."""

    permission = Permission.HANDLE_GRIEVANCES
    kwargs: dict[str, Any]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.post_in_force.require(Permission.HANDLE_GRIEVANCES)
        liaisons.check_keeps_book(self.post_in_force)
        return super().dispatch(request, *args, **kwargs)


class LiaisonListView(BookMixin, TemplateView):
    template_name = "grievances/liaisons.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        book = book_of(self.post_in_force).select_related("unit__street", "unit__community")
        rows = list(book.order_by("unit__code", "pk"))
        return super().get_context_data(**kwargs) | {
            "rows": [row for row in rows if row.ended_on is None],
            "ended": [row for row in rows if row.ended_on is not None],
            "scope": self.post_in_force.organisation.name,
        }


class LiaisonFormView(BookMixin, FormView):
    """Write somebody into the book, or correct a row."""

    template_name = "grievances/liaison_form.html"
    form_class = LiaisonForm

    @property
    def row(self) -> Liaison | None:
        pk = self.kwargs.get("pk")
        if pk is None:
            return None
        found: Liaison | None = book_of(self.post_in_force).filter(pk=pk).first()
        if found is None:
            raise Http404
        return found

    def get_initial(self) -> dict[str, Any]:
        row = self.row
        if row is None:
            return {"unit": self.request.GET.get("unit", "")}
        return {"unit": row.unit_id, "name": row.name, "phone": row.phone, "note": row.note}

    def get_form_kwargs(self) -> dict[str, Any]:
        units = choosable_units(self.post_in_force, on=day_of(timezone.now()))
        return super().get_form_kwargs() | {"units": in_groups(units)}

    def form_valid(self, form: LiaisonForm) -> HttpResponse:
        actor, entry, now = self.post_in_force, form.entry(), timezone.now()
        row = self.row
        try:
            if row is None:
                liaisons.add_liaison(actor=actor, entry=entry, now=now)
            else:
                liaisons.edit_liaison(actor=actor, pk=row.pk, entry=entry, now=now)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            return self.form_invalid(form)
        messages.success(self.request, "已记入联络员。")
        return redirect("grievances:liaisons")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"row": self.row}


class LiaisonEndView(BookMixin, View):
    http_method_names = ("post", "options")

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        try:
            liaisons.end_liaison(actor=self.post_in_force, pk=self.kwargs["pk"], now=timezone.now())
        except Liaison.DoesNotExist as error:
            raise Http404 from error
        messages.success(request, "已停用，以后不再列出。")
        return redirect("grievances:liaisons")
