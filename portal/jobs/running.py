"""A job in the hands of one worker: claimed by a conditional UPDATE, held by a lease."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import logging
import uuid
from collections.abc import Iterator, Mapping
from typing import IO, Any, Final

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from portal.accounts.models import Post
from portal.audit.services import record
from portal.core.errors import DomainError
from portal.core.sealed_files import SealedWriter
from portal.jobs import files, registry
from portal.jobs.models import Job, JobFile
from portal.jobs.services import replace_file

logger = logging.getLogger(__name__)

#: Tries without a kept batch in between; then the job says that it cannot be done.
MOST_ATTEMPTS: Final = 4
POISONED: Final = (
    "试了 {attempts} 次都中途停下，已不再重试。{left}"
    "请重新提出再试一次；仍不行请把任务编号告诉系统管理员。"
)
_ENDED_POST: Final = "提出任务的岗位已经结束，任务没有执行。请由现在的岗位重新提出。"


class JobLostError(Exception):
    """The job was cancelled, or its lease ran out and another worker has it: stop, write nothing."""


def lease() -> dt.timedelta:
    """How long a worker may be silent before another one takes over."""
    return dt.timedelta(seconds=settings.JOB_LEASE_SECONDS)


class Run:
    """What the ``run`` of a kind is given. Everything it writes of the job asks for the claim."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.post: Post = job.post
        self.parameters: dict[str, Any] = job.parameters
        #: Where the last kept batch ended; {} at the first start.
        self.checkpoint: dict[str, Any] = dict(job.checkpoint)
        self._claim = job.claim

    def report(
        self,
        *,
        done: int | None = None,
        total: int | None = None,
        checkpoint: Mapping[str, Any] | None = None,
        counts: Mapping[str, int] | None = None,
    ) -> None:
        """Say how far it has come, and keep the lease for another while.

        Called inside the transaction of a batch, batch and progress are kept together or not at
        all. Call it at least every half minute: a lease is kept only by a report that commits.
        Raises ``JobLostError``.
        """
        values: dict[str, Any] = {"lease_until": timezone.now() + lease()}
        if total is not None:
            values["total"] = total
        if done is not None:
            values["done"] = done
        if counts is not None:
            values["counts"] = dict(counts)
        if checkpoint is not None:
            values |= {"checkpoint": dict(checkpoint), "attempts": 1}
        self._write(**values)
        if checkpoint is not None:
            self.checkpoint = dict(checkpoint)

    def tell(self, **values: Any) -> None:
        """Add to the encrypted parameters what a page is to show. Raises ``JobLostError``."""
        self.parameters |= values
        self._write(parameters_text=json.dumps(self.parameters, ensure_ascii=False))

    def open_input(self) -> IO[bytes]:
        """The clear bytes of what was uploaded. Raises ``DomainError`` when it has expired."""
        try:
            return files.opened(self._input())
        except FileNotFoundError:
            raise DomainError("上传的文件已经过期删除，请重新上传。") from None

    @property
    def input_name(self) -> str:
        """What the person called the uploaded file."""
        return self._input().name

    @contextlib.contextmanager
    def new_file(self, role: str, name: str) -> Iterator[SealedWriter]:
        """A stream into the job's file of that role, encrypted as it is written.

        The file is there when the block ends without an error, never before and never half. One
        of the same role is replaced. Raises ``JobLostError`` when somebody else has the job.
        """
        with files.writing() as (written, writer):
            yield writer
        try:
            with transaction.atomic():
                self._write(lease_until=timezone.now() + lease())
                replace_file(self.job, role, name, written, now=timezone.now())
        except BaseException:
            files.remove(written.stored)
            raise

    def finish(self, message: str, **counts: int) -> None:
        """The work is done; ``counts`` are added to those reported. Raises ``JobLostError``."""
        now = timezone.now()
        with transaction.atomic():
            current = Job.objects.only("counts").get(pk=self.job.pk)
            self._write(
                state=Job.State.DONE,
                message=message,
                counts={**current.counts, **counts},
                claim=None,
                lease_until=None,
                finished_at=now,
                total=F("done"),
                expires_at=now + files.KEEP_FOR,
            )
            record(actor=self.post, action="job.finish", obj=self.job, reason=self.job.kind)

    def fail(self, message: str) -> None:
        """It cannot be done, and trying again would not help."""
        self._write(state=Job.State.FAILED, message=message, **_over())

    def give_back(self) -> None:
        """Wait for another try."""
        self._write(state=Job.State.WAITING, claim=None, lease_until=None)

    def _input(self) -> JobFile:
        file: JobFile | None = self.job.files.filter(role=JobFile.Role.INPUT).first()
        if file is None:
            raise DomainError("上传的文件已经过期删除，请重新上传。")
        return file

    def _write(self, **values: Any) -> None:
        mine = Job.objects.filter(pk=self.job.pk, state=Job.State.RUNNING, claim=self._claim)
        if not mine.update(**values):
            raise JobLostError


def _over() -> dict[str, Any]:
    return {"claim": None, "lease_until": None, "finished_at": timezone.now()}


def claim(job_id: int, *, now: dt.datetime) -> Run | None:
    """Take the job if nobody has it; of many at once exactly one does. None for all others."""
    token = uuid.uuid4()
    free = Job.objects.claimable(now).filter(pk=job_id, attempts__lt=MOST_ATTEMPTS)
    taken = free.update(
        state=Job.State.RUNNING,
        claim=token,
        lease_until=now + lease(),
        attempts=F("attempts") + 1,
        started_at=Coalesce("started_at", now),
    )
    if not taken:
        return None
    rows = Job.objects.select_related("post__organisation", "post__user", "user")
    job: Job | None = rows.filter(pk=job_id, claim=token).first()
    return Run(job) if job else None


def work(run: Run) -> None:
    """Do the job once. Whatever goes wrong is in the row afterwards; nothing is swallowed."""
    try:
        kind = registry.get(run.job.kind)
        _require(run.post, kind, now=timezone.now())
        kind.run(run)
    except JobLostError:
        logger.info("jobs: job %s went to another worker or was cancelled", run.job.pk)
    except (DomainError, PermissionDenied) as error:
        _try(run.fail, str(error))
    except Exception:
        # The database may be away just now: then the lease runs out and the sweep takes over.
        logger.exception("jobs: job %s stopped", run.job.pk)
        _try(run.give_back)
    else:
        _expect_finished(run)


def fail_poisoned(*, now: dt.datetime) -> int:
    """End the jobs that were tried too often; how many."""
    poisoned = Job.objects.claimable(now).filter(attempts__gte=MOST_ATTEMPTS)
    ended = 0
    for job in poisoned:
        kept = f"停下前处理的 {job.done} 条保留。"
        left = kept if registry.resumes(job.kind) else "没有留下任何结果。"
        message = POISONED.format(attempts=job.attempts, left=left)
        same = Job.objects.filter(pk=job.pk, state=job.state, claim=job.claim)
        ended += same.update(state=Job.State.FAILED, message=message, **_over())
    return ended


def _require(post: Post, kind: registry.JobKind, *, now: dt.datetime) -> None:
    """SECURITY: rights are those of this moment, not of when the job was asked for."""
    today = timezone.localdate(now)
    if not (post.in_force(today) and post.user.is_active):
        raise DomainError(_ENDED_POST)
    post.require(kind.permission)


def _try(step: Any, *args: Any) -> None:
    with contextlib.suppress(JobLostError):
        step(*args)


def _expect_finished(run: Run) -> None:
    """A kind that returns without an end is a bug: say so in the row instead of running for ever."""
    unfinished = Q(pk=run.job.pk, state=Job.State.RUNNING)
    if Job.objects.filter(unfinished).exists():
        _try(run.give_back)
