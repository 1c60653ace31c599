"""What a person can do to background work: ask for it, start it, take it back, fetch its files."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from collections.abc import Mapping
from functools import partial
from pathlib import PurePath
from typing import IO, Any, Final, Protocol

from django.db import IntegrityError, transaction
from django.db.models import TextField
from django.db.models.functions import Cast

from portal.accounts.models import Post
from portal.audit.services import record
from portal.core.errors import DomainError
from portal.core.waking import wake
from portal.jobs import files, registry
from portal.jobs.models import ColumnMapping, Job, JobFile

RUN_JOB: Final = "portal.jobs.tasks.run_job"
#: How often beat looks for work that no message told of, in seconds; a message lives as long.
SWEEP_EVERY: Final = 30.0
#: Jobs of one post that may wait (for their start too) or run at once.
MOST_OPEN: Final = 10
_NAME_LIMIT: Final = 200


class Upload(Protocol):
    """A named stream: what a form received, or a file of another job."""

    name: str | None

    def read(self, size: int = -1, /) -> bytes: ...


def ask(
    *,
    actor: Post,
    kind: str,
    title: str,
    parameters: Mapping[str, Any],
    client_id: uuid.UUID,
    now: dt.datetime,
    upload: Upload | None = None,
    draft: bool = False,
) -> Job:
    """Ask for background work; the same ``client_id`` is the same job.

    The answer means that the work is kept: row and file are there whatever happens next. A
    ``draft`` waits for ``start``. Raises ``DomainError``.
    """
    actor.require(registry.get(kind).permission)
    if (known := _asked_before(actor, client_id)) is not None:
        return known
    unfinished = Job.objects.visible_to(actor).filter(state__in=(*_OPEN, Job.State.DRAFT))
    if unfinished.count() >= MOST_OPEN:
        raise DomainError(
            f"您已有 {MOST_OPEN} 个任务待确认、在排队或进行。请等其中一个结束，"
            "或在“导入导出”里取消用不着的，再试。"
        )
    job = Job(
        client_id=client_id,
        kind=kind,
        title=title,
        post=actor,
        user_id=actor.user_id,
        state=Job.State.DRAFT if draft else Job.State.WAITING,
        created_at=now,
        asked_at=now,
        expires_at=now + files.KEEP_FOR,
    )
    job.parameters = parameters
    return _kept(actor, job, upload, now=now)


def _kept(actor: Post, job: Job, upload: Upload | None, *, now: dt.datetime) -> Job:
    """The job with its file in the tables; of two that ask at once, the first one's."""
    written = files.keep(upload) if upload else None  # type: ignore[arg-type]
    try:
        with transaction.atomic():
            job.save()
            if upload and written:
                _add_file(job, JobFile.Role.INPUT, upload.name or "", written, now=now)
            record(actor=actor, action="job.ask", obj=job, reason=job.kind)
            _publish_on_commit(job)
    except IntegrityError:
        if written:
            files.remove(written.stored)
        if (known := _asked_before(actor, job.client_id)) is not None:
            return known
        raise
    return job


_OPEN: Final = (Job.State.WAITING, Job.State.RUNNING)


@transaction.atomic
def start(*, actor: Post, job_id: int, parameters: Mapping[str, Any], now: dt.datetime) -> Job:
    """Let a draft begin, with what was decided meanwhile. A job that has begun stays as it is."""
    job: Job = Job.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=job_id)
    actor.require(registry.get(job.kind).permission)
    if job.state != Job.State.DRAFT:
        return job
    job.parameters = parameters
    job.state, job.asked_at = Job.State.WAITING, now
    job.save(update_fields=["parameters_text", "state", "asked_at"])
    _publish_on_commit(job)
    return job


@transaction.atomic
def cancel(*, actor: Post, job_id: int, now: dt.datetime) -> Job:
    """Stop: what was done stays, nothing more is begun. Raises ``DomainError`` when it is over."""
    job: Job = Job.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=job_id)
    if job.state not in {*_OPEN, Job.State.DRAFT}:
        raise DomainError(f"这个任务{job.get_state_display()}，不能再取消。")
    job.state, job.claim, job.lease_until, job.finished_at = Job.State.CANCELLED, None, None, now
    if not job.done:
        job.message = "已取消，什么都没有做。"
    elif registry.resumes(job.kind):
        job.message = f"已取消。取消前处理的 {job.done} 条保留。"
    else:
        job.message = "已取消，没有留下任何结果。"
    job.save(update_fields=["state", "claim", "lease_until", "finished_at", "message"])
    record(actor=actor, action="job.cancel", obj=job, reason=job.kind)
    return job


def fetch(
    *, actor: Post, client_id: uuid.UUID, role: str, now: dt.datetime
) -> tuple[JobFile, IO[bytes]]:
    """The clear bytes of a file. Raises ``DoesNotExist`` for another's, an unknown or a gone one.

    SECURITY: asked again at every download: own job, permission still held, file not expired.
    """
    rows = JobFile.objects.visible_to(actor).kept(now).select_related("job")
    file: JobFile = rows.get(job__client_id=client_id, role=role)
    actor.require(registry.get(file.job.kind).permission)
    try:
        stream = files.opened(file)
    except FileNotFoundError:
        raise JobFile.DoesNotExist from None
    record(actor=actor, action="job.fetch", obj=file.job, reason=file.role)
    return file, stream


@transaction.atomic
def remember_columns(
    *, actor: Post, kind: str, signature: str, columns: Mapping[str, int], now: dt.datetime
) -> None:
    """Keep for the unit which column means what; not a record, so nothing in the trail."""
    ColumnMapping.objects.update_or_create(
        kind=kind,
        organisation_id=actor.organisation_id,
        signature=signature,
        defaults={"columns": dict(columns), "used_at": now},
    )


def publish(job_id: int) -> None:
    """Wake a worker for the job."""
    wake(RUN_JOB, job_id, expires=SWEEP_EVERY)


def forget_expired(*, now: dt.datetime) -> int:
    """Remove files, rows given back and drafts whose time is over; how many files."""
    gone = list(JobFile.objects.filter(expires_at__lte=now).values_list("pk", "stored"))
    for pk, stored in gone:
        files.remove(stored)
        JobFile.objects.filter(pk=pk).delete()
    over = Job.objects.filter(expires_at__lte=now)
    for job in over.filter(problems__isnull=False).distinct():
        job.problems.all().delete()
    told = over.annotate(raw=Cast("parameters_text", TextField())).exclude(raw="")
    told.update(parameters_text="")
    over.filter(state=Job.State.DRAFT).update(
        state=Job.State.CANCELLED, finished_at=now, message="超过 7 天没有确认，已自动取消。"
    )
    files.remove_strays(now=now)
    return len(gone)


def replace_file(
    job: Job, role: str, name: str, written: files.Written, *, now: dt.datetime
) -> None:
    """Make a whole file the job's file of that role; one that was there before goes."""
    before = list(job.files.filter(role=role))
    for old in before:
        old.delete()
        transaction.on_commit(partial(files.remove, old.stored))
    _add_file(job, role, name, written, now=now)


def _asked_before(actor: Post, client_id: uuid.UUID) -> Job | None:
    job = Job.objects.filter(client_id=client_id).first()
    if job is not None and job.post_id != actor.pk:
        raise DomainError("这个页面已经过期，请刷新后重试。")
    return job


def _add_file(
    job: Job, role: str, name: str, written: files.Written, *, now: dt.datetime
) -> JobFile:
    return JobFile.objects.create(
        job=job,
        role=role,
        name=PurePath(name.replace("\\", "/")).name[-_NAME_LIMIT:] or "文件",
        stored=written.stored,
        size=written.size,
        digest=written.digest,
        created_at=now,
        expires_at=now + files.KEEP_FOR,
    )


def _publish_on_commit(job: Job) -> None:
    if job.state == Job.State.WAITING:
        transaction.on_commit(partial(publish, job.pk))


def copy_of(actor: Post, job: Job, *, now: dt.datetime) -> Upload:
    """What was uploaded for ``job``, as an upload for the next one."""
    file, stream = _input(actor, job, now=now)
    named = io.BytesIO(stream.read())
    named.name = file.name
    stream.close()
    return named


def _input(actor: Post, job: Job, *, now: dt.datetime) -> tuple[JobFile, IO[bytes]]:
    rows = JobFile.objects.visible_to(actor).kept(now)
    file: JobFile | None = rows.filter(job=job, role=JobFile.Role.INPUT).first()
    if file is None:
        raise DomainError("上传的文件已经过期删除，请重新上传。")
    return file, files.opened(file)
