"""Whatever people do, and whenever the buckets are refreshed: a figure is what plain SQL counts."""

import datetime as dt
import uuid
from dataclasses import replace

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from contacts.metrics import plain
from contacts.models import Matter, Visit
from contacts.services import households, visits
from contacts.services.household_ending import end_household
from contacts.services.household_entries import HouseholdEntry
from contacts.services.visit_entries import MatterEntry, VisitEntry, entry_of
from portal.accounts.kinds import OrganisationKind
from portal.accounts.roles import Role
from portal.core.errors import DomainError
from portal.core.periods import Month, Period, Quarter, Week, Year
from portal.metrics import services
from portal.metrics.models import Mark
from portal.metrics.registry import Place
from portal.metrics.selectors import read
from tests.factories.accounts import make_organisation, make_post, make_world
from tests.factories.contacts import as_entry, make_building, make_category, make_household

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

# A Thursday whose week, month, quarter and year all end within a fortnight.
NOW = dt.datetime(2026, 12, 24, 7, 0, tzinfo=dt.UTC)
SOURCES = ("visits", "register", "services")
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("log"),
            st.integers(0, 3),
            st.integers(0, 60),
            st.sampled_from([("DOOR", "MET"), ("PHONE", "MET"), ("DOOR", "NOT_HOME")]),
            st.lists(st.sampled_from(Matter.Outcome.values), max_size=2),
        ),
        st.tuples(st.just("edit"), st.integers(0, 9), st.integers(0, 60), st.booleans()),
        st.tuples(st.just("void"), st.integers(0, 9)),
        st.tuples(st.just("move"), st.integers(0, 3), st.integers(0, 3)),
        st.tuples(st.just("care"), st.integers(0, 3), st.booleans()),
        st.tuples(st.just("end"), st.integers(0, 3)),
        st.tuples(st.just("days"), st.sampled_from([1, 3, 8, 92, 366])),
        st.tuples(st.just("refresh")),
        st.tuples(st.just("refresh")),
        st.tuples(st.just("rebuild")),
        st.tuples(st.just("forget")),
    ),
    max_size=14,
)


class Play:
    """A small city on which the steps are played through the services people use."""

    def __init__(self):
        self.now = NOW
        self.world = make_world()
        far = make_organisation(OrganisationKind.COMMUNITY, parent=self.world.gucheng)
        grid = make_organisation(OrganisationKind.GRID, parent=self.world.south)
        self.places = [self.world.north, self.world.south, self.world.south, far]
        self.buildings = [
            make_building(self.world.north),
            make_building(self.world.south),
            make_building(grid),
            make_building(far),
        ]
        self.workers = {
            place.pk: make_post(Role.COMMUNITY_WORKER, place) for place in set(self.places)
        }
        self.homes = [make_household(building) for building in self.buildings]
        self.hardship = make_category(is_hardship=True)
        self.visits: list[Visit] = []
        services.refresh(now=self.now)

    def log(self, home, days, how, outcomes):
        home = self._home(home)
        entry = VisitEntry(
            client_id=uuid.uuid4(),
            household_id=home.pk,
            occurred_at=self.now - dt.timedelta(days=days, minutes=len(self.visits)),
            channel=how[0],
            result=how[1],
            matters=tuple(MatterEntry(text="路灯", outcome=outcome) for outcome in outcomes),
        )
        actor = self.workers[home.community_id]
        self.visits.append(visits.log_visit(actor=actor, entry=entry, now=self.now))

    def edit(self, number, days, met):
        visit = self._visit(number)
        entry = replace(
            entry_of(visit),
            occurred_at=min(self.now, visit.recorded_at) - dt.timedelta(days=days),
            result="MET" if met else "NOT_HOME",
        )
        change = {"actor": visit.post, "visit_id": visit.pk, "entry": entry, "now": self.now}
        if self.now < visit.edit_until:
            visits.edit_visit(**change)
        else:
            visits.amend_visit(**change, reason="记错了")

    def void(self, number):
        visit = self._visit(number)
        visits.void_visit(actor=visit.post, visit_id=visit.pk, reason="误点", now=self.now)

    def move(self, home, building):
        home = self._home(home)
        entry = HouseholdEntry(building_id=self.buildings[building].pk, unit="1", room=str(home.pk))
        households.edit_household(actor=None, household_id=home.pk, entry=entry, now=self.now)

    def care(self, home, on):
        home = self._home(home)
        entry = as_entry(home, cares=(self.hardship.code,) if on else ())
        households.edit_household(actor=None, household_id=home.pk, entry=entry, now=self.now)

    def end(self, home):
        day = timezone.localdate(self.now)
        home = self._home(home)
        end_household(actor=None, household_id=home.pk, ended_on=day, reason="搬走", now=self.now)

    def days(self, number):
        self.now += dt.timedelta(days=number)

    def refresh(self):
        services.refresh(now=self.now)

    def rebuild(self):
        for name in SOURCES:
            services.rebuild(name, now=self.now)

    def forget(self):
        services.forget("visits")

    def _home(self, number):
        home = self.homes[number]
        home.refresh_from_db()
        return home

    def _visit(self, number):
        if not self.visits:
            raise DomainError("还没有记录。")
        visit = self.visits[number % len(self.visits)]
        visit.refresh_from_db()
        return visit


def differences(play, chance):
    """Where the kernel and plain SQL do not agree: some periods, all keys, parts included."""
    today = timezone.localdate(play.now)
    world = play.world
    places = {Place(p.kind, p.pk) for p in (world.district, world.bajiao, world.gucheng)}
    places |= {Place(p.kind, p.pk) for p in play.places}
    days = [today, NOW.date(), NOW.date() - dt.timedelta(days=30)]
    periods = {kind.of(day) for day in days for kind in (Week, Month, Quarter, Year)}
    periods.add(Period(today - dt.timedelta(days=40), today))
    below = {"DISTRICT": "STREET", "STREET": "COMMUNITY", "COMMUNITY": "GRID"}
    for period in chance.sample(sorted(periods, key=lambda one: (one.start, one.end)), 3):
        plainly = plain.visits(period) | {}
        for place, values in plain.register(today).items():
            plainly[place] = plainly.get(place, {}) | values
        for place in chance.sample(sorted(places), 3):
            found = read(SOURCES, place=place, period=period, today=today, by=below[place.kind])
            yield from _unequal(found.total, plainly.get(place, {}), place, period)
            for part, values in found.parts.items():
                if place.kind != "COMMUNITY":
                    of_part = plainly.get(Place(below[place.kind], part), {})
                    yield from _unequal(values, of_part, part, period)


def _unequal(found, plainly, *where):
    for key in found.keys() | plainly.keys():
        if found.get(key, 0) != plainly.get(key, 0):
            yield (key, found.get(key, 0), plainly.get(key, 0), *where)


@settings(phases=[Phase.explicit, Phase.reuse, Phase.generate], max_examples=25)
@given(STEPS, st.randoms())
def test_every_figure_is_exact_after_any_sequence(steps, chance):
    with transaction.atomic():
        play = Play()
        for name, *arguments in steps:
            try:
                with transaction.atomic():
                    getattr(play, name)(*arguments)
            except DomainError:
                continue
        assert list(differences(play, chance)) == []
        services.refresh(now=play.now)
        assert not Mark.objects.exists()
        assert list(differences(play, chance)) == []
        transaction.set_rollback(True)
