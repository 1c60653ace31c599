"""Writing the planned visits with everything that belongs to them, in batches."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from random import Random
from typing import Final

from django.db.models import Max, OuterRef, Q, Subquery

from contacts.models import (
    ContactPoint,
    Household,
    Matter,
    Promise,
    Visit,
    VisitAmendment,
    VisitPerson,
)
from portal.audit.services import record
from portal.desk.demo import rhythm
from portal.desk.demo.plans import Plan
from portal.desk.demo.points import place_words, write_guests
from portal.desk.demo.tree import Places

BATCH: Final = 500


def write(
    rng: Random,
    plans: Sequence[Plan],
    places: Places,
    *,
    now: dt.datetime,
    points: Mapping[int, ContactPoint],
) -> int:
    """All plans in the order in which they happened; one audit row for each batch."""
    ordered = in_order(plans)
    for number, start in enumerate(range(0, len(ordered), BATCH), 1):
        batch = ordered[start : start + BATCH]
        visits = Visit.objects.bulk_create(
            [_visit(rng, plan, places, now, points) for plan in batch]
        )
        pairs = list(zip(visits, batch, strict=True))
        _write_people(pairs)
        write_guests(rng, pairs)
        _write_matters(pairs)
        _write_promises(pairs)
        _write_amendments(pairs, now)
        record(actor=None, action="visit.load", reason=f"demo-{number:03d}")
    return len(ordered)


def in_order(plans: Sequence[Plan]) -> list[Plan]:
    """As they happened, which is as they are written."""
    return sorted(plans, key=lambda plan: (plan.at, plan.row.household_id, plan.author.post_id))


def _visit(
    rng: Random,
    plan: Plan,
    places: Places,
    now: dt.datetime,
    points: Mapping[int, ContactPoint],
) -> Visit:
    author = plan.registered_by or plan.author
    door = plan.row.home.door
    named = plan.names_household
    visit = Visit(
        client_id=uuid.UUID(int=rng.getrandbits(128), version=4),
        kind=plan.kind,
        household_id=plan.row.household_id if named else None,
        district=places.by_code[door.community[:6]],
        street=places.by_code[door.community[:9]],
        community=places.by_code[door.community],
        grid=places.grids[door.community, door.grid] if named else None,
        building=places.houses[door.community, door.building] if named else None,
        author_id=author.user_id,
        post_id=author.post_id,
        occurred_at=plan.at,
        occurred_on=plan.day,
        recorded_at=plan.recorded,
        channel=plan.channel,
        result=plan.result,
        place="" if named else place_words(rng, plan, places.by_code[door.community].name),
        point=points.get(plan.author.user_id) if plan.kind == Visit.Kind.FIELD else None,
        by_appointment=plan.by_appointment,
        met_other=plan.met_other,
        text=plan.note.text,
        to_complete=plan.to_complete,
        next_step=plan.note.next_step,
        next_step_on=plan.next_step_on,
    )
    _end(visit, plan, now)
    return visit


def _end(visit: Visit, plan: Plan, now: dt.datetime) -> None:
    """What came of it later: the next step done, the record voided."""
    if plan.step_done_on is not None:
        visit.next_step_done_at = _during(plan.step_done_on, plan.recorded, now)
    if plan.void_reason:
        visit.void_reason = plan.void_reason
        visit.voided_by_id = plan.author.user_id
        visit.voided_at = min(plan.recorded + dt.timedelta(hours=3), now)


def _during(day: dt.date, after: dt.datetime, now: dt.datetime) -> dt.datetime:
    """Some time of that day, but after the record and not in the future."""
    at = dt.datetime(day.year, day.month, day.day, 16, 30, tzinfo=rhythm.ZONE)
    return min(max(at, after + dt.timedelta(minutes=30)), now)


def _write_people(pairs: Sequence[tuple[Visit, Plan]]) -> None:
    people = []
    met = []
    for visit, plan in pairs:
        wrote = (plan.registered_by,) if plan.registered_by else ()
        went = (plan.author, *wrote, *plan.companions)
        people += [
            VisitPerson(
                visit=visit,
                user_id=seat.user_id,
                post_id=seat.post_id,
                is_lead=i == 0,
                occurred_on=visit.occurred_on,
                street_id=visit.street_id,
            )
            for i, seat in enumerate(went)
        ]
        met += [
            Visit.met.through(visit_id=visit.pk, resident_id=plan.row.resident_ids[i])
            for i in plan.met
        ]
    VisitPerson.objects.bulk_create(people, batch_size=BATCH)
    Visit.met.through.objects.bulk_create(met, batch_size=BATCH)


def _write_matters(pairs: Sequence[tuple[Visit, Plan]]) -> None:
    Matter.objects.bulk_create(
        [
            Matter(visit=visit, position=i, text=matter.text, outcome=matter.outcome)
            for visit, plan in pairs
            for i, matter in enumerate(plan.note.matters, 1)
        ],
        batch_size=BATCH,
    )


def _write_promises(pairs: Sequence[tuple[Visit, Plan]]) -> None:
    promises = []
    for visit, plan in pairs:
        if plan.promise is None or not plan.names_household:
            continue
        text, due, kept = plan.promise
        promises.append(
            Promise(
                household_id=plan.row.household_id,
                visit=visit,
                text=text,
                due_on=due,
                kept_on=kept,
                kept_by_id=plan.author.user_id if kept else None,
            )
        )
    Promise.objects.bulk_create(promises, batch_size=BATCH)


def _write_amendments(pairs: Sequence[tuple[Visit, Plan]], now: dt.datetime) -> None:
    """The record said less at first: its last sentence was added later."""
    VisitAmendment.objects.bulk_create(
        [
            VisitAmendment(
                visit=visit,
                at=min(plan.recorded + dt.timedelta(days=9), now),
                by_id=plan.author.user_id,
                reason=plan.amend_reason,
                before={"text": _before(visit.text)},
            )
            for visit, plan in pairs
            if plan.amend_reason
        ],
        batch_size=BATCH,
    )


def _before(text: str) -> str:
    sentences = text.rstrip("。").split("。")
    return "。".join(sentences[:-1]) + "。" if len(sentences) > 1 else "（空）"


def refresh_dates() -> None:
    """The two dates of every household, as contacts.services.contact_dates says them."""
    made = Visit.objects.contact_made().filter(household=OuterRef("pk")).order_by()
    newest = made.values("household").annotate(newest=Max("occurred_on")).values("newest")
    at_door = Q(channel=Visit.Channel.DOOR)
    Household.objects.update(
        last_contact_on=Subquery(newest), last_met_on=Subquery(newest.filter(at_door))
    )
