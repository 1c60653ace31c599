"""What a 下访 or 接访 has instead of a door: its place, who led it, whom it was with."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from contacts.models import ContactPoint, Household, Visit, VisitGuest
from contacts.selectors.visit_places import lead_posts, may_lead, units
from contacts.services.household_entries import clean_phone
from contacts.services.visit_entries import GuestEntry, VisitEntry, in_use_household
from portal.accounts.models import Organisation, Post
from portal.core.encryption import refresh_blind_indexes
from portal.core.errors import DomainError

MOST_GUESTS: Final = 20
NAME_LIMIT: Final = 40
PLACE_LIMIT: Final = 80
#: What the guests of each kind are called.
GUESTS: Final = {Visit.Kind.FIELD: "见到的人", Visit.Kind.RECEPTION: "来访人"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """The scope columns of a visit, and the words for its place."""

    district_id: int
    street_id: int
    community_id: int | None
    grid_id: int | None
    building_id: int | None
    household: Household | None = None
    point: ContactPoint | None = None
    place: str = ""


def locate(*, actor: Post, entry: VisitEntry, today: dt.date) -> Spot:
    """Where the entry is written down. Holds the row at which two forms at once meet."""
    if entry.kind == Visit.Kind.HOME:
        return _at_household(in_use_household(actor=actor, household_id=entry.household_id))
    # Without a door two forms at once meet at the post that writes them.
    list(Post.objects.filter(pk=actor.pk).select_for_update(no_key=True))
    point = _point(actor, entry, today)
    unit = point.organisation if point else _unit(actor, entry, today)
    ids = unit.scope_ids()
    if ids.district_id is None or ids.street_id is None:
        raise DomainError("请选到街道、社区或网格。", field="where")
    return Spot(
        district_id=ids.district_id,
        street_id=ids.street_id,
        community_id=ids.community_id,
        grid_id=unit.pk if unit.kind == Organisation.Kind.GRID else None,
        building_id=None,
        point=point,
        place=entry.place or unit.full_name,
    )


def _at_household(household: Household) -> Spot:
    return Spot(
        district_id=household.district_id,
        street_id=household.street_id,
        community_id=household.community_id,
        grid_id=household.grid_id,
        building_id=household.building_id,
        household=household,
    )


def _point(actor: Post, entry: VisitEntry, today: dt.date) -> ContactPoint | None:
    if entry.point_id is None:
        return None
    rows = ContactPoint.objects.visible_to(actor).select_related("organisation__community")
    point: ContactPoint | None = rows.filter(pk=entry.point_id).first()
    if point is None:
        raise DomainError("没有找到这个联系点，请重新选择。", field="where")
    if not point.in_force(today):
        raise DomainError("这个联系点已经结束，请改选单位。", field="where")
    return point


def _unit(actor: Post, entry: VisitEntry, today: dt.date) -> Organisation:
    rows = units(actor, today=today).select_related("community")
    unit: Organisation | None = rows.filter(pk=entry.unit_id or 0).first()
    if unit is None:
        raise DomainError("请在本岗位的范围内选一个单位。", field="where")
    return unit


def check_place(entry: VisitEntry, *, before: VisitEntry | None) -> None:
    """Refuse what no 下访 or 接访 can be; a 走访 has nothing of it."""
    if entry.kind == Visit.Kind.HOME:
        if entry.guests or entry.point_id or entry.place or entry.lead:
            raise DomainError("来访人、地点和带队的人只记在下访、接访里。")
        return
    if entry.household_id is not None or entry.met:
        words = f"下访、接访不记在一户名下，请在{_guests(entry)}里选住户。"
        raise DomainError(words, field="guests")
    if len(entry.place) > PLACE_LIMIT:
        raise DomainError(f"地点最多写{PLACE_LIMIT}字。", field="place")
    if entry.by_appointment and entry.kind != Visit.Kind.RECEPTION:
        raise DomainError("只有接访分定点和约访。", field="by_appointment")
    _check_promise(entry, before)


def _guests(entry: VisitEntry) -> str:
    return GUESTS[Visit.Kind(entry.kind)]


def _check_promise(entry: VisitEntry, before: VisitEntry | None) -> None:
    if not entry.promise:
        return
    homes = {guest.household_id for guest in entry.guests} - {None}
    if before is not None and before.promise:
        homes.add(before.promise_household_id)
    if not homes:
        words = f"请先在上面给一位{_guests(entry)}写上住在哪，和登记的住户对上。"
        everybody = "答应大家的事，请写在“下一步”里。"
        raise DomainError(f"承诺要记在一户名下才有人跟：{words}{everybody}", field="promise")
    if entry.promise_household_id not in homes:
        words = f"{_guests(entry)}来自几户，请选答应的是哪一户。"
        raise DomainError(words, field="promise_household")


def check_guests(actor: Post, entry: VisitEntry, *, before: VisitEntry | None) -> None:
    """Every guest has a name; a household only one that the post may know of."""
    if len(entry.guests) > MOST_GUESTS:
        raise DomainError(f"一次最多登记{MOST_GUESTS}位，多出的请另记一次。", field="guests")
    for guest in entry.guests:
        if not guest.name.strip() or len(guest.name) > NAME_LIMIT:
            raise DomainError(f"{_guests(entry)}要有称呼，如“王女士”。", field="guests")
        clean_phone(guest.phone)
    known = {guest.household_id for guest in before.guests} if before else set()
    homes = {guest.household_id for guest in entry.guests} - known
    new = {pk for pk in homes if pk is not None}
    found = Household.objects.visible_to(actor).in_use().filter(pk__in=new)
    if new and found.count() != len(new):
        words = f"有一位{_guests(entry)}的住户不在您的范围内，请重新选择。"
        raise DomainError(words, field="guests")


def lead_post(
    actor: Post, entry: VisitEntry, *, before: VisitEntry | None, spot: Spot, today: dt.date
) -> int | None:
    """Under which post it was led; None where nothing is to be written about it.

    Raises ``DomainError`` for somebody who may not lead a visit of this kind there.
    """
    if entry.kind == Visit.Kind.HOME or (before is not None and entry.lead == before.lead):
        return None
    if entry.lead == actor.user_id:
        if not may_lead(actor, entry.kind):
            raise DomainError("请选由谁带队或接待。", field="lead")
        return actor.pk
    posts = lead_posts(
        kind=entry.kind, street_id=spot.street_id, district_id=spot.district_id, today=today
    )
    found: int | None = (
        posts.filter(user_id=entry.lead).order_by("pk").values_list("pk", flat=True).first()
    )
    if found is None:
        who = "班子成员或代表委员" if entry.kind == Visit.Kind.RECEPTION else "班子成员或机关干部"
        raise DomainError(f"要选本街道在任的{who}。", field="lead")
    return found


def write_guests(visit: Visit, entries: tuple[GuestEntry, ...], *, is_new: bool = False) -> None:
    """Change, add and take away guests."""
    known = {} if is_new else {guest.pk: guest for guest in visit.guests.all()}
    kept = {entry.id for entry in entries if entry.id is not None}
    if not kept <= known.keys():
        raise DomainError("有一位来访人不在这次记录里，请刷新后重填。", field="guests")
    if gone := known.keys() - kept:
        visit.guests.filter(pk__in=gone).delete()
    for entry in entries:
        guest = known[entry.id] if entry.id is not None else VisitGuest(visit=visit)
        told = (entry.name.strip(), clean_phone(entry.phone), entry.household_id)
        if guest.pk and told == (guest.name, guest.phone, guest.household_id):
            continue
        guest.name, guest.phone, guest.household_id = told
        refresh_blind_indexes(guest)
        guest.save()
