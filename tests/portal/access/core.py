"""Pages of no app."""

from tests.portal.access import PUBLIC, Row

ROWS = {"core:style": Row("/help/style/", PUBLIC)}
