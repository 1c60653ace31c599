"""The same list again after the register has moved on: nothing that was ended by hand comes back."""

import datetime as dt

import pytest
from django.utils import timezone

from contacts.models import Household, HouseholdCare, HouseholdMove, Resident
from contacts.services.household_ending import end_household
from contacts.services.households import edit_household
from contacts.services.merging import merge_households
from contacts.services.moving import MoveEntry, move_household
from portal.accounts.roles import Role
from tests.contacts.importing import HEADING, check, reasons, rejects, run
from tests.factories.accounts import make_post
from tests.factories.contacts import (
    as_entry,
    make_building,
    make_category,
    make_household,
    make_resident,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

MORE = (*HEADING, "关爱类别", "上门意愿")


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.JOB_FILES = tmp_path / "jobs"


@pytest.fixture
def leader(world):
    return make_post(Role.LEADER, world.north)


@pytest.fixture(autouse=True)
def alone(db):
    return make_category("独居老人", is_hardship=True)


def row(room="502", name="王秀英", care="", wish=""):
    return ["八角北里社区", "12号楼", "3", room, name, "", "", care, wish]


ROWS = [
    row("502", "王秀英", "独居老人", "不上门"),
    row("502", "李强"),
    row("503", "赵敏"),
    row("504", ""),
]


def home(room: str) -> Household:
    return Household.objects.in_use().get(room=room)


def register() -> list:
    models = (Household, Resident, HouseholdCare, HouseholdMove)
    return [list(model.objects.order_by("pk").values_list()) for model in models]


@pytest.fixture(params=[False, True], ids=["fill gaps", "the list wins"])
def again(request, leader):
    """Check and import the list once more; what its rows are answered. Nothing may change."""
    run(leader, ROWS, MORE)

    def again() -> dict[int, str]:
        before = register()
        checked = check(leader, ROWS, MORE, overwrite=request.param)
        done = run(leader, ROWS, MORE, overwrite=request.param)
        assert register() == before
        assert (checked.counts, reasons(checked)) == (done.counts, reasons(done))
        assert done.counts["overtaken"] == done.counts["bad"] == len(reasons(done))
        assert done.counts["new"] == done.counts["changed"] == 0
        for job in (checked, done):
            assert f"{len(reasons(job))} 行是名册里后来" in job.message or not reasons(job)
        return reasons(done)

    return again


def test_what_was_merged_stays_one(again, world):
    kept = make_household(world.building, unit="3", room="0502")
    make_resident(kept, name="王秀英")
    merge_households(actor=None, household_id=kept.pk, other_id=home("502").pk, now=timezone.now())

    told = again()

    assert set(told) == {2, 3}
    assert all("并入另一条登记" in words for words in told.values())
    assert "0502" not in str(told)


def test_what_was_taken_out_of_use_stays_out(again):
    for room in ("502", "503", "504"):
        end_household(
            actor=None,
            household_id=home(room).pk,
            ended_on=timezone.localdate(),
            reason="拆了",
            now=timezone.now(),
        )

    told = again()

    assert set(told) == {2, 3, 4, 5}
    assert all("停用" in words for words in told.values())
    assert told[5].startswith("室：")


def test_who_moves_in_afterwards_is_registered(again, leader):
    again()
    end_household(
        actor=None,
        household_id=home("503").pk,
        ended_on=timezone.localdate(),
        reason="搬走",
        now=timezone.now(),
    )

    job = run(leader, [*ROWS, row("503", "孙丽"), row("503", "")], MORE)

    assert (job.counts["new"], job.counts["same"], job.counts["repeated"]) == (1, 3, 1)
    assert set(reasons(job)) == {4}
    assert home("503").residents.get().name == "孙丽"


def test_who_moved_away_stays_away(again, world):
    other = make_building(world.north, name="8号楼")
    entry = MoveEntry(building_id=other.pk, room="9", moved_on=timezone.localdate())
    move_household(actor=None, household_id=home("503").pk, entry=entry, now=timezone.now())

    told = again()

    assert set(told) == {4}
    assert "从这个门牌迁出" in told[4]
    assert "8号楼" not in told[4]


def test_a_door_that_was_put_right_stays_right(again):
    wrong = home("503")
    entry = as_entry(wrong, room="1503")
    edit_household(actor=None, household_id=wrong.pk, entry=entry, now=timezone.now())

    told = again()

    assert set(told) == {4}
    assert "更正" in told[4]


def test_a_correction_is_no_move(leader, world):
    """Of one that moved last week and whose door is put right today."""
    run(leader, ROWS, MORE)
    wrong, other = home("503"), make_building(world.north, name="8号楼")
    entry = as_entry(wrong, room="1503")
    edit_household(actor=None, household_id=wrong.pk, entry=entry, now=timezone.now())
    edit_household(
        actor=None, household_id=wrong.pk, entry=as_entry(wrong, note="新"), now=timezone.now()
    )

    last_week = timezone.localdate() - dt.timedelta(days=7)
    entry = MoveEntry(building_id=other.pk, room="9", moved_on=last_week)
    move_household(actor=None, household_id=wrong.pk, entry=entry, now=timezone.now())

    assert set(HouseholdMove.objects.values_list("room", "was_wrong")) == {
        ("503", True),
        ("1503", False),
    }


def test_an_ended_category_stays_ended(again):
    household, today = home("502"), timezone.localdate()
    entry = as_entry(household, cares=())
    edit_household(actor=None, household_id=household.pk, entry=entry, now=timezone.now())

    assert again() == {
        2: f"关爱类别：名册里这一户的“独居老人”已于 {today} 结束，没有恢复。"
        "现在又有的，请在住户页登记。"
    }


def test_a_lifted_wish_is_not_brought_back_and_a_new_one_is_kept(leader):
    rows = [row("502", "王秀英", "", "不上门")]
    run(leader, rows, MORE)
    household, today = home("502"), timezone.localdate()
    lifted = as_entry(household, door_wish="NONE", door_wish_reason="")
    edit_household(actor=None, household_id=household.pk, entry=lifted, now=timezone.now())

    job = run(leader, rows, MORE, overwrite=True)

    assert f"已于 {today} 改回“可上门”" in reasons(job)[2]
    [back] = rejects(job)
    assert reasons(job)[2] in back.cells
    assert home("502").door_wish == "NONE"

    wished = as_entry(household, door_wish="PHONE", door_wish_reason="术后")
    edit_household(actor=None, household_id=household.pk, entry=wished, now=timezone.now())
    job = run(leader, rows, MORE)
    assert (job.counts["same"], reasons(job)) == (1, {})
    assert home("502").door_wish_reason == "术后"


def test_a_wish_that_was_never_lifted_fills_the_gap(leader):
    run(leader, [row("502", "王秀英")], MORE)

    run(leader, [row("502", "王秀英", "", "不上门")], MORE)

    assert home("502").door_wish == "PHONE"


def test_others_of_the_household_are_still_taken(leader):
    """A refused row stops no other of its door."""
    run(leader, ROWS, MORE)
    household = home("502")
    entry = as_entry(household, cares=())
    edit_household(actor=None, household_id=household.pk, entry=entry, now=timezone.now())

    job = run(leader, [*ROWS, row("502", "李小强")], MORE)

    assert job.counts["new"] == 1
    assert not household.cares.filter(until=None).exists()


def test_what_went_in_another_unit_is_not_spoken_of(leader, world):
    """Data that could leak: ended in another scope, behind a door that is this unit's now."""
    foreign = make_household(world.building, unit="3", room="601", ended_on=dt.date(2026, 1, 1))
    make_resident(foreign, name="周密")
    Household.objects.filter(pk=foreign.pk).update(
        community=world.gucheng_community, street=world.gucheng_community.street
    )

    job = run(leader, [row("601", "周密")], MORE)

    assert (job.counts["new"], reasons(job)) == (1, {})
