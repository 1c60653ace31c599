"""What the database itself never lets happen to a household."""

import datetime as dt

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from contacts.models import CareCategory, Household, HouseholdCare, HouseholdDuty, Resident
from contacts.services import care_catalogue
from portal.core.errors import DomainError
from tests.factories.accounts import make_user
from tests.factories.contacts import (
    make_building,
    make_care,
    make_category,
    make_duty,
    make_household,
    make_resident,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

DAY = dt.date(2026, 11, 22)
EVE = DAY - dt.timedelta(days=1)


def refuses(change):
    with pytest.raises(IntegrityError), transaction.atomic():
        change()


@pytest.mark.parametrize(
    "bad",
    [
        {"door_wish": "MAYBE"},
        {"door_wish": "PHONE", "door_wish_reason": ""},
    ],
)
def test_an_impossible_household_is_refused(bad):
    household = make_household()

    refuses(lambda: Household.objects.filter(pk=household.pk).update(**bad))


def test_a_door_is_in_use_once():
    building = make_building()
    make_household(building, unit="1", room="101")

    refuses(lambda: make_household(building, unit="1", room="101"))
    make_household(building, unit="2", room="101")
    make_household(building, unit="1", room="101", ended_on=DAY)


def test_one_person_is_rung_first():
    household = make_household()
    make_resident(household, is_contact=True)

    refuses(lambda: make_resident(household, is_contact=True))
    make_resident(household, is_contact=True, left_on=DAY)


@pytest.mark.parametrize("year", [1899, 2101])
def test_a_birth_year_is_a_year(year):
    resident = make_resident()

    refuses(lambda: Resident.objects.filter(pk=resident.pk).update(birth_year=year))


def test_a_category_runs_once_at_a_time_and_not_backwards():
    household, category = make_household(), make_category()
    care = make_care(household, category, since=DAY)

    refuses(lambda: make_care(household, category, since=DAY))
    refuses(lambda: HouseholdCare.objects.filter(pk=care.pk).update(until=EVE))


def test_one_person_is_responsible_at_a_time_and_not_backwards():
    household = make_household()
    duty = make_duty(household, make_user(), since=DAY)

    refuses(lambda: make_duty(household, make_user(), since=DAY))
    refuses(lambda: HouseholdDuty.objects.filter(pk=duty.pk).update(until=EVE))


# --- The catalogue of care categories -----------------------------------------------------------


def test_the_shipped_catalogue_names_a_basis_for_each_and_loads_twice_alike():
    rows = care_catalogue.read()

    first = care_catalogue.load(rows, today=DAY)
    second = care_catalogue.load(rows, today=DAY)

    assert (first.created, second.created, second.changed, second.retired) == (len(rows), 0, 0, 0)
    assert all("〔" in c.basis or "《" in c.basis for c in CareCategory.objects.all())
    hardship = CareCategory.objects.filter(is_hardship=True).values_list("code", flat=True)
    assert {"DIBAO", "DIBAO_EDGE", "RIGID_SPENDING", "TEKUN"} <= set(hardship)


def test_the_catalogue_holds_nothing_of_police_party_faith_or_income():
    words = ("矫正", "刑", "毒", "上访", "党员", "民族", "宗教", "收入", "精神")

    names = [row["name"] for row in care_catalogue.read()]

    assert [name for name in names for word in words if word in name] == []


def test_what_a_file_leaves_out_is_retired_not_deleted_and_may_come_back():
    rows = care_catalogue.read()
    care_catalogue.load(rows, today=DAY)
    household = make_household()
    make_care(household, CareCategory.objects.get(code=rows[0]["code"]))

    done = care_catalogue.load(rows[1:], today=DAY)

    assert done.retired == 1
    assert CareCategory.objects.get(code=rows[0]["code"]).valid_until == DAY
    assert household.cares.count() == 1
    assert care_catalogue.load(rows, today=DAY).changed == len(rows)
    assert not CareCategory.objects.exclude(valid_until=None).exists()


@pytest.mark.parametrize(
    "lines", ["X,某类,,0", "X,某类,依据,0\nX,另一类,依据,1"], ids=["no basis", "code twice"]
)
def test_a_file_that_is_no_catalogue_is_refused_whole(tmp_path, lines):
    path = tmp_path / "categories.csv"
    path.write_text(f"code,name,basis,is_hardship\n{lines}\n", encoding="utf-8")

    with pytest.raises(DomainError):
        care_catalogue.read(path)


def test_the_command_says_what_it_changed_and_may_run_again(capsys, tmp_path):
    call_command("load_care_categories")
    call_command("load_care_categories")

    assert "12 new" in capsys.readouterr().out.splitlines()[0]
    bad = tmp_path / "bad.csv"
    bad.write_text("code,name,basis,is_hardship\nX,,,\n", encoding="utf-8")
    with pytest.raises(CommandError):
        call_command("load_care_categories", str(bad))
