"""办理链接: made by the desk for one step of one unit, used once by somebody without an account.

SECURITY: looked up by digest; the token lies encrypted beside it for the desk that hands it out, and
stands in no log, trail or ``Referer`` (decision 0121).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction

from grievances.asks import ASK_BY_KEY
from grievances.kinds import Part, Party
from grievances.models import Assignment, Grievance, HandlerLink
from grievances.parties import parties_of
from grievances.selectors.handler_links import Step, is_in_force, step_due
from grievances.selectors.handlers import handlers_of
from grievances.services.asks import co_handling
from grievances.services.asks.extensions import request_extension
from grievances.services.events import add_event
from grievances.services.move_checks import REASON_LIMIT
from grievances.services.moving import MoveEntry, apply, held
from grievances.workflow import BY_KEY
from portal.accounts.models import Post
from portal.audit.services import record
from portal.core.errors import DomainError

#: 256 bit.
_BYTES: Final = 32
VALID_FOR: Final = dt.timedelta(days=14)
#: A form sent twice is answered like the first time for so long: the next link is on that answer.
SAME_SENDING: Final = dt.timedelta(minutes=10)
SIGN, OBJECT, REPLY, MORE_TIME = "sign", "object", "reply", "ask_extension"
#: What a link of a step may be used for.
DOES: Final[dict[str, frozenset[str]]] = {
    Step.SIGN: frozenset({SIGN, OBJECT}),
    Step.REPLY: frozenset({REPLY, MORE_TIME}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkEntry:
    """What was sent with a link: ``does`` is one of ``DOES`` of its step."""

    does: str
    reason: str = ""
    result: str = ""
    reply: str = ""
    public_words: str = ""
    #: Asked for, in the units of the running policy.
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Used:
    """What came of it, and the link of the next step, if the unit has one to do."""

    link: HandlerLink
    following: HandlerLink | None
    #: False: sent before, nothing was done again.
    is_new: bool


def find(token: str) -> HandlerLink | None:
    """The link of a token, whatever became of it; one look-up by digest."""
    found: HandlerLink | None = (
        HandlerLink.objects.filter(digest=_digest(token))
        .select_related(
            "assignment__unit",
            "assignment__grievance__street",
            "assignment__grievance__community",
            "assignment__grievance__building",
            "assignment__grievance__owner__user",
            "assignment__grievance__owner__organisation",
        )
        .first()
    )
    return found


@transaction.atomic
def make_link(*, actor: Post, number: str, assignment_id: int, now: dt.datetime) -> HandlerLink:
    """A link for the step that the unit has to do now; it ends one made before.

    Raises ``DoesNotExist`` outside the scope, ``PermissionDenied`` for who is not the desk,
    ``DomainError`` where a link can do nothing.
    """
    grievance = held_by_desk(actor, number, now=now)
    assignment = grievance.assignments.select_related("unit").get(pk=assignment_id)
    assignment.grievance = grievance
    if grievance.is_restricted:
        raise DomainError("封存的诉求不发办理链接，请当面交办。")
    step = step_due(assignment)
    if step is None:
        raise DomainError("这个单位现在没有用链接能办的事。")
    _revoke_open(assignment, now)
    made = _make(assignment, step, actor=actor, now=now)
    record(actor=actor, action="grievance.link_make", obj=grievance, reason=f"LINK_{step}")
    return made


@transaction.atomic
def revoke_link(*, actor: Post, number: str, assignment_id: int, now: dt.datetime) -> None:
    """End the open link of an assignment. Raises as ``make_link``."""
    grievance = held_by_desk(actor, number, now=now)
    assignment = grievance.assignments.get(pk=assignment_id)
    if _revoke_open(assignment, now):
        record(actor=actor, action="grievance.link_revoke", obj=grievance)


@transaction.atomic
def use_link(*, token: str, entry: LinkEntry, now: dt.datetime) -> Used:
    """Do once what the link is for. Sent again soon after, it answers as the first time.

    Raises ``HandlerLink.DoesNotExist`` for a link that is not in force, ``DomainError``.
    """
    seen = HandlerLink.objects.filter(digest=_digest(token)).values_list(
        "pk", "assignment__grievance_id"
    )
    pk, case = seen.get()
    grievance: Grievance = Grievance.objects.select_for_update(of=("self",)).get(pk=case)
    link = HandlerLink.objects.select_related("assignment__unit").get(pk=pk)
    link.assignment.grievance = grievance
    if link.used_at is not None and now - link.used_at <= SAME_SENDING:
        return Used(link, _following(link), is_new=False)
    if not is_in_force(link, now=now):
        raise HandlerLink.DoesNotExist
    if entry.does not in DOES[link.step]:
        raise DomainError("请选要办的事。", field="does")
    # The row decides, not what was read: on a database without row locks too.
    if not HandlerLink.objects.filter(pk=pk, used_at__isnull=True).update(used_at=now):
        return Used(link, _following(link), is_new=False)
    link.used_at = now
    _DO[entry.does](link.assignment, entry, now)
    record(
        actor=None,
        action="grievance.link_use",
        obj=grievance,
        reason=f"LINK_{entry.does.upper()}",
        district_id=grievance.district_id,
    )
    following = step_due(link.assignment)
    made = _make(link.assignment, following, actor=None, now=now) if following else None
    return Used(link, made, is_new=True)


def held_by_desk(actor: Post, number: str, *, now: dt.datetime) -> Grievance:
    """The grievance, held. Raises ``DoesNotExist`` outside the scope, ``PermissionDenied``."""
    grievance = held(actor, number)
    check_is_desk(actor, grievance, now=now)
    return grievance


def check_is_desk(actor: Post, grievance: Grievance, *, now: dt.datetime) -> None:
    """Raises ``PermissionDenied`` for who is not the desk of it."""
    if Party.DESK not in parties_of(actor, grievance, handlers_of(grievance, now=now)):
        raise PermissionDenied("与不登录的单位联络，由受理单位（街道窗口、管理员）办理。")


def _make(
    assignment: Assignment, step: Step, *, actor: Post | None, now: dt.datetime
) -> HandlerLink:
    token = secrets.token_urlsafe(_BYTES)
    made: HandlerLink = HandlerLink.objects.create(
        assignment=assignment,
        step=step,
        digest=_digest(token),
        token=token,
        made_at=now,
        made_by=actor,
        expires_at=now + VALID_FOR,
    )
    return made


def _revoke_open(assignment: Assignment, now: dt.datetime) -> int:
    rows = assignment.links.filter(used_at__isnull=True, revoked_at__isnull=True)
    return int(rows.update(revoked_at=now))


def _following(link: HandlerLink) -> HandlerLink | None:
    """The link that was made when this one was used, as long as it can be."""
    if link.used_at is None:
        return None
    made = link.assignment.links.filter(
        made_at=link.used_at, made_by__isnull=True, used_at__isnull=True, revoked_at__isnull=True
    )
    return made.first()


def _sign(assignment: Assignment, _entry: LinkEntry, now: dt.datetime) -> None:
    if assignment.part == Part.LEAD:
        _move(assignment, "sign", MoveEntry(), now)
        return
    co_handling.sign(assignment, now)
    _note(assignment, "co_sign", "", now)


def _object(assignment: Assignment, entry: LinkEntry, now: dt.datetime) -> None:
    if assignment.part != Part.LEAD:
        raise DomainError("协办单位有不同意见，请打电话给受理单位。", field="does")
    _move(assignment, "object", MoveEntry(reason=entry.reason), now)


def _reply(assignment: Assignment, entry: LinkEntry, now: dt.datetime) -> None:
    if assignment.part == Part.LEAD:
        said = MoveEntry(
            reply=entry.reply, result=entry.result, public_words=entry.public_words, told=""
        )
        _move(assignment, "reply", said, now)
        return
    co_handling.answer(assignment, entry.reply, now)
    _note(assignment, "co_reply", "", now)


def _ask_more_time(assignment: Assignment, entry: LinkEntry, now: dt.datetime) -> None:
    """延期, decided by the office; the link of this step is made anew."""
    if len(entry.reason) > REASON_LIMIT:
        raise DomainError(f"最多写{REASON_LIMIT}字。", field="reason")
    if assignment.grievance.state not in ASK_BY_KEY[MORE_TIME].states:
        raise DomainError("这件诉求现在不能申请延期，请打电话给受理单位。", field="does")
    words = request_extension(
        assignment.grievance,
        length=entry.length or 0,
        reason=entry.reason,
        actor=None,
        unit_id=assignment.unit_id,
        now=now,
    )
    _note(assignment, MORE_TIME, words, now)


def _move(assignment: Assignment, key: str, entry: MoveEntry, now: dt.datetime) -> None:
    apply(
        assignment.grievance,
        BY_KEY[key],
        entry,
        actor=None,
        unit_id=assignment.unit_id,
        now=now,
    )


def _note(assignment: Assignment, key: str, words: str, now: dt.datetime) -> None:
    add_event(
        assignment.grievance, key, actor=None, now=now, words=words, unit_id=assignment.unit_id
    )


_DO: Final = {SIGN: _sign, OBJECT: _object, REPLY: _reply, MORE_TIME: _ask_more_time}


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
