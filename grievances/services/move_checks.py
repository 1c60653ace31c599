"""What has to be said with a move: refused at its field, in words that say what to write."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from grievances.asks import Ask
from grievances.clocks.kinds import Step
from grievances.kinds import RESULTS, Regime, State
from grievances.models import FollowUp, Grievance, HandlerLink, Told
from grievances.selectors import due
from grievances.selectors.verdicts import has_bad_verdict, is_upheld
from grievances.workflow import Move, Needs
from portal.accounts.models import Post
from portal.core.errors import DomainError
from portal.core.periods import day_of

if TYPE_CHECKING:
    from grievances.services.moving import MoveEntry

REASON_LIMIT: Final = 500
REPLY_LIMIT: Final = 2000
WORDS_LIMIT: Final = 300
#: Days on which nobody was reached before the asking may end without an answer.
ATTEMPTS: Final = 3
_FARTHEST: Final = dt.timedelta(days=366)


def check_needs(
    grievance: Grievance, move: Move, entry: MoveEntry, *, actor: Post | None, now: dt.datetime
) -> None:
    """Refuse a move that says too little, too much, or what cannot be. Raises ``DomainError``."""
    check_said(grievance, move, move.needs, entry, now=now)
    special = _SPECIAL.get(move.key)
    if special is not None:
        special(grievance, entry, actor, now)


def check_said(
    grievance: Grievance,
    what: Move | Ask,
    needs: Iterable[Needs],
    entry: MoveEntry,
    *,
    now: dt.datetime,
) -> None:
    """Refuse words that are missing or too long; what only an ask knows is looked at there."""
    _check_lengths(entry)
    for need in needs:
        if (check := _NEEDS.get(need)) is not None:
            check(grievance, what, entry, now)


def _check_lengths(entry: MoveEntry) -> None:
    for field, value, limit in (
        ("reason", entry.reason, REASON_LIMIT),
        ("where", entry.where, REASON_LIMIT),
        ("reply", entry.reply, REPLY_LIMIT),
        ("basis", entry.basis, REPLY_LIMIT),
        ("public_words", entry.public_words, WORDS_LIMIT),
    ):
        if len(value) > limit:
            raise DomainError(f"最多写{limit}字。", field=field)


def _reason(_grievance: Grievance, what: Move | Ask, entry: MoveEntry, _now: dt.datetime) -> None:
    if not entry.reason.strip():
        says = what.says if isinstance(what, Ask) else f"“{what.label}”的理由"
        raise DomainError(f"请写明{says}。", field="reason")


def _lead(_grievance: Grievance, _what: Move | Ask, entry: MoveEntry, now: dt.datetime) -> None:
    if entry.lead_id is None:
        raise DomainError("请选主办单位。", field="lead_id")
    units = [each.unit_id for each in entry.co_handlers]
    if entry.lead_id in units or len(set(units)) < len(units):
        raise DomainError("同一单位只能选一次。", field="co_handlers")
    if any(each.due_on and each.due_on < day_of(now) for each in entry.co_handlers):
        raise DomainError("协办单位的期限不能早于今天。", field="co_handlers")


def _where(_grievance: Grievance, _what: Move | Ask, entry: MoveEntry, _now: dt.datetime) -> None:
    if not entry.where.strip():
        raise DomainError("请写明现在由谁管、怎么找，居民会看到。", field="where")


def _told(grievance: Grievance, _what: Move | Ask, entry: MoveEntry, _now: dt.datetime) -> None:
    if entry.told and entry.told not in Told.Channel.values:
        raise DomainError("请选怎样告知的。", field="told")
    if not grievance.is_restricted and not entry.public_words.strip():
        raise DomainError("请用大白话写给居民看的话。", field="public_words")


def _reply(_grievance: Grievance, what: Move | Ask, entry: MoveEntry, _now: dt.datetime) -> None:
    if not entry.reply.strip():
        says = what.says if isinstance(what, Ask) else "答复内容"
        raise DomainError(f"请写明{says}。", field="reply")


def _result(grievance: Grievance, _what: Move | Ask, entry: MoveEntry, _now: dt.datetime) -> None:
    if entry.result not in RESULTS[Regime(grievance.regime)]:
        raise DomainError("请选办理结果。", field="result")


def _day(_grievance: Grievance, _what: Move | Ask, entry: MoveEntry, now: dt.datetime) -> None:
    today = day_of(now)
    if entry.day is None:
        raise DomainError("请填日期。", field="day")
    if not today < entry.day <= today + _FARTHEST:
        raise DomainError("请填今天以后、一年以内的日期。", field="day")


def _other(grievance: Grievance, _what: Move | Ask, entry: MoveEntry, _now: dt.datetime) -> None:
    if not entry.other_number.strip() or entry.other_number.strip() == grievance.number:
        raise DomainError("请填要并入的另一件诉求的编号。", field="other_number")


def _verdict(grievance: Grievance, _what: Move | Ask, _entry: MoveEntry, _now: dt.datetime) -> None:
    # Written before by ``services.follow_ups``, which alone takes verdicts.
    rows = FollowUp.objects.filter(grievance=grievance, round=grievance.round)
    is_settled = rows.exclude(outcome=FollowUp.Outcome.NO_ANSWER).exists()
    if not is_settled and not was_tried_enough(grievance):
        raise DomainError("请登记回访结果。", field="outcome")


def was_tried_enough(grievance: Grievance) -> bool:
    """Whether nobody was reached on so many different days that the asking may end."""
    tried = FollowUp.objects.filter(
        grievance=grievance, round=grievance.round, outcome=FollowUp.Outcome.NO_ANSWER
    )
    return len({day_of(at) for at in tried.values_list("at", flat=True)}) >= ATTEMPTS


_NEEDS: Final = {
    Needs.REASON: _reason,
    Needs.LEAD: _lead,
    Needs.WHERE: _where,
    Needs.TOLD: _told,
    Needs.REPLY: _reply,
    Needs.RESULT: _result,
    Needs.DAY: _day,
    Needs.OTHER: _other,
    Needs.VERDICT: _verdict,
}


def _object_in_time(
    grievance: Grievance, _entry: MoveEntry, _actor: Post | None, now: dt.datetime
) -> None:
    """异议 within the days of the regime (信访工作条例 第23条: 5个工作日)."""
    limit = due.deadline_of(grievance, Step.OBJECT)
    if limit is not None and limit.at is not None and now > limit.at:
        raise DomainError(
            f"提出异议的期限（{day_of(limit.at)}）已过，请先签收，再与受理单位商量改派。",
            field="reason",
        )


def _not_by_whom_replied(
    grievance: Grievance, _entry: MoveEntry, actor: Post | None, _now: dt.datetime
) -> None:
    """Who wrote the reply (also by 代录) does not pass it."""
    last = grievance.opinions.filter(round=grievance.round).last()
    if last is not None and actor is not None and last.by_id == actor.pk:
        raise DomainError("答复是您录入的，请由另一人审核。")
    if last is not None and last.by_id is None and _gave_the_link(grievance, actor):
        raise DomainError("答复是用您给出的办理链接写的，请由另一人审核。")


def _gave_the_link(grievance: Grievance, actor: Post | None) -> bool:
    """Whether the post made a link of this round: whoever has made one could have used it."""
    made = HandlerLink.objects.filter(assignment__grievance=grievance, made_by=actor)
    return actor is not None and made.filter(assignment__round=grievance.round).exists()


def _reopen_once(
    grievance: Grievance, _entry: MoveEntry, actor: Post | None, _now: dt.datetime
) -> None:
    """重新办理: after a bad verdict, decided by somebody else than who passed the result, once."""
    if grievance.round > 1:
        raise DomainError("已经重新办理过一次；仍不满意的，请作出维持说明或列入联席会议。")
    if is_upheld(grievance):
        raise DomainError("已决定维持原办理结果。")
    if not has_bad_verdict(grievance):
        raise DomainError("诉求人没有表示不满意或未解决，不需要重新办理。")
    check_not_by_whom_concluded(grievance, actor)


def check_not_by_whom_concluded(grievance: Grievance, actor: Post | None) -> None:
    """Whoever passed the result does not decide about it. Raises ``DomainError``."""
    passed = grievance.events.filter(move="conclude", round=grievance.round).last()
    if passed is not None and actor is not None and passed.post_id == actor.pk:
        raise DomainError("办理结果是您审核的，请由另一人决定。")


def _file_settled(
    grievance: Grievance, _entry: MoveEntry, _actor: Post | None, _now: dt.datetime
) -> None:
    """A bad verdict is decided before the file closes: 重新办理 or 维持."""
    if has_bad_verdict(grievance) and not is_upheld(grievance):
        raise DomainError("诉求人不满意，请先由另一人决定“重新办理”或“维持”。")


def _petition_over(
    grievance: Grievance, _entry: MoveEntry, _actor: Post | None, now: dt.datetime
) -> None:
    """归档 of a PETITION: only when the time to ask for 复查 or 复核 has run out."""
    limit = due.deadline_of(grievance)
    if limit is not None and limit.at is not None and now <= limit.at:
        step = "复查" if grievance.state == State.OPINION else "复核"
        raise DomainError(f"诉求人在{day_of(limit.at)}前还可以请求{step}，之后才能归档。")


def _asked_in_time(
    grievance: Grievance, _entry: MoveEntry, _actor: Post | None, now: dt.datetime
) -> None:
    limit = due.deadline_of(grievance)
    if limit is not None and limit.at is not None and now > limit.at:
        raise DomainError(f"请求的期限（{day_of(limit.at)}）已过（{limit.article}）。")


_SPECIAL: Final = {
    "object": _object_in_time,
    "conclude": _not_by_whom_replied,
    "return": _not_by_whom_replied,
    "reopen": _reopen_once,
    "file": _file_settled,
    "file_petition": _petition_over,
    "ask_review": _asked_in_time,
    "ask_recheck": _asked_in_time,
}
