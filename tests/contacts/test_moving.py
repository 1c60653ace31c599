"""A household that moves keeps its past where it was; two records of one become one."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from contacts.models import (
    Household,
    HouseholdCare,
    HouseholdDuty,
    HouseholdMove,
    Promise,
    Resident,
    Visit,
)
from contacts.selectors.visit_rows import visit_rows
from contacts.services import looking
from contacts.services.households import NotSeenInFullError, reveal
from contacts.services.merging import GO_ALONG, merge_households
from contacts.services.moving import MoveEntry, move_household
from grievances.models import Grievance
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.core.errors import DomainError
from tests.factories.accounts import make_post, sign_in
from tests.factories.contacts import (
    make_building,
    make_care,
    make_category,
    make_duty,
    make_household,
    make_resident,
    make_visit,
)
from tests.trail import told_by

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

DAY = dt.timedelta(days=1)


def now():
    return timezone.now()


def today():
    return timezone.localdate()


@pytest.fixture
def admin(world):
    return make_post(Role.STREET_ADMIN, world.bajiao)


@pytest.fixture
def worker(world):
    return make_post(Role.COMMUNITY_WORKER, world.north)


@pytest.fixture
def household(world, worker, admin):
    found = make_household(world.building, worker=worker.user, unit="3", room="502")
    make_resident(found, name="王秀英")
    _open(admin, found)
    return found


def _open(admin, household):
    reveal(actor=admin, household_id=household.pk, reason="CHECK", now=now())


def move(admin, household, building, **changes):
    told = {"building_id": building.pk, "unit": "1", "room": "101", "moved_on": today()}
    return move_household(
        actor=admin, household_id=household.pk, entry=MoveEntry(**{**told, **changes}), now=now()
    )


def test_the_old_door_is_kept_and_visits_stay_where_they_were(admin, household, world, worker):
    visit = make_visit(household, post=worker)
    new = make_building(world.south)

    moved = move(admin, household, new)

    assert (moved.community_id, moved.building_id, moved.door) == (
        world.south.pk,
        new.pk,
        "1单元101室",
    )
    old = HouseholdMove.objects.get()
    assert (old.building_id, old.unit, old.room) == (world.building.pk, "3", "502")
    visit.refresh_from_db()
    assert (visit.community_id, visit.building_id) == (world.north.pk, world.building.pk)
    row = AuditEvent.objects.get(action="household.move")
    assert row.object_id == str(household.pk)
    assert "502" not in told_by(row)


def test_the_duty_stays_inside_the_community_and_ends_beyond_it(admin, household, world, worker):
    near = make_building(world.north)
    move(admin, household, near)
    assert HouseholdDuty.objects.in_force(today()).get().user_id == worker.user_id

    _open(admin, household)
    move(admin, household, make_building(world.south), room="102")
    assert not HouseholdDuty.objects.in_force(today()).exists()


def test_the_new_place_may_name_its_own_worker(admin, household, world):
    south = make_post(Role.COMMUNITY_WORKER, world.south)

    move(admin, household, make_building(world.south), responsible_id=south.user_id)

    assert HouseholdDuty.objects.in_force(today()).get().user_id == south.user_id


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"room": "502", "unit": "3单元", "here": True}, "没有搬"),
        ({"moved_on": dt.date(2999, 1, 1)}, "还没到"),
        ({"room": ""}, "必须填写"),
    ],
)
def test_what_is_no_move_is_refused(admin, household, world, changes, words):
    building = world.building if changes.pop("here", False) else make_building(world.north)
    with pytest.raises(DomainError, match=words):
        move(admin, household, building, **changes)
    assert not HouseholdMove.objects.exists()


def test_a_door_that_is_taken_is_refused(admin, household, world):
    taken = make_household(make_building(world.north), unit="1", room="101")
    with pytest.raises(DomainError, match="已经登记"):
        move(admin, household, taken.building)


def test_nobody_moves_what_is_masked_or_beyond_the_scope(admin, household, world, worker):
    masked = make_household(world.building)
    with pytest.raises(NotSeenInFullError):
        move(admin, masked, make_building(world.north))
    with pytest.raises(DomainError, match="本单位范围"):
        move(admin, household, make_building(world.gucheng_community))
    with pytest.raises(PermissionDenied):
        move(worker, household, make_building(world.north))
    with pytest.raises(Household.DoesNotExist):
        move(make_post(Role.STREET_ADMIN, world.gucheng), household, make_building(world.north))


def test_what_was_written_before_the_move_stays_masked_for_others(admin, household, world, worker):
    """In the old building the family is still a neighbour of what was written there."""
    neighbour = make_household(world.building)
    told = make_visit(neighbour, post=worker, text="楼上秀英家漏水，王大姐说会修。")
    own = make_visit(household, post=worker, text="秀英腿脚不便。")
    move(admin, household, make_building(world.south))

    reader = make_post(Role.STREET_ADMIN, world.bajiao)
    rows = visit_rows(post=reader, ids=[told.pk, own.pk], now=now())
    texts = " ".join(row.text for row in rows)

    assert "秀英" not in texts


@pytest.fixture
def twin(world, admin):
    """The same family, written down once more behind a door that was misread."""
    found = make_household(make_building(world.north), unit="3", room="205")
    make_resident(found, name="王秀英")
    _open(admin, found)
    return found


def merge(admin, kept, other):
    return merge_households(actor=admin, household_id=kept.pk, other_id=other.pk, now=now())


def test_the_kept_one_gets_people_cares_promises_and_history(admin, household, twin, worker):
    son = make_resident(twin, name="李明", phone="13900005678", is_contact=True)
    hardship = make_category("低保")
    make_care(twin, hardship, since=dt.date(2024, 1, 1))
    make_care(household, hardship, since=dt.date(2025, 1, 1))
    only = make_care(twin, make_category("独居"))
    visit = make_visit(twin, post=worker)
    visit.met.add(twin.residents.get(name="王秀英"))
    promise = Promise.objects.create(household=twin, visit=visit, text="送药", due_on=today())

    kept = merge(admin, household, twin)

    assert set(kept.residents.values_list("name", flat=True)) == {"王秀英", "李明"}
    son.refresh_from_db()
    assert son.is_contact
    assert kept.cares.get(category=hardship, until=None).since == dt.date(2024, 1, 1)
    only.refresh_from_db()
    assert only.household_id == kept.pk
    visit.refresh_from_db()
    promise.refresh_from_db()
    assert visit.household_id == promise.household_id == kept.pk
    assert visit.building_id == twin.building_id
    assert list(visit.met.all()) == list(kept.residents.filter(name="王秀英"))
    assert kept.last_met_on == visit.occurred_on
    twin.refresh_from_db()
    assert (twin.ended_on, twin.merged_into_id) == (today(), kept.pk)
    assert {"household.merge", "household.merged"} <= set(
        AuditEvent.objects.values_list("action", flat=True)
    )


def test_a_merge_knows_every_table_that_speaks_of_a_household():
    related = [
        one.related_model
        for one in Household._meta.get_fields(include_hidden=True)
        if one.auto_created and not one.concrete
    ]
    #: Grievances follow by a port: tests/grievances/test_households.py.
    by_their_own_rule = {Resident, HouseholdCare, HouseholdDuty, Household, Grievance}

    assert set(related) == {*GO_ALONG, *by_their_own_rule}


def test_a_door_visited_under_both_records_is_one_household_in_the_past(
    admin, household, twin, worker
):
    make_visit(household, post=worker)
    make_visit(twin, post=worker)

    def distinct():
        return Visit.objects.met_at_door().values("household").distinct().count()

    assert distinct() == 2
    merge(admin, household, twin)
    assert distinct() == 1


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        (("王秀英", "13800131234"), ("王秀英", "010-68871234"), True),
        (("王秀英", "13800131234"), ("王 秀英", ""), True),
        (("王秀英", "13800131234"), ("王秀英", "13800139999"), False),
        (("王秀英", "13800131234"), ("王秀芳", "13800131234"), False),
    ],
)
def test_the_same_name_and_last_digits_are_the_same_person(admin, world, one, two, same):
    first, second = make_household(world.building), make_household(world.building)
    make_resident(first, name=one[0], phone=one[1])
    make_resident(second, name=two[0], phone=two[1])
    _open(admin, first)
    _open(admin, second)

    kept = merge(admin, first, second)

    assert kept.residents.count() == (1 if same else 2)


def test_who_answers_for_the_kept_one_goes_on(admin, household, twin, worker, world):
    other = make_post(Role.COMMUNITY_WORKER, world.north)
    make_duty(twin, other.user)

    merge(admin, household, twin)

    assert HouseholdDuty.objects.in_force(today()).get().user_id == worker.user_id


def test_without_anybody_the_other_ones_worker_answers(admin, household, twin, world):
    HouseholdDuty.objects.all().delete()
    other = make_post(Role.COMMUNITY_WORKER, world.north)
    make_duty(twin, other.user)

    merge(admin, household, twin)

    duty = HouseholdDuty.objects.in_force(today()).get()
    assert (duty.user_id, duty.household_id) == (other.user_id, household.pk)


def test_a_wish_not_to_be_visited_holds_for_both(admin, household, twin):
    twin.door_wish, twin.door_wish_reason = "PHONE", "刚出院"
    twin.save()

    assert merge(admin, household, twin).wishes_phone(today())


def test_a_chain_of_merges_ends_in_one_step(admin, household, twin, world):
    third = make_household(world.building)
    _open(admin, third)
    merge(admin, twin, third)
    merge(admin, household, twin)

    third.refresh_from_db()
    assert third.merged_into_id == household.pk


def test_what_cannot_be_merged(admin, household, twin, world, worker):
    with pytest.raises(DomainError, match="同一条"):
        merge(admin, household, household)
    masked = make_household(world.building)
    with pytest.raises(NotSeenInFullError):
        merge(admin, household, masked)
    elsewhere = make_household(make_building(world.south))
    _open(admin, elsewhere)
    with pytest.raises(DomainError, match="同一社区"):
        merge(admin, household, elsewhere)
    with pytest.raises(PermissionDenied):
        merge(worker, household, twin)
    foreign = make_household(make_building(world.gucheng_community))
    with pytest.raises(Household.DoesNotExist):
        merge(admin, household, foreign)
    merge(admin, household, twin)
    with pytest.raises(DomainError, match="停用"):
        merge(admin, household, twin)


def test_the_pages_find_compare_and_merge(client, admin, household, twin):
    sign_in(client, admin)
    url = f"/contacts/households/{household.pk}/merge/"
    door = {"find": "1", "building": twin.building_id, "unit": "3", "room": "205室"}

    found = client.post(url, door)
    assert found.url == f"{url}?other={twin.pk}"
    page = client.get(found.url).content.decode()
    assert page.count("王秀英") >= 2
    assert "13800131234" not in page

    assert "先核对" in client.post(url, {"other": twin.pk}).content.decode()
    done = client.post(url, {"other": twin.pk, "sure": "on"})
    assert done.url == f"/contacts/households/{household.pk}/"
    assert client.get(f"/contacts/households/{twin.pk}/").url == done.url


def test_a_door_is_not_tied_to_a_masked_household_without_a_reason(client, world, household):
    """That the door is registered is told and traced; which household it is takes a reason."""
    admin = sign_in(client, make_post(Role.STREET_ADMIN, world.bajiao))
    masked = make_household(make_building(world.north), unit="2", room="909")
    make_resident(masked, name="赵淑芬")
    url = f"/contacts/households/{household.pk}/merge/"
    door = {"find": "1", "building": masked.building_id, "unit": "2", "room": "909"}

    there, empty = client.post(url, door), client.post(url, door | {"room": "910"})
    assert there.context["find_form"].errors.keys() == {"reason"}
    assert "已经登记过了" in there.text
    assert f"/contacts/households/{masked.pk}/" not in there.text
    assert "没有登记" in empty.text
    assert AuditEvent.objects.filter(action="household.find", actor_id=admin.user_id).count() == 2
    assert not AuditEvent.objects.filter(action="household.reveal", actor_id=admin.user_id).exists()

    found = client.post(url, door | {"reason": "CHECK"})
    assert found.url == f"{url}?other={masked.pk}"
    assert "赵淑芬" in client.get(found.url).text
    told = AuditEvent.objects.get(action="household.reveal", actor_id=admin.user_id)
    assert (told.object_id, told.reason_code) == (str(masked.pk), "CHECK")
    assert "没有登记" in client.post(url, door | {"room": "910", "reason": "CHECK"}).text


def people_rows():
    return {"people-TOTAL_FORMS": 0, "people-INITIAL_FORMS": 0}


@pytest.mark.parametrize("page", ["new", "edit", "merge", "move"])
def test_every_page_answers_a_door_alike_with_its_trace_and_its_limit(
    client, world, household, worker, monkeypatch, page
):
    monkeypatch.setattr(looking, "FINDS_AN_HOUR", 2)
    leader = sign_in(client, make_post(Role.LEADER, world.north))
    _open(leader, household)
    masked = make_household(world.building, worker=worker.user, unit="2", room="909")
    path = "new/" if page == "new" else f"{household.pk}/{page}/"
    asked = {
        "building": world.building.pk, "unit": "2", "room": "909", "door_wish": "NONE",
        "moved_on": str(today()), **people_rows(), **({"find": "1"} if page == "merge" else {}),
    }  # fmt: skip

    answers = [client.post(f"/contacts/households/{path}", asked).text for _ in range(3)]

    for answer in answers[:2]:
        assert f"这个门牌已经登记过了，走访责任人是{worker.user.name}" in answer
        assert f"/contacts/households/{masked.pk}/" not in answer
    assert "一小时内最多找人、问门牌 2 次" in answers[2]
    assert "已经登记过了" not in answers[2]
    rows = AuditEvent.objects.filter(action="household.find", post_id=leader.pk)
    assert [row.fields for row in rows] == [["room"]] * 2


def test_above_the_limit_a_free_door_reads_like_a_registered_one(
    client, world, household, monkeypatch
):
    monkeypatch.setattr(looking, "FINDS_AN_HOUR", 0)
    sign_in(client, make_post(Role.LEADER, world.north))
    door = {"building": world.building.pk, "unit": "2", "door_wish": "NONE", **people_rows()}
    make_household(world.building, unit="2", room="909")

    answers = [
        client.post("/contacts/households/new/", door | {"room": room}) for room in ("909", "910")
    ]

    assert answers[0].context["form"].errors == answers[1].context["form"].errors != {}
    assert not Household.objects.filter(room="910").exists()


def test_who_answers_is_told_in_the_own_community_only(client, world, household, worker):
    sign_in(client, make_post(Role.STREET_ADMIN, world.bajiao))
    make_household(world.building, worker=worker.user, unit="2", room="909")
    door = {"building": world.building.pk, "unit": "2", "room": "909", "door_wish": "NONE"}

    page = client.post("/contacts/households/new/", door | people_rows()).text

    assert "这个门牌已经登记过了，请联系所在社区核对" in page
    assert f"走访责任人是{worker.user.name}" not in page


def test_a_masked_record_shows_where_it_is_and_nobody(client, world, household):
    other_admin = sign_in(client, make_post(Role.STREET_ADMIN, world.bajiao))
    masked = make_household(world.building, room="909")
    make_resident(masked, name="赵淑芬")
    reveal(actor=other_admin, household_id=household.pk, reason="CHECK", now=now())

    page = client.get(f"/contacts/households/{household.pk}/merge/?other={masked.pk}")

    assert "赵淑芬" not in page.content.decode()
    assert "909室" not in page.content.decode()
    assert "合并，不能撤回" not in page.content.decode()


def test_the_page_moves(client, admin, household, world):
    sign_in(client, admin)
    new = make_building(world.north)
    told = {"building": new.pk, "unit": "2", "room": "301", "moved_on": str(today())}

    client.post(f"/contacts/households/{household.pk}/move/", told)

    household.refresh_from_db()
    assert household.building_id == new.pk
    assert Resident.objects.filter(household=household).exists()


def test_colleagues_of_the_own_community_are_offered_first(client, household, world):
    leader = sign_in(client, make_post(Role.LEADER, world.bajiao))
    _open(leader, household)
    officer = make_post(Role.OFFICER, world.section)
    south = make_post(Role.COMMUNITY_WORKER, world.south)
    grid = make_post(Role.COMMUNITY_WORKER, world.grid)

    page = client.get(f"/contacts/households/{household.pk}/move/")
    offered = [pk for pk, _ in page.context["form"].fields["responsible"].choices if pk]
    named = dict(page.context["form"].fields["responsible"].choices)

    own = {household.duties.get().user_id, grid.user_id}
    assert set(offered[:2]) == own
    assert {officer.user_id, south.user_id} <= set(offered[2:])
    assert f"（{world.north.name}第一网格 社区工作者）" in named[grid.user_id]

    page = client.get(f"/contacts/households/{household.pk}/duty/")
    nearest = [pk for pk, _ in page.context["form"].fields["user"].choices if pk]
    assert nearest.index(household.duties.get().user_id) < nearest.index(officer.user_id)
