"""The diagram of /help/workflow/, drawn from the table of moves and from nothing else.

Every state is a line across, every move a column: dots where it leads from, an arrow head where
it leads to. So nothing crosses, however the table grows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django import template
from django.utils.safestring import SafeString, mark_safe

from grievances.kinds import ENDED, Regime, State
from grievances.workflow import MOVES, Move
from portal.core.rows import safe

register = template.Library()

_LEFT: Final = 150
_COLUMN: Final = 30
_ROW: Final = 34
_LETTER: Final = 15
_DOT: Final = 4


@register.simple_tag
def workflow_diagram(regime: Regime, moves: Sequence[Move] = MOVES) -> SafeString:
    """The states and moves of one 办理渠道 as SVG; the same is said in the table beneath."""
    own = [move for move in moves if regime in move.regimes]
    states = states_of(own)
    top = max((len(move.label) for move in own), default=0) * _LETTER + 20
    width, height = _LEFT + _COLUMN * len(own) + 16, top + _ROW * len(states) + 8
    rows = {state: top + _ROW * at + _ROW // 2 for at, state in enumerate(states)}
    lines = "".join(_state(state, rows[state], width) for state in states)
    columns = "".join(
        _move(move, _LEFT + _COLUMN * at + _COLUMN // 2, rows, top) for at, move in enumerate(own)
    )
    # SECURITY: numbers, codes and labels of our own table; labels are escaped.
    return mark_safe(  # noqa: S308
        f'<svg class="flow" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label="{safe(regime.label)}的流程图，下面的表格说的是同样的内容">'
        f"{lines}{columns}</svg>"
    )


def states_of(moves: Sequence[Move]) -> list[State]:
    """The states that these moves lead from or to, in the order of the axis."""
    reached = {move.to for move in moves}.union(*(move.from_states for move in moves))
    return [state for state in State if state in reached]


def _state(state: State, y: int, width: int) -> str:
    band = (
        f'<rect class="flow-ended" x="0" y="{y - _ROW // 2}" width="{width}" height="{_ROW}"/>'
        if state in ENDED
        else ""
    )
    return (
        f'<g data-state="{state.value}">{band}'
        f'<line class="flow-line" x1="{_LEFT}" y1="{y}" x2="{width}" y2="{y}"/>'
        f'<text class="flow-state" x="8" y="{y + 5}">{safe(state.label)}</text></g>'
    )


def _move(move: Move, x: int, rows: dict[State, int], top: int) -> str:
    sources = sorted(move.from_states, key=rows.__getitem__)
    ends = [rows[state] for state in (*sources, move.to)]
    letters = "".join(
        f'<tspan x="{x - 7}" dy="{_LETTER}">{safe(letter)}</tspan>' for letter in move.label
    )
    dots = "".join(f'<circle cx="{x}" cy="{rows[state]}" r="{_DOT}"/>' for state in sources)
    said = f"{'、'.join(state.label for state in sources)} → {move.to.label}：{move.label}"
    return (
        f'<g class="flow-move" data-move="{move.key}" data-to="{move.to.value}" '
        f'data-from="{" ".join(state.value for state in sources)}"><title>{safe(said)}</title>'
        f'<text x="{x - 7}" y="{top - 12 - _LETTER * len(move.label)}">{letters}</text>'
        f'<line x1="{x}" y1="{min(ends)}" x2="{x}" y2="{max(ends)}"/>{dots}'
        f"{_head(x, rows[move.to], down=rows[move.to] >= max(ends))}</g>"
    )


def _head(x: int, y: int, *, down: bool) -> str:
    """Points at the line of the state that it leads to."""
    back = y - 10 if down else y + 10
    return f'<path d="M{x} {y}L{x - 6} {back}L{x + 6} {back}Z"/>'
