"""Lists as files: an app says which of its lists can be exported, a job writes what is listed.

What is listed is asked anew when the job runs: same filters, same order, the rights and the scope
of that moment. What was searched for stays in the encrypted parameters of the job.
"""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import transaction
from django.http import QueryDict
from django.utils import timezone

from portal.accounts.models import Post
from portal.accounts.permissions import Permission
from portal.audit.services import record
from portal.core.errors import DomainError
from portal.core.sheets.listing import Listing
from portal.core.sheets.writing import XLSX, Cell, write
from portal.jobs import registry, services
from portal.jobs.forms import FORMATS, NOTE_LIMIT, Reason
from portal.jobs.models import Job, JobFile
from portal.jobs.running import Run

#: Rows of one sheet of a spreadsheet, the heading apart.
MOST_ROWS: Final = 1_000_000
#: Seconds between two reports of progress, and how many rows are written between two looks.
_REPORT_EVERY: Final = 1.0
_LOOK_EVERY: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ListExport:
    """A list that can be exported. ``open`` reads the list's own address parameters."""

    key: str
    title: str
    permission: Permission
    #: The name of the list's address.
    url_name: str
    open: Callable[[Post, QueryDict, dt.datetime], Listing]
    #: The parameters of its address that narrow it. Others are none of ours and are dropped.
    filters: tuple[str, ...] = ()
    #: What is to be known of this list beside what is true of every export, in sentences.
    about: str = ""

    def narrowed_by(self, query: QueryDict) -> QueryDict:
        """SECURITY: names in an address are typed by anybody; only declared ones go to the trail."""
        kept = QueryDict(mutable=True)
        for name in self.filters:
            if values := query.getlist(name):
                kept.setlist(name, values)
        return kept

    @property
    def kind(self) -> str:
        """Its kind of job."""
        return f"export.{self.key}"


_LISTS: Final[dict[str, ListExport]] = {}


def register(export: ListExport) -> None:
    """Make a list exportable. Registering the same key again replaces it."""
    _LISTS[export.key] = export
    registry.register(
        registry.JobKind(
            key=export.kind,
            title=f"导出{export.title}",
            permission=export.permission,
            run=run,
        )
    )


def get(key: str) -> ListExport:
    """Raises ``KeyError`` for a list nobody registered."""
    return _LISTS[key]


def keys() -> tuple[str, ...]:
    return tuple(_LISTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a person asked for: which list by which filters, as what, and why."""

    key: str
    query: str
    format: str
    reason: str
    note: str = ""
    client_id: uuid.UUID = field(default_factory=uuid.uuid4)


@transaction.atomic
def ask(*, actor: Post, request: Request, now: dt.datetime) -> Job:
    """Let the list be written; the same ``client_id`` is the same job. Raises ``DomainError``."""
    export = get(request.key)
    actor.require(Permission.EXPORT_LISTS)
    actor.require(export.permission)
    if known := Job.objects.visible_to(actor).filter(client_id=request.client_id).first():
        return known
    query = export.narrowed_by(QueryDict(request.query))
    _check(request, export.open(actor, query, now))
    job = services.ask(
        actor=actor,
        kind=export.kind,
        title=f"导出{export.title}（.{request.format}）",
        parameters={
            "list": request.key,
            "query": query.urlencode(),
            "format": request.format,
            "reason": request.reason,
            "note": request.note.strip(),
        },
        client_id=request.client_id,
        now=now,
    )
    asked = sorted(name for name, value in query.items() if value)
    record(actor=actor, action="export.ask", obj=job, fields=asked, reason=request.reason)
    return job


def _check(request: Request, listing: Listing) -> None:
    if listing.refusal:
        raise DomainError(listing.refusal)
    if request.format not in dict(FORMATS):
        raise DomainError("请选择文件格式。", field="format")
    if request.reason not in Reason:
        raise DomainError("请选择导出的用途。", field="reason")
    if request.reason == Reason.OTHER_USE and not request.note.strip():
        raise DomainError("请写明用途。", field="note")
    if len(request.note) > NOTE_LIMIT:
        raise DomainError(f"最多写{NOTE_LIMIT}字。", field="note")
    if request.format == XLSX and (count := listing.count()) > MOST_ROWS:
        raise DomainError(
            f"共 {count} 条，超过一张表的 {MOST_ROWS} 行。请选 .csv，或加条件分几次导出。",
            field="format",
        )


def run(run: Run) -> None:
    """Write the file of an export job. After a crash it is begun anew: a file is whole or absent."""
    now, asked = timezone.now(), run.parameters
    export = get(asked["list"])
    # SECURITY: the kind asks for the list's own right; that to export is asked for here.
    run.post.require(Permission.EXPORT_LISTS)
    listing = export.open(run.post, QueryDict(asked["query"]), now)
    if listing.refusal:
        raise DomainError(listing.refusal)
    progress = _Progress(run, listing.count())
    local = timezone.localtime(now)
    name = f"{export.title}-{local:%Y%m%d-%H%M}.{asked['format']}"
    with run.new_file(JobFile.Role.RESULT, name) as out:
        write(
            asked["format"],
            out,
            listing.columns,
            progress.over(listing.rows()),
            notes=_notes(run, export, listing, progress, local),
        )
    run.finish(
        f"共导出 {progress.done} 条。文件保留 7 天，请妥善保管，用后删除。", rows=progress.done
    )


class _Progress:
    """Counts the rows that pass, and tells the job so that its lease holds."""

    def __init__(self, run: Run, expected: int) -> None:
        self.run = run
        self.expected = expected
        self.done = 0
        run.report(done=0, total=expected)

    def over(self, rows: Iterable[Sequence[Cell]]) -> Iterator[Sequence[Cell]]:
        last = time.monotonic()
        for self.done, row in enumerate(rows, 1):
            yield row
            if self.done % _LOOK_EVERY == 0 and time.monotonic() - last > _REPORT_EVERY:
                self.run.report(done=self.done, total=max(self.done, self.expected))
                last = time.monotonic()
        self.run.report(done=self.done, total=self.done)


def _notes(
    run: Run, export: ListExport, listing: Listing, progress: _Progress, at: dt.datetime
) -> Iterator[tuple[str, str]]:
    """Where the file comes from; read when the rows are written."""
    post, asked = run.post, run.parameters
    purpose: Any = Reason(asked["reason"]).label
    yield "内容", export.title
    yield "范围", listing.scope
    yield "条件", "；".join(listing.filters) or "无"
    yield "条数", str(progress.done)
    yield "导出人", f"{post.user.name}（{post.organisation.name} {post.label}）"
    yield "导出时间", f"{at:%Y-%m-%d %H:%M}"
    yield "用途", f"{purpose}：{asked['note']}" if asked["note"] else purpose
    yield "编号", str(run.job.client_id)
    yield "提示", "含个人信息，已按导出人的权限部分遮盖；仅限上述用途，用后删除，不得外传。"
