"""导出: what will be in the file, why it is wanted; then a job writes it."""

from __future__ import annotations

import datetime as dt
import uuid
from functools import cached_property
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.generic import FormView

from contacts.forms.exports import ExportForm
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin
from portal.core.errors import DomainError
from portal.core.sheets.writing import CSV, XLSX
from portal.jobs import exports


class ListExportView(PostMixin, FormView):
    """One list, with the filters of its own address."""

    permission = Permission.EXPORT_LISTS
    template_name = "contacts/list_export.html"
    form_class = ExportForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            self.export = exports.get(kwargs["key"])
        except KeyError:
            raise Http404 from None
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.post_in_force.require(self.export.permission)
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.post_in_force.require(self.export.permission)
        return super().post(request, *args, **kwargs)

    @cached_property
    def now(self) -> dt.datetime:
        return timezone.now()

    @cached_property
    def query(self) -> QueryDict:
        return self.export.narrowed_by(self.request.GET)

    @cached_property
    def listing(self) -> exports.Listing:
        return self.export.open(self.post_in_force, self.query, self.now)

    def get_initial(self) -> dict[str, Any]:
        asked = self.request.GET.get("format", "")
        return {"client_id": uuid.uuid4(), "format": CSV if asked == CSV else XLSX}

    def form_valid(self, form: ExportForm) -> HttpResponse:
        request = exports.Request(
            key=self.export.key, query=self.query.urlencode(), **form.cleaned_data
        )
        try:
            job = exports.ask(actor=self.post_in_force, request=request, now=self.now)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            return self.form_invalid(form)
        return redirect(job)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = f"?{self.query.urlencode()}" if self.query else ""
        return super().get_context_data(**kwargs) | {
            "export": self.export,
            "listing": self.listing,
            "count": 0 if self.listing.refusal else self.listing.count(),
            "back_url": f"{reverse(self.export.url_name)}{asked}",
        }
