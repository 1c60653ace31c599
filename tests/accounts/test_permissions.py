"""What each role may do, decided by hand; and the page that says so."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command

from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation, Post
from portal.accounts.permissions import ROLES, Permission
from portal.accounts.role_words import SEES
from portal.accounts.roles import Role
from tests.factories.accounts import make_organisation, make_post, make_user, sign_in

DOC = Path(__file__).resolve().parents[2] / "docs" / "permissions.md"
P = Permission
EVERYONE = {P.USE_PORTAL}
READS = EVERYONE | {
    P.SEE_VISITS,
    P.SEE_HOUSEHOLDS,
    P.SEARCH,
    P.SEE_POINTS,
    P.SEE_VOLUNTEERS,
    P.EXPORT_LISTS,
    P.SEE_GRIEVANCES,
    P.HANDLE_GRIEVANCES,
}
WORKS = READS | {
    P.LOG_HOME_VISIT,
    P.LOG_SERVICE,
    P.SEE_DIARY,
    P.REVEAL_PERSONS,
    P.FIND_PERSONS,
    P.REGISTER_GRIEVANCES,
}
LOOKS_OVER = {P.SEE_DIARY, P.SEE_DIARY_OF_OTHERS, P.SEE_MAP, P.SEE_FIGURES}
KEEPS_REGISTER = {
    P.EDIT_HOUSEHOLDS,
    P.ASSIGN_HOUSEHOLDS,
    P.IMPORT_HOUSEHOLDS,
    P.MERGE_HOUSEHOLDS,
    P.SEE_WHO_LOOKED,
    P.HANDLE_RIGHTS,
    P.MANAGE_TEAMS,
}
KEEPS_PEOPLE = {
    P.SEE_PEOPLE,
    P.MANAGE_USERS,
    P.GRANT_POSTS,
    P.UNLOCK_ACCOUNTS,
    P.MANAGE_ORGANISATIONS,
    P.MANAGE_POINTS,
    P.REGISTER_GRIEVANCES,
    P.IMPORT_HOTLINE,
}

EXPECTED = {
    Role.COMMUNITY_WORKER: WORKS | {P.EDIT_HOUSEHOLDS, P.SEE_WHO_LOOKED, P.SEE_MAP},
    Role.OFFICER: WORKS | {P.LOG_FIELD_VISIT},
    Role.LEADER: WORKS | LOOKS_OVER | KEEPS_REGISTER | {P.LOG_FIELD_VISIT, P.LOG_RECEPTION},
    Role.DELEGATE: READS | {P.SEE_DIARY, P.LOG_RECEPTION, P.REGISTER_GRIEVANCES},
    Role.CLERK: READS | {P.LOG_RECEPTION, P.HANDLE_RIGHTS, P.REGISTER_GRIEVANCES},
    Role.HANDLER: EVERYONE | {P.SEE_GRIEVANCES, P.HANDLE_GRIEVANCES},
    Role.STREET_ADMIN: READS | LOOKS_OVER | KEEPS_REGISTER | KEEPS_PEOPLE
    | {P.VOID_VISIT_OF_OTHERS, P.REVEAL_PERSONS, P.FIND_PERSONS},
    Role.DISTRICT_LEADER: READS | LOOKS_OVER | {P.SEE_INSPECTIONS, P.APPROVE_INSPECTION},
    Role.DISTRICT_ADMIN: READS | LOOKS_OVER | KEEPS_PEOPLE
    | {P.SEE_INSPECTIONS, P.ASK_INSPECTION, P.ANSWER_FEEDBACK, P.MANAGE_TOPICS, P.MANAGE_CLOCKS},
    # What an approved case opens; nothing else reads, searches, reveals or exports.
    Role.INSPECTOR: EVERYONE
    | {P.SEE_VISITS, P.SEE_HOUSEHOLDS, P.SEE_INSPECTIONS, P.SEE_GRIEVANCES},
    # Makes accounts and no rights; gives rights and makes no accounts.
    Role.SYSTEM_ADMIN: EVERYONE
    | {P.MANAGE_ORGANISATIONS, P.MANAGE_USERS, P.SEE_PEOPLE, P.ANSWER_FEEDBACK, P.EXPORT_LISTS},
    Role.SECURITY_ADMIN: EVERYONE
    | {P.GRANT_POSTS, P.UNLOCK_ACCOUNTS, P.SEE_PEOPLE, P.EXPORT_LISTS},
    Role.AUDITOR: EVERYONE | {P.READ_AUDIT, P.EXPORT_LISTS},
}  # fmt: skip


def test_no_role_gains_or_loses_a_permission_unnoticed():
    assert {role: {p for p, roles in ROLES.items() if role in roles} for role in Role} == EXPECTED
    assert set(ROLES) == set(Permission)


def test_a_refusal_says_under_which_post_and_whom_to_ask():
    post = Post(role=Role.CLERK, organisation=Organisation(pk=3, kind=OrganisationKind.STREET))

    with pytest.raises(PermissionDenied, match=r"窗口受理.*审计日志.*街道管理员"):
        post.require(Permission.READ_AUDIT)
    post.require(Permission.SEARCH)


@pytest.mark.parametrize(
    ("role", "place", "whom"),
    [
        (Role.COMMUNITY_WORKER, "north", "街道管理员"),
        (Role.LEADER, "bajiao", "街道管理员"),
        (Role.HANDLER, "section", "街道管理员"),
        (Role.STREET_ADMIN, "bajiao", "区管理员"),
        (Role.DISTRICT_LEADER, "district", "安全管理员"),
        (Role.INSPECTOR, "district", "安全管理员"),
        (Role.DISTRICT_ADMIN, "district", "安全管理员"),
        (Role.SYSTEM_ADMIN, "district", "安全管理员"),
        (Role.SECURITY_ADMIN, "district", "安全管理员"),
        (Role.AUDITOR, "district", "安全管理员"),
    ],
)
def test_who_is_asked_fits_the_post(client, world, role, place, whom):
    sign_in(client, make_post(role, getattr(world, place)))
    refused = [
        url
        for url in ("/audit/", "/contacts/households/new/", "/search/")
        if (answer := client.get(url)).status_code == 403
        and f"请联系{'本单位的' if whom == '街道管理员' else ''}{whom}" in answer.text
    ]

    assert refused


def test_every_role_is_explained_on_the_own_page():
    assert set(SEES) == set(Role)


def test_the_document_says_what_the_code_does():
    printed = StringIO()
    call_command("permission_table", stdout=printed)

    assert printed.getvalue().strip() in DOC.read_text()


def test_a_post_below_a_community_is_named_with_it(client, world):
    grid = make_organisation(OrganisationKind.GRID, parent=world.south, name="第一网格")
    user = make_user("limin", name="李敏")
    first = make_post(Role.COMMUNITY_WORKER, world.north, user=user)
    second = make_post(Role.COMMUNITY_WORKER, grid, user=user, title="党员骨干")
    sign_in(client, first)

    for url in ("/", "/accounts/me/"):
        assert "八角南里社区第一网格 · 党员骨干" in client.get(url).text
    client.post("/accounts/switch/", {"post": second.pk, "next": "/"})
    page = client.get("/").text
    assert "八角南里社区第一网格 党员骨干" in page  # the message
    assert page.index("八角南里社区第一网格 · 党员骨干") < page.index("切换岗位")


def test_a_section_is_named_with_its_street(world):
    section = make_organisation(OrganisationKind.SECTION, parent=world.bajiao, name="综合办公室")

    assert Organisation.objects.get(pk=section.pk).full_name == "八角街道综合办公室"
    assert world.bajiao.full_name == "八角街道"
