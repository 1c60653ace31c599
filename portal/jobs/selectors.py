"""How a job reads for the person who asked for it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db.models import Prefetch
from django.template.defaultfilters import filesizeformat
from django.urls import reverse

from portal.accounts.models import Post
from portal.jobs import registry
from portal.jobs.models import ColumnMapping, Job, JobFile
from portal.jobs.querysets import JobQuerySet

ORDER: Final = ("-created_at", "-pk")
_TONES: Final = {
    Job.State.DONE: "good",
    Job.State.FAILED: "overdue",
    Job.State.CANCELLED: "",
    Job.State.DRAFT: "due",
}
_WAITING: Final = "排队中，一般几秒内开始。可以离开这个页面，任务不会中断。"
_AGAIN: Final = "中途停下过一次，正在等着继续。已处理的 {done} 条保留，不会重复。"
_ANEW: Final = "中途停下过一次，正在等着从头再做一遍；停下前没有留下任何结果。"
_RUNNING: Final = "正在处理。可以离开这个页面，任务不会中断。"
_DRAFT: Final = "文件已收到，还没有开始。"


@dataclass(frozen=True, slots=True)
class FileLine:
    """One file that can be fetched."""

    label: str
    name: str
    size: str
    url: str
    expires_at: dt.datetime
    is_result: bool


@dataclass(frozen=True, slots=True)
class JobPage:
    """One job in words; nothing in here asks the database."""

    title: str
    url: str
    cancel_url: str
    state: str
    tone: str
    text: str
    done: int
    total: int | None
    created_at: dt.datetime
    finished_at: dt.datetime | None
    files: tuple[FileLine, ...]
    #: Something will happen without anybody's doing: look again.
    is_open: bool
    is_done: bool
    may_cancel: bool
    #: Files were here and are gone by now.
    expired: bool


def own_jobs(post: Post, *, now: dt.datetime) -> JobQuerySet:
    """The post's jobs with the files that are still there."""
    kept = Prefetch("files", queryset=JobFile.objects.visible_to(post).kept(now))
    jobs: JobQuerySet = Job.objects.visible_to(post).prefetch_related(kept)
    return jobs


def job_page(job: Job, *, now: dt.datetime) -> JobPage:
    """Needs the job from ``own_jobs``."""
    lines = [_file_line(job, file) for file in job.files.all()]
    files = tuple(sorted(lines, key=lambda line: not line.is_result))
    return JobPage(
        title=job.title,
        url=address(job),
        cancel_url=job.get_absolute_url(),
        state=job.get_state_display(),
        tone=_TONES.get(Job.State(job.state), ""),
        text=_text(job),
        done=job.done,
        total=job.total,
        created_at=job.created_at,
        finished_at=job.finished_at,
        files=files,
        is_open=job.is_open,
        is_done=job.state == Job.State.DONE,
        may_cancel=job.is_open or job.state == Job.State.DRAFT,
        expired=not files and job.expires_at <= now,
    )


def job_pages(jobs: Iterable[Job], *, now: dt.datetime) -> list[JobPage]:
    return [job_page(job, now=now) for job in jobs]


def address(job: Job) -> str:
    """Where the job is shown: its kind may have a better page than the general one."""
    try:
        page = registry.get(job.kind).page
    except KeyError:
        page = ""
    return reverse(page, args=[job.client_id]) if page else job.get_absolute_url()


def known_columns(post: Post, *, kind: str, signature: str) -> dict[str, int]:
    """What the unit last said of columns with such a heading; nothing when it never did."""
    rows = ColumnMapping.objects.visible_to(post).filter(kind=kind, signature=signature)
    found: dict[str, int] | None = rows.values_list("columns", flat=True).first()
    return found or {}


def starts(post: Post) -> list[tuple[str, str]]:
    """(title, address) of what the post may begin on a page of its own."""
    kinds = [kind for kind in registry.kinds() if kind.start and post.may(kind.permission)]
    return [(kind.title, reverse(kind.start)) for kind in kinds]


def find(post: Post, client_id: uuid.UUID, *, now: dt.datetime) -> Job:
    """The post's own job. Raises ``Job.DoesNotExist``."""
    job: Job = own_jobs(post, now=now).get(client_id=client_id)
    return job


def _text(job: Job) -> str:
    if job.state == Job.State.DRAFT:
        return _DRAFT
    if job.state == Job.State.RUNNING:
        return _RUNNING
    if job.state == Job.State.WAITING:
        again = _AGAIN if registry.resumes(job.kind) else _ANEW
        return again.format(done=job.done) if job.attempts else _WAITING
    return job.message


def _file_line(job: Job, file: JobFile) -> FileLine:
    return FileLine(
        label=file.get_role_display(),
        name=file.name,
        size=filesizeformat(file.size),
        url=reverse("jobs:file", args=[job.client_id, file.role.lower()]),
        expires_at=file.expires_at,
        is_result=file.role != JobFile.Role.INPUT,
    )


def import_id(job: Job) -> uuid.UUID:
    """The id of the one import of a checked list: pressing the button twice is one import."""
    return uuid.uuid5(job.client_id, "import")
