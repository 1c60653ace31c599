"""Guests of a 下访 or 接访 are nobody's business but of who wrote it and who led."""

import datetime as dt

import pytest
from django.utils import timezone

from contacts.search import index_visit
from contacts.services.visits import amend_visit, entry_of
from portal.accounts.roles import Role
from portal.search.models import SearchEntry
from tests.factories.accounts import make_post, make_user, sign_in
from tests.factories.contacts import make_household, make_resident
from tests.factories.places import make_place_visit, make_point

pytestmark = pytest.mark.django_db

NAME, NUMBER = "孙秀芝", "13612345678"
TEXT = f"{NAME}说路灯不亮，电话{NUMBER}，女儿也来了"


@pytest.fixture
def leader(world):
    return make_post(Role.LEADER, world.bajiao, user=make_user(name="周海燕"))


@pytest.fixture
def clerk(world):
    return make_post(Role.CLERK, world.bajiao, user=make_user(name="何静"))


@pytest.fixture(params=["FIELD", "RECEPTION"])
def visit(request, world, leader, clerk):
    point = make_point(leader.user, world.north) if request.param == "FIELD" else None
    made = make_place_visit(
        world.north,
        post=make_post(Role.OFFICER, world.section) if point else clerk,
        lead=leader,
        kind=request.param,
        point=point,
        text=TEXT,
        place=f"{NAME}家楼下",
        next_step=f"给{NAME}回话",
        guests=((NAME, NUMBER),),
    )
    index_visit(made)
    return made


def addresses(visit, leader) -> list[str]:
    week = timezone.localdate(visit.occurred_at).strftime("%G-W%V")
    found = [
        "/",
        visit.get_absolute_url(),
        "/contacts/visits/",
        "/contacts/visits/?q=路灯",
        "/search/?q=路灯",
        f"/contacts/diary/?person={leader.user_id}&week={week}",
    ]
    return [*found, visit.point.get_absolute_url()] if visit.point else found


def test_who_wrote_and_who_led_read_everything(client, leader, visit):
    for post in (visit.post, leader):
        sign_in(client, post)
        page = client.get(visit.get_absolute_url()).content.decode()
        assert NAME in page, post.role
        assert f"tel:{NUMBER}" in page, post.role
        assert TEXT in page, post.role


def test_everybody_else_reads_no_name_and_no_number(client, world, leader, visit):
    colleagues = [
        make_post(Role.LEADER, world.bajiao),
        make_post(Role.LEADER, world.north),
        make_post(Role.STREET_ADMIN, world.bajiao),
        make_post(Role.DISTRICT_LEADER, world.district),
    ]
    for post in colleagues:
        sign_in(client, post)
        for address in addresses(visit, leader):
            answer = client.get(address)
            page = answer.content.decode()
            # A community opens no diary of its street.
            assert answer.status_code == (
                404 if "diary" in address and post.organisation == world.north else 200
            )
            assert NAME not in page, (post.role, address)
            assert NUMBER not in page, (post.role, address)
        page = client.get(visit.get_absolute_url()).content.decode()
        assert "路灯不亮" in page
        assert "孙**" in page
        assert "136****5678" in page


def test_the_printed_diary_and_the_printed_list_hold_none(client, world, leader, visit):
    sign_in(client, make_post(Role.LEADER, world.bajiao))
    week = timezone.localdate(visit.occurred_at).strftime("%G-W%V")
    paper = client.post("/contacts/diary/print/", {"person": leader.user_id, "week": week})
    pages = [paper.content.decode()]
    if visit.point:
        pages.append(client.post(f"{visit.point.get_absolute_url()}print/").content.decode())
    for page in pages:
        assert "路灯不亮" in page
        assert NAME not in page
        assert NUMBER not in page


def test_nothing_of_it_where_one_may_not_read_the_visit(client, world, leader, visit):
    strangers = [
        make_post(Role.COMMUNITY_WORKER, world.north),
        make_post(Role.CLERK, world.bajiao),
        make_post(Role.LEADER, world.gucheng),
        make_post(Role.SYSTEM_ADMIN, world.district),
    ]
    for post in strangers:
        sign_in(client, post)
        assert client.get(visit.get_absolute_url()).status_code in {403, 404}, post.role
        for address in addresses(visit, leader):
            page = client.get(address).content.decode()
            assert "路灯不亮" not in page, (post.role, address)
            assert NAME not in page, (post.role, address)


def test_the_index_finds_no_guest(client, leader, visit):
    tokens = str(SearchEntry.objects.filter(kind="visit", object_id=visit.pk).values().get())
    for hidden in ("秀芝", NUMBER, NUMBER[-4:]):
        assert hidden not in tokens
    sign_in(client, leader)
    page = client.get(f"/search/?q={NAME}").content.decode()
    assert "路灯不亮" not in page


def test_the_post_that_has_ended_reads_nothing(client, leader, visit):
    wrote = visit.post
    wrote.until = timezone.localdate()
    wrote.save()
    other = make_post(Role.OFFICER, leader.organisation, user=wrote.user)
    sign_in(client, other)
    assert client.get(visit.get_absolute_url()).status_code == 404


def test_an_amendment_shows_no_former_guest(client, world, leader, visit):
    actor = visit.post
    visit.recorded_at = visit.occurred_at
    visit.save()
    entry = entry_of(visit)
    later = timezone.now() + dt.timedelta(days=9)
    changed = type(entry)(**{f: getattr(entry, f) for f in entry.__slots__} | {"guests": ()})
    amend_visit(actor=actor, visit_id=visit.pk, entry=changed, reason=f"{NAME}记错", now=later)

    sign_in(client, make_post(Role.LEADER, world.bajiao))
    page = client.get(visit.get_absolute_url()).content.decode()
    assert "更正过 1 次" in page
    assert NUMBER not in page


def test_a_guest_of_the_own_household_is_read_in_full(client, world, leader):
    secretary = make_post(Role.LEADER, world.north)
    home = make_household(community=world.north, worker=secretary.user)
    make_resident(home, name=NAME)
    visit = make_place_visit(world.north, post=leader, guests=((NAME, NUMBER),))
    visit.guests.update(household=home)

    sign_in(client, secretary)
    page = client.get(visit.get_absolute_url()).content.decode()

    assert f"tel:{NUMBER}" in page
