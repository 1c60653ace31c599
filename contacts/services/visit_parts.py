"""Writing the rows that belong to a visit, and saying what a change changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

from django.contrib.auth import get_user_model
from django.utils import timezone

from contacts import ports
from contacts.models import Matter, Promise, Resident, Visit, VisitPerson
from contacts.selectors.visit_choices import posts_along
from contacts.services.visit_entries import GuestEntry, MatterEntry, VisitEntry
from portal.accounts.models import Post
from portal.core.errors import DomainError
from portal.core.masking import mask_name, mask_phone

#: What an entry may change of a record, with the word that stands on screen.
LABELS: Final = {
    "occurred_at": "时间",
    "channel": "方式",
    "result": "结果",
    "met": "见到的人",
    "met_other": "还见到",
    "text": "情况",
    "matters": "反映的事",
    "next_step": "下一步",
    "next_step_on": "下一步日期",
    "promise": "答应的事",
    "promise_due": "答应的日期",
    "companions": "同行",
    "to_complete": "待补记",
    "place": "地点",
    "by_appointment": "约访",
    "lead": "带队的人",
    "guests": "来访人",
    "promise_household_id": "答应的住户",
}
_NOTHING: Final = "（空）"


def changed_fields(before: VisitEntry, after: VisitEntry) -> list[str]:
    return [name for name in LABELS if getattr(before, name) != getattr(after, name)]


def write_people(
    visit: Visit, entry: VisitEntry, *, lead_post: int | None, today: dt.date, is_new: bool = False
) -> None:
    """The access rows: who led, who wrote, who came along; those no longer named lose theirs.

    ``lead_post`` is given where somebody else leads than before.
    """
    lead = entry.lead or visit.author_id
    named = [lead, visit.author_id, *entry.companions]
    there = set() if is_new else _change_people(visit, named, lead, lead_post)
    new = [user_id for user_id in dict.fromkeys(named) if user_id not in there]
    known = {visit.author_id: visit.post_id} | ({lead: lead_post} if lead_post else {})
    along = set(new) - known.keys()
    posts = posts_along(visit=visit, user_ids=along, today=today) if along else {}
    posts |= known
    VisitPerson.objects.bulk_create(
        VisitPerson(
            visit=visit,
            user_id=user_id,
            post_id=posts[user_id],
            is_lead=user_id == lead,
            occurred_on=visit.occurred_on,
            street_id=visit.street_id,
        )
        for user_id in new
    )


def _change_people(visit: Visit, named: list[int], lead: int, lead_post: int | None) -> set[int]:
    """Bring the rows that are there up to date; user ids of those who stay."""
    visit.people.exclude(user_id__in=named).delete()
    visit.people.exclude(occurred_on=visit.occurred_on).update(occurred_on=visit.occurred_on)
    if lead_post is not None:
        visit.people.filter(is_lead=True).exclude(user_id=lead).update(is_lead=False)
        visit.people.filter(user_id=lead).update(is_lead=True, post_id=lead_post)
    return set(visit.people.values_list("user_id", flat=True))


def write_matters(
    visit: Visit,
    entries: tuple[MatterEntry, ...],
    *,
    actor: Post,
    now: dt.datetime,
    is_new: bool = False,
) -> list[Matter]:
    """Change, add and take away matters; what has become a grievance stays as it is.

    All that the visit has now, those that were added last.
    """
    known = {} if is_new else {matter.pk: matter for matter in visit.matters.all()}
    kept = {entry.id for entry in entries if entry.id is not None}
    if not kept <= known.keys():
        raise DomainError("有一件事不在这次走访里，请刷新后重填。", field="matters")
    for matter in known.values():
        if matter.pk not in kept:
            _refuse_if_grievance(matter)
            matter.delete()
    position = max((matter.position for matter in known.values()), default=0)
    for entry in entries:
        if entry.id is not None:
            _change_matter(known[entry.id], entry, actor=actor, now=now)
    added = Matter.objects.bulk_create(
        Matter(visit=visit, position=position + number, text=entry.text, outcome=entry.outcome)
        for number, entry in enumerate((one for one in entries if one.id is None), start=1)
    )
    for matter in added:
        _escalate(matter, actor=actor, now=now)
    return [*(known[pk] for pk in known if pk in kept), *added]


def _change_matter(matter: Matter, entry: MatterEntry, *, actor: Post, now: dt.datetime) -> None:
    if (matter.text, matter.outcome) == (entry.text, entry.outcome):
        return
    _refuse_if_grievance(matter)
    matter.text, matter.outcome = entry.text, entry.outcome
    matter.save(update_fields=["text", "outcome"])
    _escalate(matter, actor=actor, now=now)


def _refuse_if_grievance(matter: Matter) -> None:
    if matter.grievance_number:
        raise DomainError(
            f"“{matter.text[:12]}”已转为诉求 {matter.grievance_number}，请到诉求里更改。",
            field="matters",
        )


def _escalate(matter: Matter, *, actor: Post, now: dt.datetime) -> None:
    """转为诉求, in this transaction; without a grievance desk the matter stays waiting."""
    if not matter.is_waiting:
        return
    number = ports.escalate.implementation(matter=matter, actor=actor, now=now)
    if number:
        matter.grievance_number = number
        matter.save(update_fields=["grievance_number"])


def write_promise(visit: Visit, entry: VisitEntry, *, is_new: bool = False) -> None:
    """The one promise of a visit. A kept one is history and stays."""
    # Read again and held: whoever says "kept" meanwhile is not overwritten.
    rows = visit.promises.select_for_update(of=("self",)).order_by("pk")
    promise = None if is_new else rows.first()
    wanted = (entry.promise, entry.promise_due)
    same_home = promise is not None and promise.household_id == (
        entry.household_id or entry.promise_household_id
    )
    if promise is not None and same_home and (promise.text, promise.due_on) == wanted:
        return
    if promise is not None and promise.kept_on is not None:
        raise DomainError("答应的事已经兑现，不能再改。", field="promise")
    if not entry.promise or entry.promise_due is None:
        if promise is not None:
            promise.delete()
        return
    household_id = entry.household_id or entry.promise_household_id
    promise = promise or Promise(visit=visit)
    promise.text, promise.due_on = entry.promise, entry.promise_due
    promise.household_id = household_id or 0
    promise.save()


def shown(entry: VisitEntry, fields: list[str]) -> dict[str, str]:
    """Those fields as words on screen: what an amendment keeps of the time before."""
    return {LABELS[name]: _shown(entry, name) or _NOTHING for name in fields}


def _shown(entry: VisitEntry, name: str) -> str:
    value = getattr(entry, name)
    special: dict[str, Callable[[], str]] = {
        "occurred_at": lambda: f"{timezone.localtime(entry.occurred_at):%Y-%m-%d %H:%M}",
        "channel": lambda: Visit.Channel(entry.channel).label,
        "result": lambda: Visit.Result(entry.result).label,
        "to_complete": lambda: "是" if entry.to_complete else "否",
        "matters": lambda: _shown_matters(entry.matters),
        "met": lambda: _names(Resident, entry.met),
        "companions": lambda: _names(get_user_model(), entry.companions),
        "lead": lambda: _names(get_user_model(), (entry.lead,) if entry.lead else ()),
        "by_appointment": lambda: "是" if entry.by_appointment else "否",
        # SECURITY: kept in the clear, so never in full; the household speaks for itself.
        "guests": lambda: "、".join(_shown_guest(guest) for guest in entry.guests),
        "promise_household_id": lambda: "另一户" if entry.promise_household_id else "",
    }
    if name in special:
        return special[name]()
    return "" if value is None else str(value)


def _shown_guest(guest: GuestEntry) -> str:
    phone = f"（{mask_phone(guest.phone)}）" if guest.phone else ""
    return f"{mask_name(guest.name)}{phone}"


def _shown_matters(matters: tuple[MatterEntry, ...]) -> str:
    return "；".join(
        f"{number}. {matter.text}（{Matter.Outcome(matter.outcome).label}）"
        for number, matter in enumerate(matters, start=1)
    )


def _names(model: type, ids: tuple[int, ...]) -> str:
    rows = model.objects.filter(pk__in=ids).order_by("pk")  # type: ignore[attr-defined]
    return "、".join(rows.values_list("name", flat=True))
