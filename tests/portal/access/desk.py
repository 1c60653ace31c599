"""今日, search, help, and what machines ask."""

from tests.portal.access import DA, DL, EVERYBODY, PUBLIC, SA, SYS, C, D, L, O, Row, W

ROWS = {
    "desk:today": Row("/", EVERYBODY),
    "desk:search": Row("/search/", frozenset({W, O, L, D, C, SA, DL, DA})),
    "desk:feedback": Row("/feedback/", EVERYBODY),
    "desk:feedback_box": Row("/feedback/box/", frozenset({DA, SYS})),
    "desk:feedback_reply": Row("/feedback/{feedback}/", frozenset({DA, SYS})),
    "desk:help": Row("/help/", EVERYBODY),
    "desk:help_formulas": Row("/help/formulas/", EVERYBODY),
    "desk:help_workflow": Row("/help/workflow/", EVERYBODY),
    "desk:help_role": Row("/help/community-worker/", EVERYBODY),
    "desk:service_worker": Row("/sw.js", PUBLIC),
    "healthz": Row("/healthz", PUBLIC),
    "readyz": Row("/readyz", PUBLIC),
    "metrics": Row("/metrics", PUBLIC),
}
