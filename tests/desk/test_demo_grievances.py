"""The grievances of the demo: as the services would have written them, with work for every account."""

import datetime as dt
import uuid
from collections import Counter, defaultdict
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.db.models import F, Q

from contacts.models import Matter
from contacts.selectors.words import masked_texts
from grievances.kinds import ENDED, OPEN, Regime, Source, State
from grievances.models import (
    Event,
    FollowUp,
    Grievance,
    GrievanceAccess,
    HotlineTicket,
    NumberSeries,
    ResidentLink,
    Told,
)
from grievances.parties import parties_of
from grievances.selectors import due
from grievances.selectors.handlers import handlers_of
from grievances.selectors.inbox import inbox
from grievances.selectors.rules import rules_of
from grievances.services import registering, telling
from grievances.services.events import add_event
from grievances.services.moving import MoveEntry, UnitEntry, allowed_move, apply
from grievances.workflow import BY_KEY, REGISTER, Needs
from portal.accounts.models import Post
from portal.audit.models import AuditEvent
from portal.core.workdays.selectors import working_calendar
from portal.desk.demo.grievances.themes import THEMES, theme_for
from portal.desk.demo.kinds import GRIEVANCE
from portal.desk.demo.load import load_demo
from portal.desk.demo.situations import SITUATIONS
from portal.search.models import SearchEntry

NOW = dt.datetime(2026, 11, 18, 17, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
#: Of what a move leaves in the row.
ROW = (
    "state", "state_since", "round", "lead_id", "accepted_at", "assigned_at", "settle_from",
    "replied_at", "replied_due_at", "ended_at", "result", "due_step", "due_at", "due_on",
    "due_version", "relook_on", "public_words",
)  # fmt: skip
EVENT = (
    "move", "at", "from_state", "to_state", "round", "post_id", "unit_id", "holder_id", "on_behalf",
    "words",
)  # fmt: skip
ASSIGNMENT = (
    "unit_id", "part", "manner", "round", "assigned_at", "assigned_by_id", "due_on", "signed_at",
    "answered_at", "reply", "withdrawn_at",
)  # fmt: skip
OPINION = ("round", "move", "result", "reply", "basis", "unit_id", "by_id", "at")
TOLD = ("about", "round", "words", "channel", "asked_at", "told_at", "told_by_id")
PAUSE = ("since", "until", "reason")


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        yield load_demo(password="demo-pass-123", now=NOW, scale=0.1)
        transaction.set_rollback(True)


@pytest.fixture
def demo(loaded, db):
    return loaded


def account(name: str) -> Post:
    return Post.objects.filter(user__username=name).order_by("pk").first()


def rows_of(one: Grievance, related: str, columns: tuple[str, ...]) -> list[tuple[object, ...]]:
    return [tuple(getattr(row, name) for name in columns) for row in getattr(one, related).all()]


def test_every_matter_of_a_visit_has_its_grievance(demo):
    matters = Matter.objects.filter(outcome=Matter.Outcome.ESCALATED)
    opened = Grievance.objects.filter(matter__isnull=False).select_related("matter__visit")
    assert opened.count() == matters.filter(visit__voided_at=None).count() > 50
    assert not matters.exclude(grievance_number="").filter(visit__voided_at__isnull=False).exists()
    for one in opened:
        visit = one.matter.visit
        assert one.matter.grievance_number == one.number
        assert (one.received_at, one.registered_at) == (visit.occurred_at, visit.recorded_at)
        assert (one.owner_id, one.household_id) == (visit.post_id, visit.household_id)
        raiser = getattr(one, "raiser", None)
        expected = registering._raiser_of(visit)
        assert expected.name == (raiser.name if raiser else "")
    assert all(theme_for(s.theme) for s in SITUATIONS if GRIEVANCE in dict(s.ends))


@pytest.mark.sqlite
def test_it_is_spread_as_on_a_desk_of_any_day(demo):
    rows = Grievance.objects.all()
    assert demo.grievances == rows.count()
    states = set(rows.values_list("state", flat=True))
    assert states == set(State) - {State.IN_RECHECK, State.NO_FURTHER}
    assert set(rows.values_list("regime", flat=True)) == set(Regime)
    assert set(rows.values_list("source", flat=True)) >= set(Source) - {Source.BOX}
    in_hand = rows.filter(state=State.IN_HAND)
    assert in_hand.filter(due_at__lt=NOW).exists()
    assert in_hand.filter(due_at__gte=NOW, due_at__lt=NOW + dt.timedelta(days=4)).exists()
    assert rows.filter(round=2, state=State.FILED).exists()
    assert Event.objects.filter(move="uphold").exists()
    assert set(FollowUp.objects.exclude(grade="").values_list("grade", flat=True)) == set("12345")
    linked = FollowUp.objects.filter(way="LINK").values("grievance")
    assert ResidentLink.objects.filter(grievance__in=linked).count() == linked.distinct().count()
    assert Told.objects.filter(told_at=None).exists()
    tickets = HotlineTicket.objects.select_related("grievance")
    assert tickets.count() == rows.filter(regime=Regime.HOTLINE).count()
    assert all(t.is_closed == (t.grievance.state == State.FILED) for t in tickets)
    assert AuditEvent.objects.filter(action="grievance.load").exists()


@pytest.mark.parametrize("name", ["clerk", "handler", "leader", "worker", "streetadmin"])
def test_each_account_finds_work(demo, name):
    assert len(inbox(post=account(name), now=NOW, mask=masked_texts).items) >= 2


def test_histories_follow_the_table_of_moves(demo):
    last: dict[int, Event] = {}
    for event in Event.objects.select_related("grievance").order_by("grievance", "at", "pk"):
        before = last.get(event.grievance_id)
        assert event.at <= NOW
        if before is None:
            assert (event.move, event.to_state) == (REGISTER, State.REGISTERED)
        elif event.move in BY_KEY:
            move = BY_KEY[event.move]
            assert event.at > before.at
            assert event.from_state == before.to_state
            assert event.from_state in move.from_states
            assert event.to_state == move.to
            assert event.grievance.regime in move.regimes
        else:
            assert event.move in {"uphold", "mirror"}
            assert event.to_state == before.to_state
        last[event.grievance_id] = event
    for one in Grievance.objects.all():
        assert one.state == last[one.pk].to_state


def test_numbers_are_gapless_and_the_next_one_follows(demo):
    found: dict[tuple[str, str], list[tuple[dt.datetime, int]]] = defaultdict(list)
    for number, at in Grievance.objects.order_by("registered_at", "number").values_list(
        "number", "registered_at"
    ):
        code, month, serial = number.split("-")
        found[code, month].append((at, int(serial)))
    assert {(s.code, s.month): s.last for s in NumberSeries.objects.all()} == {
        key: len(serials) for key, serials in found.items()
    }
    for serials in found.values():
        assert sorted(n for _, n in serials) == list(range(1, len(serials) + 1))
        assert all(a[0] <= b[0] for a, b in pairwise(sorted(serials, key=lambda row: row[1])))
    clerk = account("clerk")
    entry = registering.GrievanceEntry(
        client_id=uuid.uuid4(), text="门口的灯不亮", source="PHONE", unit_id=clerk.organisation_id
    )
    made = registering.register(actor=clerk, entry=entry, now=NOW)
    code, month, serial = made.number.split("-")
    assert int(serial) == len(found[code, month]) + 1


def test_a_sealed_one_shows_nowhere(demo):
    sealed = Grievance.objects.filter(is_restricted=True)
    assert sealed.filter(number__contains="F-").count() == sealed.count() >= 4
    ids = list(sealed.values_list("pk", flat=True))
    assert not SearchEntry.objects.filter(kind="grievance", object_id__in=ids).exists()
    assert not GrievanceAccess.objects.filter(grievance__in=ids, unit__isnull=False).exists()
    assert not any(told.words for told in Told.objects.filter(grievance__in=ids))
    opened = Grievance.objects.filter(is_restricted=False)
    assert SearchEntry.objects.filter(kind="grievance").count() == opened.count()
    given = opened.exclude(lead=None).exclude(access__unit=F("lead"))
    assert not given.exists()


def test_due_dates_are_as_they_are_counted(demo):
    calendar = working_calendar()
    rows = Grievance.objects.prefetch_related("pauses", "extensions")
    rules = {
        district: rules_of(district) for district in set(rows.values_list("district", flat=True))
    }
    for one in rows:
        before = (one.due_step, one.due_at, one.due_on, one.due_version)
        due.refresh(one, calendar=calendar, rules=rules[one.district_id])
        assert before == (one.due_step, one.due_at, one.due_on, one.due_version)
        assert bool(one.ended_at) == (one.state in ENDED)


def test_what_is_written_is_told_once(demo):
    assert len(THEMES) >= 12
    assert len({theme.key for theme in THEMES}) == len(THEMES)
    replies = Counter(
        opinion.reply
        for one in Grievance.objects.filter(is_restricted=False).prefetch_related("opinions")
        for opinion in one.opinions.all()
        if opinion.move == "reply"
    )
    assert max(replies.values()) == 1
    words = Grievance.objects.exclude(public_words="").order_by("street", "received_at")
    assert all(a != b for a, b in pairwise(words.values_list("public_words", flat=True)))


def sample() -> list[Grievance]:
    """Two of each state, round and regime, sealed or not, upheld or not."""
    found: dict[tuple[object, ...], list[Grievance]] = defaultdict(list)
    rows = Grievance.objects.filter(matter=None, merged_into=None)
    for one in rows.order_by("pk"):
        upheld = one.events.filter(move="uphold").exists()
        found[one.state, one.round, one.is_restricted, one.regime, upheld].append(one)
    return [one for group in found.values() for one in group[:2]]


def test_the_services_write_the_same(demo):
    chosen = sample()
    assert len(chosen) > 25
    for one in chosen:
        again = replay(one)
        for name in ROW:
            assert getattr(again, name) == getattr(one, name), (one.number, name)
        for related, columns in (
            ("events", EVENT), ("assignments", ASSIGNMENT), ("opinions", OPINION),
            ("tellings", TOLD), ("pauses", PAUSE),
        ):  # fmt: skip
            assert rows_of(again, related, columns) == rows_of(one, related, columns), one.number
        kept = one.access.values_list("unit", "post").filter(unit__isnull=False)
        made = again.access.values_list("unit", "post").filter(unit__isnull=False)
        assert set(made) == set(kept)


def replay(one: Grievance) -> Grievance:
    """The same history, by ``services``; raises where they would not have let it happen."""
    first, *events = one.events.select_related("post__organisation", "post__user")
    entry = registering.GrievanceEntry(
        client_id=uuid.uuid4(), text=one.words, source=one.source, regime=one.regime,
        nature=one.nature, urgency=one.urgency, place=one.place, received_at=one.received_at,
        is_restricted=one.is_restricted, official_due_at=one.official_due_at,
        official_number=one.official_number and f"{one.official_number}-2",
    )  # fmt: skip
    place = one.building or one.grid or one.community or one.street
    again = registering.write(entry, place, one.household, actor=first.post, now=first.at)
    assert (again.grid_id, again.building_id) == (one.grid_id, one.building_id)
    for event in events:
        if event.move == "uphold":
            said = one.tellings.get(about="uphold", round=event.round)
            again.public_words = said.words
            again.save()
            tell(again, said, event)
            add_event(again, "uphold", actor=event.post, now=event.at, words=event.words)
        elif event.move == "mirror":
            add_event(again, "mirror", actor=event.post, now=event.at, words=event.words)
        else:
            step(one, again, event)
    again.refresh_from_db()
    return again


def tell(again: Grievance, said: Told, event: Event) -> None:
    channel = said.channel if said.told_at else ""
    telling.tell(
        again, about=said.about, words=said.words, channel=channel, actor=event.post, now=event.at
    )


def step(one: Grievance, again: Grievance, event: Event) -> None:
    if event.move == "follow_up":
        for row in one.follow_ups.filter(round=event.round):
            row.pk, row.grievance = None, again
            row.save()
    else:
        parties = parties_of(event.post, again, handlers_of(again, now=event.at))
        assert allowed_move(again, event.move, parties)
    apply(
        again, BY_KEY[event.move], entry_of(one, event), actor=event.post, unit_id=event.unit_id,
        on_behalf=event.on_behalf, now=event.at,
    )  # fmt: skip


def entry_of(one: Grievance, event: Event) -> MoveEntry:
    needs = BY_KEY[event.move].needs
    said: dict[str, object] = {"reason": event.words}
    if Needs.WHERE in needs:
        said["reason"], said["where"] = event.words.split("\n现由：")
    if Needs.TOLD in needs:
        told = one.tellings.get(about=event.move, asked_at=event.at)
        said["public_words"] = told.words.split("\n")[0]
        said["told"] = told.channel if told.told_at else ""
    if Needs.RESULT in needs:
        opinion = one.opinions.get(move=event.move, at=event.at)
        said |= {"reply": opinion.reply, "result": opinion.result, "basis": opinion.basis}
    if Needs.LEAD in needs:
        given = one.assignments.filter(assigned_at=event.at)
        lead = given.get(part="LEAD")
        said |= {"lead_id": lead.unit_id, "manner": lead.manner}
        said["co_handlers"] = tuple(
            UnitEntry(unit_id=row.unit_id, due_on=row.due_on)
            for row in given.filter(~Q(part="LEAD"))
        )
    if Needs.DAY in needs:
        said["day"] = one.relook_on or event.at.date() + dt.timedelta(days=60)
    return MoveEntry(**said)


def test_about_a_tenth_is_open(demo):
    rows = Grievance.objects.filter(matter__isnull=False)
    share = rows.filter(state__in=sorted(OPEN)).count() / rows.count()
    assert 0.04 < share < 0.2
