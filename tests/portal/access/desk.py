"""今日, search, help, and what machines ask."""

from tests.portal.access import DA, DL, EVERYBODY, PUBLIC, SA, C, D, L, O, Row, W

ROWS = {
    "desk:today": Row("/", EVERYBODY),
    "desk:search": Row("/search/", frozenset({W, O, L, D, C, SA, DL, DA})),
    "desk:help": Row("/help/", EVERYBODY),
    "desk:help_formulas": Row("/help/formulas/", EVERYBODY),
    "desk:help_role": Row("/help/community-worker/", EVERYBODY),
    "desk:service_worker": Row("/sw.js", PUBLIC),
    "healthz": Row("/healthz", PUBLIC),
    "readyz": Row("/readyz", PUBLIC),
    "metrics": Row("/metrics", PUBLIC),
}
