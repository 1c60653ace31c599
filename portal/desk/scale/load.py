"""Filling an empty database: the tree and the people by services, the rest by COPY on all cores."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Final

from django.apps import apps
from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.color import no_style
from django.db import connection, connections, transaction
from django.utils import timezone

from contacts.models import CareCategory, Household, Visit
from contacts.services import care_catalogue
from grievances.services import policies as clock_policies
from grievances.services import topics
from portal.accounts.models import Organisation, User
from portal.audit.models import AuditEvent
from portal.audit.services import record, seal
from portal.desk.scale import extras, homes, indexes, people, places, texts, trail, visits, world
from portal.desk.scale.copying import Table
from portal.desk.scale.homes import HomeRows
from portal.desk.scale.visits import VisitRows
from portal.desk.scale.world import World

SEED: Final = 20261122
_BEGAN: Final = dt.timedelta(days=5 * 365)
_PART: Final = 2_000
_TABLES: Final = (
    homes.HOUSEHOLDS, homes.RESIDENTS, homes.CARES, homes.DUTIES, homes.SEARCH, trail.EVENTS,
    visits.VISITS, visits.PEOPLE, visits.MET, visits.MATTERS, visits.PROMISES, visits.AMENDMENTS,
    visits.GUESTS,
)  # fmt: skip
#: One command each, when the portal has it: figures rolled up from the rows.
_ROLL_UP: Final = "rebuild_figures"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much to write; the same size, seed and day give the same rows."""

    visits: int
    households: int
    users: int
    seed: int = SEED

    @property
    def mark(self) -> str:
        """How the trail names a finished load of this size."""
        return f"scale-{self.visits}-{self.households}-{self.users}-{self.seed}"


@dataclass(slots=True)
class Loaded:
    """What was written, and how long it took."""

    rows: Counter[str] = field(default_factory=Counter)
    #: Seconds by step, in order.
    seconds: dict[str, float] = field(default_factory=dict)
    lengths: list[int] = field(default_factory=list)

    @contextmanager
    def timing(self, step: str, say: Callable[[str], None]) -> Iterator[None]:
        started = time.monotonic()
        yield
        self.seconds[step] = time.monotonic() - started
        say(f"{step}：{self.seconds[step]:.1f} 秒")

    def take(self, part: Part) -> None:
        self.rows.update(part.rows)
        self.lengths += part.lengths


@dataclass(frozen=True, slots=True)
class Part:
    """What one piece of the work reports back."""

    number: int
    rows: dict[str, int]
    names: list[tuple[str, ...]]
    lengths: list[int]


def holds(size: Size) -> bool:
    """Whether exactly this was loaded before."""
    return AuditEvent.objects.filter(action="visit.load", reason_code=size.mark).exists()


def refusals(size: Size) -> list[str]:
    """Why this must not be loaded here; empty when it may."""
    reasons = []
    if connection.vendor != "postgresql":
        reasons.append("规模数据只能装入 PostgreSQL。")
    if settings.DEMO:
        reasons.append("演示环境不装入规模数据。")
    if any(model.objects.exists() for model in (User, Organisation, Household, Visit)):
        reasons.append("数据库不是空的，规模数据只能装入只做过 migrate 的空库。")
    least = world.FORTY_HOUSEHOLDS * world.FORTY_VISITS_EACH
    if size.visits <= least or size.households <= world.FORTY_HOUSEHOLDS:
        reasons.append(f"走访至少 {least + 1}，住户至少 {world.FORTY_HOUSEHOLDS + 1}。")
    return reasons


def load(
    size: Size, *, now: dt.datetime, hands: int, say: Callable[[str], None] = lambda _line: None
) -> Loaded:
    """Write all of it; with one ``hands`` in this process, else in so many beside it.

    Not one transaction: when it stops half-way, drop the database and begin again.
    """
    done = Loaded()
    with done.timing("机构和人员", say):
        made = _prepare(size, now)
    with done.timing("计划", say):
        world.plan_visits(made)
    tables = [table.name for table in _TABLES]
    with done.timing("取下索引", say), transaction.atomic():
        taken = indexes.take_off(tables)
    with done.timing("住户", say):
        for part in _each(made, _write_homes, size.households, hands):
            done.take(part)
            made.names += part.names
    with done.timing("走访", say):
        for part in _each(made, _write_visits, size.visits, hands):
            done.take(part)
    with done.timing("重建索引和约束", say):
        indexes.put_back(taken, hands=hands)
    with done.timing("序列、封存、统计", say):
        _finish(size, tables, hands)
    if _ROLL_UP in get_commands():
        with done.timing("数字汇总", say):
            call_command(_ROLL_UP, verbosity=0)
    return done


def _prepare(size: Size, now: dt.datetime) -> World:
    """Tree, people and catalogue: small tables, written the ordinary way."""
    today = timezone.localdate(now)
    since = today - _BEGAN
    with transaction.atomic():
        care_catalogue.load(care_catalogue.read(), today=today)
        topics.load(topics.read(), today=since)
        clock_policies.load_shipped(now=now)
        tree = places.plant(since)
        rng = Random(size.seed)
        staff = people.appoint(rng, tree, users=size.users, today=today)
        communities = world.share_out(staff.communities, size.households)
        places.build(communities, since)
        points = extras.make_points(staff, since)
        newest = record(actor=None, action="user.load", reason="scale").pk
    made = World(
        seed=size.seed,
        now=now,
        today=today,
        communities=communities,
        staff=staff,
        categories=dict(CareCategory.objects.values_list("code", "pk")),
        pool=texts.make_pool(rng, today),
        households=size.households,
        visits=size.visits,
        first_event=newest + 1,
        points=points,
    )
    extras.make_teams(rng, staff, made.leaders, now)
    return made


# ---- parts ----

#: What a forked process works on: inherited, not sent.
_shared: list[World] = []


def _each(made: World, write: Callable[[int], Part], count: int, hands: int) -> Iterator[Part]:
    """Every part of the work, in order."""
    starts = range(0, count, _PART)
    _shared[:] = [made]
    try:
        if hands == 1:
            yield from map(write, starts)
            return
        connections.close_all()  # a forked process must not share a connection
        with multiprocessing.get_context("fork").Pool(hands) as pool:
            yield from pool.imap(write, starts)
    finally:
        _shared.clear()


def _write_homes(start: int) -> Part:
    made = _shared[0]
    rows = HomeRows(made)
    for index in range(start, min(start + _PART, made.households)):
        rows.add(index)
    counts = _copy({**rows.lines, trail.EVENTS: rows.trail.lines})
    return Part(start, counts, rows.names, [])


def _write_visits(start: int) -> Part:
    made = _shared[0]
    rows = VisitRows(made, made.rng("visits", start))
    for number in range(start, min(start + _PART, made.visits)):
        rows.add(number)
    counts = _copy({**rows.lines, trail.EVENTS: rows.trail.lines})
    return Part(start, counts, [], rows.lengths)


def _copy(lines: dict[Table, list[str]]) -> dict[str, int]:
    with transaction.atomic():
        for table, found in lines.items():
            table.write(found)
    return {table.name: len(found) for table, found in lines.items()}


# ---- the end ----


def _finish(size: Size, tables: Sequence[str], hands: int) -> None:
    with connection.cursor() as cursor:
        models = [
            *(table.model for table in _TABLES),
            *apps.get_app_config("accounts").get_models(),
        ]
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
    record(actor=None, action="visit.load", reason=size.mark)
    seal()
    indexes.refresh_statistics(tables, hands=hands)
