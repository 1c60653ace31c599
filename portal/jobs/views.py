"""Pages of background work: the own jobs, one of them, its files."""

from __future__ import annotations

import uuid
from typing import Any, Final

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.generic import TemplateView, View

from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin
from portal.core.encryption import DecryptionError
from portal.core.errors import DomainError
from portal.core.paging import paginate
from portal.jobs import selectors, services
from portal.jobs.models import Job, JobFile

#: A page that looks again by itself says so, and does not keep the session alive.
BACKGROUND: Final = "X-Background"
_STATUS: Final = "jobs/_status.html"


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
        return FileResponse(
            stream,
            as_attachment=True,
            filename=file.name,
            content_type="application/octet-stream",
            headers={"Cache-Control": "private, no-store", "Content-Length": str(file.size)},
        )
