"""The table of moves and asks, held against a table written by hand: who may do what, when, in which regime."""

import datetime as dt

import pytest

from grievances.asks import asks_from
from grievances.kinds import ENDED, OPEN, Part, Party, Regime, State
from grievances.models import Grievance
from grievances.parties import Handlers, parties_of
from grievances.workflow import MOVES, moves_from
from portal.accounts.kinds import OrganisationKind
from portal.accounts.roles import Role
from portal.core.errors import DomainError
from tests.factories.accounts import make_organisation, make_post
from tests.factories.grievances import SAID, make_grievance, move

NOW = dt.datetime(2026, 11, 18, 2, 0, tzinfo=dt.UTC)  # Wednesday 10:00 in Shanghai
DAY = dt.timedelta(days=1)

#: state party: moves. Behind a slash the regimes of it, L(ocal) H(otline) P(etition); else every
#: regime that has the state. What stands nowhere is nobody's.
ALLOWED = """
REGISTERED DESK: accept decline legal_path merge withdraw
REGISTERED LEAD: legal_path
REGISTERED OWNER: withdraw
ACCEPTED DESK: decline legal_path assign merge withdraw
ACCEPTED LEAD: legal_path
ACCEPTED OWNER: withdraw
ACCEPTED APPROVER: terminate
ASSIGNED DESK: reroute recall merge withdraw
ASSIGNED LEAD: sign object
ASSIGNED OWNER: withdraw
ASSIGNED APPROVER: terminate
OBJECTED DESK: uphold_objection overrule_objection merge withdraw
OBJECTED OWNER: withdraw
OBJECTED APPROVER: terminate
IN_HAND DESK: legal_path reroute recall merge withdraw
IN_HAND LEAD: legal_path not_now reply/LH issue_opinion/P
IN_HAND OWNER: withdraw
IN_HAND APPROVER: terminate
NOT_NOW DESK: reroute resume merge withdraw
NOT_NOW LEAD: resume
NOT_NOW OWNER: withdraw
NOT_NOW APPROVER: terminate
REPLIED DESK: merge withdraw
REPLIED OWNER: withdraw
REPLIED APPROVER: conclude return terminate
CONCLUDED ASKER: follow_up
CONCLUDED RESIDENT: follow_up
FOLLOWED_UP DESK: file
FOLLOWED_UP APPROVER: reopen
OPINION DESK: ask_review file_petition
IN_REVIEW DESK: review
REVIEWED DESK: ask_recheck file_petition
IN_RECHECK DESK: recheck
"""

#: Which states a regime has at all.
_ONLY_PETITION = {
    State.OPINION, State.IN_REVIEW, State.REVIEWED, State.IN_RECHECK, State.NO_FURTHER,
}  # fmt: skip
_NOT_PETITION = {State.REPLIED, State.CONCLUDED, State.FOLLOWED_UP}
STATES = {
    Regime.LOCAL: frozenset(State) - _ONLY_PETITION,
    Regime.HOTLINE: frozenset(State) - _ONLY_PETITION,
    Regime.PETITION: frozenset(State) - _NOT_PETITION,
}
#: Ways out that are always there; a case must be able to end without them.
_GIVING_UP = {"merge", "withdraw", "terminate", "legal_path", "decline"}


def allowed() -> dict[tuple[str, str, str], set[str]]:
    """(state, regime, party) → keys, as ``ALLOWED`` has it."""
    found: dict[tuple[str, str, str], set[str]] = {}
    for line in ALLOWED.strip().splitlines():
        who, keys = line.split(":")
        state, party = who.split()
        for word in keys.split():
            key, _, regimes = word.partition("/")
            for regime in Regime:
                if state in STATES[regime] and (not regimes or regime[0] in regimes):
                    found.setdefault((state, regime, party), set()).add(key)
    return found


def test_every_state_regime_and_party_may_do_what_is_written_here_and_nothing_else():
    expected = allowed()
    for regime in Regime:
        for state in STATES[regime]:
            for party in Party:
                keys = {found.key for found in moves_from(state, regime=regime, parties={party})}
                assert keys == expected.get((state, regime, party), set()), (state, regime, party)


def test_the_table_written_here_names_every_move():
    assert {found.key for found in MOVES} == set().union(*allowed().values())
    assert len({found.key for found in MOVES}) == len(MOVES)


def reached_from(start: State, regime: Regime, *, without: frozenset[str] | set[str] = frozenset()):
    """Every state that somebody may bring it to, ``start`` with it."""
    seen, todo = {start}, [start]
    while todo:
        state = todo.pop()
        for found in moves_from(state, regime=regime, parties=set(Party)):
            if found.key not in without and found.to not in seen:
                seen.add(found.to)
                todo.append(found.to)
    return seen


@pytest.mark.parametrize("regime", Regime)
def test_every_state_of_a_regime_is_reached_and_no_other(regime):
    assert reached_from(State.REGISTERED, regime) == STATES[regime]


@pytest.mark.parametrize("regime", Regime)
def test_every_open_state_can_be_handled_to_an_end_without_giving_it_up(regime):
    for state in STATES[regime] & OPEN:
        assert reached_from(state, regime, without=_GIVING_UP) & ENDED, state


@pytest.mark.parametrize("state", sorted(ENDED))
def test_nothing_leads_out_of_an_end(state):
    for regime in Regime:
        assert moves_from(state, regime=regime, parties=set(Party)) == []


# What has to be said: refused at its field, through the service.

_TOLD = {"reason", "where", "public_words"}
#: move → what is left out, one at a time: the field at which it is refused.
MISSING = {
    "decline": _TOLD,
    "legal_path": _TOLD,
    "assign": {"lead_id"},
    "object": {"reason"},
    "uphold_objection": {"reason", "lead_id"},
    "overrule_objection": {"reason"},
    "reroute": {"reason", "lead_id"},
    "recall": {"reason"},
    "not_now": {"reason", "day", "public_words"},
    "resume": {"reason"},
    "reply": {"reply", "result", "public_words"},
    "return": {"reason"},
    "reopen": {"reason"},
    "issue_opinion": {"reply", "result", "public_words"},
    "ask_review": {"reason"},
    "review": {"result", "public_words"},
    "ask_recheck": {"reason"},
    "recheck": {"result", "public_words"},
    "file_petition": {"reason"},
    "merge": {"other_number"},
    "withdraw": {"reason"},
    "terminate": {"reason", "public_words"},
    # The verdict is no field of the move: ``services.follow_ups`` takes it.
    "follow_up": {"outcome"},
    "accept": set(),
    "sign": set(),
    "conclude": set(),
    "file": set(),
}
#: move → the moves that lead to where it is made from, and who makes it.
WAYS = {
    "decline": ("", "clerk"),
    "legal_path": ("", "clerk"),
    "assign": ("accept", "clerk"),
    "object": ("accept assign", "handler"),
    "uphold_objection": ("accept assign object", "clerk"),
    "overrule_objection": ("accept assign object", "clerk"),
    "reroute": ("accept assign", "clerk"),
    "recall": ("accept assign", "clerk"),
    "not_now": ("accept assign sign", "handler"),
    "resume": ("accept assign sign not_now", "handler"),
    "reply": ("accept assign sign", "handler"),
    "return": ("accept assign sign reply", "leader"),
    "issue_opinion": ("accept assign sign", "handler"),
    "ask_review": ("accept assign sign issue_opinion", "clerk"),
    "review": ("accept assign sign issue_opinion ask_review", "clerk"),
    "ask_recheck": ("accept assign sign issue_opinion ask_review review", "clerk"),
    "recheck": ("accept assign sign issue_opinion ask_review review ask_recheck", "clerk"),
    "file_petition": ("accept assign sign issue_opinion", "clerk"),
    "merge": ("", "clerk"),
    "withdraw": ("", "clerk"),
    "terminate": ("accept", "leader"),
    "follow_up": ("accept assign sign reply conclude", "clerk"),
    # Said first of all, before it is looked whether there is a bad verdict.
    "reopen": ("accept assign sign reply conclude !FOLLOWED_UP", "leader"),
}
_PETITION_ONLY = {
    "issue_opinion", "ask_review", "review", "ask_recheck", "recheck", "file_petition",
}  # fmt: skip


def test_what_each_move_asks_for_is_written_here():
    assert MISSING.keys() == {found.key for found in MOVES}
    assert WAYS.keys() == {key for key, fields in MISSING.items() if fields}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("key", "field"), sorted((key, field) for key, fields in MISSING.items() for field in fields)
)
def test_a_move_that_says_too_little_is_refused_at_its_field(world, key, field):
    people = {
        "clerk": make_post(Role.CLERK, world.bajiao),
        "handler": make_post(Role.HANDLER, world.section),
        "leader": make_post(Role.LEADER, world.bajiao),
    }
    regime = Regime.PETITION if key in _PETITION_ONLY else Regime.LOCAL
    found = make_grievance(world.north, post=people["clerk"], now=NOW, regime=regime)
    way, maker = WAYS[key]
    for step in way.split():
        if step.startswith("!"):
            Grievance.objects.filter(pk=found.pk).update(state=step[1:])
        else:
            by = {"sign": "handler", "object": "handler", "not_now": "handler", "reply": "handler",
                  "issue_opinion": "handler", "conclude": "leader"}.get(step, "clerk")  # fmt: skip
            move(found, step, people[by], now=NOW, lead_id=world.section.pk)
    blank = None if field in {"lead_id", "day"} else " "
    before = Grievance.objects.get(pk=found.pk).state
    said = {"reason": "派错了", "lead_id": world.section.pk, **SAID.get(key, {}), field: blank}
    said.pop("outcome", None)

    with pytest.raises(DomainError) as refused:
        move(found, key, people[maker], now=NOW, **said)

    assert refused.value.field == field
    found.refresh_from_db()
    assert found.state == before


# Roles: what each is to a case that a section leads and a community helps with.

#: who: parties; then the moves that they make on its way, over all states and regimes.
_DESK = (
    "accept decline legal_path assign uphold_objection overrule_objection reroute recall resume "
    "merge withdraw file ask_review review ask_recheck recheck file_petition"
)
_APPROVES = "conclude return reopen terminate"
ROLES = {
    "clerk": ("DESK ASKER", f"{_DESK} follow_up"),
    "street admin": ("DESK APPROVER ASKER", f"{_DESK} {_APPROVES} follow_up"),
    "leader": ("APPROVER SUPERVISOR ASKER", f"{_APPROVES} follow_up"),
    "worker elsewhere": ("ASKER", "follow_up"),
    "worker who helps": ("CO_HANDLER", ""),
    "handler who leads": (
        "LEAD",
        "legal_path sign object not_now resume reply issue_opinion",
    ),
    "handler elsewhere": ("", ""),
    "officer of the street": ("", ""),
    "district leader": ("APPROVER SUPERVISOR", _APPROVES),
    "district admin": ("DESK APPROVER", f"{_DESK} {_APPROVES}"),
    "delegate": ("", ""),
    "delegate who is the contact": ("OWNER", "withdraw"),
    "clerk of another street": ("ASKER", "follow_up"),
    "inspector": ("", ""),
}


@pytest.fixture
def posts(world):
    other = make_organisation(
        OrganisationKind.SECTION, parent=world.bajiao, code="110107003S02", name="民政科"
    )
    made = {
        "clerk": (Role.CLERK, world.bajiao),
        "street admin": (Role.STREET_ADMIN, world.bajiao),
        "leader": (Role.LEADER, world.bajiao),
        "worker elsewhere": (Role.COMMUNITY_WORKER, world.south),
        "worker who helps": (Role.COMMUNITY_WORKER, world.north),
        "handler who leads": (Role.HANDLER, world.section),
        "handler elsewhere": (Role.HANDLER, other),
        "officer of the street": (Role.OFFICER, world.bajiao),
        "district leader": (Role.DISTRICT_LEADER, world.district),
        "district admin": (Role.DISTRICT_ADMIN, world.district),
        "delegate": (Role.DELEGATE, world.bajiao),
        "delegate who is the contact": (Role.DELEGATE, world.bajiao),
        "clerk of another street": (Role.CLERK, world.gucheng),
        "inspector": (Role.INSPECTOR, world.district),
    }
    return {who: make_post(*told) for who, told in made.items()}


@pytest.fixture
def handlers(world):
    units = {world.section.pk: Part.LEAD, world.north.pk: Part.CO_HANDLER}
    return Handlers(units=units, ever=frozenset(units))


@pytest.mark.django_db
@pytest.mark.parametrize("who", sorted(ROLES))
def test_a_role_is_to_a_case_what_is_written_here_and_makes_its_moves(world, posts, handlers, who):
    found = make_grievance(world.north, now=NOW)
    found.owner = posts["delegate who is the contact"]
    parties = parties_of(posts[who], found, handlers)

    assert parties == set(ROLES[who][0].split())
    moves = {
        made.key
        for state in State
        for regime in Regime
        for made in moves_from(state, regime=regime, parties=parties)
    }
    assert moves == set(ROLES[who][1].split())


@pytest.mark.django_db
def test_the_desk_stands_in_for_a_unit_that_never_signs_in_and_for_no_other(world, posts):
    found = make_grievance(world.north, now=NOW)
    units = {world.section.pk: Part.LEAD, world.north.pk: Part.CO_HANDLER}

    def is_to(*silent):
        given = Handlers(units=units, ever=frozenset(units), silent=frozenset(silent))
        return parties_of(posts["clerk"], found, given) - {Party.DESK, Party.ASKER}

    assert is_to(world.section.pk) == {Party.LEAD}
    assert is_to(world.north.pk) == {Party.CO_HANDLER}
    assert is_to() == set()


@pytest.mark.django_db
def test_who_leads_for_the_own_unit_neither_passes_nor_asks(world, posts):
    """The street's leader of a case that the street's own office handles."""
    found = make_grievance(world.north, now=NOW)
    given = Handlers(units={world.bajiao.pk: Part.LEAD}, ever=frozenset({world.bajiao.pk}))

    assert parties_of(posts["leader"], found, given) == {Party.LEAD, Party.SUPERVISOR}
    assert Party.APPROVER not in parties_of(posts["street admin"], found, given)
    assert Party.ASKER not in parties_of(posts["clerk"], found, given)


# Beside the state: who may ask what, when.

_OPEN = (
    "REGISTERED ACCEPTED ASSIGNED OBJECTED IN_HAND NOT_NOW REPLIED CONCLUDED FOLLOWED_UP OPINION "
    "IN_REVIEW REVIEWED IN_RECHECK"
)
_ALL = f"{_OPEN} FILED NOT_OURS LEGAL_PATH MERGED WITHDRAWN TERMINATED NO_FURTHER"
#: ask: parties; states.
ASKED = {
    "ask_extension": ("LEAD CO_HANDLER", "IN_HAND"),
    "decide_extension": ("APPROVER", "IN_HAND"),
    "co_sign": ("CO_HANDLER", "ASSIGNED IN_HAND NOT_NOW"),
    "co_reply": ("CO_HANDLER", "ASSIGNED IN_HAND NOT_NOW"),
    "uphold": ("APPROVER", "FOLLOWED_UP"),
    "chase": ("DESK OWNER APPROVER ASKER SUPERVISOR", "ASSIGNED OBJECTED IN_HAND"),
    "supervise": ("SUPERVISOR", _OPEN),
    "directive": ("SUPERVISOR", _OPEN),
    "reply_supervision": ("LEAD DESK", _ALL),
    "add_measure": ("LEAD CO_HANDLER OWNER", "IN_HAND NOT_NOW"),
    "measure_done": ("LEAD CO_HANDLER OWNER", _OPEN),
    "tell": ("DESK LEAD OWNER", _ALL),
}


def test_every_ask_is_theirs_and_at_the_time_that_is_written_here():
    for regime in Regime:
        for state in STATES[regime]:
            for party in Party:
                expected = {
                    key
                    for key, (parties, states) in ASKED.items()
                    if party in parties.split() and state in states.split()
                }
                keys = {found.key for found in asks_from(state, regime=regime, parties={party})}
                assert keys == expected, (state, regime, party)
