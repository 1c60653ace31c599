"""What of visits and households is findable: topics, never persons, numbers or rooms."""

import uuid

import pytest
from django.core.management import call_command
from django.utils import timezone

from contacts import search as contacts_search
from contacts.models import Household, Visit
from contacts.services.visit_entries import MatterEntry, VisitEntry
from contacts.services.visits import log_visit, void_visit
from portal.accounts.models import Post
from portal.accounts.roles import Role
from portal.search.models import SearchEntry
from portal.search.selectors import search
from tests.factories.accounts import make_post, make_world
from tests.factories.contacts import make_household, make_resident

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def worker(world) -> Post:
    return make_post(Role.COMMUNITY_WORKER, world.north)


@pytest.fixture
def home(world, worker) -> Household:
    household = make_household(world.building, worker=worker.user, unit="2", room="8301")
    make_resident(household, name="陈玉兰", phone="13912345678")
    return household


def log(post: Post, household: Household, **changes: object) -> Visit:
    told = {
        "client_id": uuid.uuid4(),
        "household_id": household.pk,
        "occurred_at": timezone.now(),
        "channel": "DOOR",
        "result": "MET",
        **changes,
    }
    return log_visit(actor=post, entry=VisitEntry(**told), now=timezone.now())


def found(post: Post, query: str, kind: str | None = None) -> list[tuple[str, int]]:
    return [(hit.kind, hit.object_id) for hit in search(post, query, kind=kind)]


def test_text_matters_and_the_next_step_are_found(worker, home):
    matter = MatterEntry(text="楼道漏水", outcome="SOLVED")
    visit = log(worker, home, text="老人身体好", matters=(matter,), next_step="联系物业")

    for words in ("老人", "漏水", "物业", "漏水 物业"):
        assert found(worker, words) == [("visit", visit.pk)], words


def test_names_numbers_and_rooms_are_never_findable(worker, home):
    log(worker, home, text="陈玉兰说打13912345678，住8301")
    contacts_search.index_household(home)

    for words in ("陈玉兰", "玉兰", "13912345678", "5678", "1391234"):
        assert found(worker, words) == [], words
    assert found(worker, "8301", kind="household") == []


def test_a_visit_without_words_takes_no_place(worker, home):
    log(worker, home)

    assert not SearchEntry.objects.filter(kind="visit").exists()


def test_a_voided_visit_is_not_found(worker, home):
    visit = log(worker, home, text="漏水")
    void_visit(actor=worker, visit_id=visit.pk, reason="误点", now=timezone.now())

    assert found(worker, "漏水") == []


def test_hits_and_their_count_stay_inside_the_scope(world, worker, home):
    visit = log(worker, home, text="漏水")
    leader = make_post(Role.LEADER, world.bajiao)
    outside = [
        make_post(Role.COMMUNITY_WORKER, world.north),
        make_post(Role.COMMUNITY_WORKER, world.gucheng_community),
        make_post(Role.LEADER, world.gucheng),
        make_post(Role.DELEGATE, world.bajiao),
        make_post(Role.SYSTEM_ADMIN, world.district),
        make_post(Role.AUDITOR, world.district),
        None,
    ]

    assert found(worker, "漏水") == found(leader, "漏水") == [("visit", visit.pk)]
    for post in outside:
        page = search(post, "漏水")
        assert (list(page), page.count) == ([], 0)


def test_a_household_is_found_by_its_building(world, worker, home):
    contacts_search.index_household(home)
    stranger = make_post(Role.COMMUNITY_WORKER, world.gucheng_community)

    assert found(worker, "八角北里 12号楼", kind="household") == [("household", home.pk)]
    assert found(stranger, "八角北里", kind="household") == []
    home.ended_on = timezone.localdate()
    home.save()
    contacts_search.index_household(home)
    assert found(worker, "八角北里", kind="household") == []


def test_the_table_can_be_made_again(worker, home):
    visit = log(worker, home, text="漏水")
    log(worker, home)
    voided = log(worker, home, text="漏水作废")
    void_visit(actor=worker, visit_id=voided.pk, reason="误点", now=timezone.now())
    before = sorted(SearchEntry.objects.filter(kind="visit").values_list("object_id", "tokens"))
    SearchEntry.objects.all().delete()

    call_command("rebuild_search", verbosity=0)

    assert found(worker, "漏水") == [("visit", visit.pk)]
    assert (
        sorted(SearchEntry.objects.filter(kind="visit").values_list("object_id", "tokens"))
        == before
    )
    assert found(worker, "八角北里", kind="household") == [("household", home.pk)]
