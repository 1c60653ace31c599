"""联系点 and 志愿服务 as files: points, teams with what they did, the sessions of one team."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from django.http import QueryDict
from django.utils import timezone

from contacts.models import VolunteerTeam
from contacts.selectors import volunteers
from contacts.selectors.points import point_lines
from portal.accounts.models import Post
from portal.accounts.permissions import Permission
from portal.core.periods import Month
from portal.core.sheets.listing import BATCH, Listing, in_batches, refused
from portal.core.sheets.writing import Cell, Column
from portal.jobs import exports

POINTS: Final = (
    Column("联系点", width=30),
    Column("联系人", width=12),
    Column("自", "date"),
    Column("至", "date"),
    Column("上次下访", "date"),
    Column("备注", width=40),
)
TEAMS: Final = (
    Column("队伍", width=24),
    Column("类别", width=12),
    Column("服务内容", width=40),
    Column("所在", width=20),
    Column("志愿者", "number", width=8),
    Column("服务场次", "number", width=10),
    Column("服务人次", "number", width=10),
)
SESSIONS: Final = (
    Column("日期", "date"),
    Column("地点", width=30),
    Column("社区", width=20),
    Column("服务人次", "number", width=10),
    Column("记录", width=8),
)
NO_TEAM: Final = "没有这支队伍，请从队伍的页面导出它的服务记录。"
_ALL: Final = "all"


def open_points(post: Post, query: QueryDict, now: dt.datetime) -> Listing:
    ended = query.get("ended") == "1"
    lines = point_lines(post=post, today=timezone.localdate(now), ended=ended)
    return Listing(
        columns=POINTS,
        scope=post.organisation.name,
        filters=("已结束的",) if ended else (),
        count=lambda: len(lines),
        rows=lambda: (
            (one.unit, one.user, one.since, one.until, one.last_on, one.note) for one in lines
        ),
    )


def open_teams(post: Post, query: QueryDict, now: dt.datetime) -> Listing:
    today, ended = timezone.localdate(now), query.get("ended") == "1"
    period = _period(query, today)
    lines = volunteers.team_lines(post, period=period, today=today, ended=ended)
    time = period.label if period else "全部时间"
    return Listing(
        columns=TEAMS,
        scope=post.organisation.name,
        filters=(f"时期：{time}", *(("已停止的",) if ended else ())),
        count=lambda: len(lines),
        rows=lambda: (_team(line) for line in lines),
    )


def _period(query: QueryDict, today: dt.date) -> Month | None:
    """The month asked for; without one that can be read, this one, as on the page."""
    asked = query.get("month", "")
    if asked == _ALL:
        return None
    try:
        return Month.parse(asked)
    except ValueError:
        return Month.of(today)


def _team(line: volunteers.TeamLine) -> tuple[Cell, ...]:
    team = line.team
    return (
        team.name,
        team.get_kind_display(),
        line.purpose,
        line.place,
        line.members,
        line.sessions,
        line.served,
    )


def open_sessions(post: Post, query: QueryDict, _now: dt.datetime) -> Listing:
    """Of one team, named by ``?team=``."""
    asked = query.get("team", "")
    teams = VolunteerTeam.objects.visible_to(post)
    team = teams.filter(pk=asked).first() if asked.isascii() and asked.isdigit() else None
    if team is None:
        return refused(NO_TEAM)
    found = volunteers.sessions_of(team, post=post)

    def rows() -> Iterator[tuple[Cell, ...]]:
        read = found.order_by("-held_on", "-pk").iterator(chunk_size=BATCH)
        for batch in in_batches(read):
            yield from map(_session, volunteers.session_lines(batch, post=post))

    return Listing(
        columns=SESSIONS,
        scope=post.organisation.name,
        filters=(f"队伍：{team.name}",),
        count=lambda: found.order_by().count(),
        rows=rows,
        page=team.get_absolute_url(),
    )


def _session(line: volunteers.SessionLine) -> tuple[Cell, ...]:
    voided = line.is_voided
    served = None if voided else line.served
    return line.held_on, line.place, line.community, served, "作废" if voided else ""


def register() -> None:
    for key, title, url_name, permission, opens, filters in (
        ("points", "联系点", "contacts:point_list", Permission.SEE_POINTS, open_points, ("ended",)),
        (
            "teams",
            "志愿队伍",
            "contacts:team_list",
            Permission.SEE_VOLUNTEERS,
            open_teams,
            ("ended", "month"),
        ),
        (
            "services",
            "志愿服务记录",
            "contacts:team_list",
            Permission.SEE_VOLUNTEERS,
            open_sessions,
            ("team",),
        ),
    ):
        exports.register(
            exports.ListExport(
                key=key,
                title=title,
                permission=permission,
                url_name=url_name,
                open=opens,
                filters=filters,
            )
        )
