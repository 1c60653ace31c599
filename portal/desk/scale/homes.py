"""Rows of the register: households, residents, care, duties, and what the search keeps of them."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Final

from django.db import connection

from contacts.models import Household, HouseholdCare, HouseholdDuty, Resident
from portal.core.bigrams import document_tokens
from portal.core.encryption import EncryptedTextField, blind_index, encrypt
from portal.desk.demo.households import Home
from portal.desk.scale.copying import Table, line
from portal.desk.scale.places import BUILDINGS_PER_GRID
from portal.desk.scale.trail import Trail
from portal.desk.scale.world import Place, World
from portal.search.models import SearchEntry

MOST_PEOPLE: Final = 8
MOST_CARES: Final = 4
_REGISTERED: Final = 1_100  # days ago, the oldest
_PHONE_INDEX: Final = Resident.blind_indexes["phone_index"][1]
_TAIL_INDEX: Final = Resident.blind_indexes["phone_tail_index"][1]

HOUSEHOLDS: Final = Table(
    Household,
    (
        "id", "district_id", "street_id", "community_id", "grid_id", "building_id", "unit",
        "floor", "room", "door_wish", "door_wish_until", "door_wish_reason", "avoid", "note",
        "last_contact_on", "last_met_on", "created_at",
    ),
)  # fmt: skip
RESIDENTS: Final = Table(
    Resident,
    (
        "id", "household_id", "name", "former_names", "relation", "birth_year", "phone",
        "phone_index", "phone_tail_index", "is_contact",
    ),
)  # fmt: skip
CARES: Final = Table(HouseholdCare, ("id", "household_id", "category_id", "since"))
DUTIES: Final = Table(HouseholdDuty, ("id", "household_id", "user_id", "since", "until"))
SEARCH: Final = Table(
    SearchEntry,
    (
        "id", "kind", "object_id", "district_id", "street_id", "community_id", "happened_on",
        "tokens",
    ),
)  # fmt: skip


def sealed(model: type, name: str, value: str) -> str:
    """What an encrypted column holds."""
    field = model._meta.get_field(name)  # type: ignore[attr-defined]
    assert isinstance(field, EncryptedTextField)  # noqa: S101
    return encrypt(value, context=field.context)


def tokens_cell(tokens: list[str]) -> str:
    field = SearchEntry._meta.get_field("tokens")
    text: str = field.get_db_prep_value(" ".join(tokens), connection)
    return text


@lru_cache(maxsize=10_000)
def _tail_index(tail: str) -> str:
    return blind_index(tail, purpose=_TAIL_INDEX)


class HomeRows:
    """The lines of some households, by table."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.lines: dict[Table, list[str]] = {
            table: [] for table in (HOUSEHOLDS, RESIDENTS, CARES, DUTIES, SEARCH)
        }
        self.trail = Trail(world)
        self.names: list[tuple[str, ...]] = []

    def add(self, index: int) -> None:
        place = self.world.place(index)
        home = self.world.home(index, place)
        created = self.world.now - dt.timedelta(days=_REGISTERED - index % 300, minutes=index % 99)
        self._household(index, place, home, created)
        self._people(index, home)
        self._duty(index, place, created.date())
        self._search(index, place, created.date())
        seat = self.world.responsible(index, place)
        self.trail.add(index, "household.register", Household, index + 1, seat, created)
        self.names.append(tuple(person.name for person in home.people[:MOST_PEOPLE]))

    def _day(self, ordinal: int) -> dt.date | None:
        return dt.date.fromordinal(ordinal) if ordinal else None

    def _household(self, index: int, place: Place, home: Home, created: dt.datetime) -> None:
        unit = place.community.unit
        wish = Household.DoorWish.PHONE if home.phone_reason else Household.DoorWish.NONE
        self.lines[HOUSEHOLDS].append(
            line(
                index + 1, unit.district_id, unit.street_id, unit.pk, place.building.parent_id,
                place.building.pk, place.unit, place.floor, place.room, wish, home.phone_until,
                home.phone_reason, sealed(Household, "avoid", home.avoid),
                sealed(Household, "note", home.note), self._day(self.world.contacted[index]),
                self._day(self.world.met[index]), created,
            )
        )  # fmt: skip
        for number, code in enumerate(home.cares[:MOST_CARES], 1):
            since = created.date() + dt.timedelta(days=index % 180)
            care = line(MOST_CARES * index + number, index + 1, self.world.categories[code], since)
            self.lines[CARES].append(care)

    def _people(self, index: int, home: Home) -> None:
        for number, person in enumerate(home.people[:MOST_PEOPLE]):
            phone = person.phone
            self.lines[RESIDENTS].append(
                line(
                    MOST_PEOPLE * index + number + 1, index + 1, person.name, "[]",
                    person.relation, person.born, sealed(Resident, "phone", phone),
                    blind_index(phone, purpose=_PHONE_INDEX), _tail_index(phone[-4:]) if phone
                    else "", number == 0,
                )
            )  # fmt: skip

    def _duty(self, index: int, place: Place, since: dt.date) -> None:
        seat = self.world.responsible(index, place)
        team = self.world.workers[place.community.unit.pk]
        if index % 10 == 0 and seat in team and len(team) > 1:
            former = team[(team.index(seat) + 1) % len(team)]
            changed = self.world.today - dt.timedelta(days=60 + index % 240)
            row = line(2 * index + 1, index + 1, former.user_id, since, changed)
            self.lines[DUTIES].append(row)
            since = changed
        self.lines[DUTIES].append(line(2 * index + 2, index + 1, seat.user_id, since, None))

    def _search(self, index: int, place: Place, created: dt.date) -> None:
        unit = place.community.unit
        text = "\n".join((unit.name, f"第{_grid_number(place)}网格", place.building.name))
        self.lines[SEARCH].append(
            line(
                index + 1, "household", index + 1, unit.district_id, unit.street_id, unit.pk,
                self._day(self.world.met[index]) or created, tokens_cell(document_tokens(text)),
            )
        )  # fmt: skip


def _grid_number(place: Place) -> int:
    """Buildings lie in the grids three by three."""
    return place.community.buildings.index(place.building) // BUILDINGS_PER_GRID + 1
