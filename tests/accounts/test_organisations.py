"""Units of our own, and the tree they hang in."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation
from portal.accounts.roles import Role
from portal.accounts.services.organisations import (
    NewOrganisation,
    create_organisation,
    end_organisation,
    move_organisation,
    rename_organisation,
)
from portal.audit.models import AuditEvent
from portal.core.errors import DomainError
from tests.factories.accounts import make_post

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
DAY = dt.date(2026, 1, 5)


def make(kind, parent, name="一号", code="", actor=None):
    entry = NewOrganisation(kind=kind, name=name, parent=parent, valid_from=DAY, code=code)
    return create_organisation(actor=actor, entry=entry)


def test_a_building_is_coded_below_its_community(world):
    made = make(OrganisationKind.BUILDING, world.grid, "12号楼", code="B099")

    assert made.code == "110107003015B099"
    assert made.path == f"{world.grid.path}110107003015B099/"
    assert (made.community, made.street, made.district) == (
        world.north, world.bajiao, world.district,
    )  # fmt: skip
    assert AuditEvent.objects.get(action="organisation.create").object_id == str(made.pk)


def test_numbers_go_on(world):
    assert make(OrganisationKind.BUILDING, world.north).code == "110107003015B013"
    assert make(OrganisationKind.GRID, world.south).code == "110107003016G01"
    assert make(OrganisationKind.SECTION, world.bajiao).code == "110107003S02"
    assert make(OrganisationKind.EXTERNAL, world.bajiao, "热力公司").community is None


@pytest.mark.parametrize(
    ("kind", "parent"),
    [
        (OrganisationKind.GRID, "bajiao"),
        (OrganisationKind.BUILDING, "district"),
        (OrganisationKind.SECTION, "north"),
        (OrganisationKind.STREET, "district"),
        (OrganisationKind.DEPARTMENT, "bajiao"),
    ],
)
def test_a_unit_hangs_only_where_its_kind_belongs(world, kind, parent):
    with pytest.raises(DomainError) as refused:
        make(kind, getattr(world, parent))

    assert refused.value.field == "parent"


def test_codes_and_names_are_checked(world):
    with pytest.raises(DomainError) as refused:
        make(OrganisationKind.BUILDING, world.north, code="B012")
    assert refused.value.field == "code"
    with pytest.raises(DomainError) as refused:
        make(OrganisationKind.BUILDING, world.north, name="  ")
    assert refused.value.field == "name"


def test_only_the_system_administrator_changes_the_tree_and_only_at_home(world):
    with pytest.raises(PermissionDenied):
        make(OrganisationKind.GRID, world.north, actor=make_post(Role.STREET_ADMIN, world.bajiao))
    elsewhere = make_post(Role.SYSTEM_ADMIN, world.other_district)
    with pytest.raises(Organisation.DoesNotExist):
        make(OrganisationKind.GRID, world.north, actor=elsewhere)

    assert make(
        OrganisationKind.GRID, world.north, actor=make_post(Role.SYSTEM_ADMIN, world.district)
    )


def test_a_unit_cannot_move_below_itself(world):
    with pytest.raises(DomainError):
        move_organisation(actor=None, organisation=world.north, parent=world.grid)


def test_a_rename_to_the_same_name_is_none(world):
    rename_organisation(actor=None, organisation=world.north, name=" 八角北里社区 ", on=DAY)

    assert not world.north.former_names.exists()


def test_an_ended_unit_is_in_force_until_the_day(world):
    end_organisation(actor=None, organisation=world.section, on=DAY)

    assert world.section in Organisation.objects.in_force(DAY - dt.timedelta(days=1))
    assert world.section not in Organisation.objects.in_force(DAY)


def test_everybody_sees_the_own_unit_and_what_lies_below(world):
    def seen(role, place):
        return set(Organisation.objects.visible_to(make_post(role, place)))

    assert seen(Role.DISTRICT_ADMIN, world.district) == set(Organisation.objects.all()) - {
        world.other_district
    }
    assert seen(Role.LEADER, world.bajiao) == {
        world.bajiao, world.north, world.south, world.grid, world.building, world.section,
    }  # fmt: skip
    assert seen(Role.COMMUNITY_WORKER, world.grid) == {world.grid, world.building}
    assert seen(Role.HANDLER, world.section) == {world.section}
    assert not Organisation.objects.visible_to(None).exists()


@pytest.mark.parametrize("bad", [{"kind": "PLANET"}, {"valid_until": dt.date(2019, 1, 1)}])
def test_the_database_refuses_impossible_units(world, bad):
    with pytest.raises(IntegrityError), transaction.atomic():
        Organisation.objects.filter(pk=world.north.pk).update(**bad)
