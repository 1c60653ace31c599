"""导入住户: upload, say which column means what, look at what would happen, then do it."""

from __future__ import annotations

import io
import uuid
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.generic import FormView, View

from contacts.forms.imports import ColumnsForm, UploadForm
from contacts.selectors.imports import check_page, import_id
from contacts.selectors.sight import sees_cares
from contacts.services.household_import import CHECK, IMPORT
from contacts.services.household_import_columns import FIELDS, Field, guess, read_head, signature
from portal.accounts.models import Post
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin
from portal.core.errors import DomainError
from portal.core.sheets.reading import LIMITS, MOST_ROWS, read_table
from portal.core.sheets.writing import CONTENT_TYPES, XLSX, Column, write_xlsx
from portal.jobs import selectors, services
from portal.jobs.models import Job
from portal.jobs.views import BACKGROUND

_CHECKING: Final = "核对住户名单"
_IMPORTING: Final = "导入住户"
_EXAMPLE: Final = {
    "community": "示例社区",
    "building": "12号楼",
    "unit": "3",
    "floor": "5",
    "room": "502",
    "name": "张三（示例，请删除这一行）",
    "relation": "户主",
    "birth": "1950",
    "wish": "可上门",
}


class ImportView(PostMixin, FormView):
    """Step 1: the file. What is answered means that it is kept."""

    permission = Permission.IMPORT_HOUSEHOLDS
    template_name = "contacts/import.html"
    form_class = UploadForm
    #: Of all addresses the only one (``portal.core.uploads``).
    takes_files = True

    def get_initial(self) -> dict[str, Any]:
        return {"client_id": uuid.uuid4()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "limits": LIMITS,
            "fields": _fields(self.post_in_force),
        }

    def form_valid(self, form: UploadForm) -> HttpResponse:
        file = form.cleaned_data["file"]
        try:
            head = read_head(read_table(file), most=MOST_ROWS)
            file.seek(0)
            job = services.ask(
                actor=self.post_in_force,
                kind=CHECK,
                title=_CHECKING,
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
        return redirect("contacts:household_import_check", job.client_id)


def _fields(post: Post) -> list[Field]:
    """What a list of this post can tell."""
    return [field for field in FIELDS if field.key != "cares" or sees_cares(post)]


class ImportTemplateView(PostMixin, View):
    """An empty list with the headings that need no explaining."""

    permission = Permission.IMPORT_HOUSEHOLDS

    def get(self, _request: HttpRequest) -> HttpResponse:
        fields = _fields(self.post_in_force)
        columns = [Column(field.label, width=14) for field in fields]
        out = io.BytesIO()
        notes = [(field.label, field.hint) for field in fields if field.hint]
        write_xlsx(out, columns, [[_EXAMPLE.get(f.key, "") for f in fields]], notes=notes)
        return HttpResponse(
            out.getvalue(),
            content_type=CONTENT_TYPES[XLSX],
            headers={
                "Content-Disposition": 'attachment; filename="households.xlsx"; '
                "filename*=UTF-8''%E4%BD%8F%E6%88%B7%E5%90%8D%E5%8D%95.xlsx"
            },
        )


class ImportCheckView(PostMixin, View):
    """Steps 2 and 3 of one list: its columns, and what an import of it would do."""

    permission = Permission.IMPORT_HOUSEHOLDS

    def get(self, request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
        job = self._job(client_id)
        if job.state == Job.State.DRAFT:
            return self._columns_page(request, job, self._form(job))
        page = check_page(job, post=self.post_in_force, now=timezone.now())
        if BACKGROUND in request.headers:
            return render(request, "jobs/_status.html", {"job": page.job, "reload": True})
        return render(request, "contacts/import_check.html", {"page": page, "job": page.job})

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
            return redirect("contacts:household_import_check", job.client_id)

    def _start(self, request: HttpRequest, job: Job) -> HttpResponse:
        """Check the list with the columns as they were said."""
        form, told = self._form(job, request.POST), job.parameters
        if not form.is_valid():
            return self._columns_page(request, job, form)
        options, now = form.options(), timezone.now()
        services.remember_columns(
            actor=self.post_in_force,
            kind=IMPORT,
            signature=signature(told["titles"]),
            columns=options["columns"],
            now=now,
        )
        services.start(actor=self.post_in_force, job_id=job.pk, parameters=told | options, now=now)
        return redirect("contacts:household_import_check", job.client_id)

    def _other_columns(self, job: Job) -> HttpResponse:
        """The same file once more, from its columns on."""
        made = self._ask(job, kind=CHECK, title=_CHECKING, client_id=uuid.uuid4(), draft=True)
        return redirect("contacts:household_import_check", made.client_id)

    def _import(self, job: Job) -> HttpResponse:
        """Import what was checked; however often it is pressed, it is one import."""
        if job.state != Job.State.DONE:
            raise DomainError("名单还没有核对完，请等核对结束再导入。")
        made = self._ask(job, kind=IMPORT, title=_IMPORTING, client_id=import_id(job), draft=False)
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
        known = selectors.known_columns(post, kind=IMPORT, signature=signature(told["titles"]))
        return ColumnsForm(
            data,
            titles=told["titles"],
            samples=told["samples"],
            kinds=told["kinds"],
            columns=told.get("columns") or known or guess(told["titles"]),
            with_cares=sees_cares(post),
            with_buildings=post.may(Permission.MANAGE_ORGANISATIONS),
        )

    def _columns_page(self, request: HttpRequest, job: Job, form: ColumnsForm) -> HttpResponse:
        told = job.parameters
        context = {
            "form": form,
            "total": told["total"],
            "cancel_url": job.get_absolute_url(),
            "cares_left_out": "cares" in guess(told["titles"])
            and not sees_cares(self.post_in_force),
        }
        return render(request, "contacts/import_columns.html", context)

    def _job(self, client_id: uuid.UUID) -> Job:
        """SECURITY: an own check that has not expired; anything else is not there."""
        try:
            job = selectors.find(self.post_in_force, client_id, now=timezone.now())
        except Job.DoesNotExist:
            raise Http404 from None
        if job.kind != CHECK or not job.parameters_text:
            raise Http404
        return job
