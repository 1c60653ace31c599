"""Where each move leads, and that it asks for nothing besides what it needs: written by hand."""

import datetime as dt
from itertools import combinations

import pytest

from grievances.kinds import Party, Regime, State
from grievances.services.move_checks import check_needs
from grievances.services.moving import MoveEntry
from grievances.workflow import BY_KEY, MOVES, moves_from
from tests.factories.grievances import make_grievance

NOW = dt.datetime(2026, 11, 18, 2, 0, tzinfo=dt.UTC)

LEADS = """
ACCEPTED: accept recall
NOT_OURS: decline
LEGAL_PATH: legal_path
ASSIGNED: assign uphold_objection overrule_objection reroute
OBJECTED: object
IN_HAND: sign resume return reopen
NOT_NOW: not_now
REPLIED: reply
CONCLUDED: conclude
FOLLOWED_UP: follow_up
OPINION: issue_opinion
IN_REVIEW: ask_review
REVIEWED: review
IN_RECHECK: ask_recheck
NO_FURTHER: recheck
FILED: file file_petition
MERGED: merge
WITHDRAWN: withdraw
TERMINATED: terminate
"""
#: Everything that can be said, each thing under the field that it is refused at.
SAID = {
    "reason": "写明理由",
    "lead_id": 1,
    "where": "市交通委 12328",
    "public_words": "这件事由市里管。",
    "reply": "已更换灯具两盏。",
    "day": dt.date(2026, 12, 31),
    "other_number": "107003-202611-0099",
}
NEEDED = {
    "accept": "",
    "decline": "reason where public_words",
    "legal_path": "reason where public_words",
    "assign": "lead_id",
    "sign": "",
    "object": "reason",
    "uphold_objection": "reason lead_id",
    "overrule_objection": "reason",
    "reroute": "reason lead_id",
    "recall": "reason",
    "not_now": "reason day public_words",
    "resume": "reason",
    "reply": "reply result public_words",
    "conclude": "",
    "return": "reason",
    "follow_up": "outcome",
    "reopen": "reason",
    "file": "",
    "issue_opinion": "result reply public_words",
    "ask_review": "reason",
    "review": "result public_words",
    "ask_recheck": "reason",
    "recheck": "result public_words",
    "file_petition": "reason",
    "merge": "other_number",
    "withdraw": "reason",
    "terminate": "reason public_words",
}
#: Goes only after a verdict, or after a day: test_moving holds those.
CONDITIONAL = {"follow_up", "reopen", "file_petition"}


def test_every_move_leads_where_it_is_written_here():
    lines = [line.split(": ") for line in LEADS.strip().splitlines()]
    expected = {key: state for state, keys in lines for key in keys.split()}
    assert {move.key: move.to for move in MOVES} == expected
    assert [move.key for move in MOVES if move.new_round] == ["reopen"]


@pytest.mark.parametrize("regime", Regime)
def test_who_is_several_parties_may_do_what_each_may_and_no_more(regime):
    for state in State:
        alone = {
            party: {move.key for move in moves_from(state, regime=regime, parties={party})}
            for party in Party
        }
        for size in range(len(Party) + 1):
            for parties in combinations(Party, size):
                found = moves_from(state, regime=regime, parties=parties)
                expected = set().union(*(alone[party] for party in parties))
                assert {move.key for move in found} == expected, (state, parties)


@pytest.mark.django_db
@pytest.mark.sqlite
@pytest.mark.parametrize("key", [key for key in NEEDED if key not in CONDITIONAL])
def test_a_move_asks_for_nothing_besides(world, key):
    grievance = make_grievance(world.north, now=NOW)
    is_petition = key in {"issue_opinion", "review", "recheck"}
    grievance.regime = Regime.PETITION if is_petition else Regime.LOCAL
    needed = {field: value for field, value in SAID.items() if field in NEEDED[key].split()}
    if "result" in NEEDED[key]:
        needed["result"] = "SUPPORTED" if is_petition else "SOLVED"

    check_needs(grievance, BY_KEY[key], MoveEntry(**needed), actor=None, now=NOW)
