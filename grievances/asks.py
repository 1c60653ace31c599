"""The one table of what stands beside the state: requests with an answer, words that are kept (domain §5).

Page, buttons, permissions, help and tests read it. The moves are in ``grievances.workflow``.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from grievances.kinds import ENDED, OPEN, Party, Regime, State
from grievances.parties import TELLS
from grievances.workflow import Needs

_EVERY: Final = frozenset(Regime)
_LEAD: Final = frozenset({Party.LEAD})
_CO: Final = frozenset({Party.CO_HANDLER})
_APPROVER: Final = frozenset({Party.APPROVER})
_SUPERVISOR: Final = frozenset({Party.SUPERVISOR})
_HANDLED: Final = frozenset({State.ASSIGNED, State.IN_HAND, State.NOT_NOW})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    key: str
    #: The verb on the button.
    label: str
    states: frozenset[State]
    parties: frozenset[Party]
    needs: tuple[Needs, ...] = ()
    regimes: frozenset[Regime] = _EVERY
    #: What the words of it are called, where it needs any.
    says: str = "理由"
    #: Somebody waits for it: its button stands out.
    answers: bool = False


ASKS: Final[tuple[Ask, ...]] = (
    Ask(
        key="ask_extension",
        label="申请延期",
        states=frozenset({State.IN_HAND}),
        parties=_LEAD | _CO,
        needs=(Needs.LENGTH, Needs.REASON),
    ),
    Ask(
        key="decide_extension",
        label="批复延期",
        states=frozenset({State.IN_HAND}),
        parties=_APPROVER,
        needs=(Needs.DECISION, Needs.REASON, Needs.TOLD),
        says="批复意见",
        answers=True,
    ),
    Ask(
        key="co_sign",
        label="协办签收",
        states=_HANDLED,
        parties=_CO,
        needs=(Needs.WHICH,),
        answers=True,
    ),
    Ask(
        key="co_reply",
        label="协办答复",
        states=_HANDLED,
        parties=_CO,
        needs=(Needs.WHICH, Needs.REPLY),
        says="协办意见",
        answers=True,
    ),
    Ask(
        key="uphold",
        label="维持原办理结果",
        states=frozenset({State.FOLLOWED_UP}),
        parties=_APPROVER,
        needs=(Needs.REASON, Needs.TOLD),
        regimes=frozenset({Regime.LOCAL, Regime.HOTLINE}),
        says="维持的依据",
        answers=True,
    ),
    Ask(
        key="chase",
        label="催办",
        states=frozenset({State.ASSIGNED, State.OBJECTED, State.IN_HAND}),
        parties=frozenset(Party) - {Party.LEAD, Party.CO_HANDLER, Party.RESIDENT},
    ),
    Ask(
        key="supervise",
        label="督办",
        states=frozenset(OPEN),
        parties=_SUPERVISOR,
        needs=(Needs.REASON, Needs.DAY),
        says="督办要求",
    ),
    Ask(
        key="directive",
        label="批示",
        states=frozenset(OPEN),
        parties=_SUPERVISOR,
        needs=(Needs.REASON, Needs.DAY),
        says="批示",
    ),
    Ask(
        key="reply_supervision",
        label="回复督办、批示",
        states=frozenset(OPEN | ENDED),
        parties=_LEAD | frozenset({Party.DESK}),
        needs=(Needs.WHICH, Needs.REPLY),
        says="回复",
        answers=True,
    ),
    Ask(
        key="add_measure",
        label="记措施",
        states=frozenset({State.IN_HAND, State.NOT_NOW}),
        parties=_LEAD | _CO | frozenset({Party.OWNER}),
        needs=(Needs.KIND, Needs.REASON),
        says="措施",
    ),
    Ask(
        key="measure_done",
        label="措施已完成",
        states=frozenset(OPEN),
        parties=_LEAD | _CO | frozenset({Party.OWNER}),
        needs=(Needs.WHICH, Needs.DONE_ON),
    ),
    # Done where the words to tell are shown: ``services.telling``.
    Ask(
        key="tell",
        label="记告知",
        states=frozenset(OPEN | ENDED),
        parties=TELLS,
    ),
)

ASK_BY_KEY: Final[dict[str, Ask]] = {ask.key: ask for ask in ASKS}


def asks_from(state: str, *, regime: str, parties: Collection[str]) -> list[Ask]:
    """What somebody who is ``parties`` to it may do beside the state now."""
    return [
        ask
        for ask in ASKS
        if state in ask.states and regime in ask.regimes and ask.parties & set(parties)
    ]
