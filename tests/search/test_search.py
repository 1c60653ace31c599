import datetime as dt
import re

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Q, TextField
from django.db.models.functions import Cast
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from portal.accounts.models import Organisation, OrganisationKind
from portal.accounts.roles import Role
from portal.core.bigrams import normalise
from portal.search import registry, selectors, services
from portal.search.models import SearchEntry
from portal.search.registry import SearchKind
from tests.factories.accounts import make_organisation, make_post
from tests.search.conftest import DAY, document

pytestmark = pytest.mark.django_db


def index(row, text, **more):
    services.index(kind="place", document=document(row, text, **more))


def find(post, query, **more):
    return [hit.object_id for hit in selectors.search(post, query, **more)]


@pytest.fixture
def leader(world):
    return make_post(Role.LEADER, world.bajiao)


@pytest.mark.parametrize(
    ("query", "hit"),
    [
        ("漏水", True),
        ("屋顶漏水", True),
        ("水", True),
        ("了", True),
        ("3号楼", True),
        ("楼屋顶", True),
        ("漏水 3号", True),
        ("３号", True),
        ("WIFI", True),
        ("wifi信号", True),
        ("水漏", False),
        ("漏水 燃气", False),
        ("燃", False),
        ("wif", False),
        ("", False),
        ("'\" & | ! ( ) : * NEAR", False),
        ("漏水' OR 1=1", False),
    ],
)
def test_words_pairs_and_single_characters_find_the_text(world, leader, query, hit):
    index(world.north, "3号楼屋顶漏水了,WiFi信号差")
    index(world.south, "无事")

    assert find(leader, query) == ([world.north.pk] if hit else [])


class Substrings(TestCase):
    @hypothesis_settings(max_examples=40)
    @given(
        text=st.text("漏水燃气号楼 ,3a", min_size=1, max_size=12),
        query=st.text("漏水燃气号楼", min_size=1, max_size=4),
    )
    def test_a_word_is_found_exactly_where_it_stands(self, text, query):
        place = make_organisation(OrganisationKind.DISTRICT)
        index(place, text)

        found = find(make_post(Role.LEADER, place), query)

        assert bool(found) == (query in normalise(text))


def test_no_post_finds_what_it_may_not_see(world, leader):
    for row in (world.north, world.gucheng_community, world.other_district, world.district):
        index(row, "漏水")

    def found(post):
        page = selectors.search(post, "漏水")
        assert page.count == len(page.items)
        return {hit.object_id for hit in page}

    assert found(leader) == {world.north.pk}
    assert found(make_post(Role.LEADER, world.gucheng)) == {world.gucheng_community.pk}
    assert found(make_post(Role.DISTRICT_LEADER, world.district)) == {
        world.north.pk,
        world.gucheng_community.pk,
        world.district.pk,
    }
    assert found(make_post(Role.LEADER, world.section)) == set()
    assert found(None) == set()


def test_a_hit_whose_scope_columns_lie_still_obeys_the_visible_rows(world, leader):
    index(world.gucheng_community, "漏水")
    SearchEntry.objects.update(street_id=world.bajiao.pk)

    assert find(leader, "漏水") == []


def test_narrowing_takes_away_and_never_adds(world, leader, place_kind):
    index(world.north, "漏水")
    index(world.gucheng_community, "漏水")
    for narrow, expected in (
        (lambda post: Q(street_id=post.organisation_id), [world.north.pk]),
        (lambda _post: Q(street_id=world.gucheng.pk), []),
    ):
        registry.register(
            SearchKind(
                key="place",
                label="单位",
                visible=place_kind.visible,
                documents=place_kind.documents,
                narrow=narrow,
            )
        )
        assert find(leader, "漏水") == expected


def test_a_kind_is_found_only_by_its_own_rule(world, leader):
    registry.register(
        SearchKind(
            key="secret",
            label="封存",
            visible=lambda _post: Organisation.objects.none(),
            documents=list,
        )
    )
    try:
        services.index(kind="secret", document=document(world.north, "漏水"))
        assert find(leader, "漏水") == find(leader, "漏水", kind="secret") == []
        index(world.north, "漏水")
        assert find(leader, "漏水") == find(leader, "漏水", kind="place") == [world.north.pk]
        assert find(leader, "漏水", kind="nothing") == []
    finally:
        registry.unregister("secret")
    with pytest.raises(KeyError):
        services.index(kind="secret", document=document(world.north, "漏水"))


def test_hits_come_newest_first_page_by_page(world):
    post = make_post(Role.DISTRICT_LEADER, world.district)
    rows = [world.north, world.south, world.bajiao, world.gucheng]
    for age, row in enumerate(rows):
        index(row, "漏水", on=DAY - dt.timedelta(days=age))

    first = selectors.search(post, "漏水", size=3)
    second = selectors.search(post, "漏水", size=3, cursor=first.next_cursor)

    assert [hit.object_id for hit in [*first, *second]] == [row.pk for row in rows]
    assert (first.items[0].kind, first.items[0].happened_on) == ("place", DAY)
    assert first.count_text == "共 4 条"


def test_saving_again_replaces_the_words_and_removing_forgets_them(world, leader):
    index(world.north, "漏水")
    index(world.north, "燃气", on=DAY - dt.timedelta(days=3))

    assert find(leader, "漏水") == []
    [hit] = selectors.search(leader, "燃气")
    assert hit.happened_on == DAY - dt.timedelta(days=3)
    services.remove(kind="place", object_ids=[world.north.pk])
    assert find(leader, "燃气") == []
    assert not SearchEntry.objects.exists()


def test_what_is_rolled_back_is_not_findable(world, leader):
    index(world.north, "漏水")
    with transaction.atomic():
        index(world.north, "燃气")
        transaction.set_rollback(True)

    assert find(leader, "燃气") == []
    assert find(leader, "漏水") == [world.north.pk]


def test_numbers_and_names_of_persons_are_not_stored(world, leader):
    text = "王秀英电话138 0013-1234,秀英说漏水,证11010719550101123X"
    index(world.north, text, names=("王秀英",))

    stored = SearchEntry.objects.annotate(held=Cast("tokens", TextField())).get().held
    assert not re.search(r"秀|1234|0013|138|123x|1101", stored)
    for query in ("秀英", "王秀英", "13800131234", "1234", "138"):
        assert find(leader, query) == []
    assert find(leader, "漏水") == [world.north.pk]


def test_rebuilding_writes_everything_again_and_drops_what_is_gone(world, leader, capsys):
    index(world.north, "旧词")
    stale = SearchEntry.objects.create(
        kind="place", object_id=10**9, happened_on=DAY, tokens="旧词"
    )

    call_command("rebuild_search", kind="place")

    assert capsys.readouterr().out == f"单位: {Organisation.objects.count()} 条\n"
    assert find(leader, "旧词") == []
    assert find(leader, "八角北里") == [world.north.pk]
    assert not SearchEntry.objects.filter(pk=stale.pk).exists()


def test_a_page_of_hits_is_one_query(world, leader, django_assert_num_queries):
    for row in (world.north, world.south):
        index(row, "漏水")
    leader.organisation  # noqa: B018 -- the acting post is loaded with its organisation

    with django_assert_num_queries(1):
        assert len(selectors.search(leader, "漏水")) == 2


def test_the_index_of_words_is_led_by_the_street():
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'search_searchentry_fts'")
        assert cursor.fetchone()[0].endswith("USING gin (street_id, tokens)")
