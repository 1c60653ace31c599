"""What each role may do, decided by hand; and the page that says so."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command

from portal.accounts.models import Post
from portal.accounts.permissions import ROLES, Permission
from portal.accounts.roles import Role
from portal.accounts.selectors.profile import SIGHT

DOC = Path(__file__).resolve().parents[2] / "docs" / "permissions.md"
P = Permission
EVERYONE = {P.USE_PORTAL}
READS = EVERYONE | {P.SEE_VISITS, P.SEE_HOUSEHOLDS, P.SEARCH}
WORKS = READS | {P.LOG_HOME_VISIT, P.SEE_DIARY, P.REVEAL_PERSONS, P.FIND_PERSONS}

EXPECTED = {
    Role.COMMUNITY_WORKER: WORKS | {P.EDIT_HOUSEHOLDS},
    Role.OFFICER: WORKS,
    Role.LEADER: WORKS | {P.EDIT_HOUSEHOLDS, P.ASSIGN_HOUSEHOLDS, P.SEE_DIARY_OF_OTHERS},
    Role.DELEGATE: READS | {P.SEE_DIARY},
    Role.CLERK: READS,
    Role.HANDLER: EVERYONE,
    Role.STREET_ADMIN: READS
    | {
        P.SEE_DIARY, P.SEE_DIARY_OF_OTHERS, P.VOID_VISIT_OF_OTHERS, P.EDIT_HOUSEHOLDS,
        P.ASSIGN_HOUSEHOLDS, P.REVEAL_PERSONS, P.FIND_PERSONS,
    },
    Role.DISTRICT_LEADER: READS | {P.SEE_DIARY, P.SEE_DIARY_OF_OTHERS},
    Role.DISTRICT_ADMIN: READS | {P.SEE_DIARY, P.SEE_DIARY_OF_OTHERS},
    Role.INSPECTOR: EVERYONE,
    Role.SYSTEM_ADMIN: EVERYONE | {P.MANAGE_ORGANISATIONS, P.MANAGE_USERS},
    Role.SECURITY_ADMIN: EVERYONE | {P.GRANT_POSTS},
    Role.AUDITOR: EVERYONE | {P.READ_AUDIT},
}  # fmt: skip


def test_no_role_gains_or_loses_a_permission_unnoticed():
    assert {role: {p for p, roles in ROLES.items() if role in roles} for role in Role} == EXPECTED
    assert set(ROLES) == set(Permission)


def test_a_refusal_says_under_which_post_and_whom_to_ask():
    post = Post(role=Role.CLERK)

    with pytest.raises(PermissionDenied, match=r"窗口受理.*审计日志.*街道管理员"):
        post.require(Permission.READ_AUDIT)
    post.require(Permission.SEARCH)


def test_every_role_is_explained_on_the_own_page():
    assert set(SIGHT) == set(Role)


def test_the_document_says_what_the_code_does():
    printed = StringIO()
    call_command("permission_table", stdout=printed)

    assert printed.getvalue().strip() in DOC.read_text()
