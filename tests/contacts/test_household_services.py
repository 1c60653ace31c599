"""What may be done to a household, by whom, and what the trail keeps of it."""

import dataclasses
import datetime as dt
import zoneinfo

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from contacts.models import Household, HouseholdCare, HouseholdDuty, Resident
from contacts.services import contact_dates, households
from contacts.services.household_entries import HouseholdEntry, ResidentEntry
from portal.accounts.models import Reveal
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.core.encryption import blind_index
from portal.core.errors import DomainError
from portal.search import selectors as searching
from tests.factories.accounts import make_organisation, make_post, make_world
from tests.factories.contacts import (
    as_entry,
    make_building,
    make_care,
    make_category,
    make_duty,
    make_household,
    make_resident,
    make_reveal,
    make_visit,
)
from tests.trail import told_by

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

NOW = dt.datetime(2026, 11, 22, 14, 5, tzinfo=zoneinfo.ZoneInfo("Asia/Shanghai"))
TODAY = NOW.date()
REGISTER = frozenset({Role.COMMUNITY_WORKER, Role.LEADER, Role.STREET_ADMIN})


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def worker(world):
    return make_post(Role.COMMUNITY_WORKER, world.north)


@pytest.fixture
def street_admin(world):
    return make_post(Role.STREET_ADMIN, world.bajiao)


@pytest.fixture
def household(world, worker):
    return make_household(world.building, worker=worker.user, unit="3", room="502")


@pytest.fixture
def entry(world):
    return HouseholdEntry(
        building_id=world.building.pk,
        unit="3",
        room="502",
        floor=5,
        residents=(ResidentEntry(name="王秀英", phone="138 0013-1234", birth_year=1944),),
    )


def change(post, household, **changes):
    """The whole household as it stands, with ``changes``: there is no other way to change it."""
    entry = as_entry(household, **changes)
    households.edit_household(actor=post, household_id=household.pk, entry=entry, now=NOW)
    household.refresh_from_db()


def trail(*fields):
    names = fields or ("action",)
    return list(AuditEvent.objects.order_by("pk").values_list(*names, flat=len(names) == 1))


# --- Registering ------------------------------------------------------------------------------


def test_a_worker_registers_a_household_and_answers_for_it(world, worker, entry):
    household = households.register_household(actor=worker, entry=entry, now=NOW)

    assert (household.district_id, household.street_id) == (world.district.pk, world.bajiao.pk)
    assert (household.community_id, household.grid_id) == (world.north.pk, world.grid.pk)
    assert (household.unit, household.room, household.floor) == ("3", "502", 5)
    assert household.duties.get().user_id == worker.user_id
    assert household.duties.get().since == TODAY
    resident = household.residents.get()
    assert (resident.name, resident.phone) == ("王秀英", "13800131234")
    assert trail() == ["household.register", "resident.add", "household.assign_duty"]


def test_a_street_administrator_registers_it_for_whom_it_concerns(street_admin, worker, entry):
    household = households.register_household(
        actor=street_admin, entry=entry, responsible_id=worker.user_id, now=NOW
    )

    assert household.duties.get().user_id == worker.user_id


def test_nobody_is_responsible_when_an_administrator_names_nobody(street_admin, entry):
    household = households.register_household(actor=street_admin, entry=entry, now=NOW)

    assert not household.duties.exists()


def test_the_system_registers_without_a_post(entry):
    household = households.register_household(actor=None, entry=entry, now=NOW)

    assert Household.objects.get() == household


@pytest.mark.parametrize("role", sorted(set(Role) - REGISTER))
def test_other_roles_may_not_register(world, entry, role):
    place = world.north if role == Role.OFFICER else world.bajiao
    with pytest.raises(PermissionDenied):
        households.register_household(actor=make_post(role, place), entry=entry, now=NOW)

    assert not Household.objects.exists()


def test_a_building_outside_the_scope_is_not_offered(world, worker, entry):
    elsewhere = make_building(world.south)

    with pytest.raises(DomainError) as refused:
        households.register_household(
            actor=worker, entry=dataclasses.replace(entry, building_id=elsewhere.pk), now=NOW
        )

    assert refused.value.field == "building"


def test_a_building_that_was_pulled_down_is_not_offered(world, worker, entry):
    world.building.valid_until = TODAY
    world.building.save()

    with pytest.raises(DomainError):
        households.register_household(actor=worker, entry=entry, now=NOW)


@pytest.mark.parametrize(
    ("unit", "room"), [("3", "502"), ("3单元", "502室"), ("３", " 5 0 2 "), ("3 单元", "502号")]
)
def test_one_door_is_registered_once_however_it_is_written(household, worker, entry, unit, room):
    again = dataclasses.replace(entry, unit=unit, room=room)

    with pytest.raises(DomainError) as refused:
        households.register_household(actor=worker, entry=again, now=NOW)

    assert refused.value.field == "room"
    assert Household.objects.count() == 1
    assert trail() == []


def test_a_door_that_was_given_up_may_be_registered_again(household, worker, entry):
    household.ended_on = TODAY
    household.save()

    households.register_household(actor=worker, entry=entry, now=NOW)

    assert Household.objects.in_use().count() == 1


def test_a_household_is_found_by_its_place_and_never_by_person_or_room(worker, entry):
    entry = dataclasses.replace(entry, avoid="老伴去世", note="门铃坏了")
    household = households.register_household(actor=worker, entry=entry, now=NOW)

    def found(words):
        return [hit.object_id for hit in searching.search(worker, words, kind="household")]

    assert found("12号楼") == [household.pk]
    for words in ("王秀英", "502", "13800131234", "老伴", "门铃"):
        assert found(words) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"room": " "}, "room"),
        ({"floor": 300}, "floor"),
        ({"door_wish": "PHONE"}, "door_wish_reason"),
        (
            {
                "door_wish": "PHONE",
                "door_wish_reason": "病了",
                "door_wish_until": TODAY - dt.timedelta(days=1),
            },
            "door_wish_until",
        ),
        ({"door_wish": "MAYBE"}, "door_wish"),
        ({"avoid": "长" * 1001}, "avoid"),
        ({"residents": (ResidentEntry(name=" "),)}, "name"),
        ({"residents": (ResidentEntry(name="王" * 41),)}, "name"),
        ({"residents": (ResidentEntry(name="王秀英", phone="12345"),)}, "phone"),
        ({"residents": (ResidentEntry(name="王秀英", phone="68870000转8"),)}, "phone"),
        ({"residents": (ResidentEntry(name="王秀英", birth_year=1899),)}, "birth_year"),
        ({"residents": (ResidentEntry(name="王秀英", birth_year=2027),)}, "birth_year"),
        ({"residents": (ResidentEntry(name="王秀英", relation="BOSS"),)}, "relation"),
        (
            {"residents": (ResidentEntry(name="王秀英", left_on=TODAY + dt.timedelta(days=1)),)},
            "left_on",
        ),
        ({"residents": (ResidentEntry(name="王秀英"),) * 21}, "residents"),
        (
            {
                "residents": (
                    ResidentEntry(name="王秀英", is_contact=True),
                    ResidentEntry(name="王建华", is_contact=True),
                )
            },
            "residents",
        ),
        ({"cares": ("NOSUCH",)}, "cares"),
    ],
)
def test_what_no_household_can_be_is_refused_at_its_field(worker, entry, change, field):
    with pytest.raises(DomainError) as refused:
        households.register_household(
            actor=worker, entry=dataclasses.replace(entry, **change), now=NOW
        )

    assert refused.value.field == field
    assert not Household.objects.exists()
    assert trail() == []


@pytest.mark.parametrize("phone", ["13800131234", "+86 138-0013-1234", "010-68871234", "68871234"])
def test_numbers_one_can_ring_are_taken(worker, entry, phone):
    residents = (ResidentEntry(name="王秀英", phone=phone),)
    entry = dataclasses.replace(entry, residents=residents)

    household = households.register_household(actor=worker, entry=entry, now=NOW)

    assert household.residents.get().phone.isdecimal()


# --- Changing ---------------------------------------------------------------------------------


def test_a_change_leaves_field_names_in_the_trail_and_no_values(worker, household, entry):
    resident = make_resident(household)
    entry = dataclasses.replace(
        entry,
        note="门铃坏了",
        residents=(ResidentEntry(id=resident.pk, name="王秀英", phone="13900005678"),),
    )

    households.edit_household(actor=worker, household_id=household.pk, entry=entry, now=NOW)

    household.refresh_from_db()
    assert (household.note, household.floor) == ("门铃坏了", 5)
    assert trail("action", "fields") == [
        ("household.edit", ["floor", "note"]),
        ("resident.edit", ["phone"]),
    ]


def test_saving_what_was_there_changes_nothing(worker, household, entry):
    entry = dataclasses.replace(entry, floor=None, residents=())

    households.edit_household(actor=worker, household_id=household.pk, entry=entry, now=NOW)

    assert trail() == []


def test_people_left_out_stay(worker, household, entry):
    resident = make_resident(household, name="陈大海")

    households.edit_household(actor=worker, household_id=household.pk, entry=entry, now=NOW)

    assert set(household.residents.values_list("name", flat=True)) == {"陈大海", "王秀英"}
    assert resident.left_on is None


def test_who_moves_away_is_no_longer_rung_first_and_stays_in_the_history(worker, household, entry):
    resident = make_resident(household, is_contact=True)
    residents = (ResidentEntry(id=resident.pk, name="王秀英", is_contact=True, left_on=TODAY),)

    households.edit_household(
        actor=worker,
        household_id=household.pk,
        entry=dataclasses.replace(entry, residents=residents),
        now=NOW,
    )

    resident.refresh_from_db()
    assert (resident.left_on, resident.is_contact) == (TODAY, False)


def test_the_first_to_ring_may_change_hands_in_one_go(worker, household, entry):
    first = make_resident(household, name="王秀英", is_contact=True)
    second = make_resident(household, name="王建华")
    residents = (
        ResidentEntry(id=second.pk, name="王建华", is_contact=True),
        ResidentEntry(id=first.pk, name="王秀英"),
    )

    households.edit_household(
        actor=worker,
        household_id=household.pk,
        entry=dataclasses.replace(entry, residents=residents),
        now=NOW,
    )

    contacts = Resident.objects.filter(household=household, is_contact=True)
    assert [resident.name for resident in contacts] == ["王建华"]


def test_somebody_of_another_household_cannot_be_changed_through_this_one(worker, household, entry):
    stranger = make_resident(make_household(), name="别家的人")
    residents = (ResidentEntry(id=stranger.pk, name="改名了"),)

    with pytest.raises(DomainError):
        households.edit_household(
            actor=worker,
            household_id=household.pk,
            entry=dataclasses.replace(entry, residents=residents),
            now=NOW,
        )

    stranger.refresh_from_db()
    assert stranger.name == "别家的人"


def test_moving_to_another_building_moves_the_scope_but_not_the_visits(world, worker, entry):
    household = make_household(world.building, worker=worker.user, unit="3", room="502")
    visit = make_visit(household, post=worker)
    other = make_building(world.north, name="7号楼")

    households.edit_household(
        actor=worker,
        household_id=household.pk,
        entry=dataclasses.replace(entry, building_id=other.pk),
        now=NOW,
    )

    household.refresh_from_db()
    visit.refresh_from_db()
    assert (household.building_id, household.grid_id) == (other.pk, None)
    assert (visit.building_id, visit.grid_id) == (world.building.pk, world.grid.pk)
    assert [hit.object_id for hit in searching.search(worker, "7号楼", kind="household")] == [
        household.pk
    ]


def test_a_wish_that_ran_out_need_not_be_changed_to_save_something_else(worker, household, entry):
    past = TODAY - dt.timedelta(days=3)
    Household.objects.update(door_wish="PHONE", door_wish_reason="刚出院", door_wish_until=past)
    entry = dataclasses.replace(
        entry, door_wish="PHONE", door_wish_reason="刚出院", door_wish_until=past, note="新"
    )

    households.edit_household(actor=worker, household_id=household.pk, entry=entry, now=NOW)

    household.refresh_from_db()
    assert household.note == "新"


def test_a_wish_taken_back_takes_its_reason_with_it(worker, household):
    change(worker, household, door_wish="PHONE", door_wish_reason="刚出院")
    assert household.door_wish_reason == "刚出院"
    change(worker, household, door_wish="NONE")

    assert (household.door_wish, household.door_wish_reason) == ("NONE", "")


def test_a_person_is_added_and_changed_without_a_word_of_the_others(worker, household):
    other = make_resident(household, name="王秀英")
    change(worker, household, residents=(ResidentEntry(name="李娜"),))
    added = household.residents.get(name="李娜")
    entry = ResidentEntry(id=added.pk, name="李娜", phone="13900005678")
    change(worker, household, residents=(entry,))

    added.refresh_from_db()
    assert added.phone_index == blind_index("13900005678", purpose="resident.phone")
    assert set(household.residents.values_list("pk", flat=True)) == {other.pk, added.pk}


# --- Nobody changes what is shown masked -------------------------------------------------------


def changes(post, household):
    """Every kind of change to a household, as functions."""
    resident = make_resident(household)

    def way(**changed):
        return lambda: change(post, household, **changed)

    return {
        "door": way(room="999"),
        "wish": way(door_wish="PHONE", door_wish_reason="x"),
        "cares": way(cares=()),
        "add": way(residents=(ResidentEntry(name="李娜"),)),
        "resident": way(residents=(ResidentEntry(id=resident.pk, name="改"),)),
    }


WAYS = ["door", "wish", "cares", "add", "resident"]


@pytest.mark.parametrize("way", WAYS)
def test_a_colleague_cannot_change_a_household_seen_masked(world, household, way):
    colleague = make_post(Role.COMMUNITY_WORKER, world.north)

    with pytest.raises(households.NotSeenInFullError):
        changes(colleague, household)[way]()


@pytest.mark.parametrize("way", WAYS)
def test_a_colleague_may_after_stating_a_reason_and_only_for_its_time(world, household, way):
    colleague = make_post(Role.COMMUNITY_WORKER, world.north)
    reveal = make_reveal(household, colleague, at=NOW - dt.timedelta(minutes=5))

    changes(colleague, household)[way]()

    Reveal.objects.filter(pk=reveal.pk).update(until=NOW)
    with pytest.raises(households.NotSeenInFullError):
        changes(colleague, household)[way]()


@pytest.mark.parametrize("way", WAYS)
def test_another_communitys_worker_does_not_find_it(world, household, way):
    stranger = make_post(Role.COMMUNITY_WORKER, world.south)

    with pytest.raises(Household.DoesNotExist):
        changes(stranger, household)[way]()


@pytest.mark.parametrize("way", WAYS)
def test_a_responsible_officer_reads_but_does_not_keep_the_register(world, household, way):
    officer = make_post(Role.OFFICER, world.section)
    household.duties.update(until=TODAY)
    make_duty(household, officer.user)

    with pytest.raises(PermissionDenied):
        changes(officer, household)[way]()


@pytest.mark.parametrize("way", WAYS)
def test_a_household_out_of_use_stays_as_it_was(worker, household, way):
    household.ended_on = TODAY
    household.save()

    with pytest.raises(DomainError):
        changes(worker, household)[way]()


# --- Care categories --------------------------------------------------------------------------


def test_categories_begin_and_end_today_and_what_was_stays_readable(worker, household):
    alone, ill = make_category("独居老人", code="ALONE"), make_category("重病", code="ILL")
    make_care(household, alone, since=dt.date(2025, 1, 1))

    change(worker, household, cares=("ILL",))

    running = household.cares.filter(until__isnull=True)
    assert [care.category for care in running] == [ill]
    assert running[0].since == TODAY
    assert HouseholdCare.objects.get(category=alone).until == TODAY
    assert trail("action", "fields") == [("household.set_cares", ["cares"])]


def test_a_retired_category_stays_until_it_is_taken_off_but_is_not_given(worker, household):
    old = make_category("旧类别", code="OLD", valid_until=TODAY)
    make_care(household, old)

    change(worker, household, cares=("OLD",))
    assert [care.category for care in household.cares.filter(until__isnull=True)] == [old]

    change(worker, household, cares=())
    with pytest.raises(DomainError):
        change(worker, household, cares=("OLD",))


def test_who_may_not_read_categories_may_not_set_them(street_admin, household, entry):
    make_category(code="ALONE")
    make_reveal(household, street_admin, at=NOW)

    with pytest.raises(PermissionDenied):
        change(street_admin, household, cares=("ALONE",))
    households.edit_household(actor=street_admin, household_id=household.pk, entry=entry, now=NOW)

    assert not household.cares.exists()


# --- The responsible worker ---------------------------------------------------------------------


def test_duty_moves_with_the_date_and_history_stays(world, street_admin, worker, household):
    successor = make_post(Role.COMMUNITY_WORKER, world.north)

    households.assign_duty(
        actor=street_admin, household_id=household.pk, user_id=successor.user_id, now=NOW
    )

    rows = household.duties.order_by("since", "pk").values_list("user_id", "until")
    assert list(rows) == [(worker.user_id, TODAY), (successor.user_id, None)]
    assert list(Household.objects.own(successor)) == [household]
    assert not Household.objects.own(worker).exists()
    assert trail("action", "fields") == [("household.assign_duty", ["duties"])]


def test_duty_may_move_twice_on_one_day(world, street_admin, worker, household):
    others = [make_post(Role.COMMUNITY_WORKER, world.north) for _ in range(2)]

    for post in others:
        households.assign_duty(
            actor=street_admin, household_id=household.pk, user_id=post.user_id, now=NOW
        )

    assert HouseholdDuty.objects.filter(until__isnull=True).get().user == others[1].user
    assert household.duties.count() == 3


@pytest.mark.parametrize(
    ("role", "place"),
    [
        (Role.COMMUNITY_WORKER, "grid"),
        (Role.COMMUNITY_WORKER, "building"),
        (Role.OFFICER, "bajiao"),
        (Role.OFFICER, "section"),
        (Role.LEADER, "bajiao"),
    ],
)
def test_whoever_visits_there_may_be_responsible(world, street_admin, household, role, place):
    household.grid = world.grid
    household.save()
    post = make_post(role, getattr(world, place))

    duty = households.assign_duty(
        actor=street_admin, household_id=household.pk, user_id=post.user_id, now=NOW
    )

    assert duty.user_id == post.user_id


@pytest.mark.parametrize(
    ("role", "place", "until"),
    [
        (Role.COMMUNITY_WORKER, "south", None),
        (Role.COMMUNITY_WORKER, "gucheng_community", None),
        (Role.COMMUNITY_WORKER, "north", TODAY),
        (Role.DELEGATE, "bajiao", None),
        (Role.CLERK, "bajiao", None),
        (Role.SYSTEM_ADMIN, "bajiao", None),
    ],
)
def test_others_may_not_be_made_responsible(
    world, street_admin, household, worker, role, place, until
):
    post = make_post(role, getattr(world, place), until=until)

    with pytest.raises(DomainError) as refused:
        households.assign_duty(
            actor=street_admin, household_id=household.pk, user_id=post.user_id, now=NOW
        )

    assert refused.value.field == "user"
    assert household.duties.get().user == worker.user


def test_naming_the_same_person_again_is_said_and_changes_nothing(street_admin, worker, household):
    with pytest.raises(DomainError):
        households.assign_duty(
            actor=street_admin, household_id=household.pk, user_id=worker.user_id, now=NOW
        )

    assert household.duties.count() == 1


def test_a_worker_does_not_name_the_responsible(world, worker, household):
    with pytest.raises(PermissionDenied):
        households.assign_duty(
            actor=worker, household_id=household.pk, user_id=worker.user_id, now=NOW
        )


def test_another_streets_administrator_does_not_find_the_household(world, worker, household):
    stranger = make_post(Role.STREET_ADMIN, world.gucheng)

    with pytest.raises(Household.DoesNotExist):
        households.assign_duty(
            actor=stranger, household_id=household.pk, user_id=worker.user_id, now=NOW
        )


# --- Reveal -----------------------------------------------------------------------------------


def test_a_reason_opens_for_thirty_minutes_and_the_trail_keeps_the_code_only(world, household):
    colleague = make_post(Role.COMMUNITY_WORKER, world.north)

    revealed = households.reveal(
        actor=colleague,
        household_id=household.pk,
        reason="COVER",
        note="李静休假，王秀英要送药",
        now=NOW,
    )

    assert revealed.until == NOW + dt.timedelta(minutes=30)
    assert Household.objects.seen_in_full(colleague, NOW).get() == household
    event = AuditEvent.objects.get()
    assert (event.action, event.reason_code) == ("household.reveal", "COVER")
    assert event.object_id == str(household.pk)
    assert "王秀英" not in told_by(event)


@pytest.mark.parametrize("role", [Role.DELEGATE, Role.CLERK, Role.DISTRICT_ADMIN, Role.AUDITOR])
def test_some_roles_cannot_reveal(world, household, role):
    with pytest.raises(PermissionDenied):
        households.reveal(
            actor=make_post(role, world.district),
            household_id=household.pk,
            reason="COVER",
            now=NOW,
        )


def test_a_reason_must_be_one_of_the_list(world, household):
    with pytest.raises(DomainError) as refused:
        households.reveal(
            actor=make_post(Role.COMMUNITY_WORKER, world.north),
            household_id=household.pk,
            reason="CURIOUS",
            now=NOW,
        )

    assert refused.value.field == "reason"


def test_nothing_outside_the_scope_is_revealed(world, household):
    with pytest.raises(Household.DoesNotExist):
        households.reveal(
            actor=make_post(Role.COMMUNITY_WORKER, world.south),
            household_id=household.pk,
            reason="COVER",
            now=NOW,
        )

    assert not Reveal.objects.exists()


# --- What lies in the database ------------------------------------------------------------------


def test_personal_text_is_ciphertext_in_the_database(worker, entry):
    entry = dataclasses.replace(entry, avoid="老伴去世别提", note="门铃坏了")
    households.register_household(actor=worker, entry=entry, now=NOW)

    with connection.cursor() as cursor:
        cursor.execute("SELECT avoid, note FROM contacts_household")
        texts = cursor.fetchone()
        cursor.execute("SELECT phone, phone_index, phone_tail_index FROM contacts_resident")
        phones = cursor.fetchone()

    assert all(text.startswith("t1.") for text in (*texts, phones[0]))
    stored = " ".join((*texts, *phones))
    for secret in ("老伴", "门铃", "13800131234"):
        assert secret not in stored


def test_a_new_number_moves_both_blind_indexes(worker, household):
    resident = make_resident(household, phone="13800131234")

    entry = ResidentEntry(id=resident.pk, name="王秀英", phone="13900005678")
    change(worker, household, residents=(entry,))

    resident.refresh_from_db()
    assert resident.phone_index == blind_index("139 0000 5678", purpose="resident.phone")
    assert resident.phone_tail_index == blind_index("5678", purpose="resident.phone_tail")


def test_the_dates_of_contact_follow_the_valid_visits(worker, household):
    def visit(days, **fields):
        return make_visit(
            household, post=worker, occurred_at=NOW - dt.timedelta(days=days), **fields
        )

    visit(40)
    visit(20, channel="PHONE")
    visit(10, result="NOT_HOME")
    wrong = visit(5, voided_at=NOW, voided_by=worker.user, void_reason="记错了门")

    assert (household.last_met_on, household.last_contact_on) == (
        TODAY - dt.timedelta(days=40),
        TODAY - dt.timedelta(days=20),
    )
    wrong.voided_at, wrong.voided_by, wrong.void_reason = None, None, ""
    wrong.save()
    contact_dates.refresh(household.pk)
    household.refresh_from_db()
    assert household.last_met_on == household.last_contact_on == TODAY - dt.timedelta(days=5)


def test_a_unit_without_places_registers_nothing(entry):
    with pytest.raises(DomainError):
        households.register_household(
            actor=make_post(Role.COMMUNITY_WORKER, make_organisation("EXTERNAL")),
            entry=entry,
            now=NOW,
        )


@pytest.mark.parametrize(
    ("told", "name", "field"),
    [
        ({"room": "502"}, '=HYPERLINK("http://evil","x")', "name"),
        ({"room": "502"}, "＠王秀英", "name"),
        ({"room": "502"}, "王\u202e秀英", "name"),
        ({"room": "=1+1"}, "王秀英", "room"),
        ({"room": "-1+1"}, "王秀英", "room"),
        ({"room": "502", "unit": "@3"}, "王秀英", "unit"),
    ],
)
def test_no_door_and_nobody_is_registered_under_a_formula(told, name, field):
    """The rule of the import holds at every door; a file opened elsewhere must not run it."""
    entry = HouseholdEntry(
        building_id=make_building().pk, residents=(ResidentEntry(name=name),), **told
    )

    with pytest.raises(DomainError) as refused:
        households.register_household(actor=None, entry=entry, now=NOW)

    assert refused.value.field == field


@pytest.mark.parametrize("is_new", [True, False])
def test_nobody_is_added_or_renamed_to_a_formula(household, is_new):
    resident = make_resident(household, name="王秀英")
    evil = ResidentEntry(name='=HYPERLINK("http://evil","x")', id=None if is_new else resident.pk)
    entry = HouseholdEntry(building_id=household.building_id, room="502", residents=(evil,))

    with pytest.raises(DomainError) as refused:
        households.edit_household(actor=None, household_id=household.pk, entry=entry, now=NOW)

    assert refused.value.field == "name"
    assert [one.name for one in household.residents.all()] == ["王秀英"]


def test_a_room_below_ground_may_open_with_a_minus():
    entry = HouseholdEntry(building_id=make_building().pk, room="-101")

    assert households.register_household(actor=None, entry=entry, now=NOW).room == "-101"
