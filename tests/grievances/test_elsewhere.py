"""Grievances on pages of the contact work, in the search and in files: what leaks nowhere."""

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from grievances.exports.listing import COLUMNS
from grievances.models import Grievance
from grievances.selectors.links import grievance_links, household_sections
from grievances.services.registering import RaiserEntry
from portal.accounts.roles import Role
from portal.jobs import exports
from tests.factories.accounts import make_post, sign_in
from tests.factories.contacts import make_household, make_resident
from tests.factories.grievances import make_grievance, move
from tests.factories.places import make_point

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture
def clerk(world):
    return make_post(Role.CLERK, world.bajiao)


@pytest.fixture
def worker(world):
    return make_post(Role.COMMUNITY_WORKER, world.north)


@pytest.fixture
def home(world, worker):
    found = make_household(world.building, worker=worker.user)
    make_resident(found, name="钱文静")
    return found


def page(post, url: str) -> str:
    client = Client()
    sign_in(client, post)
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def exported(post, query: str = "") -> list[tuple]:
    listing = exports.get("grievances").open(post, QueryDict(query), timezone.now())
    assert not listing.refusal
    rows = [tuple(row) for row in listing.rows()]
    assert listing.count() == len(rows)
    return rows


# --- a household's page ---------------------------------------------------------------------


def test_a_household_shows_its_grievances_masked_and_where_to_register(world, clerk, worker, home):
    one = make_grievance(
        world.building, post=worker, household_id=home.pk, text="钱文静家的水管漏水"
    )

    found = page(worker, home.get_absolute_url())

    assert f'href="/grievances/{one.number}/"' in found
    assert "家的水管漏水" in found
    assert f"{one.number} 钱文静" not in found
    assert f"/grievances/new/?household={home.pk}" in found
    assert one.number in page(worker, f"/grievances/?household={home.pk}")


def test_a_households_page_never_has_a_restricted_one_not_even_for_its_author(world, worker, home):
    sealed = make_grievance(
        world.building, post=worker, household_id=home.pk, is_restricted=True, text="打孩子"
    )

    for url in (home.get_absolute_url(), f"/grievances/?household={home.pk}"):
        found = page(worker, url)
        assert sealed.number not in found
        assert "打孩子" not in found


def test_another_street_reads_none_of_a_household(world, worker, home):
    make_grievance(world.building, post=worker, household_id=home.pk)
    for post in (
        make_post(Role.LEADER, world.gucheng),
        make_post(Role.OFFICER, world.bajiao),
        make_post(Role.HANDLER, world.section),
    ):
        sections = household_sections(household_id=home.pk, post=post, now=timezone.now())
        assert [section.lines for section in sections] == [()]


def test_links_lead_only_where_one_may_read(world, clerk):
    one = make_grievance(world.north, post=clerk)
    sealed = make_grievance(world.north, post=clerk, is_restricted=True)
    numbers = [one.number, sealed.number]

    assert set(grievance_links(numbers=numbers, post=clerk)) == {one.number, sealed.number}
    leader = make_post(Role.LEADER, world.bajiao)
    assert set(grievance_links(numbers=numbers, post=leader)) == {one.number}
    assert grievance_links(numbers=numbers, post=make_post(Role.LEADER, world.gucheng)) == {}


def test_what_is_open_at_a_contact_point_is_brought_along(world, clerk):
    leader = make_post(Role.LEADER, world.bajiao)
    point = make_point(leader.user, world.north)
    one = make_grievance(world.north, post=clerk)
    elsewhere = make_grievance(world.south, post=clerk)
    sealed = make_grievance(world.north, post=clerk, is_restricted=True, text="打孩子")
    over = move(make_grievance(world.north, post=clerk), "withdraw", clerk)

    found = page(leader, f"/contacts/points/{point.pk}/")

    assert f'href="/grievances/{one.number}/"' in found
    for other in (elsewhere, sealed, over):
        assert other.number not in found


# --- search ------------------------------------------------------------------------------------


def test_a_grievance_is_found_by_its_topic_with_its_words_masked(world, clerk, home):
    one = make_grievance(
        world.building, post=clerk, text="钱文静说路灯坏了，电话13800131234", place="3号楼",
        raiser=RaiserEntry(name="李大山"),
    )  # fmt: skip

    found = page(clerk, "/search/?q=路灯")

    assert f'href="/grievances/{one.number}/"' in found
    assert "<mark>路灯</mark>" in found
    for secret in ("钱文静", "13800131234", "李大山"):
        assert secret not in found


def test_a_restricted_one_and_that_of_another_street_are_found_by_nobody_else(world, clerk):
    sealed = make_grievance(world.north, post=clerk, is_restricted=True, text="路灯下打孩子")
    one = make_grievance(world.north, post=clerk)

    for post in (clerk, make_post(Role.LEADER, world.bajiao)):
        found = page(post, "/search/?q=路灯")
        assert sealed.number not in found
        assert one.number in found
    assert one.number not in page(make_post(Role.LEADER, world.gucheng), "/search/?q=路灯")


# --- files --------------------------------------------------------------------------------------


def test_a_file_holds_exactly_what_is_listed_in_its_order(world, clerk):
    make_grievance(world.north, post=clerk)
    accepted = move(make_grievance(world.south, post=clerk, nature="COMPLAINT"), "accept", clerk)

    assert len(exported(clerk)) == 2
    [row] = exported(clerk, "state=ACCEPTED")
    told = dict(zip([column.title for column in COLUMNS], row, strict=True))
    assert (told["编号"], told["状态"], told["性质"]) == (accepted.number, "待交办", "投诉")
    listed = page(clerk, "/grievances/")
    numbers = [row[0] for row in exported(clerk)]
    assert sorted(numbers, key=listed.index) == numbers
    assert [row[0] for row in exported(clerk, "q=路灯&nature=COMPLAINT")] == [accepted.number]


def test_a_file_is_masked_as_the_page_is(world, clerk, home):
    make_grievance(
        world.building, post=clerk, text="钱文静说路灯坏了，电话13800131234", place="钱文静家",
        raiser=RaiserEntry(name="李大山"),
    )  # fmt: skip

    told = str(exported(clerk))

    assert "路灯坏了" in told
    for secret in ("钱文静", "文静", "13800131234", "李大山"):
        assert secret not in told


def test_a_restricted_one_is_in_nobodys_file(world, clerk):
    make_grievance(world.north, post=clerk, is_restricted=True)
    assert Grievance.objects.named_for(clerk).exists()
    assert exported(clerk) == []
    assert exported(make_post(Role.DISTRICT_ADMIN, world.district)) == []


def test_what_cannot_be_read_or_asks_for_a_person_is_refused(world, clerk):
    for query in ("state=GONE", "q=13800131234"):
        listing = exports.get("grievances").open(clerk, QueryDict(query), timezone.now())
        assert listing.refusal
