"""What stays shut: after a post, for other people's names, for a household that moved away."""

import datetime as dt
import threading
import uuid
from dataclasses import replace

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from contacts.models import Household, Matter, Visit, VisitAmendment, VisitPerson
from contacts.selectors.sight import sight
from contacts.selectors.visits import OTHERS
from contacts.selectors.week import person_week
from contacts.services import households, visits
from contacts.services.household_entries import ResidentEntry
from contacts.services.visit_entries import MatterEntry, VisitEntry, entry_of
from portal.accounts.roles import Role
from portal.core.errors import DomainError
from portal.core.periods import Week
from tests.factories.accounts import make_post, make_user, make_world, sign_in
from tests.factories.contacts import (
    as_entry,
    make_building,
    make_household,
    make_resident,
    make_visit,
)

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def worker(world):
    return make_post(Role.COMMUNITY_WORKER, world.north)


@pytest.fixture
def household(world, worker):
    return make_household(world.building, worker=worker.user)


@pytest.fixture
def leader(world):
    return make_post(Role.LEADER, world.bajiao)


def told(household: Household, **said: object) -> VisitEntry:
    return VisitEntry(
        **{
            "client_id": uuid.uuid4(),
            "household_id": household.pk,
            "occurred_at": timezone.now(),
            "channel": "DOOR",
            "result": "MET",
            **said,
        }
    )


def log(post, household: Household, **said: object) -> Visit:
    return visits.log_visit(actor=post, entry=told(household, **said), now=timezone.now())


def page(client, post, url: str) -> str:
    sign_in(client, post)
    return client.get(url).content.decode()


# ---- a duty and a visit belong to the post ----


@pytest.mark.parametrize("role", [Role.CLERK, Role.DELEGATE, Role.STREET_ADMIN])
def test_a_duty_opens_nothing_under_a_post_that_may_not_answer(world, worker, household, role):
    other = make_post(role, world.bajiao, user=worker.user)

    seen = sight(post=other, household_ids=[household.pk], now=timezone.now())

    assert seen.full == frozenset()
    assert not Household.objects.own(other).exists()
    assert sight(post=worker, household_ids=[household.pk], now=timezone.now()).full


def test_a_duty_counts_only_where_the_place_of_the_post_holds_the_household(world, worker):
    elsewhere = make_household(community=world.gucheng_community, worker=worker.user)

    assert not Household.objects.own(worker).filter(pk=elsewhere.pk).exists()
    rows = Household.objects.filter(pk=elsewhere.pk)
    assert not rows.seen_in_full(worker, timezone.now()).exists()


def test_what_was_written_under_an_ended_post_is_shut(client, world, worker, household):
    make_resident(household, name="王秀英", phone="13800131234")
    visit = log(worker, household, text="旧岗位写的")
    clerk = make_post(Role.CLERK, world.bajiao, user=worker.user)
    sign_in(client, clerk)

    assert client.get(visit.get_absolute_url()).status_code == 404
    assert client.get(household.get_absolute_url()).status_code == 404
    assert not Visit.objects.visible_to(clerk).exists()
    with pytest.raises(Visit.DoesNotExist):
        visits.void_visit(actor=clerk, visit_id=visit.pk, reason="x", now=timezone.now())


def test_the_author_changes_it_under_the_post_it_was_written_under(world, worker, household):
    visit, now = log(worker, household, text="原文"), timezone.now()
    leader = make_post(Role.LEADER, world.bajiao, user=worker.user)
    entry = replace(entry_of(visit), text="改过")

    with pytest.raises(PermissionDenied):
        visits.edit_visit(actor=leader, visit_id=visit.pk, entry=entry, now=now)
    visits.edit_visit(actor=worker, visit_id=visit.pk, entry=entry, now=now)

    visit.refresh_from_db()
    assert visit.text == "改过"


def test_the_own_words_are_masked_under_another_post(client, world, worker, household):
    make_resident(household, name="王秀英")
    visit = log(worker, household, text="王秀英说漏水", next_step="打给王秀英")
    household.duties.update(until=timezone.localdate())
    leader = make_post(Role.LEADER, world.bajiao, user=worker.user)

    for url in (
        visit.get_absolute_url(),
        reverse("contacts:visit_list"),
        reverse("contacts:diary"),
        household.get_absolute_url(),
        f"{reverse('desk:search')}?q=漏水",
    ):
        shown = page(client, leader, url)
        assert "漏水" in shown
        assert "王秀英" not in shown


def test_a_companion_reads_under_the_post_that_holds_the_household(world, worker, household):
    user = make_user()
    street_post = make_post(Role.OFFICER, world.section, user=user)
    near = make_post(Role.COMMUNITY_WORKER, world.north, user=user)

    visit = log(worker, household, companions=(user.pk,))

    assert VisitPerson.objects.get(visit=visit, user=user).post == near
    assert Visit.objects.visible_to(near).get() == visit
    assert not Visit.objects.visible_to(street_post).exists()


def test_the_week_of_a_person_counts_whatever_the_post(world, worker, household, leader):
    log(worker, household)
    other = make_post(Role.OFFICER, world.section, user=worker.user)
    make_visit(make_household(world.building), post=other, occurred_at=timezone.now())

    week = Week.of(timezone.localdate())
    assert person_week(post=leader, user_id=worker.user_id, week=week).households == 2


# ---- names ----


def change(post, household, *residents):
    """Write down who lives there; who is not named stays."""
    households.edit_household(
        actor=post,
        household_id=household.pk,
        entry=as_entry(household, residents=residents),
        now=timezone.now(),
    )


def test_neighbours_past_people_and_former_spellings_are_masked(client, world, worker, leader):
    home = make_household(world.building, worker=worker.user)
    neighbour = make_household(world.building)
    make_resident(neighbour, name="赵铁柱")
    make_resident(neighbour, name="孙建国", left_on=timezone.localdate())
    renamed = make_resident(home, name="王小红")
    words = "楼上赵铁柱家漏水，孙建国也说过，王小红着急"
    visit = log(worker, home, text=words)
    change(worker, home, ResidentEntry(id=renamed.pk, name="王晓红", phone="13800131234"))
    urls = [
        visit.get_absolute_url(),
        reverse("contacts:visit_list"),
        f"{reverse('contacts:diary')}?person={worker.user_id}",
        home.get_absolute_url(),
        f"{reverse('desk:search')}?q=漏水",
    ]

    for url in urls:
        shown = page(client, leader, url)
        assert "漏水" in shown
        for name in ("赵铁柱", "孙建国", "王小红", "铁柱", "建国", "小红"):
            assert name not in shown, url
    assert words in page(client, worker, visit.get_absolute_url())


def findable(client, post, name: str, visit: Visit) -> bool:
    sign_in(client, post)
    found = client.get(reverse("contacts:visit_list"), {"q": name}, follow=True)
    asked = found.redirect_chain == []
    return asked and visit.get_absolute_url() in found.content.decode()


def test_who_is_registered_or_renamed_later_is_found_by_no_name(client, world, worker, leader):
    home = make_household(world.building, worker=worker.user)
    neighbour = make_household(world.building, worker=worker.user)
    resident = make_resident(neighbour, name="钱多")
    visit = log(worker, home, text="见到租户欧阳海棠，楼上赵铁柱家漏水")
    assert findable(client, leader, "欧阳海棠", visit)
    assert findable(client, leader, "铁柱", visit)

    change(worker, home, ResidentEntry(name="欧阳海棠", relation="TENANT"))
    entry = ResidentEntry(id=resident.pk, name="赵铁柱", phone="13800131234")
    change(worker, neighbour, entry)

    for name in ("欧阳海棠", "海棠", "赵铁柱", "铁柱"):
        assert not findable(client, leader, name, visit)
    assert findable(client, leader, "漏水", visit)


def test_hiding_a_name_costs_the_same_in_a_large_building(
    world, worker, django_assert_max_num_queries
):
    home = make_household(world.building, worker=worker.user)
    for _ in range(12):
        log(worker, make_household(world.building, worker=worker.user), text="楼道灯不亮")

    with django_assert_max_num_queries(24):
        change(worker, home, ResidentEntry(name="李国强", relation="TENANT"))


def test_who_else_was_met_is_for_those_who_see_the_household(client, worker, household, leader):
    visit = log(worker, household, met_other="邻居李国强")
    amended = VisitAmendment.objects.create(
        visit=visit, at=timezone.now(), by=worker.user, reason="漏写", before={"还见到": "周文彬"}
    )

    shown = page(client, leader, visit.get_absolute_url())

    assert OTHERS in shown
    assert "李国强" not in shown
    assert "周文彬" not in shown
    own = page(client, worker, visit.get_absolute_url())
    assert "李国强" in own
    assert amended.before["还见到"] in own


def test_every_free_text_of_a_visit_is_masked(client, worker, household, leader):
    secret = "王秀英 13911112222"
    make_resident(household, name="王秀英")
    visit = log(
        worker,
        household,
        text=f"情况{secret}",
        next_step=f"下步{secret}",
        next_step_on=timezone.localdate(),
        promise=f"承诺{secret}",
        promise_due=timezone.localdate(),
        matters=(MatterEntry(text=f"事项{secret}", outcome=Matter.Outcome.EXPLAINED),),
    )
    VisitAmendment.objects.create(
        visit=visit,
        at=timezone.now(),
        by=worker.user,
        reason=f"更正{secret}",
        before={"情况": f"原文{secret}", "反映的事": f"原事{secret}"},
    )
    urls = [
        visit.get_absolute_url(),
        reverse("contacts:visit_list"),
        f"{reverse('contacts:diary')}?person={worker.user_id}",
        household.get_absolute_url(),
        reverse("desk:today"),
        f"{reverse('desk:search')}?q=情况",
    ]

    def closed(shown: str) -> None:
        assert "秀英" not in shown
        assert "13911112222" not in shown

    for url in urls:
        closed(page(client, leader, url))
    sign_in(client, leader)
    paper = {"week": str(Week.of(timezone.localdate())), "person": worker.user_id}
    closed(client.post(reverse("contacts:diary_print"), paper).content.decode())
    visits.void_visit(actor=worker, visit_id=visit.pk, reason=f"作废{secret}", now=timezone.now())
    shown = page(client, leader, visit.get_absolute_url())
    assert "作废王**" in shown
    closed(shown)


# ---- a household that moved away ----


@pytest.fixture
def moved(world, worker, household):
    """The household now lives in another street; its visit stays where it was made."""
    make_resident(household, name="王秀英")
    visit = log(worker, household, text="好")
    building = make_building(world.gucheng_community, name="古城秘密楼")
    ids = building.scope_ids()
    Household.objects.filter(pk=household.pk).update(
        building=building, community=ids.community_id, street=ids.street_id, grid=None
    )
    return visit


def test_a_household_that_moved_away_shows_no_new_place(client, world, worker, moved):
    for post, urls in (
        (
            make_post(Role.LEADER, world.north),
            [f"{reverse('contacts:diary')}?person={worker.user_id}"],
        ),
        (
            worker,
            [
                reverse("contacts:diary"),
                reverse("desk:today"),
                reverse("contacts:visit_edit", args=[moved.client_id]),
            ],
        ),
    ):
        for url in (moved.get_absolute_url(), reverse("contacts:visit_list"), *urls):
            shown = page(client, post, url)
            assert "古城" not in shown, url
            assert "王*" not in shown, url
            assert "王秀英" not in shown, url
    assert world.north.name in page(client, worker, moved.get_absolute_url())


# ---- the history of a household ----


@pytest.mark.parametrize("role", [Role.DELEGATE, Role.OFFICER])
def test_whoever_only_went_along_once_learns_of_no_other_visit(
    client, world, worker, household, role
):
    post = make_post(role, world.bajiao)
    make_visit(household, post=post)
    make_visit(household, post=worker, result="DECLINED", channel="PHONE", text="机密")
    sign_in(client, post)

    history = client.get(household.get_absolute_url()).context["household"].history

    assert [entry.readable for entry in history] == [True]


def test_a_colleague_learns_only_the_day(client, world, worker, household):
    visit = make_visit(household, post=worker, result="DECLINED", channel="PHONE")
    shown = page(
        client, make_post(Role.COMMUNITY_WORKER, world.north), household.get_absolute_url()
    )

    assert "婉拒" not in shown
    assert f'datetime="{visit.occurred_on}"' in shown


# ---- keeping a promise while it is being changed ----


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="writers of SQLite take turns anyway")
def test_a_kept_promise_is_not_overwritten_by_a_change_on_its_way():
    worker = make_post(Role.COMMUNITY_WORKER, make_world().north)
    household = make_household(community=worker.organisation, worker=worker.user)
    now = timezone.now()
    visit = log(worker, household, promise="修灯", promise_due=timezone.localdate(now) + DAY)
    promise = visit.promises.get()
    kept, go = threading.Event(), threading.Event()

    def keep() -> None:
        try:
            with transaction.atomic():
                visits.keep_promise(actor=worker, promise_id=promise.pk, now=now)
                kept.set()
                go.wait(10)
        finally:
            connection.close()

    hand = threading.Thread(target=keep)
    hand.start()
    assert kept.wait(10)
    threading.Timer(0.5, go.set).start()
    entry = replace(entry_of(visit), promise="修楼道灯")
    with pytest.raises(DomainError, match="已经兑现"):
        visits.edit_visit(actor=worker, visit_id=visit.pk, entry=entry, now=now)
    hand.join()

    promise.refresh_from_db()
    assert promise.kept_on is not None
    assert promise.text == "修灯"
