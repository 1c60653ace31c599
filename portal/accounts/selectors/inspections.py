"""督查授权 as a page shows them: state in words, and what the acting post may do with each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from portal.accounts.models import Inspection, Organisation, Post
from portal.accounts.models.inspections import State
from portal.accounts.permissions import Permission
from portal.accounts.ports import Spoken, hide_people
from portal.accounts.querysets import InspectionQuerySet
from portal.accounts.roles import Role

ORDER = ("-asked_at", "-pk")
_TONES = {State.IN_FORCE: "good", State.ASKED: "due"}


@dataclass(frozen=True, slots=True)
class InspectionLine:
    """One case; ``title`` is what it is about, with people hidden: use it, not the row's own."""

    inspection: Inspection
    title: str
    state: str
    tone: str
    may_decide: bool
    may_close: bool
    is_open: bool


def inspections(post: Post) -> InspectionQuerySet:
    rows: InspectionQuerySet = Inspection.objects.visible_to(post)
    return rows.select_related(
        "post__user", "organisation__street", "organisation__community",
        "asked_by__user", "approved_by__user",
    )  # fmt: skip


def lines(*, post: Post, rows: Iterable[Inspection], today: dt.date) -> list[InspectionLine]:
    found = list(rows)
    titles = titles_of(found)
    return [_line(post, row, title, today) for row, title in zip(found, titles, strict=True)]


def titles_of(rows: Sequence[Inspection]) -> list[str]:
    """What each is about, with whoever of its unit is named and every number hidden; one query."""
    ids = [row.organisation.scope_ids() for row in rows]
    return hide_people(
        [
            Spoken(row.title, one.community_id, one.street_id)
            for row, one in zip(rows, ids, strict=True)
        ]
    )


def _line(post: Post, row: Inspection, title: str, today: dt.date) -> InspectionLine:
    state = row.state(today)
    lasts = state in {State.ASKED, State.APPROVED, State.IN_FORCE}
    decides = post.may(Permission.APPROVE_INSPECTION)
    return InspectionLine(
        inspection=row,
        title=title,
        state=str(state.label),
        tone=_TONES.get(state, ""),
        may_decide=decides
        and state == State.ASKED
        and post.user_id not in {row.asked_by.user_id, row.post.user_id},
        may_close=lasts and (decides or post.may(Permission.ASK_INSPECTION)),
        is_open=state == State.IN_FORCE,
    )


def cases_in_force(post: Post, *, today: dt.date) -> list[Inspection]:
    """What opens records to an inspector today, the first to end first; of others nothing."""
    rows = Inspection.objects.mandates(post, today)
    rows = rows.select_related("organisation__street", "organisation__community")
    return list(rows.order_by("until", "pk"))


def inspector_choices(*, post: Post, today: dt.date) -> list[tuple[int, str]]:
    """Inspectors in force in reach: 陈明（石景山区）."""
    rows = Post.objects.visible_to(post).in_force(today).filter(role=Role.INSPECTOR)
    rows = rows.exclude(user_id=post.user_id).with_places().select_related("user")
    return [(row.pk, f"{row.user.name}（{row.place}）") for row in rows.order_by("user__name")]


def place_choices(*, post: Post, today: dt.date) -> list[tuple[str, list[tuple[int, str]]]]:
    """Streets, each with its communities."""
    rows = Organisation.objects.visible_to(post).in_force(today)
    groups: dict[str, list[tuple[int, str]]] = {}
    for unit in (
        rows.filter(kind__in=["STREET", "COMMUNITY"]).select_related("street").order_by("path")
    ):
        street = unit.street or unit
        name = unit.name if unit.street else f"{unit.name}（全部）"
        groups.setdefault(street.name, []).append((unit.pk, name))
    return list(groups.items())
