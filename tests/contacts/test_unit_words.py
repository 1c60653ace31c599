"""Free text without a household: sessions of volunteers, notes of contact points, places."""

import datetime as dt

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from portal.accounts.roles import Role
from portal.core.periods import Week
from portal.jobs import exports
from tests.factories.accounts import make_post, sign_in
from tests.factories.contacts import make_household, make_resident
from tests.factories.places import (
    make_entry,
    make_place_visit,
    make_point,
    make_session,
    make_team,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

NAME, PHONE = "钱文静", "13800131234"


@pytest.fixture
def resident(world):
    return make_resident(make_household(world.building), name=NAME, phone=PHONE)


@pytest.fixture
def author(world):
    return make_post(Role.COMMUNITY_WORKER, world.north)


@pytest.fixture
def session(world, resident, author):
    team = make_team(world.bajiao, community=world.north)
    return make_session(
        team,
        post=author,
        community=world.north,
        place=f"{NAME}家",
        text=f"给{NAME}理发，电话{PHONE}，老孙帮忙",
        voided_at=timezone.now(),
        voided_by=author.user,
        void_reason=f"{NAME}不在家",
    )


def listed(post, key, query="") -> str:
    opened = exports.get(key).open(post, QueryDict(query), timezone.now())
    return str([list(row) for row in opened.rows()])


@pytest.mark.parametrize("role", [Role.LEADER, Role.CLERK, Role.DELEGATE])
def test_the_texts_of_a_session_hide_people_from_everybody_but_the_author(
    client, world, session, author, role
):
    make_entry(session, served="孙大勇")
    pages = (session.get_absolute_url(), session.team.get_absolute_url())
    other = sign_in(client, make_post(role, world.bajiao))
    for page in pages:
        text = client.get(page).text
        assert "钱**家" in text
        assert NAME not in text
        assert PHONE not in text
        assert "老孙" not in text  # whom it served is known on its page
    assert NAME not in listed(other, "services", f"team={session.team_id}")

    sign_in(client, author)
    assert f"{NAME}不在家" in client.get(pages[0]).text
    assert f"{NAME}家" in client.get(pages[1]).text
    assert f"{NAME}家" in listed(author, "services", f"team={session.team_id}")


def test_what_a_session_says_of_whom_it_served_in_general_stays_readable(
    client, world, resident, author
):
    team = make_team(world.bajiao, community=world.north)
    session = make_session(team, post=author, community=world.north, text="老人都满意")
    make_entry(session, served="老人")
    sign_in(client, make_post(Role.LEADER, world.north))
    assert "老人都满意" in client.get(session.get_absolute_url()).text


@pytest.mark.parametrize("unit", ["bajiao", "north"])
def test_the_note_of_a_contact_point_hides_people(client, world, resident, unit):
    officer = make_post(Role.OFFICER, world.bajiao)
    make_point(officer.user, getattr(world, unit), note=f"重点看{NAME} {PHONE}，每月两次")
    delegate = make_post(Role.DELEGATE, world.bajiao)
    for post in (officer, delegate):
        sign_in(client, post)
        for shown in (
            client.get(reverse("contacts:point_list")).text,
            listed(post, "points"),
        ):
            assert "重点看钱**" in shown
            assert "每月两次" in shown
            assert NAME not in shown
            assert PHONE not in shown


@pytest.mark.parametrize("text", ["", "座谈"])
def test_where_a_visit_was_held_hides_people(client, world, resident, text):
    officer = make_post(Role.OFFICER, world.bajiao)
    point = make_point(officer.user, world.north)
    held = timezone.now() - dt.timedelta(minutes=5)
    visit = make_place_visit(
        world.north, post=officer, point=point, place=f"{NAME}家", text=text, occurred_at=held
    )
    leader = sign_in(client, make_post(Role.LEADER, world.bajiao))
    week = {"week": str(Week.of(visit.occurred_on)), "person": officer.user_id}
    for shown in (
        client.get(reverse("contacts:visit_list")).text,
        client.get(visit.get_absolute_url()).text,
        client.get(reverse("contacts:diary"), week).text,
        client.post(reverse("contacts:diary_print"), week).text,
        client.get(point.get_absolute_url()).text,
        listed(leader, "visits"),
    ):
        assert "钱**家" in shown
        assert NAME not in shown
    assert NAME not in client.post(reverse("contacts:point_print", args=[point.pk])).text
    sign_in(client, officer)
    assert f"{NAME}家" in client.get(visit.get_absolute_url()).text
