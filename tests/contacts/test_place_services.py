"""下访 and 接访 by their rules, whichever door they come through."""

import datetime as dt
import uuid
from dataclasses import replace

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from contacts.models import Household, Promise, Visit, VisitGuest
from contacts.selectors.visit_places import LEADS
from contacts.services.visit_entries import GuestEntry, MatterEntry, VisitEntry, entry_of
from contacts.services.visits import (
    amend_visit,
    complete_next_step,
    edit_visit,
    keep_promise,
    log_visit,
    void_visit,
)
from portal.accounts.roles import FITS, Role
from portal.audit.models import AuditEvent
from portal.core.errors import DomainError
from tests.factories.accounts import make_organisation, make_post, make_user, make_world
from tests.factories.contacts import make_building, make_household, make_resident
from tests.factories.places import make_place_visit, make_point

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

KINDS = ("FIELD", "RECEPTION")


@pytest.fixture
def leader(world):
    return make_post(Role.LEADER, world.bajiao, user=make_user(name="周海燕"))


@pytest.fixture
def clerk(world):
    return make_post(Role.CLERK, world.bajiao, user=make_user(name="何静"))


def told(unit=None, *, kind="FIELD", **fields) -> VisitEntry:
    return VisitEntry(
        **{
            "client_id": uuid.uuid4(),
            "kind": kind,
            "unit_id": unit.pk if unit else None,
            "place": "居委会一楼",
            "occurred_at": timezone.now(),
            "channel": "",
            "result": "",
            **fields,
        }
    )


def log(actor, entry: VisitEntry) -> Visit:
    return log_visit(actor=actor, entry=entry, now=timezone.now())


@pytest.mark.parametrize(("kind", "channel"), [("FIELD", "SITE"), ("RECEPTION", "OFFICE")])
def test_the_kind_decides_the_channel_and_counts_at_no_door(world, leader, kind, channel):
    home = make_household(community=world.north)
    guest = GuestEntry(name="钱阿姨", phone="138 1234 5678", household_id=home.pk)

    visit = log(leader, told(world.north, kind=kind, channel="DOOR", guests=(guest,)))

    assert (visit.channel, visit.result, visit.household_id) == (channel, "MET", None)
    assert not visit.counts
    assert not Visit.objects.met_at_door().exists()
    home.refresh_from_db()
    assert (home.last_met_on, home.last_contact_on) == (None, None)
    kept = visit.guests.get()
    assert (kept.phone, kept.household_id) == ("13812345678", home.pk)
    assert kept.phone_index


def test_the_constraints_hold_it_at_the_table_too(world, leader):
    visit = make_place_visit(world.north, post=leader)
    for wrong in ({"channel": "DOOR"}, {"result": "NOT_HOME"}, {"place": ""}, {"kind": "HOME"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Visit.objects.filter(pk=visit.pk).update(**wrong)


def test_place_and_time_are_enough_and_a_point_gives_the_place(world, leader):
    point = make_point(leader.user, world.south)
    visit = log(leader, told(point_id=point.pk, place=""))
    assert visit.place == "八角南里社区"
    assert (visit.point_id, visit.community_id) == (point.pk, world.south.pk)
    assert [(one.post_id, one.is_lead) for one in visit.people.all()] == [(leader.pk, True)]


def test_a_reception_of_the_street_lies_in_no_community(world, leader):
    visit = log(leader, told(world.bajiao, kind="RECEPTION"))
    assert (visit.street_id, visit.community_id) == (world.bajiao.pk, None)
    assert Visit.objects.visible_to(leader).filter(pk=visit.pk).exists()
    secretary = make_post(Role.LEADER, world.north)
    assert not Visit.objects.visible_to(secretary).filter(pk=visit.pk).exists()


def test_where_nothing_may_be_held(world, leader):
    ended = make_point(leader.user, world.north, until=timezone.localdate())
    other = make_point(make_post(Role.LEADER, world.gucheng).user, world.gucheng_community)
    for entry in (
        told(None),
        told(world.gucheng_community),
        told(world.building),
        told(world.section),
        told(point_id=ended.pk),
        told(point_id=other.pk),
    ):
        with pytest.raises(DomainError) as refused:
            log(leader, entry)
        assert refused.value.field == "where"
    assert not Visit.objects.exists()


@settings(max_examples=30)
@given(
    kind=st.sampled_from(KINDS),
    role=st.sampled_from(list(Role)),
    here=st.booleans(),
    in_force=st.booleans(),
)
def test_who_may_lead(django_db_blocker, kind, role, here, in_force):
    """Somebody else leads exactly when a post in force, of a fitting role, lies in the street."""
    with django_db_blocker.unblock(), transaction.atomic():
        world = make_world()
        writer = make_post(Role.LEADER, world.bajiao)
        street = world.bajiao if here else world.gucheng
        places = [street, world.district, world.section if here else street]
        place = next((one for one in places if one.kind in FITS[role]), None)
        community = world.north if here else world.gucheng_community
        lead = make_post(role, place or community, until=None if in_force else timezone.localdate())
        in_street = lead.organisation.scope_ids().street_id == world.bajiao.pk
        allowed = in_force and role in LEADS[kind] and in_street
        if allowed:
            visit = log(writer, told(world.north, kind=kind, lead=lead.user_id))
            assert {(one.user_id, one.is_lead) for one in visit.people.all()} == {
                (lead.user_id, True),
                (writer.user_id, False),
            }
            assert Visit.objects.visible_to(lead).filter(pk=visit.pk).exists()
        else:
            with pytest.raises(DomainError) as refused:
                log(writer, told(world.north, kind=kind, lead=lead.user_id))
            assert refused.value.field == "lead"
        transaction.set_rollback(True)


def test_a_clerk_registers_for_somebody_and_reads_it(world, leader, clerk):
    own = log(clerk, told(world.bajiao, kind="RECEPTION", text="走进来问医保"))
    assert [(one.post_id, one.is_lead) for one in own.people.all()] == [(clerk.pk, True)]
    other = make_post(Role.CLERK, world.bajiao)
    with pytest.raises(DomainError, match="班子成员或代表委员"):
        log(clerk, told(world.bajiao, kind="RECEPTION", lead=other.user_id))
    delegate = make_post(Role.DELEGATE, world.district)
    visit = log(clerk, told(world.bajiao, kind="RECEPTION", lead=delegate.user_id))
    assert Visit.objects.visible_to(clerk).filter(pk=visit.pk).exists()
    assert Visit.objects.visible_to(delegate).filter(pk=visit.pk).exists()
    with pytest.raises(PermissionDenied):
        log(clerk, told(world.bajiao))


def test_who_may_write_which_kind(world, leader, clerk):
    officer = make_post(Role.OFFICER, world.section)
    delegate = make_post(Role.DELEGATE, world.bajiao)
    worker = make_post(Role.COMMUNITY_WORKER, world.north)
    for post, kinds in (
        (leader, {"FIELD", "RECEPTION"}),
        (officer, {"FIELD"}),
        (delegate, {"RECEPTION"}),
        (worker, set()),
    ):
        for kind in KINDS:
            if kind in kinds:
                assert log(post, told(world.north, kind=kind))
            else:
                with pytest.raises(PermissionDenied):
                    log(post, told(world.north, kind=kind))


def test_told_again_is_the_same_and_the_next_guest_is_another(world, leader):
    entry = told(world.north, kind="RECEPTION", guests=(GuestEntry(name="钱阿姨"),))
    visit = log(leader, entry)
    assert log(leader, entry) == visit
    assert log(leader, replace(entry, client_id=uuid.uuid4())) == visit
    other = replace(entry, client_id=uuid.uuid4(), guests=(GuestEntry(name="孙师傅"),))
    assert log(leader, other) != visit
    assert Visit.objects.count() == 2
    assert VisitGuest.objects.count() == 2


def test_a_promise_belongs_to_the_household_of_a_guest(world, leader):
    one, two = (make_household(community=world.north) for _ in range(2))
    due = timezone.localdate() + dt.timedelta(days=3)
    entry = told(world.north, promise="修门禁", promise_due=due)
    with pytest.raises(DomainError, match="一户名下"):
        log(leader, entry)
    both = tuple(GuestEntry(name=f"{home}家", household_id=home.pk) for home in (one, two))
    with pytest.raises(DomainError, match="哪一户"):
        log(leader, replace(entry, guests=both))

    visit = log(leader, replace(entry, guests=both, promise_household_id=two.pk))
    assert Promise.objects.get().household_id == two.pk
    single = replace(entry, client_id=uuid.uuid4(), guests=both[:1], text="另一次")
    assert log(leader, single).promises.get().household_id == one.pk
    keep_promise(actor=leader, promise_id=visit.promises.get().pk, now=timezone.now())
    assert visit.promises.get().kept_on


def test_a_guests_household_lies_in_the_scope(world, leader):
    foreign = make_household(community=world.gucheng_community)
    guest = GuestEntry(name="钱阿姨", household_id=foreign.pk)
    with pytest.raises(DomainError, match="范围内"):
        log(leader, told(world.north, guests=(guest,)))
    assert Household.objects.filter(pk=foreign.pk).exists()


def test_what_is_wrong_with_a_guest_is_said(world, leader):
    for guest in (GuestEntry(name=" "), GuestEntry(name="钱阿姨", phone="12")):
        with pytest.raises(DomainError):
            log(leader, told(world.north, guests=(guest,)))
    many = tuple(GuestEntry(name=f"第{n}位") for n in range(21))
    with pytest.raises(DomainError, match="最多登记"):
        log(leader, told(world.north, guests=many))


def test_a_home_visit_has_nothing_of_it(world):
    worker = make_post(Role.COMMUNITY_WORKER, world.north)
    home = make_household(community=world.north, worker=worker.user)
    entry = VisitEntry(
        client_id=uuid.uuid4(),
        household_id=home.pk,
        occurred_at=timezone.now(),
        channel="DOOR",
        result="MET",
    )
    for wrong in ({"guests": (GuestEntry(name="钱阿姨"),)}, {"place": "楼下"}, {"channel": "SITE"}):
        with pytest.raises(DomainError):
            log(worker, replace(entry, **wrong))


def test_a_change_keeps_the_place_and_an_amendment_keeps_no_phone(world, leader):
    visit = log(
        leader,
        told(world.north, guests=(GuestEntry(name="钱淑珍", phone="13812345678"),), text="说灯"),
    )
    now = timezone.now()
    entry = entry_of(visit)
    moved = replace(entry, unit_id=world.south.pk)
    with pytest.raises(DomainError, match="地方不能改"):
        edit_visit(actor=leader, visit_id=visit.pk, entry=moved, now=now)
    changed = replace(entry, place="小广场", guests=())
    edit_visit(actor=leader, visit_id=visit.pk, entry=entry, now=now)
    assert not AuditEvent.objects.filter(action="visit.edit").exists()

    later = now + dt.timedelta(days=8)
    amend_visit(actor=leader, visit_id=visit.pk, entry=changed, reason="记错", now=later)

    before = visit.amendments.get().before
    assert before["地点"] == "居委会一楼"
    assert "钱淑珍" not in str(before)
    assert "13812345678" not in str(before)
    assert before["来访人"].startswith("钱**")


def test_the_lead_may_change_and_the_first_author_stays(world, leader):
    officer = make_post(Role.OFFICER, world.section)
    visit = log(officer, told(world.north, lead=leader.user_id, next_step="再来看"))
    entry = entry_of(visit)
    assert entry.companions == ()
    own = replace(entry, lead=officer.user_id)
    edit_visit(actor=officer, visit_id=visit.pk, entry=own, now=timezone.now())
    assert [(p.user_id, p.is_lead) for p in visit.people.all()] == [(officer.user_id, True)]
    assert not Visit.objects.filter(pk=visit.pk, people__user=leader.user).exists()
    complete_next_step(actor=officer, visit_id=visit.pk, now=timezone.now())


def test_a_voided_one_counts_nowhere(world, leader, clerk):
    visit = log(clerk, told(world.bajiao, kind="RECEPTION", lead=leader.user_id))
    with pytest.raises(PermissionDenied):
        void_visit(actor=leader, visit_id=visit.pk, reason="误记", now=timezone.now())
    void_visit(actor=clerk, visit_id=visit.pk, reason="误记", now=timezone.now())
    assert not Visit.objects.valid().exists()


def test_matters_are_raised_as_in_any_visit(world, leader):
    matter = MatterEntry(text="路灯不亮", outcome="ESCALATED")
    visit = log(leader, told(world.north, matters=(matter,)))
    assert visit.matters.get().grievance_number


def test_a_department_officer_goes_to_the_own_point_anywhere_in_the_district(world):
    department = make_organisation("DEPARTMENT", parent=world.district)
    officer = make_post(Role.OFFICER, department)
    point = make_point(officer.user, world.gucheng_community)
    assert log(officer, told(point_id=point.pk)).street_id == world.gucheng.pk


def test_guests_are_encrypted_at_rest(world, leader):
    from django.db import connection  # noqa: PLC0415 -- looks below the models

    home = make_household(make_building(world.north))
    make_resident(home)
    log(leader, told(world.north, guests=(GuestEntry(name="钱淑珍", phone="13812345678"),)))
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, phone, phone_index FROM contacts_visitguest")
        [row] = cursor.fetchall()
    assert "钱淑珍" not in "".join(row)
    assert "13812345678" not in "".join(row)
