"""The steps of every import: the file, what its columns mean, what would happen, then doing it."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.generic import FormView, View

from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin
from portal.core.errors import DomainError
from portal.core.sheets.heads import Layout, signature
from portal.core.sheets.reading import LIMITS, MOST_ROWS, read_table
from portal.jobs import selectors, services
from portal.jobs.import_forms import ColumnsForm, UploadForm
from portal.jobs.models import Job
from portal.jobs.views import BACKGROUND


class ImportSteps(PostMixin):
    """What a kind of list says of itself."""

    permission: ClassVar[Permission | None] = None
    layout: ClassVar[Layout]
    check_kind: ClassVar[str]
    import_kind: ClassVar[str]
    #: Names of the jobs: 核对住户名单, 导入住户.
    checking: ClassVar[str]
    importing: ClassVar[str]
    #: The address of step 2 and 3.
    check_url: ClassVar[str]

    def without(self) -> tuple[str, ...]:
        """Fields that a list of this post cannot tell."""
        return ()


class ImportStartView(ImportSteps, FormView):
    """Step 1: the file. What is answered means that it is kept."""

    form_class = UploadForm
    takes_files = True

    def get_initial(self) -> dict[str, Any]:
        return {"client_id": uuid.uuid4()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        offered = [field for field in self.layout.fields if field.key not in self.without()]
        return super().get_context_data(**kwargs) | {"limits": LIMITS, "fields": offered}

    def form_valid(self, form: UploadForm) -> HttpResponse:
        file = form.cleaned_data["file"]
        try:
            head = self.layout.read_head(read_table(file), most=MOST_ROWS)
            file.seek(0)
            job = services.ask(
                actor=self.post_in_force,
                kind=self.check_kind,
                title=self.checking,
                parameters={
                    "heading": head.heading,
                    "titles": head.titles,
                    "samples": head.samples,
                    "kinds": head.kinds,
                    "total": head.total,
                },
                client_id=form.cleaned_data["client_id"],
                now=timezone.now(),
                upload=file,
                draft=True,
            )
        except DomainError as error:
            form.add_error("file", error.message)
            return self.form_invalid(form)
        return redirect(self.check_url, job.client_id)


class ImportCheckView(ImportSteps, View):
    """Steps 2 and 3 of one list: its columns, and what an import of it would do."""

    columns_template: ClassVar[str]
    check_template: ClassVar[str]

    def columns_form(self, data: Any, **told: Any) -> ColumnsForm:
        """The form of step 2."""
        return ColumnsForm(data, **told)

    def columns_context(self, job: Job) -> dict[str, Any]:  # noqa: ARG002 -- for who says more
        """What the page of step 2 needs besides its form."""
        return {}

    def check_page(self, job: Job) -> Any:
        """What the page of step 3 shows: a dataclass with ``job``, its ``JobPage``."""
        raise NotImplementedError

    def get(self, request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
        job = self._job(client_id)
        if job.state == Job.State.DRAFT:
            return self._columns_page(request, job, self._form(job))
        page = self.check_page(job)
        if BACKGROUND in request.headers:
            return render(request, "jobs/_status.html", {"job": page.job, "reload": True})
        return render(request, self.check_template, {"page": page, "job": page.job})

    def post(self, request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
        job = self._job(client_id)
        if job.state == Job.State.DRAFT:
            return self._start(request, job)
        try:
            if "again" in request.POST:
                return self._other_columns(job)
            return self._import(job)
        except DomainError as error:
            messages.warning(request, error.message)
            return redirect(self.check_url, job.client_id)

    def _start(self, request: HttpRequest, job: Job) -> HttpResponse:
        """Check the list with the columns as they were said."""
        form, told = self._form(job, request.POST), job.parameters
        if not form.is_valid():
            return self._columns_page(request, job, form)
        options, now = form.options(), timezone.now()
        services.remember_columns(
            actor=self.post_in_force,
            kind=self.import_kind,
            signature=signature(told["titles"]),
            columns=options["columns"],
            now=now,
        )
        services.start(actor=self.post_in_force, job_id=job.pk, parameters=told | options, now=now)
        return redirect(self.check_url, job.client_id)

    def _other_columns(self, job: Job) -> HttpResponse:
        """The same file once more, from its columns on."""
        made = self._ask(
            job, kind=self.check_kind, title=self.checking, client_id=uuid.uuid4(), draft=True
        )
        return redirect(self.check_url, made.client_id)

    def _import(self, job: Job) -> HttpResponse:
        """Import what was checked; however often it is pressed, it is one import."""
        if job.state != Job.State.DONE:
            raise DomainError("名单还没有核对完，请等核对结束再导入。")
        made = self._ask(
            job,
            kind=self.import_kind,
            title=self.importing,
            client_id=selectors.import_id(job),
            draft=False,
        )
        return redirect(made)

    def _ask(self, job: Job, *, kind: str, title: str, client_id: uuid.UUID, draft: bool) -> Job:
        now = timezone.now()
        return services.ask(
            actor=self.post_in_force,
            kind=kind,
            title=title,
            parameters=job.parameters,
            client_id=client_id,
            now=now,
            upload=services.copy_of(self.post_in_force, job, now=now),
            draft=draft,
        )

    def _form(self, job: Job, data: Any = None) -> ColumnsForm:
        told, post = job.parameters, self.post_in_force
        known = selectors.known_columns(
            post, kind=self.import_kind, signature=signature(told["titles"])
        )
        return self.columns_form(
            data,
            layout=self.layout,
            told=told,
            columns=told.get("columns") or known or self.layout.guess(told["titles"]),
            without=self.without(),
        )

    def _columns_page(self, request: HttpRequest, job: Job, form: ColumnsForm) -> HttpResponse:
        context = {
            "form": form,
            "total": job.parameters["total"],
            "cancel_url": job.get_absolute_url(),
            **self.columns_context(job),
        }
        return render(request, self.columns_template, context)

    def _job(self, client_id: uuid.UUID) -> Job:
        """SECURITY: an own check that has not expired; anything else is not there."""
        try:
            job = selectors.find(self.post_in_force, client_id, now=timezone.now())
        except Job.DoesNotExist:
            raise Http404 from None
        if job.kind != self.check_kind or not job.parameters_text:
            raise Http404
        return job
