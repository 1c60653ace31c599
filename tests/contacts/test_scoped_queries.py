"""A query built once gives each post what the rule of its scope gives it (decision 0096)."""

import datetime as dt
import importlib
import itertools
import pkgutil

import pytest
from django.db.models import Model

import contacts
import portal
from contacts.models import ContactPoint, Household, Matter, Promise, Visit
from contacts.selectors.sight import _HOME
from contacts.selectors.visit_list import ANY_MATTER, Which
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation
from portal.accounts.outline import Scoped
from portal.accounts.roles import FITS, Role
from portal.core.bigrams import query_phrases
from portal.core.db.fulltext import Phrases
from portal.core.db.prepared import Day, Key, Moment, Number, Numbers, Text
from portal.core.paging import BACK, ON
from portal.search import registry
from portal.search.services import rebuild
from tests.factories.accounts import make_inspection, make_organisation, make_post
from tests.factories.contacts import make_duty, make_household, make_reveal, make_visit
from tests.factories.places import make_place_visit, make_point
from tests.factories.rights import make_feedback, make_request

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

NOW = dt.datetime(2026, 11, 18, 2, 0, tzinfo=dt.UTC)  # Wednesday 10:00 in Shanghai
TODAY = dt.date(2026, 11, 18)
DAY = dt.timedelta(days=1)
KINDS = (OrganisationKind.COMMUNITY, OrganisationKind.BUILDING)
_BOTH = (False, True)
#: What can be searched.
ALL_KINDS = tuple(registry.kinds())
#: Lists of visits: all, some by places, days and matters, and what the person has to do with.
LISTS = (
    Which(),
    Which(
        kind="HOME",
        matter=ANY_MATTER,
        state="valid",
        places=(("street", "street_id"), ("community", "community_id")),
        has_days=True,
    ),
    Which(result="MET", mine=True, late=True, apart="grid_id", places=(("unit", "building_id"),)),
)
#: The ways in which a query is asked that has more than one.
SHAPES = {
    "contacts.selectors.contact_map._PARTS": [(kind,) for kind in KINDS],
    "contacts.selectors.contact_map._ANY_OWN": [(kind,) for kind in KINDS],
    "contacts.selectors.contact_map._UNMET": list(itertools.product(KINDS, _BOTH)),
    "contacts.selectors.contact_map._DOORS": [(kind,) for kind in KINDS],
    "contacts.selectors.figures._UNITS": [(kind,) for kind in KINDS],
    "contacts.selectors.household_register._PLACES": [(KINDS,)],
    "contacts.selectors.points._POINTS": list(itertools.product(_BOTH, _BOTH)),
    "contacts.selectors.rounds._WAITING": [(own_only,) for own_only in _BOTH],
    "contacts.selectors.sight._IN_SIGHT": [(_HOME,)],
    "portal.search.selectors._IS_FOUND": [(ALL_KINDS,)],
    "portal.search.selectors._ONE_BY_ONE": [(kind,) for kind in ALL_KINDS],
    "portal.search.selectors._GLANCE": [(ALL_KINDS,), (ALL_KINDS[:1],)],
    "portal.search.selectors._FIRST": [(ALL_KINDS, 2), (ALL_KINDS[:1], 100)],
    "portal.search.selectors._BY_WORDS": [(ALL_KINDS,), (ALL_KINDS[:1],)],
    "contacts.selectors.visit_choices._NEAR": [(in_community,) for in_community in _BOTH],
    "contacts.selectors.visit_list._PAGE": list(itertools.product(LISTS, ("", ON, BACK), [3])),
    "contacts.selectors.visit_list._COUNTED": [(which, 5) for which in LISTS],
}


def scoped_queries():
    """Every one of them by its name, wherever it is written."""
    found = {}
    for package in (contacts, portal):
        for one in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".selectors" in one.name or one.name.startswith("portal.desk"):
                module = importlib.import_module(one.name)
                found |= {
                    f"{one.name}.{name}": value
                    for name, value in vars(module).items()
                    if isinstance(value, Scoped)
                }
    return found


QUERIES = scoped_queries()


@pytest.fixture
def places(world):
    """Two places of each kind; nothing of the second lies in the first."""
    kind = OrganisationKind
    far = world.gucheng_community
    building = make_organisation(kind.BUILDING, parent=far)
    return {
        kind.DISTRICT: (world.district, world.other_district),
        kind.STREET: (world.bajiao, world.gucheng),
        kind.COMMUNITY: (world.north, far),
        kind.GRID: (world.grid, make_organisation(kind.GRID, parent=far)),
        kind.BUILDING: (world.building, building),
        kind.SECTION: (world.section, make_organisation(kind.SECTION, parent=world.district)),
        kind.DEPARTMENT: tuple(
            make_organisation(kind.DEPARTMENT, parent=one)
            for one in (world.district, world.other_district)
        ),
    }


def work_of(post, buildings):
    """A bit of everything that a post may have to do with, in its place and out of it."""
    for building in buildings:
        own, other = make_household(building, worker=post.user), make_household(building)
        make_reveal(other, post, at=NOW - dt.timedelta(minutes=10))
        make_reveal(make_household(building), post, at=NOW - DAY)
        visit = make_visit(own, post=post, to_complete=True)
        Matter.objects.create(visit=visit, position=1, text="路灯", outcome="ESCALATED")
        Promise.objects.create(visit=visit, household=own, text="回话", due_on=TODAY - DAY)
        make_visit(other, companions=(post.user,), next_step="再去", next_step_on=TODAY)
        make_visit(own, next_step="问物业", next_step_on=TODAY, occurred_at=NOW)
        make_visit(
            own,
            post=post,
            occurred_at=NOW,
            result="NOT_HOME",
            next_step="再去",
            next_step_on=TODAY,
        )
        writer = make_post(Role.CLERK, building.community)
        make_place_visit(
            building.community, post=writer, lead=post, next_step="再去", next_step_on=TODAY
        )
        make_point(post.user, building.community)
        make_point(post.user, building.community, until=TODAY)
        make_request(building.community)
        future = make_household(building)
        make_duty(future, post.user, since=TODAY + DAY)
    make_feedback(post, reply="已改", replied_at=NOW, owner=post.user)


@pytest.fixture
def posts(places, time_machine):
    """Two posts of every role in every kind of place where it may be held."""
    time_machine.move_to(NOW, tick=False)
    buildings = places[OrganisationKind.BUILDING]
    found = []
    for role, kinds in FITS.items():
        for kind in sorted(kinds):
            for place in places[kind]:
                post = make_post(role, place)
                if role == Role.INSPECTOR:
                    make_inspection(post, place)
                work_of(post, buildings)
                found.append(post)
    for kind in registry.kinds():
        rebuild(kind)
    return found


def given(query, post, homes):
    """Values for a query, several times where it is asked of one household or place."""
    own = list(Household.objects.own(post).values_list("pk", flat=True))
    places = [homes[0].building_id, homes[-1].community_id]
    points = ContactPoint.objects.order_by("pk").values_list("pk", flat=True)
    visits = list(Visit.objects.order_by("pk").values_list("client_id", flat=True)[::9])
    asked = {
        "asked": [0, points[0]],
        "above": [homes[0].street_id],
        "home": [*own[-1:], homes[0].pk],
        "person": [post.user_id],
        "building": [homes[-1].building_id],
        "place": places,
        "unit": [homes[0].building_id],
        "street": [homes[0].street_id],
        "community": [homes[0].community_id],
        "visit": [0],
        "lead": [post.user_id],
        "point": [0, points[0]],
    }
    meetings = Visit.objects.exclude(place="").order_by("pk").values_list("place", flat=True)
    every = [one.pk for one in homes[::7]] + list(Organisation.objects.values_list("pk", flat=True))
    every += Visit.objects.order_by("pk").values_list("pk", flat=True)[::9]
    ids = {"homes": own, "ids": every, "found": places}
    days = dict.fromkeys(("start", "since", "first"), TODAY - 7 * DAY)
    days |= dict.fromkeys(("before", "last"), TODAY + DAY) | {"oldest": dt.date.min}
    moments = {"now": NOW, "end": NOW + DAY, "before": NOW + DAY, "moment": NOW - DAY}
    of = {
        Number: lambda name: asked[name],
        Numbers: lambda name: [ids[name]],
        Key: lambda _: visits,
        Text: lambda name: [meetings[0]] if name == "place" else [""],
        Phrases: lambda _: [query_phrases("路灯"), query_phrases("号楼 社区")],
        Day: lambda name: [days.get(name, TODAY)],
        Moment: lambda name: [moments.get(name, NOW - 7 * DAY)],
    }
    choices = [of[kind](name) for name, kind in query.values.items()]
    return [dict(zip(query.values, chosen, strict=True)) for chosen in itertools.product(*choices)]


def plain(row):
    """What a row says, whether it is a tuple or a model with what was read along."""
    if not isinstance(row, Model):
        return row
    along = {name: plain(one) for name, one in row._state.fields_cache.items()}
    return {name: value for name, value in vars(row).items() if name != "_state"} | along


def said(rows):
    return sorted(repr(plain(row)) for row in rows)


def test_every_post_gets_what_its_scope_gives(posts):
    homes = list(Household.objects.order_by("pk"))
    seen = set()
    for post in posts:
        for name, query in QUERIES.items():
            for shape, values in itertools.product(
                SHAPES.get(name, [()]), given(query, post, homes)
            ):
                rows = list(query.build(post, *shape, **values))
                ask = query.objects if rows and isinstance(rows[0], Model) else query.rows

                assert said(ask(post, *shape, **values)) == said(rows), (name, post, shape, values)
                if name.endswith("_COUNTED"):
                    assert query.count(post, *shape, **values) == len(rows), (name, post, shape)
                seen |= {name} if rows else set()
    assert seen == set(QUERIES), "nothing found that would show a difference"
