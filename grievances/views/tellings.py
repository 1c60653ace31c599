"""What residents still have to be told, saying that it was done, and having rung back."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.generic import FormView, TemplateView, View

from grievances.forms.follow_ups import TellForm
from grievances.models import Told
from grievances.selectors.tellings import tell_lines, to_tell, told_of
from grievances.services import follow_ups, telling
from grievances.views.one import OneMixin
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin
from portal.core.errors import DomainError
from portal.core.paging import paginate

PAGE_SIZE: Final = 20


class TellingListView(PostMixin, TemplateView):
    """Open errands, the oldest first."""

    permission = Permission.HANDLE_GRIEVANCES
    template_name = "grievances/tellings.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = to_tell(self.post_in_force)
        page = paginate(
            rows, order=("asked_at", "pk"), cursor=self.request.GET.get("cursor"), size=PAGE_SIZE
        )
        return super().get_context_data(**kwargs) | {
            "page": page,
            "lines": tell_lines(page.items),
            "scope": self.post_in_force.organisation.name,
        }


class TellingView(PostMixin, FormView):
    """One errand: what to say, and that it was said."""

    permission = Permission.HANDLE_GRIEVANCES
    template_name = "grievances/telling.html"
    form_class = TellForm
    kwargs: dict[str, Any]

    @cached_property
    def told(self) -> Told:
        found = told_of(self.post_in_force, self.kwargs["pk"])
        if found is None:
            raise Http404
        telling.check_may_tell(self.post_in_force, found.grievance, now=timezone.now())
        return found

    def form_valid(self, form: TellForm) -> HttpResponse:
        try:
            telling.done(
                actor=self.post_in_force,
                told_id=self.told.pk,
                channel=form.cleaned_data["channel"],
                note=form.cleaned_data["note"],
                now=timezone.now(),
            )
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            return self.form_invalid(form)
        messages.success(self.request, "已登记告知。")
        return redirect("grievances:tellings")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        [line] = tell_lines([self.told])
        return super().get_context_data(**kwargs) | {"line": line, "told_at": self.told.told_at}


class CalledBackView(OneMixin, View):
    """Somebody rang whoever had asked for it."""

    permission = Permission.HANDLE_GRIEVANCES
    http_method_names = ("post", "options")

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        follow_ups.called_back(actor=self.post_in_force, number=self.grievance.number, now=self.now)
        messages.success(request, "已登记回电。")
        return redirect(self.grievance)
