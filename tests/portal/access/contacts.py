"""Households, visits, the diary."""

from tests.portal.access import DA, DL, PUBLIC, SA, C, D, I, L, O, Row, W

CONTACT = frozenset({W, O, L, D, C, SA, DL, DA})
#: An inspector too, what a case opens.
READS = CONTACT | {I}
LOGS = frozenset({W, O, L})
REGISTERS = frozenset({W, L, SA})

ROWS = {
    "contacts:visit_list": Row("/contacts/visits/", READS),
    "contacts:visit_new": Row("/contacts/visits/new/", LOGS),
    "contacts:visit_new_field": Row("/contacts/visits/new/field/", frozenset({O, L}), answer=302),
    "contacts:visit_new_reception": Row(
        "/contacts/visits/new/reception/", frozenset({C, D, L}), answer=302
    ),
    "contacts:visit_draft": Row(
        "/contacts/visits/draft/", LOGS | {C, D}, method="post", answer=400
    ),
    "contacts:visit": Row("/contacts/visits/{visit}/", READS),
    "contacts:visit_edit": Row("/contacts/visits/{visit}/edit/", LOGS, sees=READS),
    # One may take back what one logged oneself; of others only the street administrator.
    "contacts:visit_void": Row("/contacts/visits/{visit}/void/", LOGS | {SA}, sees=READS),
    "contacts:next_step": Row(
        "/contacts/visits/{visit}/next-step/", LOGS, method="post", answer=302, sees=READS
    ),
    "contacts:promise_kept": Row(
        "/contacts/promises/{promise}/kept/", LOGS, method="post", answer=302, sees=READS
    ),
    "contacts:round_list": Row("/contacts/visits/round/", LOGS),
    "contacts:round_offline": Row("/contacts/visits/round/offline/", PUBLIC),
    "contacts:round": Row("/contacts/visits/round/{building}/", LOGS),
    "contacts:round_take": Row("/contacts/visits/round/{building}/take/", LOGS, method="post"),
    "contacts:to_complete": Row("/contacts/visits/to-complete/", LOGS),
    "contacts:visit_sync": Row("/contacts/visits/sync/", LOGS),
    "contacts:point_list": Row("/contacts/points/", CONTACT),
    "contacts:point_new": Row("/contacts/points/new/", frozenset({SA, DA})),
    "contacts:point": Row("/contacts/points/{point}/", CONTACT),
    "contacts:point_print": Row("/contacts/points/{point}/print/", CONTACT, method="post"),
    "contacts:point_end": Row("/contacts/points/{point}/end/", frozenset({SA, DA})),
    "contacts:team_list": Row("/contacts/volunteers/", CONTACT),
    "contacts:team_new": Row("/contacts/volunteers/new/", frozenset({L, SA})),
    "contacts:team": Row("/contacts/volunteers/{team}/", CONTACT),
    "contacts:team_edit": Row("/contacts/volunteers/{team}/edit/", frozenset({L, SA})),
    "contacts:team_end": Row("/contacts/volunteers/{team}/end/", frozenset({L, SA})),
    "contacts:member_add": Row(
        "/contacts/volunteers/{team}/members/", frozenset({L, SA}), method="post"
    ),
    "contacts:member_end": Row(
        "/contacts/volunteers/{team}/members/{member}/end/",
        frozenset({L, SA}),
        method="post",
        answer=302,
    ),
    "contacts:service_new": Row("/contacts/volunteers/services/new/", LOGS, answer=302),
    "contacts:service": Row("/contacts/volunteers/services/{service}/", CONTACT),
    "contacts:service_tap": Row(
        "/contacts/volunteers/services/{service}/tap/", LOGS, method="post"
    ),
    "contacts:service_void": Row("/contacts/volunteers/services/{service}/void/", LOGS),
    "contacts:household_list": Row("/contacts/households/", READS),
    "contacts:household_new": Row("/contacts/households/new/", REGISTERS),
    "contacts:household_find": Row("/contacts/households/find/", REGISTERS | {O}),
    "contacts:household": Row("/contacts/households/{household}/", READS),
    "contacts:household_edit": Row("/contacts/households/{household}/edit/", REGISTERS),
    "contacts:household_reveal": Row("/contacts/households/{household}/reveal/", REGISTERS | {O}),
    "contacts:household_duty": Row("/contacts/households/{household}/duty/", frozenset({L, SA})),
    "contacts:household_looked": Row(
        "/contacts/households/{household}/looked/", REGISTERS, sees=REGISTERS
    ),
    "contacts:rights_list": Row("/contacts/rights/", frozenset({L, SA, C})),
    "contacts:rights_new": Row("/contacts/rights/new/", frozenset({L, SA, C})),
    "contacts:rights_request": Row("/contacts/rights/{request}/", frozenset({L, SA, C})),
    # Printed is what one sees in full: a clerk sees no household so.
    "contacts:rights_copy": Row(
        "/contacts/rights/{request}/copy/",
        frozenset({L, SA, C}),
        method="post",
        answer=302,
    ),
    "privacy:notice": Row("/privacy/", PUBLIC),
    "privacy:door_card": Row("/privacy/door-card/", PUBLIC),
    "privacy:request": Row("/privacy/request/", PUBLIC),
    "privacy:status": Row("/privacy/status/", PUBLIC),
    "contacts:household_move": Row("/contacts/households/{household}/move/", frozenset({L, SA})),
    "contacts:household_merge": Row("/contacts/households/{household}/merge/", frozenset({L, SA})),
    "contacts:handover": Row("/contacts/handover/{person}/", frozenset({L, SA})),
    "contacts:map": Row("/contacts/map/", frozenset({W, L, SA, DL, DA})),
    "contacts:figures": Row("/contacts/figures/", frozenset({L, SA, DL, DA})),
    "contacts:diary": Row("/contacts/diary/", frozenset({W, O, L, D, SA, DL, DA})),
    "contacts:diary_print": Row(
        "/contacts/diary/print/", frozenset({W, O, L, D, SA, DL, DA}), method="post"
    ),
}
