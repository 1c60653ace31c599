"""What a checked export would do, and where the hotline's platform and the desk differ."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.db.models import Max, Q, QuerySet

from grievances.kinds import ENDED, OPEN, Regime, State
from grievances.models import Grievance, HotlineTicket
from portal.accounts.models import Post
from portal.accounts.querysets import lies_in
from portal.jobs.models import Job, RowProblem
from portal.jobs.selectors import JobPage, import_id, job_page

PROBLEMS_SHOWN: Final = 10
#: Lines of each list of the reconciliation.
SHOWN: Final = 50
#: What we have answered, whatever the platform says.
_ANSWERED: Final = ENDED | {State.REPLIED, State.CONCLUDED, State.FOLLOWED_UP}


@dataclass(frozen=True, slots=True)
class HotlineCheckPage:
    """An export that was checked: how many rows of which sort, and the first that are refused."""

    job: JobPage
    new: int
    changed: int
    same: int
    repeated: int
    bad: int
    noticed: int
    notices: tuple[str, ...]
    problems: tuple[tuple[int, str], ...]
    worth: bool
    import_url: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One grievance of which the two sides say different things."""

    number: str
    official_number: str
    url: str
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class DifferenceList:
    title: str
    why: str
    count: int
    lines: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Reconciliation:
    #: When the last export was taken over; None before the first.
    seen_at: dt.datetime | None
    total: int
    lists: tuple[DifferenceList, ...]


def hotline_check_page(job: Job, *, post: Post, now: dt.datetime) -> HotlineCheckPage:
    """Three queries; what was tolerated comes out of the job's encrypted parameters."""
    counts = job.counts
    made = Job.objects.visible_to(post).filter(client_id=import_id(job)).first()
    problems = RowProblem.objects.filter(job=job).order_by("row")
    return HotlineCheckPage(
        job=job_page(job, now=now),
        **{
            name: counts.get(name, 0)
            for name in ("new", "changed", "same", "repeated", "bad", "noticed")
        },
        notices=tuple(job.parameters.get("notices", ())),
        problems=tuple(problems.values_list("row", "reason")[:PROBLEMS_SHOWN]),
        worth=bool(counts.get("new", 0) + counts.get("changed", 0)),
        import_url=made.get_absolute_url() if made else "",
    )


def reconciliation(*, post: Post) -> Reconciliation:
    """Where the platform and the desk differ, in the place of the post; restricted ones left out."""
    place = lies_in(post.organisation, "grievance__")
    rows = HotlineTicket.objects.filter(grievance__in=Grievance.objects.listed_for(post))
    rows = rows.filter(place) if place is not None else rows.none()
    seen_at = rows.aggregate(at=Max("seen_at"))["at"]
    answered, open_ = sorted(_ANSWERED), sorted(OPEN - _ANSWERED)
    return Reconciliation(
        seen_at=seen_at,
        total=rows.count(),
        lists=(
            _list(
                "平台已办结，本地还在办",
                "核对后在本地补上答复和归档，或请平台更正。",
                rows.filter(is_closed=True, grievance__state__in=open_),
            ),
            _list(
                "本地已答复，平台还没办结",
                "把办理结果回填到平台；回填的话在诉求页可以直接复制。",
                rows.filter(is_closed=False, grievance__state__in=answered),
            ),
            _list(
                "本地有，最近一次导出的表里没有",
                "平台可能已改派给别的单位，或导出的时间段不同。",
                _missing(rows, seen_at),
            ),
        ),
    )


def _missing(rows: QuerySet[HotlineTicket], seen_at: dt.datetime | None) -> QuerySet[HotlineTicket]:
    """Received within what the last export covers, and not in it."""
    if seen_at is None:
        return rows.none()
    last = rows.filter(seen_at=seen_at).order_by("grievance__received_on")
    span = [
        found.grievance.received_on
        for found in (
            last.select_related("grievance").first(),
            last.select_related("grievance").last(),
        )
        if found
    ]
    return rows.filter(
        Q(grievance__received_on__gte=span[0], grievance__received_on__lte=span[1]),
        seen_at__lt=seen_at,
        grievance__regime=Regime.HOTLINE,
    )


def _list(title: str, why: str, rows: QuerySet[HotlineTicket]) -> DifferenceList:
    found = rows.select_related("grievance").order_by("-grievance__received_at", "-pk")[:SHOWN]
    return DifferenceList(
        title=title,
        why=why,
        count=rows.count(),
        lines=tuple(
            Difference(
                number=ticket.grievance.number,
                official_number=ticket.grievance.official_number,
                url=ticket.grievance.get_absolute_url(),
                ours=State(ticket.grievance.state).label,
                theirs=ticket.grievance.official_state
                or ("已办结" if ticket.is_closed else "未注明"),
            )
            for ticket in found
        ),
    )
