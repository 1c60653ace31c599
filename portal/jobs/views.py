"""Pages of background work: asking for an export, the own jobs, one of them, its files."""

from __future__ import annotations

import datetime as dt
import uuid
from functools import cached_property
from typing import Any, Final

from django.contrib import messages
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    QueryDict,
)
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.generic import FormView, TemplateView, View

from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin
from portal.core.downloads import as_download
from portal.core.encryption import DecryptionError
from portal.core.errors import DomainError
from portal.core.paging import paginate
from portal.core.sheets.listing import Listing
from portal.core.sheets.writing import CSV, XLSX
from portal.jobs import exports, selectors, services
from portal.jobs.forms import ExportForm
from portal.jobs.models import Job, JobFile

#: A page that looks again by itself says so, and does not keep the session alive.
BACKGROUND: Final = "X-Background"
_STATUS: Final = "jobs/_status.html"
_PERSON_TYPED: Final = (
    "搜索的内容像姓名或号码，没有查、没有留存，已经去掉。导出不按人；下面是去掉以后的条件和条数。"
)


class ListExportView(PostMixin, FormView):
    """What will be in the file of a list, and why it is wanted; the filters are the list's own."""

    permission = Permission.EXPORT_LISTS
    template_name = "jobs/list_export.html"
    form_class = ExportForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            self.export = exports.get(kwargs["key"])
        except KeyError:
            raise Http404 from None
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.post_in_force.require(self.export.permission)
        return self._without_person() or super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.post_in_force.require(self.export.permission)
        return self._without_person() or super().post(request, *args, **kwargs)

    def _without_person(self) -> HttpResponse | None:
        """SECURITY: the same address without the person that was typed into it (decision 0102)."""
        if not self.listing.typed:
            return None
        rest = self.query.copy()
        rest.pop(self.listing.typed)
        messages.warning(self.request, _PERSON_TYPED)
        return redirect(f"{self.request.path}{f'?{rest.urlencode()}' if rest else ''}")

    @cached_property
    def now(self) -> dt.datetime:
        return timezone.now()

    @cached_property
    def query(self) -> QueryDict:
        return self.export.narrowed_by(self.request.GET)

    @cached_property
    def listing(self) -> Listing:
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
            "back_url": self.listing.page or f"{reverse(self.export.url_name)}{asked}",
        }


class JobListView(PostMixin, TemplateView):
    """Imports and exports of the acting post, newest first."""

    permission = Permission.EXPORT_LISTS
    template_name = "jobs/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now, post = timezone.now(), self.post_in_force
        page = paginate(
            selectors.own_jobs(post, now=now),
            order=selectors.ORDER,
            cursor=self.request.GET.get("cursor"),
        )
        return super().get_context_data(**kwargs) | {
            "page": page,
            "jobs": selectors.job_pages(page.items, now=now),
            "starts": selectors.starts(post),
        }


class JobView(PostMixin, View):
    """One job: how far it is, what came of it. Asked in the background, only that part."""

    permission = Permission.EXPORT_LISTS

    def get(self, request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
        now = timezone.now()
        job = selectors.job_page(self._job(client_id), now=now)
        template = _STATUS if BACKGROUND in request.headers else "jobs/job.html"
        return render(request, template, {"job": job})

    def post(self, request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
        """Cancel it."""
        job = self._job(client_id)
        try:
            services.cancel(actor=self.post_in_force, job_id=job.pk, now=timezone.now())
        except DomainError as error:
            messages.warning(request, error.message)
        return redirect(selectors.address(job))

    def _job(self, client_id: uuid.UUID) -> Job:
        try:
            return selectors.find(self.post_in_force, client_id, now=timezone.now())
        except Job.DoesNotExist:
            raise Http404 from None


class JobFileView(PostMixin, View):
    """A file of an own job, as a download that no cache keeps and no browser opens in the page."""

    permission = Permission.EXPORT_LISTS

    def get(self, _request: HttpRequest, client_id: uuid.UUID, role: str) -> HttpResponseBase:
        try:
            file, stream = services.fetch(
                actor=self.post_in_force,
                client_id=client_id,
                role=role.upper(),
                now=timezone.now(),
            )
        except (JobFile.DoesNotExist, DecryptionError):
            raise Http404 from None
        return as_download(stream, name=file.name, size=file.size)
