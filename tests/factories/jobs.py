"""Background jobs as rows, with a file each."""

import datetime as dt
import io
import uuid

from django.utils import timezone

from portal.accounts.models import Post
from portal.jobs import files
from portal.jobs.models import Job, JobFile, RowProblem

TITLES = ["社区", "楼栋", "单元", "室", "姓名", "电话"]
SAMPLES = [["八角北里社区"], ["12号楼"], ["3"], ["502"], ["王秀英"], ["13800131234"]]


def make_job(
    post: Post, *, kind: str = "household_check", state: str = Job.State.WAITING, **fields: object
) -> Job:
    """A job of ``post`` with what it was told and an uploaded file."""
    now = timezone.now()
    job = Job(
        client_id=uuid.uuid4(),
        kind=kind,
        title="核对住户名单",
        post=post,
        user_id=post.user_id,
        state=state,
        created_at=now,
        asked_at=now,
        expires_at=now + dt.timedelta(days=7),
        **fields,
    )
    job.parameters = {
        "heading": 1,
        "titles": TITLES,
        "samples": SAMPLES,
        "kinds": ["", "", "", "", "name", "phone"],
        "total": 1,
    }
    job.save()
    make_job_file(job)
    return job


def make_job_file(job: Job, *, role: str = JobFile.Role.INPUT, name: str = "名单.csv") -> JobFile:
    written = files.keep(io.BytesIO("楼栋,室\r\n12号楼,502\r\n".encode()))
    return JobFile.objects.create(
        job=job,
        role=role,
        name=name,
        stored=written.stored,
        size=written.size,
        digest=written.digest,
        created_at=job.created_at,
        expires_at=job.expires_at,
    )


def make_checked(post: Post) -> Job:
    """A list that was checked: every part of its page has something to show."""
    counts = {
        "new": 120, "changed": 6, "same": 20, "bad": 1,
        "households": 60, "residents": 118, "buildings": 2, "total": 147,
    }  # fmt: skip
    job = make_job(
        post,
        state=Job.State.DONE,
        done=147,
        total=147,
        counts=counts,
        message="核对完了。",
        checkpoint={"row": 148},
    )
    job.parameters = job.parameters | {"buildings": ["8号楼", "9号楼"]}
    job.save(update_fields=["parameters_text"])
    RowProblem.objects.create(job=job, row=17, reason="电话：号码不对，请核对。")
    make_job_file(job, role=JobFile.Role.REJECTS, name="退回的行-名单.csv")
    return job
