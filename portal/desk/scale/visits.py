"""Rows of the visits with everything that hangs on them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from random import Random
from typing import Final, NamedTuple

from contacts.models import Matter, Promise, Visit, VisitAmendment, VisitGuest, VisitPerson
from portal.accounts.models import Organisation
from portal.core.addressing import surname_of
from portal.core.bigrams import document_tokens
from portal.core.encryption import blind_index
from portal.core.masking import drop_numbers, mask_name, mask_text
from portal.desk.demo import names, rhythm
from portal.desk.demo.chance import chance
from portal.desk.demo.names import SURNAMES
from portal.desk.scale import texts
from portal.desk.scale.copying import Table, line
from portal.desk.scale.extras import Point
from portal.desk.scale.homes import MOST_PEOPLE, SEARCH, sealed, tokens_cell
from portal.desk.scale.people import Seat
from portal.desk.scale.texts import Piece
from portal.desk.scale.trail import Trail
from portal.desk.scale.world import FORTY_HOUSEHOLDS, SHAPES, VOIDED, Place, Shape, World

MOST_MATTERS: Final = 3
MOST_MET: Final = 2
_STAND_IN: Final = 0.12
_COMPANION: Final = 0.17
_NAMED: Final = 0.4
_RAISED: Final = 0.3
_AFTER_NAME: Final = ("在家。", "正要出门。", "精神不错。", "开的门。", "坐下说了会儿。")
_FORMS: Final = ("阿姨", "大爷", "奶奶", "师傅", "女士")
_OUTCOMES: Final = {"SOLVED": 35, "EXPLAINED": 30, "ESCALATED": 20, "MUTUAL_AID": 15}
_NAME_END: Final = 2

VISITS: Final = Table(
    Visit,
    (
        "id", "client_id", "kind", "household_id", "district_id", "street_id", "community_id",
        "grid_id", "building_id", "point_id", "place", "author_id", "post_id", "occurred_at", "occurred_on",
        "recorded_at", "channel", "result", "text", "to_complete", "next_step", "next_step_on",
        "next_step_done_at", "voided_at", "voided_by_id", "void_reason",
    ),
)  # fmt: skip
PEOPLE: Final = Table(
    VisitPerson, ("id", "visit_id", "user_id", "post_id", "is_lead", "occurred_on", "street_id")
)
MET: Final = Table(Visit.met.through, ("id", "visit_id", "resident_id"))
MATTERS: Final = Table(Matter, ("id", "visit_id", "position", "text", "outcome"))
PROMISES: Final = Table(
    Promise, ("id", "household_id", "visit_id", "text", "due_on", "kept_on", "kept_by_id")
)
AMENDMENTS: Final = Table(VisitAmendment, ("id", "visit_id", "at", "by_id", "reason", "before"))
GUESTS: Final = Table(
    VisitGuest, ("id", "visit_id", "name", "phone", "phone_index", "household_id")
)
_GUEST_INDEX: Final = VisitGuest.blind_indexes["phone_index"][1]


class Said(NamedTuple):
    """What was written down."""

    text: str = ""
    step: str = ""
    matters: tuple[str, ...] = ()
    tokens: Sequence[str] = ()


class VisitRows:
    """The lines of some visits, by table."""

    def __init__(self, world: World, rng: Random) -> None:
        self.world = world
        self.rng = rng
        self.lines: dict[Table, list[str]] = {
            table: []
            for table in (VISITS, PEOPLE, MET, MATTERS, PROMISES, AMENDMENTS, GUESTS, SEARCH)
        }
        self.trail = Trail(world)
        self.lengths: list[int] = []
        self._ends: dict[int, frozenset[str]] = {}

    def add(self, number: int) -> None:
        """The visit with this number in the plan; its id is one more."""
        world, rng = self.world, self.rng
        index, mark = world.homes[number], world.shapes[number]
        shape, voided = SHAPES[mark & ~VOIDED], bool(mark & VOIDED)
        day = dt.date.fromordinal(world.days[number])
        place = world.place(index)
        author, others = self._author(index, place, shape)
        at = rhythm.moment(rng, day, at_work=chance(rng, 0.4))
        recorded = rhythm.written(rng, at, world.now)
        said = self._said(number, index, place, shape)
        point = world.points[author.post_id] if shape.kind == Visit.Kind.FIELD else None
        row = _Row(number + 1, index, place, shape, day, at, recorded, author, point)
        self._visit(row, said, voided=voided)
        self._people(row, others)
        self._matters(row, said)
        if shape.kind == Visit.Kind.RECEPTION:
            self._guest(row)
        if said.text and not voided:
            self._search(row, said)
        event = world.households + number
        self.trail.add(event, "visit.log", Visit, row.key, author, recorded)

    def _author(self, index: int, place: Place, shape: Shape) -> tuple[Seat, Sequence[Seat]]:
        """Who writes it, and who else could have come along."""
        world, rng = self.world, self.rng
        street = place.community.unit.street_id or 0
        team = world.workers[place.community.unit.pk]
        if shape.kind == Visit.Kind.FIELD:
            return rng.choice(world.leaders[street]), team
        if shape.kind == Visit.Kind.RECEPTION:
            return rng.choice(world.receivers[street]), ()
        if index >= FORTY_HOUSEHOLDS and chance(rng, _STAND_IN):
            return rng.choice(team), team
        return world.responsible(index, place), team

    # ---- words ----

    def _said(self, number: int, index: int, place: Place, shape: Shape) -> Said:
        if not shape.is_met:
            return Said()
        world, rng = self.world, self.rng
        size = texts.length(rng)
        self.lengths.append(size)
        head = self._head(number, index, shape)
        body, tokens = world.pool.body(rng, max(size - len(head.text), 2))
        step = rng.choice(world.pool.steps) if chance(rng, 0.15) else Piece("", ())
        matters = self._raised()
        rest = [*tokens, *step.tokens, *(t for one in matters for t in one.tokens)]
        text = head.text + body
        found = [*head.tokens, *rest]
        if shape.kind != Visit.Kind.FIELD and not self._ends_near(place).isdisjoint(rest):
            # A neighbour's name by chance: the index leaves it out, so the long way round.
            whole = "\n".join(
                part for part in (text, step.text, *(m.text for m in matters)) if part
            )
            near = {name for home in world.names[place.first : place.end] for name in home}
            found = document_tokens(mask_text(drop_numbers(whole), names=near))
        return Said(text, step.text, tuple(one.text for one in matters), found)

    def _head(self, number: int, index: int, shape: Shape) -> Piece:
        """Who opened the door: by name in many records; the index leaves the name out."""
        planted = f"说起{texts.RARE}。" if number in self.world.rare else ""
        if shape.kind == Visit.Kind.FIELD or not chance(self.rng, _NAMED):
            return texts.piece(planted)
        name = self.world.names[index][0]
        said, kept = name, mask_name(name)
        if chance(self.rng, 0.5) and surname_of(name) in SURNAMES:
            said, kept = surname_of(name) + self.rng.choice(_FORMS), f"{surname_of(name)}*"
        after = self.rng.choice(_AFTER_NAME) + planted
        return Piece(said + after, tuple(document_tokens(kept + after)))

    def _ends_near(self, place: Place) -> frozenset[str]:
        """The last two characters of every name in the building."""
        if place.first not in self._ends:
            near = self.world.names[place.first : place.end]
            ends = frozenset(name[-_NAME_END:] for home in near for name in home)
            self._ends[place.first] = ends
        return self._ends[place.first]

    def _raised(self) -> list[Piece]:
        if not chance(self.rng, _RAISED):
            return []
        many = self.rng.choices((1, 2, 3), (60, 30, 10))[0]
        return self.rng.choices(self.world.pool.matters, k=many)

    # ---- rows ----

    def _visit(self, row: _Row, said: Said, *, voided: bool) -> None:
        rng, unit = self.rng, row.unit
        named = row.household is not None
        due = row.day + dt.timedelta(days=rng.randint(2, 14)) if said.step else None
        done = due is not None and due < self.world.today and chance(rng, 0.95)
        client = uuid.UUID(int=rng.getrandbits(128), version=4)
        self.lines[VISITS].append(
            line(
                row.key, client, row.shape.kind, row.household, unit.district_id, unit.street_id,
                unit.pk, row.place.building.parent_id if named else None,
                row.place.building.pk if named else None,
                row.point, row.where, row.author.user_id, row.author.post_id,
                row.at, row.day, row.recorded, row.shape.channel, row.shape.result, said.text,
                chance(rng, 0.005), said.step, due, row.recorded if done else None,
                row.recorded if voided else None, row.author.user_id if voided else None,
                "记错了住户" if voided else "",
            )
        )  # fmt: skip
        if said.text and chance(rng, 0.015):
            before = '{"情况": "（空）"}'
            at = min(row.recorded + dt.timedelta(days=9), self.world.now)
            amended = line(row.key, row.key, at, row.author.user_id, "补充情况", before)
            self.lines[AMENDMENTS].append(amended)

    def _people(self, row: _Row, others: Sequence[Seat]) -> None:
        went = [row.author]
        if others and row.home >= FORTY_HOUSEHOLDS and chance(self.rng, _COMPANION):
            other = self.rng.choice(others)
            went += [other] if other != row.author else []
        street = row.unit.street_id
        for number, seat in enumerate(went, 1):
            lead = number == 1
            key = 2 * (row.key - 1) + number
            person = line(key, row.key, seat.user_id, seat.post_id, lead, row.day, street)
            self.lines[PEOPLE].append(person)
        if row.shape.is_met and row.household is not None:
            home = self.world.names[row.home]
            for number in range(1, min(len(home), MOST_MET) + 1):
                if number == 1 or chance(self.rng, 0.2):
                    resident = MOST_PEOPLE * row.home + number
                    key = MOST_MET * (row.key - 1) + number
                    self.lines[MET].append(line(key, row.key, resident))

    def _matters(self, row: _Row, said: Said) -> None:
        rng = self.rng
        outcomes, weights = list(_OUTCOMES), list(_OUTCOMES.values())
        for number, text in enumerate(said.matters, 1):
            outcome = rng.choices(outcomes, weights)[0]
            key = MOST_MATTERS * (row.key - 1) + number
            self.lines[MATTERS].append(line(key, row.key, number, text, outcome))
        if said.matters and row.household is not None and chance(rng, 0.1):
            due = row.day + dt.timedelta(days=rng.randint(3, 15))
            kept = due < self.world.today and chance(rng, 0.93)
            by = row.author.user_id if kept else None
            words = f"{said.matters[0][:40]}，问清后回复"
            promise = (row.key, row.household, row.key, words, due, due if kept else None, by)
            self.lines[PROMISES].append(line(*promise))

    def _guest(self, row: _Row) -> None:
        phone = names.phone(self.rng)
        name = self.world.names[row.home][0]
        guest = (
            sealed(VisitGuest, "name", name),
            sealed(VisitGuest, "phone", phone),
            blind_index(phone, purpose=_GUEST_INDEX),
        )
        self.lines[GUESTS].append(line(row.key, row.key, *guest, row.household))

    def _search(self, row: _Row, said: Said) -> None:
        unit = row.unit
        self.lines[SEARCH].append(
            line(
                self.world.households + row.key, "visit", row.key, unit.district_id,
                unit.street_id, unit.pk, row.day, tokens_cell(list(said.tokens)),
            )
        )  # fmt: skip


class _Row(NamedTuple):
    """One visit on its way into several tables."""

    key: int
    home: int
    place: Place
    shape: Shape
    day: dt.date
    at: dt.datetime
    recorded: dt.datetime
    author: Seat
    #: Where a 下访 was.
    visited: Point | None

    @property
    def unit(self) -> Organisation:
        return self.visited.unit if self.visited else self.place.community.unit

    @property
    def point(self) -> int | None:
        return self.visited.id if self.visited else None

    @property
    def where(self) -> str:
        """The place of what was not at a household."""
        return "" if self.shape.kind == Visit.Kind.HOME else f"{self.unit.name}会议室"

    @property
    def household(self) -> int | None:
        """The household it names; a round at the contact point names none."""
        return None if self.shape.kind == Visit.Kind.FIELD else self.home + 1
