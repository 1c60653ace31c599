"""A building that moves or changes its name: households follow, visits stay where they were."""

import datetime as dt

import pytest
from django.utils import timezone

from contacts.models import Household, Visit
from contacts.search import index_household
from portal.accounts.divisions import DivisionRow
from portal.accounts.kinds import OrganisationKind
from portal.accounts.roles import Role
from portal.accounts.services import organisations as units
from portal.accounts.services.divisions import import_divisions
from portal.core.errors import DomainError
from portal.search.models import SearchEntry
from tests.factories.accounts import make_organisation, make_post
from tests.factories.contacts import make_building, make_household, make_visit

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
SCOPE = ("district_id", "street_id", "community_id", "grid_id", "building_id")
DAY = dt.date(2026, 1, 5)


@pytest.fixture
def admin(world):
    return make_post(Role.STREET_ADMIN, world.bajiao)


@pytest.fixture
def household(world):
    household = make_household(world.building)
    index_household(household)
    return household


def scope(row):
    return tuple(type(row).objects.filter(pk=row.pk).values_list(*SCOPE).get())


def test_a_household_follows_its_building_into_another_grid(world, admin, household):
    visit = make_visit(household, post=make_post(Role.COMMUNITY_WORKER, world.grid))
    before = scope(visit)
    other = make_organisation(OrganisationKind.GRID, parent=world.north, name="第二网格")

    units.move_organisation(actor=admin, organisation=world.building, parent=other)

    assert scope(household) == (
        world.district.pk, world.bajiao.pk, world.north.pk, other.pk, world.building.pk,
    )  # fmt: skip
    assert scope(visit) == before


def test_it_follows_out_of_the_grid_and_into_another_community(world, admin, household):
    visit = make_visit(household, post=make_post(Role.COMMUNITY_WORKER, world.grid))
    before = scope(visit)
    worker_there = make_post(Role.COMMUNITY_WORKER, world.south)
    assert household not in Household.objects.visible_to(worker_there)

    units.move_organisation(actor=admin, organisation=world.building, parent=world.south)

    assert scope(household) == (
        world.district.pk, world.bajiao.pk, world.south.pk, None, world.building.pk,
    )  # fmt: skip
    assert scope(visit) == before
    assert household in Household.objects.visible_to(worker_there)
    # What was written in the old community is not the new one's to read.
    assert visit not in Visit.objects.visible_to(worker_there)
    entry = SearchEntry.objects.get(kind="household", object_id=household.pk)
    assert entry.community_id == world.south.pk


def test_a_moved_grid_takes_along_what_lies_in_it_and_nothing_else(world, admin, household):
    beside = make_household(make_building(world.north))
    before = scope(beside)

    units.move_organisation(actor=admin, organisation=world.grid, parent=world.south)

    assert scope(household)[2:4] == (world.south.pk, world.grid.pk)
    assert scope(beside) == before


def test_an_import_that_moves_a_community_moves_its_households(world, household):
    rows = [
        DivisionRow("110107", "石景山区", ""),
        DivisionRow("110107003", "八角街道", "110107"),
        DivisionRow("110107004", "古城街道", "110107"),
        DivisionRow("110107003015", "八角北里社区", "110107004"),
        DivisionRow("110107003016", "八角南里社区", "110107003"),
        DivisionRow("110107004001", "古城路社区", "110107004"),
    ]

    import_divisions(rows=rows, under="110107", on=DAY)

    assert scope(household)[1] == world.gucheng.pk


def test_a_household_is_found_by_the_new_name_of_its_building(world, admin, household):
    units.rename_organisation(
        actor=admin, organisation=world.building, name="建钢南里8号楼", on=DAY
    )

    entry = SearchEntry.objects.get(kind="household", object_id=household.pk)
    assert "建钢" in entry.tokens
    assert "12号楼" not in entry.tokens


def test_a_building_with_households_is_not_ended(world, admin, household):
    with pytest.raises(DomainError, match="1户住户"):
        units.end_organisation(actor=admin, organisation=world.building, on=DAY)

    household.ended_on = timezone.localdate()
    household.save()
    units.end_organisation(actor=admin, organisation=world.building, on=DAY)
    world.building.refresh_from_db()
    assert world.building.valid_until == DAY
