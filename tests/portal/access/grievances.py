"""The grievance desk, the resident's page, the links of outside handlers."""

from tests.portal.access import Row

ROWS: dict[str, Row] = {}
