"""Lists as tests write them, and the way from an upload to what came of it."""

import csv
import io
import uuid

from django.utils import timezone

from contacts.services.household_import import CHECK, IMPORT
from contacts.services.household_import_columns import LAYOUT
from portal.core.sheets.reading import MOST_ROWS, Row, read_table
from portal.jobs import files, services, tasks
from portal.jobs.models import Job

HEADING = ("社区", "楼栋", "单元", "室", "姓名", "电话", "出生年份")


def upload(rows, heading=HEADING, *, name="住户.csv", encoding="utf-8") -> io.BytesIO:
    text = io.StringIO()
    csv.writer(text).writerows([heading, *rows])
    file = io.BytesIO(text.getvalue().encode(encoding))
    file.name = name
    return file


def ask(post, rows, heading=HEADING, *, kind=IMPORT, **options) -> Job:
    file = upload(rows, heading)
    head = LAYOUT.read_head(read_table(file), most=MOST_ROWS)
    file.seek(0)
    return services.ask(
        actor=post,
        kind=kind,
        title="导入住户",
        parameters={
            "columns": LAYOUT.guess(head.titles),
            "heading": head.heading,
            "total": head.total,
            "make_buildings": False,
            "overwrite": False,
            **options,
        },
        client_id=uuid.uuid4(),
        now=timezone.now(),
        upload=file,
    )


def run(post, rows, heading=HEADING, **options) -> Job:
    """The job after a worker has done it."""
    job = ask(post, rows, heading, **options)
    tasks.run_job(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.message
    return job


def check(post, rows, heading=HEADING, **options) -> Job:
    return run(post, rows, heading, kind=CHECK, **options)


def rejects(job: Job) -> list[Row]:
    """What was given back, its heading left out; nothing when there is no such file."""
    file = job.files.filter(role="REJECTS").first()
    return list(read_table(files.opened(file)))[1:] if file else []


def reasons(job: Job) -> dict[int, str]:
    """Number of the row in the upload → why it was refused."""
    return dict(job.problems.values_list("row", "reason"))
