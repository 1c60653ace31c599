"""Where grievances of the demo come from: matters of visits, telephone, letters, reception, 12345."""

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from random import Random
from typing import Final, NamedTuple

from contacts.models import Matter, Visit, VisitGuest
from grievances.kinds import Regime, Source, State, Urgency
from grievances.models import Grievance, Raiser
from portal.accounts.models import Post
from portal.core.encryption import refresh_blind_indexes
from portal.core.periods import day_of
from portal.desk.demo.chance import chance
from portal.desk.demo.plans import Plan
from portal.desk.demo.records import in_order
from portal.desk.demo.register import Row
from portal.desk.demo.tree import Places

_SOURCES: Final = {"HOME": Source.HOME, "FIELD": Source.FIELD, "RECEPTION": Source.RECEPTION}
_NAME_LIMIT: Final = 40
_WHERE: Final = ("门前", "附近", "西侧", "院内")


def client_id(rng: Random) -> uuid.UUID:
    return uuid.UUID(int=rng.getrandbits(128), version=4)


def themes_of(plans: Sequence[Plan]) -> Iterator[str]:
    """Of the matters that became grievances, in the order in which they were written."""
    for plan in in_order(plans):
        for draft in plan.note.matters:
            if draft.outcome == Matter.Outcome.ESCALATED:
                yield draft.theme


def from_matters(
    rng: Random, plans: Sequence[Plan]
) -> Iterator[tuple[Grievance, Raiser | None, str]]:
    """What ``open_for_matter`` makes of each, with the theme of the matter; voided visits too few."""
    rows = list(
        Matter.objects.filter(outcome=Matter.Outcome.ESCALATED)
        .select_related("visit__building", "visit__household", "visit__post__organisation")
        .order_by("visit_id", "position")
    )
    people = _met(rows)
    for matter, theme in zip(rows, themes_of(plans), strict=True):
        # A record taken back within hours never reached the desk.
        if matter.visit.voided_at is None:
            grievance = _of_matter(rng, matter)
            yield grievance, _raiser(grievance, people.get(matter.visit_id)), theme


def _of_matter(rng: Random, matter: Matter) -> Grievance:
    visit = matter.visit
    return Grievance(
        client_id=client_id(rng),
        source=_SOURCES[visit.kind],
        state=State.REGISTERED,
        state_since=visit.recorded_at,
        district_id=visit.district_id,
        street_id=visit.street_id,
        community_id=visit.community_id,
        grid_id=visit.grid_id,
        building=visit.building,
        household=visit.household,
        matter=matter,
        place="" if visit.household_id else visit.place,
        text=matter.text,
        received_at=visit.occurred_at,
        received_on=visit.occurred_on,
        registered_at=visit.recorded_at,
        registered_by=visit.post,
        owner=visit.post,
    )


def _met(matters: Sequence[Matter]) -> dict[int, dict[str, object]]:
    """Whom each visit met: the first resident, the first guest, or who else was there."""
    found: dict[int, dict[str, object]] = {
        matter.visit_id: {"name": matter.visit.met_other[:_NAME_LIMIT]}
        for matter in matters
        if matter.visit.met_other
    }
    away = Visit.Kind.HOME
    visits = [matter.visit_id for matter in matters]
    for guest in VisitGuest.objects.exclude(visit__kind=away).filter(
        visit__matters__outcome=Matter.Outcome.ESCALATED
    ).order_by("-pk"):  # fmt: skip
        found[guest.visit_id] = {"name": guest.name, "phone": guest.phone}
    met = Visit.met.through.objects.filter(
        visit__matters__outcome=Matter.Outcome.ESCALATED
    ).select_related("resident")
    for row in met.order_by("-resident_id"):
        one = row.resident
        found[row.visit_id] = {"name": one.name, "phone": one.phone, "resident_id": one.pk}
    return {pk: found[pk] for pk in visits if pk in found}


def _raiser(grievance: Grievance, said: dict[str, object] | None) -> Raiser | None:
    if not said or not (said.get("name") or said.get("phone")):
        return None
    raiser = Raiser(grievance=grievance, **said)
    refresh_blind_indexes(raiser)
    return raiser


class Said(NamedTuple):
    """What somebody at a desk types in."""

    text: str
    source: Source
    nature: str
    urgency: Urgency = Urgency.ORDINARY


def typed(
    rng: Random, row: Row, places: Places, said: Said, *, at: dt.datetime, by: Post
) -> tuple[Grievance, Raiser | None]:
    """One that a desk registers: by household where it is known, else by the place in words."""
    door = row.home.door
    hotline = said.source == Source.HOTLINE
    known = not hotline and chance(rng, 0.7)
    house = places.houses[door.community, door.building]
    registered = at + dt.timedelta(minutes=rng.choice((3, 6, 11, 25, 40)))
    grievance = Grievance(
        client_id=client_id(rng),
        regime=Regime.HOTLINE if hotline else Regime.LOCAL,
        nature=said.nature,
        source=said.source,
        urgency=said.urgency,
        state=State.REGISTERED,
        state_since=registered,
        district=places.by_code[door.community[:6]],
        street=places.by_code[door.community[:9]],
        community=places.by_code[door.community],
        grid=places.grids[door.community, door.grid] if known else None,
        building=house if known else None,
        household_id=row.household_id if known else None,
        place="" if known else f"{house.name}{rng.choice(_WHERE)}",
        text=said.text,
        received_at=at,
        received_on=day_of(at),
        registered_at=registered,
        registered_by=by,
        owner=by,
    )
    return grievance, _raiser(grievance, _speaker(rng, row, known=known))


def _speaker(rng: Random, row: Row, *, known: bool) -> dict[str, object]:
    """One of the household; sometimes a child speaks for the parents, sometimes nobody says a name."""
    if chance(rng, 0.08):
        return {}
    adults = [i for i, person in enumerate(row.home.people) if person.phone] or [0]
    number = rng.choice(adults)
    person, door = row.home.people[number], row.home.door
    said: dict[str, object] = {
        "name": person.name,
        "phone": person.phone,
        "address": f"{door.estate}{door.building}{door.unit}单元{door.room}",
    }
    if known:
        said["resident_id"] = row.resident_ids[number]
    if len(adults) > 1 and chance(rng, 0.08):
        other = row.home.people[adults[0] if number != adults[0] else adults[1]]
        said |= {"proxy_name": other.name, "proxy_relation": "家属"}
    return said
