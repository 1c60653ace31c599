"""The grievance desk, the resident's page, the links of outside handlers."""

from tests.portal.access import DA, SA, H, I, Row
from tests.portal.access.contacts import CONTACT

SEES = CONTACT | {H, I}
HANDLES = CONTACT | {H}
HOTLINE = frozenset({SA, DA})

ROWS: dict[str, Row] = {
    "grievances:grievance": Row("/grievances/{grievance}/", SEES),
    "grievances:reveal": Row("/grievances/{grievance}/reveal/", HANDLES),
    # A move that the resident's contact may make: which move is whose, test_workflow says.
    "grievances:move": Row("/grievances/{grievance}/withdraw/", HANDLES),
    "grievances:hotline_import": Row("/grievances/import/", HOTLINE),
    # The job of the scene is of another kind: there is none of this one for anybody.
    "grievances:hotline_check": Row("/grievances/import/{job}/", HOTLINE, answer=404),
    "grievances:reconciliation": Row("/grievances/reconciliation/", HOTLINE),
}
