"""Loading the demo world into an empty database, all of it or nothing."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from contacts.models import Household, Visit
from contacts.services import care_catalogue
from grievances.services import policies as clock_policies
from grievances.services import topics
from portal.accounts.models import User
from portal.audit.services import record
from portal.desk.demo import (
    administration,
    letters,
    points,
    records,
    register,
    staffing,
    tree,
    volunteers,
)
from portal.desk.demo.grievances.load import load as load_grievances
from portal.desk.demo.households import Home, make_home
from portal.desk.demo.lively import arrange
from portal.desk.demo.people import make_staff
from portal.desk.demo.places import STREETS, doors
from portal.desk.demo.plans import Planner
from portal.metrics import registry as metrics
from portal.metrics.services import forget
from portal.search import registry
from portal.search.services import rebuild

SEED: Final = 20261122
#: When the demo's street began to use the portal: units and registers are that old.
_BEGAN: Final = dt.timedelta(days=6 * 365)
_FEWEST: Final = 12


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was written."""

    users: int
    households: int
    visits: int
    grievances: int
    indexed: int


def refusals() -> list[str]:
    """Why the demo must not be loaded here; empty when it may."""
    reasons = []
    if not settings.DEMO:
        reasons.append("演示数据只在演示模式（DEMO=1）下装入。")
    if User.objects.filter(is_demo=False).exists():
        reasons.append("数据库里有正式账号，不能装入演示数据。")
    if User.objects.exists() or Household.objects.exists() or Visit.objects.exists():
        reasons.append("数据库里已有账号或住户，演示数据只能装入空库。")
    return reasons


@transaction.atomic
def load_demo(
    *, password: str, now: dt.datetime, seed: int = SEED, months: int = 12, scale: float = 1
) -> Loaded:
    """Write the world as it stands at `now`. The caller has asked `refusals`.

    The same seed, day and hour give the same world. `scale` takes a part of the doors (tests).
    One transaction: a start that is interrupted leaves an empty database, not half a world.
    """
    rng = Random(seed)
    today = timezone.localdate(now)
    since = today - _BEGAN
    _load_catalogues(since, now)
    places = tree.plant(STREETS, since=since)
    staff = make_staff(rng)
    seats = staffing.appoint(staff, places, today=today, password=password)
    record(actor=None, action="user.load", reason="demo")
    rows = register.share_out(rng, _homes(rng, scale, today), seats, today)
    register.enter(rows, places, since=since, now=now)
    codes = points.point_codes(rng, seats, sorted({row.home.door.community for row in rows}))
    liaisons = points.write_points(seats, codes, places, today=today)
    planner = Planner(rng, rows=rows, seats=seats, now=now, months=months, points=codes)
    plans = arrange(planner, planner.homes() + planner.officials())
    visits = records.write(rng, plans, places, now=now, points=liaisons)
    grievances = load_grievances(
        Random(seed), plans, rows, places, now=now, months=months, scale=scale
    )
    volunteers.write(rng, seats, places, _communities(rows), today)
    records.refresh_dates()
    administration.date_accounts(Random(seed), began=since, now=now)
    administration.open_cases(now=now)
    letters.write(Random(seed), now=now)
    indexed = _index()
    return Loaded(
        users=len(staff),
        households=len(rows),
        visits=visits,
        grievances=grievances,
        indexed=indexed,
    )


def _load_catalogues(since: dt.date, now: dt.datetime) -> None:
    """What is shipped with the portal: care categories, topics, clocks."""
    care_catalogue.load(care_catalogue.read(), today=timezone.localdate(now))
    topics.load(topics.read(), today=since)
    clock_policies.load_shipped(now=now)


def _index() -> int:
    """Make everything findable, and let the figures be counted again; how many can be found."""
    for source in metrics.sources():
        forget(source.name)
    return sum(rebuild(kind) for kind in registry.kinds())


def _communities(rows: Sequence[register.Row]) -> dict[str, list[str]]:
    """The codes of the communities that have households, by street."""
    found: dict[str, set[str]] = {}
    for row in rows:
        code = row.home.door.community
        found.setdefault(code[:9], set()).add(code)
    return {street: sorted(codes) for street, codes in sorted(found.items())}


def _homes(rng: Random, scale: float, today: dt.date) -> list[Home]:
    homes = []
    for street in STREETS:
        for plan in street.communities:
            found = doors(rng, plan)
            wanted = min(len(found), max(_FEWEST, round(len(found) * scale)))
            # In walking order, whatever the part.
            chosen = sorted(rng.sample(range(len(found)), wanted))
            homes += [make_home(rng, found[i], today) for i in chosen]
    return homes
