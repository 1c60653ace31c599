"""Every address × every role × nobody, inside the scope and outside it."""

import datetime as dt

import pytest
from django.core.checks import run_checks
from django.test import Client
from django.urls import get_resolver, path
from django.utils import timezone
from django.views.generic import TemplateView

from contacts.models import Promise
from grievances.models import Grievance
from grievances.services.links import link_for
from grievances.services.registering import open_to_posts
from grievances.services.telling import tell
from portal.accounts.checks import check_every_view_declares_access, views
from portal.accounts.models import Organisation, OrganisationKind, Post
from portal.accounts.roles import Role
from tests.factories.accounts import (
    make_inspection,
    make_organisation,
    make_post,
    make_user,
    sign_in,
)
from tests.factories.contacts import make_household, make_reveal, make_visit
from tests.factories.grievances import make_grievance
from tests.factories.jobs import make_job
from tests.factories.places import make_member, make_point, make_session, make_team
from tests.factories.rights import make_feedback, make_request
from tests.portal.access import Row, accounts, contacts, core, desk, grievances, jobs, people

pytestmark = pytest.mark.django_db

ACCESS: dict[str, Row] = (
    accounts.ROWS
    | people.ROWS
    | contacts.ROWS
    | core.ROWS
    | desk.ROWS
    | grievances.ROWS
    | jobs.ROWS
)
#: A private link opens its page to whoever holds it, wherever they are.
OF_RECORDS = {
    name: row for name, row in ACCESS.items() if row.is_of_a_record and row.roles is not None
}
DISTRICT_WIDE = {
    Role.DISTRICT_LEADER, Role.DISTRICT_ADMIN, Role.INSPECTOR,
    Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR,
}  # fmt: skip


def place_of(role: Role, world) -> Organisation:
    if role == Role.COMMUNITY_WORKER:
        return world.north
    if role == Role.HANDLER:
        return world.section
    return world.district if role in DISTRICT_WIDE else world.bajiao


def records(community: Organisation, post: Post) -> dict[str, object]:
    """A household in ``community`` that ``post`` visited, and sees in full for a stated reason."""
    household = make_household(community=community, worker=post.user)
    make_reveal(household, post, at=timezone.now())
    visit = make_visit(
        household, post=post, next_step="送办事指南", next_step_on=dt.date(2027, 1, 4)
    )
    promise = Promise.objects.create(
        visit=visit, household=household, text="修灯", due_on=dt.date(2027, 1, 4)
    )
    # A worker of the community, and a case that opens it: to ``post`` if it is an inspector's.
    staff = make_post(Role.COMMUNITY_WORKER, community)
    inspects = post.role == Role.INSPECTOR
    inspector = post if inspects else make_post(Role.INSPECTOR, community.district)
    team = make_team(community.street, community=community)
    # The post is the resident's contact, whatever its role: it may do what a contact does.
    grievance = make_grievance(community)
    Grievance.objects.filter(pk=grievance.pk).update(owner=post)
    open_to_posts(grievance, {post.pk})
    now = timezone.now()
    return {
        "person": staff.user_id,
        "post": staff.pk,
        "community": community.pk,
        "inspection": make_inspection(inspector, community).pk,
        "building": household.building_id,
        "household": household.pk,
        "visit": visit.client_id,
        "promise": promise.pk,
        "point": make_point(make_user(), community).pk,
        "team": team.pk,
        "member": make_member(team).pk,
        "service": make_session(team, post=post, community=community).client_id,
        "request": make_request(community, household=household).pk,
        "feedback": make_feedback(staff).pk,
        "job": make_job(post).client_id,
        "grievance": grievance.number,
        "told": tell(
            grievance, about="tell", words="下周来人看。", channel="", actor=None, now=now
        ).pk,
        "link": link_for(grievance, now=now),
    }


def ask(client: Client, row: Row, **found: object):
    return getattr(client, row.method)(row.path.format(**found), row.data)


def test_the_table_lists_every_url():
    assert {name for name, _ in views(get_resolver())} == set(ACCESS)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", ACCESS)
def test_each_role_gets_what_the_table_says(client, world, name, role):
    row = ACCESS[name]
    post = sign_in(client, make_post(role, place_of(role, world)))
    found = records(world.north, post) if row.is_of_a_record else {}

    answer = ask(client, row, **found)

    allowed = row.roles is None or role in row.roles
    if name == "accounts:login":
        assert answer.url == "/"  # who is in is not asked again
    else:
        expected = row.answers.get(role, row.answer) if allowed else 403
        assert answer.status_code == expected, answer.content.decode()


@pytest.mark.parametrize("name", ACCESS)
def test_nobody_gets_what_is_public_and_nothing_else(client, world, name):
    row = ACCESS[name]
    found = records(world.north, make_post(Role.COMMUNITY_WORKER, world.north))

    answer = ask(client, row, **found)

    if row.roles is None:
        assert answer.status_code == row.answer
    elif name in {"contacts:visit_draft", "contacts:visit_sync"}:
        assert answer.status_code == 401  # its module keeps the draft until the next sign-in
    else:
        assert answer.status_code == 302
        assert answer.url.startswith("/accounts/login/?next=")


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", OF_RECORDS)
def test_outside_the_scope_records_do_not_exist(client, world, name, role):
    row = ACCESS[name]
    sign_in(client, make_post(role, place_of(role, world)))
    foreign_street = make_organisation(OrganisationKind.STREET, parent=world.other_district)
    foreign = make_organisation(OrganisationKind.COMMUNITY, parent=foreign_street)
    outside = [foreign] if role in DISTRICT_WIDE else [foreign, world.gucheng_community]

    for community in outside:
        found = records(community, make_post(Role.COMMUNITY_WORKER, community))
        answer = ask(client, row, **found)
        assert answer.status_code == row.refusal_outside(role), community


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", OF_RECORDS)
def test_what_was_ones_own_is_closed_after_the_post(client, world, name, role):
    """Written and looked after under a post that has ended, read under a post elsewhere."""
    row = ACCESS[name]
    former = make_post(role, place_of(role, world), until=dt.date(2026, 1, 1))
    elsewhere = {OrganisationKind.DISTRICT: world.other_district}.get(former.organisation.kind)
    now = make_post(role, elsewhere or world.gucheng, user=former.user)
    sign_in(client, now)
    found = records(world.north, former)

    assert ask(client, row, **found).status_code == row.refusal_outside(role)


class Undecided(TemplateView):
    template_name = "errors/404.html"


def undecided_function(request):
    raise AssertionError


urlpatterns = [path("a/", Undecided.as_view(), name="a"), path("b/", undecided_function, name="b")]


@pytest.mark.urls(__name__)
def test_a_view_that_nobody_decided_about_does_not_start():
    assert [error.id for error in check_every_view_declares_access()] == ["accounts.E001"] * 2


def test_the_portal_starts():
    assert not run_checks()
