"""Finding the building that a row of a list means, among those of the acting post's unit."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from contacts.models import Household
from contacts.selectors import duties
from contacts.selectors.household_doors import bare_building, compact
from contacts.services.household_import_rows import Told
from contacts.services.households import place_of
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation, Post
from portal.accounts.permissions import Permission
from portal.accounts.services.organisations import (
    NewOrganisation,
    create_organisation,
    new_row,
)
from portal.core.errors import DomainError

#: SECURITY: the same words for a place of somebody else and for one that does not exist.
NO_COMMUNITY: Final = "社区：您的单位里没有这个社区，请核对名称。"
NO_BUILDING: Final = "楼栋：名册里没有这栋楼。请核对社区和楼号，或先在单位里设好楼栋。"
_NO_NAME: Final = (
    "楼栋：这一格不像楼栋的名字，不自动建立。请写成“8号楼”这样；别的名字请先在单位里设好楼栋。"
)
_NO_GRID: Final = "网格：这个社区里没有这个网格，请核对名称。"
_SEVERAL: Final = "楼栋：有不止一栋楼叫这个名字，请补上社区、网格或小区。"
_SAY_COMMUNITY: Final = "社区：没有写。要自动建立楼栋，请写明是哪个社区。"
_NOBODY: Final = "走访责任人：没有这位同事，或他的岗位管不到这一户。请写账号或全名。"
_NAMESAKES: Final = "走访责任人：有同名的同事，请改写账号。"
#: SECURITY: names of buildings stand in clear; a column of people or numbers makes none.
_LONG_NUMBER: Final = re.compile(r"\d{7}")
_LIKE_A_BUILDING: Final = re.compile(r"[0-9A-Za-z一二三四五六七八九十甲乙丙丁]|[楼栋幢座院厦舍寓]$")
_COMMUNITY_WORDS: Final = ("社区居委会", "居委会", "社区", "村委会")


@dataclass(slots=True)
class Building:
    """A building that is there, or one that the import would make."""

    organisation: Organisation
    #: Not there when the run began: made by it, or still to be made.
    planned: bool = False
    #: username → user, and name → users, of those who may answer for its households.
    _by_username: dict[str, int] | None = None
    _by_name: dict[str, set[int]] = field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        return self.organisation.pk is None

    def responsible(self, told: str, *, today: dt.date) -> int:
        """The user whom ``told`` means. Raises ``DomainError``."""
        if self._by_username is None:
            self._load(today)
        if (user_id := (self._by_username or {}).get(told)) is not None:
            return user_id
        named = self._by_name.get(told, set())
        if len(named) > 1:
            raise DomainError(_NAMESAKES)
        if not named:
            raise DomainError(_NOBODY)
        return next(iter(named))

    def _load(self, today: dt.date) -> None:
        household = Household(**place_of(self.organisation))
        posts = duties.candidates(household, today=today)
        self._by_username, self._by_name = {}, defaultdict(set)
        for user_id, username, name in posts.values_list("user_id", "user__username", "user__name"):
            self._by_username[username] = user_id
            self._by_name[name].add(user_id)


class Key(NamedTuple):
    """A door: the building by identity, so that one that is still to be made has doors too."""

    building: int
    unit: str
    room: str


class Places:
    """The unit of the post as a list may name it; read once, kept up with what is made."""

    def __init__(self, post: Post, *, make: bool, today: dt.date) -> None:
        self._post = post
        self._make = make and post.may(Permission.MANAGE_ORGANISATIONS)
        self._today = today
        self._communities: dict[str, list[Organisation]] = defaultdict(list)
        self._grids: dict[tuple[int, str], Organisation] = {}
        self._buildings: dict[str, list[Building]] = defaultdict(list)
        self._read()

    def find(self, told: Told) -> Building:
        """The building of a row, one to be made if need be. Raises ``DomainError``."""
        community, grid, found = self._found(told)
        return found or self._new(told, community, grid)

    def known(self, told: Told) -> Organisation | None:
        """The building of a row if it was there from the start. Raises ``DomainError``."""
        _, _, found = self._found(told)
        return None if found is None or found.planned else found.organisation

    def _found(
        self, told: Told
    ) -> tuple[Organisation | None, Organisation | None, Building | None]:
        community = self._community(told.community)
        grid = self._grid(community, told.grid)
        found: list[Building] = []
        for key in _keys(told):
            candidates = self._buildings.get(key, ())
            found = [one for one in candidates if _lies_in(one, community, grid)]
            if found:
                break
        if len(found) > 1:
            raise DomainError(_SEVERAL)
        return community, grid, found[0] if found else None

    def write_new(self, buildings: list[Building]) -> None:
        """Make those of ``buildings`` that are not there yet, in the caller's transaction."""
        for one in buildings:
            if not one.is_new:
                continue
            planned = one.organisation
            if planned.parent is None:
                raise DomainError(_SAY_COMMUNITY)
            entry = NewOrganisation(
                kind=OrganisationKind.BUILDING,
                name=planned.name,
                parent=planned.parent,
                valid_from=self._today,
            )
            one.organisation = create_organisation(actor=self._post, entry=entry)

    def _read(self) -> None:
        kind = OrganisationKind
        wanted = (kind.COMMUNITY, kind.GRID, kind.BUILDING)
        rows = Organisation.objects.visible_to(self._post).in_force(self._today)
        for one in rows.filter(kind__in=wanted).select_related("parent", "community"):
            if one.kind == kind.COMMUNITY:
                self._communities[_bare_community(one.name)].append(one)
            elif one.kind == kind.GRID:
                self._grids[one.community_id or 0, compact(one.name)] = one
            else:
                self._buildings[bare_building(one.name)].append(Building(one))

    def _community(self, name: str) -> Organisation | None:
        """The one that is named, or the only one there is; None when that leaves it open."""
        if not name:
            every = [one for named in self._communities.values() for one in named]
            return every[0] if len(every) == 1 else None
        named = self._communities.get(_bare_community(name), [])
        if len(named) != 1:
            raise DomainError(NO_COMMUNITY)
        return named[0]

    def _grid(self, community: Organisation | None, name: str) -> Organisation | None:
        if not name or community is None:
            return None
        grid = self._grids.get((community.pk, compact(name)))
        if grid is None:
            raise DomainError(_NO_GRID)
        return grid

    def _new(
        self, told: Told, community: Organisation | None, grid: Organisation | None
    ) -> Building:
        if not self._make:
            raise DomainError(NO_BUILDING)
        if community is None:
            raise DomainError(_SAY_COMMUNITY)
        name = _name_of_new(told)
        if not _like_a_building(told.building):
            raise DomainError(_NO_NAME)
        kind = OrganisationKind.BUILDING
        building = Building(new_row(kind, "", name, grid or community, self._today), planned=True)
        self._buildings[bare_building(name)].append(building)
        return building


def _keys(told: Told) -> list[str]:
    """How the building may be called in the register: with its estate, else alone."""
    alone = bare_building(told.building)
    return [bare_building(f"{told.estate}{told.building}"), alone] if told.estate else [alone]


def _name_of_new(told: Told) -> str:
    """3 becomes 3号楼; whatever says more stays as it is written."""
    name = f"{told.building}号楼" if told.building.isdigit() else told.building
    return f"{told.estate} {name}" if told.estate else name


def _like_a_building(told: str) -> bool:
    plain = compact(told)
    return bool(_LIKE_A_BUILDING.search(plain)) and not _LONG_NUMBER.search(plain)


def _lies_in(one: Building, community: Organisation | None, grid: Organisation | None) -> bool:
    place = one.organisation
    if grid is not None and place.parent_id != grid.pk:
        return False
    return community is None or place.community_id == community.pk


def _bare_community(name: str) -> str:
    plain = compact(name)
    for word in _COMMUNITY_WORDS:
        plain = plain.removesuffix(word)
    return plain
