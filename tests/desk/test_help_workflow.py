"""The help page of 诉求 says what the table of moves says, in picture and words."""

import re
from dataclasses import replace

import pytest
from django.urls import reverse
from django.utils.html import escape

from grievances.asks import ASKS
from grievances.kinds import Party, Regime, State
from grievances.workflow import MOVES, Needs
from portal.accounts.roles import Role
from portal.desk.templatetags.workflow_flow import workflow_diagram
from tests.factories.accounts import make_post, sign_in

_MOVE = re.compile(r'data-move="(\w+)" data-to="(\w+)" data-from="([\w ]+)"')


def arrows(svg):
    """What the drawing says: move → where from, where to."""
    return {key: (set(sources.split()), to) for key, to, sources in _MOVE.findall(svg)}


def told(moves, regime):
    return {
        move.key: ({state.value for state in move.from_states}, move.to.value)
        for move in moves
        if regime in move.regimes
    }


def points(svg, key):
    """Where the dots and the head of a move stand: heights in the drawing."""
    group = svg.split(f'data-move="{key}"')[1].split("</g>")[0]
    dots = {int(y) for y in re.findall(r'cy="(\d+)"', group)}
    (head,) = re.findall(r'd="M\d+ (\d+)L', group)
    return dots, int(head)


def heights(svg):
    return {State(code): int(y) for code, y in re.findall(r'data-state="(\w+)">.*?y1="(\d+)"', svg)}


@pytest.mark.parametrize("regime", list(Regime))
def test_every_state_and_move_of_the_table_is_drawn_and_no_other(regime):
    svg = workflow_diagram(regime)
    states = {state for sources, to in told(MOVES, regime).values() for state in {*sources, to}}

    assert arrows(svg) == told(MOVES, regime)
    assert {state.value for state in heights(svg)} == states
    for move in MOVES:
        if regime in move.regimes:
            letters = re.findall(
                r">(.)</tspan>", svg.split(f'data-move="{move.key}"')[1].split("</g>")[0]
            )
            assert "".join(letters) == move.label


@pytest.mark.parametrize("regime", list(Regime))
def test_dots_stand_on_the_states_a_move_leads_from_and_the_head_where_it_leads_to(regime):
    svg = workflow_diagram(regime)
    at = heights(svg)

    for move in (each for each in MOVES if regime in each.regimes):
        assert points(svg, move.key) == ({at[state] for state in move.from_states}, at[move.to])


def test_the_drawing_moves_with_the_table():
    moved = [
        replace(move, to=State.FILED, label="直接归档") if move.key == "sign" else move
        for move in MOVES
        if move.key != "object"
    ]
    svg = workflow_diagram(Regime.LOCAL, moved)

    assert arrows(svg) == told(moved, Regime.LOCAL)
    assert arrows(svg) != arrows(workflow_diagram(Regime.LOCAL))


@pytest.mark.django_db
def test_the_page_says_who_what_is_needed_and_the_article(client, world):
    sign_in(client, make_post(Role.HANDLER, world.section))
    html = client.get(reverse("desk:help_workflow")).content.decode()

    for regime in Regime:
        part = html.split(f'id="{regime.value.lower()}"')[1].split("</section>")[0]
        rows = re.findall(r"<tr>\s*<th scope=\"row\">.*?</tr>", part, re.DOTALL)
        moves = [move for move in MOVES if regime in move.regimes]
        assert len(rows) == len(moves)
        for row, move in zip(rows, moves, strict=True):
            words = [move.label, move.to.label, move.article]
            words += [state.label for state in move.from_states]
            words += [Party(party).label for party in move.parties]
            words += [Needs(need).label for need in move.needs]
            assert all(escape(word) in row for word in words)
    assert all(ask.label in html for ask in ASKS)


@pytest.mark.django_db
def test_help_leads_there(client, world):
    sign_in(client, make_post(Role.HANDLER, world.section))

    assert reverse("desk:help_workflow") in client.get("/help/").content.decode()
