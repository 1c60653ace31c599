"""Exports of the hotline as tests write them, and the way from an upload to what came of it."""

import csv
import io
import uuid

from django.utils import timezone

from grievances.hotline.columns import LAYOUT
from grievances.services.hotline_import import CHECK, IMPORT
from portal.core.sheets.reading import MOST_ROWS, read_table
from portal.jobs import services, tasks
from portal.jobs.models import Job

HEADING = (
    "工单编号", "接收时间", "办结时限", "联系人", "联系电话", "地址", "问题描述", "紧急程度", "是否保密",
    "信息来源", "来电类别", "一级分类", "二级分类", "承办单位", "工单状态", "办理情况", "答复时间", "是否满意",
)  # fmt: skip


def ticket(number: str, **told: str) -> list[str]:
    """A row by its headings; what is not told is as on an ordinary day."""
    said = {
        "工单编号": number,
        "接收时间": "2026-11-03 14:22:05",
        "办结时限": "2026-11-10 18:00",
        "联系人": "王秀英",
        "联系电话": "13800131234",
        "地址": "八角北里社区12号楼",
        "问题描述": "楼门口路灯不亮，已经一个月。",
        "紧急程度": "一般",
        "是否保密": "否",
        "信息来源": "电话",
        "来电类别": "求助",
        "一级分类": "市政",
        "二级分类": "照明",
        "承办单位": "城市管理办公室",
        "工单状态": "处理中",
        **told,
    }
    return [said.get(name, "") for name in HEADING]


def ask(post, rows, heading=HEADING, *, kind=IMPORT, draft=False) -> Job:
    text = io.StringIO()
    csv.writer(text).writerows([heading, *rows])
    file = io.BytesIO(text.getvalue().encode())
    file.name = "工单.csv"
    head = LAYOUT.read_head(read_table(file), most=MOST_ROWS)
    file.seek(0)
    return services.ask(
        actor=post,
        kind=kind,
        title="导入12345工单",
        parameters={
            "columns": LAYOUT.guess(head.titles),
            "heading": head.heading,
            "titles": head.titles,
            "samples": head.samples,
            "kinds": head.kinds,
            "total": head.total,
        },
        client_id=uuid.uuid4(),
        now=timezone.now(),
        upload=file,
        draft=draft,
    )


def run(post, rows, heading=HEADING, *, kind=IMPORT) -> Job:
    """The job after a worker has done it."""
    job = ask(post, rows, heading, kind=kind)
    tasks.run_job(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.message
    return job


def check(post, rows, heading=HEADING) -> Job:
    return run(post, rows, heading, kind=CHECK)
