"""Units of our own, and the tree they hang in."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation, Post
from portal.accounts.roles import Role
from portal.accounts.services.organisations import (
    NewOrganisation,
    create_organisation,
    create_several,
    end_organisation,
    move_organisation,
    rename_organisation,
    reopen_organisation,
)
from portal.accounts.services.people import NewPost, grant_post
from portal.accounts.unit_names import expand
from portal.audit.models import AuditEvent
from portal.core.errors import DomainError
from tests.factories.accounts import make_organisation, make_post, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
DAY = dt.date(2026, 1, 5)


def make(kind, parent, name="一号", code="", actor=None):
    entry = NewOrganisation(kind=kind, name=name, parent=parent, valid_from=DAY, code=code)
    return create_organisation(actor=actor, entry=entry)


def test_a_building_is_coded_below_its_community(world):
    made = make(OrganisationKind.BUILDING, world.grid, "99号楼", code="B099")

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


@pytest.mark.parametrize(
    ("role", "place"),
    [
        (Role.SYSTEM_ADMIN, "district"),
        (Role.DISTRICT_ADMIN, "district"),
        (Role.STREET_ADMIN, "bajiao"),
    ],
)
def test_administrators_change_the_tree_below_their_unit_and_only_there(world, role, place):
    actor = make_post(role, getattr(world, place))
    assert make(OrganisationKind.GRID, world.north, "第二网格", actor=actor)
    rename_organisation(actor=actor, organisation=world.grid, name="甲网格", on=DAY)

    away = make_post(role, world.gucheng if role == Role.STREET_ADMIN else world.other_district)
    for change in (
        lambda: make(OrganisationKind.GRID, world.north, "第三网格", actor=away),
        lambda: rename_organisation(actor=away, organisation=world.grid, name="乙", on=DAY),
        lambda: end_organisation(actor=away, organisation=world.section, on=DAY),
    ):
        with pytest.raises(Organisation.DoesNotExist):
            change()
    # Moving takes reach over both ends.
    with pytest.raises(Organisation.DoesNotExist):
        move_organisation(actor=away, organisation=world.building, parent=world.north)
    street = make_organisation(OrganisationKind.STREET, parent=world.other_district)
    far = make_organisation(OrganisationKind.COMMUNITY, parent=street)
    with pytest.raises(Organisation.DoesNotExist):
        move_organisation(actor=actor, organisation=world.building, parent=far)


@pytest.mark.parametrize(
    "role", set(Role) - {Role.SYSTEM_ADMIN, Role.DISTRICT_ADMIN, Role.STREET_ADMIN}
)
def test_nobody_else_changes_the_tree(world, role):
    with pytest.raises(PermissionDenied):
        make(OrganisationKind.GRID, world.north, actor=make_post(role, world.district))


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.DISTRICT_ADMIN, Role.STREET_ADMIN])
def test_national_places_change_by_import_only(world, role):
    actor = make_post(role, world.bajiao if role == Role.STREET_ADMIN else world.district)
    for unit in (world.bajiao, world.north):
        for change in (
            lambda unit=unit: rename_organisation(
                actor=actor, organisation=unit, name="新名", on=DAY
            ),
            lambda unit=unit: end_organisation(actor=actor, organisation=unit, on=DAY),
            lambda unit=unit: move_organisation(
                actor=actor, organisation=unit, parent=world.bajiao
            ),
        ):
            with pytest.raises(DomainError, match="import_divisions"):
                change()
    with pytest.raises(DomainError):
        make(OrganisationKind.COMMUNITY, world.bajiao, actor=actor)


def test_several_buildings_are_made_by_a_pattern_all_or_none(world):
    actor = make_post(Role.STREET_ADMIN, world.bajiao)

    made = several(actor, "21号楼…23号楼、甲1号楼", world.grid)

    assert [unit.name for unit in made] == ["21号楼", "22号楼", "23号楼", "甲1号楼"]
    assert [unit.code[-4:] for unit in made] == ["B013", "B014", "B015", "B016"]
    before = Organisation.objects.count()
    for names in ("23号楼…30号楼", "", "A1…B3", "9号楼…1号楼", "1…500号楼"):
        with pytest.raises(DomainError) as refused:
            several(actor, names, world.north)
        assert refused.value.field == "names"
    assert Organisation.objects.count() == before


def several(actor, names, parent):
    return create_several(
        actor=actor, kind=OrganisationKind.BUILDING, names=names, parent=parent, on=DAY
    )


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("1号楼…3号楼", ["1号楼", "2号楼", "3号楼"]),
        ("1-3号楼", ["1号楼", "2号楼", "3号楼"]),
        ("1号楼至2号楼，8号楼", ["1号楼", "2号楼", "8号楼"]),
        ("１号楼...２号楼", ["1号楼", "2号楼"]),
        ("第9栋—第10栋", ["第9栋", "第10栋"]),
        ("甲1号楼、甲1号楼", ["甲1号楼"]),
        ("16-1号楼", ["16-1号楼"]),
        ("A-1座", ["A-1座"]),
        (" ", []),
    ],
)
def test_what_a_pattern_of_names_means(text, names):
    assert expand(text) == names


def test_a_unit_in_use_is_not_ended_by_hand(world):
    actor = make_post(Role.STREET_ADMIN, world.bajiao)
    with pytest.raises(DomainError, match="下面还有1个"):
        end_organisation(actor=actor, organisation=world.grid, on=DAY)
    worker = make_post(Role.HANDLER, world.section)
    with pytest.raises(DomainError, match="1个岗位"):
        end_organisation(actor=actor, organisation=world.section, on=DAY)

    Post.objects.filter(pk=worker.pk).update(until=DAY)
    end_organisation(actor=actor, organisation=world.section, on=DAY)
    with pytest.raises(DomainError, match="已经停用"):
        make_post_there(actor, world.section)
    reopen_organisation(actor=actor, organisation=world.section)
    assert world.section in Organisation.objects.in_force(DAY)


def make_post_there(actor, unit):
    entry = NewPost(user=make_user(), organisation=unit, role=Role.HANDLER, since=DAY)
    return grant_post(actor=actor, entry=entry)


def test_a_name_is_used_once_in_its_place(world):
    with pytest.raises(DomainError) as refused:
        make(OrganisationKind.BUILDING, world.north, "12号楼")
    assert refused.value.field == "name"
    assert make(OrganisationKind.BUILDING, world.south, "12号楼")
    actor = make_post(Role.STREET_ADMIN, world.bajiao)
    for parent in (world.bajiao, world.grid, world.section):
        with pytest.raises(DomainError) as refused:
            move_organisation(actor=actor, organisation=world.building, parent=parent)
        assert refused.value.field == "parent"


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
