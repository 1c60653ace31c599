"""The grievance desk, the resident's page, the links of outside handlers."""

from tests.portal.access import DA, PUBLIC, SA, C, D, H, I, L, O, Row, W
from tests.portal.access.contacts import CONTACT

#: Handlers too, and an inspector what a case opens.
READS = CONTACT | {H, I}
HANDLES = CONTACT | {H}
HOTLINE = frozenset({SA, DA})
KEEPS_TOPICS = frozenset({DA})
#: 窗口受理 and administrators of a street, administrators of the district.
DESK = frozenset({C, SA, DA})

ROWS: dict[str, Row] = {
    "grievances:list": Row("/grievances/", READS),
    "grievances:restricted": Row("/grievances/restricted/", READS),
    "grievances:board": Row("/grievances/board/", READS),
    "grievances:duplicates": Row("/grievances/duplicates/", READS),
    "grievances:inbox": Row("/grievances/inbox/", HANDLES),
    # District leaders read; a section's handler is given what others registered.
    "grievances:new": Row("/grievances/new/", frozenset({W, O, L, D, C, SA, DA})),
    "grievances:grievance": Row("/grievances/{grievance}/", READS),
    "grievances:reveal": Row("/grievances/{grievance}/reveal/", HANDLES),
    # A move that the resident's contact may make: which move is whose, test_workflow says.
    "grievances:move": Row("/grievances/{grievance}/withdraw/", HANDLES),
    # None of the state it is in; which ask is whose, test_workflow says.
    "grievances:ask": Row("/grievances/{grievance}/ask/chase/", HANDLES, answer=302),
    # The resident's contact may.
    "grievances:print": Row("/grievances/{grievance}/print/", HANDLES),
    "grievances:hotline_import": Row("/grievances/import/", HOTLINE),
    # The job of the scene is of another kind: there is none of this one for anybody.
    "grievances:hotline_check": Row("/grievances/import/{job}/", HOTLINE, answer=404),
    "grievances:reconciliation": Row("/grievances/reconciliation/", HOTLINE),
    "grievances:topics": Row("/grievances/topics/", READS),
    # A topic belongs to no unit; one that never was is told apart from a refusal.
    "grievances:topic": Row("/grievances/topics/99/", READS, answer=404),
    "grievances:topic_new": Row("/grievances/topics/new/", KEEPS_TOPICS),
    "grievances:topic_new_below": Row("/grievances/topics/99/new/", KEEPS_TOPICS, answer=404),
    "grievances:topic_edit": Row("/grievances/topics/99/edit/", KEEPS_TOPICS, answer=404),
    "grievances:calendar": Row("/grievances/calendar/", READS),
    "grievances:calendar_day": Row("/grievances/calendar/day/", frozenset({DA})),
    "grievances:clocks": Row("/grievances/clocks/", READS),
    "grievances:clock_change": Row("/grievances/clocks/change/", frozenset({DA})),
    # Whose people ask, and who hands out the link: test_follow_ups says it for each party.
    "grievances:follow_ups": Row("/grievances/follow-ups/", HANDLES),
    "satisfaction:follow_ups": Row("/satisfaction/follow-ups/", HANDLES),
    "grievances:follow_up": Row(
        # Nothing to judge yet: back to its page, with a sentence why.
        "/grievances/follow-ups/{grievance}/",
        frozenset({W, L, C, SA}),
        answer=302,
        sees=HANDLES,
    ),
    "grievances:follow_up_close": Row(
        "/grievances/follow-ups/{grievance}/close/",
        frozenset({C, SA}),
        method="post",
        answer=302,
        sees=HANDLES,
    ),
    "grievances:tellings": Row("/grievances/tellings/", HANDLES),
    "grievances:telling": Row("/grievances/tellings/{told}/", HANDLES),
    # The resident's contact may.
    "grievances:slip": Row("/grievances/{grievance}/slip/", HANDLES),
    # It is no 信访件: which paper is whose and when, test_papers says.
    "grievances:paper": Row("/grievances/{grievance}/papers/receipt/", HANDLES, answer=404),
    "grievances:called_back": Row(
        "/grievances/{grievance}/called-back/", HANDLES, method="post", answer=302
    ),
    "resident:page": Row("/r/{link}/", PUBLIC),
    "resident:rate": Row("/r/{link}/rate/", PUBLIC),
    "resident:call": Row("/r/{link}/call/", PUBLIC),
    # People who never sign in: the desk alone, and whoever holds a link of one use.
    "grievances:liaisons": Row("/grievances/liaisons/", DESK),
    "grievances:liaison_new": Row("/grievances/liaisons/new/", DESK),
    # A book is a desk's own; a row that never was is told apart from a refusal.
    "grievances:liaison_edit": Row("/grievances/liaisons/99/", DESK, answer=404),
    "grievances:liaison_end": Row("/grievances/liaisons/99/end/", DESK, method="post", answer=404),
    "grievances:chases": Row("/grievances/chases/", DESK),
    "grievances:chase_sheet": Row("/grievances/chases/99/", DESK, answer=404),
    "grievances:outside": Row("/grievances/{grievance}/outside/", DESK, sees=HANDLES),
    # The record of the scene was given to nobody: there is no assignment of this number.
    "grievances:handler_link": Row(
        "/grievances/{grievance}/outside/99/", DESK, method="post", answer=404, sees=HANDLES
    ),
    "grievances:forward": Row("/grievances/{grievance}/forward/", DESK, sees=HANDLES),
    # No link of this token: the page that says whom to ring.
    "handler_link:page": Row("/h/none/", PUBLIC, answer=404),
}
