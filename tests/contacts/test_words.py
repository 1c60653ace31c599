"""Whom free text hides, on every page that shows it; what it costs."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from contacts.models import HouseholdMove, Matter, Promise, Visit, VisitAmendment
from contacts.selectors.words import VisitWords
from portal.accounts.roles import Role
from portal.core.periods import Week
from tests.factories.accounts import make_post, make_world, sign_in
from tests.factories.contacts import make_building, make_household, make_resident, make_visit
from tests.factories.places import make_place_visit

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

NEAR = ("王奶奶", "老王", "秀英", "王秀英")
FAR = "赵铁柱"
OLD_NEIGHBOUR = "孙建国"


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def worker(world):
    return make_post(Role.COMMUNITY_WORKER, world.north)


@pytest.fixture
def leader(world):
    return make_post(Role.LEADER, world.bajiao)


@pytest.fixture
def home(world, worker):
    """王秀英 in 12号楼, who once lived beside 孙建国; 赵铁柱 lives elsewhere in the community."""
    household = make_household(world.building, worker=worker.user)
    make_resident(household, name="王秀英")
    make_resident(make_household(make_building(world.north)), name=FAR)
    before = make_building(world.north)
    make_resident(make_household(before), name=OLD_NEIGHBOUR, left_on=timezone.localdate())
    HouseholdMove.objects.create(
        household=household, building=before, room="1", moved_on=timezone.localdate()
    )
    return household


def told(home, worker) -> Visit:
    """Each free text of a visit names somebody near, somebody far and an old neighbour."""
    words = f"王奶奶、老王和秀英，{FAR}，孙大爷也在，漏水"
    visit = make_visit(
        home, post=worker, occurred_at=timezone.now(), text=f"情况{words}", next_step=f"下步{words}"
    )
    Visit.objects.filter(pk=visit.pk).update(next_step_on=timezone.localdate())
    Matter.objects.create(visit=visit, position=1, text=f"事项{words}", outcome="ESCALATED")
    Promise.objects.create(
        household=home, visit=visit, text=f"承诺{words}", due_on=timezone.localdate()
    )
    VisitAmendment.objects.create(
        visit=visit,
        at=timezone.now(),
        by=worker.user,
        reason=f"更正{words}",
        before={"情况": f"原文{words}"},
    )
    return visit


def closed(shown: str, *names: str) -> None:
    for name in names or (*NEAR, FAR, "孙大爷"):
        assert name not in shown, name


def test_no_page_names_those_near_or_far(client, home, worker, leader):
    visit = told(home, worker)
    sign_in(client, leader)
    pages = [
        visit.get_absolute_url(),
        reverse("contacts:visit_list"),
        f"{reverse('contacts:diary')}?person={worker.user_id}",
        home.get_absolute_url(),
        reverse("desk:today"),
        f"{reverse('desk:search')}?q=漏水",
    ]

    for url in pages:
        shown = client.get(url).content.decode()
        assert "漏水" in shown, url
        closed(shown)
    paper = {"week": str(Week.of(timezone.localdate())), "person": worker.user_id}
    closed(client.post(reverse("contacts:diary_print"), paper).content.decode())


def test_the_author_reads_the_own_words(client, home, worker):
    visit = told(home, worker)
    sign_in(client, worker)

    shown = client.get(visit.get_absolute_url()).content.decode()

    assert f"王奶奶、老王和秀英，{FAR}，孙大爷也在" in shown


def test_guests_and_the_community_are_hidden_where_there_is_no_household(client, world, home):
    author = make_post(Role.LEADER, world.bajiao)
    other = make_post(Role.LEADER, world.bajiao)
    visit = make_place_visit(
        world.north,
        post=author,
        text=f"钱进财说漏水，钱师傅和{FAR}、王秀英都来了",
        guests=(("钱进财", "13911112222"),),
    )
    sign_in(client, other)

    for url in (visit.get_absolute_url(), reverse("contacts:visit_list")):
        shown = client.get(url).content.decode()
        assert "漏水" in shown
        closed(shown, "钱进财", "进财", "钱师傅", FAR, "王秀英", "13911112222")


def test_a_visit_of_the_whole_street_knows_the_street(world, home, leader):
    visit = make_place_visit(world.bajiao, post=leader, kind="RECEPTION", text=f"{FAR}来访")

    assert VisitWords([visit]).masked(visit, visit.text) == "赵**来访"


def test_other_communities_are_not_asked(world, home, worker):
    make_resident(make_household(make_building(world.south)), name="周文彬")
    visit = make_visit(home, post=worker, text=f"周文彬和{FAR}")

    assert VisitWords([visit]).masked(visit, visit.text) == "周文彬和赵**"


def test_a_long_text_is_cut_after_masking(client, home, worker, leader):
    make_visit(home, post=worker, text=f"{'漏' * 117}王秀英{'水' * 300}")
    sign_in(client, leader)

    row = client.get(reverse("contacts:visit_list")).context["rows"][0]

    assert row.text == f"{'漏' * 117}王**…"


def test_it_costs_the_same_for_one_and_for_fifty(world, home, worker):
    visits = [make_visit(home, post=worker, text=f"{FAR}说漏水") for _ in range(5)]
    field = make_place_visit(world.north, post=worker, guests=(("钱进财", ""),), text="钱进财")

    def queries(number):
        with CaptureQueriesContext(connection) as captured:
            words = VisitWords([*visits[:number], field])
            for visit in visits[:number]:
                words.masked(visit, visit.text)
        return len(captured)

    # One for the guests, one because somebody has moved.
    assert queries(1) == queries(5) == 3


def test_nothing_to_mask_asks_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        VisitWords([])


def test_whoever_moves_in_tomorrow_is_hidden_in_what_was_said_today(world, home, worker):
    visit = make_visit(home, post=worker, text="买买提·吐尔逊和欧阳娜娜来问过")
    there = make_household(make_building(world.north))
    for name in ("买买提·吐尔逊", "欧阳娜娜"):
        make_resident(there, name=name, phone="")

    assert VisitWords([visit]).masked(visit, visit.text) == "买******和欧阳**来问过"


@pytest.mark.parametrize("days", [0, 400])
def test_the_building_of_the_day_counts_whatever_the_day(world, worker, days):
    visit = make_visit(
        make_household(world.building, worker=worker.user),
        post=worker,
        occurred_at=timezone.now() - dt.timedelta(days=days),
        text="楼上孙建国",
    )
    make_resident(make_household(world.building), name="孙建国")

    assert VisitWords([visit]).masked(visit, visit.text) == "楼上孙**"
