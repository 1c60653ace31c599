"""联系点: who may name one, and what its page tells to whom."""

import datetime as dt
import re

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from contacts.models import ContactPoint, Matter, Promise
from contacts.selectors.points import point_lines
from contacts.services.points import end_point, open_point
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.core.errors import DomainError
from tests.factories.accounts import make_post, make_user, sign_in
from tests.factories.contacts import (
    make_building,
    make_care,
    make_category,
    make_household,
    make_resident,
    make_visit,
)
from tests.factories.places import make_place_visit, make_point

pytestmark = [pytest.mark.django_db]


@pytest.fixture
def admin(world):
    return make_post(Role.STREET_ADMIN, world.bajiao)


@pytest.fixture
def leader(world):
    return make_post(Role.LEADER, world.bajiao, user=make_user(name="周海燕"))


def today() -> dt.date:
    return timezone.localdate()


def opened(admin, user_id: int, unit, **fields) -> ContactPoint:
    told = {"since": today(), "now": timezone.now()} | fields
    return open_point(actor=admin, user_id=user_id, organisation_id=unit.pk, **told)


@pytest.mark.sqlite
def test_naming_a_liaison_is_dated_and_in_the_trail(world, admin, leader):
    point = opened(admin, leader.user_id, world.north)

    assert (point.district, point.street, point.community) == (
        world.district,
        world.bajiao,
        world.north,
    )
    assert AuditEvent.objects.filter(action="point.open", object_id=point.pk).exists()
    with pytest.raises(DomainError, match="已经联系"):
        opened(admin, leader.user_id, world.north)

    end_point(actor=admin, point_id=point.pk, until=today(), now=timezone.now())
    assert not point_lines(post=leader, today=today())
    assert [line.id for line in point_lines(post=leader, today=today(), ended=True)] == [point.pk]


@pytest.mark.sqlite
def test_only_a_cadre_who_serves_the_unit_may_be_named(world, admin, leader):
    worker = make_post(Role.COMMUNITY_WORKER, world.north)
    elsewhere = make_post(Role.LEADER, world.gucheng)
    other_community = make_post(Role.LEADER, world.south)
    past = make_post(Role.LEADER, world.bajiao, until=today())
    officer = make_post(Role.OFFICER, world.section)
    for post in (worker, elsewhere, other_community, past):
        with pytest.raises(DomainError, match="岗位"):
            opened(admin, post.user_id, world.north)
    with pytest.raises(DomainError, match="范围内"):
        opened(admin, leader.user_id, world.gucheng_community)
    with pytest.raises(DomainError, match="一年之内"):
        opened(admin, leader.user_id, world.north, since=today() + dt.timedelta(days=400))
    assert opened(admin, officer.user_id, world.north)
    with pytest.raises(PermissionDenied):
        opened(leader, leader.user_id, world.south)


def test_the_list_shows_the_own_first_and_the_days(client, world, leader):
    other = make_post(Role.LEADER, world.bajiao, user=make_user(name="吴国栋"))
    make_point(other.user, world.north)
    own = make_point(leader.user, world.south)
    make_place_visit(
        world.south,
        post=leader,
        point=own,
        occurred_at=timezone.now() - dt.timedelta(days=12),
    )
    sign_in(client, leader)

    page = client.get("/contacts/points/").content.decode()

    assert page.index("八角南里社区") < page.index("八角北里社区")
    assert "12 天前" in page
    assert "吴国栋" in page


@pytest.fixture
def busy(world, leader):
    """A community with something of everything, written down by its worker."""
    worker = make_post(Role.COMMUNITY_WORKER, world.north)
    home = make_household(make_building(world.north, name="6号楼"), worker=worker.user, room="301")
    make_resident(home, name="陈玉兰", phone="13912345678")
    make_care(home, make_category(is_hardship=True))
    long_ago = timezone.now() - dt.timedelta(days=400)
    visit = make_visit(
        home,
        post=worker,
        occurred_at=long_ago,
        next_step="问陈玉兰的低保",
        next_step_on=today() - dt.timedelta(days=300),
    )
    Matter.objects.create(
        visit=visit, position=1, text="陈玉兰家下水堵了，电话13912345678", outcome="ESCALATED"
    )
    Promise.objects.create(
        visit=visit, household=home, text="给陈玉兰回话", due_on=today() - dt.timedelta(days=3)
    )
    return make_point(leader.user, world.north)


def test_the_brief_tells_what_to_bring_and_nobody_by_name(client, leader, busy):
    make_place_visit(
        busy.organisation,
        post=make_post(Role.OFFICER, busy.organisation.street, user=make_user(name="冯磊")),
        point=busy,
        text="孙秀芝说楼道灯不亮",
        guests=(("孙秀芝", "13600001111"),),
    )
    sign_in(client, leader)

    for answer in (
        client.get(f"/contacts/points/{busy.pk}/"),
        client.post(f"/contacts/points/{busy.pk}/print/"),
    ):
        page = answer.content.decode()
        assert answer.status_code == 200
        for words in ("下水堵了", "低保", "回话", "已过期", "楼道灯不亮", "未走访满12个月"):
            assert words in page, words
        for hidden in ("陈玉兰", "13912345678", "孙秀芝", "13600001111"):
            assert hidden not in page, hidden
        assert answer.context["brief"].unvisited == 1
        assert answer.context["brief"].hardship is None  # of one household
    assert AuditEvent.objects.filter(action="point.print").count() == 1


def test_what_waits_is_counted_exactly_five_are_open_and_all_have_a_list(client, leader, busy):
    visit = Matter.objects.get().visit
    newest = make_visit(visit.household, post=visit.post, text="今天")
    for number in range(22):
        Matter.objects.create(
            visit=newest, position=number + 1, text=f"第{number}件", outcome="ESCALATED"
        )
    sign_in(client, leader)

    answer = client.get(f"/contacts/points/{busy.pk}/")

    brief, page = answer.context["brief"], answer.content.decode()
    assert brief.matters_total == 23
    assert brief.matters[0].text == "第21件"
    assert "待转诉求 23 件" in page
    assert page.index("第17件") < page.index("再看 15 件") < page.index("第16件")
    assert "只列前 20 件" in page
    listed = client.get(brief.matters_url)
    assert {row.pk for row in listed.context["rows"]} == {visit.pk, newest.pk}
    head = " ".join(re.sub("<[^>]+>", " ", listed.content.decode()).split())
    assert "待转诉求 23 件 共 2 条记录" in head


def test_who_sees_only_the_own_work_is_told_so(client, world, busy):
    officer = make_post(Role.OFFICER, world.section)
    own = make_point(officer.user, world.north)
    sign_in(client, officer)

    page = client.get(f"/contacts/points/{own.pk}/").content.decode()

    assert "下水堵了" not in page
    assert "这里只列您参加过的" in page
    assert "未走访满12个月" not in page


def test_another_street_has_none_of_it(client, world, busy):
    sign_in(client, make_post(Role.LEADER, world.gucheng))
    assert client.get(f"/contacts/points/{busy.pk}/").status_code == 404
    assert "八角北里社区" not in client.get("/contacts/points/").content.decode()


def test_the_pages_of_naming_and_ending(client, world, admin, leader):
    sign_in(client, admin)
    form = {"user": leader.user_id, "organisation": world.south.pk, "since": "2026-13-01"}
    assert "日期" in client.post("/contacts/points/new/", form).content.decode()
    form["since"] = today().isoformat()
    assert client.post("/contacts/points/new/", form).status_code == 302
    point = ContactPoint.objects.get()
    early = {"until": (today() - dt.timedelta(days=5)).isoformat()}
    page = client.post(f"/contacts/points/{point.pk}/end/", early).content.decode()
    assert "不能早于开始日期" in page
    later = {"until": (today() + dt.timedelta(days=5)).isoformat()}
    assert client.post(f"/contacts/points/{point.pk}/end/", later).status_code == 302


def test_the_brief_does_not_grow_with_what_is_open(
    client, leader, busy, django_assert_max_num_queries
):
    for _ in range(12):
        visit = make_place_visit(busy.organisation, post=leader, point=busy, text="看了现场")
        Matter.objects.create(visit=visit, position=1, text="路灯不亮", outcome="ESCALATED")
    sign_in(client, leader)
    client.get(f"/contacts/points/{busy.pk}/")
    with django_assert_max_num_queries(25):
        client.get(f"/contacts/points/{busy.pk}/")
