"""People, posts, units and inspections."""

from tests.portal.access import DA, DL, SA, SEC, SYS, I, Row

#: Who looks after accounts, who after posts, who after units.
ACCOUNTS = frozenset({SA, DA, SYS})
POSTS = frozenset({SA, DA, SEC})
UNITS = frozenset({SA, DA, SYS})
CASES = frozenset({DA, DL, I})

ROWS = {
    "people:people": Row("/accounts/people/", ACCOUNTS | POSTS),
    "people:person_new": Row("/accounts/people/new/", ACCOUNTS),
    "people:person": Row("/accounts/people/{person}/", ACCOUNTS | POSTS),
    # The link is on the answer itself; for somebody with a post not by the system administrator.
    "people:link": Row(
        "/accounts/people/{person}/link/", ACCOUNTS, method="post", answers={SYS: 302}
    ),
    "people:deactivate": Row(
        "/accounts/people/{person}/deactivate/", ACCOUNTS, method="post", answer=302
    ),
    "people:reactivate": Row(
        "/accounts/people/{person}/reactivate/", ACCOUNTS, method="post", answer=302
    ),
    "people:unlock": Row("/accounts/people/{person}/unlock/", POSTS, method="post", answer=302),
    "people:second_factor": Row(
        "/accounts/people/{person}/second-factor/", POSTS, method="post", answer=302
    ),
    "people:posts": Row("/accounts/posts/", POSTS),
    "people:post_new": Row("/accounts/posts/new/", POSTS),
    "people:post_end": Row("/accounts/posts/{post}/end/", POSTS),
    "people:post_withdraw": Row(
        "/accounts/posts/{post}/withdraw/", POSTS, method="post", answer=302
    ),
    "people:units": Row("/accounts/units/", UNITS),
    "people:unit": Row("/accounts/units/{building}/", UNITS),
    "people:unit_new": Row("/accounts/units/{community}/new/", UNITS),
    "people:unit_edit": Row("/accounts/units/{building}/edit/", UNITS),
    "people:inspections": Row("/accounts/inspections/", CASES),
    "people:inspection_new": Row("/accounts/inspections/new/", frozenset({DA})),
    # An inspector sees the own ones.
    "people:inspection": Row("/accounts/inspections/{inspection}/", CASES),
}
