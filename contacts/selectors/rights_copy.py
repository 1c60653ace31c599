"""The copy of what is kept about one resident, for the resident (个人信息保护法 45).

It shows what erasing would reach (``contacts.selectors.kept``), wherever it was written: the sheet
is the resident's own, printed by who sees the household in full (decision 0088). Of what others
told elsewhere it has the sentences that name the resident. Everybody else in it is hidden: whoever a page of the same
place would hide, and whoever is registered anywhere, because the sheet leaves the house.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from contacts.models import (
    Household,
    HouseholdCare,
    Resident,
    Visit,
    VisitAmendment,
    VisitGuest,
)
from contacts.selectors.kept import Kept, Person, texts_in
from contacts.selectors.unit_words import Said, UnitWords
from contacts.selectors.words import VisitWords
from portal.accounts.models import Organisation
from portal.core.addressing import possible_names

_SENTENCE: Final = re.compile(r"[^。！？!?；;\n]+[。！？!?；;]?")
_PARTS: Final = ("matters", "promises", "amendments")

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyVisit:
    """A visit or reception of the resident's own; empty parts are left out of the sheet."""

    on: dt.date
    kind: str
    channel: str
    result: str
    who: str
    text: str
    #: 见到本人, 来访人 with the number, 地点, 还见到, 下一步, 作废原因: label and words.
    facts: Pairs
    #: What was raised and what became of it.
    matters: Pairs
    #: What was promised, and until when or since when kept.
    promises: Pairs
    #: What stood there before it was changed: label and words.
    before: Pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """Where else the resident is named: the day, what it is, whose, and the sentences."""

    on: dt.date
    kind: str
    place: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What is kept about one resident; other people in it are masked."""

    name: str
    facts: Pairs
    others: int
    cares: tuple[tuple[str, dt.date, dt.date | None], ...]
    visits: tuple[CopyVisit, ...]
    mentions: tuple[Mention, ...]


def residents_of(household: Household) -> list[tuple[int, str]]:
    """Whom a copy or an erasure may be about."""
    return list(household.residents.order_by("pk").values_list("pk", "name"))


def copy_of(resident: Resident) -> Copy:
    """The sheet for ``resident``, of a household that whoever asks sees in full."""
    household = resident.household
    kept = Kept(household, Person.of(resident))
    visits = tuple(_visits(kept, resident))
    cares = HouseholdCare.objects.filter(household=household).select_related("category")
    mentions = chain(_visit_mentions(kept), _unit_mentions(kept))
    return Copy(
        name=resident.name,
        facts=_facts(resident, kept),
        others=household.residents.exclude(pk=resident.pk).count(),
        cares=tuple((care.category.name, care.since, care.until) for care in cares),
        visits=visits,
        mentions=tuple(sorted(mentions, key=lambda one: (one.on, one.kind))),
    )


def _facts(resident: Resident, kept: Kept) -> Pairs:
    """What is kept of the person; what is told of the household hides the others in it."""
    household = kept.household
    said = [_said(one) for one in (household.door_wish_reason, household.avoid, household.note)]
    veil = UnitWords(said, plain=kept.person.names)
    others = household.residents.exclude(pk=resident.pk).values_list("name", "former_names")
    near = [name for called, former in others for name in (called, *former)]
    reason, avoid, note = (veil.masked(one, near=near) for one in said)
    return _told(
        ("姓名", resident.name),
        ("曾用写法", "、".join(resident.former_names)),
        ("住址", f"{household.community.name} {household.building.name} {household.door}"),
        ("与户主关系", resident.get_relation_display()),
        ("出生年份", str(resident.birth_year or "")),
        ("电话", resident.phone),
        ("首选联系人", "是" if resident.is_contact else ""),
        ("离开日期", str(resident.left_on or "")),
        ("上门意愿", f"{household.get_door_wish_display()} {reason}".strip()),
        ("不要再问", avoid),
        ("备注", note),
    )


def _said(text: str) -> Said:
    """With everybody who is registered anywhere known in it."""
    return Said(text, None, None)


class _Veil:
    """The texts of some visits and their parts, with all but the resident hidden."""

    def __init__(self, kept: Kept, visits: Iterable[Visit], texts: Iterable[str]) -> None:
        spoken, plain = list(texts), kept.person.names
        self._there = VisitWords(visits, texts=spoken, plain=plain)
        self._anywhere = UnitWords(map(_said, spoken), plain=plain)

    def masked(self, visit: Visit, text: str) -> str:
        return self._anywhere.masked(_said(self._there.masked(visit, text)))


def _told(*facts: tuple[str, str]) -> Pairs:
    return tuple((label, words) for label, words in facts if words)


# ---- the own visits and receptions ----


def _visits(kept: Kept, resident: Resident) -> Iterator[CopyVisit]:
    rows = list(
        kept.own_visits()
        .select_related("author")
        .prefetch_related(*_PARTS, "met")
        .order_by("occurred_at", "pk")
    )
    guests: dict[int, list[VisitGuest]] = {}
    for guest in kept.guests():
        guests.setdefault(guest.visit_id, []).append(guest)
    veil = _Veil(kept, rows, chain.from_iterable(map(_all_texts, rows)))
    for row in rows:
        yield _own_visit(row, resident, guests.get(row.pk, []), veil)


def _all_texts(visit: Visit) -> Iterator[str]:
    """Of the visit and its parts, which were read along."""
    yield from texts_in(visit)
    for part in _PARTS:
        for row in getattr(visit, part).all():
            yield from texts_in(row)


def _own_visit(
    visit: Visit, resident: Resident, guests: Iterable[VisitGuest], veil: _Veil
) -> CopyVisit:
    def read(text: str) -> str:
        return veil.masked(visit, text)

    step = read(visit.next_step)
    if step and visit.next_step_on:
        step = f"{step}（{visit.next_step_on}）"
    return CopyVisit(
        on=visit.occurred_on,
        kind=visit.get_kind_display(),
        channel=visit.get_channel_display(),
        result=visit.result_words,
        who=visit.author.name,
        text=read(visit.text),
        facts=_told(
            ("见到本人", "是" if resident in visit.met.all() else ""),
            *(("来访人", f"{guest.name} {guest.phone}".strip()) for guest in guests),
            ("地点", read(visit.place)),
            ("还见到", read(visit.met_other)),
            ("下一步", step),
            ("作废原因", read(visit.void_reason)),
        ),
        matters=tuple((read(one.text), one.state_words) for one in visit.matters.all()),
        promises=tuple(
            (read(one.text), f"{one.kept_on} 兑现" if one.kept_on else f"{one.due_on} 前")
            for one in visit.promises.all()
        ),
        before=tuple(chain.from_iterable(_before(one, read) for one in visit.amendments.all())),
    )


def _before(amendment: VisitAmendment, read: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    yield "更正原因", read(amendment.reason)
    for label, words in amendment.before.items():
        yield f"更正前的{label}", read(str(words))


# ---- where others name the resident ----


def _visit_mentions(kept: Kept) -> Iterator[Mention]:
    rows = list(kept.other_visits().select_related("community", "street").prefetch_related(*_PARTS))
    told = {row.pk: _sentences(_all_texts(row), kept.person) for row in rows}
    veil = _Veil(kept, rows, chain.from_iterable(told.values()))
    for row in rows:
        yield Mention(
            on=row.occurred_on,
            kind=row.get_kind_display(),
            place=row.place_words,
            sentences=tuple(veil.masked(row, text) for text in told[row.pk]),
        )


def _sentences(texts: Iterable[str], person: Person) -> tuple[str, ...]:
    """Those that name the person, each once: the rest is about somebody else."""
    found = chain.from_iterable(_SENTENCE.findall(text) for text in texts)
    return tuple(dict.fromkeys(one.strip() for one in found if person.named_in(one)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spoken:
    """What is told of a unit and names the resident, before it is masked."""

    on: dt.date
    kind: str
    unit: Organisation
    said: tuple[Said, ...]
    #: Others whom one expects in it.
    near: frozenset[str] = frozenset()


def _unit_mentions(kept: Kept) -> Iterator[Mention]:
    spoken = list(chain(_sessions(kept), _entries(kept), _points(kept), _teams(kept)))
    veil = UnitWords(chain.from_iterable(one.said for one in spoken), plain=kept.person.names)
    for one in spoken:
        yield Mention(
            on=one.on,
            kind=one.kind,
            place=one.unit.name,
            sentences=tuple(veil.masked(said, near=one.near) for said in one.said),
        )


def _naming(texts: Iterable[str], person: Person) -> tuple[Said, ...]:
    return tuple(map(_said, _sentences(texts, person)))


def _sessions(kept: Kept) -> Iterator[_Spoken]:
    for row in kept.sessions().select_related("community").prefetch_related("entries"):
        served = {one.served for one in row.entries.all()}
        yield _Spoken(
            on=row.held_on,
            kind="志愿服务",
            unit=row.community,
            said=_naming(texts_in(row), kept.person),
            near=frozenset(name for name in served if name in possible_names(name)),
        )


def _entries(kept: Kept) -> Iterator[_Spoken]:
    """Of whom a service was for the resident's own name, whoever else stands beside it."""
    for row in kept.entries().select_related("session__community"):
        session = row.session
        names = "、".join(kept.person.named_in(row.served))
        taken_back = "（已作废）" if row.voided_at or session.voided_at else ""
        yield _Spoken(
            on=session.held_on,
            kind=f"志愿服务：{row.get_item_display()}{taken_back}",
            unit=session.community,
            said=_naming([names], kept.person),
        )


def _points(kept: Kept) -> Iterator[_Spoken]:
    for row in kept.points().select_related("organisation"):
        said = _naming(texts_in(row), kept.person)
        yield _Spoken(on=row.since, kind="联系点说明", unit=row.organisation, said=said)


def _teams(kept: Kept) -> Iterator[_Spoken]:
    for row in kept.teams().select_related("community", "street"):
        unit = row.community or row.street
        said = _naming(texts_in(row), kept.person)
        yield _Spoken(on=row.since, kind="志愿队伍的服务内容", unit=unit, said=said)
