"""回访: the only place that writes a ``FollowUp``, from the resident or from somebody who asked.

A verdict is never changed (a constraint keeps one per round). A merged grievance takes the verdict
of its own resident, on the round of the one that is handled (decision 0120).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction

from grievances.kinds import Grade, Party, State
from grievances.models import CallBack, FollowUp, Grievance
from grievances.parties import parties_of
from grievances.selectors.handlers import handlers_of
from grievances.selectors.verdicts import is_rateable, main_of, verdict_of
from grievances.services import links
from grievances.services.move_checks import ATTEMPTS, was_tried_enough
from grievances.services.moving import MoveEntry, apply, held
from grievances.workflow import BY_KEY
from portal.accounts.models import Post
from portal.audit.services import record
from portal.core.errors import DomainError

WORDS_LIMIT: Final = 500
_ASKED_BY: Final = frozenset({FollowUp.Way.PHONE, FollowUp.Way.DOOR, FollowUp.Way.PAPER})


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictEntry:
    """What the resident answered; nothing of it for an attempt that was not answered."""

    was_contacted: bool | None = None
    was_solved: bool | None = None
    grade: str = ""
    words: str = ""


@transaction.atomic
def rate_by_link(*, token: str, entry: VerdictEntry, now: dt.datetime) -> tuple[FollowUp, bool]:
    """Count what the holder of the link says; the second is False when one counts already.

    Raises ``DoesNotExist`` for a link that is not in force, ``DomainError``.
    """
    grievance = _held_by_link(token, now)
    if grievance.is_restricted or not is_rateable(grievance):
        raise DomainError("这件事还没有办完，办完以后再请您评价。")
    if (known := verdict_of(grievance)) is not None:
        return known, False
    _check(entry)
    made = _write(
        grievance, FollowUp.Way.LINK, FollowUp.Outcome.ANSWERED, entry, actor=None, now=now
    )
    return made, True


@transaction.atomic
def record_follow_up(
    *, actor: Post, number: str, way: str, outcome: str, entry: VerdictEntry, now: dt.datetime
) -> FollowUp:
    """Write down an attempt to hear the resident, with the verdict if there was an answer.

    Raises ``DoesNotExist`` outside the scope, ``PermissionDenied`` for who may not ask,
    ``DomainError``.
    """
    grievance = held_for_asking(actor, number, now=now)
    if way not in _ASKED_BY:
        raise DomainError("请选怎样问的。", field="way")
    if outcome not in FollowUp.Outcome.values:
        raise DomainError("请选结果。", field="outcome")
    if verdict_of(grievance) is not None:
        raise DomainError("诉求人已经评价过这一轮，不再登记。")
    if not is_rateable(grievance):
        raise DomainError("这件诉求还没有办理结果，不能回访。")
    if outcome == FollowUp.Outcome.ANSWERED:
        _check(entry)
    else:
        if main_of(grievance).state != State.CONCLUDED:
            raise DomainError("这一轮回访已经结束；只有诉求人的评价可以补记。", field="outcome")
        entry = VerdictEntry(words=_checked_words(entry.words))
    return _write(grievance, way, outcome, entry, actor=actor, now=now)


@transaction.atomic
def close_unreached(*, actor: Post, number: str, now: dt.datetime) -> Grievance:
    """End the asking as 未联系上 after enough attempts on different days; by the desk."""
    grievance = held_for_asking(actor, number, now=now)
    handlers = handlers_of(grievance, now=now)
    if Party.DESK not in parties_of(actor, grievance, handlers):
        raise PermissionDenied("回访由受理单位结束。")
    if grievance.state != State.CONCLUDED:
        raise DomainError("这件诉求现在不在回访。")
    if not was_tried_enough(grievance):
        raise DomainError(f"不同日子联系满{ATTEMPTS}次还没有联系上，才能结束回访。")
    _move(grievance, actor=actor, now=now)
    return grievance


@transaction.atomic
def ask_call_back(*, token: str, words: str, now: dt.datetime) -> tuple[CallBack, bool]:
    """Ask for a call; the second is False when one is open already.

    Raises ``DoesNotExist`` for a link that is not in force, ``DomainError``.
    """
    grievance = _held_by_link(token, now)
    if grievance.is_restricted:
        raise DomainError("请直接打您联系人的电话。")
    known = CallBack.objects.filter(grievance=grievance, done_at__isnull=True).first()
    if known is not None:
        return known, False
    made = CallBack.objects.create(grievance=grievance, asked_at=now, words=_checked_words(words))
    record(actor=None, action="grievance.call_back", obj=made, district_id=grievance.district_id)
    return made, True


@transaction.atomic
def called_back(*, actor: Post, number: str, now: dt.datetime) -> None:
    """Somebody rang whoever had asked for it. Raises ``DoesNotExist``, ``PermissionDenied``."""
    grievance = held(actor, number)
    if not parties_of(actor, grievance, handlers_of(grievance, now=now)):
        raise PermissionDenied("只有办理、联系、回访这件诉求的人能登记。")
    open_ones = CallBack.objects.filter(grievance=grievance, done_at__isnull=True)
    for one in open_ones:
        one.done_at, one.done_by = now, actor
        one.save(update_fields=["done_at", "done_by"])
        record(actor=actor, action="grievance.called_back", obj=one)


def held_for_asking(actor: Post, number: str, *, now: dt.datetime) -> Grievance:
    """The grievance, held, if the post may ask its resident. Raises as ``record_follow_up``."""
    grievance = held(actor, number)
    check_may_ask(actor, grievance, now=now)
    return grievance


def check_may_ask(actor: Post, grievance: Grievance, *, now: dt.datetime) -> None:
    """Refuse whose unit handles it or ever did (domain §6). Raises ``PermissionDenied``."""
    if Party.ASKER not in parties_of(actor, grievance, handlers_of(grievance, now=now)):
        raise PermissionDenied("回访由没有办理过这件诉求的人做。")


def _held_by_link(token: str, now: dt.datetime) -> Grievance:
    seen = links.resolve(token, now=now)
    if seen is None:
        raise Grievance.DoesNotExist
    found: Grievance = Grievance.objects.select_for_update(of=("self",)).get(pk=seen.pk)
    return found


def _check(entry: VerdictEntry) -> None:
    if entry.was_contacted is None:
        raise DomainError("请选有没有人联系过您。", field="was_contacted")
    if entry.was_solved is None:
        raise DomainError("请选事情解决了没有。", field="was_solved")
    if entry.grade not in Grade.values:
        raise DomainError("请选一个评价。", field="grade")
    _checked_words(entry.words)


def _checked_words(words: str) -> str:
    if len(words) > WORDS_LIMIT:
        raise DomainError(f"最多写{WORDS_LIMIT}字。", field="words")
    return words.strip()


def _write(
    grievance: Grievance,
    way: str,
    outcome: str,
    entry: VerdictEntry,
    *,
    actor: Post | None,
    now: dt.datetime,
) -> FollowUp:
    """The row, its trail, and the move where it ends the asking; the grievance is held."""
    made = FollowUp.objects.create(
        grievance=grievance,
        round=main_of(grievance).round,
        way=way,
        outcome=outcome,
        was_contacted=entry.was_contacted,
        was_solved=entry.was_solved,
        grade=entry.grade,
        words=entry.words.strip(),
        at=now,
        by=actor,
    )
    record(actor=actor, action="grievance.follow_up", obj=made, district_id=grievance.district_id)
    if outcome != FollowUp.Outcome.NO_ANSWER and grievance.state == State.CONCLUDED:
        _move(grievance, actor=actor, now=now)
    return made


def _move(grievance: Grievance, *, actor: Post | None, now: dt.datetime) -> None:
    unit = actor.organisation_id if actor else None
    apply(grievance, BY_KEY["follow_up"], MoveEntry(), actor=actor, unit_id=unit, now=now)
