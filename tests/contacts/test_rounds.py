"""扫楼: which doors, one tap, taking it back, the list for the way, the evening."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from contacts import workflow
from contacts.models import Household, Promise, Visit
from contacts.selectors.rounds import round_buildings, round_page, to_complete
from contacts.services import rounds
from contacts.services.rounds import Tap
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.core.errors import DomainError
from portal.core.periods import Quarter
from tests.factories.accounts import make_post, sign_in
from tests.factories.contacts import (
    make_building,
    make_household,
    make_resident,
    make_reveal,
    make_visit,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

NOW = dt.datetime(2026, 11, 22, 6, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 22)


@pytest.fixture
def worker(world):
    return make_post(Role.COMMUNITY_WORKER, world.north)


@pytest.fixture
def building(world):
    return make_building(world.north, name="9号楼")


@pytest.fixture
def door(worker, building):
    """``door("2", "1001")`` is an own household."""
    return lambda unit="1", room="101", **fields: make_household(
        building, worker=worker.user, unit=unit, room=room, **fields
    )


def tap_at(household, **changes) -> Tap:
    told = {"client_id": uuid.uuid4(), "household_id": household.pk, "result": "MET", "at": NOW}
    return Tap(**{**told, **changes})


def test_doors_stand_in_the_order_of_the_stairs(worker, building, door):
    for unit, room in (("10", "101"), ("2", "1001"), ("2", "502"), ("1", "101")):
        door(unit, room)

    page = round_page(post=worker, building_id=building.pk, now=NOW)

    assert [(unit, [one.room for one in doors]) for unit, doors in page.units] == [
        ("1单元", ["101室"]),
        ("2单元", ["502室", "1001室"]),
        ("10单元", ["101室"]),
    ]


def test_a_list_says_the_least(worker, building, door):
    home = door()
    make_resident(home, name="陈玉兰", phone="13912345678")
    make_resident(home, name="陈小军", phone="13912345679")

    (one,) = round_page(post=worker, building_id=building.pk, now=NOW).doors

    assert (one.door, one.people, one.last_met_on) == ("1单元101室", "陈玉兰等2人", None)
    assert "13912345" not in repr(one)


def test_doors_of_colleagues_are_a_number_until_a_reason_is_stated(world, worker, building, door):
    door(room="101")
    colleague = make_post(Role.COMMUNITY_WORKER, world.north)
    theirs = make_household(building, worker=colleague.user, unit="1", room="102")
    make_resident(theirs, name="周桂兰")

    page = round_page(post=worker, building_id=building.pk, now=NOW)
    assert ([one.room for one in page.doors], page.others) == (["101室"], 1)

    make_reveal(theirs, worker, at=NOW)
    page = round_page(post=worker, building_id=building.pk, now=NOW)
    assert ([one.room for one in page.doors], page.others) == (["101室", "102室"], 0)


def test_a_card_says_what_was_promised_and_what_is_due(world, worker, building, door):
    home, colleague = door(room="101"), make_post(Role.COMMUNITY_WORKER, world.north)
    theirs = make_household(building, worker=colleague.user, unit="1", room="102")
    for place, by in ((home, worker), (theirs, colleague)):
        visit = make_visit(place, post=by, next_step="送药盒", next_step_on=TODAY)
        Promise.objects.create(
            household=place, visit=visit, text="问清换表的事" * 6, due_on=TODAY - dt.timedelta(1)
        )
    make_visit(home, post=worker, next_step="下月再来", next_step_on=TODAY + dt.timedelta(9))
    make_reveal(theirs, worker, at=NOW)

    mine, revealed = round_page(post=worker, building_id=building.pk, now=NOW).doors

    assert mine.dues == (
        f"答应 11-21 前：{('问清换表的事' * 6)[:24]}…，已过期",
        "下一步 11-22：送药盒",
    )
    assert revealed.dues == ()


def test_a_building_out_of_sight_is_none(world, worker):
    elsewhere = make_household(community=world.gucheng_community)

    assert round_page(post=worker, building_id=elsewhere.building_id, now=NOW) is None
    assert round_page(post=worker, building_id=0, now=NOW) is None


def test_a_wish_not_to_be_visited_is_shown_and_not_counted(worker, building, door):
    door(room="101")
    door(room="102", door_wish="PHONE", door_wish_reason="养病")
    door(
        room="103",
        door_wish="PHONE",
        door_wish_reason="养病",
        door_wish_until=TODAY - dt.timedelta(1),
    )

    page = round_page(post=worker, building_id=building.pk, now=NOW)

    assert [one.wish for one in page.doors] == ["", "暂不上门，改电话", ""]
    assert (page.knocked, page.to_knock, page.wished) == (0, 2, 1)
    assert "养病" not in repr(page)


def test_a_tap_is_a_visit_at_the_door_and_shows_until_midnight(worker, building, door):
    home = door()
    visit = rounds.tap(actor=worker, tapped=tap_at(home, note="灯不亮", to_complete=True), now=NOW)

    assert (visit.kind, visit.channel, visit.result, visit.text) == (
        "HOME",
        "DOOR",
        "MET",
        "灯不亮",
    )
    assert Household.objects.get(pk=home.pk).last_met_on == TODAY
    page = round_page(post=worker, building_id=building.pk, now=NOW)
    assert (page.knocked, page.doors[0].knock.to_complete) == (1, True)
    tomorrow = round_page(post=worker, building_id=building.pk, now=NOW + dt.timedelta(days=1))
    assert tomorrow.knocked == 0


def test_only_the_own_taps_of_today_are_taken_back(world, worker, door):
    home = door()
    visit = rounds.tap(actor=worker, tapped=tap_at(home), now=NOW)
    leader = make_post(Role.LEADER, world.bajiao)
    with pytest.raises(PermissionDenied):
        rounds.take_back(actor=leader, client_id=visit.client_id, now=NOW)
    with pytest.raises(DomainError, match="今天"):
        rounds.take_back(actor=worker, client_id=visit.client_id, now=NOW + dt.timedelta(days=1))

    for _ in range(2):
        voided = rounds.take_back(actor=worker, client_id=visit.client_id, now=NOW)
        assert voided.void_reason == "误点，没有走访"
    assert AuditEvent.objects.filter(action="visit.void").count() == 1
    assert Household.objects.get(pk=home.pk).last_met_on is None


def test_taking_a_list_along_leaves_a_trace_without_names(worker, building, door):
    make_resident(door(), name="陈玉兰")

    rounds.take_along(actor=worker, building_id=building.pk, now=NOW)

    event = AuditEvent.objects.get(action="round.take")
    assert (event.object_kind, event.object_id) == ("accounts.organisation", str(building.pk))
    assert rounds.take_along(actor=worker, building_id=0, now=NOW) is None


def test_a_stated_reason_opens_a_door_here_and_not_on_the_device(world, worker, building, door):
    """Half an hour is not the day that a device keeps its list."""
    door(room="101")
    theirs = make_household(building, worker=make_post(Role.CLERK, world.bajiao).user, room="102")
    make_reveal(theirs, worker, at=NOW)

    page = rounds.take_along(actor=worker, building_id=building.pk, now=NOW)

    assert ([one.room for one in page.doors], page.others) == (["101室"], 1)


def test_buildings_say_what_was_done_and_what_waits_longest(worker, door):
    first, second, _ = door(room="101"), door(room="102"), door(room="103")
    long_ago = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    make_visit(first, post=worker, occurred_at=NOW)
    make_visit(second, post=worker, occurred_at=long_ago)

    (one,) = round_buildings(post=worker, today=TODAY)

    assert (one.doors, one.met, one.never, one.knocked) == (3, 1, 1, 1)
    assert one.longest == long_ago.date() < Quarter.of(TODAY).start


def test_completing_clears_it_and_keeps_both_times(worker, door):
    tapped = NOW - dt.timedelta(hours=8)
    visit = rounds.tap(actor=worker, tapped=tap_at(door(), to_complete=True, at=tapped), now=tapped)
    (item,) = to_complete(post=worker, now=NOW)
    assert (item.visit.pk, item.here) == (visit.pk, True)

    rounds.complete(actor=worker, client_id=visit.client_id, text="女儿下周回来", now=NOW)

    visit.refresh_from_db()
    assert (visit.text, visit.occurred_at, visit.recorded_at) == ("女儿下周回来", tapped, tapped)
    assert to_complete(post=worker, now=NOW) == []


class TestPages:
    @pytest.fixture(autouse=True)
    def signed_in(self, client, worker):
        sign_in(client, worker)

    def test_a_tap_leads_back_to_its_door(self, client, building, door):
        home = door()
        answer = client.post(
            reverse("contacts:round", args=[building.pk]),
            {"client_id": uuid.uuid4(), "household": home.pk, "result": "DECLINED"},
        )

        assert answer.url == f"/contacts/visits/round/{building.pk}/#door-{home.pk}"
        assert Visit.objects.get().result == "DECLINED"

    @pytest.mark.parametrize(
        "wrong", [{"result": "ROBBED"}, {"client_id": "x"}, {"note": "长" * 501}, {"result": ""}]
    )
    def test_what_cannot_be_read_is_said_and_kept(self, client, building, door, wrong):
        home = door()
        typed = {"client_id": uuid.uuid4(), "household": home.pk, "result": "MET", "note": "要点"}
        answer = client.post(reverse("contacts:round", args=[building.pk]), typed | wrong)

        assert "请" in answer.content.decode()
        assert (typed | wrong)["note"] in answer.content.decode()
        assert not Visit.objects.exists()

    def test_a_door_of_another_building_or_colleague_is_none(self, client, world, building, door):
        door()
        colleague = make_post(Role.COMMUNITY_WORKER, world.north)
        theirs = make_household(building, worker=colleague.user, unit="1", room="999")
        elsewhere = make_household(community=world.gucheng_community)
        for home in (theirs, elsewhere):
            answer = client.post(
                reverse("contacts:round", args=[building.pk]),
                {"client_id": uuid.uuid4(), "household": home.pk, "result": "MET"},
            )
            assert answer.status_code == 404
        assert not Visit.objects.exists()

    @pytest.mark.parametrize("number", [0, 10**18, 10**30])
    def test_a_building_that_is_none(self, client, number):
        assert client.get(f"/contacts/visits/round/{number}/").status_code == 404

    def test_queries_do_not_grow(self, client, assert_flat, building, door, worker):
        rooms = iter(range(101, 200))

        def add():
            home = door(room=str(next(rooms)))
            make_resident(home)
            make_visit(home, post=worker, occurred_at=timezone.now(), to_complete=True)

        assert_flat(reverse("contacts:round", args=[building.pk]), add)
        assert_flat(reverse("contacts:round_list"), add)
        assert_flat(reverse("contacts:to_complete"), add)

    def test_the_shell_says_nothing_of_a_person(self, client):
        client.logout()
        shell = client.get(reverse("contacts:round_offline"))
        worker = client.get("/sw.js")

        assert shell.status_code == 200
        assert worker["Content-Type"].startswith("text/javascript")
        assert worker["Cache-Control"] == "no-cache"
        assert "/contacts/visits/round/offline/" in worker.content.decode()


moments = st.datetimes(
    dt.datetime(2001, 1, 1),  # noqa: DTZ001 -- hypothesis adds the zone
    dt.datetime(2090, 1, 1),  # noqa: DTZ001 -- hypothesis adds the zone
    timezones=st.just(dt.UTC),
)
spans = st.timedeltas(dt.timedelta(), dt.timedelta(days=20))


@given(now=moments, ago=spans, off=st.timedeltas(-dt.timedelta(days=4000), dt.timedelta(days=4000)))
def test_a_wrong_clock_tells_the_same_time_as_a_right_one(now, ago, off):
    """What counts is how long ago it was; within the tolerance a clock is believed."""
    told, corrected = workflow.moment_of_tap(tapped=now - ago + off, sent=now + off, now=now)

    assert now - workflow.REACH <= told <= now
    if abs(off) > workflow.CLOCK_TOLERANCE:
        assert (told, corrected) == (now - ago, True)
    else:
        assert abs(told - (now - ago)) <= workflow.CLOCK_TOLERANCE
        assert not corrected


@given(
    now=moments,
    ago=spans,
    before=spans,
    off=st.timedeltas(-dt.timedelta(days=4000), dt.timedelta(days=4000)),
    later=st.timedeltas(-dt.timedelta(days=4000), dt.timedelta(days=4000)),
)
def test_a_clock_that_was_wrong_at_the_tap_may_be_right_at_the_sending(
    now, ago, before, off, later
):
    """Off when the server was heard and at the tap; set to anything else before it is sent."""
    at, heard = now - ago, now - ago - before

    told, corrected = workflow.moment_of_tap(
        tapped=at + off, sent=now + later, now=now, heard=workflow.Clocks(heard, heard + off)
    )

    assert told == max(at, now - workflow.REACH)
    assert corrected == (abs(off) > workflow.CLOCK_TOLERANCE)


@given(now=moments, ago=spans, before=spans)
def test_a_clock_set_wrong_after_the_server_was_heard_moves_nothing_before_that(now, ago, before):
    """Eight days back: less than the device is known to have lived through."""
    at, heard = now - ago, now - ago - before
    off = -before - dt.timedelta(days=8)

    told, corrected = workflow.moment_of_tap(
        tapped=at + off, sent=now, now=now, heard=workflow.Clocks(heard, heard)
    )

    assert heard - workflow.CLOCK_TOLERANCE <= told <= now
    assert corrected


@given(now=moments, tapped=moments, sent=moments, heard=st.none() | st.tuples(moments, moments))
def test_no_clock_leads_out_of_the_year(now, tapped, sent, heard):
    clocks = workflow.Clocks(*heard) if heard else None
    told, _ = workflow.moment_of_tap(tapped=tapped, sent=sent, now=now, heard=clocks)

    assert now - workflow.REACH <= told <= now
