"""The one table of what may become of a grievance: buttons, permissions, tests, help and diagram.

A ``Move`` leads from one state to another. What stands beside the state (extension, 催办, 督办,
批示, measures) is in ``grievances.asks``: requests and flags, never states (domain §5).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from django.db.models import TextChoices

from grievances.kinds import Party, Regime, State

#: The first event of each.
REGISTER: Final = "register"
#: The event of a due date that moved because the calendar or a policy changed.
RECOUNT: Final = "recount_due"
_EVERY: Final = frozenset(Regime)
_NOT_PETITION: Final = frozenset({Regime.LOCAL, Regime.HOTLINE})
_PETITION: Final = frozenset({Regime.PETITION})
_DESK: Final = frozenset({Party.DESK})
_LEAD: Final = frozenset({Party.LEAD})
_APPROVER: Final = frozenset({Party.APPROVER})


class Needs(TextChoices):
    """What has to be said with a move."""

    REASON = "REASON", "理由"
    LEAD = "LEAD", "主办单位（协办单位和各自的日期）"
    #: Which unit has it now, or which path is open.
    WHERE = "WHERE", "现在由谁办、走哪条途径"
    #: That the person was told, or a task to tell.
    TOLD = "TOLD", "告知诉求人"
    REPLY = "REPLY", "答复内容"
    RESULT = "RESULT", "办理结果"
    #: A day ahead.
    DAY = "DAY", "日期"
    OTHER = "OTHER", "并入哪一件"
    VERDICT = "VERDICT", "诉求人的评价"
    #: Of an extension, in the units of its clock.
    LENGTH = "LENGTH", "延长多久"
    #: Granted or not.
    DECISION = "DECISION", "同意或不同意"
    #: Which of the open ones, where there are several.
    WHICH = "WHICH", "哪一项"
    #: 应急处置 or 根治方案.
    KIND = "KIND", "哪一类"
    DONE_ON = "DONE_ON", "完成日期"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    key: str
    #: The verb on the button.
    label: str
    from_states: frozenset[State]
    to: State
    parties: frozenset[Party]
    regimes: frozenset[Regime] = _EVERY
    needs: tuple[Needs, ...] = ()
    #: The rule it comes from, where a law says so.
    article: str = ""
    #: Begins the next round of handling.
    new_round: bool = False


def _from(*states: State) -> frozenset[State]:
    return frozenset(states)


_UNDER_WAY: Final = frozenset(
    {State.ASSIGNED, State.OBJECTED, State.IN_HAND, State.NOT_NOW, State.REPLIED}
)

MOVES: Final[tuple[Move, ...]] = (
    Move(
        key="accept",
        label="受理",
        from_states=_from(State.REGISTERED),
        to=State.ACCEPTED,
        parties=_DESK,
        article="信访工作条例 第23条",
    ),
    Move(
        key="decline",
        label="不属受理范围",
        from_states=_from(State.REGISTERED, State.ACCEPTED),
        to=State.NOT_OURS,
        parties=_DESK,
        needs=(Needs.REASON, Needs.WHERE, Needs.TOLD),
        article="信访工作条例 第23条",
    ),
    Move(
        key="legal_path",
        label="转法定途径",
        from_states=_from(State.REGISTERED, State.ACCEPTED, State.IN_HAND),
        to=State.LEGAL_PATH,
        parties=_DESK | _LEAD,
        needs=(Needs.REASON, Needs.WHERE, Needs.TOLD),
        article="信访工作条例 第31条",
    ),
    Move(
        key="assign",
        label="交办",
        from_states=_from(State.ACCEPTED),
        to=State.ASSIGNED,
        parties=_DESK,
        needs=(Needs.LEAD,),
    ),
    Move(
        key="sign",
        label="签收",
        from_states=_from(State.ASSIGNED),
        to=State.IN_HAND,
        parties=_LEAD,
    ),
    Move(
        key="object",
        label="提出异议",
        from_states=_from(State.ASSIGNED),
        to=State.OBJECTED,
        parties=_LEAD,
        needs=(Needs.REASON,),
        article="信访工作条例 第23条",
    ),
    Move(
        key="uphold_objection",
        label="异议成立，改派",
        from_states=_from(State.OBJECTED),
        to=State.ASSIGNED,
        parties=_DESK,
        needs=(Needs.REASON, Needs.LEAD),
    ),
    Move(
        key="overrule_objection",
        label="异议不成立",
        from_states=_from(State.OBJECTED),
        to=State.ASSIGNED,
        parties=_DESK,
        needs=(Needs.REASON,),
    ),
    Move(
        key="reroute",
        label="改派",
        from_states=_from(State.ASSIGNED, State.IN_HAND, State.NOT_NOW),
        to=State.ASSIGNED,
        parties=_DESK,
        needs=(Needs.REASON, Needs.LEAD),
    ),
    Move(
        key="recall",
        label="收回",
        from_states=_from(State.ASSIGNED, State.IN_HAND),
        to=State.ACCEPTED,
        parties=_DESK,
        needs=(Needs.REASON,),
    ),
    Move(
        key="not_now",
        label="暂不具备条件",
        from_states=_from(State.IN_HAND),
        to=State.NOT_NOW,
        parties=_LEAD,
        needs=(Needs.REASON, Needs.DAY, Needs.TOLD),
    ),
    Move(
        key="resume",
        label="恢复办理",
        from_states=_from(State.NOT_NOW),
        to=State.IN_HAND,
        parties=_LEAD | _DESK,
        needs=(Needs.REASON,),
    ),
    Move(
        key="reply",
        label="答复当事人",
        from_states=_from(State.IN_HAND),
        to=State.REPLIED,
        parties=_LEAD,
        regimes=_NOT_PETITION,
        needs=(Needs.REPLY, Needs.RESULT, Needs.TOLD),
    ),
    Move(
        key="conclude",
        label="审核通过",
        from_states=_from(State.REPLIED),
        to=State.CONCLUDED,
        parties=_APPROVER,
        regimes=_NOT_PETITION,
    ),
    Move(
        key="return",
        label="退回",
        from_states=_from(State.REPLIED),
        to=State.IN_HAND,
        parties=_APPROVER,
        regimes=_NOT_PETITION,
        needs=(Needs.REASON,),
    ),
    Move(
        key="follow_up",
        label="登记回访",
        from_states=_from(State.CONCLUDED),
        to=State.FOLLOWED_UP,
        parties=frozenset({Party.ASKER, Party.RESIDENT}),
        regimes=_NOT_PETITION,
        needs=(Needs.VERDICT,),
    ),
    Move(
        key="reopen",
        label="重新办理",
        from_states=_from(State.FOLLOWED_UP),
        to=State.IN_HAND,
        parties=_APPROVER,
        regimes=_NOT_PETITION,
        needs=(Needs.REASON,),
        new_round=True,
    ),
    Move(
        key="file",
        label="归档",
        from_states=_from(State.FOLLOWED_UP),
        to=State.FILED,
        parties=_DESK,
        regimes=_NOT_PETITION,
    ),
    Move(
        key="issue_opinion",
        label="出具处理意见书",
        from_states=_from(State.IN_HAND),
        to=State.OPINION,
        parties=_LEAD,
        regimes=_PETITION,
        needs=(Needs.RESULT, Needs.REPLY, Needs.TOLD),
        article="信访工作条例 第32、34条",
    ),
    Move(
        key="ask_review",
        label="登记复查请求",
        from_states=_from(State.OPINION),
        to=State.IN_REVIEW,
        parties=_DESK,
        regimes=_PETITION,
        needs=(Needs.REASON,),
        article="信访工作条例 第35条",
    ),
    Move(
        key="review",
        label="登记复查意见",
        from_states=_from(State.IN_REVIEW),
        to=State.REVIEWED,
        parties=_DESK,
        regimes=_PETITION,
        needs=(Needs.RESULT, Needs.TOLD),
        article="信访工作条例 第35条",
    ),
    Move(
        key="ask_recheck",
        label="登记复核请求",
        from_states=_from(State.REVIEWED),
        to=State.IN_RECHECK,
        parties=_DESK,
        regimes=_PETITION,
        needs=(Needs.REASON,),
        article="信访工作条例 第36条",
    ),
    Move(
        key="recheck",
        label="登记复核意见",
        from_states=_from(State.IN_RECHECK),
        to=State.NO_FURTHER,
        parties=_DESK,
        regimes=_PETITION,
        needs=(Needs.RESULT, Needs.TOLD),
        article="信访工作条例 第36条",
    ),
    Move(
        key="file_petition",
        label="归档",
        from_states=_from(State.OPINION, State.REVIEWED),
        to=State.FILED,
        parties=_DESK,
        regimes=_PETITION,
        needs=(Needs.REASON,),
    ),
    Move(
        key="merge",
        label="并单",
        from_states=_from(State.REGISTERED, State.ACCEPTED) | _UNDER_WAY,
        to=State.MERGED,
        parties=_DESK,
        needs=(Needs.OTHER,),
    ),
    Move(
        key="withdraw",
        label="诉求人撤回",
        from_states=_from(State.REGISTERED, State.ACCEPTED) | _UNDER_WAY,
        to=State.WITHDRAWN,
        parties=_DESK | frozenset({Party.OWNER}),
        needs=(Needs.REASON,),
    ),
    Move(
        key="terminate",
        label="终止办理",
        from_states=_from(State.ACCEPTED) | _UNDER_WAY,
        to=State.TERMINATED,
        parties=_APPROVER,
        needs=(Needs.REASON, Needs.TOLD),
    ),
)

BY_KEY: Final[dict[str, Move]] = {move.key: move for move in MOVES}


def moves_from(state: str, *, regime: str, parties: Collection[str]) -> list[Move]:
    """What somebody who is ``parties`` to it may do now, in the order of the buttons."""
    return [
        move
        for move in MOVES
        if state in move.from_states and regime in move.regimes and move.parties & set(parties)
    ]
