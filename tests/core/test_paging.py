import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from portal.accounts.models import Organisation, OrganisationKind
from portal.core import paging
from portal.core.encryption import encrypt
from portal.core.paging import paginate
from tests.factories.accounts import LONG_AGO, make_post

ORDERS = [
    ("pk",),
    ("-valid_from", "-pk"),
    ("valid_from", "pk"),
    ("valid_from", "-pk"),
    ("-kind", "valid_from", "pk"),
]


def make_rows(dates):
    Organisation.objects.bulk_create(
        Organisation(
            kind=OrganisationKind.DISTRICT if n % 2 else OrganisationKind.EXTERNAL,
            code=f"P{n}",
            name="x",
            path=f"P{n}/",
            valid_from=LONG_AGO + dt.timedelta(days=day),
        )
        for n, day in enumerate(dates)
    )


def walk(order, size, step="next_cursor", cursor=None):
    pages = []
    while True:
        page = paginate(Organisation.objects.all(), order=order, cursor=cursor, size=size)
        pages.append(page)
        cursor = getattr(page, step)
        if cursor is None:
            return pages


class Walking(TestCase):
    @settings(max_examples=40)
    @given(
        dates=st.lists(st.integers(0, 3), max_size=14),
        size=st.integers(1, 5),
        order=st.sampled_from(ORDERS),
    )
    def test_walking_forth_and_back_meets_every_row_once_in_order(self, dates, size, order):
        make_rows(dates)
        whole = list(Organisation.objects.order_by(*order))

        forth = walk(order, size)

        assert [row for page in forth for row in page] == whole
        assert [page.has_previous for page in forth] == [n > 0 for n in range(len(forth))]
        assert all(len(page) == size for page in forth[:-1])
        if forth[-1].previous_cursor:
            back = walk(order, size, "previous_cursor", forth[-1].previous_cursor)
            assert [page.items for page in back] == [page.items for page in forth[-2::-1]]
            assert [page.has_next for page in back] == [True] * len(back)


@pytest.mark.django_db
def test_rows_added_before_the_place_do_not_move_the_next_page():
    make_rows([1, 2, 3, 4, 5])
    order = ("-valid_from", "-pk")
    first = paginate(Organisation.objects.all(), order=order, size=2)
    Organisation.objects.create(
        kind="DISTRICT", code="N", name="x", path="N/", valid_from=LONG_AGO + dt.timedelta(days=9)
    )

    second = paginate(Organisation.objects.all(), order=order, cursor=first.next_cursor, size=2)

    assert [row.code for row in second] == ["P2", "P1"]


@pytest.mark.django_db
def test_a_bad_foreign_or_stale_cursor_gives_the_first_page():
    make_rows([1, 2, 3])
    rows, order = Organisation.objects.all(), ("-valid_from", "-pk")
    good = paginate(rows, order=order, size=2).next_cursor
    context = "cursor:accounts.organisation:-valid_from,-pk"
    bad = [
        "",
        "x",
        "%%%",
        good[:-2],
        encrypt("[0]", context=context),
        encrypt("7", context=context),
        encrypt('[0,"soon",1]', context=context),
        paginate(rows, order=("valid_from", "pk"), size=2).next_cursor,
    ]

    for cursor in bad:
        page = paginate(rows, order=order, cursor=cursor, size=2)
        assert [row.code for row in page] == ["P2", "P1"]
        assert not page.has_previous
    Organisation.objects.filter(code__in=["P0"]).delete()
    assert [r.code for r in paginate(rows, order=order, cursor=good, size=2)] == ["P2", "P1"]


@pytest.mark.django_db
def test_a_cursor_does_not_show_the_key_it_stands_for():
    make_rows([1, 2])
    cursor = paginate(Organisation.objects.all(), order=("name", "pk"), size=1).next_cursor

    assert set(cursor) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
    assert "2020" not in cursor


@pytest.mark.django_db
def test_counting_stops_at_the_limit_unless_asked(monkeypatch):
    monkeypatch.setattr(paging, "COUNT_LIMIT", 4)
    make_rows([1] * 5)
    rows = Organisation.objects.all()

    page = paginate(rows, order=("pk",), size=2)
    assert (page.count, page.count_is_exact, page.count_text) == (4, False, "4+ 条")
    page = paginate(rows, order=("pk",), size=2, exact=True)
    assert (page.count, page.count_is_exact, page.count_text) == (5, True, "共 5 条")
    page = paginate(rows.filter(code__in=["P1", "P2", "P3"]), order=("pk",), size=2)
    assert (page.count, page.count_text) == (3, "共 3 条")


@pytest.mark.django_db
def test_a_page_is_one_query_and_a_count_that_fits_is_none(django_assert_num_queries):
    make_rows([1, 2])
    with django_assert_num_queries(1):
        page = paginate(Organisation.objects.all(), order=("pk",), size=5)
        assert page.count_text == "共 2 条"
    assert paging.COUNT_LIMIT == 1000


@pytest.mark.django_db
def test_a_key_may_stand_in_a_related_row():
    posts = [make_post() for _ in range(3)]
    order = ("user__username", "pk")
    model = type(posts[0])
    expected = list(model.objects.order_by(*order))

    first = paginate(model.objects.select_related("user"), order=order, size=2)
    second = paginate(model.objects.all(), order=order, cursor=first.next_cursor, size=2)

    assert [*first, *second] == expected


@pytest.mark.parametrize(
    "order", [(), ("valid_from",), ("valid_until", "pk"), ("parent__code", "pk")]
)
def test_an_order_that_cannot_page_is_a_programming_error(order):
    with pytest.raises(ValueError, match=r".+"):
        paginate(Organisation.objects.all(), order=order)
