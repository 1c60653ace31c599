"""The grievance desk, the resident's page, the links of outside handlers."""

from tests.portal.access import DA, SA, Row

HOTLINE = frozenset({SA, DA})

ROWS: dict[str, Row] = {
    "grievances:hotline_import": Row("/grievances/import/", HOTLINE),
    # The job of the scene is of another kind: there is none of this one for anybody.
    "grievances:hotline_check": Row("/grievances/import/{job}/", HOTLINE, answer=404),
    "grievances:reconciliation": Row("/grievances/reconciliation/", HOTLINE),
}
