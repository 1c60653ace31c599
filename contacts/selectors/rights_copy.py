"""The copy of what is kept about one resident, for the resident (个人信息保护法 45)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from contacts.models import Household, HouseholdCare, Resident, Visit
from contacts.selectors.unit_words import Said, UnitWords
from contacts.selectors.words import VisitWords, texts_of
from portal.accounts.models import Post


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyVisit:
    on: dt.date
    kind: str
    channel: str
    result: str
    who: str
    text: str
    matters: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What is kept about one resident; other people in it are masked."""

    name: str
    facts: tuple[tuple[str, str], ...]
    others: int
    cares: tuple[tuple[str, dt.date, dt.date | None], ...]
    visits: tuple[CopyVisit, ...]


def residents_of(household: Household) -> list[tuple[int, str]]:
    """Whom a copy or an erasure may be about."""
    return list(household.residents.order_by("pk").values_list("pk", "name"))


def copy_of(*, post: Post, resident: Resident) -> Copy:
    """The sheet for ``resident``, of a household that the post sees in full."""
    household = resident.household
    visits = list(
        Visit.objects.visible_to(post)
        .filter(household=household)
        .select_related("author")
        .prefetch_related("matters")
        .order_by("occurred_at", "pk")
    )
    own = frozenset((resident.name, *resident.former_names))
    veil = VisitWords(
        visits, texts=(text for visit in visits for text in texts_of(visit)), plain=own
    )
    cares = HouseholdCare.objects.filter(household=household).select_related("category")
    return Copy(
        name=resident.name,
        facts=_facts(resident, household, own),
        others=household.residents.exclude(pk=resident.pk).count(),
        cares=tuple((care.category.name, care.since, care.until) for care in cares),
        visits=tuple(_copied(visit, veil) for visit in visits),
    )


def _facts(
    resident: Resident, household: Household, own: frozenset[str]
) -> tuple[tuple[str, str], ...]:
    """What is kept of the person; what is told of the household hides the others in it."""
    said = [
        Said(text, household.community_id, household.street_id)
        for text in (household.door_wish_reason, household.avoid, household.note)
    ]
    veil = UnitWords(said, plain=own)
    others = household.residents.exclude(pk=resident.pk).values_list("name", "former_names")
    near = [name for called, former in others for name in (called, *former)]
    reason, avoid, note = (veil.masked(one, near=near) for one in said)
    wish = household.get_door_wish_display()
    facts = (
        ("姓名", resident.name),
        ("曾用写法", "、".join(resident.former_names)),
        ("住址", f"{household.community.name} {household.building.name} {household.door}"),
        ("与户主关系", resident.get_relation_display()),
        ("出生年份", str(resident.birth_year or "")),
        ("电话", resident.phone),
        ("离开日期", str(resident.left_on or "")),
        ("上门意愿", f"{wish} {reason}".strip()),
        ("不要再问", avoid),
        ("备注", note),
    )
    return tuple((label, value) for label, value in facts if value)


def _copied(visit: Visit, veil: VisitWords) -> CopyVisit:
    return CopyVisit(
        on=visit.occurred_on,
        kind=visit.get_kind_display(),
        channel=visit.get_channel_display(),
        result=visit.result_words,
        who=visit.author.name,
        text=veil.masked(visit, visit.text),
        matters=tuple(
            (veil.masked(visit, matter.text), matter.state_words) for matter in visit.matters.all()
        ),
    )
